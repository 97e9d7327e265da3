"""Prices of outcomes of which exactly one must win, freed of the margin that makes them sum to more than one.

``q`` are the prices in dollars per share (or inverse decimal odds), ``B`` their sum (the book sum).

- proportional: ``p_i = q_i / B``.
- power: ``p_i = q_i ** k`` with ``k`` such that they sum to 1 (Vovk and Zhdanov 2009; Clarke, Kovalchik and Ingram
  2017). Takes relatively more off longshots than off favourites.
- Shin: the margin protects against a share ``z`` of insiders;
  ``p_i = (sqrt(z**2 + 4 (1 - z) q_i**2 / B) - z) / (2 (1 - z))`` (Shin 1993; Jullien and Salanie 1994). With two
  outcomes it takes the same amount off each.

Only power works for a book that sums to less than one; there Shin has no answer. Quotes, fees and sizes never enter.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_MOST_INSIDERS: Final = 1.0 - 1e-9


class Devig(StrEnum):
    """How a margin is taken off."""

    PROPORTIONAL = "proportional"
    POWER = "power"
    SHIN = "shin"


def overround(prices: ArrayLike) -> float:
    """What all outcomes cost together above the dollar that exactly one of them pays; negative when they cost less."""
    return float(_checked(prices).sum() - 1.0)


def proportional(prices: ArrayLike) -> Floats:
    """Each price divided by their sum.

    Raises:
        ValueError: Not at least two prices, each above 0 and below 1.
    """
    given = _checked(prices)
    return np.asarray(given / given.sum())


def power(prices: ArrayLike) -> Floats:
    """Each price to one common power, so that they sum to one.

    Raises:
        ValueError: Not at least two prices, each above 0 and below 1.
    """
    given = _checked(prices)
    if abs(given.sum() - 1.0) < 1e-15:
        return given

    def excess(exponent: float) -> float:
        return float((given**exponent).sum() - 1.0)

    # With exponent 0 every price is 1 and the sum is at least 2; the largest price decides how far to go.
    high = 1.0
    while excess(high) > 0.0:
        high *= 2.0
    exponent = _root(excess, high, tolerance=1e-14)
    return _exactly_one(given**exponent)


def shin(prices: ArrayLike) -> Floats:
    """Shin's probabilities.

    Raises:
        ValueError: Not at least two prices, each above 0 and below 1, or they sum to less than one.
    """
    return _shin(_checked(prices))[0]


def insider_share(prices: ArrayLike) -> float:
    """The share ``z`` of insiders that explains the margin by Shin's model, from 0 (no margin) to below 1.

    Raises:
        ValueError: As for ``shin``.
    """
    return _shin(_checked(prices))[1]


def devig(prices: ArrayLike, method: Devig) -> Floats:
    """``prices`` as probabilities by ``method``.

    Raises:
        ValueError: As for the method.
    """
    return _METHODS[method](prices)


_METHODS: Final[dict[Devig, Callable[[ArrayLike], Floats]]] = {
    Devig.PROPORTIONAL: proportional,
    Devig.POWER: power,
    Devig.SHIN: shin,
}


def _shin(given: Floats) -> tuple[Floats, float]:
    book = given.sum()
    if book < 1.0 - 1e-12:
        raise ValueError(f"expected prices that sum to at least 1 for Shin's method, found {book:.6f}")

    def probabilities(share: float) -> Floats:
        root = np.sqrt(share**2 + 4.0 * (1.0 - share) * given**2 / book)
        return np.asarray((root - share) / (2.0 * (1.0 - share)))

    def excess(share: float) -> float:
        return float(probabilities(share).sum() - 1.0)

    if excess(0.0) <= 0.0:
        return _exactly_one(given), 0.0
    share = _root(excess, _MOST_INSIDERS, tolerance=1e-15)
    return _exactly_one(probabilities(share)), share


def _root(excess: Callable[[float], float], high: float, *, tolerance: float) -> float:
    """Where ``excess`` is zero between 0 and ``high``."""
    # A third of a second to import, on the way of every command: only who calculates waits for it.
    from scipy.optimize import brentq  # type: ignore[import-untyped]

    return float(brentq(excess, 0.0, high, xtol=tolerance, rtol=1e-14))


def _exactly_one(probabilities: Floats) -> Floats:
    """What the root finder left over (about 1e-14) is spread in proportion."""
    return np.asarray(probabilities / probabilities.sum())


def _checked(prices: ArrayLike) -> Floats:
    given = np.asarray(prices, dtype=np.float64)
    if given.ndim != 1 or given.size < 2 or not ((given > 0.0) & (given < 1.0)).all():
        raise ValueError(f"expected at least two prices above 0 and below 1, found {given.tolist()}")
    return given
