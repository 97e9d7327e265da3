"""Strategies whose wishes can be said in columns, run by a compiled loop: millions of bars a second.

Such a strategy says for all bars at once what its ``on_bar`` says bar by bar. ``compiled_replay`` comes to what
``full_replay`` comes to, to the last bit; a strategy that says two different things is found by comparing both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeworth.errors import ConfigurationError
from edgeworth.replay import signal_kernel
from edgeworth.replay.bars import Bars, Floats
from edgeworth.replay.costs import ProportionalFee
from edgeworth.replay.loop import Replay, ReplaySetup, full_replay, indicator_columns
from edgeworth.replay.orders import Direction, ExitReason, OpenPosition, Trade
from edgeworth.replay.strategy import Strategy

_REASONS = {
    signal_kernel.STOP: ExitReason.STOP,
    signal_kernel.TARGET: ExitReason.TARGET,
    signal_kernel.TRAIL: ExitReason.TRAIL,
    signal_kernel.TIME: ExitReason.TIME,
    signal_kernel.ASKED: ExitReason.ASKED,
    signal_kernel.RUIN: ExitReason.RUIN,
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Signals:
    """What a strategy wants at the end of each bar.

    Attributes:
        wishes: 1 long, -1 short, 0 nothing. While a position is held, one against it ends it; nothing else does
            anything.
        stop, target, trail: Distances of the exits, where there is a wish; ``None`` for none. A wish with one that is
            no number is refused.
        fraction: Of the equity that is staked. hold_seconds: Longest time in a position.
        note: Of every trade.
    """

    wishes: NDArray[np.int8]
    fraction: float
    stop: Floats | None = None
    target: Floats | None = None
    trail: Floats | None = None
    hold_seconds: int | None = None
    note: str = ""


class SignalStrategy(Strategy, Protocol):
    """A strategy that can also say all its wishes at once."""

    def signals(self, bars: Bars, columns: Mapping[str, Floats]) -> Signals:
        """What ``on_bar`` wants at each bar, from the columns of ``indicators``."""
        ...


def compiled_replay(
    bars: Bars,
    strategy: SignalStrategy,
    setup: ReplaySetup = ReplaySetup(),  # noqa: B008 - a frozen value
    columns: Mapping[str, Floats] | None = None,
) -> Replay:
    """What ``full_replay`` comes to; its refusals come from there, since a compiled loop has no words.

    Raises:
        ConfigurationError: Bars of a market, or a fee that is not in proportion.
    """
    costs = setup.costs
    if bars.is_market or not isinstance(costs.fee, ProportionalFee):
        raise ConfigurationError("expected bars of a spot asset and a fee in proportion to what changes hands")
    known = columns if columns is not None else indicator_columns(bars, strategy)
    signals = strategy.signals(bars, known)
    if not _is_usable(signals):
        return full_replay(bars, strategy, setup)
    none = np.full(len(bars), np.nan)
    equity, places, sums, _, is_refused = signal_kernel.run_signals(
        bars.opens_at,
        (bars.open, bars.high, bars.low, bars.close, bars.volume),
        signals.wishes,
        (_or(signals.stop, none), _or(signals.target, none), _or(signals.trail, none)),
        (setup.cash, signals.fraction, costs.fee.rate, costs.half_spread + costs.slippage),
        -1 if signals.hold_seconds is None else signals.hold_seconds,
    )
    if is_refused:
        return full_replay(bars, strategy, setup)
    found = zip(places.tolist(), sums.tolist(), strict=True)
    positions = [_position(bars, signals.note, place, money) for place, money in found]
    return Replay(
        bars=bars,
        cash=setup.cash,
        equity=equity,
        trades=tuple(position for position in positions if isinstance(position, Trade)),
        open_position=next((position for position in positions if isinstance(position, OpenPosition)), None),
        refusals=(),
        seen=len(bars),
    )


def _is_usable(signals: Signals) -> bool:
    """Whether the exits of every wish are distances, so that none is refused for one that cannot be meant."""
    asked = np.flatnonzero(signals.wishes)
    exits = [column[asked] for column in (signals.stop, signals.target, signals.trail) if column is not None]
    is_time = signals.hold_seconds is None or signals.hold_seconds >= 0
    return is_time and all(bool(np.all((column >= 0.0) & (column < np.inf))) for column in exits)


def _or(column: Floats | None, none: Floats) -> Floats:
    return none if column is None else column


def _position(bars: Bars, note: str, place: list[int], money: list[float]) -> Trade | OpenPosition:
    decided, entered, left, sign, reason = place
    quantity, price, out, fees, fee = money
    side = Direction.LONG if sign > 0 else Direction.SHORT
    decided_at = bars.ends_at(decided)
    if left < 0:
        return OpenPosition(
            side=side,
            quantity=quantity,
            decided_at=decided_at,
            entered_at=bars.at(entered),
            entry_price=price,
            fees=fees,
            note=note,
        )
    fees += fee
    return Trade(
        side=side,
        quantity=quantity,
        decided_at=decided_at,
        entered_at=bars.at(entered),
        entry_price=price,
        exited_at=bars.at(left),
        exit_price=out,
        exit_reason=_REASONS[reason],
        fees=fees,
        profit=sign * quantity * (out - price) - fees,
        note=note,
    )
