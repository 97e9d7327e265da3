"""A venue that is connected: its listings in the order they are read, and where its history comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from edgeworth.adapters.http import VenueHttp
from edgeworth.adapters.kalshi.client import (
    KalshiEventsListing,
    KalshiHistoricalMarketsListing,
    KalshiHistory,
    KalshiMarketsListing,
    KalshiSeriesListing,
)
from edgeworth.adapters.polymarket.client import GammaEventsListing, PolymarketHistory
from edgeworth.adapters.polymarket.stream import MarketStream
from edgeworth.markets.venue import Venue
from edgeworth.ports import FetchedRows, HistorySource, Listing, TradedMarket
from tasks.clock import utc_now
from tasks.settings import Settings
from tasks.wiring.jitter import retry_jitter
from tasks.wiring.storage import Storage
from tasks.wiring.venue_clients import clob_client, data_api_client, gamma_client, kalshi_client


class SourceOptions(Protocol):
    """The part of a plan that decides which listings are read."""

    @property
    def full(self) -> bool:
        """The full universe, closed markets included."""

    @property
    def include_combos(self) -> bool:
        """Kalshi's multi-leg combos too."""

    @property
    def history(self) -> bool:
        """Books, prices, trades and bars too."""

    @property
    def as_of(self) -> datetime | None:
        """When recorded files were recorded, where they do not say."""


Follow = Callable[[Sequence[TradedMarket], Callable[[FetchedRows], None]], MarketStream]
"""Makes the market channel of markets; the second argument is given what arrives there."""


class OpenVenue(Struct, kw_only=True):
    """One venue, ready to be read.

    Attributes:
        source: What to call it in the report; ``None`` for the name the user gave.
        listings: To be walked one after the other, each taken only when the one before is done.
        history: Books, prices and trades; ``None`` for recorded files.
        follow: Makes the market channel of chosen markets, where the venue has one.
        default_limit: Rows after which a listing is left when the plan does not say; ``None`` reads to the end.
        note: What a reader of the report should know.
        error: Why it could not be opened at all.
    """

    venue: Venue | None
    listings: Iterable[Listing] = ()
    source: str | None = None
    history: HistorySource | None = None
    follow: Follow | None = None
    default_limit: int | None = None
    note: str | None = None
    error: str | None = None


async def open_polymarket(
    stack: AsyncExitStack, settings: Settings, options: SourceOptions, *, world: str | None
) -> OpenVenue:
    """Polymarket, or the server that stands in for it, connected until ``stack`` is left.

    Raises:
        SourceError: It cannot be reached.
    """
    gamma = await stack.enter_async_context(gamma_client(settings, world=world))
    clob = await stack.enter_async_context(clob_client(settings, world=world))
    data_api = await stack.enter_async_context(data_api_client(settings, world=world))
    # Each client learns from its first answer whether it speaks to a stand-in; rows must not be stored before.
    await gamma.identify("/tags", (("limit", "1"),))
    if gamma.venue.is_synthetic:
        await clob.identify("/time")
        await data_api.identify("/v2/trades", (("limit", "1"),))
    if options.full:
        listings = [GammaEventsListing(gamma, closed=False), GammaEventsListing(gamma, closed=True)]
    else:
        listings = [GammaEventsListing(gamma, closed=False, order="volume24hr", ascending=False)]
    return OpenVenue(
        venue=gamma.venue,
        listings=listings,
        history=PolymarketHistory(clob=clob, data_api=data_api),
        follow=_market_channel(settings, gamma.venue),
        default_limit=None if options.full else settings.gamma_limit,
        note=None if options.full else "the active set: the busiest open events of the day; --full reads everything",
    )


def _market_channel(settings: Settings, venue: Venue) -> Follow:
    def follow(markets: Sequence[TradedMarket], on_batch: Callable[[FetchedRows], None]) -> MarketStream:
        tokens = {
            token: (market.native_id, index)
            for market in markets
            for index, token in enumerate(market.token_ids)
            if token is not None
        }
        return MarketStream(
            settings.market_stream_url, tokens, venue=venue, clock=utc_now, on_batch=on_batch, jitter=retry_jitter()
        )

    return follow


async def open_kalshi(
    stack: AsyncExitStack, settings: Settings, storage: Storage, options: SourceOptions, *, world: str | None
) -> OpenVenue:
    """Kalshi, or the server that stands in for it, connected until ``stack`` is left.

    Raises:
        SourceError: It cannot be reached.
    """
    http = await stack.enter_async_context(kalshi_client(settings, world=world))
    await http.identify("/exchange/status")
    return OpenVenue(
        venue=http.venue,
        listings=_kalshi_listings(http, storage, options),
        history=KalshiHistory(http),
        note=None if options.full else "every open event: the venue cannot list the busiest; --full reads settled too",
    )


def _kalshi_listings(http: VenueHttp, storage: Storage, options: SourceOptions) -> Iterator[Listing]:
    """Series first, because they decide fees and tags of the markets that follow."""
    yield KalshiSeriesListing(http)
    series = {one.native_id: one for one in storage.catalogue.list_series(http.venue)}
    combos = options.include_combos
    for status in ("open", "unopened", "closed", "settled") if options.full else ("open",):
        yield KalshiEventsListing(http, status=status, series=series, include_combos=combos)
    if combos:
        yield KalshiMarketsListing(http, status="open", series=series, include_combos=True)
    if options.full:
        yield KalshiHistoricalMarketsListing(http, series=series, include_combos=combos)
