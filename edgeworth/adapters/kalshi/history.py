"""Kalshi's trades, candles and order books as domain values. Pure, no requests.

- A trade is the taker's purchase: a taker who sells Yes buys No, and Kalshi says so (``taker_outcome_side``).
- A candle gives one price point of Yes at its end; without trades in it the price is ``None``, only quotes are known.
- Both sides of a book are bids. The book here is that of Yes: an order to buy No at q is one to sell Yes at 1 - q.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from edgeworth.adapters.kalshi import values
from edgeworth.adapters.kalshi.refusals import UNREADABLE, refusal, required
from edgeworth.adapters.kalshi.wire import BookWire, CandlesWire, CandleWire, LevelsWire, Number, OhlcWire, TradeWire
from edgeworth.errors import ParseError
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.history import PricePoint, Side, Trade
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros, ShareMicros

YES, NO = 0, 1

_trade_decoder = msgspec.json.Decoder(TradeWire)
_candles_decoder = msgspec.json.Decoder(CandlesWire)
_candle_decoder = msgspec.json.Decoder(CandleWire)
_book_decoder = msgspec.json.Decoder(BookWire)
_levels_decoder = msgspec.json.Decoder(LevelsWire)


def parse_trade_item(item: ListingItem, *, venue: Venue) -> ParsedItem:
    """One fill."""
    try:
        trade = _trade(_trade_decoder.decode(item.raw), venue)
    except UNREADABLE as error:
        return ParsedItem(rows=1, refusals=[refusal("trade", item, error)])
    return ParsedItem(rows=1, trades=[trade])


def parse_candles_item(
    item: ListingItem, *, venue: Venue, interval_seconds: int | None, ticker: str | None = None
) -> ParsedItem:
    """All candles of one market; each is a row.

    Args:
        item: The answer for one market, or its part of a batch.
        venue: Kalshi or its synthetic twin.
        interval_seconds: What was asked for; the answer does not say. ``None`` refuses the candles.
        ticker: The market that was asked for, where the answer does not say.
    """
    try:
        wire = _candles_decoder.decode(item.raw)
        native_id = required(wire.market_ticker or wire.ticker or ticker, "ticker", of="candles")
        candles = wire.candlesticks or []
    except UNREADABLE as error:
        return ParsedItem(rows=1, refusals=[refusal("candles", item, error)])
    parsed = ParsedItem(rows=len(candles))
    for raw in candles:
        try:
            if interval_seconds is None:
                raise ParseError("no_interval", "expected to know the candles' interval, found no word of it")
            parsed.prices.append(_point(_candle_decoder.decode(raw), native_id, venue, interval_seconds))
        except UNREADABLE as error:
            parsed.refusals.append(refusal("candle", item, error, native_id=native_id))
    return parsed


def parse_book_item(item: ListingItem, *, venue: Venue, as_of: datetime, ticker: str | None = None) -> ParsedItem:
    """One market's book, from its own answer or its part of a batch.

    Args:
        item: The book.
        venue: Kalshi or its synthetic twin.
        as_of: When the answer arrived: Kalshi states no time of the book.
        ticker: The market that was asked for; a single answer does not say.
    """
    try:
        wire = _book_decoder.decode(item.raw)
        native_id = required(ticker if wire.ticker is None else wire.ticker, "ticker", of="an order book")
        levels = wire.orderbook_fp or wire.orderbook or _levels_decoder.decode(item.raw)
        bids = _levels(levels.yes_dollars, levels.yes, "yes")
        asks = _levels(levels.no_dollars, levels.no, "no")
    except UNREADABLE as error:
        return ParsedItem(rows=1, refusals=[refusal("book", item, error)])
    book = OrderBook(
        venue=venue,
        market_native_id=native_id,
        outcome_index=YES,
        bids=tuple(sorted(bids, reverse=True)),
        asks=tuple(sorted(BookLevel(PriceMicros(MICROS - level.price), level.size) for level in asks)),
        observed_at=as_of,
    )
    return ParsedItem(rows=1, books=[book])


def _trade(wire: TradeWire, venue: Venue) -> Trade:
    taker = (wire.taker_outcome_side or wire.taker_side or "").lower()
    if taker not in {"yes", "no", ""}:
        raise ParseError("unknown_side", f"expected the taker's side yes or no, found {taker!r}")
    index = NO if taker == "no" else YES
    yes = values.dollars(wire.yes_price_dollars, wire.yes_price, "yes_price")
    no = values.dollars(wire.no_price_dollars, wire.no_price, "no_price")
    price = _complemented(no, yes) if index == NO else _complemented(yes, no)
    size = values.size(wire.count_fp, wire.count, "count")
    at = values.instant(wire.created_time, "created_time")
    if price is None or size is None or at is None:
        missing = "price" if price is None else "count" if size is None else "created_time"
        raise ParseError(f"no_{missing}", f"expected a trade with price, count and created_time, found no {missing}")
    return Trade(
        venue=venue,
        market_native_id=required(wire.ticker, "ticker", of="a trade"),
        trade_id=required(wire.trade_id, "trade_id", of="a trade"),
        outcome_index=index,
        at=at,
        price=price,
        size=size,
        side=Side.BUY if taker else None,
    )


def _complemented(price: PriceMicros | None, opposite: PriceMicros | None) -> PriceMicros | None:
    """``price``, or where only the other outcome's is stated, what is left of a dollar."""
    if price is None and opposite is not None:
        return PriceMicros(MICROS - opposite)
    return price


def _point(wire: CandleWire, ticker: str, venue: Venue, interval_seconds: int) -> PricePoint:
    end = wire.end_period_ts
    at = values.instant(end, "end_period_ts")
    if at is None:
        raise ParseError("no_time", "expected a candle with end_period_ts, found none")
    nothing = OhlcWire()
    price, bid, ask = wire.price or nothing, wire.yes_bid or nothing, wire.yes_ask or nothing
    return PricePoint(
        venue=venue,
        market_native_id=ticker,
        outcome_index=YES,
        at=at,
        interval_seconds=interval_seconds,
        price=values.traded(price.close_dollars, price.close, "price.close"),
        bid=values.bid(bid.close_dollars, bid.close, "yes_bid.close"),
        ask=values.ask(ask.close_dollars, ask.close, "yes_ask.close"),
        volume=values.size(wire.volume_fp, wire.volume, "volume"),
    )


def _levels(stated: list[list[Number]] | None, cents: list[list[Number]] | None, side: str) -> list[BookLevel]:
    """Bids of one outcome; levels without size are no levels."""
    in_dollars = stated is not None
    levels = []
    for level in stated if stated is not None else cents or ():
        if len(level) != 2:
            raise ParseError("bad_level", f"{side}: expected a level of price and size, found {level!r}")
        price = values.dollars(level[0], None, side) if in_dollars else values.dollars(None, level[0], side)
        size = values.size(level[1], None, side)
        if price is None or size is None:
            raise ParseError("bad_level", f"{side}: expected a level of price and size, found {level!r}")
        if size > 0:
            levels.append(BookLevel(price, ShareMicros(size)))
    return levels
