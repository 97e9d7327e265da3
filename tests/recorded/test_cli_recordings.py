"""``edgeworth ingest --source file:…`` over the real recordings: the counts of their README, and revisions counted apart.

What is expected is computed here from the raw JSON with the standard library, or stands in the recordings' own README.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.edgeworth_command import catalogue, ingested, leaked

ROOT = Path(os.environ.get("EDGEWORTH_RECORDINGS", "/nonexistent"))

pytestmark = [
    pytest.mark.skipif(
        "EDGEWORTH_RECORDINGS" not in os.environ,
        reason="EDGEWORTH_RECORDINGS does not point to the folder of recorded answers",
    ),
]


def taken(folder: Path, *names: str, options: tuple[str, ...] = ()) -> dict[str, Any]:
    sources = itertools.chain.from_iterable(("--source", f"file:{ROOT / name}") for name in names)
    return ingested(folder, *sources, *options)


def query(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(folder / "data" / "edgeworth.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_500_open_markets_of_which_438_are_neg_risk(tmp_path):
    report = taken(tmp_path, "gamma/gamma_markets_active_20260207.json.gz")
    assert (report["fetched"], report["created"], report["refused"]) == (500, 500, 0)
    assert query(tmp_path, "select count(*), sum(is_neg_risk) from market") == [(500, 438)]
    assert leaked(tmp_path / "results", str(ROOT)) == []


def test_50_events_of_the_nba_with_738_markets_of_which_218_are_closed(tmp_path):
    report = taken(tmp_path, "gamma/gamma_events_nba_20260109.json.gz")
    assert (report["fetched"], report["created"], report["events_created"]) == (738, 738, 50)
    assert query(tmp_path, "select count(*) from venue_event") == [(50,)]
    states = Counter(market["status"] for market in catalogue(tmp_path))
    assert states["closed"] + states["resolved"] == 218


def test_292_five_minute_markets_that_ended_140_up_and_152_down(tmp_path):
    report = taken(tmp_path, "gamma/gamma_btc_updown_5m_resolved_20260724.jsonl.gz")
    assert (report["fetched"], report["created"], report["refused"]) == (292, 292, 0)
    winners = Counter(
        market["outcomes"][market["resolution"]["payouts"].index(1_000_000)]["label"] for market in catalogue(tmp_path)
    )
    assert winners == {"Up": 140, "Down": 152}


def test_200_combos_are_refused_as_such_and_taken_when_asked_for(tmp_path):
    report = taken(tmp_path, "kalshi/v2_markets_mve_20260213.json.gz")
    assert (report["fetched"], report["refusals"]) == (200, {"combo": 200})
    again = taken(tmp_path, "kalshi/v2_markets_mve_20260213.json.gz", options=("--include-combos",))
    assert (again["fetched"], again["created"], again["refused"]) == (200, 200, 0)


def test_events_behind_a_byte_order_mark(tmp_path):
    report = taken(tmp_path, "kalshi/v2_events_20260213.json.gz")
    assert (report["fetched"], report["refused"], report["events_created"]) == (100, 0, 100)


# --- three snapshots of the same markets ----------------------------------------------------------------------------------

SNAPSHOTS = [f"gamma/gamma_markets_active_{name}.json.gz" for name in ("20260207", "20260213_n100", "20260213_n200")]
"""In the order in which they were recorded."""


def raw(name: str) -> dict[str, dict[str, Any]]:
    document = json.loads(gzip.decompress((ROOT / name).read_bytes()))
    rows = document["markets"] if isinstance(document, dict) else document
    return {row["conditionId"]: row for row in rows}


def raw_terms(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["question"], row["description"], json.loads(row["outcomes"]), row.get("endDate")


def expected_revisions(names: list[str]) -> list[int]:
    """For each snapshot in the order of time, how many markets have other terms than when they were last seen."""
    known: dict[str, tuple[Any, ...]] = {}
    revised = []
    for name in names:
        seen = {key: raw_terms(row) for key, row in raw(name).items()}
        revised.append(sum(key in known and known[key] != terms for key, terms in seen.items()))
        known |= seen
    return revised


def state(folder: Path) -> list[dict[str, Any]]:
    return sorted(catalogue(folder), key=lambda market: market["market_id"])


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("in_order")
    return folder, [taken(folder, name) for name in SNAPSHOTS]


def test_in_the_order_of_time_there_is_a_revision_for_each_change_of_terms(in_order):
    folder, reports = in_order
    assert [report["revisions"] for report in reports] == expected_revisions(SNAPSHOTS)
    assert sum(report["revisions"] for report in reports) > 0
    assert [report["superseded"] for report in reports] == [0, 0, 0]
    known: set[str] = set()
    for report, name in zip(reports, SNAPSHOTS, strict=True):
        assert report["created"] == len(raw(name).keys() - known)
        known |= raw(name).keys()
    assert len(catalogue(folder)) == len(known)
    assert query(folder, "select count(*) from market_revision") == [(sum(expected_revisions(SNAPSHOTS)),)]


@pytest.mark.parametrize("order", [(2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_in_any_other_order_older_snapshots_are_superseded_and_the_end_is_the_same(tmp_path, in_order, order):
    reports = [taken(tmp_path, SNAPSHOTS[number]) for number in order]
    for position, number in enumerate(order):
        newer = {key for earlier in order[:position] if earlier > number for key in raw(SNAPSHOTS[earlier])}
        assert reports[position]["superseded"] == len(raw(SNAPSHOTS[number]).keys() & newer)
    assert state(tmp_path) == state(in_order[0])


def test_a_folder_is_one_source(tmp_path, in_order):
    """Its files are read in the order of their names, which is here that of time."""
    folder = tmp_path / "snapshots"
    folder.mkdir()
    for number, name in enumerate(SNAPSHOTS):
        (folder / f"{number}.json.gz").write_bytes((ROOT / name).read_bytes())
    report = ingested(tmp_path, "--source", f"file:{folder}")
    assert [one["source"] for one in report["sources"]] == [f"file:{number}.json.gz" for number in range(3)]
    assert [one["revisions"] for one in report["sources"]] == expected_revisions(SNAPSHOTS)
    assert state(tmp_path) == state(in_order[0])
