"""Turns among those who write to a place that has no locks of its own.

Several machines share a PostgreSQL database anyway: the lock is one of its own, held by a transaction that does nothing
else, so it goes when the connection does, whatever ends the process. Transactions rather than sessions, because a
connection that goes back to a pool, or through one that lends by the transaction, would keep a session's lock. With
SQLite there is one machine: a file in the data folder does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout

from edgeworth.adapters.storage.connection import translated
from edgeworth.adapters.storage.disk import storage_error
from edgeworth.adapters.storage.object_folder import Confirm, Lock
from edgeworth.errors import StorageBusyError, StorageGoneError


def writer_lock(name: str, engine: sa.Engine, data_dir: Path) -> Lock:
    """The lock of all who write to what ``name`` says, with this database and, if it is SQLite, this data folder."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    if engine.dialect.name == "postgresql":
        return lambda timeout_seconds: _in_database(engine, name, number, timeout_seconds)
    path = data_dir / "locks" / f"{number & (1 << 64) - 1:016x}.lock"
    return lambda timeout_seconds: _in_folder(path, name, timeout_seconds)


@contextmanager
def _in_database(engine: sa.Engine, name: str, number: int, timeout_seconds: float) -> Iterator[Confirm]:
    with translated(engine.url):
        connection = engine.connect()
    try:
        try:
            with translated(engine.url):
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{max(1, round(timeout_seconds * 1000))}ms'")
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
        except StorageBusyError as error:
            raise _busy(name, timeout_seconds) from error

        def confirm() -> None:
            try:
                connection.exec_driver_sql("SELECT 1")
            except sa.exc.DBAPIError as error:
                raise StorageGoneError(
                    f"{name}: the connection to the database, which holds the turn to write here, was lost; run again"
                ) from error

        yield confirm
    finally:
        # Ends the transaction, and with it the lock; a connection that was lost has neither.
        connection.close()


@contextmanager
def _in_folder(path: Path, name: str, timeout_seconds: float) -> Iterator[Confirm]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path, timeout=timeout_seconds):
            yield lambda: None
    except Timeout as error:
        raise _busy(name, timeout_seconds) from error
    except OSError as error:
        raise storage_error(error, path) from error


def _busy(name: str, timeout_seconds: float) -> StorageBusyError:
    return StorageBusyError(
        f"{name}: another process writes here since {timeout_seconds:g} s; wait for it and run again"
    )
