"""One outcome's order book as the market channel describes it: a snapshot, then changes. Pure, no I/O.

A change carries the *new total* at its price; 0 removes the level. Before the first snapshot, and from the moment the
book is found to differ from what the venue says, the state is unknown and gives no book.
"""

from __future__ import annotations

from datetime import datetime

from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.history import Side
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros

Levels = dict[PriceMicros, ShareMicros]


class BookState:
    """The levels of one outcome by price."""

    def __init__(self) -> None:
        self._bids: Levels = {}
        self._asks: Levels = {}
        self.tick_size: PriceMicros | None = None
        self.observed_at: datetime | None = None
        self.hash: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether a snapshot came since the start or the last ``forget``."""
        return self.observed_at is not None

    @property
    def best_bid(self) -> PriceMicros | None:
        """Highest price at which someone buys."""
        return max(self._bids, default=None)

    @property
    def best_ask(self) -> PriceMicros | None:
        """Lowest price at which someone sells."""
        return min(self._asks, default=None)

    @property
    def is_crossed(self) -> bool:
        """Whether someone buys at or above the price at which someone sells: impossible at a venue that matches."""
        bid, ask = self.best_bid, self.best_ask
        return bid is not None and ask is not None and bid >= ask

    def snapshot(self, bids: Levels, asks: Levels, *, at: datetime, book_hash: str | None = None) -> None:
        """Replace everything by ``bids`` and ``asks`` (sizes above 0)."""
        self._bids, self._asks = dict(bids), dict(asks)
        self.observed_at = at
        self.hash = book_hash

    def change(self, side: Side, price: PriceMicros, size: ShareMicros, *, at: datetime) -> None:
        """Set the total at ``price``; without effect while the state is unknown."""
        if not self.is_known:
            return
        levels = self._bids if side is Side.BUY else self._asks
        if size:
            levels[price] = size
        else:
            levels.pop(price, None)
        self.observed_at = at
        # The venue's hash of a change names the order, not the book.
        self.hash = None

    def forget(self) -> None:
        """Become unknown: until the next snapshot there is no book. The tick size stays."""
        self._bids, self._asks = {}, {}
        self.observed_at = None
        self.hash = None

    def book(self, *, venue: Venue, market_native_id: str, outcome_index: int, token_id: str) -> OrderBook | None:
        """The book now, best price first; ``None`` while unknown."""
        if self.observed_at is None:
            return None
        return OrderBook(
            venue=venue,
            market_native_id=market_native_id,
            outcome_index=outcome_index,
            bids=tuple(BookLevel(*level) for level in sorted(self._bids.items(), reverse=True)),
            asks=tuple(BookLevel(*level) for level in sorted(self._asks.items())),
            observed_at=self.observed_at,
            token_id=token_id,
            tick_size=self.tick_size,
            hash=self.hash,
        )
