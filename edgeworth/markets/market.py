"""Events, markets and outcomes: what the catalogue holds.

Values only. Wire names, HTTP and SQL never enter; ``edgeworth.adapters`` turns payloads into these and stores them.
A field that the venue did not state is ``None``; nothing is filled in.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Struct

from edgeworth.markets.fees import FeeTerms
from edgeworth.markets.resolution import Resolution
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros


class MarketStatus(StrEnum):
    """Where a market stands in its life."""

    UNOPENED = "unopened"
    OPEN = "open"
    CLOSED = "closed"
    """Trading has stopped; see ``Market.resolution`` for whether an answer is pending or cannot be derived."""
    RESOLVED = "resolved"
    """The venue has said how it ended and the payouts are known."""


class RecordDetail(IntEnum):
    """How full the record was from which a market was read; a thinner one never replaces a fuller one."""

    FLAT = 1
    """A flattened table (CSV): few columns."""
    EXCHANGE = 2
    """The exchange's own list (CLOB ``/markets``): tokens and winners, no volumes."""
    LISTING = 3
    """The listing API (Gamma, Kalshi): everything."""


class Outcome(Struct, frozen=True, kw_only=True):
    """One possible answer of a market.

    Attributes:
        label: As the venue writes it; not always Yes or No.
        token_id: The tradable claim on it: a decimal string of up to 78 digits on Polymarket; ``None`` on Kalshi,
            where ticker and side name it.
        price: The price that the listing shows for it, if any.
    """

    label: str
    token_id: str | None = None
    price: PriceMicros | None = None


class Market(Struct, frozen=True, kw_only=True):
    """One tradable question with its rules.

    Attributes:
        native_id: The venue's key: condition id on Polymarket, ticker on Kalshi.
        event_native_id: The venue's key of the event it belongs to.
        listing_id: The number under which the listing API knows it (Gamma id).
        rules: The full text by which it resolves; empty when the venue shows none.
        outcomes: In the venue's order. On Kalshi always Yes, No. Index 0 is *not* always Yes on Polymarket.
        tags: Slugs of the venue's tags, without the housekeeping ones, in the venue's order.
        category: One of ``edgeworth.markets.categories``, or ``None`` when no tag says.
        volume_usd, volume_24h_usd, liquidity_usd: Dollars. Polymarket states these.
        volume_shares, volume_24h_shares, open_interest_shares: Contracts. Kalshi states these.
        best_bid, best_ask, last_price: Of the outcome at index 0, as the listing shows them.
        price_change_24h: Signed change of the price of outcome 0 over a day, in millionths of a dollar.
        fee_terms: What the venue says about fees of this market; ``None`` means unknown, and unknown refuses.
        resolution: ``None`` while it trades.
        as_of: When this record was seen at the venue.
    """

    venue: Venue
    native_id: str
    question: str
    rules: str
    outcomes: tuple[Outcome, ...]
    status: MarketStatus
    as_of: datetime
    detail: RecordDetail = RecordDetail.LISTING
    event_native_id: str | None = None
    listing_id: str | None = None
    slug: str | None = None
    category: str | None = None
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    closed_at: datetime | None = None
    volume_usd: float | None = None
    volume_24h_usd: float | None = None
    liquidity_usd: float | None = None
    volume_shares: float | None = None
    volume_24h_shares: float | None = None
    open_interest_shares: float | None = None
    best_bid: PriceMicros | None = None
    best_ask: PriceMicros | None = None
    last_price: PriceMicros | None = None
    price_change_24h: int | None = None
    tick_size: PriceMicros | None = None
    min_order_size: ShareMicros | None = None
    is_neg_risk: bool = False
    is_accepting_orders: bool | None = None
    fee_terms: FeeTerms | None = None
    resolution: Resolution | None = None
    resolution_source: str | None = None
    url: str | None = None

    @property
    def market_id(self) -> str:
        """The key that is unique over all venues."""
        return f"{self.venue.value}:{self.native_id}"

    @property
    def event_id(self) -> str | None:
        """The key of its event that is unique over all venues."""
        return None if self.event_native_id is None else f"{self.venue.value}:{self.event_native_id}"

    @property
    def mid(self) -> PriceMicros | None:
        """Mean of best bid and ask of outcome 0, rounded down to a millionth; ``None`` when a side is missing."""
        if self.best_bid is None or self.best_ask is None:
            return None
        return PriceMicros((self.best_bid + self.best_ask) // 2)


class Event(Struct, frozen=True, kw_only=True):
    """One real-world proposition that holds one or more markets.

    Attributes:
        native_id: Gamma's number on Polymarket, the event ticker on Kalshi.
        is_neg_risk: Mutually exclusive markets among which NO shares convert (Polymarket).
        is_neg_risk_augmented: The set has an unlisted "Other": it is not complete.
        is_mutually_exclusive: At most one of its markets can resolve Yes, where the venue says so.
        series_native_id: The venue's series (Kalshi series ticker), which decides fees.
        market_count: Markets listed under it when it was seen; ``None`` when listed without them.
        is_stub: Seen only as the short reference inside a market record; never replaces a full one.
    """

    venue: Venue
    native_id: str
    title: str
    as_of: datetime
    slug: str | None = None
    description: str = ""
    category: str | None = None
    tags: tuple[str, ...] = ()
    series_native_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closes_at: datetime | None = None
    is_closed: bool | None = None
    is_neg_risk: bool = False
    is_neg_risk_augmented: bool = False
    is_mutually_exclusive: bool | None = None
    volume_usd: float | None = None
    volume_24h_usd: float | None = None
    liquidity_usd: float | None = None
    market_count: int | None = None
    is_stub: bool = False
    url: str | None = None

    @property
    def event_id(self) -> str:
        """The key that is unique over all venues."""
        return f"{self.venue.value}:{self.native_id}"
