"""Finished results put to a store as well (``EDGEWORTH_RESULTS_URL``). The results folder stays the place of work.

A market's folder is put when it is done, the other files of a run when it has ended, ``manifest.json`` after all
others, and the index of all runs last: who finds a manifest in the store finds a whole run. What must be put is noted
first, as an empty file below ``.unpublished`` in the results folder, and the note goes when it is there. So a run that
was killed, and a store that could not be reached, leave notes, and the next run of any kind puts what they name. A run
is never lost or stopped by the store: what could not be put is logged and said in its note, and the command ends with
code 1.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from filelock import FileLock, Timeout

from edgeworth.errors import EdgeworthError, StorageBusyError, StorageError
from edgeworth.reports.index_page import INDEX_PAGE
from tasks import wiring
from tasks.results.building import building_place
from tasks.settings import Settings

if TYPE_CHECKING:
    from tasks.wiring.objects import Store

MANIFEST = "manifest.json"
RUNNING = "running"
"""The status in the manifest of a run that has not come to its end."""
NOTES = ".unpublished"
LOCK_SECONDS = 600.0
"""Runs are put one after the other, so that no older manifest takes the place of a newer one."""

_RUN = ".run"
"""The note of a run's own files; those of its parts have the names of their folders."""

# The library's name: what it says stands on the page of the Prefect run too.
logger = logging.getLogger("edgeworth.results")


def note_run(settings: Settings, run: Path) -> None:
    """Note that the folder ``run`` is to be put: it is begun, or not any more as it was."""
    if settings.results_url is not None:
        _note(run, _RUN)


def put_part(settings: Settings, run: Path, name: str) -> None:
    """Put the folder ``name`` of a run; after a first failure the rest waits for the end of the run."""
    if settings.results_url is None:
        return
    has_failed = any(_why(note) for note in _notes(run))
    note = _note(run, name)
    if has_failed:
        return
    try:
        _put_folder(wiring.open_objects(settings.results_url), run, name)
    except EdgeworthError as error:
        _say(note, error)
        logger.warning("%s of %s was not put to %s: %s", name, run.name, settings.results_url, error)
    else:
        note.unlink(missing_ok=True)


def put_waiting(settings: Settings) -> None:
    """Put complete runs that are not there, the one that ended last first, and then the index of all runs."""
    if settings.results_url is None:
        return
    index = settings.results_dir / INDEX_PAGE
    at = index
    try:
        _note(index, _RUN)
        at = next(_newest_first(waiting(settings)), index)
        with FileLock(settings.results_dir / NOTES / ".lock", timeout=LOCK_SECONDS):
            objects = wiring.open_objects(settings.results_url)
            for at in _newest_first(waiting(settings)):
                _put_run(objects, at)
                logger.info("%s was put to %s", at.name, settings.results_url)
            at = index
            _put_index(objects, index)
    except (EdgeworthError, OSError, Timeout) as error:
        why = StorageBusyError("another process puts results") if isinstance(error, Timeout) else error
        _say(_note_folder(at) / _RUN, why)
        logger.error(  # noqa: TRY400  (the store's own words stand in the sentence)
            "%s stands here and was not put to %s; the next run puts it. %s", at.name, settings.results_url, why
        )


def waiting(settings: Settings) -> list[Path]:
    """Complete runs of the results folder that are not in the store, or not as they are here."""
    return sorted(run for run in _noted(settings.results_dir) if _is_complete(run))


def why_waiting(run: Path) -> str:
    """What was said when it could not be put; empty when it was not tried."""
    return next((why for why in map(_why, _notes(run)) if why), "")


def has_failed(settings: Settings, since: datetime) -> bool:
    """Whether something was tried and could not be put since then, by whichever process, and is not there yet."""
    if settings.results_url is None:
        return False
    notes = (settings.results_dir / NOTES).glob("*/*")
    return any(_why(note) and _changed_at(note) >= since.timestamp() for note in notes)


def _newest_first(runs: Iterable[Path]) -> Iterator[Path]:
    """So that a run that cannot be put for a reason of its own keeps no later one back."""
    return iter(sorted(runs, key=lambda run: _changed_at(run / MANIFEST), reverse=True))


def _put_run(objects: Store, run: Path) -> None:
    notes = _notes(run)
    for note in notes:
        if note.name != _RUN:
            _put_folder(objects, run, note.name)
    own = [file for file in run.iterdir() if file.is_file() and not file.name.startswith(".") and file.name != MANIFEST]
    objects.put_files({f"{run.name}/{file.name}": file for file in own})
    objects.put_files({f"{run.name}/{MANIFEST}": run / MANIFEST})
    _forget(run, notes)


def _put_index(objects: Store, index: Path) -> None:
    notes = _notes(index)
    if index.is_file():
        objects.put_files({index.name: index})
    _forget(index, notes)


def _put_folder(objects: Store, run: Path, name: str) -> None:
    files = (path for path in (run / name).rglob("*") if path.is_file())
    objects.put_files({f"{run.name}/{path.relative_to(run).as_posix()}": path for path in files})


def _noted(results_dir: Path) -> Iterator[Path]:
    """Folders of which something is noted; notes of what is gone are cleared away."""
    folder = results_dir / NOTES
    for notes in folder.iterdir() if folder.is_dir() else ():
        run = results_dir / notes.name
        # Looked at in this order: a folder that is being built is moved to its place, and never back.
        if not notes.is_dir() or building_place(run).exists():
            continue
        if run.is_dir():
            yield run
        elif not run.exists():
            shutil.rmtree(notes, ignore_errors=True)


def _is_complete(run: Path) -> bool:
    """Whether its manifest says that it came to its end; one that goes on is put by its own process."""
    try:
        manifest = msgspec.json.decode((run / MANIFEST).read_bytes())
    except (OSError, msgspec.DecodeError):
        return False
    return isinstance(manifest, dict) and manifest.get("status") != RUNNING


def _note_folder(run: Path) -> Path:
    return run.parent / NOTES / run.name


def _notes(run: Path) -> list[Path]:
    folder = _note_folder(run)
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _note(run: Path, name: str) -> Path:
    note = _note_folder(run) / name
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()
    except OSError as error:
        raise StorageError(f"{note}: cannot be written ({error.strerror})") from error
    return note


def _forget(at: Path, notes: Iterable[Path]) -> None:
    for note in notes:
        note.unlink(missing_ok=True)
    with suppress(OSError):
        # Not empty: somebody has noted something since.
        _note_folder(at).rmdir()


def _say(note: Path, why: BaseException) -> None:
    with suppress(OSError):
        note.write_text(str(why), encoding="utf-8")


def _why(note: Path) -> str:
    try:
        return note.read_text(encoding="utf-8")
    except OSError:
        return ""


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
