"""Walk a listing from its first or last stored page to its end: fetch, store raw, parse, apply.

The order is what makes it safe to be killed at any point. A page is on disk before it is parsed, and the catalogue
notes in the same transaction what the page held and where the walk goes on. A walk that is taken up again first
applies the pages that were stored but not applied, then fetches from there: no stored page is fetched twice, and
applying a page twice changes nothing.

Knows no venue, no HTTP and no SQL: ports only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from edgeworth.errors import FatalSourceError
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.ports import (
    Catalogue,
    Clock,
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

RESUME_WITHIN = timedelta(hours=6)
"""A walk older than this starts anew: its cursor and its first pages are stale."""


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
) -> IngestCounts:
    """Bring everything that ``listing`` shows into ``catalogue``.

    Args:
        limit: Stop after the page with which at least this many rows were read; ``None`` reads to the end.
        resume_within: Take up an unfinished walk with the same key if it began no longer ago than this.

    Returns:
        Counts over the whole walk, pages of an interrupted process included.

    Raises:
        SourceError: The venue failed beyond the retries, or repeats a cursor. Pages before it are kept, and the next
            call goes on from there.
    """
    walk = _Walk(listing, raw, catalogue, run_id, limit, progress)
    walk.take_up_or_start(new_pass_id, clock, resume_within)
    try:
        walk.apply_stored_pages()
        await walk.fetch_to_end(clock)
        return catalogue.finish_pass(walk.state.pass_id, clock())
    finally:
        walk.close()


class _Walk:
    """The state of one walk. Only ``ingest_listing`` makes one."""

    def __init__(
        self,
        listing: Listing,
        raw: RawStore,
        catalogue: Catalogue,
        run_id: str,
        limit: int | None,
        progress: IngestProgress | None,
    ) -> None:
        self.listing = listing
        self.raw = raw
        self.catalogue = catalogue
        self.run_id = run_id
        self.limit = limit
        self.progress = progress
        self.state: PassProgress
        self.log: RawLog | None = None
        self.counts = IngestCounts()
        self.cursors: set[str] = set()
        self.at_end = False

    def take_up_or_start(self, new_pass_id: Callable[[], str], clock: Clock, resume_within: timedelta) -> None:
        started_at = clock()
        for unfinished in self.catalogue.unfinished_passes(self.listing.key, started_at - resume_within):
            log = self.raw.try_open(unfinished.raw_path) if unfinished.raw_path else None
            if log is not None:
                self.state, self.log = unfinished, log
                return
        pass_id = new_pass_id()
        self.log = self.raw.create(self.listing.venue, self.listing.kind, pass_id, started_at)
        self.state = PassProgress(pass_id=pass_id, key=self.listing.key, started_at=started_at, raw_path=self.log.path)
        self.catalogue.start_pass(self.state, self.run_id)

    def apply_stored_pages(self) -> None:
        """Apply what an earlier process fetched and stored, but did not live to apply."""
        assert self.log is not None
        for page, position in self.log.read_from(self.state.raw_end):
            self.apply(page, position, resumed=True)
            self.report()
        # The walk may have been interrupted after its last page was applied.
        if self.state.pages and self.state.next_cursor is None:
            self.at_end = True

    async def fetch_to_end(self, clock: Clock) -> None:
        """Fetch page after page; the next one is already under way while one is being stored."""
        pending = None if self.is_done else asyncio.ensure_future(self.listing.fetch(self.state.next_cursor))
        try:
            while pending is not None:
                page = await pending
                assert self.log is not None
                split = self.listing.split(page)
                self.check_cursor(split.next_cursor)
                position = self.log.append(page)
                pending = self.prefetch(split.next_cursor, len(split.items))
                # In a thread, so that the request that was just started reaches the wire meanwhile.
                await asyncio.to_thread(self.apply, page, position, resumed=False)
                if pending is None and not self.is_done:
                    pending = asyncio.ensure_future(self.listing.fetch(self.state.next_cursor))
                self.report()
        finally:
            if pending is not None and not pending.done():
                pending.cancel()

    @property
    def is_done(self) -> bool:
        return self.at_end or (self.limit is not None and self.state.fetched >= self.limit)

    def prefetch(self, cursor: str | None, items: int) -> asyncio.Future[RawPage] | None:
        if cursor is None or (self.limit is not None and self.state.fetched + items >= self.limit):
            return None
        return asyncio.ensure_future(self.listing.fetch(cursor))

    def check_cursor(self, cursor: str | None) -> None:
        if cursor is None:
            return
        if cursor in self.cursors or cursor == self.state.next_cursor:
            raise FatalSourceError(
                f"{self.listing.key}: expected a new cursor after page {self.state.pages + 1}, but the venue repeated "
                f"{cursor!r}; stopped rather than read the same pages for ever. Everything read so far is kept."
            )
        self.cursors.add(cursor)

    def apply(self, page: RawPage, position: RawPosition, *, resumed: bool) -> None:
        split = self.listing.split(page)
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
        counts = self.catalogue.apply_page(self.state, self.run_id, write)
        self.counts.add(counts)
        self.state = PassProgress(
            pass_id=self.state.pass_id,
            key=self.state.key,
            started_at=self.state.started_at,
            next_cursor=split.next_cursor,
            pages=self.state.pages + 1,
            fetched=self.state.fetched + counts.fetched,
            raw_path=position.path,
            raw_end=position.end,
        )
        self.at_end = split.next_cursor is None

    def report(self) -> None:
        if self.progress is not None:
            self.progress.page_done(self.listing.key, self.counts)

    def close(self) -> None:
        if self.log is not None:
            self.log.close()
