"""Opening the database, its transactions, and what its failures mean.

SQLite and PostgreSQL differ here and in ``upsert.py`` only. Both are used alike: a read is a transaction of its own, a
write takes the one write lock first, so that two processes that write never see half of each other's page and never
deadlock. No table and no query is named here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.engine import URL, make_url

from edgeworth.adapters.storage import migrate
from edgeworth.errors import (
    ConfigurationError,
    StorageBusyError,
    StorageError,
    StorageFullError,
    StorageGoneError,
)

BUSY_TIMEOUT_SECONDS = 60.0
"""How long a write waits for another process's write."""

_WRITES = "edgeworth_writes"
_DURABLE = "edgeworth_durable"
_ACCEPTED = "expected sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE"

_LOCKED = {"55P03", "57014", "40P01", "40001"}
"""PostgreSQL: lock not available, statement cancelled by its time-out, deadlock, serialisation failure."""
_DISK_FULL = {"53100"}


def open_database(url: str, *, busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS) -> sa.Engine:
    """The database at ``url``, made and migrated to the newest schema; safe when two processes open a new one at once.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql://…``; a missing SQLite file and its folder are made.
        busy_timeout_seconds: How long to wait for another process before ``StorageBusyError``.

    Raises:
        ConfigurationError: The URL names no database that can be used, or one made by a newer Edgeworth.
        StorageGoneError: It cannot be reached.
        StorageBusyError: Another process holds it.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, busy_timeout_seconds)
    return _open_postgresql(parsed, busy_timeout_seconds)


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees one state of the database.

    Raises:
        StorageError: The database failed; the kind says what to do.
    """
    with translated(engine.url), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine, *, is_durable: bool = False) -> Iterator[sa.Connection]:
    """A transaction that writes: all of it is stored at the end of the block, or nothing.

    Args:
        engine: The database.
        is_durable: Whether it must outlast a lost power supply, for what cannot be made again from the raw store.
            PostgreSQL's always do, unless its server is set otherwise.

    Raises:
        StorageError: The database failed; the kind says what to do.
    """
    options = {_WRITES: True, _DURABLE: is_durable}
    with translated(engine.url), engine.execution_options(**options).begin() as connection:
        yield connection


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn failures of the database within the block into the error family."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _storage_error(url, error) from error


def public_url(url: URL) -> str:
    """``url`` without its password and without options, for messages."""
    return url.set(query={}).render_as_string(hide_password=True)


