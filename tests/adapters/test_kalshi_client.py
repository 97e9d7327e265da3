"""Asking Kalshi: which requests are made, and what becomes of the answers. The exchange is a function in this file."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from edgeworth.adapters.http import RateLimit, VenueHttp
from edgeworth.adapters.kalshi.client import (
    KALSHI_LIMITS,
    KalshiEventsListing,
    KalshiHistoricalMarketsListing,
    KalshiHistory,
    KalshiMarketsListing,
    fetch_series,
    series_by_ticker,
)
from edgeworth.adapters.kalshi.history_client import candle_minutes
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.errors import FatalSourceError, RetriableSourceError
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.ports import FetchedRows, Listing, TradedMarket

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 10, 6, 12, tzinfo=UTC)
SETTLED_CUTOFF = datetime(2026, 8, 1, tzinfo=UTC)
TRADES_CUTOFF = datetime(2026, 9, 1, tzinfo=UTC)
BASE = "https://kalshi.test/trade-api/v2"

Answer = Callable[[httpx.Request], Any]


class Exchange:
    """Answers by path and remembers what was asked; a missing path is a 404, a callable answers by the request."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, Any] = {
            "/historical/cutoff": {
                "market_settled_ts": SETTLED_CUTOFF.isoformat(),
                "trades_created_ts": TRADES_CUTOFF.isoformat(),
                "orders_updated_ts": TRADES_CUTOFF.isoformat(),
            }
        }
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.waited: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/trade-api/v2")
        params = request.url.params
        self.asked.append((path, {name: params.get_list(name) for name in params}))
        answer = self.answers.get(path)
        if callable(answer):
            answer = answer(request)
        if answer is None:
            return httpx.Response(404, json={"error": {"code": "not_found"}})
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def asked_for(self, path: str) -> list[dict[str, list[str]]]:
        return [params for asked, params in self.asked if asked == path]


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
async def http(exchange: Exchange) -> AsyncIterator[VenueHttp]:
    async def sleep(seconds: float) -> None:
        exchange.waited.append(seconds)

    async with VenueHttp(
        BASE,
        name="Kalshi",
        venue=Venue.KALSHI,
        limits=(RateLimit(requests=10_000, per_seconds=1),),
        clock=lambda: NOW,
        retry=RetryPolicy(attempts=4, first_wait_seconds=0.5),
        sleep=sleep,
        transport=httpx.MockTransport(exchange),
    ) as http:
        yield http


def market(ticker: str, **changes: Any) -> dict[str, Any]:
    return {"ticker": ticker, "event_ticker": "KXA-26", "title": f"Will {ticker}?", "status": "active"} | changes


async def read(listing: Listing, most: int = 10) -> list[ParsedItem]:
    cursor: str | None = None
    parsed: list[ParsedItem] = []
    for _ in range(most):
        page = await listing.fetch(cursor)
        split = listing.split(page)
        parsed += [listing.parse(item, page) for item in split.items]
        cursor = split.next_cursor
        if cursor is None:
            break
    return parsed


async def collect(rows: AsyncIterator[FetchedRows]) -> list[FetchedRows]:
    return [each async for each in rows]


# --- listings -------------------------------------------------------------------------------------------------------


async def test_events_are_walked_with_their_markets_and_the_same_filters_on_every_page(
    exchange: Exchange, http: VenueHttp
) -> None:
    event = {"series_ticker": "KXA", "title": "A", "category": "Politics"}

    def answer(request: httpx.Request) -> Any:
        if request.url.params.get("cursor") == "two":
            return {"events": [event | {"event_ticker": "KXA-27", "markets": [market("KXA-27-B")]}], "cursor": ""}
        return {"events": [event | {"event_ticker": "KXA-26", "markets": [market("KXA-26-A")]}], "cursor": "two"}

    exchange.answers["/events"] = answer
    listing = KalshiEventsListing(http, status="open")
    parsed = await read(listing)
    assert [each.native_id for item in parsed for each in item.markets] == ["KXA-26-A", "KXA-27-B"]
    filters = {"limit": ["200"], "with_nested_markets": ["true"], "status": ["open"]}
    assert exchange.asked == [("/events", filters), ("/events", filters | {"cursor": ["two"]})]
    assert listing.key == f"{BASE}/events?limit=200&with_nested_markets=true&status=open"
    assert (listing.kind, listing.venue) == ("events", Venue.KALSHI)


