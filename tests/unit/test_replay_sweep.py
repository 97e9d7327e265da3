"""The best of many is not mistaken for good: published examples, cases worked by hand, a ledger without holes."""

from __future__ import annotations

import itertools
import math

import msgspec
import numpy as np
import pytest

from edgeworth.errors import ConfigurationError, DataError
from edgeworth.replay.costs import Costs, ProportionalFee
from edgeworth.replay.indicators import Sma, VolatilityRegime
from edgeworth.replay.loop import ReplaySetup, focused_replay, full_replay
from edgeworth.replay.metrics import metrics
from edgeworth.replay.orders import Direction, Enter, Exits
from edgeworth.replay.screener import Screener
from edgeworth.replay.selection import block_sums, deflated_sharpe, expected_best_sharpe, overfitting_probability
from edgeworth.replay.strategies import CrossFollower, LongHolder
from edgeworth.replay.sweep import Trial, TrialMaker, grid, judge, run_trials
from tests.replaying import flat_bars, walked_bars

QUICK = Screener(fast=5, slow=20, regime=VolatilityRegime(n=5, usual=20, high=1.3, low=0.75))
BARS = walked_bars(3, 500)
DAILY = math.sqrt(250)
FREE = Costs(fee=ProportionalFee(rate=0.0), half_spread=0.0, slippage=0.0)


def test_the_example_of_the_paper_on_the_deflated_sharpe_ratio():
    """Bailey and López de Prado (2014): 100 trials of variance 1/2 a year, five years of days, a Sharpe ratio of 2.5,
    skewness -3, kurtosis 10: threshold 0.1132 a day, and a deflated Sharpe ratio of 0.9004."""
    variance = 0.5 / 250
    assert expected_best_sharpe(variance, 100) == pytest.approx(0.1132, abs=5e-5)
    found = deflated_sharpe(2.5 / DAILY, bars=1250, skewness=-3.0, kurtosis=10.0, variance=variance, trials=100)
    assert found == pytest.approx(0.9004, abs=5e-5)


def test_the_same_example_with_fewer_trials_and_with_normal_returns():
    """The paper: 46 trials would give 0.9505, and normal returns the same after 88."""
    variance = 0.5 / 250
    fewer = deflated_sharpe(2.5 / DAILY, bars=1250, skewness=-3.0, kurtosis=10.0, variance=variance, trials=46)
    normal = deflated_sharpe(2.5 / DAILY, bars=1250, skewness=0.0, kurtosis=3.0, variance=variance, trials=88)
    assert fewer == pytest.approx(0.9505, abs=5e-5)
    assert normal == pytest.approx(0.9505, abs=5e-5)


def test_one_trial_is_held_against_zero():
    assert expected_best_sharpe(1.0, 1) == 0.0
    assert deflated_sharpe(0.0, bars=100, skewness=0.0, kurtosis=3.0, variance=0.0, trials=1) == 0.5


def test_returns_too_odd_for_the_formula_have_no_answer():
    assert deflated_sharpe(2.0, bars=100, skewness=9.0, kurtosis=3.0, variance=0.1, trials=5) is None


def sums(*returns: float, splits: int = 2):
    return block_sums(np.array(returns), splits)


def test_two_trials_that_take_turns_are_overfitted_for_sure():
    """Each is the best of one half and the worse in the other."""
    first, second = sums(2.0, 3.0, -2.0, -3.0), sums(-2.0, -3.0, 2.0, 3.0)
    assert overfitting_probability([first, second]) == 1.0


def test_a_trial_that_is_better_everywhere_is_not():
    better = sums(2.0, 3.0, 2.0, 3.0, 4.0, 3.0, 2.0, 3.0, splits=4)
    worse = sums(-1.0, 1.0, 0.0, 1.0, -1.0, 0.0, 1.0, 0.0, splits=4)
    assert overfitting_probability([better, worse]) == 0.0


def test_three_trials_by_hand():
    """Two halves. The best of the first (Sharpe 2.5 over 0.5) is second of three in the other: rank 2 of 3 lies at the
    median and counts half. The best of the second half is last in the first and counts whole."""
    a = sums(2.0, 3.0, 1.0, 3.0)
    b = sums(-1.0, 1.0, 2.0, 2.5)
    c = sums(0.0, 1.0, 0.0, 1.0)
    assert overfitting_probability([a, b, c]) == 0.75


