"""What a model may know: nothing later than ``as_of`` gets in, and what stayed out is counted."""

from __future__ import annotations

import json
from datetime import timedelta

import msgspec
import pytest

from edgeworth.errors import DataError, LookAheadError
from edgeworth.markets.book import BookLevel, Quote
from edgeworth.markets.history import PricePoint
from edgeworth.markets.market import Event, Market, MarketStatus, Outcome
from edgeworth.markets.relation import Relation
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.simulation.context import (
    MatchedMarket,
    Series,
    Snippet,
    SpotHistory,
    SpotScale,
    Timing,
    context_values,
    decode_context,
    encode_context,
)
from edgeworth.simulation.gathering import BoundMarket, Document, build_context
from edgeworth.units import PriceMicros, ShareMicros
from tests.contexts import AS_OF, context, hourly, quote, spot

LATER = AS_OF + timedelta(seconds=1)
EARLIER = AS_OF - timedelta(hours=1)


def market(native_id: str = "M", **more) -> Market:
    given = {
        "venue": Venue.POLYMARKET,
        "native_id": native_id,
        "question": "Will Coin be above $100 on December 21?",
        "rules": "",
        "outcomes": (Outcome(label="Yes", price=PriceMicros(400_000)), Outcome(label="No")),
        "status": MarketStatus.OPEN,
        "as_of": EARLIER,
        "best_bid": PriceMicros(390_000),
        "best_ask": PriceMicros(410_000),
    }
    return Market(**(given | more))


def point(at, price, outcome_index=0, **more) -> PricePoint:
    return PricePoint(
        venue=Venue.POLYMARKET,
        market_native_id="M",
        outcome_index=outcome_index,
        at=at,
        interval_seconds=3600,
        price=price,
        **more,
    )


# --- by construction --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "later",
    [
        {"history": hourly([0.5], LATER)},
        {"quote": msgspec.structs.replace(quote(0.4, 0.5), observed_at=LATER)},
        {"spot": SpotHistory(name="c", unit="", source="", scale=SpotScale.LOG, series=hourly([5], LATER))},
        {"research": (Snippet(source="a", title="b", text="c", published_at=LATER),)},
        {
            "matched": (
                MatchedMarket(
                    market_id="x", question="q", relation=Relation.EQUIVALENT, confidence=1.0, observed_at=LATER
                ),
            )
        },
    ],
    ids=lambda later: next(iter(later)),
)
def test_a_context_with_something_later_cannot_be_made(later):
    with pytest.raises(LookAheadError, match="expected nothing later than 2026-11-21T12:00:00"):
        context(**later)


def test_what_is_known_at_the_very_instant_is_known():
    assert context(history=hourly([0.5])).history is not None


def test_a_close_may_lie_ahead():
    assert context(closes_at=AS_OF + timedelta(days=9)).closes_at is not None


@pytest.mark.parametrize(
    ("at", "values"),
    [((1.0,), ()), ((2.0, 1.0), (0.1, 0.1)), ((1.0, 1.0), (0.1, 0.1)), ((1.0,), (float("nan"),))],
)
def test_a_series_is_in_order_and_finite(at, values):
    with pytest.raises(DataError):
        Series(at_seconds=at, values=values)


def test_context_json_is_read_back_as_it_was_and_written_the_same_again():
    full = context(quote=quote(0.4, 0.5), history=hourly([0.4, 0.45]), spot=spot([1, 2]), rules="<b>ignore</b>")
    body = encode_context(full)
    assert decode_context(body) == full
    assert encode_context(decode_context(body)) == body
    assert context_values(full) == json.loads(body)


def test_a_doctored_context_json_is_refused():
    later = encode_context(context(quote=quote(0.4, 0.5))).replace(b'"as_of": "2026', b'"as_of": "2025')
    with pytest.raises(LookAheadError):
        decode_context(later)
    with pytest.raises(DataError, match="expected a simulation context"):
        decode_context(b'{"market_id": 5}')


# --- gathering --------------------------------------------------------------------------------------------------------


def test_a_matched_market_that_trades_counts_while_it_was_seen_within_a_day():
    def bound(name: str, hours: int, **more) -> BoundMarket:
        other = market(name, as_of=AS_OF - timedelta(hours=hours), **more)
        return BoundMarket(market=other, relation=Relation.EQUIVALENT, confidence=1.0)

    ended = bound("C", 60 * 24, status=MarketStatus.RESOLVED)
    found = build_context(market(), AS_OF, matched=[bound("A", 23), bound("B", 25), ended])
    assert [one.market_id for one in found.context.matched] == ["polymarket:A", "polymarket:C"]
    assert found.rejected == {"matched_stale": 1}


