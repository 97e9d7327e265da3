"""What the site says where the store is missing, empty, replaced or of another kind; and that looking changes nothing."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from tests.builders import a_market
from tests.sites import PAGES, WRITTEN, a_client, a_site, fill, text_of
from tests.stored import open_stores, save_markets


@pytest.mark.parametrize("path", ["/", "/markets", "/discovery", "/discovery?show=matches", "/forecasts", "/status"])
def test_without_a_store_each_page_says_what_to_run(path, tmp_path):
    answer = a_client(a_site(tmp_path)).get(path)
    assert answer.status_code == 200
    assert "edgeworth run" in answer.text
    assert not (tmp_path / "data").exists(), "looking makes nothing"
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("path", ["/", "/markets", "/discovery", "/discovery?show=matches", "/forecasts", "/status"])
def test_an_empty_store_says_what_to_run_too(tmp_path, path):
    with open_stores(tmp_path):
        pass
    answer = a_client(a_site(tmp_path)).get(path)
    assert answer.status_code == 200
    assert re.search(r"<code>edgeworth \w+", answer.text)


def test_a_store_that_comes_or_is_replaced_while_the_site_runs_is_shown(tmp_path):
    client = a_client(a_site(tmp_path))
    assert "Nothing is stored" in client.get("/markets").text
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_market(question="Is it the first?")])
    assert "Is it the first?" in client.get("/markets").text
    for file in (tmp_path / "data").glob("edgeworth.db*"):
        file.rename(tmp_path / file.name)
    assert "Nothing is stored" in client.get("/markets").text
    with open_stores(tmp_path) as storage:
        save_markets(storage, [a_market(question="Is it the second?")])
    assert "Is it the second?" in client.get("/markets").text


@pytest.mark.parametrize(("version", "words"), [("0001", "older Edgeworth"), ("9999", "newer Edgeworth")])
def test_a_store_of_another_schema_is_left_as_it_is(tmp_path, version, words):
    with open_stores(tmp_path):
        pass
    file = tmp_path / "data" / "edgeworth.db"
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (version,))
    database.close()
    answer = a_client(a_site(tmp_path)).get("/markets")
    assert answer.status_code == 503
    assert words in text_of(answer.text)
    with sqlite3.connect(file) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (version,)
    database.close()


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "edgeworth.db").write_bytes(b"not a database" * 1000)
    answer = a_client(a_site(tmp_path)).get("/markets")
    assert answer.status_code == 503
    assert "not an SQLite database" in text_of(answer.text)


def test_every_page_leaves_the_store_as_it_was(tmp_path):
    fill(tmp_path)
    before = contents(tmp_path)
    client = a_client(a_site(tmp_path))
    for path in PAGES + WRITTEN:
        assert client.get(path).status_code == 200
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the index of SQLite's log, which readers share."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".db-shm", ".db-wal"}]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
