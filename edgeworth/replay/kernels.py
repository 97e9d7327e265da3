"""The loops over whole columns, compiled. Each has its twin in ``states``: the same operations in the same order.

All kernels stand in this one file, since numba compiles a cached kernel anew only when its own file has changed.
NaN stands for a value that is not there: it makes every window that it lies in NaN, and no other.

**Windows** of ``n`` are joined from two blocks: what the bars of this block have come to so far, and what the last
bars of the block before came to. Nothing is ever subtracted from a running sum, so nothing drifts.

**One loop, one thing to wait for.** A loop that adds to a sum waits for the addition before, so the two sums of a block
run side by side, and what needs no bar before (joining, dividing, comparing) has a loop of its own, which the compiler
turns into one that does several bars at once. A column is first read where waiting is due anyway.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edgeworth.replay.bars import Floats, Ints
from edgeworth.replay.compiling import compiled

Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]

UNKNOWN = 2
"""A vote that cannot be known, yet or at all; else it is 1 for up, -1 for down, 0 for neither."""

Levels = tuple[int, int, float, float, float, float]
"""When this session ends, how many have begun, the high and low of this one, of the one before."""

NO_LEVELS: Levels = (-(2**62), 0, 0.0, 0.0, 0.0, 0.0)


@compiled
def _rolling_mean(values: Floats, n: int, ends: Floats, out: Floats) -> None:
    """``rolling_mean`` into ``out``; ``ends`` is room for what the last bars of each block come to."""
    count = len(values)
    whole = count - count % n
    for start in range(0, whole, n):
        block, sums, rest = values[start : start + n], out[start : start + n], ends[start : start + n]
        so_far = total = 0.0
        for k in range(n):
            so_far += block[k]
            sums[k] = so_far
            total += block[n - 1 - k]
            rest[n - 1 - k] = total
        # A window that ends with its block has nothing of the block before.
        rest[0] = 0.0
    block, sums = values[whole:], out[whole:]
    so_far = 0.0
    for k in range(len(block)):
        so_far += block[k]
        sums[k] = so_far
    sums = out[n - 1 :]
    for k in range(len(sums)):
        sums[k] = (ends[k] + sums[k]) / n
    out[: n - 1] = np.nan


@compiled
def rolling_mean(values: Floats, n: int) -> Floats:
    """Mean of the last ``n`` values; NaN for the first ``n - 1``."""
    out = np.empty(len(values))
    _rolling_mean(values, n, np.empty(len(values)), out)
    return out


@compiled
def rolling_z(values: Floats, n: int) -> Floats:
    """How many standard deviations (of a sample) the last of ``n`` values lies above their mean; NaN if equal.

    Means and squared deviations by Welford's updates within a block, two blocks joined by Chan's formula.
    """
    count = len(values)
    out = np.empty(count)
    room = np.zeros((8, n))
    shares, spreads = room[0], room[1]
    means, squares, rest_means, rest_squares = room[2], room[3], room[4], room[5]
    # Of the block before, there being none: only a window that ends with its block needs nothing of it.
    before_means, before_squares = room[6], room[7]
    for place in range(1, n + 1):
        shares[place - 1], spreads[place - 1] = place / n, (n - place) * place / n
        before_means[place - 1] = np.nan if place < n else 0.0
    for start in range(0, count, n):
        block, scores = values[start : start + n], out[start : start + n]
        size = len(block)
        mean = square = rest_mean = rest_square = 0.0
        for k in range(size):
            x = block[k]
            gap = x - mean
            mean += gap / (k + 1)
            square += gap * (x - mean)
            means[k], squares[k] = mean, square
            x = block[size - 1 - k]
            gap = x - rest_mean
            rest_mean += gap / (k + 1)
            rest_square += gap * (x - rest_mean)
            rest_means[size - 1 - k], rest_squares[size - 1 - k] = rest_mean, rest_square
        for k in range(size):
            apart = means[k] - before_means[k]
            joined = before_means[k] + apart * shares[k]
            whole = before_squares[k] + squares[k] + apart * apart * spreads[k]
            scores[k] = (block[k] - joined) / math.sqrt(whole / (n - 1)) if whole > 0.0 else np.nan
        for k in range(n - 1):
            before_means[k], before_squares[k] = rest_means[k + 1], rest_squares[k + 1]
    return out


@compiled
def smoothed(values: Floats, n: int, weight: float) -> Floats:
    """Exponential smoothing that begins with the mean of the first ``n`` values."""
    out = np.empty(len(values))
    out[: n - 1] = np.nan
    value = 0.0
    for i in range(min(n, len(values))):
        value += values[i]
    if len(values) >= n:
        value /= n
        out[n - 1] = value
    for i in range(n, len(values)):
        value += weight * (values[i] - value)
        out[i] = value
    return out


@compiled
def _next_range(value: float, i: int, n: int, before: float, high: float, low: float) -> float:
    """Wilder's average true range after the bar at ``i``; until the bar at ``n`` the sum that it begins with.

    ``before`` is the close of the bar before. The first bar has none, so no range.
    """
    true_range = max(before, high) - min(before, low)
    if i > n:
        return value + 1.0 / n * (true_range - value)
    if i == 0:
        return value
    return (value + true_range) / n if i == n else value + true_range


@compiled
def average_true_range(high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    """Wilder's smoothing of the range of each bar together with the close before; NaN for the first ``n``."""
    out = np.empty(len(close))
    value, before = 0.0, close[0]
    for i in range(len(close)):
        value = _next_range(value, i, n, before, high[i], low[i])
        before = close[i]
        out[i] = value
    out[:n] = np.nan
    return out


