"""What is asked of Polymarket, and when asking ends, against a scripted transport."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from edgeworth.adapters.http import VenueHttp
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
from edgeworth.errors import FatalSourceError
from edgeworth.markets.venue import Venue
from edgeworth.ports import TradedMarket

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, tzinfo=UTC)
Handler = Callable[[httpx.Request], object]


class Server:
    """Answers with what the handler gives, as JSON, and remembers what was asked."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.asked: list[httpx.Request] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(200, json=self.handler(request))

    def http(self) -> VenueHttp:
        return VenueHttp(
            "https://venue.test",
            name="Venue",
            venue=Venue.POLYMARKET,
            limits=(),
            clock=lambda: NOW,
            transport=httpx.MockTransport(self.answer),
        )

    @property
    def queries(self) -> list[list[tuple[str, str]]]:
        return [list(request.url.params.multi_items()) for request in self.asked]


async def test_events_are_walked_by_after_cursor_with_the_same_filters_on_every_page() -> None:
    server = Server(lambda _: {"events": [{"id": "7", "title": "E", "markets": []}], "next_cursor": "C1"})
    async with server.http() as http:
        listing = GammaEventsListing(http, closed=False, order="volume24hr", filters=(("tag_slug", "politics"),))
        first = await listing.fetch(None)
        await listing.fetch(listing.split(first).next_cursor)
    filters = [
        ("limit", "100"),
        ("closed", "false"),
        ("order", "volume24hr"),
        ("ascending", "false"),
        ("tag_slug", "politics"),
    ]
    assert server.queries == [filters, [*filters, ("after_cursor", "C1")]]
    assert server.asked[0].url.path == "/events/keyset"
    assert (listing.kind, first.kind, listing.venue) == ("events", "events", Venue.POLYMARKET)
    (item,) = listing.split(first).items
    assert listing.parse(item, first).events[0].as_of == NOW


async def test_a_key_tells_walks_apart() -> None:
    async with Server(lambda _: []).http() as http:
        listings = [
            GammaEventsListing(http, closed=False),
            GammaEventsListing(http, closed=True),
            GammaEventsListing(http, closed=True, order="startDate"),
            GammaMarketsListing(http, closed=True),
            ClobMarketsListing(http),
        ]
        assert len({listing.key for listing in listings}) == 5
        assert listings[1].key == "https://venue.test/events/keyset?limit=100&closed=true"


async def test_markets_are_ordered_by_the_numeric_twin_and_pages_stay_within_the_cap() -> None:
    server = Server(lambda _: {"markets": []})
    async with server.http() as http:
        await GammaMarketsListing(http, closed=False, order="volume", page_size=5000).fetch(None)
    assert server.queries[0] == [
        ("limit", "100"), ("closed", "false"), ("order", "volumeNum"), ("ascending", "false"), ("include_tag", "true"),
    ]  # fmt: skip


async def test_the_exchange_is_walked_by_next_cursor_to_its_end_marker() -> None:
    server = Server(lambda _: {"data": [], "next_cursor": "LTE="})
    async with server.http() as http:
        listing = ClobMarketsListing(http)
        await listing.fetch(None)
        page = await listing.fetch("MTAwMA==")
        assert listing.split(page).next_cursor is None
    assert server.queries == [[], [("next_cursor", "MTAwMA==")]]


def traded(native_id: str, *tokens: str | None) -> TradedMarket:
    return TradedMarket(venue=Venue.POLYMARKET, native_id=native_id, token_ids=tokens)


async def test_books_are_asked_for_in_batches_and_a_missing_one_is_no_error() -> None:
    def books(request: httpx.Request) -> object:
        asked = [each["token_id"] for each in json.loads(request.content)]
        return [
            {"asset_id": token, "timestamp": "1766789469958", "bids": [], "asks": []} for token in asked if token != "7"
        ]

    server = Server(books)
    markets = [traded(f"0x{number}", str(number * 2), str(number * 2 + 1)) for number in range(120)]
    async with server.http() as http:
        history = PolymarketHistory(clob=http, data_api=http)
        pages = [page async for page in history.fetch_books(markets)]
    assert [request.url.path for request in server.asked] == ["/books"] * 3
    assert [len(page.parsed.books) for page in pages] == [99, 100, 40]
    assert pages[0].parsed.books[3].market_native_id == "0x1"
    assert pages[0].parsed.books[3].outcome_index == 1


async def test_midpoints_are_asked_for_in_batches() -> None:
    server = Server(lambda request: {each["token_id"]: "0.5" for each in json.loads(request.content)})
    async with server.http() as http:
        history = PolymarketHistory(clob=http, data_api=http)
        pages = [page async for page in history.fetch_midpoints([traded("0xaa", "1", None)])]
    assert [each.price for page in pages for each in page.parsed.prices] == [500_000]