def parse_url(url: str) -> URL:
    """The address of a database, with the driver that we use.

    Raises:
        ConfigurationError: It names no database that can be used; its text may hold a password and is not repeated.
    """
    try:
        parsed = make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise ConfigurationError(f"database URL: {_ACCEPTED}, found something that is no URL") from None
    match parsed.get_backend_name():
        case "sqlite":
            if not parsed.database or parsed.database == ":memory:":
                raise ConfigurationError(f"database URL: {_ACCEPTED}, found sqlite without a file")
            return parsed.set(drivername="sqlite+pysqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ConfigurationError(f"database URL: {_ACCEPTED}, found {other[:40]!r}")


def _open_sqlite(url: URL, busy_timeout_seconds: float) -> sa.Engine:
    assert url.database is not None
    path = Path(url.database).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageGoneError(f"{path.parent}: cannot be made or reached ({error.strerror})") from error
    engine = sa.create_engine(
        url.set(database=str(path)), connect_args={"timeout": busy_timeout_seconds}, hide_parameters=True
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    try:
        # SQLite's own lock does not make others wait while the journal mode changes.
        with FileLock(f"{path}.opening", timeout=busy_timeout_seconds), translated(engine.url):
            _use_write_ahead_log(engine)
            sa.event.listen(engine, "begin", _SqliteBegin(path))
            _migrate(engine)
    except Timeout as error:
        engine.dispose()
        raise StorageBusyError(f"{path}: another process is opening it since {busy_timeout_seconds:g} s") from error
    except OSError as error:
        engine.dispose()
        raise StorageGoneError(f"{path}: cannot be reached ({error.strerror})") from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own handling of transactions would commit before a schema change; "begin" below does it instead.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")
    # Keys are hashes, so a page of markets touches leaves all over the index: keep them in memory, and write them back
    # once for many pages (32 MB of log) instead of once for each.
    connection.execute("PRAGMA cache_size=-32768")
    connection.execute("PRAGMA wal_autocheckpoint=8192")


def _use_write_ahead_log(engine: sa.Engine) -> None:
    """Once for the file: readers and the writer then do not wait for each other."""
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if driver.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")


class _SqliteBegin:
    """Begins transactions: a write takes the lock at once, so that what it has read cannot change under it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.stat().st_ino

    def __call__(self, connection: sa.Connection) -> None:
        if not connection.get_execution_options().get(_WRITES):
            connection.exec_driver_sql("BEGIN")
            return
        # A deleted file can be written to as long as it is open; nobody would ever see what was stored.
        try:
            is_same = self._path.stat().st_ino == self._file
        except OSError:
            is_same = False
        if not is_same:
            raise StorageGoneError(f"{self._path}: was deleted or replaced while in use; run again to make a new one")
        # A lost power supply may take back the last pages, never tear one; the raw store has them and applies them
        # again.
        level = "FULL" if connection.get_execution_options().get(_DURABLE) else "NORMAL"
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _open_postgresql(url: URL, busy_timeout_seconds: float) -> sa.Engine:
    connect_args: dict[str, Any] = {}
    if "connect_timeout" not in url.query:
        connect_args["connect_timeout"] = 10
    engine = sa.create_engine(url, connect_args=connect_args, hide_parameters=True)
    lock_timeout = f"{max(1, round(busy_timeout_seconds * 1000))}ms"

    def prepare(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{lock_timeout}'")
            cursor.execute("SET TIME ZONE 'UTC'")
        connection.commit()

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", _begin_postgresql)
    try:
        with translated(engine.url):
            _migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _begin_postgresql(connection: sa.Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        # One writer at a time for each schema: no deadlock, and no page is judged by rows that are about to change.
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtext('edgeworth write'), hashtext(current_schema()))"
        )


def _migrate(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        is_current = migrate.is_current(connection)
    if not is_current:
        with engine.execution_options(**{_WRITES: True}).begin() as connection:
            migrate.upgrade(connection)


def _storage_error(url: URL, error: sa.exc.DBAPIError) -> StorageError:
    where = public_url(url)
    kind, advice = _sqlite_meaning(error.orig) if isinstance(error.orig, sqlite3.Error) else _postgresql_meaning(error)
    found = str(error.orig).strip().splitlines()
    return kind(f"{where}: {advice} ({found[0] if found else type(error.orig).__name__})")


def _sqlite_meaning(error: sqlite3.Error) -> tuple[type[StorageError], str]:
    code = getattr(error, "sqlite_errorcode", 0) or 0
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StorageBusyError, "another process holds the database; wait for it to end, or stop it, and run again"
        case sqlite3.SQLITE_FULL:
            return StorageFullError, "no space left for the database; free some and run again, nothing is half stored"
        case sqlite3.SQLITE_IOERR if code in {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_TRUNCATE}:
            return StorageFullError, "the database's file cannot grow; free some space and run again"
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return StorageGoneError, "the database's file cannot be reached or written; check the folder and its rights"
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return StorageGoneError, "the file is not an SQLite database, or is damaged; restore it or move it away"
        case _:
            return StorageError, "the database refused a statement"


def _postgresql_meaning(error: sa.exc.DBAPIError) -> tuple[type[StorageError], str]:
    state = getattr(error.orig, "sqlstate", None)
    if state in _LOCKED:
        return StorageBusyError, "another process holds the database; wait for it to end and run again"
    if state in _DISK_FULL:
        return StorageFullError, "the database server has no space left; free some and run again"
    is_gone = error.connection_invalidated or (state or "08")[:2] in {"08", "57", "28", "3D", "53"}
    if is_gone and isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError)):
        return StorageGoneError, "the database cannot be reached; check that it runs and that the URL is right"
    return StorageError, "the database refused a statement"
