"""A table of Parquet files that several processes extend and read at once. Knows no column.

Every file covers a range of generations: a part that was just saved covers one (``7-7``), a merged one all that
it was made of (``0-7``). A file whose range lies within another's counts no more. So one rename is all it takes
to add rows or to replace many files by one, and a process killed before or after it leaves nothing half done. Files
that no longer count are removed by the next merge: a reader that has just listed them can still open them.

Writers take turns by a lock of the operating system, which goes with the process. What a killed writer left under a
temporary name is removed by the next one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from filelock import FileLock, Timeout
from msgspec import Struct

from edgeworth.adapters.storage.disk import TEMPORARY_SUFFIX, storage_error, write_whole
from edgeworth.errors import StorageBusyError

ROW_GROUP_ROWS = 16_384
"""Small, so that a reader of one market skips nearly everything."""
MERGE_AT_PARTS = 64
"""Saved parts are merged when there are so many of them."""
MERGED_BYTES = 16 << 20
"""A file beyond this size is left as it is: what a merge holds in memory does not grow with the history."""
BUSY_TIMEOUT_SECONDS = 60.0

_NAME = re.compile(r"(\d+)-(\d+)\.parquet")


class _Part(Struct, frozen=True, order=True):
    first: int
    last: int
    path: Path

    def is_within(self, other: _Part) -> bool:
        return self != other and other.first <= self.first and self.last <= other.last


class PartFiles:
    """The files of one table.

    Args:
        folder: Made when the first rows are saved.
        schema: Columns in order.
        sorted_by: The order of rows within a file.
        busy_timeout_seconds: How long to wait for another writer.
    """

    def __init__(
        self,
        folder: Path,
        schema: pl.Schema,
        sorted_by: Sequence[str],
        *,
        busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS,
    ) -> None:
        self.schema = schema
        self._folder = folder
        self._sorted_by = list(sorted_by)
        self._timeout = busy_timeout_seconds

    @contextmanager
    def held(self) -> Iterator[None]:
        """No other process adds or merges files of this table within the block.

        Raises:
            StorageBusyError: Another process held it for too long.
            StorageGoneError: The folder cannot be made.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / ".lock", timeout=self._timeout):
                self._remove_leftovers()
                yield
        except Timeout as error:
            raise StorageBusyError(
                f"{self._folder}: another process writes here since {self._timeout:g} s; wait for it and run again"
            ) from error
        except OSError as error:
            raise storage_error(error, self._folder) from error

    def scan(self) -> pl.LazyFrame:
        """Every row, not yet read; of no files an empty table."""
        paths = [part.path for part in self._live()]
        if not paths:
            return pl.LazyFrame(schema=self.schema)
        return pl.scan_parquet(paths, schema=self.schema, glob=False)

    def add(self, rows: pl.DataFrame) -> None:
        """Store ``rows`` as one more file, and merge when there are many. To be called within ``held``.

        Raises:
            StorageFullError: No space; nothing of ``rows`` is stored.
        """
        following = max((part.last for part in self._live()), default=-1) + 1
        self._write(following, following, rows)
        if sum(part.first == part.last for part in self._live()) >= MERGE_AT_PARTS:
            self.merge()

    def merge(self) -> int:
        """Replace the newest files that are not large by one. To be called within ``held``; files that now count."""
        for part in self._covered():
            part.path.unlink(missing_ok=True)
        found = self._live()
        small = _last_within(found, MERGED_BYTES)
        if len(small) > 1:
            frame = pl.read_parquet([part.path for part in small], schema=self.schema, glob=False)
            self._write(small[0].first, small[-1].last, frame)
        return len(self._live())

    def _write(self, first: int, last: int, rows: pl.DataFrame) -> None:
        buffer = io.BytesIO()
        rows.sort(self._sorted_by, maintain_order=True).write_parquet(
            buffer, compression="zstd", statistics=True, row_group_size=ROW_GROUP_ROWS
        )
        write_whole(self._folder / f"{first:08d}-{last:08d}.parquet", buffer.getvalue())

    def _all(self) -> list[_Part]:
        try:
            found = [(path, _NAME.fullmatch(path.name)) for path in self._folder.iterdir()]
        except FileNotFoundError:
            return []
        return sorted(_Part(int(name[1]), int(name[2]), path) for path, name in found if name)

    def _live(self) -> list[_Part]:
        found = self._all()
        return [part for part in found if not any(part.is_within(other) for other in found)]

    def _covered(self) -> list[_Part]:
        found = self._all()
        return [part for part in found if any(part.is_within(other) for other in found)]

    def _remove_leftovers(self) -> None:
        for path in self._folder.glob(f".*{TEMPORARY_SUFFIX}"):
            path.unlink(missing_ok=True)


def _last_within(parts: Sequence[_Part], limit: int) -> list[_Part]:
    """The longest run of files up to the newest that is no larger than ``limit`` in all."""
    taken: list[_Part] = []
    total = 0
    for part in reversed(parts):
        total += part.path.stat().st_size
        if total > limit:
            break
        taken.append(part)
    return taken[::-1]
