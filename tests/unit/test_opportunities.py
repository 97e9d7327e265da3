"""Opportunities worked by hand: what is found, what is refused and why, and every number of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeworth.discovery.opportunities.finding import find_opportunities
from edgeworth.discovery.opportunities.snapshot import LadderKind, MarketSnapshot, RelationEdge
from edgeworth.discovery.opportunity import (
    Certainty,
    Findings,
    Leg,
    LegAction,
    Opportunity,
    OpportunityGates,
    OpportunityKind,
    opportunity_key,
)
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.market import Event, Market, MarketStatus, Outcome
from edgeworth.markets.relation import Relation
from edgeworth.markets.resolution import Resolution, ResolutionShape
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


# --- one market -------------------------------------------------------------------------------------------------------


def test_both_outcomes_below_a_dollar_are_bought_and_merge_at_once() -> None:
    """100 at 0.45 + 0.50 earn 5; the next 50 Yes at 0.50 earn nothing; the next at 0.53 lose."""
    market = a_free("A")
    books = [a_book(market, [(0.45, 100), (0.50, 50), (0.53, 100)]), a_book(market, [(0.50, 400)], outcome=1)]
    one = only(search([market], books), OpportunityKind.BINARY_BUY)
    assert (one.best_profit, one.best.shares, one.best.cost) == (usd(5), usd(100), usd(95))
    assert one.dies_at is None or one.dies_at > usd(250)
    assert (one.days_locked, one.annualised_return, one.certainty) == (0.0, None, Certainty.EVERY_STATE)
    assert {state.payout for state in one.states} == {usd(1)}
    assert one.losing_states == ()


def test_a_dollar_is_split_and_both_outcomes_are_sold_for_more() -> None:
    """0.56 + 0.50 for each dollar, 40 times."""
    market = a_free("A")
    books = [a_book(market, [], [(0.56, 40)]), a_book(market, [], [(0.50, 90)], outcome=1)]
    one = only(search([market], books), OpportunityKind.BINARY_SELL)
    assert [leg.action for leg in one.legs] == [LegAction.MINT, LegAction.SELL, LegAction.SELL]
    assert (one.best_profit, one.best.cost, one.best.proceeds) == (usd(2.4), usd(40), usd(42.4))


def test_the_book_of_one_outcome_is_that_of_the_other_too() -> None:
    """A bid for Yes at 0.60 is an offer of No at 0.40; crossed with Yes at 0.55 the two cost 0.95."""
    market = at_kalshi("A")
    found = search([market], [a_book(market, [(0.55, 10)], [(0.60, 20)])])
    one = only(found, OpportunityKind.BINARY_BUY)
    assert (one.best_profit, one.best.shares) == (usd(0.5), usd(10))
    assert one.best.fills[1].average_price == usd(0.40)


def test_nothing_is_earned_at_a_dollar() -> None:
    market = a_free("A")
    found = search([market], [a_book(market, [(0.55, 10)], [(0.55, 20)])])
    assert found.opportunities == ()
    assert found.unprofitable == 2


# --- sets -------------------------------------------------------------------------------------------------------------


def a_set(names: str, *, terms: FeeTerms = FREE, **event: Any) -> tuple[list[Market], Event]:
    plain = {"is_neg_risk": True, "market_count": len(names)}
    return [a_free(name, event_native_id="77", fee_terms=terms) for name in names], an_event(**(plain | event))


THIRDS: list[Levels] = [[(0.30, 100), (0.35, 1000)], [(0.30, 200), (0.33, 500)], [(0.30, 150), (0.31, 200)]]


def test_yes_of_a_complete_set_is_bought_leg_by_leg_in_equal_shares() -> None:
    """To 200 sets: 65 + 60 + 60.5 = 185.5; fees at 4 % 1.75 + 1.68 + 1.6878 = 5.1178; left of 200: 9.3822. A further set
    costs 0.35 + 0.33 + 0.31 and 0.0091 + 0.008844 + 0.008556 of fees, more than it pays."""
    markets, event = a_set("ABC", terms=FOUR_PERCENT)
    one = only(
        search(markets, [a_book(*each) for each in zip(markets, THIRDS, strict=True)], event=event),
        OpportunityKind.SET_BUY_YES,
    )
    assert (one.best.shares, one.best.cost, one.best.fees) == (usd(200), usd(185.5), usd(5.1178))
    assert one.best_profit == usd(9.3822)
    assert [fill.average_price for fill in one.best.fills] == [325_000, 300_000, 302_500]
    assert [fill.worst_price for fill in one.best.fills] == [350_000, 300_000, 310_000]
    at_ten = one.capacity[0]
    assert (at_ten.shares, at_ten.cost, at_ten.fees, at_ten.profit) == (
        usd(10.8),
        usd(9.72),
        usd(0.27216),
        usd(0.80784),
    )
    assert [point.is_filled for point in one.capacity] == [True, True, False, False]
    assert one.days_locked == 30.5
    assert one.annualised_return == pytest.approx(9.3822 / 190.6178 * 365 / 30.5)


def test_a_complete_set_that_is_called_off_pays_half_a_dollar_a_share() -> None:
    markets, event = a_set("ABC")
    found = search(markets, [a_book(*each) for each in zip(markets, THIRDS, strict=True)], event=event)
    one = only(found, OpportunityKind.SET_BUY_YES)
    payouts = {state.name: state.payout for state in one.states if state.is_modelled}
    assert payouts == {
        "“Will A win?” wins": usd(1), "“Will B win?” wins": usd(1), "“Will C win?” wins": usd(1),
        "called off: every share pays 0.50": usd(1.5),
    }  # fmt: skip
    assert "none of them wins" in one.losing_states
    assert one.certainty is Certainty.CONDITIONAL


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"is_neg_risk_augmented": True}, "augmented_event"),
        ({"market_count": 4}, "set_not_known_complete"),
        ({"market_count": None}, "set_not_known_complete"),
        ({"is_neg_risk": False, "is_mutually_exclusive": True}, "set_not_known_complete"),
    ],
)
def test_a_set_that_is_not_known_to_be_complete_is_refused_by_name(changes: dict[str, Any], code: str) -> None:
    markets, event = a_set("ABC", **changes)
    found = search(markets, [a_book(*each) for each in zip(markets, THIRDS, strict=True)], event=event)
    [refused] = [one for one in found.not_tradable if one.code == code]
    assert refused.kind is OpportunityKind.SET_BUY_YES
    assert len(refused.legs) == 3
    assert "none of them wins" in refused.reason
    assert OpportunityKind.SET_BUY_YES not in {one.kind for one in found.opportunities}


def test_a_member_that_does_not_trade_may_win() -> None:
    markets, event = a_set("ABC")
    markets[2] = a_free("C", event_native_id="77", status=MarketStatus.CLOSED)
    found = search(markets, [a_book(*each) for each in zip(markets[:2], THIRDS, strict=False)], event=event)
    assert codes(found) == ["member_not_trading"]


def test_a_member_that_has_lost_is_left_out_of_a_complete_set() -> None:
    markets, event = a_set("ABC")
    lost = Resolution(shape=ResolutionShape.DECIDED, payouts=(PriceMicros(0), PriceMicros(1_000_000)))
    markets[2] = a_free("C", event_native_id="77", status=MarketStatus.RESOLVED, resolution=lost)
    found = search(markets, [a_book(*each) for each in zip(markets[:2], THIRDS, strict=False)], event=event)
    assert len(only(found, OpportunityKind.SET_BUY_YES).legs) == 2


def test_a_set_with_a_winner_is_over() -> None:
    markets, event = a_set("ABC")
    won = Resolution(shape=ResolutionShape.DECIDED, payouts=(PriceMicros(1_000_000), PriceMicros(0)))
    markets[2] = a_free("C", event_native_id="77", status=MarketStatus.RESOLVED, resolution=won)
    found = search(markets, [a_book(*each) for each in zip(markets[:2], THIRDS, strict=False)], event=event)
    assert codes(found) == ["event_decided"]
    assert found.opportunities == ()


DEAR: list[Levels] = [[(0.50, 100)], [(0.40, 80)], [(0.20, 60)]]
"""Bids for Yes; they add up to 1.10."""


def test_no_shares_of_a_neg_risk_event_are_converted_at_once_even_when_it_is_augmented() -> None:
    """No at 0.50 + 0.60 + 0.80 = 1.90 becomes 2 dollars, 60 times."""
    markets, event = a_set("ABC", is_neg_risk_augmented=True)
    found = search(markets, [a_book(market, [], bids) for market, bids in zip(markets, DEAR, strict=True)], event=event)
    one = only(found, OpportunityKind.SET_BUY_NO)
    assert [leg.action for leg in one.legs] == [LegAction.BUY] * 3 + [LegAction.CONVERT]
    assert (one.best_profit, one.best.cost, one.best.proceeds) == (usd(6), usd(114), usd(120))
    assert (one.certainty, one.days_locked) == (Certainty.EVERY_STATE, 0.0)


def test_one_no_share_becomes_yes_of_the_others_which_are_sold() -> None:
    """No of A at 0.50 becomes Yes of B and C, sold at 0.40 and 0.20, 60 times; the same orders as the set of No."""
    markets, event = a_set("ABC")
    found = search(markets, [a_book(market, [], bids) for market, bids in zip(markets, DEAR, strict=True)], event=event)
    one = only(found, OpportunityKind.CONVERSION)
    assert (one.best_profit, one.best.cost, one.best.proceeds) == (usd(6), usd(30), usd(36))
    assert one.shares_orders_with == (only(found, OpportunityKind.SET_BUY_NO).key,)


def test_held_to_the_end_three_no_shares_lose_when_the_event_is_called_off() -> None:
    """1.90 for what pays 2 whoever wins, but 1.50 in the void state: refused, with the state that loses."""
    markets = [at_kalshi(name, event_native_id="77") for name in "ABC"]
    event = an_event(venue=Venue.KALSHI, is_mutually_exclusive=True)
    found = search(markets, [a_book(market, [], bids) for market, bids in zip(markets, DEAR, strict=True)], event=event)
    assert found.opportunities == ()
    [refused] = [one for one in found.not_tradable if one.code == "worst_state_loses"]
    assert "called off" in refused.reason


def test_two_no_shares_pay_a_dollar_also_when_the_event_is_called_off() -> None:
    """No at 0.40 and 0.50; a third at 0.95 would make the void state lose."""
    markets = [at_kalshi(name, event_native_id="77") for name in "ABC"]
    event = an_event(venue=Venue.KALSHI, is_mutually_exclusive=True)
    bids: list[Levels] = [[(0.60, 10)], [(0.50, 10)], [(0.05, 10)]]
    found = search(markets, [a_book(market, [], side) for market, side in zip(markets, bids, strict=True)], event=event)
    one = only(found, OpportunityKind.SET_BUY_NO)
    assert [leg.market_id for leg in one.legs] == ["kalshi:KX-A", "kalshi:KX-B"]
    assert one.best_profit == usd(1)


# --- two markets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ladder", "kind"),
    [
        (LadderKind.THRESHOLD, OpportunityKind.THRESHOLD_LADDER),
        (LadderKind.DATE, OpportunityKind.DATE_LADDER),
        (None, OpportunityKind.IMPLIED_PAIR),
    ],
)
def test_a_rung_that_is_harder_to_reach_is_dearer(ladder: LadderKind | None, kind: OpportunityKind) -> None:
    """Above 60 implies above 50. Yes of 50 at 0.40 and No of 60 at 0.50 pay a dollar at least, two in between."""
    high, low = a_free("60"), a_free("50")
    edge = bound(high, Relation.A_IMPLIES_B, low, ladder=ladder, evidence_id="e1")
    found = search([high, low], [a_book(high, [], [(0.50, 30)]), a_book(low, [(0.40, 20)])], edges=[edge])
    one = only(found, kind)
    assert {(leg.market_id, leg.outcome_index) for leg in one.legs} == {(high.market_id, 1), (low.market_id, 0)}
    assert (one.best_profit, one.evidence, one.confidence) == (usd(2), ("e1",), 1.0)
    assert sorted(state.payout for state in one.states if state.is_modelled) == [usd(1), usd(1), usd(1), usd(2)]


def test_a_ladder_in_order_earns_nothing() -> None:
    high, low = a_free("60"), a_free("50")
    edge = bound(high, Relation.A_IMPLIES_B, low, ladder=LadderKind.THRESHOLD)
    books = [a_book(high, [(0.41, 9)], [(0.40, 30)]), a_book(low, [(0.52, 20)], [(0.50, 9)])]
    assert search([high, low], books, edges=[edge]).opportunities == ()


def test_twins_on_two_exchanges_with_fees_on_both_legs_and_whole_contracts() -> None:
    """Yes at Polymarket at 0.40 (100.5 shares), No at Kalshi at 0.50 (200). Contracts are whole, so 100 sets: cost 90;
    fees 100 * 0.04 * 0.24 = 0.96 and 0.07 * 100 * 0.25 = 1.75; left of 100: 7.29."""
    here, there = a_free("A", fee_terms=FOUR_PERCENT), at_kalshi("A", fee_terms=KALSHI_FEE)
    books = [a_book(here, [(0.40, 100.5)]), a_book(there, [], [(0.50, 200)])]
    edge = bound(here, Relation.EQUIVALENT, there, 0.97, evidence_id="m1")
    found = search([here, there], books, edges=[edge])
    one = only(found, OpportunityKind.PAIR)
    assert (one.best.shares, one.best.cost, one.best.fees) == (usd(100), usd(90), usd(2.71))
    assert one.best_profit == usd(7.29)
    assert (one.relation, one.confidence, one.evidence) == (Relation.EQUIVALENT, pytest.approx(0.97), ("m1",))


def test_one_exchange_that_calls_it_off_alone_is_a_declared_state_that_loses() -> None:
    """The Polymarket leg pays 0.50 and the Kalshi leg may pay nothing: 50 of the 90 spent. If Kalshi gives 50 back and
    Polymarket pays 0.50 a share, 100 come back. Neither counts in the worst state, both are shown."""
    here, there = a_free("A"), at_kalshi("A")
    books = [a_book(here, [(0.40, 100)]), a_book(there, [], [(0.50, 100)])]
    one = only(search([here, there], books, edges=[bound(here, Relation.EQUIVALENT, there)]), OpportunityKind.PAIR)
    declared = {state.name: state.profit for state in one.states if not state.is_modelled}
    assert declared == {
        "only “Will A win?” is called off": usd(-40),
        "only “A wins?” is called off": usd(-40),
        "called off, and Kalshi gives back prices but not fees": usd(10),
    }
    assert one.certainty is Certainty.CONDITIONAL
    assert "only “A wins?” is called off" in one.losing_states
    assert one.worst_state in {"all come true", "none comes true", "called off: every share pays 0.50"}


def test_an_inverse_twin_is_bought_on_the_same_side() -> None:
    here, there = a_free("A"), at_kalshi("notA")
    books = [a_book(here, [(0.40, 10)]), a_book(there, [(0.50, 10)])]
    one = only(search([here, there], books, edges=[bound(here, Relation.INVERSE, there)]), OpportunityKind.INVERSE_PAIR)
    assert [leg.outcome_index for leg in one.legs] == [0, 0]
    assert one.best_profit == usd(1)


def test_two_that_exclude_each_other_are_denied_both() -> None:
    a, b = a_free("A"), a_free("B")
    books = [a_book(a, [], [(0.60, 10)]), a_book(b, [], [(0.55, 10)])]
    one = only(search([a, b], books, edges=[bound(a, Relation.EXCLUSIVE, b)]), OpportunityKind.EXCLUSIVE_PAIR)
    assert (one.best_profit, [leg.outcome_index for leg in one.legs]) == (usd(1.5), [1, 1])


@pytest.mark.parametrize("relation", [Relation.RELATED, Relation.UNRELATED, Relation.UNDETERMINED])
def test_nothing_follows_from_a_loose_relation(relation: Relation) -> None:
    a, b = a_free("A"), a_free("B")
    books = [a_book(a, [(0.10, 10)], [(0.05, 10)]), a_book(b, [(0.95, 10)], [(0.90, 10)])]
    assert search([a, b], books, edges=[bound(a, relation, b)]).opportunities == ()


def test_what_follows_over_two_verdicts_counts_with_their_doubts_added() -> None:
    """A implies B, B is the same as C: A at 0.60 against C at 0.30. The doubts of 0.03 and 0.04 make 0.93."""
    a, b, c = a_free("A"), a_free("B"), at_kalshi("B")
    books = [a_book(a, [], [(0.60, 10)]), a_book(b, [(0.7, 5)], [(0.6, 5)]), a_book(c, [(0.30, 10)])]
    edges = [bound(a, Relation.A_IMPLIES_B, b, 0.97), bound(b, Relation.EQUIVALENT, c, 0.96)]
    found = search([a, b, c], books, edges=edges)
    one = only(found, OpportunityKind.IMPLIED_PAIR)
    assert (one.best_profit, one.confidence) == (usd(3), pytest.approx(0.93))
    stricter = search([a, b, c], books, edges=edges, gates=OpportunityGates(min_confidence=0.95))
    assert OpportunityKind.IMPLIED_PAIR not in {one.kind for one in stricter.opportunities}


def test_a_doubtful_verdict_is_not_relied_on_and_said_so() -> None:
    here, there = a_free("A"), at_kalshi("A")
    books = [a_book(here, [(0.40, 100)]), a_book(there, [], [(0.50, 100)])]
    found = search([here, there], books, edges=[bound(here, Relation.EQUIVALENT, there, 0.6)])
    assert found.opportunities == ()
    assert codes(found) == ["low_confidence"]


def test_relations_that_contradict_one_another_are_all_dropped() -> None:
    here, there = a_free("A"), at_kalshi("A")
    books = [a_book(here, [(0.40, 100)]), a_book(there, [], [(0.50, 100)])]
    edges = [bound(here, Relation.EQUIVALENT, there), bound(here, Relation.INVERSE, there)]
    found = search([here, there], books, edges=edges)
    assert (found.opportunities, codes(found)) == ((), ["contradictory_relations"])


def test_a_verdict_on_a_market_that_is_not_here_is_refused() -> None:
    here, there = a_free("A"), at_kalshi("A")
    found = search([here], [], edges=[bound(here, Relation.EQUIVALENT, there)])
    assert "unknown_market" in codes(found)


# --- baskets ----------------------------------------------------------------------------------------------------------


def test_a_complete_set_is_bought_where_each_outcome_is_cheapest() -> None:
    """Neither exchange sells the set below a dollar, and no twin is cheap enough for a pair; A and C here and B there cost
    0.90, 30 times."""
    here, event = a_set("ABC")
    there = [at_kalshi(name) for name in "ABC"]
    books = [
        a_book(market, [(price, 30)])
        for market, price in zip([*here, *there], [0.30, 0.45, 0.30, 0.45, 0.30, 0.45], strict=True)
    ]
    edges = [bound(*pair) for pair in zip(here, [Relation.EQUIVALENT] * 3, there, strict=True)]
    found = search([*here, *there], books, event=event, edges=edges)
    one = only(found, OpportunityKind.BASKET)
    assert {(leg.market_id, leg.outcome_index) for leg in one.legs} == {
        (here[0].market_id, 0), (there[1].market_id, 0), (here[2].market_id, 0),
    }  # fmt: skip
    assert (one.best.shares, one.best_profit) == (usd(30), usd(3))
    assert len(found.opportunities) == 1


def cheapest_of_both(confidence: float) -> Findings:
    """As above; the twins of A and C are not needed, that of B is."""
    here, event = a_set("ABC")
    there = [at_kalshi(name) for name in "ABC"]
    books = [
        a_book(market, [(price, 30)])
        for market, price in zip([*here, *there], [0.30, 0.45, 0.30, 0.45, 0.30, 0.45], strict=True)
    ]
    doubts = [0.81, confidence, 0.81]
    edges = [bound(a, Relation.EQUIVALENT, b, doubt) for a, b, doubt in zip(here, there, doubts, strict=True)]
    return search([*here, *there], books, event=event, edges=edges)


def test_a_basket_answers_only_for_the_verdicts_that_it_needs() -> None:
    one = only(cheapest_of_both(0.9), OpportunityKind.BASKET)
    assert one.confidence == pytest.approx(0.9)
    assert "polymarket:0xB, kalshi:KX-B" in one.assumptions[0]
    assert "KX-A" not in one.assumptions[0]


def test_a_basket_on_doubts_that_add_up_is_refused() -> None:
    """Two needed twins at 0.88 are both right with 0.76 at least, and 0.80 is asked for."""
    here, event = a_set("ABC")
    there = [at_kalshi(name) for name in "ABC"]
    books = [
        a_book(market, [(price, 30)])
        for market, price in zip([*here, *there], [0.30, 0.45, 0.45, 0.45, 0.30, 0.30], strict=True)
    ]
    edges = [bound(a, Relation.EQUIVALENT, b, 0.88) for a, b in zip(here, there, strict=True)]
    found = search([*here, *there], books, event=event, edges=edges)
    assert found.opportunities == ()
    [refused] = found.not_tradable
    assert (refused.code, refused.kind, len(refused.legs)) == ("low_confidence", OpportunityKind.BASKET, 3)
    assert "0.76" in refused.reason


def test_a_basket_that_earns_no_more_than_a_simple_shape_is_not_shown_again() -> None:
    markets, event = a_set("ABC")
    found = search(markets, [a_book(*each) for each in zip(markets, THIRDS, strict=True)], event=event)
    assert [one.kind for one in found.opportunities] == [OpportunityKind.SET_BUY_YES]


# --- what cannot be judged --------------------------------------------------------------------------------------------


def twins(**changes: Any) -> tuple[list[Market], list[RelationEdge]]:
    here, there = a_free("A", **changes), at_kalshi("A")
    return [here, there], [bound(here, Relation.EQUIVALENT, there)]


def twin_books(
    markets: list[Market], *, at: datetime = NOON, other: datetime = NOON, size: float = 100
) -> list[OrderBook]:
    return [a_book(markets[0], [(0.40, size)], at=at), a_book(markets[1], [], [(0.50, size)], at=other)]


def test_an_unknown_fee_refuses() -> None:
    markets, edges = twins(fee_terms=None)
    found = search(markets, twin_books(markets), edges=edges)
    assert (found.opportunities, codes(found)) == ((), ["unknown_fee"])


def test_an_unknown_fee_does_not_matter_where_nothing_would_be_earned_anyway() -> None:
    markets, edges = twins(fee_terms=None)
    books = [a_book(markets[0], [(0.60, 10)]), a_book(markets[1], [], [(0.50, 10)])]
    assert codes(search(markets, books, edges=edges)) == []


def test_a_missing_book_refuses_and_an_empty_one_offers_nothing() -> None:
    markets, edges = twins()
    missing = search(markets, twin_books(markets)[:1], edges=edges)
    assert codes(missing) == ["missing_book"]
    empty = search(markets, [*twin_books(markets)[:1], a_book(markets[1], [])], edges=edges)
    assert (codes(empty), empty.opportunities) == ([], ())


@pytest.mark.parametrize(
    ("at", "other", "code"),
    [
        (NOON - timedelta(hours=2), NOON - timedelta(hours=2), "stale_book"),
        (NOON, NOON - timedelta(minutes=6), "books_apart"),
        (NOON, NOON + timedelta(seconds=1), "book_of_the_future"),
    ],
)
def test_books_of_another_time_refuse(at: datetime, other: datetime, code: str) -> None:
    markets, edges = twins()
    found = search(markets, twin_books(markets, at=at, other=other), edges=edges)
    assert (found.opportunities, codes(found)) == ((), [code])


def test_what_is_smaller_than_the_smallest_order_refuses() -> None:
    markets, edges = twins(min_order_size=ShareMicros(micros(5)))
    found = search(markets, twin_books(markets, size=4), edges=edges)
    assert (found.opportunities, codes(found)) == ((), ["below_smallest_order"])


def test_a_market_of_three_outcomes_is_refused() -> None:
    three = a_free("A", outcomes=tuple(Outcome(label=label) for label in "abc"))
    assert codes(search([three], [])) == ["not_binary"]


@pytest.mark.parametrize("changes", [{"status": MarketStatus.CLOSED}, {"is_accepting_orders": False}])
def test_what_does_not_trade_is_not_looked_at(changes: dict[str, Any]) -> None:
    markets, edges = twins(**changes)
    assert search(markets, twin_books(markets), edges=edges).opportunities == ()


# --- size, time, gates ------------------------------------------------------------------------------------------------


def test_what_earns_only_at_the_top_of_the_book_is_dead_at_size() -> None:
    """10 sets at 0.90 earn 1; from there each further set loses 0.05, so that all is gone at 30."""
    market = a_free("A")
    books = [a_book(market, [(0.40, 10), (0.55, 1000)]), a_book(market, [(0.50, 1000)], outcome=1)]
    one = only(search([market], books), OpportunityKind.BINARY_BUY)
    assert (one.best.shares, one.best_profit, one.is_dead_at_size) == (usd(10), usd(1), True)
    assert one.dies_at == usd(30)
    assert [point.profit for point in one.capacity[1:2]] == [usd(1) - round(0.05 * (one.capacity[1].shares - usd(10)))]


def test_a_budget_is_spent_in_full_but_never_exceeded() -> None:
    markets, edges = twins()
    one = only(search(markets, twin_books(markets, size=5_000), edges=edges), OpportunityKind.PAIR)
    assert [(point.shares, point.cost) for point in one.capacity] == [
        (usd(11), usd(9.9)), (usd(111), usd(99.9)), (usd(1111), usd(999.9)), (usd(5000), usd(4500)),
    ]  # fmt: skip
    assert [point.profit for point in one.capacity] == [usd(1.1), usd(11.1), usd(111.1), usd(500)]
    assert not one.is_dead_at_size


def test_money_is_locked_until_the_last_market_has_closed_and_settled() -> None:
    markets, edges = twins(closes_at=NOON + timedelta(days=8))
    markets[1] = at_kalshi("A", closes_at=NOON + timedelta(days=3))
    one = only(search(markets, twin_books(markets), edges=edges), OpportunityKind.PAIR)
    assert one.days_locked == 10.0
    assert one.annualised_return == pytest.approx(10 / 90 * 36.5)


def test_a_close_that_is_not_stated_is_not_made_up() -> None:
    markets, edges = twins(closes_at=None)
    one = only(search(markets, twin_books(markets), edges=edges), OpportunityKind.PAIR)
    assert (one.days_locked, one.annualised_return) == (None, None)
    assert "days_locked" in [gate.code for gate in one.failed_gates]


def test_what_misses_a_gate_is_kept_with_the_reason() -> None:
    """1 of 9 dollars is earned in 30.5 days, 134 % a year."""
    markets, edges = twins()
    gates = OpportunityGates(
        min_profit=UsdMicros(usd(2)), min_margin=0.2, min_annualised_return=2.0, max_days_locked=30.0
    )
    one = only(search(markets, twin_books(markets, size=10), edges=edges, gates=gates), OpportunityKind.PAIR)
    assert [gate.code for gate in one.failed_gates] == ["profit", "margin", "days_locked", "annualised_return"]
    assert not one.passes
    assert one.failed_gates[0].reason == "earns $1, less than $2"


def test_the_key_names_kind_and_legs_whatever_prices_and_order() -> None:
    a, b = (Leg(venue=Venue.KALSHI, market_id=f"kalshi:{name}", outcome_index=0, action=LegAction.BUY) for name in "ab")
    key = opportunity_key(OpportunityKind.PAIR, [a, b])
    assert key == opportunity_key(OpportunityKind.PAIR, [b, a])
    assert key != opportunity_key(OpportunityKind.BASKET, [a, b])
    assert len(key) == 16


def test_opportunities_are_listed_by_profit_and_run_again_give_the_same_keys() -> None:
    market, other = a_free("A"), a_free("B")
    books = [
        a_book(market, [(0.45, 10)]), a_book(market, [(0.5, 10)], outcome=1),
        a_book(other, [(0.35, 10)]), a_book(other, [(0.5, 10)], outcome=1),
    ]  # fmt: skip
    first = search([market, other], books)
    assert [one.best_profit for one in first.opportunities] == [usd(1.5), usd(0.5)]
    later = search([other, market], list(reversed(books)), as_of=NOON + timedelta(minutes=4))
    assert [one.key for one in later.opportunities] == [one.key for one in first.opportunities]


def test_hostile_text_stays_short_and_on_one_line_in_the_names_of_states() -> None:
    market = a_free("A", question="<script>alert(1)</script>\n" + "x" * 10_000)
    books = [a_book(market, [(0.45, 10)]), a_book(market, [(0.5, 10)], outcome=1)]
    one = only(search([market], books), OpportunityKind.BINARY_BUY)
    assert all(len(state.name) < 100 and "\n" not in state.name for state in one.states)


def test_fees_are_those_of_the_day_in_the_calendar_of_the_venue() -> None:
    """On 2026-07-07 at 02:00 UTC it is still 2026-07-06 at Kalshi: the schedule before, which rounds up to the cent only.
    0.07 * 3 * 0.5 * 0.5 = 0.0525, so 0.06 on either day; and before 2025-10-01 nothing is known."""
    markets, edges = twins()
    markets[1] = at_kalshi("A", fee_terms=KALSHI_FEE)
    early = datetime(2025, 10, 1, 3, tzinfo=UTC)
    found = search(markets, twin_books(markets, at=early, other=early), edges=edges, as_of=early)
    assert codes(found) == ["unknown_fee"]
