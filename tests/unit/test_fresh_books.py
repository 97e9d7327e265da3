"""Books of now where a venue gives them, stored ones where it does not, and an honest account of both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from edgeworth.adapters.storage.raw import ZstdRawStore
from edgeworth.errors import RetriableSourceError
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.ports import FetchedRows, RawPage, TradedMarket
from edgeworth.reports.discovery import BookUse
from tasks.fresh_books import BookShelf
from tests.builders import NOON

LONG_AGO = NOON - timedelta(days=3)
pytestmark = pytest.mark.anyio


def a_book(market: str, outcome: int = 0, at=LONG_AGO, price: int = 500_000) -> OrderBook:
    return OrderBook(
        venue=Venue.KALSHI,
        market_native_id=market,
        outcome_index=outcome,
        bids=(),
        asks=(BookLevel(price, 1_000_000),),
        observed_at=at,
    )


def traded(*names: str) -> list[TradedMarket]:
    return [TradedMarket(venue=Venue.KALSHI, native_id=name, token_ids=(None, None)) for name in names]


class FakeSource:
    """Answers one market at a time, and fails when it comes to ``fails_at``."""

    venue = Venue.KALSHI

    def __init__(self, books: Sequence[OrderBook], fails_at: str | None = None) -> None:
        self.books, self.fails_at = books, fails_at
        self.asked: list[str] = []

    async def fetch_books(self, markets: Sequence[TradedMarket]) -> AsyncIterator[FetchedRows]:
        for market in markets:
            self.asked.append(market.native_id)
            if market.native_id == self.fails_at:
                raise RetriableSourceError("Kalshi: no answer")
            found = [book for book in self.books if book.market_native_id == market.native_id]
            page = RawPage(
                venue=Venue.KALSHI, kind="books", url="u", params=(), fetched_at=NOON, status=200, body=b"{}"
            )
            yield FetchedRows(page=page, parsed=ParsedItem(rows=len(found), books=found))


class FakeHistory:
    def __init__(self, *stored: OrderBook) -> None:
        self.stored = list(stored)

    def save_books(self, books: Sequence[OrderBook]) -> int:
        self.stored += books
        return len(books)

    def latest_books(self, market_ids: Sequence[str]) -> Sequence[OrderBook]:
        return [book for book in self.stored if book.market_id in market_ids]


class FakeLog:
    def __init__(self, pages: list[RawPage]) -> None:
        self.pages, self.is_open = pages, True

    def append(self, page: RawPage) -> None:
        self.pages.append(page)

    def close(self) -> None:
        self.is_open = False


class FakeRaw:
    def __init__(self) -> None:
        self.pages: list[RawPage] = []
        self.logs: dict[str, FakeLog] = {}

    def create(self, venue, kind, name, at) -> FakeLog:
        assert (kind, at) == ("books", NOON)
        assert name not in self.logs
        return self.logs.setdefault(name, FakeLog(self.pages))


def shelf(
    source: FakeSource | None, history: FakeHistory, raw: FakeRaw | ZstdRawStore | None = None, **unavailable: str
) -> BookShelf:
    return BookShelf(
        sources={} if source is None else {Venue.KALSHI: source},
        unavailable={Venue(name): reason for name, reason in unavailable.items()},
        raw=raw or FakeRaw(),
        history=history,
        name="run",
        clock=lambda: NOON,
    )


async def test_a_book_that_the_venue_gives_now_stands_now_and_is_stored_with_the_time_of_the_venue():
    history, raw = FakeHistory(), FakeRaw()
    with shelf(FakeSource([a_book("A")]), history, raw) as books:
        (book,) = await books.books_of(traded("A"))
    assert book == a_book("A", at=NOON)
    assert history.stored == [a_book("A")]
    assert len(raw.pages) == 1
    (log,) = raw.logs.values()
    assert not log.is_open
    assert books.uses == [BookUse(venue="kalshi", fresh=1, oldest_at=NOON, newest_at=NOON)]


async def test_what_the_venue_does_not_give_comes_out_of_the_history_with_its_age():
    history = FakeHistory(a_book("A", price=1), a_book("B"))
    with shelf(FakeSource([a_book("A")]), history) as books:
        found = await books.books_of(traded("A", "B", "C"))
    assert found == [a_book("A", at=NOON), a_book("B")]
    assert books.uses == [BookUse(venue="kalshi", fresh=1, stored=1, missing=1, oldest_at=LONG_AGO, newest_at=NOON)]


async def test_a_venue_that_fails_is_not_asked_again_and_what_it_gave_is_kept():
    history = FakeHistory(a_book("B", price=1))
    source = FakeSource([a_book("A"), a_book("B"), a_book("C")], fails_at="B")
    with shelf(source, history) as books:
        assert await books.books_of(traded("A", "B")) == [a_book("A", at=NOON), a_book("B", price=1)]
        assert await books.books_of(traded("C")) == []
    assert source.asked == ["A", "B"]
    (use,) = books.uses
    assert (use.fresh, use.stored, use.missing, use.note) == (1, 1, 1, "Kalshi: no answer")


async def test_a_venue_that_cannot_be_asked_is_told_with_its_reason():
    with shelf(None, FakeHistory(a_book("A")), kalshi="the server holds other markets") as books:
        assert await books.books_of(traded("A")) == [a_book("A")]
    assert books.uses[0].note == "the server holds other markets"


async def test_nothing_asked_is_nothing_told():
    with shelf(None, FakeHistory()) as books:
        assert await books.books_of([]) == []
    assert books.uses == []


async def test_a_run_that_was_killed_and_goes_on_under_its_name_writes_files_of_its_own(tmp_path):
    raw = ZstdRawStore(tmp_path)
    for _ in range(2):
        with shelf(FakeSource([a_book("A")]), FakeHistory(), raw) as books:
            assert len(await books.books_of(traded("A"))) == 1
    assert len(list(tmp_path.rglob("run-kalshi-*.jsonl.zst"))) == 2
