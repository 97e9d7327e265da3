"""How far prices stand from the truth, in log-odds: the parameters that give built-in models an honest doubt.

A price departs from the truth by noise that passes within hours, of one of a few sizes, and in some markets by
something lasting, up or down. Neither shows in a single price. What shows, without knowing any truth, is how far two
markets for the same bet stand apart over time: their gap has a middle, which is what lasts of the one minus what lasts
of the other, and it moves around it by what passes. ``fit_departure`` finds the mixture under which the gaps that were
seen are most likely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.special import gammaln  # type: ignore[import-untyped]

Floats = NDArray[np.float64]


class Departure(Struct, frozen=True, kw_only=True):
    """The mixture. All but shares and ``rounding`` in log-odds.

    Attributes:
        noise_sizes: Deviations that passing noise can have.
        noise_shares: Share of markets with each.
        lasting_share: Share of markets that stand off for good; half of them up, half down.
        lasting_size: By how much in the middle.
        lasting_spread: Deviation around it.
        rounding: Dollars by which a price is rounded where the tick is not known (root mean square).
    """

    noise_sizes: tuple[float, ...]
    noise_shares: tuple[float, ...]
    lasting_share: float
    lasting_size: float
    lasting_spread: float
    rounding: float = 0.005

    def components(self) -> tuple[tuple[float, float, float], ...]:
        """Share, middle and deviation of each normal part of the whole departure."""
        parts = []
        for size, share in zip(self.noise_sizes, self.noise_shares, strict=True):
            both = math.hypot(size, self.lasting_spread)
            parts.append((share * (1.0 - self.lasting_share), 0.0, size))
            parts.extend((share * self.lasting_share / 2.0, sign * self.lasting_size, both) for sign in (1.0, -1.0))
        return tuple(parts)


DEFAULT_DEPARTURE: Final = Departure(
    noise_sizes=(0.03, 0.12, 0.35),
    noise_shares=(0.72, 0.24, 0.04),
    lasting_share=0.15,
    lasting_size=0.46,
    lasting_spread=0.13,
)
"""``fit_departure`` of the gaps between equivalent markets of six synthetic worlds, rounded; no truth entered.

Real venues may differ: fit their own once enough matched pairs have been watched. See docs/evaluation-builtin.md.
"""


class Gap(Struct, frozen=True, kw_only=True):
    """How far two markets for the same bet stood apart, in log-odds, at instants a few hours or more apart.

    Attributes:
        middle: Mean of the gap.
        variance: Of the gap around its middle.
        count: Instants, at least 3.
        rounding: Error that ticks alone bring into the gap.
    """

    middle: float
    variance: float
    count: int
    rounding: float


def gap_log_likelihood(departure: Departure, gaps: Sequence[Gap]) -> float:
    """Log-likelihood of the gaps: their middles are normal, their variances chi-squared, given what kinds of two."""
    middle = np.array([gap.middle for gap in gaps])
    variance = np.array([gap.variance for gap in gaps])
    count = np.array([gap.count for gap in gaps], dtype=np.float64)
    rounding = np.array([gap.rounding for gap in gaps]) ** 2
    total = np.zeros(len(gaps))
    for share, noise in _noise_pairs(departure):
        scale = noise + rounding
        freedom = (count - 1.0) / 2.0
        spread_density = _gamma_density(variance, freedom, scale / freedom)
        for lasting_share, off, spread in _lasting_pairs(departure):
            deviation = np.sqrt(noise / count + spread + rounding)
            total += share * lasting_share * _normal_density(middle - off, deviation) * spread_density
    return float(np.log(total + 1e-300).sum())


def _normal_density(distance: Floats, deviation: Floats) -> Floats:
    return np.asarray(np.exp(-((distance / deviation) ** 2) / 2.0) / (deviation * math.sqrt(2.0 * math.pi)))


def _gamma_density(value: Floats, shape: Floats, scale: Floats) -> Floats:
    kept = np.maximum(value, 1e-12)  # a gap that never moved
    return np.asarray(np.exp((shape - 1.0) * np.log(kept / scale) - kept / scale - gammaln(shape)) / scale)


def _noise_pairs(departure: Departure) -> list[tuple[float, float]]:
    """Share of pairs and variance of the passing noise of both together."""
    kinds = list(zip(departure.noise_shares, departure.noise_sizes, strict=True))
    return [(one * other, size**2 + twin**2) for one, size in kinds for other, twin in kinds]


def _lasting_pairs(departure: Departure) -> list[tuple[float, float, float]]:
    """Share of pairs, middle and variance of the difference of what lasts."""
    half, size, spread = departure.lasting_share / 2.0, departure.lasting_size, departure.lasting_spread**2
    kinds = [(1.0 - departure.lasting_share, 0.0, 0.0), (half, size, spread), (half, -size, spread)]
    return [(one * other, a - b, c + d) for one, a, c in kinds for other, b, d in kinds]


def fit_departure(gaps: Sequence[Gap], start: Departure = DEFAULT_DEPARTURE) -> Departure:
    """The mixture with as many noise sizes as ``start`` that makes the gaps most likely.

    Args:
        gaps: Of pairs of markets for the same bet.
        start: Where the search begins.
    """

    def unpacked(values: Floats) -> Departure:
        count = len(start.noise_sizes)
        raw = np.exp(values[count : 2 * count - 1])
        shares = np.append(raw, 1.0) / (raw.sum() + 1.0)
        share, size, spread = values[-3:]
        return Departure(
            noise_sizes=tuple(np.exp(values[:count]).tolist()),
            noise_shares=tuple(shares.tolist()),
            lasting_share=float(1.0 / (1.0 + math.exp(-share))),
            lasting_size=math.exp(size),
            lasting_spread=math.exp(spread),
            rounding=start.rounding,
        )

    shares = np.log(np.array(start.noise_shares[:-1]) / start.noise_shares[-1])
    lasting = math.log(start.lasting_share / (1.0 - start.lasting_share))
    first = np.concatenate(
        [np.log(start.noise_sizes), shares, [lasting, math.log(start.lasting_size), math.log(start.lasting_spread)]]
    )
    # A simplex that steps every parameter by a third: the default one hardly moves those that begin at zero.
    simplex = np.vstack([first, first + 0.3 * np.eye(first.size)])
    found = minimize(
        lambda values: -gap_log_likelihood(unpacked(values), gaps),
        first,
        method="Nelder-Mead",
        options={"maxiter": 800, "xatol": 1e-2, "fatol": 1e-2, "adaptive": True, "initial_simplex": simplex},
    )
    return unpacked(found.x)
