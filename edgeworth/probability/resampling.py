"""Whether a difference of scores is more than noise: paired by question, resampled by cluster.

Markets of one event stand and fall together, so an event is drawn or left out as a whole. The generator is passed in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike

from edgeworth.probability.intervals import Interval, central


class PairedDifference(Struct, frozen=True, kw_only=True):
    """Mean of ``a - b`` over all pairs, and how sure that is.

    Attributes:
        standard_error: Of the difference, from the resampled ones.
        interval: Central, of the resampled differences.
        p_value: Two-sided, of no difference: share of resamples on the other side of zero, doubled, with the +1
            correction, so that it is never 0.
        clusters: How many were resampled: the true size of the sample.
    """

    difference: float
    standard_error: float
    interval: Interval
    p_value: float
    clusters: int


def paired_bootstrap(
    a: ArrayLike,
    b: ArrayLike,
    clusters: Sequence[object],
    rng: np.random.Generator,
    *,
    resamples: int = 2_000,
    confidence: float = 0.95,
) -> PairedDifference:
    """Compare the losses ``a`` and ``b`` of two forecasters on the same questions.

    Args:
        a: Losses of the first.
        b: Losses of the second, in the same order.
        clusters: What each question belongs to (its event).
        rng: Decides the resamples.
        resamples: How many.
        confidence: Of the interval.

    Raises:
        ValueError: Not as many losses and clusters, or fewer than two clusters.
    """
    gaps = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    names = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    if gaps.ndim != 1 or gaps.size != len(clusters) or len(names) < 2:
        raise ValueError(f"expected a cluster for each of {gaps.size} pairs and at least two, found {len(names)}")
    which = np.array([names[name] for name in clusters])
    sums = np.bincount(which, weights=gaps)
    sizes = np.bincount(which)
    means = np.empty(resamples)
    for number in range(resamples):
        drawn = rng.integers(0, sums.size, sums.size)
        means[number] = sums[drawn].sum() / sizes[drawn].sum()
    beyond = min((means <= 0.0).sum(), (means >= 0.0).sum())
    return PairedDifference(
        difference=float(gaps.mean()),
        standard_error=float(means.std(ddof=1)),
        interval=central(means, confidence),
        p_value=min(1.0, 2.0 * (float(beyond) + 1.0) / (resamples + 1.0)),
        clusters=sums.size,
    )
