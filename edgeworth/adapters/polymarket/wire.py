"""Payload types of Gamma, CLOB and Data API: exactly what is on the wire, nothing computed.

Only fields that are read are named; others are skipped while decoding. Every field may be missing, because Gamma
leaves out what has no value instead of writing null. Types are as wide as they have been seen to move: ids as strings
and numbers, numbers as JSON numbers and decimal strings, lists as JSON arrays and as JSON inside a string.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType

Number = float | str | None
"""A number, or one in a string (``"19209.42"``); an empty string means absent."""

Id = int | str | None
"""Numeric ids arrive as strings, occasionally as numbers."""

Texts = str | list[str] | None
"""A list of strings, or one as JSON inside a string (``"[\\"Yes\\", \\"No\\"]"``)."""


class Tag(Struct, gc=False):
    """A tag of an event or market, also a row of ``GET /tags``."""

    id: Id = None
    label: str | None = None
    slug: str | None = None


class FeeSchedule(Struct, rename="camel", gc=False):
    """What a market says about its taker fee."""

    rate: Number = None
    exponent: Number = None
    taker_only: bool | None = None


class GammaMarket(Struct, rename="camel", gc=False):
    """A market as Gamma lists it, alone or inside an event."""

    id: Id = None
    condition_id: str | None = None
    slug: str | None = None
    question: str | None = None
    description: str | None = None
    category: str | None = None
    resolution_source: str | None = None
    outcomes: Texts = None
    outcome_prices: str | list[float | str] | None = None
    clob_token_ids: str | list[int | str] | None = None
    volume: Number = None
    volume_num: Number = None
    volume24hr: Number = None
    liquidity: Number = None
    liquidity_num: Number = None
    best_bid: Number = None
    best_ask: Number = None
    last_trade_price: Number = None
    one_day_price_change: Number = None
    order_min_size: Number = None
    order_price_min_tick_size: Number = None
    active: bool | None = None
    closed: bool | None = None
    accepting_orders: bool | None = None
    neg_risk: bool | None = None
    start_date: Number = None
    end_date: Number = None
    created_at: Number = None
    updated_at: Number = None
    closed_time: Number = None
    uma_resolution_status: str | None = None
    fees_enabled: bool | None = None
    fee_schedule: FeeSchedule | None = None
    events: list[msgspec.Raw] | None = None
    tags: list[Tag] | None = None


class GammaEventFields(Struct, rename="camel", gc=False):
    """An event without its markets: what a market record embeds of it."""

    id: Id = None
    slug: str | None = None
    title: str | None = None
    description: str | None = None
    category: str | None = None
    closed: bool | None = None
    start_date: Number = None
    end_date: Number = None
    created_at: Number = None
    updated_at: Number = None
    volume: Number = None
    volume24hr: Number = None
    liquidity: Number = None
    neg_risk: bool | None = None
    enable_neg_risk: bool | None = None
    neg_risk_augmented: bool | None = None
    tags: list[Tag] | None = None


class GammaEvent(GammaEventFields, rename="camel", gc=False):
    """An event with its markets, each read on its own only when the whole cannot be read."""

    markets: list[GammaMarket] | None = None


class GammaEventMarkets(Struct, gc=False):
    """Only the markets of an event, still as bytes: the way to the good ones when something in the event is bad."""

    markets: list[msgspec.Raw] | None = None


class ClobToken(Struct, gc=False):
    """One outcome of a market as the exchange lists it."""

    token_id: Id = None
    outcome: str | None = None
    price: Number = None
    winner: bool | None = None


class ClobMarket(Struct, gc=False):
    """A row of CLOB ``/markets``."""

    condition_id: str | None = None
    question: str | None = None
    description: str | None = None
    market_slug: str | None = None
    end_date_iso: Number = None
    active: bool | None = None
    closed: bool | None = None
    accepting_orders: bool | None = None
    minimum_order_size: Number = None
    minimum_tick_size: Number = None
    neg_risk: bool | None = None
    is_50_50_outcome: bool | None = None
    tokens: list[ClobToken] | None = None
    tags: list[str] | None = None


class Level(Struct, gc=False):
    """One price level of a book."""

    price: Number = None
    size: Number = None


class Book(Struct):
    """A book, from REST or from the stream; the worst price comes first on both sides."""

    market: str | None = None
    asset_id: Id = None
    timestamp: Number = None
    hash: str | None = None
    bids: list[Level] | None = None
    asks: list[Level] | None = None
    tick_size: Number = None


class StreamChange(Struct, gc=False):
    """One level of a ``price_change``: ``size`` is the new total, 0 removes the level."""

    asset_id: Id = None
    price: Number = None
    size: Number = None
    side: str | None = None
    best_bid: Number = None
    best_ask: Number = None


class StreamEvent(Struct):
    """An object of the market channel, of any kind."""

    event_type: str | None = None
    market: str | None = None
    asset_id: Id = None
    timestamp: Number = None
    hash: str | None = None
    bids: list[Level] | None = None
    asks: list[Level] | None = None
    tick_size: Number = None
    price_changes: list[StreamChange] | None = None
    changes: list[StreamChange] | None = None
    price: Number = None
    size: Number = None
    side: str | None = None
    new_tick_size: Number = None
    transaction_hash: str | None = None


class PricePoint(Struct, gc=False):
    """A point of ``/prices-history``: unix seconds and price."""

    t: Number = None
    p: Number = None


class PriceHistory(Struct):
    """The answer of ``/prices-history``."""

    history: list[msgspec.Raw] | UnsetType | None = UNSET


class TradeV1(Struct, rename="camel", gc=False):
    """A row of Data API ``/trades``."""

    proxy_wallet: str | None = None
    asset: Id = None
    condition_id: str | None = None
    side: str | None = None
    size: Number = None
    price: Number = None
    timestamp: Number = None
    transaction_hash: str | None = None
    outcome_index: int | None = None


class TradeV2(Struct, gc=False):
    """A row of Data API ``/v2/trades``."""

    proxy_wallet: str | None = None
    token_id: Id = None
    condition_id: str | None = None
    side: str | None = None
    size: Number = None
    price: Number = None
    timestamp: Number = None
    transaction_hash: str | None = None
    outcome_index: int | None = None


class Pagination(Struct):
    """The second half of a Data API v2 envelope."""

    next_cursor: str | None = None


class Wrapper(Struct):
    """The objects in which listings come; a bare array stands for any of them."""

    events: list[msgspec.Raw] | UnsetType | None = UNSET
    markets: list[msgspec.Raw] | UnsetType | None = UNSET
    data: list[msgspec.Raw] | UnsetType | None = UNSET
    next_cursor: str | None = None
    pagination: Pagination | None = None
