"""What is measured. Each case runs in a process of its own, so that memory and caches of one do not colour another."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from bench.measure import best_of, peak_memory_mb, timed
from edgeworth.adapters.http import VenueHttp
from edgeworth.adapters.kalshi.client import KalshiEventsListing
from edgeworth.adapters.polymarket.client import GammaEventsListing
from edgeworth.adapters.storage.database import SqlCatalogue, open_database
from edgeworth.adapters.storage.raw import ZstdRawStore
from edgeworth.adapters.synthetic.server import running_venue
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.ingestion import ingest_listing
from edgeworth.markets.venue import Venue
from edgeworth.ports import IngestCounts, Listing, RawPage

AS_OF = datetime(2026, 11, 21, 6, tzinfo=UTC)
Figures = dict[str, float]


def _http(url: str, venue: Venue) -> VenueHttp:
    return VenueHttp(url, name="bench", venue=venue, limits=(), clock=lambda: AS_OF)


async def _ingest(listings: Sequence[Listing], catalogue: SqlCatalogue, raw: ZstdRawStore) -> IngestCounts:
    numbers = iter(range(1_000_000))
    counts = IngestCounts(refusals={})
    for listing in listings:
        counts.add(
            await ingest_listing(
                listing,
                raw=raw,
                catalogue=catalogue,
                run_id="bench",
                new_pass_id=lambda: f"pass-{os.getpid()}-{datetime.now(UTC).timestamp()}-{next(numbers)}",
                clock=lambda: datetime.now(UTC),
            )
        )
    return counts


class _Kept:
    """A listing whose pages are in memory, so that only what follows the network is measured."""

    def __init__(self, listing: GammaEventsListing, pages: Sequence[RawPage]) -> None:
        self._listing = listing
        self.pages = pages
        self._pages = {None: pages[0]} | {
            listing.split(page).next_cursor: following for page, following in itertools.pairwise(pages)
        }
        self.split, self.parse = listing.split, listing.parse
        self.venue, self.kind, self.key = listing.venue, listing.kind, listing.key

    async def fetch(self, cursor: str | None) -> RawPage:
        return self._pages[cursor]


async def _pages_of(listing: GammaEventsListing) -> list[RawPage]:
    pages = [await listing.fetch(None)]
    while (cursor := listing.split(pages[-1]).next_cursor) is not None:
        pages.append(await listing.fetch(cursor))
    return pages


async def _kept(market_count: int) -> _Kept:
    with running_venue(World.with_market_count(market_count, as_of=AS_OF)) as venue:
        async with _http(venue.gamma_url, Venue.POLYMARKET) as http:
            await http.identify("/tags", (("limit", "1"),))
            listing = GammaEventsListing(http, closed=False)
            return _Kept(listing, await _pages_of(listing))


class _PeerMarket(BaseModel):
    """The peer reads what our parser reads, the common way: json, pydantic, and the JSON inside strings."""

    model_config = ConfigDict(extra="ignore")
    id: str
    conditionId: str  # noqa: N815
    question: str
    description: str = ""
    slug: str | None = None
    outcomes: str | None = None
    outcomePrices: str | None = None  # noqa: N815
    clobTokenIds: str | None = None  # noqa: N815
    volumeNum: float | None = None  # noqa: N815
    volume24hr: float | None = None
    liquidityNum: float | None = None  # noqa: N815
    bestBid: float | None = None  # noqa: N815
    bestAsk: float | None = None  # noqa: N815
    lastTradePrice: float | None = None  # noqa: N815
    oneDayPriceChange: float | None = None  # noqa: N815
    orderPriceMinTickSize: float | None = None  # noqa: N815
    orderMinSize: float | None = None  # noqa: N815
    startDate: datetime | None = None  # noqa: N815
    endDate: datetime | None = None  # noqa: N815
    createdAt: datetime | None = None  # noqa: N815
    updatedAt: datetime | None = None  # noqa: N815
    active: bool = False
    closed: bool = False
    negRisk: bool = False  # noqa: N815


def _with_peer(pages: Sequence[RawPage]) -> None:
    for page in pages:
        for event in json.loads(page.body)["events"]:
            for raw in event["markets"]:
                market = _PeerMarket.model_validate(raw)
                for text in (market.outcomes, market.outcomePrices, market.clobTokenIds):
                    json.loads(text or "[]")


def _with_ours(kept: _Kept, pages: Sequence[RawPage]) -> None:
    for page in pages:
        for item in kept.split(page).items:
            kept.parse(item, page)


def parsing() -> Figures:
    """Bytes of Gamma pages to domain values, against json and pydantic on the same bytes."""
    kept = asyncio.run(_kept(6_000))
    pages = kept.pages
    markets = sum(len(event["markets"]) for page in pages for event in json.loads(page.body)["events"])
    ours = best_of(5, lambda: _with_ours(kept, pages)).cpu_seconds
    peer = best_of(5, lambda: _with_peer(pages)).cpu_seconds
    decoding = best_of(5, lambda: [json.loads(page.body) for page in pages]).cpu_seconds
    splitting = best_of(5, lambda: [kept.split(page) for page in pages]).cpu_seconds
    return {
        "markets": markets,
        "bytes a market": sum(len(page.body) for page in pages) / markets,
        "our parser, markets per CPU s": markets / ours,
        "json + pydantic, markets per CPU s": markets / peer,
        "json alone, markets per CPU s": markets / decoding,
        "split and digest only, markets per CPU s": markets / splitting,
        "ratio to json + pydantic": peer / ours,
    }


def storing(url: str, market_count: int = 20_000) -> Figures:
    """Pages in memory to the catalogue: first load, then unchanged; parsing and raw store included."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(url or f"sqlite:///{folder}/bench.db")
        catalogue, raw = SqlCatalogue(engine), ZstdRawStore(Path(folder))
        kept = asyncio.run(_kept(market_count))
        with timed() as first:
            counts = asyncio.run(_ingest([kept], catalogue, raw))
        with timed() as second:
            again = asyncio.run(_ingest([kept], catalogue, raw))
        assert again.unchanged == counts.parsed, again
        engine.dispose()
    return {
        "markets": counts.parsed,
        "first load, markets per CPU s": counts.parsed / first.cpu_seconds,
        "first load, markets per wall s": counts.parsed / first.wall_seconds,
        "unchanged, markets per CPU s": counts.parsed / second.cpu_seconds,
    }


