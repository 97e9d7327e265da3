"""Log-odds: the scale on which beliefs and prices move by steps of like size. Never where money is counted.

``log_odds(p) = ln(p / (1 - p))``; its inverse is ``chance``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SMALLEST: Final = 1e-6
"""A probability closer to 0 or 1 than this is taken to be this far away: certainty has no log-odds."""


def log_odds(probability: ArrayLike, smallest: float = SMALLEST) -> Floats:
    """Log-odds of ``probability``, kept ``smallest`` away from 0 and 1."""
    # Here and below: slow to import, on the way of every command; only who calculates waits for it.
    from scipy.special import logit  # type: ignore[import-untyped]

    return np.asarray(logit(np.clip(np.asarray(probability, dtype=np.float64), smallest, 1.0 - smallest)))


def chance(log_odds: ArrayLike) -> Floats:
    """The probability with these log-odds; never overflows."""
    from scipy.special import expit

    return np.asarray(expit(np.asarray(log_odds, dtype=np.float64)))


def pool(probabilities: ArrayLike, weights: ArrayLike) -> float:
    """One probability out of several: their mean in log-odds by ``weights`` (at least one positive).

    Raises:
        ValueError: The weights are negative or all zero, or not one for each probability.
    """
    given = np.asarray(probabilities, dtype=np.float64)
    shares = np.asarray(weights, dtype=np.float64)
    if given.shape != shares.shape or (shares < 0).any() or shares.sum() <= 0:
        raise ValueError(f"expected one weight of zero or more for each of {given.size} probabilities")
    return float(chance(np.average(log_odds(given), weights=shares)))
