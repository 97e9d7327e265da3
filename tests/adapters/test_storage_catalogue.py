"""What a page does to the records of the catalogue, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.listing import ParsedItem, Series
from edgeworth.markets.market import Market, MarketStatus, Outcome, RecordDetail
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros
from tests.builders import NOON, a_market, an_event
from tests.pages import Walk, a_refusal, contents, listed, of_markets

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


def test_the_description_names_the_database_and_no_password(catalogue):
    assert catalogue.description.startswith(("SQLite, ", "PostgreSQL, "))
    assert "search_path" not in catalogue.description
