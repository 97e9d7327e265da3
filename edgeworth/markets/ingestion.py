"""Walk a listing from its first or last stored page to its end: fetch, store raw, parse, apply.

The order is what makes it safe to be killed at any point. A page is on disk before it is read, and the catalogue notes
in the same transaction what the page held and where the walk goes on. A walk that is taken up again first applies the
pages that were stored but not applied, then fetches from there: no stored page is fetched twice, and applying a page
twice changes nothing.

Knows no venue, no HTTP and no SQL: ports only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from edgeworth.errors import FatalSourceError, UnreadableInputError
from edgeworth.markets.listing import ListingItem, ListingPage, ParsedItem
from edgeworth.ports import (
    Catalogue,
    Clock,
    HistoryStore,
    IngestCounts,
    IngestProgress,
    KnownItem,
    Listing,
    PageWrite,
    PassProgress,
    RawLog,
    RawPage,
    RawPosition,
    RawStore,
)

_log = logging.getLogger(__name__)

RESUME_WITHIN = timedelta(hours=6)
"""A walk older than this starts anew: its cursor and its first pages are stale."""

KEEP_FINISHED_FOR = timedelta(hours=1)
"""A listing that an interrupted run had finished longer ago is walked again: markets are to be no older."""


async def ingest_listing(
    listing: Listing,
    *,
    raw: RawStore,
    catalogue: Catalogue,
    run_id: str,
    new_pass_id: Callable[[], str],
    clock: Clock,
    limit: int | None = None,
    resume_within: timedelta = RESUME_WITHIN,
    progress: IngestProgress | None = None,
    history: HistoryStore | None = None,
    process_began: datetime | None = None,
) -> IngestCounts:
    """Bring everything that ``listing`` shows into ``catalogue``.

    Args:
        listing: What to walk.
        raw: Where pages are stored before they are read.
        catalogue: Where their items go, and how far the walk has come.
        run_id: Which run this is; stored with the rows it writes.
        new_pass_id: Names a new walk.
        clock: Asked for the start and the end of the walk.
        limit: Stop after the page with which at least this many rows were read; ``None`` reads to the end. A walk
            with a limit is another walk than one without: neither takes up nor ends the other.
        resume_within: Take up an unfinished walk with the same key if it began no longer ago than this.
        progress: Told about every page.
        history: Where prices, books, trades and bars go, should the listing hold any (recorded files do).
        process_began: When this process began or took up the run. A walk that the run had finished shortly before,
            in a process that was killed later, is not walked again: its counts are given. ``None`` walks it.

    Returns:
        Counts over the whole walk, pages of an interrupted process included.

    Raises:
        SourceError: The venue failed beyond the retries, or repeats a cursor. Pages before it are kept, the one with
            the repeated cursor too, and the next call goes on from there.
        UnreadableInputError: A page is not one of this listing. It is kept raw, and the next call asks for it again.
    """
    walk = _Walk(listing, raw, catalogue, run_id, limit, progress, history)
    if process_began is not None:
        finished = catalogue.finished_pass(walk.key, run_id, process_began - KEEP_FINISHED_FOR, process_began)
        if finished is not None:
            return finished
    try:
        walk.take_up_or_start(new_pass_id, clock(), resume_within)
        await walk.apply_stored_pages()
        await walk.fetch_to_end()
        return catalogue.finish_pass(walk.state.pass_id, clock())
    finally:
        walk.close()


class _Walk:
    """The state of one walk. Only ``ingest_listing`` makes one."""

    state: PassProgress
    log: RawLog

    def __init__(
        self,
        listing: Listing,
        raw: RawStore,
        catalogue: Catalogue,
        run_id: str,
        limit: int | None,
        progress: IngestProgress | None,
        history: HistoryStore | None,
    ) -> None:
        self.listing = listing
        self.raw = raw
        self.catalogue = catalogue
        self.run_id = run_id
        self.limit = limit
        self.progress = progress
        self.history = history
        self.key = listing.key if limit is None else f"{listing.key} limit={limit}"
        self.counts = IngestCounts()
        self.cursors: set[str | None] = set()
        """Cursors that this process has been given; a loop that an earlier process entered is seen one round later."""

    def take_up_or_start(self, new_pass_id: Callable[[], str], now: datetime, resume_within: timedelta) -> None:
        for unfinished in self.catalogue.unfinished_passes(self.key, now - resume_within):
            log = self.raw.try_open(unfinished.raw_path) if unfinished.raw_path else None
            if log is not None:
                self.state, self.log = unfinished, log
                self.cursors.add(unfinished.next_cursor)
                return
        pass_id = new_pass_id()
        self.log = self.raw.create(self.listing.venue, self.listing.kind, pass_id, now)
        self.state = PassProgress(pass_id=pass_id, key=self.key, started_at=now, raw_path=self.log.path)
        self.catalogue.start_pass(self.state, self.run_id)

    async def apply_stored_pages(self) -> None:
        """Apply what an earlier process fetched and stored, but did not live to apply."""
        for page, position in self.log.read_from(self.state.raw_end):
            try:
                split = self.listing.split(page)
            except UnreadableInputError as error:
                # It ended the walk that stored it; the walk has not moved on, so the same cursor is asked again.
                _log.warning("%s: passing over a stored page that cannot be read: %s", self.key, error)
                continue
            await self.take(page, split, position, resumed=True)

    async def fetch_to_end(self) -> None:
        """Fetch page after page; the next one is already under way while one is being stored."""
        ahead: asyncio.Task[RawPage] | None = None
        try:
            while not self.is_done:
                page = await (ahead or self.listing.fetch(self.state.next_cursor))
                ahead = None
                position = self.log.append(page)
                split = self.listing.split(page)
                ahead = self.fetch_ahead(split.next_cursor)
                await self.take(page, split, position, resumed=False)
        finally:
            await _abandon(ahead)

    @property
    def is_done(self) -> bool:
        """Whether the listing is read to its end (a walk without pages has not begun), or as far as was asked."""
        at_end = self.state.pages > 0 and self.state.next_cursor is None
        return at_end or (self.limit is not None and self.state.fetched >= self.limit)

    def fetch_ahead(self, cursor: str | None) -> asyncio.Task[RawPage] | None:
        # With a limit, only the rows of this page tell whether another one is wanted.
        if cursor is None or cursor in self.cursors or self.limit is not None:
            return None
        return asyncio.ensure_future(self.listing.fetch(cursor))

    async def take(self, page: RawPage, split: ListingPage, position: RawPosition, *, resumed: bool) -> None:
        """Apply one stored page, and stop when it leads back to where the walk has been."""
        is_repeated = split.next_cursor is not None and split.next_cursor in self.cursors
        self.cursors.add(split.next_cursor)
        # In a thread, so that the request that was just started reaches the wire meanwhile.
        await _in_thread(partial(self.apply, page, split, position, resumed=resumed))
        if self.progress is not None:
            self.progress.page_done(self.listing.key, self.counts)
        if is_repeated:
            raise FatalSourceError(
                f"{self.listing.key}: expected a new cursor after page {self.state.pages}, but the venue repeated "
                f"{split.next_cursor!r}; stopped rather than read the same pages for ever. Everything read is kept."
            )

    def apply(self, page: RawPage, split: ListingPage, position: RawPosition, *, resumed: bool) -> None:
        """Bring the items of one page into the catalogue; those that are known byte for byte are not parsed."""
        known = self.catalogue.known_items(page.venue, split.items)
        parsed: list[tuple[ListingItem, ParsedItem]] = []
        unchanged: list[KnownItem] = []
        for item in split.items:
            before = known.get((item.kind, item.native_id)) if item.native_id else None
            if before is not None and before.digest == item.digest:
                unchanged.append(before)
            else:
                parsed.append((item, self.listing.parse(item, page)))
        write = PageWrite(
            venue=page.venue,
            fetched_at=page.fetched_at,
            parsed=parsed,
            unchanged=unchanged,
            position=position,
            next_cursor=split.next_cursor,
            resumed=resumed,
        )
        self.save_history([values for _, values in parsed])
        counts = self.catalogue.apply_page(self.state, self.run_id, write)
        self.counts.add(counts)
        self.state = replace(
            self.state,
            next_cursor=split.next_cursor,
            pages=self.state.pages + 1,
            fetched=self.state.fetched + counts.fetched,
            raw_path=position.path,
            raw_end=position.end,
        )

    def save_history(self, parsed: Sequence[ParsedItem]) -> None:
        """Before the page counts as applied: saving rows twice stores them once, losing them would lose them."""
        if self.history is None:
            return
        self.history.save_prices([point for values in parsed for point in values.prices])
        self.history.save_books([book for values in parsed for book in values.books])
        self.history.save_trades([trade for values in parsed for trade in values.trades])
        self.history.save_bars([bar for values in parsed for bar in values.bars])

    def close(self) -> None:
        if hasattr(self, "log"):
            self.log.close()


async def _in_thread(work: Callable[[], None]) -> None:
    """Run ``work`` in a thread. When cancelled, wait for it first: a thread cannot be stopped half-way."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


async def _abandon(task: asyncio.Task[RawPage] | None) -> None:
    """Stop a request that nobody waits for any more, and wait until it has let go of its connection."""
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
