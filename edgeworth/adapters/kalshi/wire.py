"""What Kalshi's public API sends, as lenient msgspec types; the only module that knows its key names.

Everything may be missing or null; nothing is converted here and no rule of ours enters. Three generations of numbers
share one type: integer cents (``yes_bid``, to early 2026), cents beside ``*_dollars`` strings (January to about June
2026), and only ``*_dollars`` / ``*_fp`` strings (seen 2026-10-06). Events and markets of the site's own v1 API have
other names (``ticker_name``, ``close_date``); see ``V1Market`` and ``v1``.

Sources: the public API reference at docs.kalshi.com, the models of ``kalshi-python-sync`` 3.34.0, recorded responses of
2026-01-12 to 2026-10-06.
"""

from __future__ import annotations

from msgspec import UNSET, Raw, Struct, UnsetType

Number = str | int | float | None
"""A number in any of the forms in which it was seen."""

Text = str | int | float | None
"""A text or an id; an id that arrives as a number is read as text."""


class PageWire(Struct):
    """The wrapper of every list and of every single object; which key is set says what it is."""

    cursor: str | None = None
    events: Raw | UnsetType = UNSET
    event: Raw | UnsetType = UNSET
    markets: Raw | UnsetType = UNSET
    market: Raw | UnsetType = UNSET
    trades: Raw | UnsetType = UNSET
    series: Raw | UnsetType = UNSET
    candlesticks: Raw | UnsetType = UNSET
    market_candlesticks: Raw | UnsetType = UNSET
    orderbooks: Raw | UnsetType = UNSET
    orderbook: Raw | UnsetType = UNSET
    orderbook_fp: Raw | UnsetType = UNSET


class KeyWire(Struct):
    """The keys of an object, and nothing else of it."""

    ticker: Text = None
    ticker_name: Text = None
    event_ticker: Text = None
    market_ticker: Text = None
    trade_id: Text = None
    event: Raw | UnsetType = UNSET


class SourceWire(Struct):
    """Where the answer of a question is read."""

    name: str | None = None
    url: str | None = None


class EventWire(Struct):
    """An event: of v2 (``event_ticker``) or of v1 (``ticker``), with its markets or without."""

    event_ticker: Text = None
    ticker: Text = None
    series_ticker: Text = None
    title: str | None = None
    sub_title: str | None = None
    category: str | None = None
    tags: list[str] | None = None
    mutually_exclusive: bool | None = None
    settlement_sources: list[SourceWire] | None = None
    last_updated_ts: Text = None
    markets: list[Raw] | None = None
    underlying: str | None = None
    settle_details: str | None = None


class EventAnswerWire(Struct):
    """The answer for a single event: its markets stand beside it or inside it."""

    event: EventWire | None = None
    markets: list[Raw] | None = None


class PriceRangeWire(Struct):
    """A stretch of prices with one step."""

    start: Number = None
    end: Number = None
    step: Number = None


class MarketWire(Struct):
    """A market of v2, live or archived, of any generation."""

    ticker: Text = None
    event_ticker: Text = None
    market_type: str | None = None
    title: str | None = None
    yes_sub_title: str | None = None
    status: str | None = None
    result: str | None = None
    created_time: Text = None
    updated_time: Text = None
    open_time: Text = None
    close_time: Text = None
    settlement_ts: Text = None
    settlement_value: Number = None
    settlement_value_dollars: Number = None
    yes_bid: Number = None
    yes_bid_dollars: Number = None
    yes_ask: Number = None
    yes_ask_dollars: Number = None
    last_price: Number = None
    last_price_dollars: Number = None
    previous_price: Number = None
    previous_price_dollars: Number = None
    volume: Number = None
    volume_fp: Number = None
    volume_24h: Number = None
    volume_24h_fp: Number = None
    open_interest: Number = None
    open_interest_fp: Number = None
    liquidity: Number = None
    liquidity_dollars: Number = None
    tick_size: Number = None
    price_ranges: list[PriceRangeWire] | None = None
    rules_primary: str | None = None
    rules_secondary: str | None = None
    mve_collection_ticker: str | None = None
    mve_selected_legs: list[Raw] | None = None


class V1Market(Struct):
    """A market as the site's own v1 API nests it in an event (recorded 2026-02-13)."""

    ticker_name: Text = None
    create_date: Text = None
    open_date: Text = None
    close_date: Text = None
    status: str | None = None
    result: str | None = None
    settlement_value_centicents: Number = None
    title: str | None = None
    yes_sub_title: str | None = None
    yes_bid: Number = None
    yes_bid_dollars: Number = None
    yes_ask: Number = None
    yes_ask_dollars: Number = None
    last_price: Number = None
    last_price_dollars: Number = None
    previous_day_price: Number = None
    previous_day_price_dollars: Number = None
    volume: Number = None
    volume_fp: Number = None
    open_interest: Number = None
    open_interest_fp: Number = None
    liquidity: Number = None
    rulebook_variables: dict[str, Text] | None = None


class SeriesWire(Struct):
    """A series, which decides category and fees of its events."""

    ticker: Text = None
    title: str | None = None
    category: str | None = None
    categories: list[str] | None = None
    tags: list[str] | None = None
    fee_type: str | None = None
    fee_multiplier: Number = None


class TradeWire(Struct):
    """A fill. ``taker_side`` is the older name of ``taker_outcome_side``."""

    trade_id: Text = None
    ticker: Text = None
    created_time: Text = None
    count: Number = None
    count_fp: Number = None
    yes_price: Number = None
    yes_price_dollars: Number = None
    no_price: Number = None
    no_price_dollars: Number = None
    taker_outcome_side: str | None = None
    taker_side: str | None = None


class OhlcWire(Struct):
    """The closing value of one line of a candle; live answers say ``close_dollars``, archived ones ``close``."""

    close: Number = None
    close_dollars: Number = None


class CandleWire(Struct):
    """One candle, live or archived."""

    end_period_ts: Number = None
    price: OhlcWire | None = None
    yes_bid: OhlcWire | None = None
    yes_ask: OhlcWire | None = None
    volume: Number = None
    volume_fp: Number = None


class CandlesWire(Struct):
    """The candles of one market, from a single or a batch answer."""

    ticker: Text = None
    market_ticker: Text = None
    candlesticks: list[Raw] | None = None


class LevelsWire(Struct):
    """Resting bids of both outcomes, worst price first; ``null`` when there are none."""

    yes_dollars: list[list[Number]] | None = None
    no_dollars: list[list[Number]] | None = None
    yes: list[list[Number]] | None = None
    no: list[list[Number]] | None = None


class BookWire(Struct):
    """The book of one market; the single answer does not say which."""

    ticker: Text = None
    orderbook_fp: LevelsWire | None = None
    orderbook: LevelsWire | None = None


class CutoffWire(Struct):
    """Before which instant markets and trades live under ``/historical``."""

    market_settled_ts: Text = None
    trades_created_ts: Text = None