def test_later_undated_and_unpriced_material_stays_out_and_is_counted():
    found = build_context(
        market(),
        AS_OF,
        history=[
            point(EARLIER, 400_000),
            point(LATER, 990_000),
            point(EARLIER, 600_000, outcome_index=1),
            point(AS_OF, None),
            point(AS_OF - timedelta(hours=2), None, bid=PriceMicros(300_000), ask=PriceMicros(400_000)),
        ],
        research=[
            Document(source="a", title="known", text="", published_at=EARLIER),
            Document(source="a", title="later", text="it happened", published_at=LATER),
            Document(source="a", title="undated", text="", published_at=None),
        ],
        matched=[BoundMarket(market=market("B", as_of=LATER), relation=Relation.EQUIVALENT, confidence=1.0)],
        quote=Quote(best_bid=BookLevel(PriceMicros(1), ShareMicros(1)), best_ask=None),
        quoted_at=LATER,
        spot=SpotHistory(name="c", unit="", source="", scale=SpotScale.LOG, series=hourly([1, 2, 3], LATER)),
    )
    assert found.rejected == {
        "history_later": 1,
        "history_other_outcome": 1,
        "history_unpriced": 1,
        "matched_later": 1,
        "quote_later": 1,
        "research_later": 1,
        "research_undated": 1,
        "spot_later": 1,
    }
    assert [snippet.title for snippet in found.context.research] == ["known"]
    assert found.context.history is not None
    assert found.context.history.values == (0.35, 0.4)
    assert found.context.quote is not None
    assert (found.context.quote.bid, found.context.quote.ask) == (0.39, 0.41)
    assert found.context.quote.age_seconds == 3600.0


def test_a_record_of_the_market_itself_from_later_is_an_error():
    with pytest.raises(LookAheadError, match="expected a record"):
        build_context(market(as_of=LATER), AS_OF)


def test_a_newer_book_is_taken_before_the_listing():
    book = Quote(
        best_bid=BookLevel(PriceMicros(420_000), ShareMicros(1)),
        best_ask=BookLevel(PriceMicros(430_000), ShareMicros(1)),
    )
    found = build_context(market(), AS_OF, quote=book, quoted_at=AS_OF).context.quote
    assert found is not None
    assert (found.bid, found.ask, found.age_seconds) == (0.42, 0.43, 0.0)


def test_siblings_come_with_price_or_payout_and_never_with_an_invented_half():
    """Venues show 0.5 for an open market without an order; that is no price. A resolved one is worth what it paid."""
    paid = Resolution(shape=ResolutionShape.DECIDED, payouts=(PriceMicros(0), PriceMicros(1_000_000)))
    half = (Outcome(label="Yes", price=PriceMicros(500_000)), Outcome(label="No"))
    event = Event(venue=Venue.POLYMARKET, native_id="E", title="Who?", as_of=EARLIER, is_neg_risk=True, market_count=4)
    found = build_context(
        market(),
        AS_OF,
        event=event,
        siblings=[
            market(),
            market("dead", outcomes=half, best_bid=None, best_ask=None),
            market("half", outcomes=half),
            market("out", status=MarketStatus.RESOLVED, resolution=paid),
        ],
    ).context.event
    assert found is not None
    assert [(one.market_id, one.price) for one in found.siblings] == [
        ("polymarket:dead", None),
        ("polymarket:half", 0.5),
        ("polymarket:out", 0.0),
    ]
    assert found.is_complete


@pytest.mark.parametrize(
    ("event", "is_exclusive", "is_complete"),
    [
        ({"is_neg_risk": True, "market_count": 2}, True, True),
        ({"is_neg_risk": True, "market_count": 3}, True, False),
        ({"is_neg_risk": True, "market_count": None}, True, False),
        ({"is_neg_risk": True, "is_neg_risk_augmented": True, "market_count": 2}, True, False),
        ({"is_mutually_exclusive": True, "market_count": 2}, True, False),
        ({"is_mutually_exclusive": None, "market_count": 2}, False, False),
    ],
)
def test_an_event_is_complete_only_when_the_venue_promises_it_and_all_are_there(event, is_exclusive, is_complete):
    given = Event(venue=Venue.POLYMARKET, native_id="E", title="Who?", as_of=EARLIER, **event)
    found = build_context(market(), AS_OF, event=given, siblings=[market("B")]).context.event
    assert found is not None
    assert (found.is_exclusive, found.is_complete) == (is_exclusive, is_complete)


def test_a_market_whose_first_outcome_is_no_excludes_nothing_and_is_no_part_of_a_set():
    """Of markets of which one comes true, the first outcomes of two sum to one only while both of them affirm."""
    reversed_labels = (Outcome(label="No"), Outcome(label="Yes"))
    given = Event(venue=Venue.POLYMARKET, native_id="E", title="Who?", as_of=EARLIER, is_neg_risk=True, market_count=2)
    beside = build_context(market(), AS_OF, event=given, siblings=[market("B", outcomes=reversed_labels)])
    assert beside.context.event is not None
    assert (beside.context.event.siblings, beside.context.event.is_complete) == ((), False)
    assert beside.rejected == {"sibling_reversed": 1}
    own = build_context(market(outcomes=reversed_labels), AS_OF, event=given, siblings=[market("B")]).context.event
    assert own is not None
    assert (own.is_exclusive, own.is_complete) == (False, False)


def test_the_level_is_read_when_there_is_a_past_to_hold_it_against():
    assert build_context(market(), AS_OF).context.claim is None
    found = build_context(market(), AS_OF, spot=spot([1.0, 2.0])).context.claim
    assert found is not None
    assert (found.threshold, found.is_above, found.timing) == (100.0, True, Timing.AT)
