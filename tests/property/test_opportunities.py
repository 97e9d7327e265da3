"""What holds of every opportunity, whatever the books: money is conserved, the worst state is the worst, size and fees
never help, and a basket is as good as trying every whole number of shares."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from edgeworth.discovery.opportunities.finding import find_opportunities
from edgeworth.discovery.opportunities.logic import closure, endings, exclusion, implications_of
from edgeworth.discovery.opportunities.snapshot import MarketSnapshot, RelationEdge
from edgeworth.discovery.opportunity import Findings, LegAction, Opportunity, OpportunityGates, OpportunityKind
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.market import Event, Market
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros, ShareMicros, UsdMicros
from tests.builders import NOON, a_market, an_event

GATES = OpportunityGates(min_profit=UsdMicros(0), min_margin=0.0, max_days_locked=1e6, min_annualised_return=0.0)
CENT = MICROS // 100

prices = st.integers(1, 99).map(lambda cents: cents * CENT)
sizes = st.integers(1, 40).map(lambda shares: shares * MICROS)
sides = st.dictionaries(prices, sizes, min_size=0, max_size=4)
rates = st.integers(0, 10).map(lambda percent: percent * 10_000)


def terms(venue: Venue, rate_ppm: int) -> FeeTerms:
    """A fee that grows with ``rate_ppm``; none at zero."""
    if rate_ppm == 0:
        return FeeTerms(kind=FeeKind.NONE)
    if venue is Venue.KALSHI:
        return FeeTerms(kind=FeeKind.QUADRATIC, multiplier_ppm=rate_ppm * 10)
    return FeeTerms(kind=FeeKind.CURVE, rate_ppm=rate_ppm, exponent_ppm=MICROS)


def a_book(market: Market, asks: dict[int, int], bids: dict[int, int]) -> OrderBook:
    def levels(side: dict[int, int], *, best_high: bool) -> tuple[BookLevel, ...]:
        return tuple(
            BookLevel(PriceMicros(price), ShareMicros(side[price])) for price in sorted(side, reverse=best_high)
        )

    return OrderBook(
        venue=market.venue, market_native_id=market.native_id, outcome_index=0, observed_at=NOON,
        asks=levels(asks, best_high=False), bids=levels(bids, best_high=True),
    )  # fmt: skip


@st.composite
def snapshots(draw: st.DrawFn) -> MarketSnapshot:
    """A negRisk set of three at Polymarket, a twin of each or some at Kalshi, any books and fees."""
    rate = draw(rates)
    here = [
        a_market(f"0x{number}", event_native_id="77", is_neg_risk=True, fee_terms=terms(Venue.POLYMARKET, rate))
        for number in range(3)
    ]
    there = [
        a_market(f"K{number}", venue=Venue.KALSHI, fee_terms=terms(Venue.KALSHI, rate))
        for number in range(draw(st.integers(0, 3)))
    ]
    relations = [draw(st.sampled_from([Relation.EQUIVALENT, Relation.INVERSE])) for _ in there]
    edges = [
        RelationEdge(market_a=a.market_id, market_b=b.market_id, relation=relation, confidence=1.0)
        for a, b, relation in zip(here, there, relations, strict=False)
    ]
    event: Event = an_event(is_neg_risk=True, market_count=3)
    books = [a_book(market, draw(sides), draw(sides)) for market in (*here, *there)]
    return MarketSnapshot(markets=[*here, *there], events={event.event_id: event}, books=books, edges=edges)


def search(snapshot: MarketSnapshot) -> Findings:
    return find_opportunities(snapshot, NOON, GATES)


@given(snapshots())
@settings(max_examples=60)
def test_money_is_conserved_and_the_worst_state_is_the_worst(snapshot: MarketSnapshot) -> None:
    found = search(snapshot)
    assert found.considered == len(found.opportunities) + len(found.not_tradable) + found.unprofitable
    for one in found.opportunities:
        modelled = [state for state in one.states if state.is_modelled]
        assert one.best_profit == min(state.profit for state in modelled) > 0
        assert one.worst_state in {state.name for state in modelled if state.profit == one.best_profit}
        assert set(one.losing_states) == {state.name for state in one.states if state.profit < 0}
        assert not set(one.losing_states) & {state.name for state in modelled}
        for point in (one.best, *one.capacity):
            check_point(one, point)


def check_point(one: Opportunity, point) -> None:
    paid = sum(
        fill.amount
        for fill, leg in zip(point.fills, one.legs, strict=True)
        if leg.action in {LegAction.BUY, LegAction.MINT}
    )
    received = sum(fill.amount for fill in point.fills) - paid
    assert (point.cost, point.proceeds, point.fees) == (paid, received, sum(fill.fees for fill in point.fills))
    assert point is one.best or point.cost + point.fees <= point.budget
    # Whoever wins, no share pays more than a dollar and none less than nothing.
    most = sum(fill.shares for fill, leg in zip(point.fills, one.legs, strict=True) if leg.action is LegAction.BUY)
    assert -point.cost - point.fees <= point.profit <= most - point.cost - point.fees + point.proceeds


@given(snapshots())
@settings(max_examples=60)
def test_no_size_of_the_curve_earns_more_than_the_best(snapshot: MarketSnapshot) -> None:
    """But for the rounding of fees: a cent for each price level at Kalshi."""
    for one in search(snapshot).opportunities:
        for point in one.capacity:
            assert point.profit <= one.best_profit + 4 * CENT * len(one.legs)


@given(snapshots())
@settings(max_examples=60)
def test_going_deeper_never_improves_a_price(snapshot: MarketSnapshot) -> None:
    for one in search(snapshot).opportunities:
        for smaller, larger in zip(one.capacity, one.capacity[1:], strict=False):
            for leg, less, more in zip(one.legs, smaller.fills, larger.fills, strict=True):
                if less.shares == 0 or leg.action is LegAction.CONVERT:
                    continue
                # A share more may round the average by a millionth of a dollar.
                worse = more.average_price - less.average_price
                assert (worse if leg.action is LegAction.BUY else -worse) >= -1
                assert more.amount >= less.amount


@given(snapshots(), st.integers(1, 5))
@settings(max_examples=60)
def test_a_higher_fee_never_earns_more(snapshot: MarketSnapshot, percent: int) -> None:
    """Rounding to the nearest 0.00001 aside."""
    dearer = structs.replace(
        snapshot, markets=[structs.replace(one, fee_terms=raised(one, percent * 10_000)) for one in snapshot.markets]
    )
    before = {
        one.key: one.best_profit for one in search(snapshot).opportunities if one.kind is not OpportunityKind.BASKET
    }
    for one in search(dearer).opportunities:
        if one.key in before:
            assert one.best_profit <= before[one.key] + 100
        elif one.kind not in {OpportunityKind.BASKET, OpportunityKind.SET_BUY_NO, OpportunityKind.CONVERSION}:
            # The best choice of No shares may change with the fee; every other shape has its legs fixed.
            raise AssertionError(one.kind)


def raised(market: Market, by_ppm: int) -> FeeTerms:
    held = market.fee_terms
    assert held is not None
    rate = held.rate_ppm or (held.multiplier_ppm or 0) // 10
    return terms(market.venue, rate + by_ppm)


# --- every way to end, and baskets, by brute force --------------------------------------------------------------------

relations = st.sampled_from(
    [Relation.EQUIVALENT, Relation.INVERSE, Relation.A_IMPLIES_B, Relation.B_IMPLIES_A, Relation.EXCLUSIVE]
)
pairs = st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda pair: pair[0] != pair[1])


def agrees(relation: Relation, a: bool, b: bool) -> bool:
    """The relation's definition, word for word."""
    return {
        Relation.EQUIVALENT: a == b,
        Relation.INVERSE: a != b,
        Relation.A_IMPLIES_B: b or not a,
        Relation.B_IMPLIES_A: a or not b,
        Relation.EXCLUSIVE: not (a and b),
    }[relation]


