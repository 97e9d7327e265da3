"""The figures of a replay, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edgeworth.replay.costs import Costs, ProportionalFee
from edgeworth.replay.loop import ReplaySetup, full_replay
from edgeworth.replay.metrics import YEAR_SECONDS, bars_a_year, held, metrics, underwater
from edgeworth.replay.orders import Direction, Enter, Leave
from tests.replaying import HOUR, flat_bars
from tests.unit.test_replay_broker import Scripted

COSTS = Costs(fee=ProportionalFee(rate=0.01), half_spread=0.0, slippage=0.0)
IN = Enter(side=Direction.LONG, quantity=1.0)
OUT = Leave()


def replayed(closes, script, costs=COSTS):
    return full_replay(flat_bars(closes), Scripted(script), ReplaySetup(cash=1_000.0, costs=costs))


def test_figures_of_two_trades():
    """In at 100, out at 110: 10 less fees of 1 and 1.10; in at 110, out at 99: -11 less 1.10 and 0.99."""
    replay = replayed([100.0, 100.0, 110.0, 110.0, 99.0, 99.0, 99.0], {0: [IN], 2: [OUT], 3: [IN], 4: [OUT]})
    found = metrics(replay)
    assert found.trades == 2
    assert found.win_rate == 0.5
    assert found.fees == pytest.approx(1 + 1.1 + 1.1 + 0.99)
    assert found.total_return == pytest.approx((7.9 - 13.09) / 1_000)
    assert found.exposure == pytest.approx(3 / 7)
    assert held(replay).tolist() == [False, True, True, False, True, False, False]
    assert found.turnover == pytest.approx((100 + 110 + 110 + 99) / replay.equity.mean())
    top = 1_009.0
    assert found.drawdown == pytest.approx((top - 994.81) / top)


def test_sharpe_and_sortino_by_their_definitions():
    """Equity of 1,000, 1,000, 1,010, 1,005: returns of 0, 0, 1 %, and less than half a per cent down."""
    free = Costs(fee=ProportionalFee(rate=0.0), half_spread=0.0, slippage=0.0)
    replay = replayed([100.0, 100.0, 110.0, 105.0], {0: [IN]}, free)
    returns = [0.0, 0.0, 0.01, 1_005 / 1_010 - 1]
    mean = sum(returns) / 4
    deviation = math.sqrt(sum((value - mean) ** 2 for value in returns) / 3)
    losses = math.sqrt(returns[3] ** 2 / 4)
    year = math.sqrt(YEAR_SECONDS / HOUR)
    found = metrics(replay)
    assert found.sharpe == pytest.approx(mean / deviation * year)
    assert found.sortino == pytest.approx(mean / losses * year)
    assert underwater(replay)[-1] == pytest.approx(1_005 / 1_010 - 1)


def test_what_cannot_be_said_is_none():
    found = metrics(replayed([100.0, 100.0, 100.0], {}))
    assert (found.win_rate, found.sharpe, found.sortino) == (None, None, None)
    assert (found.total_return, found.drawdown, found.turnover) == (0.0, 0.0, 0.0)


def test_a_year_has_as_many_bars_as_the_data_have():
    replay = full_replay(flat_bars([1.0, 1.0], opens_at=np.array([0, 9 * HOUR])), Scripted({}), ReplaySetup())
    assert bars_a_year(replay) == pytest.approx(2 * YEAR_SECONDS / (10 * HOUR))
