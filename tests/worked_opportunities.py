"""Markets and books small enough to be worked by hand, and the search over them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from edgeworth.discovery.opportunities.finding import find_opportunities
from edgeworth.discovery.opportunities.snapshot import MarketSnapshot, RelationEdge
from edgeworth.discovery.opportunity import (
    Findings,
    Opportunity,
    OpportunityGates,
    OpportunityKind,
)
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.market import Event, Market
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros, UsdMicros, micros
from tests.builders import NOON, a_market, an_event

FREE = FeeTerms(kind=FeeKind.NONE)
FOUR_PERCENT = FeeTerms(kind=FeeKind.CURVE, rate_ppm=40_000, exponent_ppm=1_000_000, is_taker_only=True)
KALSHI_FEE = FeeTerms(kind=FeeKind.QUADRATIC, multiplier_ppm=1_000_000)
NO_GATES = OpportunityGates(
    min_profit=UsdMicros(0), min_margin=0.0, min_annualised_return=0.0, max_days_locked=10_000.0
)
Levels = list[tuple[float, float]]


def a_free(name: str, **changes: Any) -> Market:
    return a_market(f"0x{name}", **({"question": f"Will {name} win?", "fee_terms": FREE} | changes))


def at_kalshi(name: str, **changes: Any) -> Market:
    plain = {"venue": Venue.KALSHI, "question": f"{name} wins?", "fee_terms": FREE}
    return a_market(f"KX-{name}", **(plain | changes))


def a_book(
    market: Market, asks: Levels, bids: Levels | None = None, *, outcome: int = 0, at: datetime = NOON
) -> OrderBook:
    def levels(side: Levels) -> tuple[BookLevel, ...]:
        return tuple(BookLevel(PriceMicros(micros(price)), ShareMicros(micros(size))) for price, size in side)

    return OrderBook(
        venue=market.venue, market_native_id=market.native_id, outcome_index=outcome, asks=levels(asks),
        bids=levels(bids or []), observed_at=at,
    )  # fmt: skip


def bound(a: Market, relation: Relation, b: Market, confidence: float = 1.0, **changes: Any) -> RelationEdge:
    return RelationEdge(market_a=a.market_id, market_b=b.market_id, relation=relation, confidence=confidence, **changes)


def search(
    markets: list[Market],
    books: list[OrderBook],
    *,
    event: Event | None = None,
    edges: list[RelationEdge] | None = None,
    gates: OpportunityGates = NO_GATES,
    as_of: datetime = NOON,
) -> Findings:
    snapshot = MarketSnapshot(
        markets=markets, events={event.event_id: event} if event else {}, books=books, edges=edges or []
    )
    found = find_opportunities(snapshot, as_of, gates)
    assert found.considered == len(found.opportunities) + len(found.not_tradable) + found.unprofitable
    return found


def only(found: Findings, kind: OpportunityKind) -> Opportunity:
    [one] = [one for one in found.opportunities if one.kind is kind]
    return one


def codes(found: Findings) -> list[str]:
    return sorted({one.code for one in found.not_tradable})


def usd(amount: float) -> int:
    return micros(amount)


def a_set(names: str, *, terms: FeeTerms = FREE, **event: Any) -> tuple[list[Market], Event]:
    plain = {"is_neg_risk": True, "market_count": len(names)}
    return [a_free(name, event_native_id="77", fee_terms=terms) for name in names], an_event(**(plain | event))


THIRDS: list[Levels] = [[(0.30, 100), (0.35, 1000)], [(0.30, 200), (0.33, 500)], [(0.30, 150), (0.31, 200)]]
