"""The loops over whole columns, compiled. Each has its twin in ``states``: the same operations in the same order.

All kernels stand in this one file, since numba compiles a cached kernel anew only when its own file has changed.
NaN stands for a value that is not there: it makes every window that it lies in NaN, and no other.

**Windows** of ``n`` are joined from two blocks: what the bars of this block have come to so far, and what the last
bars of the block before came to. Nothing is ever subtracted from a running sum, so nothing drifts, at three operations
a bar.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edgeworth.replay.bars import Floats, Ints
from edgeworth.replay.compiling import compiled

Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]


@compiled
def _no_ends(n: int) -> Floats:
    """What the last ``n - k`` bars of the block before come to, at ``k``, while there is no block before."""
    ends = np.full(n + 1, np.nan)
    ends[n] = 0.0
    return ends


@compiled
def _next_ends(ends: Floats, values: Floats, last: int) -> None:
    """The same for the block whose last value stands at ``last``."""
    n = len(ends) - 1
    # Held in a variable: the compiler cannot know that the two arrays do not overlap, and would read each sum back.
    total = 0.0
    for k in range(n - 1, -1, -1):
        total += values[last - n + 1 + k]
        ends[k] = total


@compiled
def rolling_mean(values: Floats, n: int) -> Floats:
    """Mean of the last ``n`` values; NaN for the first ``n - 1``."""
    out = np.empty(len(values))
    ends = _no_ends(n)
    so_far = 0.0
    place = 0
    for i in range(len(values)):
        so_far += values[i]
        place += 1
        out[i] = (ends[place] + so_far) / n
        if place == n:
            _next_ends(ends, values, i)
            so_far = 0.0
            place = 0
    return out


@compiled
def rolling_z(values: Floats, n: int) -> Floats:
    """How many standard deviations (of a sample) the last of ``n`` values lies above their mean; NaN if equal.

    Means and squared deviations by Welford's updates within a block, two blocks joined by Chan's formula.
    """
    out = np.full(len(values), np.nan)
    means, squares = _no_ends(n), _no_ends(n)
    mean, square = 0.0, 0.0
    place = 0
    for i in range(len(values)):
        x = values[i]
        place += 1
        gap = x - mean
        mean += gap / place
        square += gap * (x - mean)
        apart = mean - means[place]
        joined = means[place] + apart * (place / n)
        whole = squares[place] + square + apart * apart * ((n - place) * place / n)
        if whole > 0.0:
            out[i] = (x - joined) / math.sqrt(whole / (n - 1))
        if place == n:
            for k in range(n - 1, -1, -1):
                x = values[i - n + 1 + k]
                gap = x - means[k + 1]
                means[k] = means[k + 1] + gap / (n - k)
                squares[k] = squares[k + 1] + gap * (x - means[k])
            mean, square = 0.0, 0.0
            place = 0
    return out


@compiled
def smoothed(values: Floats, n: int, weight: float) -> Floats:
    """Exponential smoothing that begins with the mean of the first ``n`` values that are there."""
    out = np.full(len(values), np.nan)
    seen, value = 0, 0.0
    for i in range(len(values)):
        x = values[i]
        if seen >= n:
            value += weight * (x - value)
            out[i] = value
        elif x == x:  # noqa: PLR0124 - not NaN
            value += x
            seen += 1
            if seen == n:
                value /= n
                out[i] = value
    return out


@compiled
def session_breaks(opens_at: Ints, high: Floats, low: Floats, close: Floats, seconds: int) -> Floats:
    """1 for a close above the high of the session before, -1 below its low, 0 within; NaN in the first two sessions.

    The first session may have begun before the bars do, so its high and low are not known.
    """
    out = np.full(len(close), np.nan)
    ends = -(2**62)
    sessions = 0
    top, bottom, last_top, last_bottom = 0.0, 0.0, 0.0, 0.0
    for i in range(len(close)):
        if opens_at[i] >= ends:
            ends = (opens_at[i] // seconds + 1) * seconds
            sessions += 1
            last_top, last_bottom = top, bottom
            top, bottom = high[i], low[i]
        else:
            top = max(top, high[i])
            bottom = min(bottom, low[i])
        if sessions > 2:
            out[i] = 1.0 if close[i] > last_top else (-1.0 if close[i] < last_bottom else 0.0)
    return out


@compiled
def screen(  # noqa: C901, PLR0912, PLR0915, D417 - one pass is what makes it fast
    opens_at: Ints,
    high: Floats,
    low: Floats,
    close: Floats,
    periods: tuple[int, int, int, int],
    ratios: tuple[float, float],
    seconds: int,
    hits: Flags,
) -> tuple[Codes, Ints]:
    """All sentinels in one pass: what they say at each bar, and at which bars ``hits`` holds for it.

    Args:
        opens_at, high, low, close: Of the bars.
        periods: Of the fast and the slow mean of closes, the average true range, and the mean that it is held against.
        ratios: From which the range is high, up to which it is low.
        seconds: Length of a session.
        hits: For each code whether it makes a candidate.

    Returns:
        Codes (``cross + 3 * regime + 9 * session``, each vote plus one; -1 where one is not known), and the bars hit.
    """
    fast, slow, n, usual = periods
    above, below = ratios
    count = len(close)
    codes = np.full(count, -1, dtype=np.int8)
    found = np.empty(count, dtype=np.int64)
    hit = 0
    fast_ends, slow_ends, usual_ends, ranges = _no_ends(fast), _no_ends(slow), _no_ends(usual), np.empty(usual)
    fast_sum, slow_sum, usual_sum = 0.0, 0.0, 0.0
    fast_place, slow_place, usual_place = 0, 0, 0
    range_sum, atr, weight = 0.0, np.nan, 1.0 / n
    before_trend, before_regime, before_broken = 2, 2, 2
    session_ends, sessions = -(2**62), 0
    top, bottom, last_top, last_bottom = 0.0, 0.0, 0.0, 0.0
    last = close[0]
    for i in range(count):
        x = close[i]
        # The two means.
        fast_sum += x
        slow_sum += x
        fast_place += 1
        slow_place += 1
        fast_mean = (fast_ends[fast_place] + fast_sum) / fast
        slow_mean = (slow_ends[slow_place] + slow_sum) / slow
        if fast_place == fast:
            _next_ends(fast_ends, close, i)
            fast_sum, fast_place = 0.0, 0
        if slow_place == slow:
            _next_ends(slow_ends, close, i)
            slow_sum, slow_place = 0.0, 0
        # The average true range and its own mean.
        true_range = (max(last, high[i])) - (min(last, low[i]))
        last = x
        if i > n:
            atr += weight * (true_range - atr)
        elif i > 0:
            range_sum += true_range
            if i == n:
                atr = range_sum / n
        ranges[usual_place] = atr
        usual_sum += atr
        usual_place += 1
        mean_range = (usual_ends[usual_place] + usual_sum) / usual
        if usual_place == usual:
            _next_ends(usual_ends, ranges, usual - 1)
            usual_sum, usual_place = 0.0, 0
        # The levels of the session before.
        if opens_at[i] >= session_ends:
            session_ends = (opens_at[i] // seconds + 1) * seconds
            sessions += 1
            last_top, last_bottom = top, bottom
            top, bottom = high[i], low[i]
        else:
            top = max(top, high[i])
            bottom = min(bottom, low[i])
        # What each says now, 2 where it is not known, and what has changed.
        trend, regime, broken = 2, 2, 2
        if slow_mean >= 0.0:
            trend = int(fast_mean > slow_mean) - int(fast_mean < slow_mean)
        if mean_range > 0.0:
            regime = int(atr >= above * mean_range) - int(atr <= below * mean_range)
        if sessions > 2:
            broken = int(x > last_top) - int(x < last_bottom)
        if before_trend < 2 and before_regime < 2 and before_broken < 2 and regime < 2:
            cross = trend if trend != before_trend else 0
            code = (
                cross
                + 1
                + 3 * ((trend if regime != before_regime else 0) + 1)
                + 9 * ((broken if broken != before_broken else 0) + 1)
            )
            codes[i] = code
            if hits[code]:
                found[hit] = i
                hit += 1
        before_trend, before_regime, before_broken = trend, regime, broken
    return codes, found[:hit].copy()