@compiled
def relative_strength(close: Floats, n: int) -> Floats:
    """100 times average gains within average gains and losses, both by Wilder's smoothing; NaN where nothing moved."""
    out = np.full(len(close), np.nan)
    gains, losses, weight = 0.0, 0.0, 1.0 / n
    for i in range(1, len(close)):
        move = close[i] - close[i - 1]
        gain, loss = max(move, 0.0), max(-move, 0.0)
        if i > n:
            gains += weight * (gain - gains)
            losses += weight * (loss - losses)
        else:
            gains += gain
            losses += loss
            if i == n:
                gains /= n
                losses /= n
        whole = gains + losses
        if i >= n and whole != 0.0:
            out[i] = 100.0 * gains / whole
    return out


@compiled
def _trends(fast: Floats, slow: Floats, votes: Codes) -> None:
    """Of the fast mean beside the slow one."""
    for i in range(len(votes)):
        votes[i] = int(fast[i] > slow[i]) - int(fast[i] < slow[i]) if slow[i] >= 0.0 else UNKNOWN


@compiled
def _regimes(ranges: Floats, usual: Floats, ratios: tuple[float, float], votes: Codes) -> None:
    """Of the average true range beside its mean: high from the first of ``ratios`` on, low up to the second."""
    above, below = ratios
    for i in range(len(votes)):
        usual_one = usual[i]
        votes[i] = (
            int(ranges[i] >= above * usual_one) - int(ranges[i] <= below * usual_one) if usual_one > 0.0 else UNKNOWN
        )


