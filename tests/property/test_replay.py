"""What holds on any bars: columns and states agree to the last bit, full and focused replays are the same, money adds up,
nothing knows the future."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from edgeworth.replay.broker import Settlement
from edgeworth.replay.costs import Costs
from edgeworth.replay.indicators import (
    DAY_SECONDS,
    Atr,
    Ema,
    Returns,
    Rsi,
    SessionBreak,
    Sma,
    VolatilityRegime,
    VolumeZScore,
    ZScore,
    first_difference,
)
from edgeworth.replay.loop import ReplaySetup, focused_replay, full_replay
from edgeworth.replay.metrics import held
from edgeworth.replay.orders import Direction, Enter, Exits, Leave
from edgeworth.replay.parity import first_divergence
from edgeworth.replay.screener import Screener, screen
from edgeworth.replay.signals import Signals, compiled_replay
from edgeworth.replay.strategies import CrossFollower, DipBuyer, Fusion, LongHolder
from edgeworth.replay.truncation import by_indicator, by_screener, by_strategy, past_changes
from edgeworth.replay.windows import soundness, windows_around
from tests.replaying import walked_bars

SEEDS = 200
QUICK = Screener(fast=5, slow=20, regime=VolatilityRegime(n=5, usual=20, high=1.3, low=0.75))
INDICATORS = [
    Sma(7),
    Ema(9),
    Atr(5),
    Rsi(6),
    ZScore(11),
    VolumeZScore(8),
    Returns(),
    VolatilityRegime(n=5, usual=13),
    SessionBreak(),
    QUICK,
]
STRATEGIES = [
    CrossFollower(fast=5, slow=20, ranges=7),
    Fusion(screener=QUICK, threshold=0.2, trigger_bars=8),
    LongHolder(screener=QUICK, hold_seconds=4 * DAY_SECONDS),
]
REACH = 8


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda value: type(value).__name__)
def test_column_and_state_agree_to_the_last_bit(indicator):
    for seed in range(40):
        assert first_difference(walked_bars(seed, 150), indicator) is None, f"seed {seed}"


@pytest.mark.parametrize("count", [2, 4, 5, 6, 9, 10, 11, 20, 21, 39, 40, 41, 60])
def test_they_agree_where_blocks_begin_and_end_too(count):
    """Windows of 5 and of 20: fewer bars than one, just as many, one more, one less than two."""
    windowed = [Sma(5), Sma(20), ZScore(5), ZScore(20), Atr(5), Rsi(5), VolatilityRegime(n=5, usual=20), QUICK]
    for seed in range(5):
        bars = walked_bars(seed, count)
        assert [first_difference(bars, indicator) for indicator in windowed] == [None] * len(windowed)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda value: value.name)
def test_full_and_focused_replay_are_the_same_to_the_last_bit(strategy):
    trades = outlasting = 0
    for seed in range(SEEDS):
        bars = walked_bars(seed, 220)
        windows = windows_around(screen(bars, strategy.screener), REACH)
        full = full_replay(bars, strategy)
        focused = focused_replay(bars, strategy, windows)
        assert first_divergence(full, focused) is None, f"seed {seed}"
        assert full.equity.tobytes() == focused.equity.tobytes()
        assert (full.trades, full.open_position) == (focused.trades, focused.open_position)
        assert soundness(full.decided_at, bars, windows).is_sound
        trades += len(full.trades)
        outlasting += sum((t.exited_at - t.entered_at).total_seconds() > 10 * REACH * 3600 for t in full.trades)
    assert trades > 100
    assert outlasting > 100 or strategy.name != "holder"


def test_in_a_prediction_market_too():
    strategy, settled = DipBuyer(screener=QUICK), 0
    for seed in range(SEEDS):
        bars = walked_bars(seed, 120, is_market=True)
        settlement = Settlement(
            at=int(bars.opens_at[100 + seed % 30 if seed % 30 < 20 else -1]) + 1800, value=float(seed % 2)
        )
        terms = ReplaySetup(settlement=settlement, costs=Costs(half_spread=0.005, slippage=0.0))
        windows = windows_around(screen(bars, QUICK), REACH)
        full, focused = full_replay(bars, strategy, terms), focused_replay(bars, strategy, windows, terms)
        assert first_divergence(full, focused) is None, f"seed {seed}"
        assert all(0.0 <= trade.exit_price <= 1.0 for trade in full.trades)
        assert full.open_position is None
        settled += sum(trade.exit_reason == "settled" for trade in full.trades)
    assert settled > 20


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda value: value.name)
def test_money_is_conserved(strategy):
    """Final equity is the cash at the beginning, what every trade made after fees, and what is still held."""
    for seed in range(50):
        replay = full_replay(walked_bars(seed, 220), strategy)
        made = sum(trade.profit for trade in replay.trades)
        if (last := replay.open_position) is not None:
            made += last.side.sign * last.quantity * (replay.bars.close[-1] - last.entry_price) - last.fees
        assert replay.equity[-1] == pytest.approx(replay.cash + made, rel=1e-12)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda value: value.name)
def test_equity_moves_only_while_something_is_held(strategy):
    for seed in range(20):
        replay = full_replay(walked_bars(seed, 220), strategy)
        moved = np.diff(replay.equity, prepend=replay.cash) != 0.0
        around = held(replay)
        left = np.concatenate([[False], around[:-1]])
        assert not (moved & ~around & ~left & ~_both_within(replay)).any()


def test_equity_is_finite_whatever_is_asked_for():
    """Every number of an order may be anything that arithmetic on prices gives, NaN and infinity among them."""
    filled = 0
    for seed in range(SEEDS):
        is_market = seed % 2 == 1
        bars = walked_bars(seed, 120, is_market=is_market)
        replay = full_replay(bars, _Anything(seed, bars.close[0]))
        assert np.isfinite(replay.equity).all(), f"seed {seed}"
        assert all(np.isfinite([trade.exit_price, trade.profit]).all() for trade in replay.trades), f"seed {seed}"
        filled += len(replay.trades)
    assert filled > 500


class _Anything:
    """Orders whose every number is drawn, of which some cannot be meant."""

    name = "anything"
    lookback = 1
    indicators = {}  # noqa: RUF012 - never changed

    def __init__(self, seed, price):
        self._rng = np.random.default_rng(seed)
        self._price = price

    def _amount(self, most):
        odd = (float("nan"), float("inf"), -float("inf"), -most, 0.0)
        return odd[self._rng.integers(len(odd))] if self._rng.random() < 0.1 else self._rng.uniform(0.0, most)

    def _maybe(self, most):
        return None if self._rng.random() < 0.5 else self._amount(most)

    def on_bar(self, past, account):
        if self._rng.random() < 0.1:
            return (Leave(),)
        price = self._price
        exits = Exits(
            stop=self._maybe(price / 20),
            target=self._maybe(price / 20),
            trail=self._maybe(price / 20),
            hold_seconds=None if self._rng.random() < 0.8 else int(self._rng.integers(-1, 100_000)),
        )
        side = Direction.LONG if self._rng.random() < 0.5 else Direction.SHORT
        quantity = self._amount(account.equity / price)
        return (Enter(side=side, quantity=quantity, exits=exits, limit=self._maybe(2 * past.close[-1])),)


def _both_within(replay):
    """Bars within which a position was both entered and left."""
    out = np.zeros(len(replay.equity), dtype=bool)
    for trade in replay.trades:
        if trade.entered_at == trade.exited_at:
            out[np.searchsorted(replay.bars.opens_at, trade.entered_at.timestamp())] = True
    return out


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda value: type(value).__name__)
def test_no_indicator_knows_the_future(indicator):
    rng = np.random.default_rng(1)
    for seed in range(5):
        assert past_changes(walked_bars(seed, 200), by_indicator(indicator), rng) == []


def test_neither_does_the_screener_nor_a_strategy():
    rng = np.random.default_rng(2)
    for seed in range(5):
        bars = walked_bars(seed, 200)
        assert past_changes(bars, by_screener(QUICK), rng) == []
        for strategy in STRATEGIES:
            assert past_changes(bars, by_strategy(lambda _, strategy=strategy: strategy), rng, cuts=6) == []


def test_the_screener_says_what_its_indicators_say():
    """The one pass against the columns of the three indicators that it is made of."""
    for seed in range(40):
        bars = walked_bars(seed, 200)
        trend = np.sign(Sma(QUICK.fast).column(bars) - Sma(QUICK.slow).column(bars))
        regime, broken = QUICK.regime.column(bars), SessionBreak().column(bars)
        changed = [np.concatenate([[np.nan], np.diff(column)]) for column in (trend, regime, broken)]
        known = ~np.isnan(changed[0] + changed[1] + np.concatenate([[np.nan], broken[:-1]]))
        votes = [np.where(change != 0, vote, 0) for change, vote in zip(changed, (trend, trend, broken), strict=True)]
        score = (0.5 * votes[0] + 0.3 * votes[1] + 0.2 * votes[2]) / 1.0
        np.testing.assert_array_equal(np.where(known, score, np.nan), QUICK.column(bars))


@pytest.mark.parametrize("stop", [0.7, 3.0], ids=["tight", "wide"])
def test_a_compiled_strategy_comes_to_the_same_to_the_last_bit(stop):
    """Also without money enough: a fraction of 1 is refused where the open lies above the close."""
    ended = 0
    for seed in range(SEEDS):
        strategy = CrossFollower(
            fast=5, slow=20, ranges=7, stop_ranges=stop, trail_ranges=2 * stop, fraction=(0.5, 1.0)[seed % 2]
        )
        bars = walked_bars(seed, 220)
        full, compiled = full_replay(bars, strategy), compiled_replay(bars, strategy)
        assert first_divergence(full, compiled) is None, f"seed {seed}"
        assert full.equity.tobytes() == compiled.equity.tobytes()
        assert (full.trades, full.open_position, full.refusals) == (
            compiled.trades,
            compiled.open_position,
            compiled.refusals,
        )
        ended += len(full.trades)
    assert ended > 500


def test_a_compiled_strategy_with_target_and_time_too():
    """One that says bar by bar what it says in columns: every wish of a cross, with a target and an end."""
    for seed in range(50):
        strategy = _Timed(CrossFollower(fast=5, slow=20, ranges=7))
        bars = walked_bars(seed, 220)
        full, compiled = full_replay(bars, strategy), compiled_replay(bars, strategy)
        assert first_divergence(full, compiled) is None, f"seed {seed}"
        assert full.trades == compiled.trades


@pytest.mark.parametrize("hold_seconds", [None, 0, 36_000, -1])
def test_also_where_an_exit_cannot_be_known_yet_or_cannot_be_meant(hold_seconds):
    """Ranges are known after sixty bars, crosses after twenty: until then each wish is refused."""
    refused = traded = 0
    for seed in range(30):
        strategy = _Timed(CrossFollower(fast=5, slow=20, ranges=60), hold_seconds)
        bars = walked_bars(seed, 220)
        full, compiled = full_replay(bars, strategy), compiled_replay(bars, strategy)
        assert full.equity.tobytes() == compiled.equity.tobytes(), f"seed {seed}"
        assert (full.trades, full.open_position, full.refusals) == (
            compiled.trades,
            compiled.open_position,
            compiled.refusals,
        )
        refused += len(full.refusals)
        traded += len(full.trades)
    assert refused > 30
    assert (traded == 0) is (hold_seconds == -1)


def test_a_compiled_strategy_that_holds_for_no_time_leaves_at_the_next_open():
    for seed in range(30):
        strategy = _Timed(CrossFollower(fast=5, slow=20, ranges=7), 0)
        bars = walked_bars(seed, 220)
        full, compiled = full_replay(bars, strategy), compiled_replay(bars, strategy)
        assert full.trades == compiled.trades
        assert full.equity.tobytes() == compiled.equity.tobytes(), f"seed {seed}"


class _Timed:
    """A cross follower that takes its gain at one average range, and leaves after a time, else ten hours."""

    name = "timed"
    lookback = 2

    def __init__(self, cross, hold_seconds=36_000):
        self._cross = cross
        self._hold = hold_seconds
        self.indicators = cross.indicators

    def on_bar(self, past, account):
        orders = self._cross.on_bar(past, account)
        exits = Exits(target=past["atr"][-1], hold_seconds=self._hold)
        return [replace(order, exits=exits) if isinstance(order, Enter) else order for order in orders]

    def signals(self, bars, columns):
        wishes = self._cross.signals(bars, columns).wishes
        return Signals(wishes=wishes, fraction=0.5, target=columns["atr"], hold_seconds=self._hold, note="cross")
