"""What a user does wrong, and what the world does to them: an exit code, one clear message, and nothing lost.

2 is for what the user can mend in the command or the settings, before anything was done; 1 for what failed on the way,
with a report of the rest.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edgeworth_command import check_sums, ingest, leaked, run_warm

PASSWORD = "hunter2"
MARKET = {
    "id": "1",
    "conditionId": f"0x{1:064x}",
    "slug": "rain",
    "question": "Will it rain?",
    "description": "Yes if it rains.",
    "outcomes": '["Yes", "No"]',
    "outcomePrices": '["0.25", "0.75"]',
    "clobTokenIds": '["11", "12"]',
    "active": True,
    "closed": False,
    "endDate": "2026-12-31T00:00:00Z",
    "updatedAt": "2026-11-01T00:00:00Z",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with a good recording in it."""
    (tmp_path / "good.json").write_text(json.dumps([MARKET]))
    return tmp_path


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of loopback that nobody listens on, kept so."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]


# --- the command and the settings: 2, and nothing is begun ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "nope"], ["polymarket, kalshi, synthetic or file:PATH", "'nope'"]),
        (["--source", "file:"], ["file:PATH"]),
        (["--source", "file:missing.json"], ["missing.json", "found nothing there"]),
        (["--source", "file:good.json", "--source", "nope"], ["'nope'"]),
        (["--source", "file:good.json", "--as-of", "yesterday"], ["--as-of", "2026-02-13T19:26:13Z", "'yesterday'"]),
        (["--source", "file:good.json", "--as-of", "2026-01-01"], ["--as-of", "time zone"]),
    ],
)
def test_an_argument_that_cannot_be_meant_is_named_before_anything_is_done(folder, arguments, words):
    ingest(folder, *arguments).says(2, "Error:", *words)
    assert not (folder / "results").exists()
    assert not (folder / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["ingest", "--limit", "0"], "--limit"),
        (["ingest", "--limit", "many"], "--limit"),
        (["ingest", "--sources", "synthetic"], "--sources"),
        (["venue", "--port", "99999999"], "--port"),
        (["markets", "list", "--limit", "0"], "--limit"),
        (["markets", "list", "--venue", "nasdaq"], "--venue"),
        (["markets", "list", "--category", "weather"], "--category"),
        (["markets", "list", "--order", "beauty"], "order"),
        (["markets", "show"], "market"),
        (["ingst"], "ingst"),
    ],
)
def test_an_option_that_cannot_be_meant_is_named(folder, arguments, name):
    done = run_warm(folder, *arguments)
    assert (done.code, done.out) == (2, "")
    assert name in done.err.lower()
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"EDGEWORTH_DATABASE_URL": PASSWORD}, ["EDGEWORTH_DATABASE_URL", "sqlite:///PATH or postgresql://"]),
        ({"EDGEWORTH_DATABASE_URL": f"mysql://me:{PASSWORD}@h/d"}, ["EDGEWORTH_DATABASE_URL", "'mysql'"]),
        ({"EDGEWORTH_DATA_DIR": "good.json"}, ["EDGEWORTH_DATA_DIR", "good.json"]),
        ({"EDGEWORTH_DATA_DIR": "good.json/below"}, ["EDGEWORTH_DATA_DIR", "good.json/below"]),
        ({"EDGEWORTH_RESULTS_DIR": "good.json"}, ["EDGEWORTH_RESULTS_DIR", "good.json"]),
        ({"EDGEWORTH_RESULTS_DIR": "good.json/below"}, ["EDGEWORTH_RESULTS_DIR", "good.json/below"]),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_no_password_is_shown(folder, settings, words):
    done = ingest(folder, "--source", "file:good.json", **settings)
    done.says(2, "Error:", *words)
    assert PASSWORD not in done.out + done.err
    assert not (folder / "results").exists() or list((folder / "results").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PM_GAMMA_LIMIT", "many", "valid integer"),
        ("EDGEWORTH_GAMMA_URL", PASSWORD, "an address like https://host"),
        ("EDGEWORTH_KALSHI_URL", f"ftp://me:{PASSWORD}@host", "an address like https://host"),
        ("EDGEWORTH_MARKET_STREAM_URL", "https://host", "an address like wss://host"),
        ("EDGEWORTH_HISTORY_DAYS", "1000000", "less than or equal to 36500"),
        ("EDGEWORTH_WS_INGEST_SECONDS", "inf", "finite"),
    ],
)
def test_a_value_that_cannot_be_meant_is_named_by_its_setting(folder, name, value, words):
    done = run_warm(folder, "markets", "list", **{name: value})
    assert done.code == 2
    assert re.search(rf"{name.removeprefix('PM_')}: .*{words}", done.err)
    assert PASSWORD not in done.err
    assert "Traceback" not in done.err


