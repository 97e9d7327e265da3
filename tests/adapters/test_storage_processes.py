"""Killed with signal 9 anywhere, and two at once: the catalogue ends as if one process had run undisturbed."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from edgeworth.adapters.storage.database import SqlCatalogue, open_database
from edgeworth.adapters.storage.raw import ZstdRawStore
from tests.ingest_process import pages_of
from tests.pages import contents
from tests.warm import WarmProcess

REPOSITORY = Path(__file__).parents[2]
STORED = ("market", "outcome", "market_revision", "listing_item")


def start(url: str, folder: Path, name: str, *options: object) -> WarmProcess:
    return WarmProcess(
        "tests.ingest_process",
        [url, str(folder), name, *map(str, options)],
        cwd=REPOSITORY,
        environment=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )


def finish(child: WarmProcess) -> dict | None:
    """Counts of an ingest that came to its end; ``None`` when it was killed."""
    code, out, err = child.end()
    if code == -signal.SIGKILL:
        return None
    assert code == 0, err
    return json.loads(out)


def without(rows: list[tuple], *columns: int) -> list[tuple]:
    return [tuple(value for number, value in enumerate(row) if number not in columns) for row in rows]


# Steps of an undisturbed ingest: about a dozen to open and migrate nothing, then two dozen a page.
@pytest.mark.parametrize("first_kill", [3, 17])
def test_an_ingest_that_is_killed_again_and_again_fetches_no_stored_page_twice_and_doubles_no_row(
    database_url, engine, tmp_path, first_kill
):
    kills, counts, name = 0, None, 0
    while counts is None:
        # Each life is a little longer than the one before, so that every stretch of the work is died in.
        counts = finish(start(database_url, tmp_path, f"run{name}", "--kill-at", first_kill + 9 * kills))
        kills += counts is None
        name += 1
    assert kills >= 3

    raw = ZstdRawStore(tmp_path)
    stored = [dict(page.params)["cursor"] for path in raw.paths() for page, _ in raw.read_pages(path)]
    assert sorted(Counter(stored).values()) == [1, 1, 1, 1]
    rows = contents(engine, *STORED, "refusal")
    # Four pages of three items, two markets with two outcomes and one refused row each.
    assert [len(rows[name]) for name in (*STORED, "refusal")] == [24, 48, 0, 12, 12]
    # The last page repeats the first item, whose bytes are known by then.
    assert (counts["fetched"], counts["parsed"], counts["refused"]) == (39, 26, 13)
    assert (counts["created"], counts["unchanged"], counts["refusals"]) == (24, 2, {"bad": 13})
    assert counts["pages"] == 4


def test_a_killed_ingest_leaves_the_state_of_an_undisturbed_one(database_url, engine, tmp_path, tmp_path_factory):
    assert finish(start(database_url, tmp_path, "killed", "--kill-at", 40)) is None
    counts = finish(start(database_url, tmp_path, "again"))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    url = f"sqlite:///{elsewhere / 'x.db'}"
    undisturbed = finish(start(url, elsewhere, "undisturbed"))
    assert counts | {"resumed_pages": 0} == undisturbed
    other = open_database(url)
    ours, theirs = (
        contents(engine, "market", "outcome", "listing_item"),
        contents(other, "market", "outcome", "listing_item"),
    )
    other.dispose()
    assert ours["outcome"] == theirs["outcome"]
    assert ours["listing_item"] == theirs["listing_item"]
    # Pages are fetched at other instants, the rest is equal: as_of, first_seen_at.
    assert without(ours["market"], 37, 38) == without(theirs["market"], 37, 38)


def test_two_ingests_at_once_finish_with_the_state_of_the_newest_and_double_no_row(database_url, tmp_path):
    # Both open the new database at once, too.
    children = [
        start(database_url, tmp_path, f"run{version}", "--version", version, "--late", version * 3600, "--pages", 8)
        for version in (1, 2)
    ]
    both = [finish(child) for child in children]
    engine = open_database(database_url)
    rows = contents(engine, *STORED, "refusal", "listing_pass")
    markets = SqlCatalogue(engine).find_markets(limit=1000)
    engine.dispose()
    assert [market.question for market in markets] == ["version 2"] * 48
    assert [len(rows[name]) for name in ("market", "outcome", "listing_item", "listing_pass")] == [48, 96, 24, 2]
    for counts in both:
        assert counts["fetched"] == counts["parsed"] + counts["refused"] == 75
        judged = (counts[name] for name in ("created", "changed", "unchanged", "superseded"))
        assert counts["parsed"] == sum(judged)
    assert sum(counts["created"] for counts in both) == 48
    # A market seen by both in their order was revised once, and never back.
    assert len(rows["market_revision"]) == sum(counts["revisions"] for counts in both)
    assert {row[1] for row in rows["market_revision"]} <= {1}
    assert len(rows["refusal"]) in {24, 48}


def test_the_pages_of_the_child_are_what_the_figures_above_assume():
    pages = pages_of(4, 1)
    assert [len(page) for page in pages] == [3, 3, 3, 4]
    assert pages[3][3] == pages[0][0]
