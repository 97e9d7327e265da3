"""From a listing's raw objects to what was read and what was refused: nothing is dropped in silence.

A *page* of a listing holds *items* (one event with its markets, or one market). Splitting a page gives each item's
bytes and a digest of them, so that an item that has not changed need not be parsed again. Parsing an item is pure and
gives every row of it either as a domain value or as a refusal: ``rows == parsed + refused``.

A *row* is what we count: a market, an event that was listed without its markets, a trade, a book, a candle, a bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from edgeworth.markets.bars import Bar
from edgeworth.markets.book import OrderBook
from edgeworth.markets.history import PricePoint, Trade
from edgeworth.markets.market import Event, Market
from edgeworth.markets.venue import Venue


class ListingItem(Struct, frozen=True, kw_only=True):
    """One object of a listing, still as bytes.

    Attributes:
        kind: ``event``, ``market``, ``trade``, ``book``, ``candles``, ``series``, ... (the adapter's word).
        native_id: The venue's key, read without parsing the rest; ``None`` when there is none.
        raw: The object's JSON bytes.
        digest: xxh3-128 of ``raw``, as hex.
        index: Position in the page, from 0: the raw position of a refusal.
    """

    kind: str
    native_id: str | None
    raw: bytes
    digest: str
    index: int


class Refusal(Struct, frozen=True, kw_only=True):
    """A row that was not taken, and why.

    Attributes:
        kind: What kind of row it was (``market``, ``event``, ...).
        native_id: Its key, when it could be read.
        code: Short stable word for the defect, used to count (``no_condition_id``, ``combo``).
        reason: A sentence for a person: what was expected, what was found.
        item_index: Position of the item in its page or file, from 0.
    """

    kind: str
    native_id: str | None
    code: str
    reason: str
    item_index: int


class ParsedItem(Struct, kw_only=True):
    """Everything that one listing item holds.

    Attributes:
        rows: How many rows the item had; ``rows == len(parsed values) + len(refusals)``, see ``parsed``.
        events: Events. An event counts as a row only when it was listed without markets (``event_rows``).
        event_rows: How many of ``events`` are rows of their own.
    """

    rows: int = 0
    event_rows: int = 0
    events: list[Event] = []
    markets: list[Market] = []
    trades: list[Trade] = []
    books: list[OrderBook] = []
    prices: list[PricePoint] = []
    bars: list[Bar] = []
    series: list[Series] = []
    refusals: list[Refusal] = []

    @property
    def parsed(self) -> int:
        """Rows that became domain values."""
        return (
            self.event_rows
            + len(self.markets)
            + len(self.trades)
            + len(self.books)
            + len(self.prices)
            + len(self.bars)
            + len(self.series)
        )


class Series(Struct, frozen=True, kw_only=True):
    """A Kalshi series: the template of events, which decides category and fees."""

    venue: Venue
    native_id: str
    title: str
    as_of: datetime
    category: str | None = None
    tags: tuple[str, ...] = ()
    fee_type: str | None = None
    fee_multiplier_ppm: int | None = None

    @property
    def series_id(self) -> str:
        """The key that is unique over all venues."""
        return f"{self.venue.value}:{self.native_id}"


class ListingPage(Struct, frozen=True, kw_only=True):
    """One page of a listing, split but not parsed.

    Attributes:
        items: In the order of the page.
        next_cursor: Where the next page begins; ``None`` at the end.
    """

    items: Sequence[ListingItem]
    next_cursor: str | None