@pytest.mark.parametrize("trials", [3, 5, 10])
def test_worthless_trials_are_overfitted_half_of_the_time(trials):
    """Whether odd or even in number. One probability varies by less than 0.5, the mean of 60 by less than 0.065."""
    rng = np.random.default_rng(5)
    made = ([sums(*rng.standard_normal(80), splits=8) for _ in range(trials)] for _ in range(60))
    found = [overfitting_probability(one) for one in made]
    assert np.mean([value for value in found if value is not None]) == pytest.approx(0.5, abs=0.13)


def test_trials_that_never_moved_say_nothing_about_overfitting():
    still = sums(0.0, 0.0, 0.0, 0.0)
    assert overfitting_probability([still, still, still]) is None


def test_trials_that_are_all_the_same_are_a_draw():
    same = sums(1.0, 2.0, -1.0, 3.0)
    assert overfitting_probability([same, same, same, same]) == 0.5


def test_hundreds_of_trials_choice_by_choice():
    """320 of them do not fit into memory with all choices at once; here each choice is judged by itself."""
    rng = np.random.default_rng(6)
    returns = rng.standard_normal((320, 48)) + np.linspace(-0.1, 0.1, 320)[:, None]
    fallen = []
    for half in itertools.combinations(range(16), 8):
        inside = np.isin(np.arange(48) // 3, half)
        chosen, other = returns[:, inside], returns[:, ~inside]
        best = np.argmax(chosen.mean(axis=1) / chosen.std(axis=1))
        later = other.mean(axis=1) / other.std(axis=1)
        fallen.append(later[best] <= np.median(later))
    found = overfitting_probability([block_sums(row) for row in returns])
    assert found == pytest.approx(np.mean(fallen), abs=1e-9)


def test_a_single_trial_cannot_be_overfitted():
    assert overfitting_probability([sums(1.0, 2.0)]) is None


@pytest.mark.parametrize("splits", [0, 3, 8])
def test_blocks_that_do_not_halve_the_time_are_refused(splits):
    with pytest.raises(ValueError, match=f"even number of blocks up to 4, found {splits}"):
        sums(1.0, 2.0, 3.0, 4.0, splits=splits)


def strategies():
    return grid(LongHolder(screener=QUICK), {"hold_seconds": [86_400, 3 * 86_400], "screener.threshold": [0.5, 0.7]})


def test_a_grid_has_every_combination_in_order():
    found = [(strategy.hold_seconds, strategy.screener.threshold) for strategy in strategies()]
    assert found == [(86_400, 0.5), (86_400, 0.7), (259_200, 0.5), (259_200, 0.7)]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"hold": [1]}, "a setting of LongHolder, found 'hold'"),
        ({"screener.fastest": [1]}, "found 'screener.fastest'"),
        ({"fraction.of": [1]}, "found 'fraction.of'"),
        ({"fraction": ["much"]}, "Expected `float`"),
    ],
)
def test_a_setting_that_is_none_is_refused(fields, problem):
    with pytest.raises(ConfigurationError, match=problem):
        grid(LongHolder(), fields)


def test_a_trial_is_what_the_full_replay_comes_to():
    for strategy, trial in zip(strategies(), run_trials(BARS, strategies(), reach=8), strict=True):
        replay = full_replay(BARS, strategy)
        assert trial.metrics == metrics(replay)
        assert trial.settings["hold_seconds"] == strategy.hold_seconds
        assert msgspec.json.decode(msgspec.json.encode(trial), type=Trial) == trial


def test_shared_columns_change_nothing():
    strategy = CrossFollower(fast=5, slow=20)
    alone = focused_replay(BARS, strategy, [(0, len(BARS))])
    assert run_trials(BARS, [*strategies(), strategy])[-1].metrics == metrics(alone)


def test_a_verdict_holds_every_trial_the_best_first():
    trials = [*run_trials(BARS, strategies()), *run_trials(walked_bars(4, 500), strategies())]
    verdict = judge(trials)
    assert len(verdict.trials) == 8
    assert verdict.best.sharpe == max(trial.sharpe for trial in trials)
    assert 0.0 <= (verdict.deflated_sharpe or 0.0) <= 1.0


def test_a_sweep_of_nothing_is_refused():
    with pytest.raises(ConfigurationError, match="one trial or more, found none"):
        judge([])


def a_trial(sharpe: float, *, asset: str = "ETH") -> Trial:
    """One of 101 bars with normal returns."""
    [like] = run_trials(BARS, strategies()[:1])
    return msgspec.structs.replace(like, asset=asset, bars=101, sharpe=sharpe, skewness=0.0, kurtosis=3.0)


