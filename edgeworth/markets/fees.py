"""What a trade costs: dated, integer-exact fee schedules per venue. An unknown fee refuses the trade."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class FeeKind(StrEnum):
    """Which formula the venue says applies to a market."""

    NONE = "none"
    """The venue says that this market charges nothing."""
    CURVE = "curve"
    """Polymarket: ``shares * rate * (p * (1 - p)) ** exponent``."""
    QUADRATIC = "quadratic"
    """Kalshi: ``multiplier * 0.07 * contracts * p * (1 - p)`` for takers, nothing for makers."""
    QUADRATIC_WITH_MAKER_FEES = "quadratic_with_maker_fees"
    """Kalshi: as ``quadratic``, and makers pay a quarter of the taker's rate."""


class FeeTerms(Struct, frozen=True, kw_only=True):
    """What the venue states about the fees of one market, as stated.

    Attributes:
        rate_ppm: Rate of a ``curve``, in millionths (0.05 -> 50,000).
        exponent_ppm: Exponent of a ``curve``, in millionths (1 -> 1,000,000).
        is_taker_only: Whether makers pay nothing, where stated.
        multiplier_ppm: Multiplier of a quadratic fee, in millionths (0.5 -> 500,000).
    """

    kind: FeeKind
    rate_ppm: int | None = None
    exponent_ppm: int | None = None
    is_taker_only: bool | None = None
    multiplier_ppm: int | None = None
