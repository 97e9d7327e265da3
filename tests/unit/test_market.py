"""Markets and events: keys, mids, and nothing filled in."""

from __future__ import annotations

import pytest
from msgspec.structs import asdict

from edgeworth.markets.market import RecordDetail
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros
from tests.builders import a_market, an_event


def test_keys_are_unique_over_all_venues():
    assert a_market("0xabc").market_id == "polymarket:0xabc"
    assert a_market("KXFED-26", venue=Venue.SYNTHETIC_KALSHI).market_id == "synthetic-kalshi:KXFED-26"
    assert an_event("77").event_id == "polymarket:77"
    assert a_market(event_native_id="77").event_id == "polymarket:77"
    assert a_market().event_id is None


@pytest.mark.parametrize(
    ("bid", "ask", "mid"),
    [(400_000, 500_000, 450_000), (400_000, 400_001, 400_000), (None, 500_000, None), (400_000, None, None), (0, 0, 0)],
)
def test_the_mid_needs_both_sides(bid, ask, mid):
    assert a_market(best_bid=bid, best_ask=ask).mid == mid


def test_what_the_venue_did_not_state_is_none():
    stated = {"venue", "native_id", "question", "rules", "outcomes", "status", "as_of", "detail", "closes_at"}
    left = {name: value for name, value in asdict(a_market()).items() if name not in stated}
    assert {name for name, value in left.items() if value is not None} == {"tags", "is_neg_risk"}


def test_a_market_cannot_be_changed_after_it_was_read():
    with pytest.raises(AttributeError):
        a_market().question = "another"


def test_fuller_records_rank_above_thinner_ones():
    assert RecordDetail.FLAT < RecordDetail.EXCHANGE < RecordDetail.LISTING


@pytest.mark.parametrize("venue", list(Venue))
def test_a_synthetic_venue_is_the_twin_of_its_exchange(venue):
    assert venue.exchange.synthetic == venue.synthetic
    assert not venue.exchange.is_synthetic
    assert venue.synthetic.is_synthetic
    assert venue.synthetic.exchange is venue.exchange
    assert venue.is_synthetic == venue.value.startswith("synthetic-")


def test_prices_of_outcomes_are_whole_millionths():
    market = a_market(last_price=PriceMicros(123_456))
    assert market.last_price == 123_456
