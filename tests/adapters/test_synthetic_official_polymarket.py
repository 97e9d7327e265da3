"""The official Polymarket client cannot tell the synthetic venue from the real one."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.server import RunningVenue, running_venue
from edgeworth.adapters.synthetic.traps import Traps
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

polymarket = pytest.importorskip("polymarket", reason="the official Polymarket client is not installed")
environments = pytest.importorskip("polymarket.environments")
streams = pytest.importorskip("polymarket.streams")

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
Book = tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with running_venue(World(as_of=AS_OF, event_count=60)) as running:
        yield running


def environment_of(venue: RunningVenue) -> Any:
    """The client has no public way to another address; this is the private one."""
    config = dataclasses.replace(
        environments.PRODUCTION._config,
        gamma_url=venue.gamma_url,
        clob_url=venue.clob_url,
        data_url=venue.data_api_url,
        clob_market_ws_url=venue.market_stream_url,
    )
    return environments._create_environment(name="synthetic", config=config)


@pytest.fixture
async def client(venue: RunningVenue) -> AsyncIterator[Any]:
    async with polymarket.AsyncPublicClient(environment=environment_of(venue)) as one:
        yield one


def listed(venue: RunningVenue) -> list[Any]:
    return list(venue.world.listed(Venue.SYNTHETIC_POLYMARKET))


async def everything(pages: Any) -> list[Any]:
    return [item async for page in pages for item in page.items]


@pytest.mark.anyio
async def test_every_event_is_found_once_when_open_and_closed_ones_are_paged_through(
    client: Any, venue: RunningVenue
) -> None:
    open_ones = await everything(client.list_events(closed=False, page_size=7))
    closed_ones = await everything(client.list_events(closed=True, page_size=7))
    titles = sorted(event.title for event in (*open_ones, *closed_ones))
    assert titles == sorted(event.title for event in listed(venue))
    assert open_ones
    assert closed_ones


@pytest.mark.anyio
async def test_the_markets_of_an_event_carry_the_prices_and_outcomes_of_the_world(
    client: Any, venue: RunningVenue
) -> None:
    for event in await everything(client.list_events(closed=False, page_size=50)):
        for market in event.markets:
            found = venue.world.by_condition(market.condition_id)
            assert found is not None
            assert (market.outcomes.yes.label, market.outcomes.no.label) == found[1].outcomes
            seen = venue.world.snapshot(*found)
            if seen.stage is Stage.OPEN:
                assert float(market.outcomes.yes.price) == pytest.approx(seen.shown / 1000)


@pytest.mark.anyio
async def test_markets_are_listed_by_volume_as_numbers_because_the_client_asks_so(client: Any) -> None:
    markets = await everything(client.list_markets(order="volume", ascending=False, page_size=100))
    volumes = [market.metrics.volume_num or Decimal(0) for market in markets]
    assert volumes == sorted(volumes, reverse=True)


@pytest.mark.anyio
async def test_tags_are_listed_and_the_housekeeping_ones_are_among_them(client: Any) -> None:
    slugs = {tag.slug for tag in await everything(client.list_tags(page_size=100))}
    assert {"politics", "crypto", "sports", "hide-from-new"} <= slugs


async def tradable(client: Any) -> Any:
    """A market with quotes on both sides that is priced in cents."""
    for market in await everything(client.list_markets(page_size=100)):
        if (
            market.prices.best_bid
            and market.prices.best_ask < 1
            and market.trading.minimum_tick_size == Decimal("0.01")
        ):
            return market
    raise AssertionError("expected a market with quotes")


@pytest.mark.anyio
async def test_books_prices_and_midpoints_of_both_outcomes_mirror_each_other(client: Any) -> None:
    market = await tradable(client)
    yes, no = market.outcomes.yes.token_id, market.outcomes.no.token_id
    first, second = await client.get_order_books(token_ids=[yes, no])
    assert [level.price for level in first.bids] == [1 - level.price for level in second.asks]
    assert first.bids[-1].price == market.prices.best_bid
    assert first.asks[-1].price == market.prices.best_ask
    assert first.bids[-1].price < first.asks[-1].price
    assert await client.get_midpoint(token_id=yes) + await client.get_midpoint(token_id=no) == 1
    assert await client.get_price(token_id=yes, side="BUY") == market.prices.best_bid
    assert await client.get_spread(token_id=yes) == market.prices.best_ask - market.prices.best_bid


@pytest.mark.anyio
async def test_trades_come_newest_first_and_page_without_a_gap_or_a_repeat(client: Any, venue: RunningVenue) -> None:
    event, market = max(
        ((event, market) for event in listed(venue) for market in event.polymarket),
        key=lambda found: venue.world.trade_count(found[1]) * (venue.world.trade_count(found[1]) < 400),
    )
    condition = venue.world.native_id(event, market)
    trades = await everything(client.list_trades(condition_id=condition, full_history=True, page_size=50))
    times = [trade.timestamp for trade in trades]
    assert len(trades) == venue.world.trade_count(market)
    assert times == sorted(times, reverse=True)
    assert len({trade.transaction_hash for trade in trades}) == len(trades)


@pytest.mark.anyio
async def test_the_price_history_ends_at_the_listed_price(client: Any) -> None:
    market = await tradable(client)
    points = await everything(
        client.list_price_history(
            asset_id=market.outcomes.yes.token_id,
            start=AS_OF - timedelta(hours=6),
            end=AS_OF + timedelta(seconds=1),
            bucket_seconds=3600,
        )
    )
    assert points[-1].timestamp == AS_OF
    assert points[-1].price == market.outcomes.yes.price


# --- the stream -------------------------------------------------------------------------------------------------------


def apply(books: dict[str, Book], message: Any) -> None:
    """Keep books as a client would: a snapshot replaces, a change sets the total at one price."""
    payload = message.payload
    if message.type == "book":
        books[payload.asset_id] = (
            {level.price: level.size for level in payload.bids},
            {level.price: level.size for level in payload.asks},
        )
    elif message.type == "price_change":
        for change in payload.price_changes:
            if change.asset_id in books:
                levels = books[change.asset_id][0 if change.side == "BUY" else 1]
                levels[change.price] = change.size
                if not change.size:
                    del levels[change.price]


def served(book: Any) -> Book:
    return {level.price: level.size for level in book.bids}, {level.price: level.size for level in book.asks}


@pytest.mark.anyio
async def test_a_client_that_applies_the_stream_holds_the_book_that_is_served_afterwards(
    client: Any, venue: RunningVenue
) -> None:
    market = await tradable(client)
    tokens = [market.outcomes.yes.token_id, market.outcomes.no.token_id]
    books: dict[str, Book] = {}
    kinds: list[str] = []
    handle = await client.subscribe(streams.MarketSpec(token_ids=tokens))
    async with asyncio.timeout(20):
        while len(books) < len(tokens):
            apply(books, await anext(handle))
        venue.emit(60)
        final = {book.asset_id: served(book) for book in await client.get_order_books(token_ids=tokens)}
        assert books != final
        while books != final:
            message = await anext(handle)
            kinds.append(message.type)
            apply(books, message)
    await handle.close()
    assert {"price_change", "last_trade_price", "tick_size_change"} <= set(kinds)


@pytest.mark.anyio
async def test_after_a_dropped_connection_the_client_gets_snapshots_again() -> None:
    world = World(as_of=AS_OF, event_count=60)
    with running_venue(world, Traps(stream_drop_after=4)) as venue:
        async with polymarket.AsyncPublicClient(environment=environment_of(venue)) as client:
            market = await tradable(client)
            handle = await client.subscribe(streams.MarketSpec(token_ids=[market.outcomes.yes.token_id]))
            snapshots = 0
            async with asyncio.timeout(30):
                while snapshots < 2:
                    snapshots += (await anext(handle)).type == "book"
            await handle.close()
