"""Files that are whole or not there, and what a disk's failures mean. Knows nothing of what is in them."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from edgeworth.errors import StorageError, StorageFullError, StorageGoneError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

TEMPORARY_SUFFIX = ".tmp"


class _Writable(Protocol):
    def write(self, data: memoryview, /) -> int | None: ...


def write_whole(target: Path, data: bytes) -> None:
    """Make ``target`` with ``data``: under another name first, so that no half file is ever visible, then durable.

    Raises:
        StorageFullError: No space; neither the file nor its beginning is left.
        StorageGoneError: The folder cannot be written.
    """
    # Of this thread alone: two that write the same must not take each other's file away.
    temporary = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}{TEMPORARY_SUFFIX}")
    try:
        with temporary.open("wb", buffering=0) as file:
            write_all(file, data)
            os.fsync(file.fileno())
        temporary.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise storage_error(error, target) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_all(file: _Writable, data: bytes) -> None:
    """Write every byte to an unbuffered file, which may take fewer at a time."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) or 0 :]


def sync_folder(folder: Path) -> None:
    """Make new names durable, not only the bytes behind them."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def storage_error(error: OSError, target: Path) -> StorageError:
    """What a failure of the operating system means for who asked for ``target``."""
    if error.errno in _NO_SPACE:
        return StorageFullError(f"{target}: no space left ({error.strerror}); free some and run again, nothing is lost")
    if isinstance(error, FileExistsError):
        return StorageError(f"{target}: expected a new file, found one of that name")
    return StorageGoneError(f"{target}: cannot be reached ({error.strerror}); check the data folder and its rights")