async def test_markets_leave_combos_out_unless_they_are_asked_for(exchange: Exchange, http: VenueHttp) -> None:
    combo = market("KXMVESPORTS-S1-A", mve_selected_legs=[{}, {}])
    exchange.answers["/markets"] = exchange.answers["/historical/markets"] = {"markets": [combo], "cursor": ""}
    for listing, path in (
        (KalshiMarketsListing(http), "/markets"),
        (KalshiHistoricalMarketsListing(http), "/historical/markets"),
    ):
        (parsed,) = await read(listing)
        assert [each.code for each in parsed.refusals] == ["combo"]
        assert exchange.asked_for(path) == [{"limit": ["1000"], "mve_filter": ["exclude"]}]
    (parsed,) = await read(KalshiMarketsListing(http, include_combos=True))
    assert len(parsed.markets) == 1
    assert exchange.asked_for("/markets")[-1] == {"limit": ["1000"]}


async def test_series_give_fees_and_categories_to_markets_that_are_listed_alone(
    exchange: Exchange, http: VenueHttp
) -> None:
    exchange.answers["/series"] = {
        "series": [{"ticker": "KXA", "category": "Sports", "fee_type": "quadratic", "fee_multiplier": 1}]
    }
    exchange.answers["/historical/markets"] = {"markets": [market("KXA-26-A", status="finalized", result="no")]}
    series = series_by_ticker((await fetch_series(http)).parsed)
    (parsed,) = await read(KalshiHistoricalMarketsListing(http, series=series))
    assert parsed.markets[0].category == "sports"
    assert parsed.markets[0].fee_terms is not None


async def test_an_unchanged_market_counts_as_changed_once_its_fees_do(exchange: Exchange, http: VenueHttp) -> None:
    exchange.answers["/markets"] = {"markets": [market("KXA-26-A")]}
    exchange.answers["/series"] = {"series": [{"ticker": "KXA", "fee_type": "quadratic", "fee_multiplier": 1}]}
    series = series_by_ticker((await fetch_series(http)).parsed)
    page = await KalshiMarketsListing(http).fetch(None)
    digests = {
        listing.split(page).items[0].digest
        for listing in (
            KalshiMarketsListing(http),
            KalshiMarketsListing(http),
            KalshiMarketsListing(http, series=series),
        )
    }
    assert len(digests) == 2


async def test_a_status_of_the_bodies_is_no_filter(http: VenueHttp) -> None:
    with pytest.raises(ValueError, match="settled"):
        KalshiEventsListing(http, status="active")


async def test_429_without_a_word_of_when_is_waited_for_longer_each_time(exchange: Exchange, http: VenueHttp) -> None:
    answers = [httpx.Response(429, json={"error": "too many requests"})] * 2 + [
        httpx.Response(200, json={"events": []})
    ]
    exchange.answers["/events"] = lambda _: answers.pop(0)
    assert await read(KalshiEventsListing(http)) == []
    assert exchange.waited == [0.5, 1.0]
    exchange.answers["/events"] = lambda _: httpx.Response(429, json={"error": "too many requests"})
    with pytest.raises(RetriableSourceError, match="429"):
        await read(KalshiEventsListing(http))


def test_the_limit_is_half_of_the_basic_tier() -> None:
    """200 tokens a second at 10 a request are 20 requests; what holds without a key is not published."""
    assert [(limit.requests, limit.per_seconds) for limit in KALSHI_LIMITS] == [(10, 1)]


# --- history --------------------------------------------------------------------------------------------------------


def traded(ticker: str, closes_at: datetime | None = None) -> TradedMarket:
    return TradedMarket(venue=Venue.KALSHI, native_id=ticker, token_ids=(None, None), closes_at=closes_at)


async def test_books_are_asked_for_a_hundred_at_a_time_with_the_name_repeated(
    exchange: Exchange, http: VenueHttp
) -> None:
    def answer(request: httpx.Request) -> Any:
        book = {"yes_dollars": [["0.4000", "1.00"]], "no_dollars": []}
        tickers = request.url.params.get_list("tickers")
        return {"orderbooks": [{"ticker": ticker, "orderbook_fp": book} for ticker in tickers]}

    exchange.answers["/markets/orderbooks"] = answer
    markets = [traded(f"KXA-{number}") for number in range(150)]
    rows = await collect(KalshiHistory(http).fetch_books([*markets, markets[0]]))
    assert [len(params["tickers"]) for params in exchange.asked_for("/markets/orderbooks")] == [100, 50]
    assert [each.parsed.rows for each in rows] == [100, 50]
    assert rows[1].parsed.books[-1].market_native_id == "KXA-149"


