"""What a replay came to, in the figures that people compare. A figure that cannot be said is ``None``, never zero.

Ratios are yearly, from the bars' own returns and without a riskless rate; a year has as many bars as the data have in
one, so gaps do not count as calm.
"""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct

from edgeworth.replay.bars import Floats
from edgeworth.replay.loop import Replay

YEAR_SECONDS = 365.25 * 86_400


class Metrics(Struct, frozen=True, kw_only=True):
    """Figures of one replay.

    Attributes:
        total_return: Final equity over the cash at the beginning, less one.
        trades: Ended ones. win_rate: Those with a profit after fees, of them; ``None`` without any.
        sharpe: Mean over standard deviation of the bars' returns, a year; ``None`` where nothing moved.
        sortino: The same over the deviation of losses alone; ``None`` without a loss.
        drawdown: Deepest fall below an earlier high, as a share of it.
        exposure: Share of the bars at whose end something was held.
        turnover: Dollars bought and sold, over the mean equity.
        fees: Dollars.
    """

    total_return: float
    trades: int
    win_rate: float | None
    sharpe: float | None
    sortino: float | None
    drawdown: float
    exposure: float
    turnover: float
    fees: float


def metrics(replay: Replay) -> Metrics:
    """The figures of ``replay``."""
    returns = bar_returns(replay)
    per_year = bars_a_year(replay)
    trades, last = replay.trades, replay.open_position
    dealt = sum(trade.quantity * (trade.entry_price + trade.exit_price) for trade in trades)
    fees = math.fsum(trade.fees for trade in trades)
    if last is not None:
        dealt += last.quantity * last.entry_price
        fees += last.fees
    mean_equity = float(replay.equity.mean())
    return Metrics(
        total_return=float(replay.equity[-1]) / replay.cash - 1.0,
        trades=len(trades),
        win_rate=sum(trade.profit > 0.0 for trade in trades) / len(trades) if trades else None,
        sharpe=_yearly(returns, float(returns.std(ddof=1)), per_year),
        sortino=_yearly(returns, math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2))), per_year),
        drawdown=0.0 - float(underwater(replay).min()),
        exposure=float(held(replay).mean()),
        turnover=dealt / mean_equity if mean_equity > 0.0 else math.inf,
        fees=fees,
    )


def bar_returns(replay: Replay) -> Floats:
    """Equity at the close of each bar over that before, less one; the first over the cash at the beginning.

    From the bar on at which nothing is left, 0.
    """
    before = np.concatenate([[replay.cash], replay.equity[:-1]])
    out = np.zeros(len(before))
    np.divide(replay.equity, before, out=out, where=before > 0.0)
    return np.where(before > 0.0, out - 1.0, 0.0)


def underwater(replay: Replay) -> Floats:
    """How far equity lies below its highest so far, as a share of it: 0 or less."""
    top = np.maximum(np.maximum.accumulate(replay.equity), replay.cash)
    return replay.equity / top - 1.0


def held(replay: Replay) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """At the end of which bars something was held."""
    out = np.zeros(len(replay.equity), dtype=np.bool_)
    opens_at = replay.bars.opens_at
    # Whole seconds, as the bars have them: to find a fraction among them, numpy would first turn all into fractions.
    spans = [(int(trade.entered_at.timestamp()), int(trade.exited_at.timestamp())) for trade in replay.trades]
    if replay.open_position is not None:
        spans.append((int(replay.open_position.entered_at.timestamp()), int(opens_at[-1]) + 1))
    for entered, left in spans:
        out[np.searchsorted(opens_at, entered) : np.searchsorted(opens_at, left)] = True
    return out


def bars_a_year(replay: Replay) -> float:
    """How many bars the data have in a year of their own time."""
    opens_at = replay.bars.opens_at
    seconds = int(opens_at[-1] - opens_at[0]) + replay.bars.interval_seconds
    return len(opens_at) * YEAR_SECONDS / seconds


def _yearly(returns: Floats, deviation: float, per_year: float) -> float | None:
    if not deviation > 0.0:
        return None
    return float(returns.mean()) / deviation * math.sqrt(per_year)
