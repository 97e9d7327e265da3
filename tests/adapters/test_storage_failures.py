"""Databases that are locked, gone, full, damaged, too new, or wrongly named: each with a message that says what to do."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import make_url

from edgeworth.adapters.storage import migrate
from edgeworth.adapters.storage.connection import writing
from edgeworth.adapters.storage.database import SqlCatalogue, open_database
from edgeworth.adapters.storage.schema import SCHEMA_VERSION, metadata
from edgeworth.errors import (
    ConfigurationError,
    StorageBusyError,
    StorageError,
    StorageGoneError,
)
from tests.builders import NOON, a_market
from tests.pages import Walk, contents, of_markets

SECRET = "s3cr3t-pa55"


def test_migrations_make_exactly_the_tables_of_the_schema(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_version_that_is_expected():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA_VERSION


def test_a_database_is_opened_a_second_time_without_any_change(database_url, engine):
    Walk(SqlCatalogue(engine)).page(of_markets(a_market()))
    again = open_database(database_url)
    assert SqlCatalogue(again).count_markets() == 1
    again.dispose()


def test_a_new_database_may_be_opened_by_many_at_once(database_url):
    engines, errors = [], []

    def open_it():
        try:
            engines.append(open_database(database_url))
        except StorageError as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for engine in engines:
        assert SqlCatalogue(engine).count_markets() == 0
        engine.dispose()


def test_a_database_of_a_newer_edgeworth_is_left_alone(database_url, engine):
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer Edgeworth"):
        open_database(database_url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://u:p@h/d",
        f"postgres!ql://u:{SECRET}@h/d",
        "http://x/y",
    ],
)
def test_a_url_that_cannot_be_meant_is_a_matter_of_configuration(url):
    with pytest.raises(ConfigurationError, match="expected sqlite:///PATH or postgresql://") as caught:
        open_database(url)
    assert SECRET not in str(caught.value)


def test_a_server_that_does_not_answer_is_gone_and_its_password_stays_secret():
    with pytest.raises(StorageGoneError, match="cannot be reached") as caught:
        open_database(f"postgresql://user:{SECRET}@127.0.0.1:1/none?connect_timeout=2")
    assert SECRET not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_a_database_that_the_server_does_not_have_is_gone(postgresql_server):
    url = make_url(postgresql_server).set(database="no_such_database").render_as_string(hide_password=False)
    with pytest.raises(StorageGoneError, match="no_such_database"):
        open_database(url)


def test_a_folder_that_cannot_be_made_is_gone(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageGoneError, match="cannot be made"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'below' / 'x.db'}")


def test_a_file_that_is_no_database_is_not_touched(tmp_path):
    path = tmp_path / "x.db"
    path.write_bytes(b"not a database, but something of the user's" * 50)
    with pytest.raises(StorageGoneError, match="not an SQLite database"):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"not a database")


def test_a_write_waits_for_another_writer_but_not_for_ever(database_url, engine):
    walk = Walk(SqlCatalogue(engine))
    impatient = open_database(database_url, busy_timeout_seconds=0.2)
    walk.catalogue = SqlCatalogue(impatient)
    with writing(engine), pytest.raises(StorageBusyError, match="another process holds the database"):
        walk.page(of_markets(a_market()))
    # Nothing of it was stored, and the same page goes through later.
    assert walk.page(of_markets(a_market())).created == 1
    impatient.dispose()


def test_a_reader_does_not_wait_for_a_writer(engine, catalogue):
    with writing(engine) as connection:
        connection.execute(sa.text("DELETE FROM market"))
        assert catalogue.count_markets() == 0


def test_a_deleted_sqlite_file_is_noticed_before_anything_is_written_to_nowhere(sqlite_url):
    engine = open_database(sqlite_url)
    catalogue = SqlCatalogue(engine)
    walk = Walk(catalogue)
    for path in Path(make_url(sqlite_url).database).parent.glob("edgeworth.db*"):
        path.unlink()
    with pytest.raises(StorageGoneError, match="deleted or replaced"):
        walk.page(of_markets(a_market()))
    engine.dispose()


def test_a_server_that_drops_the_connection_is_gone_and_the_next_write_goes_through(postgresql_url, postgresql_server):
    engine = open_database(postgresql_url)
    walk = Walk(SqlCatalogue(engine))
    with engine.connect() as connection:
        ours = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar()
    server = make_url(postgresql_server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [ours])
    with pytest.raises(StorageGoneError, match="cannot be reached"):
        walk.page(of_markets(a_market()))
    assert walk.page(of_markets(a_market())).created == 1
    engine.dispose()


FULL = """
import resource, sys
from edgeworth.adapters.storage.database import SqlCatalogue, open_database
from edgeworth.errors import StorageFullError
from tests.builders import a_market
from tests.pages import Walk, of_markets
engine = open_database(sys.argv[1])
walk = Walk(SqlCatalogue(engine))
walk.page(of_markets(a_market()))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    walk.page(of_markets(*(a_market(f"0x{n}", rules="long " * 1000) for n in range(2, 200))))
except StorageFullError as error:
    print("full:", error)
"""


def test_a_full_disk_stores_nothing_of_the_page_and_says_so(sqlite_url):
    child = subprocess.run(
        [sys.executable, "-c", FULL, sqlite_url],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.stdout.startswith("full:"), child.stderr
    engine = open_database(sqlite_url)
    assert len(contents(engine, "market")["market"]) == 1
    (walk,) = SqlCatalogue(engine).unfinished_passes("listing", NOON)
    assert walk.pages == 1
    engine.dispose()
