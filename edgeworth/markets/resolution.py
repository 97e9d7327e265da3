"""How a market ended: who is paid what, and when that is not known.

A price near 1 is not a resolution. The venue's closed flag comes first; only then do the payouts say which shape the
ending has. Each shape is its own case, because each is paid, scored and refunded differently.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from edgeworth.units import PriceMicros


class ResolutionShape(StrEnum):
    """The ways in which a market can end."""

    DECIDED = "decided"
    """Exactly one outcome pays a whole dollar, the others nothing."""
    VOID = "void"
    """Cancelled: every outcome pays the same share (0.5 and 0.5 of two), so that holders are refunded in part."""
    SCALAR = "scalar"
    """Fractional payouts that are not an even split (0.58 and 0.42)."""
    ZERO_ZERO = "zero_zero"
    """Closed with all prices at zero: a legacy record from which no winner can be derived."""
    PENDING = "pending"
    """Trading has stopped and the venue has not said how it ended."""


class OutcomeResult(StrEnum):
    """What the ending means for one outcome."""

    WON = "won"
    LOST = "lost"
    VOID = "void"
    SCALAR = "scalar"
    UNKNOWN = "unknown"


class Resolution(Struct, frozen=True, kw_only=True):
    """The venue's last word on a market.

    Attributes:
        shape: Which kind of ending.
        payouts: Dollars paid per share of each outcome, in millionths and in the order of the market's outcomes;
            ``None`` where nothing can be derived (``zero_zero``, ``pending``).
        resolved_at: When the venue said so, if it says.
    """

    shape: ResolutionShape
    payouts: tuple[PriceMicros, ...] | None = None
    resolved_at: datetime | None = None

    @property
    def winner(self) -> int | None:
        """Index of the outcome that pays a whole dollar; ``None`` unless the market was decided."""
        if self.shape is not ResolutionShape.DECIDED or self.payouts is None:
            return None
        return max(range(len(self.payouts)), key=self.payouts.__getitem__)

    def for_outcome(self, index: int) -> OutcomeResult:
        """What the ending means for the outcome at ``index``; ``unknown`` where nothing can be derived."""
        match self.shape:
            case ResolutionShape.DECIDED if self.payouts is not None:
                return OutcomeResult.WON if index == self.winner else OutcomeResult.LOST
            case ResolutionShape.VOID:
                return OutcomeResult.VOID
            case ResolutionShape.SCALAR:
                return OutcomeResult.SCALAR
            case _:
                return OutcomeResult.UNKNOWN