async def test_a_book_of_a_market_that_was_not_asked_for_is_not_stored(exchange: Exchange, http: VenueHttp) -> None:
    """A list joined by commas is answered as one unknown ticker with an empty book."""
    exchange.answers["/markets/orderbooks"] = {"orderbooks": [{"ticker": "KXA-1,KXA-2", "orderbook_fp": {}}]}
    rows = await collect(KalshiHistory(http).fetch_books([traded("KXA-1")]))
    assert [each.code for each in rows[0].parsed.refusals] == ["bad_ticker"]
    exchange.answers["/markets/orderbooks"] = {"orderbooks": [{"ticker": "KXB-9", "orderbook_fp": {}}]}
    with pytest.raises(FatalSourceError, match="KXB-9"):
        await collect(KalshiHistory(http).fetch_books([traded("KXA-1")]))


def candles(request: httpx.Request) -> list[dict[str, Any]]:
    """One candle at each end of the window, as the exchange counts both."""
    params = request.url.params
    return [{"end_period_ts": int(params[name]), "volume_fp": "1.00"} for name in ("start_ts", "end_ts")]


async def test_candles_come_in_windows_that_fit_an_answer_and_none_twice(exchange: Exchange, http: VenueHttp) -> None:
    exchange.answers["/markets/candlesticks"] = lambda request: {
        "markets": [{"market_ticker": "KXA-1", "candlesticks": candles(request)}]
    }
    start, end = NOW - timedelta(days=10), NOW
    rows = await collect(KalshiHistory(http).fetch_prices(traded("KXA-1"), start=start, end=end, interval_seconds=60))
    # 14,400 minutes; 10,000 candles an answer, both ends counted.
    windows = [
        (int(asked["start_ts"][0]), int(asked["end_ts"][0])) for asked in exchange.asked_for("/markets/candlesticks")
    ]
    border = int(start.timestamp()) + 9_999 * 60
    assert windows == [(int(start.timestamp()), border), (border, int(end.timestamp()))]
    points = [point for each in rows for point in each.parsed.prices]
    assert [int(point.at.timestamp()) for point in points] == [int(start.timestamp()), border]
    assert {point.interval_seconds for point in points} == {60}


async def test_many_markets_share_an_answer(exchange: Exchange, http: VenueHttp) -> None:
    def answer(request: httpx.Request) -> Any:
        tickers = request.url.params["market_tickers"].split(",")
        return {"markets": [{"market_ticker": ticker, "candlesticks": candles(request)} for ticker in tickers]}

    exchange.answers["/markets/candlesticks"] = answer
    markets = [traded(f"KXA-{number}") for number in range(120)]
    rows = await collect(
        KalshiHistory(http).fetch_prices_of_many(markets, start=NOW - timedelta(days=4), end=NOW, interval_seconds=3600)
    )
    asked = exchange.asked_for("/markets/candlesticks")
    # 96 hours of 100 markets fit into one answer, and so do those of the other 20.
    assert [len(params["market_tickers"][0].split(",")) for params in asked] == [100, 20]
    assert sum(each.parsed.rows for each in rows) == 120


