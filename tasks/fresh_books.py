"""Books for a search: those that a venue gives now, else the latest stored ones, with an account of which were used.

Every answer is stored raw and its books go to the history, as in an ingest. A book that a venue gave now stands now,
whenever it last changed: in the search it carries the instant of the answer, in the history the venue's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from msgspec import Struct
from msgspec.structs import asdict, replace

from edgeworth.errors import SourceError
from edgeworth.markets.book import OrderBook
from edgeworth.markets.venue import Venue
from edgeworth.ports import (
    Clock,
    HistoryReader,
    HistorySource,
    HistoryStore,
    RawLog,
    RawStore,
    TradedMarket,
)
from edgeworth.reports.discovery import BookUse
from tasks.clock import new_id


class BookCount(Struct):
    """What became of one venue's books so far."""

    fresh: int = 0
    stored: int = 0
    missing: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None

    def add(self, asked: Iterable[str], *, fresh: Sequence[OrderBook] = (), stored: Sequence[OrderBook] = ()) -> None:
        """Count the books that were found of the markets ``asked`` for, by id."""
        found = (*fresh, *stored)
        self.fresh += len(fresh)
        self.stored += len(stored)
        self.missing += len(set(asked) - {book.market_id for book in found})
        instants = [book.observed_at for book in found]
        self.oldest_at = min((at for at in (self.oldest_at, *instants) if at is not None), default=None)
        self.newest_at = max((at for at in (self.newest_at, *instants) if at is not None), default=None)

    def use(self, venue: Venue, note: str | None) -> BookUse:
        """What is told of it; ``note`` says why not all books are present ones."""
        return BookUse(venue=venue.value, note=note, **asdict(self))


class BookHistory(HistoryStore, HistoryReader, Protocol):
    """Books are read from it and stored in it."""


class BookShelf:
    """Gives the books of any markets, for the time of a block.

    Args:
        sources: Venues that can be asked now.
        unavailable: Venues that cannot, with the reason.
        raw: Where answers are stored as received.
        history: Where books are stored and where earlier ones are read.
        name: What the raw files of this run begin with; each process of it writes its own, also after a kill.
        clock: Dates those files.
    """

    def __init__(
        self,
        *,
        sources: dict[Venue, HistorySource],
        unavailable: dict[Venue, str],
        raw: RawStore,
        history: BookHistory,
        name: str,
        clock: Clock,
    ) -> None:
        self._sources = dict(sources)
        self._notes = dict(unavailable)
        self._raw, self._history, self._name, self._clock = raw, history, name, clock
        self._logs: dict[Venue, RawLog] = {}
        self._counts: dict[Venue, BookCount] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for log in self._logs.values():
            log.close()

    @property
    def uses(self) -> list[BookUse]:
        """Which books were used so far, by venue."""
        return [count.use(venue, self._notes.get(venue)) for venue, count in sorted(self._counts.items())]

    async def books_of(self, markets: Sequence[TradedMarket]) -> list[OrderBook]:
        """At most one book for each outcome of ``markets``, the present one where it can be had."""
        books: list[OrderBook] = []
        by_venue: dict[Venue, list[TradedMarket]] = {}
        for market in markets:
            by_venue.setdefault(market.venue, []).append(market)
        for venue, asked in sorted(by_venue.items()):
            fresh = await self._fresh(venue, asked)
            has_fresh = {book.market_id for book in fresh}
            others = [market.market_id for market in asked if market.market_id not in has_fresh]
            stored = list(self._history.latest_books(others)) if others else []
            count = self._counts.setdefault(venue, BookCount())
            count.add((market.market_id for market in asked), fresh=fresh, stored=stored)
            books += fresh + stored
        return books

    async def _fresh(self, venue: Venue, markets: Sequence[TradedMarket]) -> list[OrderBook]:
        """Books that ``venue`` gives now; once it fails it is not asked again, and what it gave is kept."""
        source = self._sources.get(venue)
        if source is None:
            return []
        given: list[OrderBook] = []
        standing: dict[tuple[str, int], OrderBook] = {}
        try:
            async for answer in source.fetch_books(markets):
                self._log(venue).append(answer.page)
                given += answer.parsed.books
                for book in answer.parsed.books:
                    standing[book.market_id, book.outcome_index] = replace(book, observed_at=answer.page.fetched_at)
        except SourceError as error:
            self._notes[venue] = str(error)
            del self._sources[venue]
        self._history.save_books(given)
        return list(standing.values())

    def _log(self, venue: Venue) -> RawLog:
        if venue not in self._logs:
            name = f"{self._name}-{venue.value}-{new_id()}"
            self._logs[venue] = self._raw.create(venue, "books", name, self._clock())
        return self._logs[venue]
