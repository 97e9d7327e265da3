"""On synthetic worlds with known truth: all that really pays is found, nothing that can lose is, and the numbers are those
of an independent enumeration of every way to end (``tests/opportunity_oracle.py``)."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest

from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.planted import planted_opportunities
from edgeworth.adapters.synthetic.world import World
from edgeworth.discovery.opportunities.finding import find_opportunities
from edgeworth.discovery.opportunity import LegAction, OpportunityKind
from edgeworth.markets.venue import Venue
from tests.opportunity_oracle import events_of, least_payout, ways_to_end
from tests.studied_worlds import AS_OF, bought, earned, studied
from tests.synthetic_markets import read_world

SEEDS = (7, 1, 2, 3, 4)
FIVE = Fraction(5)
"""Polymarket's smallest order."""


# --- what must be found -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_every_planted_opportunity_that_pays_is_found_and_no_trap_is(seed: int) -> None:
    of = studied(seed)
    planted = planted_opportunities(of.world)
    assert {one.pays for one in planted} == {True, False}
    assert any(one.trap for one in planted)
    found = {(one.kind.value, bought(one)): one for one in of.findings.opportunities}
    for one in planted:
        legs = frozenset((f"{leg.venue.value}:{leg.native_id}", leg.outcome) for leg in one.legs)
        profit = float(one.payout - one.cost) * 1e6
        if one.pays and one.kind == "set_buy_no":
            # The best choice among the No shares may leave out those that hardly add anything.
            best = [found[key].best_profit for key in found if key[0] == one.kind and key[1] <= legs]
            assert max(best) >= profit
        elif one.pays:
            assert found[one.kind, legs].best_profit >= profit - 1
        elif one.trap:
            assert (one.kind, legs) not in found


def test_the_worlds_plant_every_kind() -> None:
    """Over the seeds; what cannot rest in a book that an exchange keeps (both outcomes below a dollar) is not planted."""
    kinds = {one.kind for seed in SEEDS for one in planted_opportunities(studied(seed).world) if one.pays}
    assert kinds == {"set_buy_yes", "set_buy_no", "threshold_ladder", "date_ladder", "pair", "inverse_pair"}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_two_legs_of_the_world_that_pay_whatever_happens_are_found(seed: int) -> None:
    """All pairs of outcomes of an event on both exchanges, planted or not: those that pay a dollar in every way to end
    and cost less for five shares of each."""
    of = studied(seed)
    exact = {bought(one) for one in of.findings.opportunities}
    checked = 0
    for event in events_of(of.world):
        tokens = [
            (market, outcome)
            for market in (*event.polymarket, *event.kalshi)
            if of.market_id(market, event) in of.books
            for outcome in (0, 1)
            if of.books[of.market_id(market, event)].depth(outcome) >= FIVE
        ]
        ways = ways_to_end(event)
        for first, second in combinations(tokens, 2):
            ids = [of.market_id(token[0], event) for token in (first, second)]
            if least_payout([first, second], ways) < 1:
                continue
            costs = [
                sum(of.books[key].trade(token[1], FIVE)[:2]) for key, token in zip(ids, (first, second), strict=True)
            ]
            if sum(costs) >= FIVE:
                continue
            checked += 1
            legs = frozenset(zip(ids, (first[1], second[1]), strict=True))
            if legs in exact:
                continue
            # Two No shares of an exclusive event: the best set of No shares of that event earns as much.
            rivals = [
                one.best_profit
                for one in of.findings.opportunities
                if one.kind in {OpportunityKind.SET_BUY_NO, OpportunityKind.CONVERSION}
                and {of.place[key][0].index for key in one.market_ids} == {event.index}
            ]
            assert event.is_exclusive or event.kalshi, (event.index, legs)
            assert max(rivals) >= float(FIVE - sum(costs)) * 1e6
    assert checked >= 10


# --- what is found ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_found_loses_in_any_way_to_end_and_the_profit_is_exact(seed: int) -> None:
    of = studied(seed)
    assert len(of.findings.opportunities) > 10
    for one in of.findings.opportunities:
        for point in (one.best, *one.capacity):
            shares = [Fraction(fill.shares, 10**6) for fill in point.fills]
            assert Fraction(point.profit, 10**6) == earned(of, one, shares), (one.kind, point.budget)
        assert one.best_profit > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_no_whole_number_of_sets_earns_more_than_the_best_size(seed: int) -> None:
    """Brute force over sizes; the rounding of fees (a cent or 0.00001 at each price level) is all that may differ."""
    of = studied(seed)
    for one in of.findings.opportunities:
        if one.kind is OpportunityKind.BASKET or one.best.shares > 1_500 * 10**6:
            continue
        sides = [(leg, of.books[leg.market_id]) for leg in one.legs if leg.action in {LegAction.BUY, LegAction.SELL}]
        depth = min(book.depth(leg.outcome_index, is_sale=leg.action is LegAction.SELL) for leg, book in sides)
        at_best, levels, unit = cash(sides, Fraction(one.best.shares, 10**6))
        per_set = (Fraction(one.best.profit, 10**6) - at_best) / Fraction(one.best.shares, 10**6)
        slack = levels * unit
        for size in range(5, int(depth) + 1, max(1, int(depth) // 120)):
            profit = cash(sides, Fraction(size))[0] + per_set * size
            assert profit <= Fraction(one.best.profit, 10**6) + slack


def cash(sides: list, sets: Fraction) -> tuple[Fraction, int, Fraction]:
    """Received less paid for the orders, price levels taken, and the coarsest unit of a fee."""
    total, levels, unit = Fraction(0), 0, Fraction(1, 10**5)
    for leg, book in sides:
        is_sale = leg.action is LegAction.SELL
        amount, fees, taken = book.trade(leg.outcome_index, sets, is_sale=is_sale)
        total += (amount if is_sale else -amount) - fees
        levels += taken
        if leg.venue is Venue.SYNTHETIC_KALSHI:
            unit = Fraction(1, 100)
    return total, levels, unit


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_looked_at_is_accounted_for(seed: int) -> None:
    found = studied(seed).findings
    assert found.considered == len(found.opportunities) + len(found.not_tradable) + found.unprofitable
    open_markets = sum(
        of_world.snapshot(event, market).stage is Stage.OPEN
        for of_world in [studied(seed).world]
        for event in events_of(of_world)
        for market in (*event.polymarket, *event.kalshi)
    )
    assert found.considered > open_markets


@pytest.mark.parametrize("seed", SEEDS)
def test_augmented_sets_and_sets_that_only_kalshi_lists_are_refused_with_their_reason(seed: int) -> None:
    of = studied(seed)
    for one in of.findings.opportunities:
        if one.kind is OpportunityKind.SET_BUY_YES:
            event = of.place[one.market_ids[0]][0]
            assert event.is_exclusive
            assert not event.is_augmented
            assert {leg.venue for leg in one.legs} == {Venue.SYNTHETIC_POLYMARKET}
    assert "augmented_event" in {one.code for one in of.findings.not_tradable}


def test_the_same_world_gives_the_same_findings() -> None:
    again = find_opportunities(read_world(World(seed=7, as_of=AS_OF)), AS_OF)
    assert again == studied(7).findings
