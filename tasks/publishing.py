"""Finished results put to a store as well (``EDGEWORTH_RESULTS_URL``). The results folder stays the place of work.

A market's folder is put when it is done, the other files of a run when it ends, and ``manifest.json`` after all others:
who finds one in the store finds a whole run. What must be put is noted first, as an empty file below ``.unpublished``
in the results folder, and the note goes when it is there. So a run that was killed, and a store that could not be
reached, leave notes, and the next run of any kind puts what they name. A run is never lost or stopped by the store:
what could not be put is logged, and the command ends with code 1.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from filelock import FileLock, Timeout

from edgeworth.errors import EdgeworthError, StorageBusyError, StorageError
from tasks import wiring
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

_failed: set[str] = set()
"""Runs that this process could not put."""


def begin_run(settings: Settings, run: Path) -> None:
    """Note that the folder ``run``, once it is complete, is to be put."""
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


def put_run(settings: Settings, run: Path) -> None:
    """Put a run that is complete, with all of it that waits, and after it other runs that wait."""
    if settings.results_url is None:
        return
    at = run
    try:
        _note(run, _RUN)
        with FileLock(run.parent / NOTES / ".lock", timeout=LOCK_SECONDS):
            _put_run(settings.results_url, run)
            _failed.discard(run.name)
            for at in waiting(settings):
                _put_run(settings.results_url, at)
                logger.info("%s, which waited, was put to %s", at.name, settings.results_url)
    except (EdgeworthError, OSError, Timeout) as error:
        why = StorageBusyError("another process puts results") if isinstance(error, Timeout) else error
        _say(_note_folder(at) / _RUN, why)
        _failed.add(at.name)
        logger.error(  # noqa: TRY400  (the store's own words stand in the sentence)
            "%s stands here and was not put to %s; the next run puts it. %s", at.name, settings.results_url, why
        )


def waiting(settings: Settings) -> list[Path]:
    """Complete runs of the results folder that are not in the store, or not as they are here."""
    return sorted(run for run in _noted(settings.results_dir) if _is_complete(run))


def why_waiting(run: Path) -> str:
    """What was said when it could not be put; empty when it was not tried."""
    return next((why for why in map(_why, _notes(run)) if why), "")


def has_failed() -> bool:
    """Whether this process could not put a run."""
    return bool(_failed)


def _put_run(url: str, run: Path) -> None:
    objects = wiring.open_objects(url)
    notes = _notes(run)
    for note in notes:
        if note.name != _RUN:
            _put_folder(objects, run, note.name)
    own = [file for file in run.iterdir() if file.is_file() and not file.name.startswith(".") and file.name != MANIFEST]
    objects.put_files({f"{run.name}/{file.name}": file for file in own})
    objects.put_files({f"{run.name}/{MANIFEST}": run / MANIFEST})
    for note in notes:
        note.unlink(missing_ok=True)
    with suppress(OSError):
        # Not empty: somebody has noted something since.
        _note_folder(run).rmdir()


def _put_folder(objects: Store, run: Path, name: str) -> None:
    files = (path for path in (run / name).rglob("*") if path.is_file())
    objects.put_files({f"{run.name}/{path.relative_to(run).as_posix()}": path for path in files})


def _noted(results_dir: Path) -> Iterator[Path]:
    """Folders of which something is noted; notes of folders that are gone are cleared away."""
    folder = results_dir / NOTES
    for notes in folder.iterdir() if folder.is_dir() else ():
        run = results_dir / notes.name
        if not notes.is_dir():
            continue
        if run.is_dir():
            yield run
        elif not (results_dir / f".{notes.name}.partial").exists():
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


def _say(note: Path, why: BaseException) -> None:
    with suppress(OSError):
        note.write_text(str(why), encoding="utf-8")


def _why(note: Path) -> str:
    try:
        return note.read_text(encoding="utf-8")
    except OSError:
        return ""
