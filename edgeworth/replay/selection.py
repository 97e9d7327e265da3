"""Whether the best of many trials is good, or only the best of many.

The deflated Sharpe ratio (Bailey and López de Prado, 2014, *Journal of Portfolio Management* 40(5)) asks how likely it
is that a Sharpe ratio lies above what the best of so many worthless trials would show. The probability of backtest
overfitting (Bailey, Borwein, López de Prado and Zhu, 2017, *Journal of Computational Finance* 20(4)) asks how often
the best of one half of the time lies below the median of all in the other half.

Sharpe ratios here are of one bar, never of a year.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from edgeworth.replay.bars import Floats

EULER_GAMMA = 0.577_215_664_901_532_9
SPLITS = 16
"""Blocks of time, as in the paper: 12,870 ways to halve them."""

_AT_ONCE = 1_000_000
"""Ranks in memory at one time."""

_NORMAL = NormalDist()


def expected_best_sharpe(variance: float, trials: int) -> float:
    """The Sharpe ratio to expect of the best of ``trials`` worthless ones whose Sharpe ratios vary by ``variance``."""
    if trials < 2:
        return 0.0
    first = _NORMAL.inv_cdf(1.0 - 1.0 / trials)
    second = _NORMAL.inv_cdf(1.0 - 1.0 / (trials * math.e))
    return math.sqrt(variance) * ((1.0 - EULER_GAMMA) * first + EULER_GAMMA * second)


def deflated_sharpe(
    sharpe: float, *, bars: int, skewness: float, kurtosis: float, variance: float, trials: int
) -> float | None:
    """How likely it is that the true Sharpe ratio lies above that of the best of ``trials`` worthless ones.

    Args:
        sharpe: Observed, of the chosen trial.
        bars: How many returns it is made of.
        skewness: Of the returns; 0 where they are normal.
        kurtosis: Of the returns; 3 where they are normal.
        variance: Of the Sharpe ratios of all trials.
        trials: How many were made, those thrown away included.

    Returns:
        From 0 to 1; ``None`` where the returns are so odd that the formula has no error to offer.
    """
    odd = 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe
    if bars < 2 or not odd > 0.0:
        return None
    beyond = sharpe - expected_best_sharpe(variance, trials)
    return _NORMAL.cdf(beyond * math.sqrt(bars - 1) / math.sqrt(odd))


def block_sums(returns: Floats, splits: int = SPLITS) -> Floats:
    """Count, sum and sum of squares of ``returns`` within each of ``splits`` blocks of time; a row a block.

    Raises:
        ValueError: An odd number of blocks, or fewer returns than blocks.
    """
    if splits < 2 or splits % 2 or len(returns) < splits:
        raise ValueError(f"expected an even number of blocks up to {len(returns)}, found {splits}")
    blocks = np.array_split(returns, splits)
    return np.array([(len(block), block.sum(), np.square(block).sum()) for block in blocks])


def overfitting_probability(trials: Sequence[Floats]) -> float | None:
    """How often the best trial in one half of the blocks lies below the median in the other half.

    One that lies at the median counts half, so that drawing a trial comes to a half whether they are odd or even in
    number; the paper leaves it open.

    Args:
        trials: The ``block_sums`` of each, over the same bars.

    Returns:
        From 0 to 1; ``None`` with fewer than two trials, or where none of them ever moved.
    """
    if len(trials) < 2:
        return None
    blocks = np.stack(trials)
    if not blocks[:, :, 2].any():
        return None
    halves = _halves(blocks.shape[1])
    # Many trials have more ranks than memory: some choices at a time.
    at_once = max(1, _AT_ONCE // len(trials))
    below = sum(_fallen(halves[start : start + at_once], blocks) for start in range(0, len(halves), at_once))
    return below / len(halves)


def _halves(splits: int) -> Floats:
    """Every choice of half of the blocks, as a row of ones and zeros."""
    chosen = np.zeros((math.comb(splits, splits // 2), splits))
    for row, half in enumerate(itertools.combinations(range(splits), splits // 2)):
        chosen[row, list(half)] = 1.0
    return chosen


def _fallen(chosen: Floats, blocks: Floats) -> float:
    """In how many of ``chosen`` the best trial lies below the median of the others' half; at the median counts half."""
    outside = _sharpes(1.0 - chosen, blocks)
    best = _sharpes(chosen, blocks).argmax(axis=1)
    reached = np.take_along_axis(outside, best[:, None], axis=1)
    # Twice the rank among all, of those that are equal the mean; twice the median is their number and one.
    twice = 2 * (outside < reached).sum(axis=1) + (outside == reached).sum(axis=1) + 1
    at_median = len(blocks) + 1
    return float(np.count_nonzero(twice < at_median) + 0.5 * np.count_nonzero(twice == at_median))


def _sharpes(chosen: Floats, blocks: Floats) -> Floats:
    """Sharpe ratio of each trial (column) over the blocks of each choice (row); 0 where nothing moves."""
    count, total, squares = (chosen @ blocks[:, :, part].T for part in range(3))
    mean = total / count
    deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0.0))
    return np.divide(mean, deviation, out=np.zeros_like(mean), where=deviation > 0.0)
