"""The files of one table as objects of a store.

One put of a whole object adds rows or replaces many files by one, as one rename does on a disk. The store has no lock,
so writers take turns by one that is handed in. A second guard stands in the store: a name is given once.

Rows are read when they are asked for, not when a table is named, and of the files that are there then. A merge on
another machine may remove one of them in between: then the files are listed again, once. It is rare, since a merge
removes only what an earlier merge replaced.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

import polars as pl
from polars.io.plugins import register_io_source

from edgeworth.adapters.storage.objects import Objects
from edgeworth.adapters.storage.part_folders import Names, Put
from edgeworth.errors import StorageError, StorageGoneError

Confirm: TypeAlias = Callable[[], None]
"""Raises ``StorageError`` when the lock was lost, with the connection that held it."""
Lock: TypeAlias = Callable[[float], AbstractContextManager[Confirm]]
"""Waits so many seconds for the other writers, and holds them off for the time of a block."""
Narrow: TypeAlias = Callable[[pl.LazyFrame], pl.LazyFrame]

_LISTINGS = 2


class ObjectFolder:
    """Objects below one address, and the lock of those who write there."""

    def __init__(self, objects: Objects, lock: Lock) -> None:
        self._objects = objects
        self._lock = lock

    def list(self) -> Mapping[str, int]:
        """Size in bytes of every object, by name.

        Raises:
            StorageError: The store cannot be reached.
        """
        return self._objects.list()

    def delete(self, names: Sequence[str]) -> None:
        """Remove objects."""
        self._objects.delete(names)

    def scan(self, names: Names, schema: pl.Schema) -> pl.LazyFrame:
        """Rows of the objects that are there when the rows are asked for."""

        def source(
            columns: list[str] | None, predicate: pl.Expr | None, most: int | None, _batch_size: int | None
        ) -> Iterator[pl.DataFrame]:
            def narrow(rows: pl.LazyFrame) -> pl.LazyFrame:
                rows = rows if predicate is None else rows.filter(predicate)
                return rows if columns is None else rows.select(columns)

            if most is None:
                yield self._read(names, schema, narrow)
                return
            # The bound counts rows as they are stored, before any condition.
            rows = self._read(names, schema, lambda all_rows: all_rows.head(most))
            yield narrow(rows.head(most).lazy()).collect()

        return register_io_source(source, schema=schema)

    @contextmanager
    def held(self, timeout_seconds: float) -> Iterator[Put]:
        """Hold the writers' lock.

        Raises:
            StorageBusyError: Another process held it for too long, or made a file though it was our turn.
            StorageError: The store cannot be reached, or the lock was lost.
        """
        with self._lock(timeout_seconds) as confirm:

            def put(name: str, data: bytes) -> None:
                confirm()
                self._objects.put_new(name, data)

            yield put

    def _read(self, names: Names, schema: pl.Schema, narrow: Narrow) -> pl.DataFrame:
        for _ in range(_LISTINGS):
            try:
                return self._rows(names(), schema, narrow)
            except FileNotFoundError:
                continue
        raise StorageGoneError(f"{self._objects.shown}: files vanished twice while they were read; run again")

    def _rows(self, names: Sequence[str], schema: pl.Schema, narrow: Narrow) -> pl.DataFrame:
        try:
            return self._narrowed(names, schema, narrow)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self._objects.gone(error, "read") from error
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
            self._check_whole(names, schema)
            raise

    def _narrowed(self, names: Sequence[str], schema: pl.Schema, narrow: Narrow) -> pl.DataFrame:
        empty = narrow(pl.LazyFrame(schema=schema))
        if not names:
            return empty.collect()
        options = self._objects.s3_options()
        if options is None:
            bodies = (io.BytesIO(self._objects.get(name)) for name in names)
            # One after the other: what is held is one file, and what is asked for of the others.
            return pl.concat(
                [empty.collect(), *(narrow(pl.scan_parquet(body, schema=schema)).collect() for body in bodies)]
            )
        # Its own client of S3 reads the ends of files and of those only the groups of rows that may hold what is asked.
        addresses = [self._objects.address(name) for name in names]
        rows = pl.scan_parquet(addresses, schema=schema, glob=False, storage_options=options, credential_provider=None)
        return narrow(rows).collect()

    def _check_whole(self, names: Sequence[str], schema: pl.Schema) -> None:
        """Read each file by itself: what many of them together could not be read for does not say which it was.

        Raises:
            StorageError: One of them is damaged, or holds another table.
        """
        for name in names:
            try:
                pl.scan_parquet(io.BytesIO(self._objects.get(name)), schema=schema).collect()
            except (pl.exceptions.ComputeError, pl.exceptions.SchemaError) as error:
                why = str(error).partition("\n")[0]
                raise StorageError(
                    f"{self._objects.shown}/{name}: expected whole rows of this table, found a file that is damaged or "
                    f"of another table ({why}); put a copy in its place, or take it away and ingest again"
                ) from error
