"""Opportunities in one market and in sets, worked by hand: what is found, what is refused and why, every number."""

from __future__ import annotations

from typing import Any

import pytest

from edgeworth.discovery.opportunity import (
    Certainty,
    LegAction,
    OpportunityKind,
)
from edgeworth.markets.market import MarketStatus
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros
from tests.builders import an_event
from tests.worked_opportunities import (
    FOUR_PERCENT,
    THIRDS,
    Levels,
    a_book,
    a_free,
    a_set,
    at_kalshi,
    codes,
    only,
    search,
    usd,
)

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
