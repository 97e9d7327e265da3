"""What a run shows on its page: the counts, in words and in a table, with text from outside made harmless."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from edgeworth.markets.freshness import check_freshness
from edgeworth.markets.venue import Venue
from edgeworth.ports import IngestCounts
from edgeworth.reports.ingest import IngestReport, SourceReport
from tasks import artifacts
from tasks.artifacts import count_rows, escaped, freshness_markdown, ingest_markdown, one_line

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def report(*sources: SourceReport, reasons: dict[str, str] | None = None, folder: str | None = None) -> IngestReport:
    return IngestReport(
        run_id="r1", started_at=NOON, finished_at=NOON, sources=list(sources), reasons=reasons or {}, folder=folder
    )


def kalshi(**changes: object) -> SourceReport:
    counts = IngestCounts(
        fetched=10, parsed=7, refused=3, created=4, changed=2, unchanged=1, refusals={"no_title": 2, "bad_tick": 1}
    )
    return SourceReport(**{"source": "kalshi", "venue": "kalshi", "counts": counts, "seconds": 1.5, **changes})


POLYMARKET = SourceReport(
    source="polymarket", venue="polymarket", counts=IngestCounts(fetched=5, parsed=5, unchanged=5, refusals={})
)


def test_the_table_has_a_row_a_source_and_one_for_all():
    rows = count_rows([kalshi(), POLYMARKET])
    picked = [(row["source"], row["fetched"], row["parsed"], row["refused"], row["unchanged"]) for row in rows]
    assert picked == [("kalshi", 10, 7, 3, 1), ("polymarket", 5, 5, 0, 5), ("all", 15, 12, 3, 6)]


def test_one_source_needs_no_total():
    assert [row["source"] for row in count_rows([POLYMARKET])] == ["polymarket"]


def test_many_sources_are_cut_and_the_total_says_so_and_still_counts_them():
    rows = count_rows([POLYMARKET] * 60)
    assert len(rows) == 51
    assert (rows[-1]["source"], rows[-1]["fetched"]) == ("all (10 not shown)", 300)


def test_the_text_gives_the_balance_of_rows_first():
    first = ingest_markdown(report(kalshi(), POLYMARKET)).splitlines()[0]
    assert first.startswith("**15** rows fetched = **12** parsed + **3** refused; 4 new, 2 changed, 6 unchanged")


def test_refusals_come_with_a_reason_the_most_frequent_first():
    text = ingest_markdown(report(kalshi(), reasons={"no_title": "expected a title, found none"}))
    rows = [line for line in text.splitlines() if line.startswith(("| no", "| bad"))]
    assert rows == [r"| no\_title | 2 | expected a title, found none |", r"| bad\_tick | 1 |  |"]


def test_a_source_that_stopped_says_why():
    assert "| kalshi | 1.5 | **stopped**: 503 for an hour |" in ingest_markdown(report(kalshi(error="503 for an hour")))


HOSTILE = "x|y](javascript:alert(1))<script>\n# `big`\u202e ![](http://evil.example/a.png) **b**"


@pytest.mark.parametrize("place", ["source", "error", "reason"])
def test_text_from_outside_stays_text_in_one_cell(place):
    source = (
        kalshi(source=f"file:{HOSTILE}") if place == "source" else kalshi(error=HOSTILE if place == "error" else None)
    )
    text = ingest_markdown(report(source, reasons={"no_title": HOSTILE} if place == "reason" else {}))
    (line,) = [line for line in text.splitlines() if "script" in line]
    assert "<" not in line
    assert "\u202e" not in line
    assert len(re.findall(r"(?<!\\)\|", line)) == 4, "three cells"
    assert not re.search(r"(?<!\\)[\[\]()`!#]", line)


def test_an_address_in_a_message_does_not_become_a_link():
    assert escaped("see https://evil.example") == r"see https\:\/\/evil\.example"


def test_long_text_is_cut():
    assert one_line("a" * 1000) == "a" * 199 + "…"


@pytest.mark.parametrize("key", [artifacts.COUNTS_KEY, artifacts.REPORT_KEY, artifacts.FRESHNESS_KEY])
def test_keys_are_what_prefect_takes(key):
    assert re.fullmatch(r"[a-z0-9-]+", key)


def test_freshness_shows_each_venue_with_its_age():
    verdicts = check_freshness(
        {Venue.KALSHI: NOON - timedelta(minutes=90), Venue.POLYMARKET: NOON - timedelta(minutes=6)}, now=NOON
    )
    text = freshness_markdown(verdicts, target_minutes=60)
    assert "| kalshi | **stale** | 2026-11-21 10:30:00 UTC | 90.0 | 30.0 |" in text
    assert "| polymarket | fresh | 2026-11-21 11:54:00 UTC | 6.0 |  |" in text


def test_freshness_of_a_venue_never_read_says_never_and_no_number():
    text = freshness_markdown(check_freshness({Venue.KALSHI: None}, now=NOON), target_minutes=60)
    assert "| kalshi | **stale** | never |  |  |" in text
