"""The steps of an ingest, free of Prefect: begin, read each source, add history, publish.

``flows/ingest.py`` gives each step its own record, retry and line in the UI; ``edgeworth ingest --no-prefect`` calls
the same steps in the same order.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from edgeworth.errors import EdgeworthError
from edgeworth.markets.ingestion import RESUME_WITHIN, ingest_listing
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.ports import FetchedRows, HistorySource, RawLog, TradedMarket
from edgeworth.reports.ingest import HistoryCounts, IngestReport, SourceReport, render_pages, report_json
from tasks import run_claims, wiring
from tasks.clock import new_id, utc_now
from tasks.code_version import code_version
from tasks.ingestion.counted_history import CountedHistory
from tasks.progress import current_progress
from tasks.results.folder import check_results_folder, json_text, make_run_folder
from tasks.results.index import ALL_RUNS, tell_of_runs
from tasks.settings import Settings
from tasks.taking_up import begin_run


class IngestPlan(Struct, frozen=True, kw_only=True):
    """What an ingest is asked to do; goes into the manifest.

    Attributes:
        sources: ``polymarket``, ``kalshi``, ``synthetic`` or ``file:PATH``.
        limit: Stop a listing after this many rows; ``None`` takes the active set, or everything when ``full``.
        full: The full universe, closed and settled markets included.
        history: Also read books, prices and trades of the busiest open markets.
        include_combos: Also take Kalshi's multi-leg combos.
        as_of: When recorded files were recorded, where they do not say.
    """

    sources: tuple[str, ...]
    limit: int | None = None
    full: bool = False
    history: bool = True
    include_combos: bool = False
    as_of: datetime | None = None

    def flow_parameters(self) -> dict[str, Any]:
        """The plan as the parameters of the flow ``ingest``."""
        return {**msgspec.structs.asdict(self), "sources": list(self.sources)}


def check_ready(settings: Settings, plan: IngestPlan) -> None:
    """See that the sources can be meant and that the stores and the results have a place, before any work starts.

    Raises:
        ConfigurationError: A source is not known, the database's URL is wrong, or the results have no place to go.
        StorageError: The database or the data folder cannot be used.
    """
    wiring.check_sources(plan.sources)
    check_results_folder(settings.results_dir)
    with wiring.open_storage(settings):
        pass


def begin_ingest(settings: Settings, plan: IngestPlan) -> str:
    """Note that a run begins, after checking that every source can be meant; its id.

    A run with the same plan that was killed goes on: what it had finished shortly before is not asked for again.

    Raises:
        ConfigurationError, StorageError: See ``check_ready``.
    """
    check_ready(settings, plan)
    with wiring.open_storage(settings) as storage:
        run = begin_run(storage, settings, kind="ingest", parameters=_public(plan), within=RESUME_WITHIN)
    return run.run_id


def ingest_source(
    settings: Settings, run_id: str, source: str, plan: IngestPlan, began: datetime
) -> list[SourceReport]:
    """Read one source into the catalogue and the history: one report for each venue it holds.

    An error of the source ends that source, not the run: it stands in the report, and what was read is kept.
    ``began`` is when this process began: a listing that the run had finished before is not read again.
    """
    return asyncio.run(_ingest_source(settings, run_id, source, plan, began))


async def _ingest_source(
    settings: Settings, run_id: str, source: str, plan: IngestPlan, began: datetime
) -> list[SourceReport]:
    name = wiring.public_name(source)
    reports: list[SourceReport] = []
    with wiring.open_storage(settings) as storage:
        try:
            async with wiring.open_source(source, settings, storage, plan) as opened:
                for venue in opened:
                    report = SourceReport(
                        source=venue.source or name,
                        venue=venue.venue.value if venue.venue else None,
                        note=venue.note,
                        error=venue.error,
                    )
                    reports.append(report)
                    await _ingest_venue(storage, settings, run_id, venue, plan, began, report)
        except EdgeworthError as error:
            reports.append(SourceReport(source=name, error=str(error)))
    return reports


async def _ingest_venue(
    storage: wiring.Storage,
    settings: Settings,
    run_id: str,
    venue: wiring.OpenVenue,
    plan: IngestPlan,
    began: datetime,
    report: SourceReport,
) -> None:
    """Walk every listing of one venue, then its history; a failure goes into ``report``, what was read is kept."""
    started = time.monotonic()
    try:
        for listing in venue.listings:
            is_about_markets = listing.kind not in SIDE_LISTINGS
            limit = plan.limit if plan.limit is not None else venue.default_limit
            counts = await ingest_listing(
                listing,
                raw=storage.raw,
                catalogue=storage.catalogue,
                history=CountedHistory(storage.history, report.history),
                run_id=run_id,
                new_pass_id=new_id,
                clock=utc_now,
                limit=limit if is_about_markets else None,
                progress=current_progress(),
                process_began=began,
            )
            if is_about_markets:
                report.counts.add(counts)
            else:
                report.history.refused += counts.refused
        if venue.history is not None and plan.history:
            await _ingest_history(storage, settings, run_id, venue.history, report.history)
        if venue.follow is not None and plan.history and settings.enable_ws_ingest:
            await _follow(storage, settings, run_id, venue, report.history)
    except EdgeworthError as error:
        report.error = str(error)
    report.seconds = time.monotonic() - started


SIDE_LISTINGS = frozenset({"series", "quantities"})
"""Listings whose rows are no markets: they are read whole whatever the limit, and are not among the rows counted."""


def _raw_name(run_id: str, venue: Venue) -> str:
    """A raw file of this run, or of what is left of it after a kill: each of its processes writes its own."""
    return f"{run_id}-{venue.value}-{new_id()}"


async def _follow(
    storage: wiring.Storage, settings: Settings, run_id: str, venue: wiring.OpenVenue, counts: HistoryCounts
) -> None:
    """Follow the market channel of the busiest markets for the configured time; batches go to the history."""
    assert venue.venue is not None
    assert venue.follow is not None
    markets = storage.catalogue.busiest_markets(venue.venue, settings.history_markets)
    if not markets:
        return
    raw_log = storage.raw.create(venue.venue, "stream", _raw_name(run_id, venue.venue), utc_now())

    def save(batch: FetchedRows) -> None:
        raw_log.append(batch.page)
        counts.books += storage.history.save_books(batch.parsed.books)
        counts.trades += storage.history.save_trades(batch.parsed.trades)
        counts.refused += len(batch.parsed.refusals)

    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(settings.ws_ingest_seconds, stop.set)
    try:
        await venue.follow(markets, save).run(stop)
    finally:
        raw_log.close()


async def _ingest_history(
    storage: wiring.Storage, settings: Settings, run_id: str, source: HistorySource, counts: HistoryCounts
) -> None:
    """Books, prices and trades of the busiest open markets of one venue, from where the history ends."""
    now = utc_now()
    markets = storage.catalogue.busiest_markets(source.venue, settings.history_markets)
    counts.markets += len(markets)
    raw_log = storage.raw.create(source.venue, "history", _raw_name(run_id, source.venue), now)
    reader = _HistoryReader(source, storage, raw_log, now, now - timedelta(days=settings.history_days))
    try:
        for first in range(0, len(markets), MARKETS_A_BATCH):
            await reader.read(markets[first : first + MARKETS_A_BATCH], counts)
    finally:
        raw_log.close()


MARKETS_A_BATCH = 25
"""Markets whose rows are held in memory and written as one file: few files, bounded memory."""

TRADES_OVERLAP = timedelta(hours=1)
"""Read once more before the last stored trade, which may have come from the market channel: what was traded between
the end of the last reading and the first message of the channel would be missing for ever. Trades have one id on both.
"""


class _HistoryReader:
    """Reads one venue's history batch by batch, everything raw first."""

    def __init__(
        self, source: HistorySource, storage: wiring.Storage, raw_log: RawLog, now: datetime, earliest: datetime
    ) -> None:
        self.source = source
        self.storage = storage
        self.raw_log = raw_log
        self.now = now
        self.earliest = earliest

    async def read(self, markets: Sequence[TradedMarket], counts: HistoryCounts) -> None:
        """Add what is new of ``markets`` to the history and to ``counts``."""
        ids = [market.market_id for market in markets]
        prices_until = self.storage.history.last_price_at(ids)
        trades_until = self.storage.history.last_trade_at(ids)
        rows = ParsedItem()
        await self.collect(self.source.fetch_books(markets), rows)
        await _all_or_none([self.read_market(market, prices_until, trades_until, rows) for market in markets])
        history = self.storage.history
        counts.books += history.save_books(rows.books)
        counts.prices += history.save_prices(rows.prices)
        counts.trades += history.save_trades(rows.trades)
        counts.refused += len(rows.refusals)

    async def read_market(
        self,
        market: TradedMarket,
        prices_until: Mapping[tuple[str, int], datetime],
        trades_until: Mapping[str, datetime],
        rows: ParsedItem,
    ) -> None:
        """Prices and trades of one market since the last stored ones."""
        start = max(self.earliest, market.opens_at) if market.opens_at else self.earliest
        known = [at for (market_id, _), at in prices_until.items() if market_id == market.market_id]
        prices_from = max(start, min(known)) if known else start
        trades_from = max(start, trades_until.get(market.market_id, start) - TRADES_OVERLAP)
        prices = self.source.fetch_prices(market, start=prices_from, end=self.now, interval_seconds=3600)
        await self.collect(prices, rows)
        await self.collect(self.source.fetch_trades(market, start=trades_from, end=self.now), rows)

    async def collect(self, fetched: AsyncIterator[FetchedRows], rows: ParsedItem) -> None:
        """Store each response as received, then add its rows to ``rows``."""
        async for answer in fetched:
            self.raw_log.append(answer.page)
            rows.books.extend(answer.parsed.books)
            rows.prices.extend(answer.parsed.prices)
            rows.trades.extend(answer.parsed.trades)
            rows.refusals.extend(answer.parsed.refusals)


