"""Opening a database that is only to be read: nothing is made, nothing is migrated, and a write is refused.

SQLite is opened with its own read-only mode, PostgreSQL with read-only transactions, so that a mistake in a query
cannot change what is stored either.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import URL

from edgeworth.adapters.storage import migrate
from edgeworth.adapters.storage.connection import parse_url, public_url, translated
from edgeworth.adapters.storage.schema import SCHEMA_VERSION
from edgeworth.errors import ConfigurationError

READ_SECONDS = 20.0
"""How long a reader waits for a lock, and PostgreSQL works on one question."""


def database_file(url: str) -> Path | None:
    """The file of an SQLite database; ``None`` for a server.

    Raises:
        ConfigurationError: The URL names no database that can be used.
    """
    parsed = parse_url(url)
    return Path(parsed.database).absolute() if parsed.get_backend_name() == "sqlite" and parsed.database else None


def open_read_only(url: str) -> sa.Engine | None:
    """The database at ``url``; ``None`` when nothing was ever stored in it.

    Raises:
        ConfigurationError: The URL names no database that can be used, or it has another schema than this version.
        StorageError: It cannot be reached or read.
    """
    parsed, file = parse_url(url), database_file(url)
    if file is not None and not file.exists():
        return None
    engine = _postgresql(parsed) if file is None else _sqlite(parsed, file)
    try:
        with translated(engine.url), engine.connect() as connection:
            version = migrate.version_of(connection)
    except BaseException:
        engine.dispose()
        raise
    if version == SCHEMA_VERSION:
        return engine
    engine.dispose()
    if version is None:
        return None
    raise ConfigurationError(_other_schema(engine.url, version))


def _other_schema(url: URL, version: str) -> str:
    found = f"{public_url(url)}: expected schema {SCHEMA_VERSION}, found {version[:40]!r}"
    if version < SCHEMA_VERSION:
        return f"{found}, made by an older Edgeworth. What only reads changes nothing; `edgeworth doctor` brings it up."
    return f"{found}, made by a newer Edgeworth; install that one, or name another database"


def _sqlite(url: URL, file: Path) -> sa.Engine:
    address = f"file:{quote(str(file))}?mode=ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(address, uri=True, timeout=READ_SECONDS, check_same_thread=False)
        # The driver's own handling of transactions would begin none for a read; "begin" below does.
        connection.isolation_level = None
        connection.execute("PRAGMA query_only=ON")
        return connection

    plain = url.set(database=str(file), query={})
    engine = sa.create_engine(plain, creator=connect, poolclass=sa.QueuePool, hide_parameters=True)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _postgresql(url: URL) -> sa.Engine:
    connect_args: dict[str, Any] = {} if "connect_timeout" in url.query else {"connect_timeout": 10}
    engine = sa.create_engine(url, connect_args=connect_args, hide_parameters=True, pool_pre_ping=True)

    def prepare(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            cursor.execute(f"SET statement_timeout = '{round(READ_SECONDS * 1000)}ms'")
            cursor.execute("SET TIME ZONE 'UTC'")
        connection.commit()

    sa.event.listen(engine, "connect", prepare)
    return engine
