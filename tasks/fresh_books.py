"""Books for a search: those that a venue gives now, else the latest stored ones, with an account of which were used.

Every answer is stored raw and its books go to the history, as in an ingest. A book that a venue gave now stands now,
whenever it last changed: in the search it carries the instant of the answer, in the history the venue's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from msgspec import Struct
from msgspec.structs import replace

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


class _Use(Struct):
    """What became of one venue's books so far."""

    fresh: int = 0
    stored: int = 0
    missing: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None


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
        self._uses: dict[Venue, _Use] = {}

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
        return [
            BookUse(
                venue=venue.value,
                fresh=use.fresh,
                stored=use.stored,
                missing=use.missing,
                oldest_at=use.oldest_at,
                newest_at=use.newest_at,
                note=self._notes.get(venue),
            )
            for venue, use in sorted(self._uses.items())
        ]

    async def books_of(self, markets: Sequence[TradedMarket]) -> list[OrderBook]:
        """At most one book for each outcome of ``markets``, the present one where it can be had."""
        books: list[OrderBook] = []
        by_venue: dict[Venue, list[TradedMarket]] = {}
        for market in markets:
            by_venue.setdefault(market.venue, []).append(market)
        for venue, asked in sorted(by_venue.items()):
            use = self._uses.setdefault(venue, _Use())
            fresh = await self._fresh(venue, asked)
            has_fresh = {book.market_id for book in fresh}
            others = [market.market_id for market in asked if market.market_id not in has_fresh]
            stored = list(self._history.latest_books(others)) if others else []
            _note(use, fresh, stored)
            use.missing += len(set(others) - {book.market_id for book in stored})
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


def _note(use: _Use, fresh: Sequence[OrderBook], stored: Sequence[OrderBook]) -> None:
    use.fresh += len(fresh)
    use.stored += len(stored)
    instants = [book.observed_at for book in (*fresh, *stored)]
    instants += [at for at in (use.oldest_at, use.newest_at) if at is not None]
    if instants:
        use.oldest_at, use.newest_at = min(instants), max(instants)
