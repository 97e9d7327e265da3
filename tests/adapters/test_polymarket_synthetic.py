"""The Polymarket client against the synthetic venue over real HTTP: whole walks, faults on purpose, and the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from edgeworth.adapters.http import RateLimit, VenueHttp
from edgeworth.adapters.polymarket.client import (
    CLOB_LIMITS,
    DATA_API_LIMITS,
    GAMMA_LIMITS,
    ClobMarketsListing,
    GammaEventsListing,
    GammaMarketsListing,
    PolymarketHistory,
    fetch_tags,
)
from edgeworth.adapters.polymarket.stream import MarketStream, StreamTiming
from edgeworth.adapters.synthetic.server import RunningVenue, running_venue
from edgeworth.adapters.synthetic.traps import RetryAfter, Traps
from edgeworth.adapters.synthetic.world import World
from edgeworth.errors import FatalSourceError
from edgeworth.markets.book import OrderBook
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.market import Market, MarketStatus
from edgeworth.markets.venue import Venue
from edgeworth.ports import Listing, TradedMarket

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MARKETS = 300


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with running_venue(World.with_market_count(MARKETS, seed=7, as_of=NOW)) as running:
        yield running


class Clients:
    """One client a service, and how long they would have slept."""

    def __init__(self, venue: RunningVenue) -> None:
        self.waits: list[float] = []
        self.gamma = self.client(venue.gamma_url, GAMMA_LIMITS)
        self.clob = self.client(venue.clob_url, CLOB_LIMITS)
        self.data_api = self.client(venue.data_api_url, DATA_API_LIMITS)
        self.history = PolymarketHistory(clob=self.clob, data_api=self.data_api)

    def client(self, url: str, limits: tuple[RateLimit, ...]) -> VenueHttp:
        return VenueHttp(
            url, name="Polymarket", venue=Venue.POLYMARKET, limits=limits, clock=lambda: NOW, sleep=self.sleep
        )

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@asynccontextmanager
async def clients_of(venue: RunningVenue) -> AsyncIterator[Clients]:
    clients = Clients(venue)
    async with AsyncExitStack() as stack:
        for http in (clients.gamma, clients.clob, clients.data_api):
            await stack.enter_async_context(http)
        yield clients


async def walked(listing: Listing) -> ParsedItem:
    """Everything a listing holds."""
    whole = ParsedItem()
    cursor: str | None = None
    while True:
        page = await listing.fetch(cursor)
        split = listing.split(page)
        for item in split.items:
            one = listing.parse(item, page)
            assert one.rows == one.parsed + len(one.refusals)
            for name in ("rows", "event_rows", "events", "markets", "refusals"):
                setattr(whole, name, getattr(whole, name) + getattr(one, name))
        cursor = split.next_cursor
        if cursor is None:
            return whole


def traded(markets: list[Market]) -> list[TradedMarket]:
    return [
        TradedMarket(venue=each.venue, native_id=each.native_id, token_ids=tuple(one.token_id for one in each.outcomes))
        for each in markets
    ]


def conditions(world: World) -> set[str]:
    return {
        world.native_id(event, market)
        for event in world.listed(Venue.SYNTHETIC_POLYMARKET)
        for market in event.polymarket
    }


async def test_three_listings_show_the_same_markets(venue: RunningVenue) -> None:
    async with clients_of(venue) as clients:
        assert await clients.gamma.identify("/tags", (("limit", "1"),))
        by_event = [
            await walked(GammaEventsListing(clients.gamma, closed=flag, page_size=20)) for flag in (False, True)
        ]
        alone = [await walked(GammaMarketsListing(clients.gamma, closed=flag)) for flag in (False, True)]
        exchange = await walked(ClobMarketsListing(clients.clob))
    ids = [{each.native_id for part in parts for each in part.markets} for parts in (by_event, alone, [exchange])]
    assert ids[0] == ids[1] == ids[2]
    assert len(ids[0]) > MARKETS // 2
    assert [refusal for part in (*by_event, *alone, exchange) for refusal in part.refusals] == []
    assert {each.venue for each in exchange.markets} == {Venue.SYNTHETIC_POLYMARKET}
    endings = {each.native_id: each.resolution for part in by_event for each in part.markets}
    decided = {each.native_id: each.resolution for each in exchange.markets if each.status is MarketStatus.RESOLVED}
    for native_id, ending in decided.items():
        fuller = endings[native_id]
        assert ending is not None
        assert fuller is not None
        assert ending.payouts == fuller.payouts


async def test_books_prices_and_trades_of_open_markets(venue: RunningVenue) -> None:
    async with clients_of(venue) as clients:
        markets = traded((await walked(GammaEventsListing(clients.gamma, closed=False))).markets)
        books = [book async for page in clients.history.fetch_books(markets) for book in page.parsed.books]
        mids = [point async for page in clients.history.fetch_midpoints(markets) for point in page.parsed.prices]
        assert len(mids) > 0
        quoted = {(book.market_native_id, book.outcome_index): book.quote.mid for book in books}
        # Of a book with one side the venue gives a middle, too; we do not.
        compared = [(each.price, quoted[each.market_native_id, each.outcome_index]) for each in mids]
        assert {theirs == ours for theirs, ours in compared if ours is not None} == {True}
        start = NOW - timedelta(days=40)
        for market in markets[:3]:
            points = [
                (point.outcome_index, point.at)
                async for page in clients.history.fetch_prices(market, start=start, end=NOW, interval_seconds=3600)
                for point in page.parsed.prices
            ]
            assert len(points) == len(set(points)) > 0
            assert all(start <= at < NOW for _, at in points)
            trades = [
                trade
                async for page in clients.history.fetch_trades(market, start=start, end=NOW)
                for trade in page.parsed.trades
            ]
            assert len({trade.trade_id for trade in trades}) == len(trades)
            assert {trade.market_native_id for trade in trades} <= {market.native_id}
        tags = [tag.slug async for _, page in fetch_tags(clients.gamma) for tag in page]
        assert len(tags) == len(set(tags)) > 0


@pytest.mark.parametrize(
    ("traps", "waits"),
    [
        (Traps(rate_limit_every=2, retry_after_seconds=7, paths=("events",)), {7.0}),
        (Traps(rate_limit_every=2, rate_limit_style=RetryAfter.ABSENT, paths=("events",)), {0.5}),
        (Traps(server_error_every=2, server_error_burst=1, paths=("events",)), {0.5}),
        (Traps(html_page_every=2, paths=("events",)), {0.5}),
        (Traps(truncated_body_every=2, paths=("events",)), {0.5}),
    ],
)
async def test_faults_that_pass_cost_a_wait_and_no_market(venue: RunningVenue, traps: Traps, waits: set[float]) -> None:
    async with clients_of(venue) as clients:
        expected = await walked(GammaEventsListing(clients.gamma, closed=False, page_size=20))
    with running_venue(World.with_market_count(MARKETS, seed=7, as_of=NOW), traps) as faulty:
        async with clients_of(faulty) as clients:
            found = await walked(GammaEventsListing(clients.gamma, closed=False, page_size=20))
            assert set(clients.waits) == waits
    assert [each.market_id for each in found.markets] == [each.market_id for each in expected.markets]


async def test_a_broken_market_on_each_page_is_one_refusal_each_and_ids_may_change_type(venue: RunningVenue) -> None:
    async with clients_of(venue) as clients:
        whole = await walked(GammaEventsListing(clients.gamma, closed=False, page_size=20))
    traps = Traps(has_broken_market=True, ids_change_type=True)
    with running_venue(World.with_market_count(MARKETS, seed=7, as_of=NOW), traps) as faulty:
        async with clients_of(faulty) as clients:
            found = await walked(GammaEventsListing(clients.gamma, closed=False, page_size=20))
        pages = sum(request.path.endswith("/events/keyset") for request in faulty.requests)
    assert found.rows == whole.rows
    assert len(found.refusals) == pages
    assert [each.native_id for each in found.events] == [each.native_id for each in whole.events]


async def test_an_offset_beyond_the_cap_is_final(venue: RunningVenue) -> None:
    async with clients_of(venue) as clients:
        with pytest.raises(FatalSourceError, match="422") as caught:
            await clients.gamma.get("/markets", (("offset", "90000"),), kind="markets")
    assert caught.value.status == 422


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - what is waited for is the state of a server and a client
            await asyncio.sleep(0.005)


def sides(book: OrderBook | None) -> tuple[object, object]:
    assert book is not None
    return book.bids, book.asks


@pytest.mark.parametrize("traps", [Traps(), Traps(stream_drop_after=15)])
async def test_streamed_books_are_the_books_that_the_exchange_serves(traps: Traps) -> None:
    """After hundreds of changes, and a lost connection in the second case, every book equals the one from REST."""
    with running_venue(World.with_market_count(60, seed=11, as_of=NOW), traps) as venue:
        async with clients_of(venue) as clients:
            listed = (await walked(GammaEventsListing(clients.gamma, closed=False))).markets
            markets = traded([each for each in listed if each.is_accepting_orders][:6])
            tokens = {
                token: (each.native_id, index)
                for each in markets
                for index, token in enumerate(each.token_ids)
                if token
            }
            stop = asyncio.Event()
            rows: list[ParsedItem] = []
            stream = MarketStream(
                venue.market_stream_url,
                tokens,
                venue=Venue.SYNTHETIC_POLYMARKET,
                clock=lambda: NOW,
                on_batch=lambda batch: rows.append(batch.parsed),
                timing=StreamTiming(tick=0.02, batch=0.05, first_wait=0.01),
            )
            running = asyncio.create_task(stream.run(stop))
            try:
                await until(lambda: all(stream.feed.state(token).is_known for token in tokens))
                for _ in range(10):
                    before = stream.counts.changes
                    await asyncio.to_thread(venue.emit, 40)
                    await until(lambda seen=before: stream.counts.changes > seen)
                await until(lambda: all(stream.feed.state(token).is_known for token in tokens))
                served = {
                    book.token_id: book
                    async for page in clients.history.fetch_books(markets)
                    for book in page.parsed.books
                }
                await until(lambda: all(same(stream, token, served[token]) for token in tokens))
            finally:
                stop.set()
                await running
    assert stream.connections == (1 if traps.stream_drop_after is None else 2)
    assert stream.counts.refused == 0
    assert stream.counts.resyncs == 0
    assert sum(len(each.books) for each in rows) > len(tokens)
    assert sum(len(each.trades) for each in rows) == stream.counts.trades > 0


def same(stream: MarketStream, token: str, served: OrderBook) -> bool:
    state = stream.feed.state(token)
    if not state.is_known:
        return False
    book = state.book(
        venue=served.venue, market_native_id=served.market_native_id, outcome_index=served.outcome_index, token_id=token
    )
    return sides(book) == sides(served)
