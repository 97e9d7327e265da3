"""Reference strategies: what the proofs and benchmarks are run on, and how a strategy is written; none is advice.

One follows a cross, one fuses the scores of several domains, one holds for weeks, one is for prediction markets. Each
is a value: its settings are its fields, and it keeps nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.replay.bars import Bars, Floats
from edgeworth.replay.indicators import (
    DAY_SECONDS,
    MOST_BARS,
    Atr,
    Ema,
    Indicator,
    Rsi,
    SessionBreak,
    Sma,
    VolatilityRegime,
    VolumeZScore,
    ZScore,
)
from edgeworth.replay.orders import Direction, Enter, Exits, Leave, Order
from edgeworth.replay.screener import Screener
from edgeworth.replay.signals import Signals
from edgeworth.replay.strategy import NO_ORDERS, Account, Past

_LEAVE = (Leave(),)


class CrossFollower(Struct, frozen=True, kw_only=True, tag=True):
    """Goes with each cross of two means of closes, out at the next one, with stops in average true ranges.

    Attributes:
        fraction: Of the equity that is staked.
        stop_ranges, trail_ranges: Distance of the stop and of the trailing stop, in average true ranges.
    """

    fast: int = 24
    slow: int = 96
    ranges: int = 14
    fraction: float = 0.5
    stop_ranges: float = 3.0
    trail_ranges: float = 6.0

    @property
    def name(self) -> str:
        return "cross"

    @property
    def lookback(self) -> int:
        return 2

    @property
    def screener(self) -> Screener:
        """Crosses alone: where other sentinels had a say they could outvote one."""
        return Screener(
            fast=self.fast, slow=self.slow, cross_weight=1.0, regime_weight=0.0, session_weight=0.0, threshold=1.0
        )

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        return {"fast": Sma(self.fast), "slow": Sma(self.slow), "atr": Atr(self.ranges)}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        fast, slow = past["fast"], past["slow"]
        if past.ended < 2:
            return NO_ORDERS
        is_above = fast[-1] > slow[-1]
        if is_above and fast[-2] <= slow[-2]:
            side = Direction.LONG
        elif fast[-1] < slow[-1] and fast[-2] >= slow[-2]:
            side = Direction.SHORT
        else:
            return NO_ORDERS
        position = account.position
        if position is not None:
            return _LEAVE if position.side is not side else NO_ORDERS
        atr = past["atr"][-1]
        exits = Exits(stop=self.stop_ranges * atr, trail=self.trail_ranges * atr)
        return (Enter(side=side, quantity=self.fraction * account.equity / past.close[-1], exits=exits, note="cross"),)

    def signals(self, bars: Bars, columns: Mapping[str, Floats]) -> Signals:  # noqa: ARG002 - columns are enough
        """The same for all bars at once."""
        fast, slow, atr = columns["fast"], columns["slow"], columns["atr"]
        wishes = np.zeros(len(fast), dtype=np.int8)
        above, below = fast > slow, fast < slow
        wishes[1:][above[1:] & (fast[:-1] <= slow[:-1])] = 1
        wishes[1:][below[1:] & (fast[:-1] >= slow[:-1])] = -1
        return Signals(
            wishes=wishes,
            fraction=self.fraction,
            stop=self.stop_ranges * atr,
            trail=self.trail_ranges * atr,
            note="cross",
        )


class Fusion(Struct, frozen=True, kw_only=True, tag=True):
    """Fuses what several domains say of the bars; enters when they agree and a screener has just pointed here.

    Attributes:
        screener: Its score must have reached its threshold, on the same side, in the last ``trigger_bars``.
        trend_weight, momentum_weight, reversion_weight, volatility_weight, session_weight, volume_weight: Of what each
            domain says (-1 to 1). A domain that says nothing, as volume where none is stated, is left out.
        threshold: Least fused score, either way, of an entry.
        stop_ranges, target_ranges, trail_ranges: Exits, in average true ranges.
        hold_seconds: Longest time in a position.
    """

    screener: Screener = Screener(regime=VolatilityRegime(high=1.4, low=0.7), threshold=0.7)
    trigger_bars: int = 12
    trend_weight: float = 0.3
    momentum_weight: float = 0.25
    reversion_weight: float = 0.1
    volatility_weight: float = 0.1
    session_weight: float = 0.15
    volume_weight: float = 0.1
    threshold: float = 0.4
    fraction: float = 0.5
    stop_ranges: float = 2.5
    target_ranges: float = 5.0
    trail_ranges: float = 3.5
    hold_seconds: int = DAY_SECONDS

    def __post_init__(self) -> None:
        if not 1 <= self.trigger_bars <= MOST_BARS:
            raise ConfigurationError(
                f"expected a trigger in one bar or more, at most {MOST_BARS:,}, found {self.trigger_bars}"
            )

    @property
    def name(self) -> str:
        return "fusion"

    @property
    def lookback(self) -> int:
        return max(2, self.trigger_bars)

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        return {
            "score": self.screener,
            "fast": Sma(self.screener.fast),
            "slow": Sma(self.screener.slow),
            "atr": Atr(self.screener.regime.n),
            "rsi": Rsi(14),
            "ema_12": Ema(12),
            "ema_26": Ema(26),
            "z": ZScore(48),
            "week_z": ZScore(168),
            "regime": self.screener.regime,
            "session": SessionBreak(self.screener.session_seconds),
            "volume_z": VolumeZScore(48),
        }

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        position = account.position
        if position is not None:
            return _LEAVE if self._fused(past) * position.sign <= -self.threshold else NO_ORDERS
        recent = past["score"][-self.trigger_bars :]
        # What is cheap comes first: nearly always too few sentinels have said anything.
        least = self.screener.threshold
        if max(recent) < least and min(recent) > -least:
            return NO_ORDERS
        fused = self._fused(past)
        side = Direction.LONG if fused > 0.0 else Direction.SHORT
        if abs(fused) < self.threshold or not any(score * side.sign >= least for score in recent):
            return NO_ORDERS
        atr = past["atr"][-1]
        exits = Exits(
            stop=self.stop_ranges * atr,
            target=self.target_ranges * atr,
            trail=self.trail_ranges * atr,
            hold_seconds=self.hold_seconds,
        )
        quantity = self.fraction * account.equity / past.close[-1]
        return (Enter(side=side, quantity=quantity, exits=exits, note=f"fused {fused:+.2f}"),)

    def _fused(self, past: Past) -> float:
        """The weighted mean of what the domains say; 0 while the means are not known."""
        slow, atr = past["slow"][-1], past["atr"][-1]
        if slow != slow or not atr > 0.0:  # noqa: PLR0124 - not NaN
            return 0.0
        close = past.close
        trend = _within_one((past["fast"][-1] - slow) / (2.0 * atr))
        moved = close[-1] - close[-2]
        said = (
            (self.trend_weight, trend),
            (self.momentum_weight / 2.0, _within_one((past["rsi"][-1] - 50.0) / 25.0)),
            (self.momentum_weight / 2.0, _within_one((past["ema_12"][-1] - past["ema_26"][-1]) / atr)),
            (self.reversion_weight / 2.0, _within_one(past["z"][-1] / -3.0)),
            (self.reversion_weight / 2.0, _within_one(past["week_z"][-1] / -3.0)),
            (self.volatility_weight, past["regime"][-1] * trend),
            (self.session_weight, past["session"][-1]),
            (self.volume_weight, _within_one(past["volume_z"][-1] / 3.0) * (1.0 if moved > 0.0 else -1.0)),
        )
        total = weights = 0.0
        for weight, score in said:
            if score == score:  # noqa: PLR0124 - not NaN
                total += weight * score
                weights += weight
        return total / weights if weights else 0.0


class LongHolder(Struct, frozen=True, kw_only=True, tag=True):
    """Buys where a screener points up and holds for weeks: far longer than the window around a candidate.

    Attributes:
        hold_seconds: How long. stop_fraction: Loss, as a share of the price, at which it lets go.
    """

    screener: Screener = Screener()
    hold_seconds: int = 45 * DAY_SECONDS
    stop_fraction: float = 0.2
    fraction: float = 0.8

    @property
    def name(self) -> str:
        return "holder"

    @property
    def lookback(self) -> int:
        return 1

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        return {"score": self.screener}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        if account.position is not None or not past["score"][-1] >= self.screener.threshold:
            return NO_ORDERS
        close = past.close[-1]
        exits = Exits(stop=self.stop_fraction * close, hold_seconds=self.hold_seconds)
        return (Enter(side=Direction.LONG, quantity=self.fraction * account.equity / close, exits=exits, note="hold"),)


class DipBuyer(Struct, frozen=True, kw_only=True, tag=True):
    """For prediction markets: bids a little below a price that has broken down, and keeps the shares to the settlement.

    Attributes:
        screener: Must point down at this bar.
        below: How far below the close it bids, in dollars.
        good_for_bars: How long the bid waits.
        stake: Dollars a bid.
        target: Gain, in dollars a share, at which it sells before.
    """

    screener: Screener = Screener(fast=6, slow=24, regime=VolatilityRegime(n=6, usual=24))
    below: float = 0.01
    good_for_bars: int = 12
    stake: float = 100.0
    target: float = 0.2

    @property
    def name(self) -> str:
        return "dip"

    @property
    def lookback(self) -> int:
        return 1

    @property
    def indicators(self) -> Mapping[str, Indicator]:
        return {"score": self.screener}

    def on_bar(self, past: Past, account: Account) -> Sequence[Order]:
        if account.position is not None or account.waits or not past["score"][-1] <= -self.screener.threshold:
            return NO_ORDERS
        bid = past.close[-1] - self.below
        if bid <= 0.0:
            return NO_ORDERS
        exits = Exits(target=self.target)
        quantity = self.stake / bid
        return (
            Enter(side=Direction.LONG, quantity=quantity, exits=exits, limit=bid, good_for_bars=self.good_for_bars),
        )


def _within_one(value: float) -> float:
    """``value`` cut to -1 to 1; NaN stays NaN."""
    return 1.0 if value > 1.0 else (-1.0 if value < -1.0 else value)  # noqa: FURB136 - `max` takes three times as long
