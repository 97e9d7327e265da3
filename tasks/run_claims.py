"""Which process a run belongs to. A run that lost its process is taken up again under its own name.

A claim is a locked file in ``<data_dir>/runs``; the lock goes with the process, whatever ends it. So a run that the
store calls running, and whose claim is here and held by nobody, was interrupted. A run of another machine has no claim
here and is left alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from filelock import FileLock, Timeout

from edgeworth.errors import StorageError

if sys.platform != "win32":
    import fcntl

_held: dict[str, FileLock] = {}
"""Claims of this process, until they are let go."""


def claim(data_dir: Path, run_id: str) -> None:
    """Make ``run_id`` this process's own.

    Raises:
        StorageError: The data folder cannot be written.
    """
    try:
        _file(data_dir, run_id).parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(_file(data_dir, run_id), blocking=False, thread_local=False)
        lock.acquire()
    except (OSError, Timeout) as error:
        raise StorageError(f"{_file(data_dir, run_id)}: the run cannot be claimed ({error})") from error
    _held[run_id] = lock


def try_take_up(data_dir: Path, run_id: str) -> bool:
    """Claim a run whose process is gone; false when it lives, or never was of this data folder."""
    path = _file(data_dir, run_id)
    if run_id in _held or not path.exists():
        return False
    lock = FileLock(path, blocking=False, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        return False
    except OSError as error:
        raise StorageError(f"{path}: the run cannot be claimed ({error.strerror})") from error
    _held[run_id] = lock
    return True


def is_held(data_dir: Path, run_id: str) -> bool | None:
    """Whether a process works on ``run_id``; ``None`` when it never was of this data folder, or it cannot be told.

    Only looks: the file is neither made nor changed, and what is asked for lasts for an instant.
    """
    if sys.platform == "win32":
        return None
    try:
        with _file(data_dir, run_id).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


def let_go(data_dir: Path, run_id: str) -> None:
    """End the claim, if this process holds one; nobody will take the run up again."""
    lock = _held.pop(run_id, None)
    if lock is not None:
        _file(data_dir, run_id).unlink(missing_ok=True)
        lock.release()


def leave(run_id: str) -> None:
    """End the claim, if this process holds one, of a run that came to no end: it may be taken up, here too."""
    lock = _held.pop(run_id, None)
    if lock is not None:
        lock.release()


def _file(data_dir: Path, run_id: str) -> Path:
    return data_dir / "runs" / f"{run_id}.lock"
