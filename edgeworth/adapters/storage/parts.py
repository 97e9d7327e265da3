"""A table of Parquet files that several processes extend and read at once. Knows no column.

Every file covers a range of generations: a part that was just saved covers one (``7-7``), a merged one all that
it was made of (``0-7``). A file whose range lies within another's counts no more. So one new name is all it takes
to add rows or to replace many files by one, and a process killed before or after it leaves nothing half done. Files
that no longer count are removed by the next merge: a reader that has just listed them can still open them.

Where the files are, how one gets its name at once, and how writers take turns is the folder's business
(``part_folders.py``, ``object_folder.py``).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import polars as pl
from msgspec import Struct

from edgeworth.adapters.storage.part_folders import PartFolder, Put

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
    name: str
    size: int

    def is_within(self, other: _Part) -> bool:
        return self != other and other.first <= self.first and self.last <= other.last

    def crosses(self, other: _Part) -> bool:
        first, second = sorted([self, other])
        return first.first < second.first <= first.last < second.last


class PartFiles:
    """The files of one table.

    Args:
        folder: Where they are.
        schema: Columns in order.
        sorted_by: The order of rows within a file.
        busy_timeout_seconds: How long to wait for another writer.
    """

    def __init__(
        self,
        folder: PartFolder,
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
    def held(self) -> Iterator[Turn]:
        """No other process adds or merges files of this table within the block.

        Raises:
            StorageBusyError: Another process held it for too long.
            StorageGoneError: The folder cannot be reached or made.
        """
        with self._folder.held(self._timeout) as put:
            yield Turn(self._folder, put, self.schema, self._sorted_by)

    def scan(self) -> pl.LazyFrame:
        """Every row, not yet read; of no files an empty table."""
        return self._folder.scan(lambda: _names(_live(_parts(self._folder.list()))), self.schema)


class Turn:
    """What one writer does while it holds the table: all of it goes by the files that it found when it began.

    So a writer that lost its lock without knowing asks for a name that is taken; it cannot add rows that it did not
    compare with those of the other.
    """

    def __init__(self, folder: PartFolder, put: Put, schema: pl.Schema, sorted_by: Sequence[str]) -> None:
        self._folder = folder
        self._put = put
        self._schema = schema
        self._sorted_by = sorted_by
        self._found = _parts(folder.list())

    def scan(self) -> pl.LazyFrame:
        """Every row, not yet read."""
        names = _names(_live(self._found))
        return self._folder.scan(lambda: names, self._schema)

    def add(self, rows: pl.DataFrame) -> None:
        """Store ``rows`` as one more file, and merge when there are many.

        Raises:
            StorageError: No space, or the folder cannot be reached; nothing of ``rows`` is stored.
        """
        following = max((part.last for part in self._found), default=-1) + 1
        self._write(following, following, rows)
        if sum(part.first == part.last for part in _live(self._found)) >= MERGE_AT_PARTS:
            self.merge()

    def merge(self) -> int:
        """Replace the newest files that are not large by one; how many files count now."""
        live = _live(self._found)
        self._folder.delete(_names([part for part in self._found if part not in live]))
        self._found = live
        small = _last_within(live, MERGED_BYTES)
        if len(small) > 1:
            names = _names(small)
            frame = self._folder.scan(lambda: names, self._schema).collect()
            self._take_back_if_crossed(self._write(small[0].first, small[-1].last, frame))
        return len(_live(self._found))

    def _take_back_if_crossed(self, merged: _Part) -> None:
        """Remove a merged file where one of another writer holds a part of its rows: one of the two lost its lock.

        What each was made of is still there, since a merge removes only what an earlier one replaced.
        """
        if any(merged.crosses(other) for other in _parts(self._folder.list())):
            self._folder.delete([merged.name])
            self._found.remove(merged)

    def _write(self, first: int, last: int, rows: pl.DataFrame) -> _Part:
        buffer = io.BytesIO()
        rows.sort(self._sorted_by, maintain_order=True).write_parquet(
            buffer, compression="zstd", statistics=True, row_group_size=ROW_GROUP_ROWS
        )
        part = _Part(first, last, f"{first:08d}-{last:08d}.parquet", buffer.tell())
        self._put(part.name, buffer.getvalue())
        self._found = sorted([*self._found, part])
        return part


def _parts(sizes: Mapping[str, int]) -> list[_Part]:
    found = [(name, size, _NAME.fullmatch(name)) for name, size in sizes.items()]
    return sorted(_Part(int(span[1]), int(span[2]), name, size) for name, size, span in found if span)


def _live(found: Sequence[_Part]) -> list[_Part]:
    """Those that count."""
    return [part for part in found if not any(part.is_within(other) for other in found)]


def _names(parts: Sequence[_Part]) -> list[str]:
    return [part.name for part in parts]


def _last_within(parts: Sequence[_Part], limit: int) -> list[_Part]:
    """The longest run of files up to the newest that is no larger than ``limit`` in all."""
    taken: list[_Part] = []
    total = 0
    for part in reversed(parts):
        total += part.size
        if total > limit:
            break
        taken.append(part)
    return taken[::-1]