def test_a_wrong_setting_is_told_before_prefect_is_started(folder):
    """Prefect would report it as an exception, with two tracebacks."""
    done = run_warm(folder, "ingest", "--source", "file:good.json", EDGEWORTH_RESULTS_DIR="good.json")
    done.says(2, "Error:", "EDGEWORTH_RESULTS_DIR")


# --- files: 1, with the report written ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("cut.json.gz", gzip.compress(json.dumps([MARKET] * 50).encode())[:-20], "breaks off"),
        ("cut.json", json.dumps([MARKET, MARKET]).encode()[:-30], "expected"),
        ("wide.json", json.dumps([MARKET]).encode("utf-16"), "UTF-16"),
        ("page.json", b"<!doctype html><html><body>Just a moment</body></html>", "an HTML or XML page"),
        ("empty.json", b"", "an empty file"),
        ("noise.bin", bytes(range(256)), "expected"),
    ],
)
def test_a_file_that_is_no_recording_is_named_and_the_report_is_written(folder, name, body, words):
    """The good file beside it is taken."""
    (folder / name).write_bytes(body)
    done = ingest(folder, "--source", f"file:{folder / name}", "--source", "file:good.json", "--json")
    done.says(1, f"file:{name}: expected", words)
    report = done.json
    check_sums(report)
    assert report["failed"] == [f"file:{name}"]
    assert (report["fetched"], report["created"]) == (1, 1)
    written = folder / report["folder"]
    assert json.loads((written / "batch_report.json").read_text()) == report
    assert words in (written / "summary.html").read_text()
    assert str(folder) not in done.err + (written / "manifest.json").read_text()


# --- what cannot be reached: 1 --------------------------------------------------------------------------------------------


def test_a_database_server_that_is_not_there_is_said_without_its_password(folder, closed_port):
    url = f"postgresql://me:{PASSWORD}@127.0.0.1:{closed_port}/edgeworth"
    done = ingest(folder, "--source", "file:good.json", EDGEWORTH_DATABASE_URL=url)
    done.says(1, "Error:", "cannot be reached", f"127.0.0.1:{closed_port}")
    assert PASSWORD not in done.out + done.err
    assert leaked(folder, PASSWORD) == []


def test_a_venue_that_is_not_there_ends_that_source_only(folder, closed_port):
    """It is asked as often as the setting says; the file is taken nevertheless."""
    nowhere = f"http://127.0.0.1:{closed_port}"
    settings = {"EDGEWORTH_GAMMA_URL": nowhere, "EDGEWORTH_VENUE_ATTEMPTS": "2"}
    done = ingest(folder, "--source", "polymarket", "--source", "file:good.json", "--json", **settings)
    done.says(1, "polymarket: Polymarket Gamma", nowhere, "ConnectError")
    report = done.json
    assert report["failed"] == ["polymarket"]
    assert report["created"] == 1


def test_a_file_that_is_no_database_is_said_and_left_alone(folder):
    (folder / "data").mkdir()
    (folder / "data" / "edgeworth.db").write_bytes(b"my holiday photographs" * 100)
    ingest(folder, "--source", "file:good.json").says(1, "Error:", "not an SQLite database")
    assert (folder / "data" / "edgeworth.db").read_bytes() == b"my holiday photographs" * 100


def test_setup_needs_a_server_and_says_how_to_start_one(folder, closed_port):
    done = run_warm(folder, "setup", "--wait", "0", PREFECT_API_URL=f"http://127.0.0.1:{closed_port}/api")
    done.says(2, "Error:", "prefect server start")
