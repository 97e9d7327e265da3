"""Intervals: what a share of hits says about a chance, and draws of a quantity about it. No scores, no models."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri  # type: ignore[import-untyped]


class Interval(NamedTuple):
    """From ``low`` to ``high``, both included."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Distance of the ends."""
        return self.high - self.low

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


def wilson(share: float, count: float, confidence: float = 0.95) -> Interval:
    """Wilson's score interval (1927) for a chance of which ``count`` trials showed ``share`` hits.

    ``(share + z**2 / 2n -+ z sqrt(share (1 - share) / n + z**2 / 4n**2)) / (1 + z**2 / n)``, no continuity correction.
    For the mean of ``count`` values within [0, 1] it is wide enough, because no such mean varies more than hits do.

    Raises:
        ValueError: ``share`` is outside 0 to 1, ``count`` is not positive, or ``confidence`` not between 0 and 1.
    """
    if not 0.0 <= share <= 1.0 or not count > 0.0 or not 0.0 < confidence < 1.0:
        raise ValueError(f"expected a share in [0, 1] of a positive count, found {share} of {count} at {confidence}")
    z = float(ndtri(0.5 + confidence / 2.0))
    centre = share + z * z / (2.0 * count)
    reach = z * math.sqrt(share * (1.0 - share) / count + z * z / (4.0 * count * count))
    scale = 1.0 + z * z / count
    # At 0 and 1 the end is exact; rounding would put it a hair inside.
    low = 0.0 if share == 0.0 else max(0.0, (centre - reach) / scale)
    high = 1.0 if share == 1.0 else min(1.0, (centre + reach) / scale)
    return Interval(low, high)


def central(draws: ArrayLike, confidence: float = 0.90) -> Interval:
    """The interval that leaves out equally many ``draws`` below and above.

    Raises:
        ValueError: No draws, or ``confidence`` not between 0 and 1.
    """
    given = np.asarray(draws, dtype=np.float64)
    if given.size == 0 or not 0.0 < confidence < 1.0:
        raise ValueError(f"expected draws and a confidence between 0 and 1, found {given.size} at {confidence}")
    low, high = np.quantile(given, [(1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0])
    return Interval(float(low), float(high))
