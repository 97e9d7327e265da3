"""The feed's quantities: past hours only, the same whenever they are asked for, and what the ladders are about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.special import ndtr

from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.quantities import MOST_BARS, Quantity, quantities
from edgeworth.adapters.synthetic.world import World

NOW = datetime(2026, 11, 21, 12, 45, tzinfo=UTC)
HOUR = 3600


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, as_of=NOW)


@pytest.fixture(scope="module")
def shown(world) -> list[Quantity]:
    return list(quantities(world))


def test_every_ladder_of_levels_that_runs_has_a_quantity(world, shown):
    running = [
        index
        for index in range(world.event_count)
        if (event := world.event(index)).family.kind is Kind.LEVELS
        and max(event.created_at, event.opens_at) <= world.now < event.closes_at
    ]
    assert running
    assert [quantity.index for quantity in shown] == running


def test_bars_are_whole_hours_that_have_ended(world, shown):
    for quantity in shown:
        begins = [bar.opens_at for bar in quantity.bars]
        assert len(begins) <= MOST_BARS
        assert begins[-1] + HOUR <= world.now
        assert set(np.diff(begins)) <= {HOUR}
        assert all(begin % HOUR == 0 for begin in begins)
        assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in quantity.bars)


def test_one_bar_begins_where_the_one_before_ended(shown):
    for quantity in shown:
        assert all(after.open == before.close for before, after in zip(quantity.bars, quantity.bars[1:], strict=False))


def test_what_was_shown_earlier_is_shown_later_too(world, shown):
    later = {quantity.index: quantity for quantity in quantities(world.at(NOW + timedelta(hours=7)))}
    kept = 0
    for quantity in shown:
        if quantity.index in later:
            by_begin = {bar.opens_at: bar for bar in later[quantity.index].bars}
            known = [bar for bar in quantity.bars if bar.opens_at in by_begin]
            assert known == [by_begin[bar.opens_at] for bar in known]
            kept += len(known)
    assert kept > 1_000


def test_the_last_value_is_what_the_true_chances_follow_from(world, shown):
    """P(end above a level) = Phi((value - level) / what is left of the deviation); Black and Scholes without drift."""
    checked = 0
    for quantity in shown:
        event = world.event(quantity.index)
        belief = event.beliefs[0]
        at = quantity.bars[-1].opens_at + HOUR
        left = 1 - ((at - event.opens_at) // 900) / belief.steps
        markets = [
            market
            for market in event.polymarket
            if market.stage(at, event.created_at) is Stage.OPEN and not market.claim.flip_probability
        ]
        if len(markets) < 2:
            continue
        first, last = markets[0], markets[-1]
        width = (last.strike - first.strike) / (last.claim.argument - first.claim.argument)
        for market in markets:
            truth = event.probabilities((market,), np.array([at]))[0, 0]
            expected = ndtr((quantity.bars[-1].close - market.strike) / width / np.sqrt(left))
            assert truth == pytest.approx(1 - expected if market.claim.is_negated else expected, abs=1e-4)
            checked += 1
    assert checked > 20


def test_a_quantity_is_named_as_the_exchanges_name_its_event(world, shown):
    for quantity in shown:
        event = world.event(quantity.index)
        assert (quantity.polymarket is not None) == bool(event.polymarket)
        assert (quantity.kalshi is not None) == bool(event.kalshi)
        if quantity.polymarket is not None:
            assert world.by_gamma_event(quantity.polymarket) is event
        if quantity.kalshi is not None:
            assert world.by_event_ticker(quantity.kalshi) is event


def test_going_on_from_a_number_gives_the_rest(world, shown):
    middle = shown[len(shown) // 2]
    assert list(quantities(world, middle.index)) == shown[len(shown) // 2 :]
