"""The client against the synthetic venue over HTTP: what is read is what is true in its world."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from edgeworth.adapters.http import RateLimit, VenueHttp
from edgeworth.adapters.kalshi.client import (
    KalshiEventsListing,
    KalshiHistoricalMarketsListing,
    KalshiHistory,
    KalshiMarketsListing,
    fetch_series,
    series_by_ticker,
)
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.adapters.synthetic.server import RunningVenue, running_venue
from edgeworth.adapters.synthetic.traps import RetryAfter, Traps
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.listing import ListingPage, ParsedItem
from edgeworth.markets.market import Market, MarketStatus
from edgeworth.markets.venue import Venue
from edgeworth.ports import Listing, TradedMarket

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, tzinfo=UTC)
KALSHI = Venue.SYNTHETIC_KALSHI


@pytest.fixture(scope="module")
def world() -> World:
    return World.with_market_count(300, seed=7, as_of=NOW)


@pytest.fixture(scope="module")
def venue(world: World) -> Iterator[RunningVenue]:
    with running_venue(world) as running:
        yield running


def connect(venue: RunningVenue) -> VenueHttp:
    async def no_sleep(seconds: float) -> None:
        pass

    return VenueHttp(
        venue.kalshi_url,
        name="Kalshi",
        venue=Venue.KALSHI,
        limits=(RateLimit(requests=10_000, per_seconds=1),),
        clock=lambda: NOW,
        retry=RetryPolicy(attempts=5),
        sleep=no_sleep,
    )


@pytest.fixture
async def http(venue: RunningVenue) -> AsyncIterator[VenueHttp]:
    async with connect(venue) as http:
        assert await http.identify("/exchange/status")
        yield http


async def read(listing: Listing) -> ParsedItem:
    whole = ParsedItem()
    cursor: str | None = None
    while True:
        page = await listing.fetch(cursor)
        split: ListingPage = listing.split(page)
        for item in split.items:
            parsed = listing.parse(item, page)
            assert parsed.rows == parsed.parsed + len(parsed.refusals)
            whole.rows += parsed.rows
            whole.events += parsed.events
            whole.markets += parsed.markets
            whole.refusals += parsed.refusals
        cursor = split.next_cursor
        if cursor is None:
            return whole


async def read_everything(http: VenueHttp) -> dict[str, Market]:
    """Live events of every status, and the archive, by ticker."""
    series = series_by_ticker((await fetch_series(http)).parsed)
    listings = [
        KalshiEventsListing(http, series=series, page_size=20),
        KalshiHistoricalMarketsListing(http, series=series),
    ]
    read_markets = [market for listing in listings for market in (await read(listing)).markets]
    assert len({market.native_id for market in read_markets}) == len(read_markets)
    return {market.native_id: market for market in read_markets}


async def test_every_listed_market_of_the_world_is_found_once(http: VenueHttp, world: World) -> None:
    listed = {
        world.native_id(event, market)
        for event, market in world.markets()
        if market.venue is KALSHI and event.created_at <= world.now
    }
    assert (await read_everything(http)).keys() == listed


async def test_questions_quotes_and_endings_are_those_of_the_world(http: VenueHttp, world: World) -> None:
    found = await read_everything(http)
    endings = 0
    for event, market in world.markets():
        read_market = found.get(world.native_id(event, market))
        if market.venue is not KALSHI or read_market is None:
            continue
        assert read_market.venue is KALSHI
        assert read_market.fee_terms is not None
        assert read_market.url is None
        snapshot = world.snapshot(event, market)
        if read_market.status is MarketStatus.OPEN:
            assert read_market.best_bid == (snapshot.bid * 1000 or None)
            assert read_market.best_ask == (None if snapshot.ask == 1000 else snapshot.ask * 1000)
        if read_market.status is MarketStatus.RESOLVED:
            endings += 1
            assert read_market.resolution is not None
            assert market.ending.payouts is not None
            assert read_market.resolution.payouts == tuple(round(each * 1_000_000) for each in market.ending.payouts)
    assert endings > 20


async def test_combos_flood_the_market_listing_only_when_they_are_asked_for(http: VenueHttp) -> None:
    without = await read(KalshiMarketsListing(http))
    flooded = await read(KalshiMarketsListing(http, include_combos=True))
    combos = {market.native_id for market in flooded.markets} - {market.native_id for market in without.markets}
    assert without.refusals == []
    assert combos
    assert all(native_id.startswith("KXMVE") for native_id in combos)


async def test_books_agree_with_the_quotes_of_the_listing(http: VenueHttp) -> None:
    listed = [each for each in (await read_everything(http)).values() if each.status is MarketStatus.OPEN]
    markets = [TradedMarket(venue=KALSHI, native_id=each.native_id, token_ids=(None, None)) for each in listed]
    books = {
        book.market_native_id: book.quote
        async for rows in KalshiHistory(http).fetch_books(markets)
        for book in rows.parsed.books
    }
    assert len(books) == len(listed)
    for market in listed:
        quote = books[market.native_id]
        assert (quote.best_bid and quote.best_bid.price) == market.best_bid
        assert (quote.best_ask and quote.best_ask.price) == market.best_ask


async def test_candles_and_trades_are_found_on_both_sides_of_the_cutoff(http: VenueHttp) -> None:
    history = KalshiHistory(http)
    border = (await history.cutoff()).market_settled
    assert border is not None
    found = [each for each in (await read_everything(http)).values() if each.closes_at and each.volume_shares]
    archived = [each for each in found if each.closes_at and each.closes_at < border - timedelta(days=7)]
    live = [each for each in found if each.status is MarketStatus.OPEN]
    assert archived
    for market in (archived[0], live[0]):
        asked = TradedMarket(
            venue=KALSHI, native_id=market.native_id, token_ids=(None, None), closes_at=market.closes_at
        )
        end = min(NOW, market.closes_at or NOW)
        start = market.opens_at or end
        points = [
            point
            async for rows in history.fetch_prices(asked, start=start, end=end, interval_seconds=3600)
            for point in rows.parsed.prices
        ]
        trades = [
            trade async for rows in history.fetch_trades(asked, start=start, end=end) for trade in rows.parsed.trades
        ]
        assert len({point.at for point in points}) == len(points) > 0
        assert len({trade.trade_id for trade in trades}) == len(trades) > 0
        assert sum(trade.size for trade in trades) == round((market.volume_shares or 0) * 1_000_000)


async def test_429_without_retry_after_and_broken_markets_lose_nothing(world: World) -> None:
    traps = Traps(rate_limit_every=3, rate_limit_style=RetryAfter.ABSENT, has_broken_market=True)
    with running_venue(world) as calm, running_venue(world, traps) as troubled:
        async with connect(calm) as http:
            whole = await read(KalshiEventsListing(http, page_size=20))
        async with connect(troubled) as http:
            torn = await read(KalshiEventsListing(http, page_size=20))
    assert torn.rows == whole.rows
    assert torn.refusals
    assert {market.native_id for market in torn.markets} <= {market.native_id for market in whole.markets}
    assert len(torn.markets) == len(whole.markets) - len(torn.refusals)
