"""From the synthetic venue over HTTP to contexts: the past of invented quantities, and what it is good for."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeworth.adapters.http import VenueHttp
from edgeworth.adapters.synthetic.feed import PATH, QuantitiesListing
from edgeworth.adapters.synthetic.quantities import quantities
from edgeworth.adapters.synthetic.server import running_venue
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.ports import RawPage
from edgeworth.simulation.builtin import BuiltinModel
from edgeworth.simulation.builtin.chooser import choose
from edgeworth.simulation.context import SpotScale
from tasks import wiring
from tasks.ingestion.steps import IngestPlan, ingest_plainly
from tasks.simulation.gathering import Gathering, gather
from tasks.simulation.plan import SimulatePlan
from tests.stored import settings_at

NOW = datetime(2026, 11, 21, 12, 45, tzinfo=UTC)


def http_to(url: str, *, at: datetime = NOW) -> VenueHttp:
    return VenueHttp(url, name="feed", venue=Venue.SPOT, limits=(), clock=lambda: at)


async def walked(url: str) -> list[ParsedItem]:
    async with http_to(url) as http:
        await http.identify(PATH, (("limit", "1"),))
        listing = QuantitiesListing(http)
        assert listing.venue is Venue.SYNTHETIC_SPOT
        found, cursor, is_first = [], None, True
        while is_first or cursor is not None:
            page = await listing.fetch(cursor)
            split = listing.split(page)
            found += [listing.parse(item, page) for item in split.items]
            cursor, is_first = split.next_cursor, False
        return found


@pytest.mark.anyio
async def test_every_quantity_is_read_page_by_page_under_the_events_that_ask_about_it():
    world = World.with_market_count(3_000, as_of=NOW)
    expected = Counter()
    for quantity in quantities(world):
        for venue, name in (("synthetic-polymarket", quantity.polymarket), ("synthetic-kalshi", quantity.kalshi)):
            if name is not None:
                expected[f"{venue}:{name}"] += len(quantity.bars)
    with running_venue(world) as venue:
        found = await walked(venue.feed_url)
        pages = [request for request in venue.requests if request.path == "/feed/quantities"]
    assert len(pages) > 2  # one to see whose server it is, and more than one page
    bars = [bar for parsed in found for bar in parsed.bars]
    assert Counter(bar.asset for bar in bars) == expected
    assert [parsed.refusals for parsed in found if parsed.refusals] == []
    assert all(bar.is_synthetic and bar.source.startswith("synthetic: ") for bar in bars)
    assert max(bar.ends_at for bar in bars) <= NOW


def parsed(raw: bytes) -> ParsedItem:
    item = ListingItem(kind="quantity", native_id=None, raw=raw, digest="d", index=0)
    page = RawPage(
        venue=Venue.SYNTHETIC_SPOT, kind="quantities", url="u", params=(), fetched_at=NOW, status=200, body=b""
    )
    return QuantitiesListing(http_to("http://127.0.0.1:1")).parse(item, page)


def test_a_bar_that_cannot_be_is_refused_and_the_others_are_kept():
    begin = int(NOW.timestamp()) // 3600 * 3600
    rows = [[begin - 7200, 1, 2, 0.5, 1.5], [begin - 3600, 1, 0.5, 2, 1.5], [begin, 1, 2, 0.5, 1.5]]
    raw = f'{{"name":"n","unit":"","source":"s","interval_seconds":3600,"kalshi":"KX-1","bars":{rows}}}'
    found = parsed(raw.encode())
    assert [bar.asset for bar in found.bars] == ["synthetic-kalshi:KX-1"]
    assert [refusal.code for refusal in found.refusals] == ["bad_bar", "bad_bar"]
    assert found.rows == found.parsed + len(found.refusals)


def test_a_quantity_that_cannot_be_read_is_refused_whole():
    found = parsed(b'{"name":"n"}')
    assert (found.rows, [refusal.code for refusal in found.refusals]) == (1, ["bad_quantity"])


class Ingested:
    """The synthetic world ingested by the whole command, and contexts gathered from it with books asked for."""

    def __init__(self, folder: Path) -> None:
        self.settings = settings_at(folder, history_markets=30)
        self.report = ingest_plainly(self.settings, IngestPlan(sources=("synthetic",), full=True))
        with wiring.open_storage(self.settings) as storage:
            self.found: Gathering = asyncio.run(
                gather(self.settings, SimulatePlan(count=1_000, volume_floor_usd=0.0), None, storage)
            )
            self.bars = storage.history.scan_bars(sorted(storage.history.bar_intervals())).collect()


@pytest.fixture(scope="module")
def ingested(tmp_path_factory) -> Ingested:
    return Ingested(tmp_path_factory.mktemp("ingested"))


def test_an_ingest_stores_the_quantities_and_tells_how_many(ingested):
    assert not ingested.report.has_failed
    (feed,) = [source for source in ingested.report.sources if source.venue == "synthetic-spot"]
    assert feed.history.bars == len(ingested.bars) > 1_000
    assert (feed.history.contradicting_bars, feed.history.refused) == (0, 0)
    assert ingested.bars["is_synthetic"].all()


def test_present_books_are_older_than_the_instant_of_the_contexts(ingested):
    found = ingested.found
    assert sum(use.fresh for use in found.books) > 100
    assert all(use.newest_at <= found.as_of for use in found.books)
    quoted = [one.context for one in found.contexts if one.context.quote is not None]
    assert all(context.quote.observed_at <= context.as_of for context in quoted)
    fresh = [context for context in quoted if context.quote.age_seconds < 300]
    assert len(fresh) > len(found.contexts) / 2
    assert found.failures == ()


def test_ladders_of_levels_are_simulated_from_the_past_of_their_quantity(ingested):
    chosen = [(one.context, choose(one.context)) for one in ingested.found.contexts]
    by_spot = [context for context, choice in chosen if choice.model is BuiltinModel.PRICE_THRESHOLD]
    assert len(by_spot) > 20
    for context in by_spot:
        assert context.spot.scale is SpotScale.LINEAR
        assert context.spot.source.startswith("synthetic: ")
        last = datetime.fromtimestamp(context.spot.series.at_seconds[-1], UTC)
        assert timedelta(0) <= context.as_of - last < timedelta(hours=2)


def test_bars_are_the_same_when_the_world_is_asked_again(ingested):
    again = ingest_plainly(ingested.settings, IngestPlan(sources=("synthetic",)))
    (feed,) = [source for source in again.sources if source.venue == "synthetic-spot"]
    assert feed.history.contradicting_bars == 0
