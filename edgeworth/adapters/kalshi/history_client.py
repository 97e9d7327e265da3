"""Asking Kalshi for the books, candles and trades of chosen markets. Requests only; ``history`` reads the answers."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

import msgspec
from msgspec import Struct

from edgeworth.adapters.http import VenueHttp
from edgeworth.adapters.kalshi.history import parse_book_item, parse_candles_item, parse_trade_item
from edgeworth.adapters.kalshi.limits import (
    CANDLE_MINUTES,
    CANDLES_PER_REQUEST,
    TICKERS_PER_REQUEST,
    TRADES_PAGE,
    Params,
)
from edgeworth.adapters.kalshi.pages import split_listing
from edgeworth.adapters.kalshi.values import instant
from edgeworth.adapters.kalshi.wire import CutoffWire
from edgeworth.adapters.listing_pages import decode_page
from edgeworth.errors import FatalSourceError, ParseError, UnreadableInputError
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.ports import FetchedRows, RawPage, TradedMarket

_cutoff_decoder = msgspec.json.Decoder(CutoffWire)


class Cutoff(Struct, frozen=True, kw_only=True):
    """Before these instants a market (by settlement) or a trade is archived; ``None`` where the venue does not say."""

    market_settled: datetime | None
    trades_created: datetime | None


class KalshiHistory:
    """Books, candles and trades of chosen markets. Implements the port ``HistorySource``.

    Reads the cutoff between live and archive once, at first need.
    """

    def __init__(self, http: VenueHttp) -> None:
        self._http = http
        self._cutoff: Cutoff | None = None

    @property
    def venue(self) -> Venue:
        """Whose markets these are."""
        return self._http.venue

    async def cutoff(self) -> Cutoff:
        """Where live ends and the archive begins.

        Raises:
            SourceError: The venue did not answer as agreed.
            UnreadableInputError: The answer cannot be read.
        """
        if self._cutoff is None:
            self._cutoff = await fetch_cutoff(self._http)
        return self._cutoff

    async def fetch_books(self, markets: Sequence[TradedMarket]) -> AsyncIterator[FetchedRows]:
        """The present books, a hundred to a request. A settled market has none, which is no error."""
        for tickers in _batches([market.native_id for market in markets]):
            params = tuple(("tickers", ticker) for ticker in tickers)
            page = await self._http.get("/markets/orderbooks", params, kind="books")
            parsed = ParsedItem()
            for item in split_listing(page.body, "books").items:
                add_rows(parsed, parse_book_item(item, venue=page.venue, as_of=page.fetched_at))
            _check_asked(parsed, tickers)
            yield FetchedRows(page=page, parsed=parsed)

    async def fetch_prices(
        self, market: TradedMarket, *, start: datetime, end: datetime, interval_seconds: int
    ) -> AsyncIterator[FetchedRows]:
        """Candles of Yes from ``start`` to ``end`` (exclusive), oldest window first.

        The venue has candles of a minute, an hour and a day: the longest that is no longer than asked is taken.
        """
        minutes = candle_minutes(interval_seconds)
        is_archived = await self._is_archived(market)
        for opens, closes in _windows(start, end, minutes, markets=1):
            params = _window_params(opens, closes, minutes)
            path = f"/historical/markets/{_segment(market.native_id)}/candlesticks"
            if not is_archived:
                path = "/markets/candlesticks"
                params = (("market_tickers", market.native_id), *params)
            page = await self._http.get(path, params, kind="candles")
            yield _candle_rows(page, opens, closes, minutes, ticker=market.native_id)

    async def fetch_prices_of_many(
        self, markets: Sequence[TradedMarket], *, start: datetime, end: datetime, interval_seconds: int
    ) -> AsyncIterator[FetchedRows]:
        """As ``fetch_prices`` for many markets at once: a hundred to a request; archived ones alone, after them."""
        minutes = candle_minutes(interval_seconds)
        live: list[TradedMarket] = []
        archived: list[TradedMarket] = []
        for market in markets:
            (archived if await self._is_archived(market) else live).append(market)
        for tickers in _batches([market.native_id for market in live]):
            for opens, closes in _windows(start, end, minutes, markets=len(tickers)):
                params = (("market_tickers", ",".join(tickers)), *_window_params(opens, closes, minutes))
                page = await self._http.get("/markets/candlesticks", params, kind="candles")
                yield _candle_rows(page, opens, closes, minutes, ticker=None)
        for market in archived:
            async for rows in self.fetch_prices(market, start=start, end=end, interval_seconds=interval_seconds):
                yield rows

    async def fetch_trades(self, market: TradedMarket, *, start: datetime, end: datetime) -> AsyncIterator[FetchedRows]:
        """Trades from ``start`` to ``end`` (exclusive), newest first; archived and live ones by their own time.

        Raises:
            FatalSourceError: The venue repeats a cursor.
        """
        border = (await self.cutoff()).trades_created
        parts = [("/markets/trades", start, end)]
        if border is not None and start < border:
            parts = [("/historical/trades", start, min(end, border))]
            if border < end:
                parts.insert(0, ("/markets/trades", border, end))
        for path, opens, closes in parts:
            filters: Params = (
                ("ticker", market.native_id),
                ("min_ts", str(math.floor(opens.timestamp()))),
                ("max_ts", str(math.ceil(closes.timestamp()))),
                ("limit", str(TRADES_PAGE)),
            )
            async for page in self._pages(path, filters, of=market.market_id):
                parsed = ParsedItem()
                for item in split_listing(page.body, "trades").items:
                    add_rows(parsed, parse_trade_item(item, venue=page.venue))
                yield FetchedRows(page=page, parsed=_within(parsed, opens, closes))

    async def _pages(self, path: str, filters: Params, *, of: str) -> AsyncIterator[RawPage]:
        cursors: set[str] = set()
        cursor: str | None = None
        while True:
            at: Params = () if cursor is None else (("cursor", cursor),)
            page = await self._http.get(path, filters + at, kind="trades")
            yield page
            cursor = split_listing(page.body, "trades").next_cursor
            if cursor is None:
                return
            if cursor in cursors:
                raise FatalSourceError(
                    f"trades of {of}: expected a new cursor, but the venue repeated {cursor!r:.100}; stopped rather "
                    "than read the same pages for ever"
                )
            cursors.add(cursor)

    async def _is_archived(self, market: TradedMarket) -> bool:
        """Whether the market was settled before the cutoff.

        Settling follows the close by a time that is not known here. So one that closed after the cutoff is live, and
        for one that closed before it the archive is asked.
        """
        border = (await self.cutoff()).market_settled
        if border is None or market.closes_at is None or market.closes_at >= border:
            return False
        try:
            await self._http.get(f"/historical/markets/{_segment(market.native_id)}", kind="historical_market")
        except FatalSourceError as error:
            if error.status == NOT_FOUND:
                return False
            raise
        return True


NOT_FOUND: Final = 404


async def fetch_cutoff(http: VenueHttp) -> Cutoff:
    """Where live ends and the archive begins.

    Raises:
        SourceError: The venue did not answer as agreed.
        UnreadableInputError: The answer cannot be read.
    """
    page = await http.get("/historical/cutoff", kind="cutoff")
    wire = decode_page(page.body, _cutoff_decoder, expected="Kalshi's cutoff between live and archive")
    try:
        return Cutoff(
            market_settled=instant(wire.market_settled_ts, "market_settled_ts"),
            trades_created=instant(wire.trades_created_ts, "trades_created_ts"),
        )
    except ParseError as error:
        raise UnreadableInputError(f"Kalshi's cutoff between live and archive: {error}") from error


def candle_minutes(interval_seconds: int) -> int:
    """The longest interval the venue has that is no longer than ``interval_seconds``; a minute for less than one."""
    return max((each for each in CANDLE_MINUTES if each * 60 <= interval_seconds), default=CANDLE_MINUTES[0])


def add_rows(parsed: ParsedItem, other: ParsedItem) -> None:
    """Add the rows of ``other`` to those of ``parsed``, in place."""
    parsed.rows += other.rows
    parsed.books += other.books
    parsed.prices += other.prices
    parsed.trades += other.trades
    parsed.series += other.series
    parsed.refusals += other.refusals


def _batches(tickers: Sequence[str]) -> Iterator[Sequence[str]]:
    unique = list(dict.fromkeys(tickers))
    for first in range(0, len(unique), TICKERS_PER_REQUEST):
        yield unique[first : first + TICKERS_PER_REQUEST]


def _windows(start: datetime, end: datetime, minutes: int, *, markets: int) -> Iterator[tuple[datetime, datetime]]:
    """Windows that hold at most as many candles of ``markets`` markets as one answer may."""
    # One less, because a window counts the candle at both of its ends.
    length = timedelta(minutes=minutes) * max(1, CANDLES_PER_REQUEST // markets - 1)
    while start < end:
        closes = min(start + length, end)
        yield start, closes
        start = closes


def _window_params(opens: datetime, closes: datetime, minutes: int) -> Params:
    return (
        ("start_ts", str(math.floor(opens.timestamp()))),
        ("end_ts", str(math.ceil(closes.timestamp()))),
        ("period_interval", str(minutes)),
    )


def _candle_rows(page: RawPage, opens: datetime, closes: datetime, minutes: int, *, ticker: str | None) -> FetchedRows:
    parsed = ParsedItem()
    for item in split_listing(page.body, "candles").items:
        add_rows(parsed, parse_candles_item(item, venue=page.venue, interval_seconds=minutes * 60, ticker=ticker))
    return FetchedRows(page=page, parsed=_within(parsed, opens, closes))


def _within(parsed: ParsedItem, start: datetime, end: datetime) -> ParsedItem:
    """``parsed`` without rows that belong to a neighbouring window; refusals are kept."""
    prices = [each for each in parsed.prices if start <= each.at < end]
    trades = [each for each in parsed.trades if start <= each.at < end]
    return ParsedItem(
        rows=len(prices) + len(trades) + len(parsed.refusals), prices=prices, trades=trades, refusals=parsed.refusals
    )


def _check_asked(parsed: ParsedItem, tickers: Sequence[str]) -> None:
    """A book under another ticker than those asked for would be stored as a market's that it is not.

    Raises:
        FatalSourceError: There is one.
    """
    strange = {book.market_native_id for book in parsed.books} - set(tickers)
    if strange:
        raise FatalSourceError(
            f"/markets/orderbooks: expected books of the {len(tickers)} tickers asked for, found {min(strange)!r:.80}"
        )


def _segment(ticker: str) -> str:
    return quote(ticker, safe="")
