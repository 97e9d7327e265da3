"""What of an opportunity cannot be judged, and what is said of one that can: size, time, gates, key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeworth.discovery.opportunities.snapshot import RelationEdge
from edgeworth.discovery.opportunity import (
    Leg,
    LegAction,
    OpportunityGates,
    OpportunityKind,
    opportunity_key,
)
from edgeworth.markets.book import OrderBook
from edgeworth.markets.market import Market, MarketStatus, Outcome
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.units import ShareMicros, UsdMicros, micros
from tests.builders import NOON
from tests.worked_opportunities import (
    KALSHI_FEE,
    a_book,
    a_free,
    at_kalshi,
    bound,
    codes,
    only,
    search,
    usd,
)

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
