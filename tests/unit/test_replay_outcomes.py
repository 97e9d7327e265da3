"""What came of each candidate: cases worked by hand, and what holds for any bars."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edgeworth.errors import DataError
from edgeworth.replay.candidates import Candidate
from edgeworth.replay.costs import Costs, ProportionalFee
from edgeworth.replay.indicators import VolatilityRegime
from edgeworth.replay.loop import ReplaySetup, full_replay
from edgeworth.replay.orders import Direction, Enter, ExitReason, Leave
from edgeworth.replay.outcomes import candidate_outcomes
from edgeworth.replay.screener import Screener, screen
from edgeworth.replay.strategies import CrossFollower, Fusion, LongHolder
from tests.replaying import flat_bars, walked_bars
from tests.unit.test_replay_broker import Scripted, bars_of

FREE = ReplaySetup(cash=1_000.0, costs=Costs(fee=ProportionalFee(rate=0.0), half_spread=0.0, slippage=0.0))
IN = Enter(side=Direction.LONG, quantity=1.0)
OUT = Leave()


def pointed(bars, *places, side=Direction.LONG):
    return [
        Candidate(
            asset=bars.asset,
            dataset=bars.digest,
            timestamp=bars.ends_at(place),
            side=side,
            score=float(side.sign),
            reason="a cross",
            sentinels={"sma_cross": side.sign},
        )
        for place in places
    ]


def test_the_position_that_was_decided_on_behind_a_candidate_is_its_own():
    """Decided at bar 2, in at the open of bar 3 (110), out at the open of bar 5 (130): 20 dollars."""
    bars = flat_bars([100.0, 100.0, 110.0, 120.0, 130.0, 130.0, 130.0])
    (found,) = candidate_outcomes(full_replay(bars, Scripted({2: [IN], 4: [OUT]}), FREE), pointed(bars, 1), reach=3)
    assert (found.entered, found.trades, found.holds) == (True, (0,), False)
    assert found.profit == pytest.approx(20.0)
    assert found.exit_reason is ExitReason.ASKED


@pytest.mark.parametrize(("decided", "is_its_own"), [(0, False), (1, True), (4, True), (5, False)])
def test_it_must_be_decided_on_at_the_candidate_or_within_reach_behind_it(decided, is_its_own):
    bars = flat_bars([100.0] * 10)
    replay = full_replay(bars, Scripted({decided: [IN], 7: [OUT]}), FREE)
    (found,) = candidate_outcomes(replay, pointed(bars, 1), reach=3)
    assert found.entered is is_its_own


def test_at_the_next_candidate_it_is_that_ones():
    bars = flat_bars([100.0] * 10)
    replay = full_replay(bars, Scripted({3: [IN], 7: [OUT]}), FREE)
    first, second = candidate_outcomes(replay, pointed(bars, 3, 1), reach=5)
    assert (first.candidate.timestamp, second.candidate.timestamp) == (bars.ends_at(1), bars.ends_at(3))
    assert (first.entered, second.entered) == (False, True)


def test_reach_counts_bars_and_not_hours_so_a_gap_does_not_shorten_it():
    opens_at = np.array([0, 1, 50, 51, 52, 53]) * 3_600
    bars = flat_bars([100.0] * 6, opens_at=opens_at)
    replay = full_replay(bars, Scripted({3: [IN], 4: [OUT]}), FREE)
    (found,) = candidate_outcomes(replay, pointed(bars, 1), reach=2)
    assert found.entered


def test_several_positions_of_one_candidate_are_added_up_and_the_last_says_how_it_ended():
    """In at 110 and out at 120, in at 120 and out at 115: 10 - 5."""
    bars = flat_bars([100.0, 110.0, 120.0, 120.0, 115.0, 115.0, 115.0])
    script = {1: [IN], 2: [OUT], 3: [Enter(side=Direction.LONG, quantity=1.0)], 4: [OUT]}
    (found,) = candidate_outcomes(full_replay(bars, Scripted(script), FREE), pointed(bars, 1), reach=4)
    assert found.trades == (0, 1)
    assert found.profit == pytest.approx(5.0)


def test_a_position_that_is_still_open_has_no_profit_and_no_reason():
    bars = flat_bars([100.0, 100.0, 110.0, 120.0])
    (found,) = candidate_outcomes(full_replay(bars, Scripted({1: [IN]}), FREE), pointed(bars, 1), reach=1)
    assert (found.entered, found.holds, found.trades) == (True, True, ())
    assert (found.profit, found.exit_reason) == (None, None)


ROWS = [
    (100.0, 100.0, 100.0, 100.0),
    (100.0, 112.0, 95.0, 104.0),
    (104.0, 106.0, 90.0, 105.0),
    (105.0, 200.0, 1.0, 9.0),
]


def test_where_the_price_went_within_reach_as_shares_of_the_close():
    """From 100 over the two bars behind it: closes at 105, highs up to 112, lows down to 90."""
    bars = bars_of(*ROWS)
    replay = full_replay(bars, Scripted({}), FREE)
    (up,) = candidate_outcomes(replay, pointed(bars, 0), reach=2)
    (down,) = candidate_outcomes(replay, pointed(bars, 0, side=Direction.SHORT), reach=2)
    assert not up.entered
    assert (up.moved, up.best, up.worst) == pytest.approx((0.05, 0.12, -0.10))
    assert (down.moved, down.best, down.worst) == pytest.approx((-0.05, 0.10, -0.12))


def test_where_the_bars_end_before_nothing_is_said():
    bars = bars_of(*ROWS)
    (found,) = candidate_outcomes(full_replay(bars, Scripted({}), FREE), pointed(bars, 2), reach=2)
    assert (found.moved, found.best, found.worst) == (None, None, None)


def test_a_close_of_nothing_has_no_shares():
    bars = flat_bars([0.0, 0.0, 0.1, 0.2], is_market=True)
    (found,) = candidate_outcomes(full_replay(bars, Scripted({}), FREE), pointed(bars, 1), reach=1)
    assert found.moved is None


def test_candidates_of_other_bars_are_refused():
    bars = flat_bars([100.0] * 5)
    replay = full_replay(bars, Scripted({}), FREE)
    with pytest.raises(DataError, match="screen these bars again"):
        candidate_outcomes(replay, pointed(flat_bars([101.0] * 5), 1))
    assert candidate_outcomes(replay, []) == ()


QUICK = Screener(fast=5, slow=20, regime=VolatilityRegime(n=5, usual=20, high=1.3, low=0.75))
STRATEGIES = [
    CrossFollower(fast=5, slow=20, ranges=7),
    Fusion(screener=QUICK, threshold=0.2, trigger_bars=8),
    LongHolder(screener=QUICK, hold_seconds=4 * 86_400),
]


def is_blind(screening, decided_at):
    """Whether the screener could not know anything yet."""
    bars = screening.bars
    place = np.searchsorted(bars.opens_at, decided_at.timestamp() - bars.interval_seconds)
    return screening.codes[place] < 0


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda value: value.name)
def test_each_trade_belongs_to_at_most_one_candidate_and_each_candidate_is_told_once(strategy):
    own = 0
    for seed in range(60):
        bars = walked_bars(seed, 220)
        screening = screen(bars, strategy.screener)
        candidates = screening.candidates()
        replay = full_replay(bars, strategy)
        outcomes = candidate_outcomes(replay, candidates, reach=8)
        assert [one.candidate for one in outcomes] == candidates
        belonging = list(itertools.chain.from_iterable(one.trades for one in outcomes))
        assert len(belonging) == len(set(belonging))
        assert sum(one.holds for one in outcomes) <= (replay.open_position is not None)
        for one in outcomes:
            for place in one.trades:
                assert one.candidate.timestamp <= replay.trades[place].decided_at
        entered = sum(one.entered for one in outcomes)
        assert entered + sum(not one.entered for one in outcomes) == len(candidates)
        told = sum(one.profit for one in outcomes if one.profit is not None)
        assert told == pytest.approx(sum(replay.trades[place].profit for place in belonging))
        if strategy.name == "cross":
            others = [trade for place, trade in enumerate(replay.trades) if place not in belonging]
            assert all(is_blind(screening, trade.decided_at) for trade in others), "it enters at candidates only"
        own += len(belonging)
    assert own > 50