async def test_prices_are_walked_in_windows_of_at_most_fifteen_days_without_overlap() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def prices(request: httpx.Request) -> object:
        # The venue gives both ends of the window.
        return {"history": [{"t": int(request.url.params[name]), "p": 0.5} for name in ("startTs", "endTs")]}

    server = Server(prices)
    async with server.http() as http:
        history = PolymarketHistory(clob=http, data_api=http)
        pages = [
            page
            async for page in history.fetch_prices(
                traded("0xaa", "1", None, "3"), start=start, end=start + timedelta(days=40), interval_seconds=3600
            )
        ]
    asked = [dict(query) for query in server.queries]
    assert [each["market"] for each in asked] == ["1", "3"] * 3
    assert {each["fidelity"] for each in asked} == {"60"}
    assert all(int(each["endTs"]) - int(each["startTs"]) <= 15 * 86_400 for each in asked)
    points = [(each.outcome_index, each.at) for page in pages for each in page.parsed.prices]
    assert len(points) == len(set(points)) == 6
    assert max(at for _, at in points) < start + timedelta(days=40)
    assert all(page.parsed.rows == len(page.parsed.prices) for page in pages)


async def test_trades_are_walked_by_cursor_past_short_pages() -> None:
    pages = {
        None: {"data": [], "pagination": {"has_more": True, "next_cursor": "a"}},
        "a": {
            "data": [{"condition_id": "0xaa", "token_id": "2", "side": "BUY", "size": 1, "price": 0.5, "timestamp": stamp}
                     for stamp in (1710000000, 1710000001, 1710000002)],
            "pagination": {"has_more": False, "next_cursor": None},
        },
    }  # fmt: skip
    server = Server(lambda request: pages[request.url.params.get("cursor")])
    start, end = datetime.fromtimestamp(1710000000, UTC), datetime.fromtimestamp(1710000002, UTC)
    async with server.http() as http:
        history = PolymarketHistory(clob=http, data_api=http)
        found = [page async for page in history.fetch_trades(traded("0xaa", "1", "2"), start=start, end=end)]
    assert server.queries[0] == [
        ("condition_id", "0xaa"),
        ("start", "1710000000"),
        ("end", "1710000002"),
        ("limit", "1000"),
    ]
    assert server.queries[1] == [*server.queries[0], ("cursor", "a")]
    # The end is exclusive, whatever the venue gives.
    assert [each.outcome_index for page in found for each in page.parsed.trades] == [1, 1]


async def test_a_repeated_trade_cursor_ends_the_walk_with_an_error() -> None:
    server = Server(lambda _: {"data": [], "pagination": {"has_more": True, "next_cursor": "a"}})
    async with server.http() as http:
        history = PolymarketHistory(clob=http, data_api=http)
        with pytest.raises(FatalSourceError, match="repeated 'a'"):
            _ = [
                page async for page in history.fetch_trades(traded("0xaa", "1"), start=NOW, end=NOW + timedelta(days=1))
            ]
    assert len(server.asked) == 2


async def test_all_history_is_asked_for_with_start_one() -> None:
    """Without a start the venue shows a recent part only."""
    server = Server(lambda _: {"data": None, "pagination": {"has_more": False, "next_cursor": None}})
    async with server.http() as http:
        history = PolymarketHistory(clob=http, data_api=http)
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        found = [page async for page in history.fetch_trades(traded("0xaa", "1"), start=epoch, end=NOW)]
    assert ("start", "1") in server.queries[0]
    assert [page.parsed.rows for page in found] == [0]


async def test_tags_are_walked_by_offset_to_the_first_short_page() -> None:
    def tags(request: httpx.Request) -> object:
        first = int(request.url.params["offset"])
        return [
            {"id": str(number), "label": f"T{number}", "slug": f"t{number}"}
            for number in range(first, min(first + 100, 130))
        ]

    server = Server(tags)
    async with server.http() as http:
        found = [tag.slug async for _, page in fetch_tags(http) for tag in page]
    assert (len(server.asked), len(found), found[-1]) == (2, 130, "t129")


@pytest.mark.parametrize(
    ("limits", "path", "requests"),
    [
        (GAMMA_LIMITS, "/events/keyset", 500),
        (GAMMA_LIMITS, "/markets/keyset", 300),
        (GAMMA_LIMITS, "/tags", 200),
        (CLOB_LIMITS, "/books", 500),
        (CLOB_LIMITS, "/midpoints", 500),
        (CLOB_LIMITS, "/prices-history", 1000),
        (DATA_API_LIMITS, "/v2/trades", 200),
    ],
)
def test_the_documented_limit_applies_to_each_path(limits: tuple[object, ...], path: str, requests: int) -> None:
    """Requests per 10 s, docs.polymarket.com/api-reference/rate-limits."""
    from edgeworth.adapters.http import RateLimit

    matching = [limit for limit in limits if isinstance(limit, RateLimit) and path.startswith(limit.path_prefix)]
    assert min(limit.requests for limit in matching) == requests
    assert {limit.per_seconds for limit in matching} == {10}
