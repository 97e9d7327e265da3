"""The official Kalshi client cannot tell the synthetic venue from the real one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.server import RunningVenue, running_venue
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

if sys.version_info < (3, 13):
    pytest.skip("the official Kalshi client supports the present API only from Python 3.13 on", allow_module_level=True)

kalshi = pytest.importorskip("kalshi_python_sync", reason="the official Kalshi client is not installed")

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
KALSHI = Venue.SYNTHETIC_KALSHI


@pytest.fixture(scope="module")
def venue() -> Iterator[RunningVenue]:
    with running_venue(World(as_of=AS_OF, event_count=80)) as running:
        yield running


@pytest.fixture(scope="module")
def client(venue: RunningVenue) -> Any:
    return kalshi.ApiClient(kalshi.Configuration(host=venue.kalshi_url))


def paged(fetch: Any, field: str, **params: Any) -> list[Any]:
    found, cursor = [], ""
    while True:
        page = fetch(cursor=cursor, **params) if cursor else fetch(**params)
        found += getattr(page, field)
        cursor = page.cursor
        if not cursor:
            return found


def live_tickers(venue: RunningVenue) -> set[str]:
    world = venue.world
    return {
        world.native_id(event, seen.market)
        for event in world.listed(KALSHI)
        for seen in world.snapshots(event, KALSHI)
        if seen.stage is not Stage.RESOLVED or seen.market.ending.resolved_at >= world.archive_cutoff()
    }


def test_events_with_nested_markets_hold_every_live_market_once(client: Any, venue: RunningVenue) -> None:
    events = paged(kalshi.EventsApi(client).get_events, "events", with_nested_markets=True, limit=10)
    tickers = [market.ticker for event in events for market in event.markets]
    assert len(tickers) == len(set(tickers))
    assert set(tickers) == live_tickers(venue)


def test_the_default_market_listing_is_flooded_by_combos_and_the_filter_removes_them(
    client: Any, venue: RunningVenue
) -> None:
    markets = kalshi.MarketApi(client)
    flooded = paged(markets.get_markets, "markets", limit=1000)
    assert sum(market.ticker.startswith("KXMVE") for market in flooded) > len(flooded) / 2
    plain = paged(markets.get_markets, "markets", limit=1000, mve_filter="exclude")
    assert {market.ticker for market in plain} == live_tickers(venue)


def test_what_was_settled_long_ago_is_in_the_archive_only(client: Any, venue: RunningVenue) -> None:
    archive = kalshi.HistoricalApi(client)
    cutoff = archive.get_historical_cutoff().market_settled_ts
    archived = paged(archive.get_historical_markets, "markets", limit=100)
    assert archived
    assert all(market.settlement_ts < cutoff for market in archived)
    assert not {market.ticker for market in archived} & live_tickers(venue)
    with pytest.raises(kalshi.exceptions.NotFoundException):
        kalshi.MarketApi(client).get_market(archived[0].ticker)


def busiest(venue: RunningVenue) -> tuple[str, int]:
    world = venue.world
    count, ticker = max(
        (world.trade_count(seen.market), world.native_id(event, seen.market))
        for event in world.listed(KALSHI)
        for seen in world.snapshots(event, KALSHI)
        if seen.stage is Stage.OPEN and seen.market.opens_at > world.archive_cutoff()
    )
    return ticker, count


def test_trades_books_and_candles_of_a_market_agree(client: Any, venue: RunningVenue) -> None:
    ticker, count = busiest(venue)
    markets = kalshi.MarketApi(client)
    market = markets.get_market(ticker).market
    trades = paged(markets.get_trades, "trades", ticker=ticker, limit=100)
    assert len(trades) == count
    assert sum(round(float(trade.count_fp) * 100) for trade in trades) == round(float(market.volume_fp) * 100)
    assert trades[0].yes_price_dollars == market.last_price_dollars
    book = markets.get_market_orderbook(ticker).orderbook_fp
    assert book.yes_dollars[-1][0] == market.yes_bid_dollars
    assert book.no_dollars[-1][0] == market.no_bid_dollars
    start = int(trades[-1].created_time.timestamp()) // 86400 * 86400
    candles = markets.get_market_candlesticks(
        ticker.split("-")[0], ticker, start_ts=start, end_ts=int(AS_OF.timestamp()) + 86400, period_interval=60
    ).candlesticks
    assert sum(round(float(candle.volume_fp) * 100) for candle in candles) == round(float(market.volume_fp) * 100)


def test_series_and_the_status_of_the_exchange_are_read(client: Any) -> None:
    assert kalshi.ExchangeApi(client).get_exchange_status().trading_active
    series = kalshi.MarketApi(client).get_series_list().series
    assert {one.category for one in series} >= {"Politics", "Sports", "Crypto"}
