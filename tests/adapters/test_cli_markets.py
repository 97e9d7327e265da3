"""``edgeworth markets``, ``doctor``, ``venue`` and ``--help``: what they show, and what they must never show."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import unicodedata
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.edgeworth_command import KEYS, SECRET, Ended, catalogue, end, ingested, run_warm, start


def market(number: int, question: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "conditionId": f"0x{number:064x}",
        "slug": f"market-{number}",
        "question": question,
        "description": "Yes if so.\nOtherwise no.",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.25", "0.75"]',
        "clobTokenIds": f'["{number}1", "{number}2"]',
        "active": True,
        "closed": False,
        "endDate": f"2026-12-{number:02d}T00:00:00Z",
        "updatedAt": "2026-11-01T00:00:00Z",
        "volumeNum": 1000 * number,
        **changes,
    }


ESCAPES = "Will \x1b[31mred\x1b]0;owned\x07 win?\r\x9b2J \u202egnp [bold]x[/] :apple: \x7f"
"""Colours, a window title, a cleared screen, text from right to left, and what our own tables take for markup."""

MARKETS = [
    market(1, "Will it rain?"),
    market(2, "Will the rate cut come?"),
    market(
        3, "Will a rate be cut?", closed=True, active=True, outcomePrices='["1", "0"]', umaResolutionStatus="resolved"
    ),
    market(4, ESCAPES, description=f"Rules {ESCAPES}", outcomes=json.dumps(["Yes\x1b[2J", "No"])),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("markets")
    (folder / "markets.json").write_text(json.dumps(MARKETS))
    report = ingested(folder, "--source", "file:markets.json")
    assert report["created"] == len(MARKETS)
    return folder


def obeyed(text: str) -> set[str]:
    """Characters in ``text`` that a terminal obeys instead of showing them."""
    return {each for each in text if unicodedata.category(each) in {"Cc", "Cf", "Cs"}} - {"\n"}


def keys(found: list[dict[str, Any]]) -> list[int]:
    return [int(each["native_id"], 16) for each in found]


# --- list -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([], [4, 3, 2, 1]),
        (["--order", "closes"], [1, 2, 3, 4]),
        (["--search", "RATE cut"], [3, 2]),
        (["--search", "rate snow"], []),
        (["--status", "open"], [4, 2, 1]),
        (["--status", "resolved"], [3]),
        (["--venue", "polymarket"], [4, 3, 2, 1]),
        (["--venue", "kalshi"], []),
        (["--search", "cut", "--status", "resolved"], [3]),
        (["--search", "' OR 1=1 --"], []),
        (["--search", "%"], []),
    ],
)
def test_filters_leave_the_markets_that_fit_busiest_first(folder, filters, expected):
    assert keys(catalogue(folder, *filters)) == expected


def test_a_limit_leaves_out_markets_and_says_how_many_there_are(folder):
    done = run_warm(folder, "markets", "list", "--limit", "1", "--json")
    assert (done.json["total"], keys(done.json["markets"])) == (4, [4])
    assert run_warm(folder, "markets", "list", "--limit", "1").err == "1 of 4 markets.\n"


def test_the_table_holds_whole_ids_that_can_be_searched_for_and_shown(folder):
    done = run_warm(folder, "markets", "list", "--search", "rain")
    (line,) = [line for line in done.out.splitlines() if "Will it rain?" in line]
    (market_id,) = re.findall(r"polymarket:0x[0-9a-f]{64}", line)
    assert "25¢" in line
    assert "$1.0k" in line
    assert run_warm(folder, "markets", "show", market_id, "--json").json["question"] == "Will it rain?"


def test_an_empty_catalogue_says_what_brings_markets(tmp_path):
    done = run_warm(tmp_path, "markets", "list")
    assert done.code == 0
    assert "edgeworth ingest" in done.err


# --- show -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [f"polymarket:0x{3:064x}", f"0x{3:064x}", "market-3"])
def test_a_market_is_found_by_each_of_its_names(folder, name):
    shown = run_warm(folder, "markets", "show", name, "--json").json
    assert (shown["question"], shown["status"]) == ("Will a rate be cut?", "resolved")
    assert shown["revisions"] == []
    told = run_warm(folder, "markets", "show", name)
    assert told.code == 0
    for text in ("Will a rate be cut?", f"polymarket:0x{3:064x}", "decided: Yes", "Yes if so.\nOtherwise no."):
        assert text in told.out


@pytest.mark.parametrize("name", ["nope", "", "../../etc/passwd", "x\x1b[31m"])
def test_a_market_that_is_not_known_is_said(folder, name):
    done = run_warm(folder, "markets", "show", name)
    done.says(2, "Error:", "market id, venue key or slug", "markets list --search")
    assert not obeyed(done.err)


# --- text of others -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [["list"], ["list", "--json"], ["show", "market-4"], ["show", "market-4", "--json"]],
)
def test_a_terminal_obeys_nothing_that_stands_in_a_market(folder, command):
    done = run_warm(folder, "markets", *command)
    assert done.code == 0
    assert not obeyed(done.out + done.err)
    assert "[bold]x[/] :apple:" in " ".join(done.out.split())


def test_what_is_spelt_out_for_the_terminal_is_whole_in_the_json(folder):
    shown = run_warm(folder, "markets", "show", "market-4", "--json").json
    assert (shown["question"], shown["outcomes"][0]["label"]) == (ESCAPES, "Yes\x1b[2J")
    assert shown["rules"] == f"Rules {ESCAPES}"
    assert (
        r"Will \x1b[31mred\x1b]0;owned\x07 win?\r\x9b2J \u202egnp"
        in run_warm(folder, "markets", "show", "market-4").out
    )


def test_a_terminal_obeys_nothing_that_stands_in_the_name_of_a_file(tmp_path):
    name = "na\x1b[31mme.json"
    (tmp_path / name).write_text(json.dumps(MARKETS[:1]))
    for source in (name, f"missing-{name}"):
        done = run_warm(tmp_path, "ingest", "--no-prefect", "--source", f"file:{source}")
        assert r"na\x1b[31mme.json" in done.out + done.err
        assert not obeyed(done.out + done.err)


# --- doctor ---------------------------------------------------------------------------------------------------------------


def test_the_doctor_says_which_keys_are_set_and_shows_none(tmp_path, unused_port):
    nowhere = f"http://127.0.0.1:{unused_port}/api"
    done = run_warm(tmp_path, "doctor", "--offline", "--json", EXA_API_KEY="", PREFECT_API_URL=nowhere)
    findings = {finding["name"]: finding for finding in done.json["findings"]}
    assert {name: findings[name]["state"] for name in KEYS} == {
        name: "missing" if name == "EXA_API_KEY" else "ok" for name in KEYS
    }
    assert (
        findings["database"]["state"] == findings["data folder"]["state"] == findings["results folder"]["state"] == "ok"
    )
    assert findings["venues"]["state"] == "skipped"
    assert all(finding["state"] in {"ok", "missing", "failed", "skipped"} for finding in done.json["findings"])
    assert all(finding["detail"] for finding in done.json["findings"])


def test_the_doctor_names_a_database_that_cannot_be_used_and_shows_no_password(tmp_path, unused_port):
    url = f"postgresql://me:{SECRET}@127.0.0.1:{unused_port}/edgeworth"
    done = run_warm(tmp_path, "doctor", "--offline", "--json", EDGEWORTH_DATABASE_URL=url)
    findings = {finding["name"]: finding for finding in done.json["findings"]}
    assert done.code == 1
    assert findings["database"]["state"] == "failed"
    assert "cannot be reached" in findings["database"]["detail"]


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


# --- venue ----------------------------------------------------------------------------------------------------------------


def test_the_venue_says_how_to_point_edgeworth_at_it_and_ends_well_on_ctrl_c(tmp_path, unused_port):
    process = start(tmp_path, "venue", "--port", str(unused_port), "--markets", "50", PYTHONUNBUFFERED="1")
    lines = [process.stdout.readline() for _ in range(6)]
    settings = dict(re.findall(r"export (EDGEWORTH_\w+_URL)=(\S+)", "".join(lines)))
    assert len(settings) == 5
    _wait_for(unused_port, process)
    with urllib.request.urlopen(f"{settings['EDGEWORTH_GAMMA_URL']}/tags?limit=1") as answer:
        assert answer.headers["x-edgeworth-synthetic"] == "seed=7"
    taken = run_warm(tmp_path, "venue", "--port", str(unused_port))
    taken.says(2, "--port", str(unused_port), "--port 8766")
    process.send_signal(signal.SIGINT)
    done = end(process)
    assert done.code == 0
    assert "Traceback" not in done.err


def _wait_for(port: int, process: Any) -> None:
    for _ in range(600):
        assert process.poll() is None
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.05)
    raise AssertionError("the venue did not answer")


# --- help -----------------------------------------------------------------------------------------------------------------

COMMANDS = ["ingest", "markets", "markets list", "markets show", "serve", "doctor", "setup", "venue"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_begins_with_the_command(tmp_path, command):
    done = helped(tmp_path, command)
    assert "Examples:" in done.out
    assert re.search(rf"^\s+edgeworth {command}\b", done.out, re.MULTILINE)
    # A word of two letters or more is the name of every option; one letter is only ever a second name.
    assert not re.search(r"│ -\w\s", done.out)


def test_help_lists_every_command_with_a_sentence(tmp_path):
    done = helped(tmp_path, "")
    for command in {name.split()[0] for name in COMMANDS}:
        assert re.search(rf"│ {command}\s+[A-Z].*\w", done.out)


def test_no_command_at_all_shows_the_help(tmp_path):
    done = run_warm(tmp_path)
    assert "ingest" in done.out + done.err


def helped(folder: Path, command: str) -> Ended:
    done = run_warm(folder, *command.split(), "--help", COLUMNS="120")
    assert (done.code, done.err) == (0, "")
    return done