@given(st.lists(st.tuples(pairs, relations), max_size=6), st.sets(st.integers(0, 4), max_size=4), st.booleans())
@settings(max_examples=200)
def test_the_ways_to_end_are_all_assignments_that_agree_with_every_relation(bonds, members, is_complete) -> None:
    edges = [
        (a, b, RelationEdge(market_a=str(a), market_b=str(b), relation=relation, confidence=1.0))
        for (a, b), relation in bonds
    ]
    chosen = sorted(members)
    implications = [one for a, b, edge in edges for one in implications_of(edge, a, b)]
    implications += exclusion(chosen)
    sets = [chosen] if is_complete and chosen else []
    found = endings(5, closure(5, implications), sets, limit=100)
    expected = {
        truths
        for truths in product((False, True), repeat=5)
        if all(agrees(edge.relation, truths[a], truths[b]) for a, b, edge in edges)
        and sum(truths[one] for one in chosen) <= 1
        and all(any(truths[one] for one in each) for each in sets)
    }
    assert found is not None
    assert set(found) == expected
    assert len(found) == len(expected)


small = st.dictionaries(prices, st.integers(1, 2).map(lambda shares: shares * MICROS), max_size=1)


@given(st.lists(st.tuples(small, small), min_size=3, max_size=3))
@settings(max_examples=60)
def test_no_whole_number_of_shares_earns_more_than_what_is_found(books) -> None:
    """Three rungs of a ladder, up to two shares at one price of each outcome, no fees: all 729 purchases are tried."""
    markets = [a_market(f"0x{number}", fee_terms=FeeTerms(kind=FeeKind.NONE)) for number in range(3)]
    edges = [
        RelationEdge(market_a=a.market_id, market_b=b.market_id, relation=Relation.A_IMPLIES_B, confidence=1.0)
        for a, b in pairwise(markets)
    ]
    read = [a_book(market, *each) for market, each in zip(markets, books, strict=True)]
    found = find_opportunities(MarketSnapshot(markets=markets, events={}, books=read, edges=edges), NOON, GATES)
    offers = []
    for number, (asks, bids) in enumerate(books):
        offers += [(number, 0, price, size) for price, size in asks.items()]
        offers += [(number, 1, MICROS - price, size) for price, size in bids.items()]
    best = max(worst_profit(offers, shares) for shares in product(*(range(one[3] // MICROS + 1) for one in offers)))
    assert max((Fraction(one.best_profit) for one in found.opportunities), default=Fraction(0)) >= best - 2 * CENT


def worst_profit(offers: list[tuple[int, int, int, int]], shares: tuple[int, ...]) -> Fraction:
    """Of so many shares of each offer; the rungs come true from the last one on."""
    cost = sum(price * count for (_, _, price, _), count in zip(offers, shares, strict=True))
    ways = [[number >= first for number in range(3)] for first in range(4)]
    payouts = [
        sum(
            MICROS * count
            for (number, outcome, _, _), count in zip(offers, shares, strict=True)
            if way[number] != bool(outcome)
        )
        for way in ways
    ]
    void = sum(MICROS * count for count in shares) // 2
    return Fraction(min(*payouts, void) - cost)


@given(sides.filter(bool), sides.filter(bool))
@settings(max_examples=200)
def test_the_best_size_and_where_it_dies_are_those_of_trying_every_size(
    yes: dict[int, int], no: dict[int, int]
) -> None:
    """Yes at one Kalshi market and No at its twin, whole contracts, no fees: every size is tried."""
    free = FeeTerms(kind=FeeKind.NONE)
    a, b = (a_market(name, venue=Venue.KALSHI, fee_terms=free) for name in ("K1", "K2"))
    edge = RelationEdge(market_a=a.market_id, market_b=b.market_id, relation=Relation.EQUIVALENT, confidence=1.0)
    books = [a_book(a, yes, {}), a_book(b, {}, {MICROS - price: size for price, size in no.items()})]
    found = find_opportunities(MarketSnapshot(markets=[a, b], events={}, books=books, edges=[edge]), NOON, GATES)
    queues = [[price for price in sorted(side) for _ in range(side[price] // MICROS)] for side in (yes, no)]
    depth = min(map(len, queues))
    profits = [count * MICROS - sum(sum(queue[:count]) for queue in queues) for count in range(depth + 1)]
    best = max(profits)
    if best <= 0:
        assert found.opportunities == ()
        return
    [one] = found.opportunities
    size = profits.index(best)
    assert (one.best_profit, one.best.shares) == (best, size * MICROS)
    dead = [count for count in range(size, depth + 1) if profits[count] <= 0]
    assert one.dies_at == (dead[0] * MICROS if dead else None)
