"""Refusals, items that are known, walks and runs in the catalogue, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import asdict, replace

from edgeworth.errors import DataError, StorageError
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.ports import PageWrite, PassProgress, RawPosition
from tests.builders import NOON, a_market, an_event
from tests.pages import PATH, Walk, a_refusal, contents, listed, of_markets

LATER = NOON + timedelta(hours=1)


def test_a_refusal_is_stored_once_with_its_reason_and_where_its_bytes_are(catalogue):
    walk = Walk(catalogue)
    walk.page(of_markets(a_market()))
    counts = walk.page(of_markets(refusals=[a_refusal("0xbad", code="no_outcomes", index=3)]))
    assert (counts.fetched, counts.parsed, counts.refused, counts.refusals) == (1, 0, 1, {"no_outcomes": 1})
    walk.page(of_markets(refusals=[a_refusal("0xbad", code="no_outcomes", index=5)]), fetched_at=LATER)
    (stored,) = catalogue.list_refusals()
    assert asdict(stored) == {
        "venue": Venue.POLYMARKET,
        "kind": "market",
        "native_id": "0xbad",
        "code": "no_outcomes",
        "reason": "no_outcomes: made so",
        "raw_path": PATH,
        "raw_offset": 2,
        "item_index": 5,
        "run_id": "run",
        "first_seen_at": NOON,
        "last_seen_at": LATER,
        "times_seen": 2,
    }
    assert catalogue.refusal_examples(["no_outcomes", "never"]) == {"no_outcomes": "no_outcomes: made so"}


def test_rows_without_a_key_refused_in_one_item_stay_apart_and_are_known_again(catalogue):
    walk = Walk(catalogue)
    broken = of_markets(refusals=[a_refusal(), a_refusal()], native_id=None)
    walk.page(broken)
    walk.page(broken)
    assert [one.times_seen for one in catalogue.list_refusals()] == [2, 2]


def test_refusals_are_found_by_venue_code_and_run(catalogue):
    Walk(catalogue).page(of_markets(refusals=[a_refusal("a", code="x"), a_refusal("b", code="y")]))
    assert [one.native_id for one in catalogue.list_refusals(code="x")] == ["a"]
    assert len(catalogue.list_refusals(venue=Venue.POLYMARKET, run_id="run")) == 2
    assert catalogue.list_refusals(venue=Venue.KALSHI) == catalogue.list_refusals(run_id="other") == []


def test_an_item_that_is_known_is_counted_without_being_parsed(catalogue):
    walk = Walk(catalogue)
    item = of_markets(a_market(), a_market("0x2"), refusals=[a_refusal(code="combo")], events=[an_event()])
    first = walk.page(item)
    known = catalogue.known_items(Venue.POLYMARKET, [item[0]])
    again = walk.page(unchanged=list(known.values()))
    assert known["event", "1"].digest == item[0].digest
    assert (again.fetched, again.parsed, again.refused, again.unchanged) == (3, 2, 1, 2)
    assert (again.refusals, again.events) == (first.refusals, first.events) == ({"combo": 1}, 1)


def test_an_item_is_known_by_venue_kind_and_id(catalogue):
    item = of_markets(a_market())
    Walk(catalogue).page(item)
    assert catalogue.known_items(Venue.KALSHI, [item[0]]) == {}
    assert catalogue.known_items(Venue.POLYMARKET, [replace(item[0], kind="market")]) == {}
    assert catalogue.known_items(Venue.POLYMARKET, [replace(item[0], native_id=None)]) == {}
    catalogue.forget_items(Venue.POLYMARKET)
    assert catalogue.known_items(Venue.POLYMARKET, [item[0]]) == {}


def test_an_item_with_an_older_record_is_parsed_again_next_time(catalogue):
    walk = Walk(catalogue)
    walk.page(of_markets(a_market(question="new", as_of=LATER), native_id="new"))
    old = of_markets(a_market(question="old"), native_id="old")
    walk.page(old)
    assert catalogue.known_items(Venue.POLYMARKET, [old[0]]) == {}


def test_counts_of_pages_add_up_to_those_of_the_walk(catalogue):
    walk = Walk(catalogue)
    pages = [
        walk.page(of_markets(a_market(), refusals=[a_refusal("r1")])),
        walk.page(of_markets(a_market("0x2"), refusals=[a_refusal("r2"), a_refusal("r3", code="other")]), last=True),
    ]
    total = catalogue.finish_pass("walk", LATER)
    pages[0].add(pages[1])
    assert total == pages[0]
    assert (total.pages, total.fetched, total.refusals) == (2, 5, {"bad": 2, "other": 1})


def test_a_finished_walk_is_known_by_its_run_and_the_time_it_ended(catalogue):
    walk = Walk(catalogue)
    walk.page(of_markets(a_market()), last=True)
    second = timedelta(seconds=1)
    assert catalogue.finished_pass("listing", "run", NOON, LATER + second) is None
    total = catalogue.finish_pass("walk", LATER)
    assert catalogue.finished_pass("listing", "run", LATER, LATER + second) == total
    assert catalogue.finished_pass("listing", "run", NOON, LATER) is None
    assert catalogue.finished_pass("listing", "run", LATER + second, LATER + 2 * second) is None
    assert catalogue.finished_pass("listing", "another", NOON, LATER + second) is None
    assert catalogue.finished_pass("other", "run", NOON, LATER + second) is None


def test_a_page_whose_rows_do_not_add_up_is_not_applied(catalogue, engine):
    with pytest.raises(DataError, match="2 rows of which 1 parsed and 0 refused"):
        Walk(catalogue).page(listed(ParsedItem(rows=2, markets=[a_market()])))
    assert contents(engine, "market") == {"market": []}


def test_events_listed_without_markets_are_rows(catalogue):
    item = listed(ParsedItem(rows=1, event_rows=1, events=[an_event()]))
    walk = Walk(catalogue)
    counts = [walk.page(item), walk.page(item)]
    assert [(one.created, one.unchanged, one.events) for one in counts] == [(1, 0, 1), (0, 1, 1)]


def test_a_walk_is_taken_up_where_its_last_page_left_it(catalogue):
    walk = Walk(catalogue)
    walk.page(of_markets(a_market()))
    assert catalogue.unfinished_passes("listing", NOON) == [walk.state]
    assert catalogue.unfinished_passes("listing", NOON + timedelta(microseconds=1)) == []
    assert catalogue.unfinished_passes("other", NOON) == []
    catalogue.finish_pass("walk", LATER)
    assert catalogue.unfinished_passes("listing", NOON) == []


def test_unfinished_walks_are_given_newest_first(catalogue):
    for hour in (1, 3, 2):
        Walk(catalogue, f"walk{hour}", started_at=NOON + timedelta(hours=hour))
    assert [one.pass_id for one in catalogue.unfinished_passes("listing", NOON)] == ["walk3", "walk2", "walk1"]


def test_a_page_of_a_walk_that_someone_else_has_taken_on_is_refused(catalogue, engine):
    walk = Walk(catalogue)
    stale = walk.state
    walk.page(of_markets(a_market()))
    walk.state = stale
    with pytest.raises(StorageError, match="taken up by another process"):
        walk.page(of_markets(a_market("0x2")))
    assert len(contents(engine, "market")["market"]) == 1


def test_a_walk_that_nobody_started_cannot_be_finished_or_fed(catalogue):
    with pytest.raises(StorageError, match="found nothing"):
        catalogue.finish_pass("nobody", NOON)
    write = PageWrite(
        venue=Venue.KALSHI,
        fetched_at=NOON,
        parsed=[],
        unchanged=[],
        position=RawPosition(path=PATH, offset=0, end=1),
        next_cursor=None,
    )
    with pytest.raises(StorageError):
        catalogue.apply_page(PassProgress(pass_id="nobody", key="k", started_at=NOON), "run", write)


def test_only_a_walk_to_the_end_makes_a_venue_fresh(catalogue):
    assert catalogue.latest_finished_pass(Venue.POLYMARKET) is None
    limited, complete = Walk(catalogue, "limited"), Walk(catalogue, "complete")
    limited.page(of_markets(a_market()))
    catalogue.finish_pass("limited", LATER)
    assert catalogue.latest_finished_pass(Venue.POLYMARKET) is None
    complete.page(of_markets(a_market()), last=True)
    assert catalogue.latest_finished_pass(Venue.POLYMARKET) is None
    catalogue.finish_pass("complete", LATER)
    assert catalogue.latest_finished_pass(Venue.POLYMARKET) == LATER
    assert catalogue.latest_finished_pass(Venue.POLYMARKET, key="listing") == LATER
    assert catalogue.latest_finished_pass(Venue.POLYMARKET, key="other") is None
    assert catalogue.latest_finished_pass(Venue.KALSHI) is None


def test_a_run_is_noted_from_its_start_to_its_end(catalogue):
    catalogue.start_run("r1", kind="ingest", parameters={"limit": 5}, started_at=NOON, code_version="abc")
    (running,) = catalogue.list_runs()
    assert (running.status, running.finished_at, running.counts) == ("running", None, None)
    catalogue.finish_run("r1", finished_at=LATER, status="complete", counts={"fetched": 5})
    catalogue.start_run("r2", kind="other", parameters={}, started_at=LATER, code_version="abc")
    assert [one.run_id for one in catalogue.list_runs()] == ["r2", "r1"]
    (finished,) = catalogue.list_runs(kind="ingest")
    assert (finished.status, finished.finished_at, finished.counts) == ("complete", LATER, {"fetched": 5})
    assert finished.parameters == {"limit": 5}


def test_a_run_that_starts_again_under_its_id_is_one_run(catalogue):
    for hour in range(2):
        started_at = NOON + timedelta(hours=hour)
        catalogue.start_run("r1", kind="ingest", parameters={}, started_at=started_at, code_version="abc")
    assert [one.started_at for one in catalogue.list_runs()] == [NOON]
    with pytest.raises(StorageError, match="found nothing"):
        catalogue.finish_run("r2", finished_at=LATER, status="complete", counts={})