async def _all_or_none(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do all of ``works`` at once. When one fails, the others end before its error goes on."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def publish_ingest(
    settings: Settings, run_id: str, plan: IngestPlan, started_at: datetime, sources: list[SourceReport]
) -> IngestReport:
    """Write the run's folder (page, report, manifest), close the run in the store, and give the whole report.

    The folder appears complete or not at all.
    """
    finished_at = utc_now()
    report = IngestReport(run_id=run_id, started_at=started_at, finished_at=finished_at, sources=sources)
    with wiring.open_storage(settings) as storage:
        with make_run_folder(settings, "ingest", started_at) as run:
            report.folder = run.shown
            report.reasons = storage.catalogue.refusal_examples(sorted(report.totals.refusals))
            manifest = _manifest(settings, run_id, plan, report)
            total = storage.catalogue.count_markets()
            facts = [(label, str(value)) for label, value in manifest.items() if not isinstance(value, dict)]
            for name, html in render_pages(report, storage.catalogue.iter_markets(), total, facts, index=ALL_RUNS):
                run.write(name, html)
            run.write("batch_report.json", json_text(report_json(report)))
            run.write("manifest.json", json_text(manifest))
        # Only now that the report is in its place: a run that is killed before that is taken up again.
        storage.catalogue.finish_run(
            run_id,
            finished_at=finished_at,
            status="failed" if report.has_failed else "complete",
            counts=report_json(report),
        )
    run_claims.let_go(settings.data_dir, run_id)
    tell_of_runs(settings)
    return report


def ingest_plainly(settings: Settings, plan: IngestPlan) -> IngestReport:
    """The whole ingest in this process, without Prefect: the same steps in the same order."""
    started_at = utc_now()
    run_id = begin_ingest(settings, plan)
    sources = [
        report for source in plan.sources for report in ingest_source(settings, run_id, source, plan, started_at)
    ]
    return publish_ingest(settings, run_id, plan, started_at, sources)


def _manifest(settings: Settings, run_id: str, plan: IngestPlan, report: IngestReport) -> dict[str, object]:
    """Everything needed to say how this result came about, and what was not controlled."""
    return {
        "run_id": run_id,
        "code_version": code_version(),
        "started_at": report.started_at.isoformat(),
        "finished_at": report.finished_at.isoformat(),
        "parameters": _public(plan),
        "synthetic_seed": settings.synthetic_seed if "synthetic" in plan.sources else None,
        "not_controlled": "what the venues answered, and when; every answer is kept in the raw store",
    }


def _public(plan: IngestPlan) -> dict[str, object]:
    """The plan as plain values, with files named without their folders."""
    values = msgspec.to_builtins(plan)
    values["sources"] = [wiring.public_name(source) for source in plan.sources]
    return dict(values)