def test_two_trials_by_hand():
    """Sharpe ratios 0.1 and -0.1: variance 0.02. The best of two worthless ones shows 0.14142 * 0.57722 * z(0.81606),
    that is 0.14142 * 0.57722 * 0.90045 = 0.07350. Then (0.1 - 0.0735) * 10 / sqrt(1.005) = 0.26434, and N = 0.6042."""
    assert judge([a_trial(-0.1), a_trial(0.1)]).deflated_sharpe == pytest.approx(0.6042, abs=5e-5)


def test_earlier_trials_count_in_number_and_variance():
    """Two more of 0: variance 0.02 / 3, four trials. 0.08165 * (0.42278 * 0.67449 + 0.57722 * 1.32872) = 0.08591;
    (0.1 - 0.08591) * 10 / sqrt(1.005) = 0.14055, and N = 0.5559."""
    verdict = judge([a_trial(-0.1), a_trial(0.1)], earlier=[0.0, 0.0])
    assert verdict.deflated_sharpe == pytest.approx(0.5559, abs=5e-5)
    assert len(verdict.trials) == 2


def test_a_sweep_in_ten_steps_deflates_like_a_large_one():
    sharpes = [0.01 * number for number in range(-10, 10)]
    whole = judge([a_trial(sharpe) for sharpe in sharpes])
    last_step = judge([a_trial(sharpe) for sharpe in sharpes[-2:]], earlier=sharpes[:-2])
    assert last_step.deflated_sharpe == pytest.approx(whole.deflated_sharpe, rel=1e-12)
    alone = judge([a_trial(sharpe) for sharpe in sharpes[-2:]])
    assert (alone.deflated_sharpe or 0.0) > (whole.deflated_sharpe or 0.0)


def test_trials_of_several_assets_are_deflated_together_and_told_apart_for_overfitting():
    trials = [a_trial(0.1), a_trial(-0.1), a_trial(0.0, asset="BTC"), a_trial(0.0, asset="BTC")]
    verdict = judge(trials)
    assert verdict.deflated_sharpe == pytest.approx(0.5559, abs=5e-5)
    assert set(verdict.overfitting) == {"ETH", "BTC"}


def test_a_best_trial_that_never_moved_has_nothing_to_deflate():
    one = a_trial(0.0)
    still = msgspec.structs.replace(one, metrics=msgspec.structs.replace(one.metrics, sharpe=None, trades=0))
    assert judge([still, still]).deflated_sharpe is None


class AllIn(LongHolder, frozen=True, kw_only=True, tag=True):
    """Buys at the first bar that it is shown."""

    def on_bar(self, past, account):
        if account.position is not None:
            return ()
        exits = Exits(hold_seconds=100 * 86_400)
        return (Enter(side=Direction.LONG, quantity=account.equity / past.close[-1], exits=exits, note="all in"),)


def test_what_has_no_figures_is_no_trial():
    """Three times the largest dollars that a number can say are none. A Sharpe ratio of 0 would stand in the ledger."""
    tripled = flat_bars([*(100.0 + number % 2 for number in range(30)), *(300.0 + number % 2 for number in range(30))])
    maker = TrialMaker(tripled, ReplaySetup(cash=1e308, costs=FREE), reach=100)
    with pytest.raises(DataError, match="expected finite dollars at the end of every bar, found none from 2025"):
        maker.trial(AllIn(screener=QUICK))


COUNTED: list[int] = []


class CountedMean(Sma, frozen=True, tag=True):
    """Tells how often it is computed."""

    def column(self, bars):
        COUNTED.append(self.n)
        return super().column(bars)


class Unlucky(LongHolder, frozen=True, kw_only=True, tag=True):
    """Fails at its first bar, but with one of its settings."""

    @property
    def indicators(self):
        return super().indicators | {"mean": CountedMean(7)}

    def on_bar(self, past, account):
        if self.hold_seconds != 86_400:
            raise ArithmeticError("not today")
        return super().on_bar(past, account)


def test_one_that_fails_takes_from_the_next_nothing_that_was_made_for_both():
    COUNTED.clear()
    maker = TrialMaker(BARS, reach=8)
    for _ in range(3):
        with pytest.raises(ArithmeticError):
            maker.trial(Unlucky(screener=QUICK, hold_seconds=7))
    assert maker.trial(Unlucky(screener=QUICK, hold_seconds=86_400)).strategy == "holder"
    assert COUNTED == [7]
