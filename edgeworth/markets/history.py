"""What happened in a market over time: price points and trades."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros


class Side(StrEnum):
    """What the taker of a trade did with the outcome's shares."""

    BUY = "buy"
    SELL = "sell"


class PricePoint(Struct, frozen=True, kw_only=True):
    """The price of one outcome at one instant, as the venue recorded it.

    Attributes:
        at: The instant (end of the interval for a candle).
        interval_seconds: Length of the interval that the point stands for; 0 for an exact tick.
        bid, ask: Closing quotes of the interval, where the venue states them (Kalshi candles).
        price: The venue's price; ``None`` when nothing traded in the interval and only quotes are known.
        volume: Shares traded in the interval, where stated.
    """

    venue: Venue
    market_native_id: str
    outcome_index: int
    at: datetime
    interval_seconds: int
    price: PriceMicros | None
    bid: PriceMicros | None = None
    ask: PriceMicros | None = None
    volume: ShareMicros | None = None

    @property
    def market_id(self) -> str:
        """The market's key, unique over all venues."""
        return f"{self.venue.value}:{self.market_native_id}"


class Trade(Struct, frozen=True, kw_only=True):
    """One fill, seen from the taker.

    Attributes:
        trade_id: The venue's id, or one derived from the record's own fields where the venue gives none.
        outcome_index: Which outcome's shares changed hands.
        side: What the taker did with them; ``None`` where the venue does not say.
        wallet: The taker's address, on venues that show it.
    """

    venue: Venue
    market_native_id: str
    trade_id: str
    outcome_index: int
    at: datetime
    price: PriceMicros
    size: ShareMicros
    side: Side | None = None
    wallet: str | None = None

    @property
    def market_id(self) -> str:
        """The market's key, unique over all venues."""
        return f"{self.venue.value}:{self.market_native_id}"
