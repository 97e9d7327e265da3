"""How good probabilities were, once the outcomes are known: 0 or 1. No forecast is made here and no bet is settled.

Brier is the mean of ``(p - y)**2`` over one class (always saying 0.5 earns 0.25), log score the mean of
``-ln`` of what was given to what happened, clipped as stated. Lower is better for both.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

CLIP: Final = 0.005
"""Probabilities are kept this far from 0 and 1 in the log score, so that one miss costs at most 5.3."""

SMALLEST_BIN: Final = 10
"""A bin of fewer forecasts says nothing of how often they came true."""


class BrierParts(Struct, frozen=True, kw_only=True):
    """Murphy's decomposition (1973) over bins: ``score = reliability - resolution + uncertainty + within``.

    Attributes:
        reliability: How far stated and observed frequencies of the bins lie apart; 0 is best.
        resolution: How far the bins' frequencies lie from the base rate. Not a market's resolution.
        uncertainty: Of the base rate, ``y (1 - y)``; the forecaster cannot change it.
        within: What comes from forecasts of one bin that differ (Stephenson and others 2008); 0 when none do.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


class CalibrationBin(Struct, frozen=True, kw_only=True):
    """Forecasts of like height: what they said on average, and how often it came true."""

    count: int
    stated: float
    observed: float


def brier_score(probabilities: ArrayLike, outcomes: ArrayLike) -> float:
    """Mean squared distance of ``probabilities`` from ``outcomes``.

    Raises:
        ValueError: No forecasts, or not probabilities and outcomes of the same number.
    """
    return float(brier_losses(probabilities, outcomes).mean())


def brier_losses(probabilities: ArrayLike, outcomes: ArrayLike) -> Floats:
    """The squared distance for each forecast, for paired comparisons."""
    p, y = _checked(probabilities, outcomes)
    return np.asarray((p - y) ** 2)


def log_score(probabilities: ArrayLike, outcomes: ArrayLike, clip: float = CLIP) -> float:
    """Mean log loss in nats, with probabilities kept ``clip`` away from 0 and 1.

    Raises:
        ValueError: As for ``brier_score``.
    """
    return float(log_losses(probabilities, outcomes, clip).mean())


def log_losses(probabilities: ArrayLike, outcomes: ArrayLike, clip: float = CLIP) -> Floats:
    """The log loss of each forecast."""
    p, y = _checked(probabilities, outcomes)
    given = np.where(y == 1.0, p, 1.0 - p)
    return np.asarray(-np.log(np.clip(given, clip, 1.0 - clip)))


def brier_parts(probabilities: ArrayLike, outcomes: ArrayLike, bins: int | None = None) -> BrierParts:
    """The Brier score and what it is made of.

    Args:
        probabilities: Forecasts.
        outcomes: What happened, 0 or 1.
        bins: Bins of equal mass; ``None`` puts equal forecasts together and only those (then ``within`` is 0).

    Raises:
        ValueError: As for ``brier_score``.
    """
    p, y = _checked(probabilities, outcomes)
    groups = _equal_forecasts(p) if bins is None else _equal_mass(p, bins)
    base = y.mean()
    reliability = resolution = 0.0
    for members in groups:
        share = members.size / p.size
        reliability += share * (p[members].mean() - y[members].mean()) ** 2
        resolution += share * (y[members].mean() - base) ** 2
    uncertainty = base * (1.0 - base)
    score = ((p - y) ** 2).mean()
    return BrierParts(
        score=float(score),
        reliability=float(reliability),
        resolution=float(resolution),
        uncertainty=float(uncertainty),
        within=float(score - (reliability - resolution + uncertainty)),
    )


def calibration_bins(probabilities: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> tuple[CalibrationBin, ...]:
    """Bins of (nearly) equal mass, lowest forecasts first; fewer than asked when they would hold under ten.

    Raises:
        ValueError: As for ``brier_score``.
    """
    p, y = _checked(probabilities, outcomes)
    return tuple(
        CalibrationBin(count=members.size, stated=float(p[members].mean()), observed=float(y[members].mean()))
        for members in _equal_mass(p, bins)
    )


def calibration_error(probabilities: ArrayLike, outcomes: ArrayLike, bins: int = 10) -> float:
    """Expected calibration error: mean distance of stated and observed frequency over bins of equal mass.

    Above zero by chance alone even for perfect forecasts: with bins of n it is about ``0.8 sqrt(p (1 - p) / n)``.
    """
    found = calibration_bins(probabilities, outcomes, bins)
    total = sum(one.count for one in found)
    return sum(one.count * abs(one.stated - one.observed) for one in found) / total


def skill(score: float, reference: float) -> float:
    """Share of the reference's score that is saved; negative when it is worse.

    Raises:
        ValueError: The reference is perfect.
    """
    if reference <= 0.0:
        raise ValueError(f"expected a reference score above 0, found {reference}")
    return 1.0 - score / reference


def _equal_forecasts(p: Floats) -> list[NDArray[np.intp]]:
    _, which = np.unique(p, return_inverse=True)
    return [np.flatnonzero(which == number) for number in range(int(which.max()) + 1)]


def _equal_mass(p: Floats, bins: int) -> list[NDArray[np.intp]]:
    """By rank; ties stay in the order given, so that the bins do not depend on the sort."""
    count = max(1, min(bins, p.size // SMALLEST_BIN))
    return [members for members in np.array_split(np.argsort(p, kind="stable"), count) if members.size]


def _checked(probabilities: ArrayLike, outcomes: ArrayLike) -> tuple[Floats, Floats]:
    p = np.asarray(probabilities, dtype=np.float64)
    y = np.asarray(outcomes, dtype=np.float64)
    if p.ndim != 1 or p.shape != y.shape or p.size == 0:
        raise ValueError(f"expected as many outcomes as forecasts and at least one, found {p.shape} and {y.shape}")
    if not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError("expected probabilities between 0 and 1")
    if not ((y == 0.0) | (y == 1.0)).all():
        raise ValueError("expected outcomes of 0 or 1: a void or a scalar ending is not scored so")
    return p, y
