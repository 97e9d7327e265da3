"""Asking Polymarket: listings to walk, and the history of chosen markets. Requests only; ``parse`` reads the answers.

Limits of the venue, as seen on 2026-11-21 (docs.polymarket.com/api-reference/rate-limits and the official client
0.14). Excess requests are delayed before they are refused, so that a read time-out matters more than a 429.

- Gamma keyset listings take ``after_cursor``; an unknown ``cursor`` is ignored and page 1 comes back for ever. The
  cursor belongs to the filters: they are sent again on every page. Without ``closed`` only open markets are listed.
- Market ``volume`` and ``liquidity`` are text columns; ordering by them needs the ``Num`` names.
- ``/prices-history`` calls a token id ``market`` and refuses windows longer than 15 days.
- ``/v2/trades`` shows a recent part only unless ``start`` is given; a short page is not the last one.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from edgeworth.adapters.http import RateLimit, VenueHttp
from edgeworth.adapters.polymarket.parse import (
    Occurrences,
    Tag,
    Tokens,
    parse_books,
    parse_item,
    parse_midpoints,
    parse_price_history,
    parse_tags,
    parse_trades,
    split_listing,
)
from edgeworth.errors import FatalSourceError
from edgeworth.markets.listing import ListingItem, ListingPage, ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.ports import FetchedRows, RawPage, TradedMarket

Params = tuple[tuple[str, str], ...]

GAMMA_URL: Final = "https://gamma-api.polymarket.com"
CLOB_URL: Final = "https://clob.polymarket.com"
DATA_API_URL: Final = "https://data-api.polymarket.com"

# Requests per 10 s, 2026-11-21. A prefix also covers longer paths (/book covers /books): the stricter one decides.
GAMMA_LIMITS: Final = (
    RateLimit(requests=4000, per_seconds=10),
    RateLimit(requests=500, per_seconds=10, path_prefix="/events"),
    RateLimit(requests=300, per_seconds=10, path_prefix="/markets"),
    RateLimit(requests=200, per_seconds=10, path_prefix="/tags"),
)
CLOB_LIMITS: Final = (
    RateLimit(requests=9000, per_seconds=10),
    RateLimit(requests=1500, per_seconds=10, path_prefix="/book"),
    RateLimit(requests=500, per_seconds=10, path_prefix="/books"),
    RateLimit(requests=1500, per_seconds=10, path_prefix="/midpoint"),
    RateLimit(requests=500, per_seconds=10, path_prefix="/midpoints"),
    RateLimit(requests=1000, per_seconds=10, path_prefix="/prices-history"),
)
DATA_API_LIMITS: Final = (
    RateLimit(requests=1000, per_seconds=10),
    RateLimit(requests=200, per_seconds=10, path_prefix="/trades"),
    # The second generation has no figure of its own; the first one's is assumed.
    RateLimit(requests=200, per_seconds=10, path_prefix="/v2/trades"),
)

GAMMA_EVENTS_PAGE: Final = 500
"""Most events on a page (nautilus_trader's documentation, 2026-05)."""
GAMMA_MARKETS_PAGE: Final = 100
"""Most markets on a page; more is cut without notice."""
TAGS_PAGE: Final = 100
TRADES_PAGE: Final = 1000
PRICE_WINDOW: Final = timedelta(days=15)
TOKENS_PER_REQUEST: Final = 100
"""Tokens in one request for books or midpoints; the venue names no limit, this is our own."""

_NUMERIC_ORDER = {"volume": "volumeNum", "liquidity": "liquidityNum"}


class _Listing:
    """A listing that is walked by cursor. Implements the port ``Listing``."""

    def __init__(self, http: VenueHttp, *, path: str, kind: str, filters: Params, cursor_name: str) -> None:
        self._http = http
        self._path = path
        self._kind = kind
        self._filters = filters
        self._cursor_name = cursor_name

    @property
    def venue(self) -> Venue:
        """The synthetic twin once the server has declared itself a stand-in."""
        return self._http.venue

    @property
    def kind(self) -> str:
        """Raw folder of the pages."""
        return self._kind

    @property
    def key(self) -> str:
        """Host, path and filters."""
        query = urlencode(self._filters)
        return f"{self._http.known_as}{self._path}" + (f"?{query}" if query else "")

    async def fetch(self, cursor: str | None) -> RawPage:
        """The page at ``cursor``, with the same filters as every other page."""
        at: Params = () if cursor is None else ((self._cursor_name, cursor),)
        return await self._http.get(self._path, self._filters + at, kind=self._kind)

    def split(self, page: RawPage) -> ListingPage:
        """The items of ``page``."""
        return split_listing(page.body, self._kind)

    def parse(self, item: ListingItem, page: RawPage) -> ParsedItem:
        """Everything that ``item`` holds."""
        return parse_item(item, venue=page.venue, as_of=page.fetched_at)


class GammaEventsListing(_Listing):
    """Events with their markets, tags and series: the richest listing.

    Args:
        http: Gamma.
        closed: Which events; the venue lists never both at once.
        order: A field of an event (``volume24hr``, ``startDate``); the venue's own order without it.
        ascending: Of ``order``.
        page_size: At most ``GAMMA_EVENTS_PAGE``. An event holds up to a hundred markets, so that 100 is a large page.
        filters: More of the venue's parameters (``("tag_slug", "politics")``), sent as they are.
    """

    def __init__(
        self,
        http: VenueHttp,
        *,
        closed: bool,
        order: str | None = None,
        ascending: bool = False,
        page_size: int = 100,
        filters: Params = (),
    ) -> None:
        size = min(page_size, GAMMA_EVENTS_PAGE)
        super().__init__(
            http,
            path="/events/keyset",
            kind="events",
            filters=_gamma_filters(size, closed, order, filters, ascending=ascending),
            cursor_name="after_cursor",
        )


class GammaMarketsListing(_Listing):
    """Markets, each with short references to its events; for orders and filters that events do not have.

    Args:
        http: Gamma.
        closed: Which markets; the venue lists never both at once.
        order: A field of a market; ``volume`` and ``liquidity`` are sent as their numeric twins.
        ascending: Of ``order``.
        page_size: At most ``GAMMA_MARKETS_PAGE``.
        filters: More of the venue's parameters (``("volume_num_min", "1000")``), sent as they are.
    """

    def __init__(
        self,
        http: VenueHttp,
        *,
        closed: bool,
        order: str | None = None,
        ascending: bool = False,
        page_size: int = GAMMA_MARKETS_PAGE,
        filters: Params = (),
    ) -> None:
        size = min(page_size, GAMMA_MARKETS_PAGE)
        numeric = None if order is None else _NUMERIC_ORDER.get(order, order)
        super().__init__(
            http,
            path="/markets/keyset",
            kind="markets",
            filters=(*_gamma_filters(size, closed, numeric, filters, ascending=ascending), ("include_tag", "true")),
            cursor_name="after_cursor",
        )


class ClobMarketsListing(_Listing):
    """The exchange's complete list of markets, 1,000 to a page, oldest first: tokens and winners, no volumes."""

    def __init__(self, http: VenueHttp) -> None:
        super().__init__(http, path="/markets", kind="clob_markets", filters=(), cursor_name="next_cursor")


def _gamma_filters(size: int, closed: bool, order: str | None, more: Params, *, ascending: bool) -> Params:  # noqa: FBT001
    ordering: Params = () if order is None else (("order", order), ("ascending", _flag(ascending)))
    return (("limit", str(size)), ("closed", _flag(closed)), *ordering, *more)


def _flag(value: bool) -> str:  # noqa: FBT001 - the value itself is what is written
    return "true" if value else "false"


class PolymarketHistory:
    """Books, prices and trades of chosen markets. Implements the port ``HistorySource``."""

    def __init__(self, *, clob: VenueHttp, data_api: VenueHttp) -> None:
        self._clob = clob
        self._data_api = data_api

    @property
    def venue(self) -> Venue:
        """Whose markets these are."""
        return self._clob.venue

    async def fetch_books(self, markets: Sequence[TradedMarket]) -> AsyncIterator[FetchedRows]:
        """The present books of all outcomes, in batches. Settled markets have none, which is no error."""
        for tokens in _token_batches(markets):
            page = await self._clob.post("/books", _asked(tokens), kind="books")
            yield FetchedRows(page=page, parsed=parse_books(page.body, venue=page.venue, tokens=tokens))

    async def fetch_midpoints(self, markets: Sequence[TradedMarket]) -> AsyncIterator[FetchedRows]:
        """The present midpoints of all outcomes, in batches, as price points of the moment they were fetched."""
        for tokens in _token_batches(markets):
            page = await self._clob.post("/midpoints", _asked(tokens), kind="midpoints")
            parsed = parse_midpoints(page.body, venue=page.venue, tokens=tokens, as_of=page.fetched_at)
            yield FetchedRows(page=page, parsed=parsed)

    async def fetch_prices(
        self, market: TradedMarket, *, start: datetime, end: datetime, interval_seconds: int
    ) -> AsyncIterator[FetchedRows]:
        """Price points of every outcome from ``start`` to ``end`` (exclusive), oldest window first.

        The venue counts intervals in whole minutes: ``interval_seconds`` is rounded up to one.
        """
        minutes = max(1, math.ceil(interval_seconds / 60))
        for opens, closes in _windows(start, end):
            for index, token in enumerate(market.token_ids):
                if token is None:
                    continue
                params = (
                    ("market", token),
                    ("startTs", _seconds(opens)),
                    ("endTs", _seconds(closes)),
                    ("fidelity", str(minutes)),
                )
                page = await self._clob.get("/prices-history", params, kind="prices")
                parsed = parse_price_history(
                    page.body,
                    venue=page.venue,
                    market_native_id=market.native_id,
                    outcome_index=index,
                    interval_seconds=minutes * 60,
                )
                yield FetchedRows(page=page, parsed=_within(parsed, opens, closes))

    async def fetch_trades(self, market: TradedMarket, *, start: datetime, end: datetime) -> AsyncIterator[FetchedRows]:
        """Trades from ``start`` to ``end`` (exclusive), in the venue's order.

        Raises:
            FatalSourceError: The venue repeats a cursor.
        """
        tokens = _tokens_of(market)
        filters: Params = (
            ("condition_id", market.native_id),
            ("start", str(max(1, int(start.timestamp())))),
            ("end", _seconds(end)),
            ("limit", str(TRADES_PAGE)),
        )
        occurrences: Occurrences = {}
        cursors: set[str] = set()
        cursor: str | None = None
        while True:
            at: Params = () if cursor is None else (("cursor", cursor),)
            page = await self._data_api.get("/v2/trades", filters + at, kind="trades")
            parsed = parse_trades(page.body, venue=page.venue, tokens=tokens, seen=occurrences)
            yield FetchedRows(page=page, parsed=_within(parsed, start, end))
            cursor = split_listing(page.body, "trades").next_cursor
            if cursor is None:
                return
            if cursor in cursors:
                raise FatalSourceError(
                    f"trades of {market.market_id}: expected a new cursor, but the venue repeated {cursor!r:.100}; "
                    "stopped rather than read the same pages for ever"
                )
            cursors.add(cursor)


async def fetch_tags(gamma: VenueHttp) -> AsyncIterator[tuple[RawPage, tuple[Tag, ...]]]:
    """All tags, page by page, with the page they came from."""
    offset = 0
    while True:
        page = await gamma.get("/tags", (("limit", str(TAGS_PAGE)), ("offset", str(offset))), kind="tags")
        yield page, parse_tags(page.body)
        if len(split_listing(page.body, "tags").items) < TAGS_PAGE:
            return
        offset += TAGS_PAGE


def _tokens_of(market: TradedMarket) -> Tokens:
    return {token: (market.native_id, index) for index, token in enumerate(market.token_ids) if token is not None}


def _token_batches(markets: Sequence[TradedMarket]) -> Iterator[Tokens]:
    known = {token: place for market in markets for token, place in _tokens_of(market).items()}
    names = list(known)
    for first in range(0, len(names), TOKENS_PER_REQUEST):
        yield {name: known[name] for name in names[first : first + TOKENS_PER_REQUEST]}


def _asked(tokens: Tokens) -> list[dict[str, str]]:
    return [{"token_id": token} for token in tokens]


def _windows(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        closes = min(start + PRICE_WINDOW, end)
        yield start, closes
        start = closes


def _seconds(at: datetime) -> str:
    return str(math.ceil(at.timestamp()))


def _within(parsed: ParsedItem, start: datetime, end: datetime) -> ParsedItem:
    """``parsed`` without the rows of the edge that belong to the neighbouring window; refusals are kept."""
    prices = [each for each in parsed.prices if start <= each.at < end]
    trades = [each for each in parsed.trades if start <= each.at < end]
    return ParsedItem(
        rows=len(prices) + len(trades) + len(parsed.refusals), prices=prices, trades=trades, refusals=parsed.refusals
    )