@pytest.mark.parametrize(
    ("closes_at", "archive_has_it", "is_archived"),
    [
        (None, True, False),
        (SETTLED_CUTOFF + timedelta(hours=1), True, False),
        (SETTLED_CUTOFF - timedelta(days=30), True, True),
        (SETTLED_CUTOFF - timedelta(hours=1), False, False),  # closed before, settled after the cutoff
    ],
)
async def test_candles_of_markets_settled_before_the_cutoff_come_from_the_archive(
    exchange: Exchange, http: VenueHttp, closes_at: datetime | None, archive_has_it: bool, is_archived: bool
) -> None:
    exchange.answers["/markets/candlesticks"] = {"markets": []}
    exchange.answers["/historical/markets/KXA-1/candlesticks"] = lambda request: {
        "ticker": "KXA-1",
        "candlesticks": [{"end_period_ts": int(request.url.params["start_ts"]), "price": {"close": "0.2500"}}],
    }
    if archive_has_it:
        exchange.answers["/historical/markets/KXA-1"] = {"market": market("KXA-1")}
    history = KalshiHistory(http)
    start = SETTLED_CUTOFF - timedelta(days=40)
    for _ in range(2):
        rows = await collect(
            history.fetch_prices(
                traded("KXA-1", closes_at), start=start, end=start + timedelta(days=1), interval_seconds=3600
            )
        )
    assert [point.price for each in rows for point in each.parsed.prices] == ([250_000] if is_archived else [])
    assert len(exchange.asked_for("/markets/candlesticks")) == (0 if is_archived else 2)
    assert len(exchange.asked_for("/historical/cutoff")) == 1


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(1, 1), (60, 1), (3599, 1), (3600, 60), (86_400, 1440), (10**6, 1440)]
)
def test_the_interval_is_the_longest_the_exchange_has_that_is_no_longer(seconds: int, minutes: int) -> None:
    assert candle_minutes(seconds) == minutes


def trade(at: datetime, number: int) -> dict[str, Any]:
    return {
        "trade_id": f"t{number}",
        "ticker": "KXA-1",
        "created_time": at.isoformat(),
        "count_fp": "1.00",
        "yes_price_dollars": "0.5000",
        "taker_outcome_side": "yes",
    }


async def test_trades_of_both_sides_of_the_cutoff_are_read_once_each(exchange: Exchange, http: VenueHttp) -> None:
    start, end = TRADES_CUTOFF - timedelta(days=1), TRADES_CUTOFF + timedelta(days=1)

    def live(request: httpx.Request) -> Any:
        if "cursor" in request.url.params:
            return {"trades": [trade(TRADES_CUTOFF, 2)], "cursor": ""}
        # One at the very end, which is not asked for, and one in the window.
        return {"trades": [trade(end, 4), trade(TRADES_CUTOFF + timedelta(hours=1), 3)], "cursor": "next"}

    exchange.answers["/markets/trades"] = live
    exchange.answers["/historical/trades"] = {
        "trades": [trade(TRADES_CUTOFF, 2), trade(TRADES_CUTOFF - timedelta(seconds=1), 1), trade(start, 0)]
    }
    rows = await collect(KalshiHistory(http).fetch_trades(traded("KXA-1"), start=start, end=end))
    assert [each.trade_id for one in rows for each in one.parsed.trades] == ["t3", "t2", "t1", "t0"]
    (first, second) = exchange.asked_for("/markets/trades")
    assert first["ticker"] == ["KXA-1"]
    assert second == first | {"cursor": ["next"]}
    assert exchange.asked_for("/historical/trades")[0]["max_ts"] == [str(int(TRADES_CUTOFF.timestamp()))]


async def test_recent_trades_do_not_touch_the_archive(exchange: Exchange, http: VenueHttp) -> None:
    exchange.answers["/markets/trades"] = {"trades": [], "cursor": ""}
    await collect(KalshiHistory(http).fetch_trades(traded("KXA-1"), start=TRADES_CUTOFF, end=NOW))
    assert [path for path, _ in exchange.asked] == ["/historical/cutoff", "/markets/trades"]


async def test_a_repeated_cursor_of_trades_is_no_endless_loop(exchange: Exchange, http: VenueHttp) -> None:
    exchange.answers["/markets/trades"] = {"trades": [], "cursor": "again"}
    with pytest.raises(FatalSourceError, match="repeated"):
        await collect(KalshiHistory(http).fetch_trades(traded("KXA-1"), start=TRADES_CUTOFF, end=NOW))
    assert len(exchange.asked_for("/markets/trades")) == 2


async def test_one_broken_trade_costs_only_itself(exchange: Exchange, http: VenueHttp) -> None:
    good = trade(NOW - timedelta(hours=1), 1)
    exchange.answers["/markets/trades"] = json.loads(
        json.dumps({"trades": [good, good | {"yes_price_dollars": "12"}, good | {"trade_id": "t2"}]})
    )
    (rows,) = await collect(KalshiHistory(http).fetch_trades(traded("KXA-1"), start=TRADES_CUTOFF, end=NOW))
    assert (rows.parsed.rows, len(rows.parsed.trades)) == (3, 2)
    assert [each.code for each in rows.parsed.refusals] == ["bad_price"]