@compiled
def _next_levels(levels: Levels, opens_at: int, high: float, low: float, seconds: int) -> Levels:
    """What is known of sessions after one more bar."""
    ends, sessions, top, bottom, last_top, last_bottom = levels
    if opens_at >= ends:
        return (opens_at // seconds + 1) * seconds, sessions + 1, high, low, top, bottom
    return ends, sessions, max(top, high), min(bottom, low), last_top, last_bottom


@compiled
def _break(levels: Levels, close: float) -> int:
    """1 for a close above the high of the session before, -1 below its low, 0 within; unknown in the first two.

    The first session may have begun before the bars do, so its high and low are not known.
    """
    _, sessions, _, _, last_top, last_bottom = levels
    return int(close > last_top) - int(close < last_bottom) if sessions > 2 else UNKNOWN


@compiled
def _ranges_and_breaks(
    opens_at: Ints,
    high: Floats,
    low: Floats,
    close: Floats,
    n: int,
    seconds: int,
    ranges: Floats,
    breaks: Codes,
) -> None:
    """Average true range and breaks of the session in one loop: while the one waits for its sum, the other is done."""
    value, before, levels = 0.0, close[0], NO_LEVELS
    for i in range(len(close)):
        value = _next_range(value, i, n, before, high[i], low[i])
        before = close[i]
        ranges[i] = value
        levels = _next_levels(levels, opens_at[i], high[i], low[i], seconds)
        breaks[i] = _break(levels, before)
    ranges[:n] = np.nan


@compiled
def _as_numbers(votes: Codes) -> Floats:
    """Votes as a column: NaN where one is not known."""
    out = np.empty(len(votes))
    for i in range(len(votes)):
        out[i] = float(votes[i]) if votes[i] != UNKNOWN else np.nan
    return out


@compiled
def regimes(high: Floats, low: Floats, close: Floats, periods: tuple[int, int], ratios: tuple[float, float]) -> Floats:
    """1 where the average true range is at least so many times its own mean, -1 where at most, else 0."""
    n, usual = periods
    ranges = average_true_range(high, low, close, n)
    votes = np.empty(len(close), dtype=np.int8)
    _regimes(ranges, rolling_mean(ranges, usual), ratios, votes)
    return _as_numbers(votes)


@compiled
def session_breaks(opens_at: Ints, high: Floats, low: Floats, close: Floats, seconds: int) -> Floats:
    """The close beside the levels of the session before, at each bar; NaN where they are not known."""
    votes = np.empty(len(close), dtype=np.int8)
    levels = NO_LEVELS
    for i in range(len(close)):
        levels = _next_levels(levels, opens_at[i], high[i], low[i], seconds)
        votes[i] = _break(levels, close[i])
    return _as_numbers(votes)


@compiled
def _changes(trends: Codes, regimes: Codes, breaks: Codes, codes: Codes) -> None:
    """What has changed since the bar before, as ``screen`` says it."""
    codes[0] = -1
    for i in range(1, len(codes)):
        trend, regime, broken = trends[i], regimes[i], breaks[i]
        before, is_known = trends[i - 1], regime != UNKNOWN
        is_known &= (before != UNKNOWN) & (regimes[i - 1] != UNKNOWN) & (breaks[i - 1] != UNKNOWN)
        cross = trend if trend != before else 0
        turn = trend if regime != regimes[i - 1] else 0
        left = broken if broken != breaks[i - 1] else 0
        codes[i] = cross + 3 * turn + 9 * left + 13 if is_known else -1


@compiled
def screen(  # noqa: D417 - what bars are made of needs no words
    opens_at: Ints,
    high: Floats,
    low: Floats,
    close: Floats,
    periods: tuple[int, int, int, int],
    ratios: tuple[float, float],
    seconds: int,
    hits: Flags,
) -> tuple[Codes, Ints]:
    """What all sentinels say at each bar, and at which bars ``hits`` holds for it.

    Args:
        periods: Of the fast and the slow mean of closes, the average true range, and the mean that it is held against.
        ratios: From which the range is high, up to which it is low.
        seconds: Length of a session.
        hits: For each code whether it makes a candidate; at the end that for -1.

    Returns:
        Codes (``cross + 3 * regime + 9 * session``, each vote plus one; -1 where one is not known), and the bars hit.
    """
    fast, slow, n, usual = periods
    count = len(close)
    # One piece of memory: several would be given back to the machine each time, and fetched again at some cost.
    room = np.empty((3, count))
    first, second, ends = room[0], room[1], room[2]
    votes = np.empty((3, count), dtype=np.int8)
    trends, turns, breaks = votes[0], votes[1], votes[2]
    _ranges_and_breaks(opens_at, high, low, close, n, seconds, first, breaks)
    _rolling_mean(first, usual, ends, second)
    _regimes(first, second, ratios, turns)
    _rolling_mean(close, fast, ends, first)
    _rolling_mean(close, slow, ends, second)
    _trends(first, second, trends)
    codes = np.empty(count, dtype=np.int8)
    _changes(trends, turns, breaks, codes)
    found = np.empty(count, dtype=np.int64)
    hit = 0
    for i in range(count):
        if hits[codes[i]]:
            found[hit] = i
            hit += 1
    return codes, found[:hit].copy()
