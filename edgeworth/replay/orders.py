"""What a strategy may ask for, and what came of it. Values only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Direction(StrEnum):
    """Which way a position gains."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        """1 for long, -1 for short."""
        return 1 if self is Direction.LONG else -1


class Exits(Struct, frozen=True, kw_only=True):
    """When a position ends by itself; ``None`` is never. An order with a value that is no number is refused.

    Attributes:
        stop, target: Distance from the entry's price at which a loss is cut, a gain is taken.
        trail: Distance from the best price of the bars that the position has seen to their end.
        hold_seconds: After so long, at the open of the next bar; counts time, so a gap counts too.
    """

    stop: float | None = None
    target: float | None = None
    trail: float | None = None
    hold_seconds: int | None = None


NO_EXITS = Exits()


class Enter(Struct, frozen=True, kw_only=True):
    """Open a position at the next bar.

    Attributes:
        quantity: Of the asset (shares of an outcome), above zero.
        exits: When it ends by itself.
        limit: Price that is not to be exceeded; ``None`` takes the open of the next bar.
        good_for_bars: How many bars a limit waits.
        note: Why, for the trade list.
    """

    side: Direction
    quantity: float
    exits: Exits = NO_EXITS
    limit: float | None = None
    good_for_bars: int = 1
    note: str = ""


class Leave(Struct, frozen=True, kw_only=True):
    """Close the position at the open of the next bar, and forget limits that wait."""

    note: str = ""


Order = Enter | Leave


class ExitReason(StrEnum):
    """Why a position ended."""

    STOP = "stop"
    TARGET = "target"
    TRAIL = "trailing stop"
    TIME = "time"
    ASKED = "strategy"
    SETTLED = "settled"
    VOID = "void"
    RUIN = "ruin"


class Trade(Struct, frozen=True, kw_only=True):
    """A position from its entry to its exit.

    Attributes:
        decided_at: End of the bar at which the strategy asked for it.
        entered_at, exited_at: Beginning of the bar in which each was filled.
        entry_price, exit_price: As filled, spread and slippage included.
        fees: Of both.
        profit: After fees.
    """

    side: Direction
    quantity: float
    decided_at: datetime
    entered_at: datetime
    entry_price: float
    exited_at: datetime
    exit_price: float
    exit_reason: ExitReason
    fees: float
    profit: float
    note: str


class OpenPosition(Struct, frozen=True, kw_only=True):
    """A position that is still open when the bars end; it is marked at the last close and not closed.

    Attributes:
        fees: Of the entry.
    """

    side: Direction
    quantity: float
    decided_at: datetime
    entered_at: datetime
    entry_price: float
    fees: float
    note: str


class Refusal(Struct, frozen=True, kw_only=True):
    """An order that was not carried out, and why."""

    at: datetime
    reason: str
