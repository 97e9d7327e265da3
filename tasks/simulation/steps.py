"""A batch of simulations from its beginning to its report, free of Prefect: begin, gather, each market, publish.

``flows/simulate.py`` gives each step, and each market, its own record and line in the UI; ``edgeworth simulate
--no-prefect`` calls the same steps in the same order. Steps hand on small values; what is large waits in the unit
store, so a step can run in any process, and again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from edgeworth.errors import ConfigurationError, DataError, EdgeworthError, StorageError
from edgeworth.reports.batch import BatchReport
from edgeworth.reports.batch_document import batch_json
from edgeworth.simulation.record import MarketSimulation, MarketStatus, Usage
from edgeworth.simulation.unit_key import unit_key
from edgeworth.units import UsdMicros
from tasks import run_claims, wiring
from tasks.clock import utc_now
from tasks.progress import current_stages
from tasks.results.folder import shown_path
from tasks.results.index import tell_of_runs
from tasks.settings import Settings
from tasks.simulation.batch import BatchIndex, freeze, frozen, frozen_index
from tasks.simulation.folder import BatchFolder, open_batch_folder
from tasks.simulation.gathering import gather
from tasks.simulation.market import final_record, simulate_one
from tasks.simulation.pages import batch_manifest, write_batch
from tasks.simulation.plan import SimulatePlan, public_plan
from tasks.simulation.ready import check_ready
from tasks.simulation.used import used_instead
from tasks.simulation.workshop import Closing, workshop
from tasks.taking_up import BegunRun, begin_run

__all__ = ["begin_simulation", "check_ready", "gather_batch", "publish_batch", "simulate_plainly"]

TAKEN_UP_WITHIN = timedelta(hours=6)
"""A batch that was killed longer ago is left: what it knew is too old to be compared with a price of now."""

STAGE = "simulate"
REPORT_KIND = "batch-report"
NOTHING_LOST: Final[Mapping[str, str]] = MappingProxyType({})

logger = logging.getLogger(__name__)


def begin_simulation(settings: Settings, plan: SimulatePlan) -> BegunRun:
    """Note that a batch begins, after the checks of ``check_ready``; one with the same plan that was killed goes on.

    Raises:
        ConfigurationError, StorageError: See ``check_ready``.
    """
    check_ready(settings, plan)
    with wiring.open_storage(settings) as storage:
        return begin_run(storage, settings, kind="simulate", parameters=public_plan(plan), within=TAKEN_UP_WITHIN)


def gather_batch(settings: Settings, begun: BegunRun, plan: SimulatePlan) -> BatchIndex:
    """Choose the markets and keep what may be known of each; what an interrupted process knew is what is known.

    Raises:
        StorageError: The stores or the results cannot be used.
    """
    with wiring.open_storage(settings) as storage:
        known = frozen_index(storage.units, begun.run_id)
        if known is not None:
            return _in_results(settings, storage, begun, plan, known)
        current_stages().advanced("gather", 0, None)
        found = asyncio.run(gather(settings, plan, plan.as_of, storage, name=begun.run_id))
        folder = open_batch_folder(settings, plan.batch_name, begun.started_at, begun.run_id)
        index, markets = frozen(begun, plan.batch_name, folder, found)
        freeze(storage.units, index, markets)
        current_stages().advanced("gather", 1, 1)
        return index


def _in_results(
    settings: Settings, storage: wiring.Storage, begun: BegunRun, plan: SimulatePlan, known: BatchIndex
) -> BatchIndex:
    """``known`` with a folder where results are kept now: its first one may be on the disk that was full.

    What the batch has done already is written anew there, since each market that is found done is settled again.
    """
    if Path(known.folder).parent == settings.results_dir.absolute():
        return known
    folder = open_batch_folder(settings, plan.batch_name, begun.started_at, begun.run_id)
    moved = msgspec.structs.replace(known, folder=str(folder.path.absolute()))
    freeze(storage.units, moved, ())
    return moved


def publish_batch(
    settings: Settings,
    begun: BegunRun,
    plan: SimulatePlan,
    index: BatchIndex,
    closing: Closing = Closing(),  # noqa: B008
    lost: Mapping[str, str] = NOTHING_LOST,
) -> BatchReport:
    """Write the page, the report and the manifest, close the run in the store, and give the whole report.

    Args:
        settings: Where stores and results are.
        begun: The run.
        plan: What was asked for.
        index: Its markets.
        closing: What is to be said of services and sandboxes.
        lost: Markets whose work broke off, with what did that; what cannot be mended counts as failed.

    Raises:
        StorageError: The stores or the results cannot be used.
    """
    with wiring.open_storage(settings) as storage:
        records = tuple(
            final_record(storage, begun, index, market, lost.get(market.market_id)) for market in index.markets
        )
        report = _report(settings, begun, plan, index, records, closing)
        manifest = batch_manifest(plan, begun, index, report, storage.simulations.chain_end())
        write_batch(BatchFolder(Path(index.folder), settings), report, manifest)
        storage.units.remember(REPORT_KIND, unit_key(REPORT_KIND, begun.run_id), msgspec.json.encode(report))
        storage.catalogue.finish_run(
            begun.run_id,
            finished_at=report.finished_at,
            status="complete",
            counts=_counts(report),
        )
    run_claims.let_go(settings.data_dir, begun.run_id)
    tell_of_runs(settings)
    return report


def published_report(storage: wiring.Storage, run_id: str) -> BatchReport:
    """The report of a batch that was published.

    Raises:
        DataError: There is none.
    """
    body = storage.units.recall(REPORT_KIND, unit_key(REPORT_KIND, run_id))
    if body is None:
        raise DataError(f"expected the report of run {run_id}, found none")
    return msgspec.json.decode(body, type=BatchReport)


def simulate_plainly(settings: Settings, plan: SimulatePlan) -> dict[str, Any]:
    """The whole batch in this process, without Prefect: the same steps in the same order; its report as JSON."""
    begun = begin_simulation(settings, plan)
    index = gather_batch(settings, begun, plan)
    lost: dict[str, str] = {}
    # Left in this order: the workshop ends what runs before the threads, which wait for it, are waited for.
    with ThreadPoolExecutor(settings.simulate_concurrency) as places, workshop(begun, plan) as shop:
        futures = {places.submit(simulate_one, begun, plan, index, market): market for market in index.markets}
        current_stages().advanced(STAGE, 0, len(futures))
        try:
            for done, future in enumerate(as_completed(futures), 1):
                if (why := what_broke_off(future.exception())) is None:
                    outcome = future.result()
                    current_stages().ended(outcome.title, outcome.told)
                else:
                    lost[futures[future].market_id] = why
                current_stages().advanced(STAGE, done, len(futures))
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        closing = shop.closing
    return batch_json(publish_batch(settings, begun, plan, index, closing, lost))


def sentence(report: BatchReport) -> str:
    """The batch in one line, failures first and by name."""
    failed = [one.market_id for one in report.records if one.status is MarketStatus.FAILED]
    told = f"{report.succeeded} of {len(report.records)} markets simulated, {report.skipped} skipped"
    return f"{len(failed)} failed ({', '.join(failed)}); {told}" if failed else told


def what_broke_off(error: BaseException | None) -> str | None:
    """What to say of a market whose work ended with ``error``; ``None`` when it ended well.

    Raises:
        BaseException: ``error`` itself, when the other markets would fail in the same way or the user stops the batch.
    """
    if error is None:
        return None
    if isinstance(error, ConfigurationError | StorageError) or not isinstance(error, Exception):
        raise error
    logger.error("a market broke off", exc_info=error)
    if isinstance(error, EdgeworthError):
        return str(error)
    return f"a defect of Edgeworth: {type(error).__name__}: {error}"


def _report(
    settings: Settings,
    begun: BegunRun,
    plan: SimulatePlan,
    index: BatchIndex,
    records: tuple[MarketSimulation, ...],
    closing: Closing,
) -> BatchReport:
    used = used_instead(settings, plan, records, closing.sandbox_note)
    return BatchReport(
        run_id=begun.run_id,
        name=plan.batch_name,
        as_of=index.as_of,
        started_at=begun.started_at,
        finished_at=utc_now(),
        records=records,
        author=used.author,
        sandbox=used.sandbox,
        folder=shown_path(Path(index.folder)),
        exclusions=index.exclusions,
        replaced=used.replaced,
        budget_note=closing.budget_note,
        usage=paid_besides(closing.used, records),
        notes=index.notes,
    )


def paid_besides(used: Usage, records: Sequence[MarketSimulation]) -> Usage:
    """What of ``used`` no record tells: paid for markets whose work broke off before they had one."""
    told = Usage()
    for record in records:
        told = told.plus(record.usage)
    return Usage(
        input_tokens=max(0, used.input_tokens - told.input_tokens),
        output_tokens=max(0, used.output_tokens - told.output_tokens),
        cost=None if used.cost is None else UsdMicros(max(0, used.cost - (told.cost or 0))),
        calls=max(0, used.calls - told.calls),
    )


def _counts(report: BatchReport) -> dict[str, Any]:
    """What the book of runs keeps."""
    usage = report.total_usage
    return {
        "markets": len(report.records),
        "succeeded": report.succeeded,
        "failed": report.failed,
        "skipped": report.skipped,
        "verdicts": {verdict.value: number for verdict, number in report.verdicts().items()},
        "author": report.author,
        "sandbox": report.sandbox,
        "seconds": report.seconds,
        "folder": report.folder,
        "usage": msgspec.to_builtins(usage),
    }
