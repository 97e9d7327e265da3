"""What is on its way into ``results/``, under a hidden name: a file or a folder is there whole, or not at all.

Who builds a folder holds a lock on it, which goes with the process. So a folder that was not touched for a while and
that nobody holds was left by a killed process, and is cleared away by the next run. Where folders cannot be locked (on
Windows, on some network file systems) they are left.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

if sys.platform != "win32":
    import fcntl

LEFT_AFTER = timedelta(hours=1)
"""No report takes so long; a younger folder is not even looked at, whatever its lock says."""
MOST_CLEARED = 100


def building_place(final: Path) -> Path:
    """Where ``final`` is built."""
    return final.with_name(f".{final.name}.partial")


def write_whole(target: Path, text: str) -> None:
    """Make or replace the file ``target``.

    Raises:
        OSError: The disk is full or refuses; the file is as it was before, and nothing else is left.
    """
    building = building_place(target)
    try:
        building.write_text(text, encoding="utf-8")
        building.replace(target)
    except BaseException:
        with suppress(OSError):
            building.unlink(missing_ok=True)
        raise


@contextmanager
def new_folder(parent: Path, stem: str) -> Iterator[tuple[Path, Path]]:
    """A folder to write to, and the free place that it is moved to when the block ends well.

    Args:
        parent: Made where it is missing.
        stem: Its name; another one of that name gets a suffix.

    Raises:
        OSError: The disk refuses; nothing is left of the folder.
    """
    building, final = _begin(parent, stem)
    lock = _lock(building)
    try:
        yield building, final
        building.rename(final)
    except BaseException:
        # Only then: after the move another run may have begun a folder of the same name.
        shutil.rmtree(building, ignore_errors=True)
        raise
    finally:
        if lock is not None:
            os.close(lock)


def _begin(parent: Path, stem: str) -> tuple[Path, Path]:
    parent.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        final = parent / (stem if number == 1 else f"{stem}_{number}")
        building = building_place(final)
        if final.exists():
            continue
        try:
            building.mkdir()
        except FileExistsError:
            continue
        if final.exists():
            # Its writer moved it there between our look and our folder.
            building.rmdir()
            continue
        return building, final
    raise AssertionError("there is always another number")


def clear_left_behind(parent: Path, now: datetime) -> None:
    """Remove folders that killed processes left, at most ``MOST_CLEARED``; what cannot be removed stays."""
    with suppress(OSError):
        left = (folder for folder in parent.glob(building_place(Path("*")).name) if _is_old(folder, now))
        cleared = filter(_clear, left)
        for _ in itertools.islice(cleared, MOST_CLEARED):
            pass


def _is_old(folder: Path, now: datetime) -> bool:
    try:
        changed_at = folder.lstat().st_mtime
    except OSError:
        return False
    return now.timestamp() - changed_at > LEFT_AFTER.total_seconds()


def _clear(folder: Path) -> bool:
    try:
        lock = _lock(folder)
    except OSError:
        # No folder, or another process builds it.
        return False
    if lock is None:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
    return True


def _lock(folder: Path) -> int | None:
    """Hold ``folder`` until the descriptor is closed; ``None`` where that cannot be done.

    Raises:
        OSError: Another process holds it (``BlockingIOError``), or it is no folder.
    """
    if sys.platform == "win32":
        return None
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
