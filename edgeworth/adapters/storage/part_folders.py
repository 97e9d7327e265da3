"""Where the files of one table are kept: what ``PartFiles`` asks of a place, and a folder of this machine as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

import polars as pl
from filelock import FileLock, Timeout

from edgeworth.adapters.storage.disk import TEMPORARY_SUFFIX, storage_error, write_whole
from edgeworth.errors import StorageBusyError

Names: TypeAlias = Callable[[], Sequence[str]]
"""The files that are to be read, as they are listed when it is called."""
Put: TypeAlias = Callable[[str, bytes], None]
"""Makes a file that is not there yet, whole and lasting; only who has the turn to write holds one."""


class PartFolder(Protocol):
    """A place for files that are whole or not there, and never change."""

    def list(self) -> Mapping[str, int]:
        """Size in bytes of every file, by name."""
        ...

    def delete(self, names: Sequence[str]) -> None:
        """Remove files."""
        ...

    def scan(self, names: Names, schema: pl.Schema) -> pl.LazyFrame:
        """The rows of these files, not yet read."""
        ...

    def held(self, timeout_seconds: float) -> AbstractContextManager[Put]:
        """No other process puts or deletes files here within the block."""
        ...


class LocalFolder:
    """A folder of a file system with locks and renames. Made when the first file is put.

    The lock is the operating system's and goes with the process. What a killed writer left under a temporary name is
    removed by the next one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def list(self) -> Mapping[str, int]:
        """Size in bytes of every file, by name."""
        found = {}
        try:
            for path in self._path.iterdir():
                try:
                    found[path.name] = path.stat().st_size
                except FileNotFoundError:
                    continue
        except FileNotFoundError:
            return {}
        return found

    def delete(self, names: Sequence[str]) -> None:
        """Remove files."""
        for name in names:
            (self._path / name).unlink(missing_ok=True)

    def scan(self, names: Names, schema: pl.Schema) -> pl.LazyFrame:
        """Rows of the files that are there now."""
        paths = [self._path / name for name in names()]
        if not paths:
            return pl.LazyFrame(schema=schema)
        return pl.scan_parquet(paths, schema=schema, glob=False)

    @contextmanager
    def held(self, timeout_seconds: float) -> Iterator[Put]:
        """Hold the folder's lock; a file is written under a temporary name and renamed.

        Raises:
            StorageBusyError: Another process held it for too long.
            StorageFullError: No space; nothing is left of the file.
            StorageGoneError: The folder cannot be made.
        """
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path / ".lock", timeout=timeout_seconds):
                for path in self._path.glob(f".*{TEMPORARY_SUFFIX}"):
                    path.unlink(missing_ok=True)
                yield lambda name, data: write_whole(self._path / name, data)
        except Timeout as error:
            raise StorageBusyError(
                f"{self._path}: another process writes here since {timeout_seconds:g} s; wait for it and run again"
            ) from error
        except OSError as error:
            raise storage_error(error, self._path) from error
