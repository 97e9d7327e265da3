"""The ports in memory: a listing, a raw store and a catalogue that can be killed at any step and taken up again.

They keep what a disk keeps. ``Fuse`` is the process: once it is burnt, every further step fails, as in a process that is
no longer there; a new fuse is a new process over the same stores.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import xxhash
from msgspec.structs import replace

from edgeworth.errors import UnreadableInputError
from edgeworth.markets.change import signature
from edgeworth.markets.listing import ListingItem, ListingPage, ParsedItem, Refusal
from edgeworth.markets.market import Market
from edgeworth.markets.venue import Venue
from edgeworth.ports import IngestCounts, KnownItem, PageWrite, PassProgress, RawPage, RawPosition
from tests.builders import NOON, a_market


class ProcessDiedError(Exception):
    """The process is gone."""


class Fuse:
    """Burns down by one at every step of the fakes; ``None`` never ends."""

    def __init__(self, steps: int | None = None) -> None:
        self.left = steps
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.left is not None:
            if self.left <= 0:
                raise ProcessDiedError
            self.left -= 1


def item(native_id: str | None, *, rows: int = 1, refused: int = 0, version: int = 1) -> dict:
    """One object of a fake listing: ``rows`` rows, of which ``refused`` cannot be read."""
    return {"id": native_id, "rows": rows, "refused": refused, "version": version}


class FakeListing:
    """Pages by cursor. A body is JSON, or any text to stand for a page that cannot be read."""

    venue = Venue.POLYMARKET
    kind = "events"
    key = "fake/events"

    def __init__(self, pages: Mapping[str | None, str], fuse: Fuse | None = None) -> None:
        self.pages = dict(pages)
        self.fuse = fuse or Fuse()
        self.fetched: list[str | None] = []
        self.parsed: Counter[str | None] = Counter()
        self.failures: dict[str | None, Exception] = {}
        self.on_fetch: Callable[[str | None], None] = lambda cursor: None

    @classmethod
    def of(cls, *pages: list[dict], fuse: Fuse | None = None) -> FakeListing:
        """``pages`` in a row, with cursors ``c1``, ``c2``, ..."""
        cursors = [None, *(f"c{number}" for number in range(1, len(pages)))]
        following = [*cursors[1:], None]
        return cls(
            {cursor: body(items, after) for cursor, items, after in zip(cursors, pages, following, strict=True)},
            fuse,
        )

    async def fetch(self, cursor: str | None) -> RawPage:
        self.fuse.step()
        self.on_fetch(cursor)
        await asyncio.sleep(0)
        if cursor in self.failures:
            raise self.failures.pop(cursor)
        self.fetched.append(cursor)
        return RawPage(
            venue=self.venue,
            kind=self.kind,
            url="http://127.0.0.1/events",
            params=(("cursor", cursor or ""),),
            fetched_at=NOON + timedelta(seconds=len(self.fetched)),
            status=200,
            body=self.pages[cursor].encode(),
        )

    def split(self, page: RawPage) -> ListingPage:
        try:
            content = json.loads(page.body)
        except ValueError as error:
            raise UnreadableInputError(f"expected a JSON page, found {page.body[:20]!r}") from error
        items = [self._item(index, found) for index, found in enumerate(content["items"])]
        return ListingPage(items=items, next_cursor=content["next"])

    def _item(self, index: int, found: dict) -> ListingItem:
        raw = json.dumps(found).encode()
        return ListingItem(
            kind="event", native_id=found["id"], raw=raw, digest=xxhash.xxh3_128_hexdigest(raw), index=index
        )

    def parse(self, item: ListingItem, page: RawPage) -> ParsedItem:
        self.fuse.step()
        self.parsed[item.native_id] += 1
        found = json.loads(item.raw)
        good = found["rows"] - found["refused"]
        markets = [
            a_market(f"{item.native_id}-{n}", question=f"version {found['version']}", as_of=page.fetched_at)
            for n in range(good)
        ]
        refusals = [
            Refusal(kind="market", native_id=None, code="bad", reason="made so", item_index=item.index)
            for _ in range(found["refused"])
        ]
        return ParsedItem(rows=found["rows"], markets=markets, refusals=refusals)


def body(items: list[dict], next_cursor: str | None) -> str:
    """A page of a fake listing."""
    return json.dumps({"items": items, "next": next_cursor})


class FakeRawStore:
    """Raw files as lists of pages; ``held`` are the files that a living process holds."""

    def __init__(self, fuse: Fuse | None = None) -> None:
        self.fuse = fuse or Fuse()
        self.files: dict[str, list[RawPage]] = {}
        self.held: set[str] = set()

    def create(self, venue: Venue, kind: str, name: str, at: datetime) -> FakeRawLog:
        self.fuse.step()
        path = f"{venue.value}/{kind}/{name}"
        self.files[path] = []
        return FakeRawLog(self, path)

    def try_open(self, path: str) -> FakeRawLog | None:
        return None if path in self.held or path not in self.files else FakeRawLog(self, path)

    @property
    def stored_cursors(self) -> list[str]:
        """Cursors of every stored page, in the order of the files."""
        return [page.params[0][1] for pages in self.files.values() for page in pages]


class FakeRawLog:
    """One raw file; offsets count pages."""

    def __init__(self, store: FakeRawStore, path: str) -> None:
        self.store = store
        self.path = path
        store.held.add(path)

    def append(self, page: RawPage) -> RawPosition:
        self.store.fuse.step()
        pages = self.store.files[self.path]
        pages.append(page)
        self.store.fuse.step()
        return RawPosition(path=self.path, offset=len(pages) - 1, end=len(pages))

    def read_from(self, offset: int) -> Iterator[tuple[RawPage, RawPosition]]:
        for number, page in enumerate(list(self.store.files[self.path][offset:]), start=offset):
            yield page, RawPosition(path=self.path, offset=number, end=number + 1)

    def close(self) -> None:
        self.store.held.discard(self.path)


class FakeCatalogue:
    """Markets by signature, items by digest, walks and their counts. A page is applied as a whole or not at all."""

    def __init__(self, fuse: Fuse | None = None) -> None:
        self.fuse = fuse or Fuse()
        self.markets: dict[str, str] = {}
        self.items: dict[tuple[str, str], KnownItem] = {}
        self.refusals: list[tuple[RawPosition, Refusal]] = []
        self.passes: dict[str, PassProgress] = {}
        self.totals: dict[str, IngestCounts] = {}
        self.finished: list[str] = []
        self.finished_at: dict[str, datetime] = {}
        self.run_ids: dict[str, str] = {}
        self.while_applying: Callable[[], None] = lambda: None

    def unfinished_passes(self, key: str, since: datetime) -> Sequence[PassProgress]:
        open_passes = [
            progress
            for progress in self.passes.values()
            if progress.key == key and progress.started_at >= since and progress.pass_id not in self.finished
        ]
        return sorted(open_passes, key=lambda progress: progress.started_at, reverse=True)

    def finished_pass(self, key: str, run_id: str, since: datetime, before: datetime) -> IngestCounts | None:
        for pass_id, at in self.finished_at.items():
            if self.passes[pass_id].key == key and self.run_ids[pass_id] == run_id and since <= at < before:
                return self.totals[pass_id]
        return None

    def start_pass(self, progress: PassProgress, run_id: str) -> None:
        self.fuse.step()
        self.run_ids[progress.pass_id] = run_id
        self.passes[progress.pass_id] = progress
        self.totals[progress.pass_id] = IngestCounts()
        self.fuse.step()

    def known_items(self, venue: Venue, items: Sequence[ListingItem]) -> Mapping[tuple[str, str], KnownItem]:
        self.fuse.step()
        keys = [(item.kind, item.native_id) for item in items if item.native_id]
        return {key: self.items[key] for key in keys if key in self.items}

    def apply_page(self, progress: PassProgress, run_id: str, write: PageWrite) -> IngestCounts:
        self.while_applying()
        self.fuse.step()
        counts = IngestCounts(pages=1, resumed_pages=int(write.resumed))
        for known in write.unchanged:
            counts.fetched += known.rows
            counts.refused += known.refused
            counts.unchanged += known.rows - known.refused
            counts.parsed += known.rows - known.refused
        for listed, parsed in write.parsed:
            self._apply_item(listed, parsed, write.position, counts)
        self.passes[progress.pass_id] = replace(
            progress,
            next_cursor=write.next_cursor,
            pages=progress.pages + 1,
            fetched=progress.fetched + counts.fetched,
            raw_path=write.position.path,
            raw_end=write.position.end,
        )
        self.totals[progress.pass_id].add(counts)
        self.fuse.step()
        return counts

    def _apply_item(self, listed: ListingItem, parsed: ParsedItem, position: RawPosition, counts: IngestCounts) -> None:
        counts.fetched += parsed.rows
        counts.parsed += parsed.parsed
        counts.refused += len(parsed.refusals)
        for refusal in parsed.refusals:
            self.refusals.append((position, refusal))
            counts.refusals[refusal.code] = counts.refusals.get(refusal.code, 0) + 1
        for market in parsed.markets:
            self._apply_market(market, counts)
        if listed.native_id:
            known = KnownItem(digest=listed.digest, rows=parsed.rows, refused=len(parsed.refusals))
            self.items[listed.kind, listed.native_id] = known

    def _apply_market(self, market: Market, counts: IngestCounts) -> None:
        before, now = self.markets.get(market.market_id), signature(market)
        self.markets[market.market_id] = now
        counts.created += before is None
        counts.changed += before is not None and before != now
        counts.unchanged += before == now

    def finish_pass(self, pass_id: str, at: datetime) -> IngestCounts:
        self.fuse.step()
        self.finished.append(pass_id)
        self.finished_at[pass_id] = at
        self.fuse.step()
        return self.totals[pass_id]


class FakeProgress:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.fetched: list[int] = []

    def page_done(self, key: str, counts: IngestCounts) -> None:
        self.fetched.append(counts.fetched)
