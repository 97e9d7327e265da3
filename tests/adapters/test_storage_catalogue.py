"""The catalogue on both databases: what a page does to it, and what it answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from msgspec.structs import asdict, replace

from edgeworth.adapters.storage.database import MarketOrder, SqlCatalogue
from edgeworth.errors import ConfigurationError, DataError, StorageError
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.listing import ParsedItem, Series
from edgeworth.markets.market import Market, MarketStatus, Outcome, RecordDetail
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.universe import UniverseMode, UniverseRule, select_universe
from edgeworth.markets.venue import Venue
from edgeworth.ports import PageWrite, PassProgress, RawPosition, TradedMarket
from edgeworth.units import PriceMicros
from tests.builders import NOON, a_market, an_event
from tests.pages import PATH, Walk, a_refusal, contents, listed, of_markets

LATER = NOON + timedelta(hours=1)
TOKEN = "9" * 78


def full_market(**changes) -> Market:
    """A market in which no field is empty."""
    odd = datetime(2026, 2, 3, 4, 5, 6, 789_012, tzinfo=timezone(timedelta(hours=-5)))
    return a_market(
        **{
            "question": "Überrascht 'es' \"uns\"; DROP TABLE market;-- \u20ac \U0001f600 \\u0000?",
            "rules": "a\nb\tc\\d",
            "outcomes": (
                Outcome(label="Ja", token_id=TOKEN, price=PriceMicros(123_456)),
                Outcome(label="Nein", token_id=None, price=None),
            ),
            "event_native_id": "77",
            "listing_id": "1234",
            "slug": "ueberrascht",
            "category": "world",
            "tags": ("a", 'b"c', "\\"),
            "created_at": odd,
            "updated_at": datetime(1, 1, 1, tzinfo=UTC),
            "opens_at": datetime(2026, 1, 1, tzinfo=UTC),
            "closes_at": datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            "closed_at": NOON,
            "volume_usd": 0.1 + 0.2,
            "volume_24h_usd": 1e-9,
            "liquidity_usd": 12_345_678_901.25,
            "volume_shares": 1.0,
            "volume_24h_shares": 2.0,
            "open_interest_shares": 3.5,
            "best_bid": PriceMicros(0),
            "best_ask": PriceMicros(1_000_000),
            "last_price": PriceMicros(1),
            "price_change_24h": -250_000,
            "tick_size": PriceMicros(100),
            "min_order_size": 5_000_000_000_000,
            "is_neg_risk": True,
            "is_accepting_orders": False,
            "fee_terms": FeeTerms(kind=FeeKind.CURVE, rate_ppm=50_000, exponent_ppm=1_000_000, is_taker_only=True),
            "status": MarketStatus.RESOLVED,
            "resolution": Resolution(
                shape=ResolutionShape.SCALAR, payouts=(PriceMicros(580_000), PriceMicros(420_000)), resolved_at=NOON
            ),
            "resolution_source": "https://example.org",
            "url": "https://polymarket.com/event/x",
        }
        | changes
    )


def test_a_market_comes_back_as_it_was_given(catalogue):
    Walk(catalogue).page(of_markets(full_market()))
    assert catalogue.get_market("polymarket:0x1") == full_market()


def test_a_market_of_which_the_venue_said_little_comes_back_with_the_same_gaps(catalogue):
    Walk(catalogue).page(of_markets(a_market(outcomes=(), closes_at=None)))
    assert catalogue.get_market("polymarket:0x1") == a_market(outcomes=(), closes_at=None)


def test_instants_come_back_aware(catalogue):
    Walk(catalogue).page(of_markets(a_market()))
    found = catalogue.get_market("polymarket:0x1")
    assert found.as_of.tzinfo is not None
    assert found.as_of.utcoffset() == timedelta(0)


def test_an_event_and_a_series_come_back_as_they_were_given(catalogue):
    event = an_event(
        description="d",
        tags=("x",),
        is_mutually_exclusive=True,
        volume_usd=1.5,
        market_count=3,
        closes_at=LATER,
        slug="s",
    )
    series = Series(
        venue=Venue.POLYMARKET, native_id="KX", title="t", as_of=NOON, tags=("q",), fee_multiplier_ppm=500_000
    )
    Walk(catalogue).page(listed(ParsedItem(rows=2, event_rows=1, events=[event], series=[series])))
    assert catalogue.get_event("polymarket:77") == event
    assert catalogue.get_event("s") == event
    assert catalogue.list_series(Venue.POLYMARKET) == [series]


def test_a_nul_character_which_postgresql_cannot_hold_is_replaced_on_both(catalogue):
    walk = Walk(catalogue)
    hostile = a_market(question="a\x00b", tags=("t\x00",), outcomes=(Outcome(label="\x00"),), slug="\x00")
    refused = a_refusal("i\x00d", code="bad")
    assert walk.page(of_markets(hostile, refusals=[refused], native_id="n\x00")).created == 1
    found = catalogue.get_market("polymarket:0x1")
    assert (found.question, found.tags, found.outcomes[0].label) == ("a\ufffdb", ("t\ufffd",), "\ufffd")
    assert walk.page(of_markets(hostile, native_id="n\x00")).unchanged == 1
    changed = replace(hostile, question="other", as_of=LATER)
    walk.page(of_markets(changed))
    assert catalogue.revisions("polymarket:0x1")[0].changed == ("question",)


def test_rows_of_an_invented_venue_are_marked(catalogue, engine):
    market = a_market(venue=Venue.SYNTHETIC_POLYMARKET)
    event = an_event(venue=Venue.SYNTHETIC_POLYMARKET)
    walk = Walk(catalogue)
    walk.page(of_markets(market, events=[event], refusals=[a_refusal()]), venue=Venue.SYNTHETIC_POLYMARKET)
    walk.page(of_markets(a_market()))
    rows = contents(engine, "market", "venue_event", "refusal")
    assert [row[1:3] for row in rows["market"]] == [("polymarket", False), ("synthetic-polymarket", True)]
    assert rows["venue_event"][0][1:3] == ("synthetic-polymarket", True)
    assert rows["refusal"][0][1:3] == ("synthetic-polymarket", True)


def test_an_unchanged_market_costs_no_write_and_keeps_the_instant_it_was_first_seen(catalogue, engine):
    walk = Walk(catalogue)
    assert walk.page(of_markets(a_market())).created == 1
    before = contents(engine, "market", "outcome")
    counts = walk.page(of_markets(a_market(as_of=LATER)))
    assert (counts.unchanged, counts.changed) == (1, 0)
    assert contents(engine, "market", "outcome") == before


def test_a_changed_market_replaces_the_stored_one_and_keeps_when_it_was_first_seen(catalogue, engine):
    walk = Walk(catalogue)
    walk.page(of_markets(a_market()))
    changed = a_market(as_of=LATER, volume_usd=5.0)
    assert walk.page(of_markets(changed)).changed == 1
    assert catalogue.get_market("polymarket:0x1") == changed
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT revision_count FROM market")).scalar() == 0
        seen = connection.execute(sa.text("SELECT first_seen_at FROM market")).scalar()
    assert str(seen).startswith("2026-11-01 12:00:00")


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ({"as_of": LATER}, {"as_of": NOON}),
        ({"detail": RecordDetail.LISTING}, {"detail": RecordDetail.FLAT, "as_of": LATER}),
        ({"detail": RecordDetail.EXCHANGE, "as_of": NOON}, {"detail": RecordDetail.FLAT, "as_of": LATER}),
    ],
    ids=["older", "thinner", "a little thinner"],
)
def test_an_older_or_thinner_record_changes_nothing(catalogue, stored, given):
    walk = Walk(catalogue)
    walk.page(of_markets(a_market(question="stored", **stored)))
    counts = walk.page(of_markets(a_market(question="given", **given)))
    assert (counts.superseded, counts.changed, counts.revisions) == (1, 0, 0)
    assert catalogue.get_market("polymarket:0x1").question == "stored"


def test_a_fuller_record_replaces_a_thinner_one_whatever_their_instants(catalogue):
    walk = Walk(catalogue)
    walk.page(of_markets(a_market(detail=RecordDetail.FLAT, as_of=LATER, rules="")))
    counts = walk.page(of_markets(a_market(as_of=NOON)))
    assert (counts.changed, counts.superseded) == (1, 0)
    # A table that leaves the rules out has not changed the bet.
    assert counts.revisions == 0


def test_the_stub_of_an_event_never_replaces_the_event_but_the_event_its_stub(catalogue):
    walk = Walk(catalogue)
    stub, full = an_event(is_stub=True, as_of=LATER, title="stub"), an_event(description="all of it")
    walk.page(of_markets(a_market(), events=[stub]))
    assert walk.page(of_markets(a_market(), events=[full])).events_changed == 1
    assert walk.page(of_markets(a_market(), events=[stub])).events_changed == 0
    assert catalogue.get_event("polymarket:77") == full


def test_an_event_listed_without_its_markets_keeps_what_its_markets_said(catalogue):
    walk = Walk(catalogue)
    whole = an_event(market_count=3, closes_at=LATER, is_closed=False)
    bare = an_event(market_count=None, closes_at=None, is_closed=True, as_of=NOON + timedelta(hours=1))
    open_ended = an_event(market_count=2, closes_at=None, is_closed=True, as_of=NOON + timedelta(hours=2))
    walk.page(of_markets(a_market(), events=[whole]))
    walk.page(of_markets(a_market(), events=[bare]))
    assert catalogue.get_event("polymarket:77") == replace(bare, market_count=3, closes_at=LATER)
    walk.page(of_markets(a_market(), events=[open_ended]))
    assert catalogue.get_event("polymarket:77") == open_ended


def test_a_revision_is_noted_only_where_terms_changed(catalogue):
    walk = Walk(catalogue)
    first = a_market()
    second = a_market(rules="Now 0.2 mm.", closes_at=None, as_of=NOON + timedelta(hours=1))
    third = a_market(rules="Now 0.2 mm.", closes_at=None, as_of=NOON + timedelta(hours=2), volume_usd=9.0)
    fourth = a_market(
        rules="Now 0.2 mm.",
        closes_at=None,
        as_of=NOON + timedelta(hours=3),
        outcomes=(Outcome(label="No"), Outcome(label="Yes")),
    )
    counts = [walk.page(of_markets(market)) for market in (first, second, third, fourth)]
    assert [one.revisions for one in counts] == [0, 1, 0, 1]
    revisions = catalogue.revisions("polymarket:0x1")
    assert [(one.revision, one.changed, one.seen_at) for one in revisions] == [
        (1, ("rules", "closes_at"), second.as_of),
        (2, ("outcomes",), fourth.as_of),
    ]
    assert revisions[0].before.rules == first.rules
    assert revisions[0].before.closes_at == first.closes_at
    assert revisions[0].before.question == first.question
    assert revisions[0].after == revisions[1].before
    assert revisions[1].after.outcomes == ("No", "Yes")


def test_a_market_that_loses_an_outcome_keeps_none_of_the_old_ones(catalogue):
    walk = Walk(catalogue)
    walk.page(of_markets(a_market(outcomes=tuple(Outcome(label=label) for label in "abc"))))
    fewer = a_market(outcomes=(Outcome(label="a"),), as_of=LATER)
    walk.page(of_markets(fewer))
    assert catalogue.get_market("polymarket:0x1") == fewer


def test_copies_of_a_market_on_one_page_are_judged_one_after_the_other(catalogue):
    walk = Walk(catalogue)
    counts = walk.page(
        of_markets(
            a_market(),
            a_market(),
            a_market(question="two", as_of=LATER),
            a_market(question="old"),
            a_market("0x2"),
        )
    )
    assert (counts.created, counts.unchanged, counts.changed, counts.superseded) == (2, 1, 1, 1)
    assert counts.revisions == 1
    assert catalogue.get_market("polymarket:0x1").question == "two"
    assert [one.before.question for one in catalogue.revisions("polymarket:0x1")] == [a_market().question]


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


@pytest.fixture
def shelf(catalogue) -> SqlCatalogue:
    """Four markets: two venues, two states, one invented."""
    day = timedelta(days=1)
    kalshi = {"venue": Venue.KALSHI, "category": "world"}
    markets = [
        a_market("0xa", question="Rain in Oslo?", volume_usd=10.0, volume_24h_usd=1.0, slug="rain", category="world"),
        a_market("0xb", question="Snow in 100% of Oslo?", volume_usd=30.0, closes_at=NOON + day, event_native_id="77"),
        a_market("K-1", question="RAIN in Bergen?", volume_shares=20.0, volume_24h_shares=5.0, **kalshi),
        a_market(
            "K-2",
            question="Will it rain in Bergen?",
            status=MarketStatus.CLOSED,
            as_of=LATER,
            closes_at=None,
            slug="rain",
            **kalshi,
        ),
    ]
    Walk(catalogue).page(of_markets(*markets, events=[an_event(series_native_id="S")]))
    return catalogue


def ids(markets) -> list[str]:
    return [market.market_id for market in markets]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["polymarket:0xb", "kalshi:K-1", "polymarket:0xa", "kalshi:K-2"]),
        ({"order": "volume_24h"}, ["kalshi:K-1", "polymarket:0xa", "kalshi:K-2", "polymarket:0xb"]),
        ({"order": "closes"}, ["polymarket:0xb", "kalshi:K-1", "polymarket:0xa", "kalshi:K-2"]),
        ({"order": "seen", "limit": 1}, ["kalshi:K-2"]),
        ({"limit": 2, "offset": 1}, ["kalshi:K-1", "polymarket:0xa"]),
        ({"venue": Venue.KALSHI}, ["kalshi:K-1", "kalshi:K-2"]),
        ({"status": MarketStatus.CLOSED}, ["kalshi:K-2"]),
        ({"category": "world", "status": MarketStatus.OPEN}, ["kalshi:K-1", "polymarket:0xa"]),
        ({"search": "oslo rain"}, ["polymarket:0xa"]),
        ({"search": "rain"}, ["kalshi:K-1", "polymarket:0xa", "kalshi:K-2"]),
        ({"search": "100%"}, ["polymarket:0xb"]),
        ({"search": "1_0"}, []),
        ({"search": "' OR 1=1 --"}, []),
        ({"event_id": "polymarket:77"}, ["polymarket:0xb"]),
        ({"venue": Venue.SYNTHETIC_KALSHI}, []),
    ],
)
def test_markets_are_found_by_filters_and_sorted(shelf, filters, expected):
    assert ids(shelf.find_markets(**filters)) == expected


def test_in_a_list_of_two_venues_a_contract_counts_as_half_a_dollar(catalogue):
    """As in the choice of a universe: 30 contracts are $15, less than $20 and more than $10."""
    kalshi = a_market("K", venue=Venue.KALSHI, volume_shares=30.0, volume_24h_shares=30.0)
    dollars = [a_market(f"0x{usd:.0f}", volume_usd=usd, volume_24h_usd=usd) for usd in (10.0, 20.0)]
    Walk(catalogue).page(of_markets(kalshi, *dollars))
    for order in (MarketOrder.VOLUME, MarketOrder.VOLUME_24H):
        assert ids(catalogue.find_markets(order=order)) == ["polymarket:0x20", "kalshi:K", "polymarket:0x10"]


def test_found_markets_are_counted(shelf):
    assert shelf.count_markets() == 4
    assert shelf.count_markets(search="rain", venue=Venue.KALSHI) == 2
    assert shelf.count_by("status") == {"open": 3, "closed": 1}
    assert shelf.count_by("category", venue=Venue.POLYMARKET) == {None: 1, "world": 1}


@pytest.mark.parametrize("ask", [lambda c: c.find_markets(order="rules"), lambda c: c.count_by("rules")])
def test_what_cannot_be_asked_is_said(shelf, ask):
    with pytest.raises(ConfigurationError, match="expected"):
        ask(shelf)


def test_every_order_is_known(shelf):
    assert all(len(shelf.find_markets(order=order)) == 4 for order in MarketOrder)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kalshi:K-1", "kalshi:K-1"),
        ("K-1", "kalshi:K-1"),
        ("0xa", "polymarket:0xa"),
        # Two markets have this slug: the one seen last.
        ("rain", "kalshi:K-2"),
    ],
)
def test_a_market_is_found_by_id_venue_key_or_slug(shelf, name, expected):
    assert shelf.get_market(name).market_id == expected


def test_what_is_not_there_is_none(shelf):
    assert shelf.get_market("nothing") is None
    assert shelf.get_event("nothing") is None
    assert shelf.revisions("nothing") == []


def test_all_markets_are_given_one_by_one_across_chunks(catalogue):
    markets = [a_market(f"0x{number:04}") for number in range(1_203)]
    Walk(catalogue).page(of_markets(*markets, events=[an_event(str(number)) for number in range(501)]))
    assert list(catalogue.iter_markets()) == markets
    assert len(list(catalogue.iter_events())) == 501
    assert list(catalogue.iter_markets(venue=Venue.KALSHI)) == []


def test_a_market_to_be_traded_carries_what_its_venue_must_be_told(shelf):
    assert shelf.traded_markets(["polymarket:0xb", "unknown", "kalshi:K-2"]) == [
        TradedMarket(
            venue=Venue.POLYMARKET,
            native_id="0xb",
            token_ids=(None, None),
            series_native_id="S",
            closes_at=NOON + timedelta(days=1),
        ),
        TradedMarket(venue=Venue.KALSHI, native_id="K-2", token_ids=(None, None)),
    ]


def test_the_busiest_open_markets_of_a_venue(shelf):
    assert [one.market_id for one in shelf.busiest_markets(Venue.KALSHI, 5)] == ["kalshi:K-1"]
    assert [one.market_id for one in shelf.busiest_markets(Venue.POLYMARKET, 1)] == ["polymarket:0xa"]


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


def test_the_description_names_the_database_and_no_password(catalogue):
    assert catalogue.description.startswith(("SQLite, ", "PostgreSQL, "))
    assert "search_path" not in catalogue.description


def test_open_markets_and_their_events_are_read_without_the_rest(catalogue):
    closed = a_market("0x2", status=MarketStatus.CLOSED, event_native_id="78")
    walk = Walk(catalogue)
    walk.page(of_markets(a_market("0x1", event_native_id="77"), closed, events=[an_event("77"), an_event("78")]))
    assert [one.native_id for one in catalogue.iter_markets(status=MarketStatus.OPEN)] == ["0x1"]
    assert catalogue.get_events({"polymarket:77", "polymarket:unknown"}) == {"polymarket:77": an_event("77")}
    assert catalogue.get_events(()) == {}


def test_markets_are_read_by_their_ids_and_by_their_events_in_any_state(catalogue):
    closed = a_market("0x2", status=MarketStatus.CLOSED, event_native_id="77")
    Walk(catalogue).page(of_markets(a_market("0x1", event_native_id="77"), closed, a_market("0x3")))
    assert [one.native_id for one in catalogue.markets_of_events({"polymarket:77"})] == ["0x1", "0x2"]
    assert catalogue.markets_of_events(()) == []
    assert catalogue.get_markets(["polymarket:0x2", "polymarket:none"]) == {"polymarket:0x2": closed}


# --- outlines to choose from --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [UniverseMode.TOP_VOLUME, UniverseMode.TRENDING, UniverseMode.BREAKING])
def test_from_outlines_the_same_is_chosen_as_from_whole_markets(shelf, mode):
    rule = UniverseRule(mode=mode, count=2, volume_floor_usd=0.0, is_open_only=False, min_time_to_close=None)
    whole = select_universe(shelf.iter_markets(), rule, NOON + timedelta(days=9))
    outlined = select_universe(shelf.iter_outlines(), rule, NOON + timedelta(days=9))
    assert ids(outlined.chosen) == ids(whole.chosen)
    assert outlined.excluded == whole.excluded


def test_an_outline_holds_what_a_choice_looks_at(shelf):
    whole = {market.market_id: market for market in shelf.iter_markets()}
    outlines = list(shelf.iter_outlines())
    assert [outline.market_id for outline in outlines] == list(whole)
    for outline in outlines:
        market = whole[outline.market_id]
        for name in ("status", "as_of", "slug", "category", "closes_at", "volume_usd", "volume_24h_shares", "question"):
            assert getattr(outline, name) == getattr(market, name)
        assert (outline.rules, outline.outcomes, outline.resolution) == ("", (), None)


def test_outlines_are_narrowed_by_status_and_name(shelf):
    whole = list(shelf.iter_markets())
    for status in MarketStatus:
        assert ids(shelf.iter_outlines(status=status)) == ids(one for one in whole if one.status is status)
    first, last = whole[0], whole[-1]
    assert ids(shelf.iter_outlines(names=[first.market_id, last.native_id, "nothing"])) == ids([first, last])
    assert ids(shelf.iter_outlines(names=[])) == []
