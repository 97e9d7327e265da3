"""Order books and quotes: what can be bought and sold now, at which price and in which size."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros


class BookLevel(Struct, frozen=True, order=True):
    """Shares offered at one price."""

    price: PriceMicros
    size: ShareMicros


class Quote(Struct, frozen=True, kw_only=True):
    """The top of a book; a side without orders is ``None``."""

    best_bid: BookLevel | None
    best_ask: BookLevel | None

    @property
    def mid(self) -> PriceMicros | None:
        """Mean of best bid and ask, rounded down to a millionth; ``None`` when a side is missing."""
        if self.best_bid is None or self.best_ask is None:
            return None
        return PriceMicros((self.best_bid.price + self.best_ask.price) // 2)

    @property
    def spread(self) -> PriceMicros | None:
        """Best ask minus best bid; ``None`` when a side is missing."""
        if self.best_bid is None or self.best_ask is None:
            return None
        return PriceMicros(self.best_ask.price - self.best_bid.price)


class OrderBook(Struct, frozen=True, kw_only=True):
    """Every resting order of one outcome, best price first on both sides.

    Venues list the worst price first or only bids of both outcomes; parsers turn that into this one shape.

    Attributes:
        outcome_index: Which outcome of the market the prices are for.
        bids: Highest price first. asks: Lowest price first.
        observed_at: The venue's own time of the book.
    """

    venue: Venue
    market_native_id: str
    outcome_index: int
    bids: tuple[BookLevel, ...]
    asks: tuple[BookLevel, ...]
    observed_at: datetime
    token_id: str | None = None
    tick_size: PriceMicros | None = None
    hash: str | None = None

    @property
    def quote(self) -> Quote:
        """The top of the book."""
        return Quote(
            best_bid=self.bids[0] if self.bids else None,
            best_ask=self.asks[0] if self.asks else None,
        )

    @property
    def market_id(self) -> str:
        """The market's key, unique over all venues."""
        return f"{self.venue.value}:{self.market_native_id}"
