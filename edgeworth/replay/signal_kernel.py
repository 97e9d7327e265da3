"""The event loop for strategies whose wishes stand in columns, compiled: the rules of ``broker`` in the same order.

For one position at the market, with costs in proportion to the price. Its results are held equal to those of the loop,
to the last bit, by tests; whoever changes the rules there changes them here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeworth.replay.bars import Floats, Ints
from edgeworth.replay.compiling import compiled

STOP, TARGET, TRAIL, TIME, ASKED, RUIN = range(6)
"""Why a position ended."""


@compiled
def run_signals(  # noqa: C901, PLR0912, PLR0915 - one pass is what makes it fast
    opens_at: Ints,
    prices: tuple[Floats, Floats, Floats, Floats, Floats],
    wishes: NDArray[np.int8],
    exits: tuple[Floats, Floats, Floats],
    money: tuple[float, float, float, float],
    hold_seconds: int,
) -> tuple[Floats, Ints, Floats, int, bool]:
    """Run ``wishes`` over bars.

    Args:
        opens_at: Beginnings of the bars.
        prices: Open, high, low, close and volume.
        wishes: 1 long, -1 short, 0 nothing, at the end of each bar; one against what is held ends it.
        exits: Distances of stop, target and trailing stop, where a wish stands; NaN for none.
        money: Cash, share of the equity that is staked, fee, and half of the spread with slippage.
        hold_seconds: Longest time in a position; below 0 for no end.

    Returns:
        Equity; for each position decided, entered, left (-1 while open), direction and reason; for each its quantity,
        prices, and fees at entry and exit; how many; whether an order was refused.
    """
    open_, high, low, close, volume = prices
    stops, targets, trails = exits
    cash, fraction, rate, worse = money
    count = len(close)
    equity = np.empty(count)
    # One position a bar at most; memory that is not written is not taken. Arrays that grew would slow each bar tenfold.
    places = np.empty((count, 5), dtype=np.int64)
    sums = np.empty((count, 5))
    done = 0
    sign, quantity, price, fees, best, entered = 0, 0.0, 0.0, 0.0, 0.0, 0
    stop, target, trail = np.nan, np.nan, np.nan
    waits, wanted, decided, leaves = 0, 0.0, 0, -1
    is_over, is_refused = False, False
    for i in range(count):
        if volume[i] != 0.0 and (sign != 0 or waits != 0):
            reason, out = -1, 0.0
            if sign != 0:
                if leaves >= 0:
                    reason, out = leaves, open_[i] * (1.0 + -sign * worse)
                elif hold_seconds >= 0 and opens_at[i] >= opens_at[entered] + hold_seconds:
                    reason, out = TIME, open_[i] * (1.0 + -sign * worse)
            for step in range(2):
                # First what is due at the open, then what is met within the bar.
                if step == 1 and sign != 0:
                    level, why = price - sign * stop, STOP
                    if trail == trail:  # noqa: PLR0124 - not NaN
                        trailing = best - sign * trail
                        if not (level - trailing) * sign >= 0.0:
                            level, why = trailing, TRAIL
                    aim = price + sign * target
                    reached = low[i] if sign > 0 else high[i]
                    if (open_[i] - level) * sign <= 0.0:
                        reason, out = why, open_[i] * (1.0 + -sign * worse)
                    elif (reached - level) * sign <= 0.0:
                        reason, out = why, level * (1.0 + -sign * worse)
                    elif ((high[i] if sign > 0 else low[i]) - aim) * sign >= 0.0:
                        reason, out = TARGET, (open_[i] if (open_[i] - aim) * sign > 0.0 else aim)
                if reason >= 0:
                    fee = rate * (out * quantity)
                    cash += sign * quantity * out - fee
                    places[done - 1, 2], places[done - 1, 4] = i, reason
                    sums[done - 1, 2], sums[done - 1, 4] = out, fee
                    sign, reason, leaves = 0, -1, -1
                if step == 0 and sign == 0 and waits != 0:
                    price = open_[i] * (1.0 + waits * worse)
                    fees = rate * (price * wanted)
                    if wanted * price + fees > cash:
                        is_refused = True
                    else:
                        sign, quantity, best, entered = waits, wanted, price, i
                        stop, target, trail = stops[decided], targets[decided], trails[decided]
                        cash -= sign * quantity * price + fees
                        places[done, 0], places[done, 1], places[done, 2], places[done, 3] = decided, i, -1, sign
                        sums[done, 0], sums[done, 1], sums[done, 3] = quantity, price, fees
                        done += 1
                    waits = 0
            if sign != 0:
                reached = high[i] if sign > 0 else low[i]
                if (reached - best) * sign > 0.0:
                    best = reached
        now = cash
        if sign != 0:
            now += sign * quantity * close[i]
            if now <= 0.0:
                leaves, is_over = RUIN, True
        equity[i] = now
        if wishes[i] != 0 and not is_over:
            if sign != 0:
                if wishes[i] != sign:
                    leaves = ASKED
            elif waits != 0:
                is_refused = True
            else:
                waits, decided, wanted = int(wishes[i]), i, fraction * now / close[i]
                if not 0.0 < wanted < np.inf:
                    waits, is_refused = 0, True
    return equity, places[:done].copy(), sums[:done].copy(), done, is_refused