def ingesting(gamma_url: str, kalshi_url: str) -> Figures:
    """From a venue in another process to the catalogue: fetch, raw store, parse, upsert; then the same unchanged."""

    async def one_pass(catalogue: SqlCatalogue, raw: ZstdRawStore) -> IngestCounts:
        async with _http(gamma_url, Venue.POLYMARKET) as gamma, _http(kalshi_url, Venue.KALSHI) as kalshi:
            await gamma.identify("/tags", (("limit", "1"),))
            await kalshi.identify("/exchange/status")
            listings: list[Any] = [
                GammaEventsListing(gamma, closed=False),
                GammaEventsListing(gamma, closed=True),
                *(KalshiEventsListing(kalshi, status=status) for status in ("open", "closed", "settled")),
            ]
            return await _ingest(listings, catalogue, raw)

    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/bench.db")
        catalogue, raw = SqlCatalogue(engine), ZstdRawStore(Path(folder))
        before = peak_memory_mb()
        with timed() as first:
            counts = asyncio.run(one_pass(catalogue, raw))
        with timed() as second:
            again = asyncio.run(one_pass(catalogue, raw))
        markets = catalogue.count_markets()
        engine.dispose()
    return {
        "markets": markets,
        "first pass, markets per CPU s": markets / first.cpu_seconds,
        "first pass, CPU s": first.cpu_seconds,
        "first pass, wall s": first.wall_seconds,
        "second pass, markets per CPU s": markets / second.cpu_seconds,
        "second pass, rows unchanged": again.unchanged,
        "first pass, rows": counts.fetched,
        "memory before, MB": before,
        "peak memory, MB": peak_memory_mb(),
    }
