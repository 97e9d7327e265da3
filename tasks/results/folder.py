"""The folder of a run: written beside its place and moved there when complete, so that no half result is ever seen."""

from __future__ import annotations

import errno
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from edgeworth.errors import ConfigurationError, StorageError, StorageFullError
from tasks.clock import utc_now
from tasks.results import elsewhere
from tasks.results.building import clear_left_behind, new_folder
from tasks.settings import Settings

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

_UNSAFE = re.compile(r"[^a-z0-9]+")


class RunFolder:
    """Files of one run, on their way to ``results/``."""

    def __init__(self, building: Path, final: Path) -> None:
        self.building = building
        self.final = final

    @property
    def shown(self) -> str:
        """The folder as a user would type it."""
        return shown_path(self.final)

    def write(self, name: str, text: str) -> None:
        """Write ``text`` as the file ``name`` of the run."""
        (self.building / name).write_text(text, encoding="utf-8")


def shown_path(path: Path) -> str:
    """``path`` as a user would type it: relative to the working directory when it lies below it."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.absolute().as_posix()


def json_text(value: object, *, is_compact: bool = False) -> str:
    """``value`` as a JSON file, for a person to read too unless it is large and compact."""
    encoded = msgspec.json.encode(value)
    return (encoded if is_compact else msgspec.json.format(encoded, indent=2)).decode() + "\n"


def slug(text: str, *, most: int = 50) -> str:
    """``text`` as lower-case ASCII words joined by ``_``: never empty, never ``..``, never longer than ``most``."""
    words = _UNSAFE.sub("_", text.lower()).strip("_")[:most].strip("_")
    return words or "unnamed"


def check_results_folder(results_dir: Path) -> None:
    """See that runs can be written below ``results_dir``, before an hour of work is done for nothing.

    Raises:
        ConfigurationError: It is no folder, cannot be made, or cannot be written.
    """
    try:
        results_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=results_dir):
            pass
    except OSError as error:
        raise ConfigurationError(
            f"EDGEWORTH_RESULTS_DIR: expected a folder that can be made and written at {results_dir}, "
            f"found: {error.strerror}"
        ) from error


@contextmanager
def make_run_folder(settings: Settings, batch_name: str, at: datetime) -> Iterator[RunFolder]:
    """``<results_dir>/<batch_name>_<YYYYmmdd_HHMMSS>/``, which appears when the block ends well.

    A second run within the same second gets a suffix. What killed runs left half built is cleared away.

    Raises:
        StorageError: The disk is full (``StorageFullError``) or refuses; nothing of the run is left behind.
    """
    stem = f"{slug(batch_name)}_{at:%Y%m%d_%H%M%S}"
    with disk_errors(settings.results_dir / stem):
        clear_left_behind(settings.results_dir, utc_now())
        with new_folder(settings.results_dir, stem) as (building, final):
            elsewhere.note_run(settings, final)
            yield RunFolder(building, final)


@contextmanager
def disk_errors(final: Path) -> Iterator[None]:
    """Turn what the disk says about ``final`` within the block into the error family."""
    try:
        yield
    except OSError as error:
        kind = StorageFullError if error.errno in NO_SPACE else StorageError
        raise kind(f"{final}: the report could not be written ({error.strerror}); nothing of it was kept") from error
