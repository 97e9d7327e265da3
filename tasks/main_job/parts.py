"""The main job from its parts, free of Prefect: each part as a line of the report, and the report that holds them all.

A part that fails leaves the others their results: discovery and simulation go on with what the catalogue holds, and
the report says what stopped where.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from edgeworth.errors import EdgeworthError
from edgeworth.reports.batch import BatchReport
from edgeworth.reports.batch_document import batch_json
from edgeworth.reports.discovery import Stage
from edgeworth.reports.discovery import report_json as discovery_json
from edgeworth.reports.ingest import report_json as ingest_json
from tasks import wiring
from tasks.clock import new_id, utc_now
from tasks.code_version import code_version
from tasks.discovery.steps import discover_plainly
from tasks.ingestion.steps import check_ready as check_sources_ready
from tasks.ingestion.steps import ingest_plainly
from tasks.main_job.plan import RunPlan
from tasks.results.elsewhere import MANIFEST
from tasks.results.index import tell_of_runs
from tasks.settings import Settings
from tasks.simulation.folder import BatchFolder, open_batch_folder
from tasks.simulation.pages import write_batch
from tasks.simulation.plan import SimulatePlan
from tasks.simulation.ready import check_choice, check_services
from tasks.simulation.steps import published_report, simulate_plainly

logger = logging.getLogger(__name__)

INGEST_REPORT = "batch_report.json"
DISCOVERY_REPORT = "discovery.json"


class Part(Struct, frozen=True, kw_only=True):
    """What a part of the main job came to.

    Attributes:
        stage: Its line in the report. report: Its own report as JSON; ``None`` when it made none.
    """

    stage: Stage
    report: dict[str, Any] | None = None


def check_ready(settings: Settings, plan: RunPlan) -> None:
    """See that sources, services and the choice of markets can be meant, before any work starts.

    Raises:
        ConfigurationError: Says what was expected and what was found.
        StorageError: The database or the data folder cannot be used.
    """
    check_sources_ready(settings, plan.ingest)
    check_choice(plan.batch)
    check_services(settings, plan.batch)


def part_of(name: str, told: Callable[[dict[str, Any]], Stage], work: Callable[[], dict[str, Any]]) -> Part:
    """Do a part of the job; what stops it becomes its line in the report.

    Args:
        name: Of the part.
        told: Makes the line from the part's report.
        work: Does it, and gives its report.
    """
    try:
        report = work()
    except EdgeworthError as error:
        return Part(stage=Stage(name=name, did="nothing", error=str(error)))
    except Exception as error:
        # A defect in one part is told like any other failure, and the parts after it go on.
        logger.exception("%s broke off", name)
        why = f"a defect of Edgeworth: {type(error).__name__}: {error}"
        return Part(stage=Stage(name=name, did="nothing", error=why))
    return Part(stage=told(report), report=report)


def ingest_stage(report: Mapping[str, Any]) -> Stage:
    """The line of an ingest."""
    did = f"{report['fetched']:,} rows read, {report['parsed']:,} taken, {report['refused']:,} refused"
    errors = [f"{one['source']}: {one['error']}" for one in report["sources"] if one["error"]]
    return Stage(name="ingest", did=did, seconds=_seconds(report), error="; ".join(errors) or None)


def discovery_stage(report: Mapping[str, Any]) -> Stage:
    """The line of a discovery."""
    pairs = _related(report)
    did = f"{report['markets']:,} markets compared, {pairs:,} pairs related, {_opportunities(report):,} opportunities"
    errors = [f"{one['name']}: {one['error']}" for one in report["stages"] if one["error"]]
    return Stage(name="discover", did=did, seconds=_seconds(report), error="; ".join(errors) or None)


def simulation_stage(report: Mapping[str, Any]) -> Stage:
    """The line of a batch of simulations; markets that failed stand in the batch, not here."""
    did = f"{report['succeeded']} of {report['markets']} markets simulated"
    return Stage(name="simulate", did=did, seconds=report["seconds"])


def _seconds(report: Mapping[str, Any]) -> float:
    ended, began = (datetime.fromisoformat(report[name]) for name in ("finished_at", "started_at"))
    return (ended - began).total_seconds()


def _related(report: Mapping[str, Any]) -> int:
    return len(report["matches"]) + int(report["matches_left_out"])


def _opportunities(report: Mapping[str, Any]) -> int:
    return len(report["opportunities"])


def publish_run(settings: Settings, plan: RunPlan, ingested: Part, discovered: Part, simulated: Part) -> BatchReport:
    """Write the report of the whole job in place of the batch's own, and give it.

    A batch that came to no end gets a folder with a report that says why.

    Raises:
        StorageError: The results cannot be written.
    """
    with wiring.open_storage(settings) as storage:
        if simulated.report is None:
            report, folder = _without_batch(settings, plan)
        else:
            report = published_report(storage, simulated.report["run_id"])
            folder = BatchFolder(Path(simulated.report["results_dir"]), settings)
    found = discovered.report
    parts = [one.report for one in (ingested, discovered) if one.report is not None]
    began = [datetime.fromisoformat(one["started_at"]) for one in parts]
    recorded = [one for one in plan.sources if one.startswith(wiring.FILE_PREFIX)]
    report = replace(
        report,
        started_at=min([*began, report.started_at]),
        finished_at=utc_now(),
        stages=(ingested.stage, discovered.stage, simulated.stage),
        matches=None if found is None else _related(found),
        opportunities=None if found is None else _opportunities(found),
        embedder=None if found is None else found["embedder"] or "words alone",
        recorded=_recorded(ingested.report) if recorded else None,
    )
    write_batch(folder, report, {**_manifest(folder), "sources": [wiring.public_name(one) for one in plan.sources]})
    tell_of_runs(settings)
    return report


def sentence(report: BatchReport) -> str:
    """The job in one line, what failed first."""
    stopped = [stage.name for stage in report.stages if stage.error]
    told = (
        f"{report.succeeded} of {len(report.records)} markets simulated, {report.failed} failed, "
        f"{report.skipped} skipped"
    )
    return f"{', '.join(stopped)} stopped early; {told}" if stopped else told


def has_failed(report: BatchReport) -> bool:
    """Whether a part or a market failed; the report is valid all the same."""
    return bool(report.failed) or any(stage.error for stage in report.stages)


def run_plainly(settings: Settings, plan: RunPlan) -> dict[str, Any]:
    """The whole job in this process, without Prefect: the same parts in the same order."""
    ingested = part_of("ingest", ingest_stage, lambda: ingest_json(ingest_plainly(settings, plan.ingest)))
    discovered = part_of("discover", discovery_stage, lambda: discovery_json(discover_plainly(settings, plan.discover)))
    batch = batch_of(settings, plan)
    simulated = part_of("simulate", simulation_stage, lambda: simulate_plainly(settings, batch))
    return batch_json(publish_run(settings, plan, ingested, discovered, simulated))


def batch_of(settings: Settings, plan: RunPlan) -> SimulatePlan:
    """The batch of the job: of recorded markets alone it looks at the instant of the newest record, else at now."""
    if plan.batch.as_of is not None or not all(one.startswith(wiring.FILE_PREFIX) for one in plan.sources):
        return plan.batch
    with wiring.open_storage(settings) as storage:
        return replace(plan.batch, as_of=max((one.as_of for one in storage.catalogue.iter_outlines()), default=None))


def read_report(folder: str, name: str) -> dict[str, Any]:
    """A report that a part left in its folder."""
    return dict(msgspec.json.decode((Path(folder) / name).read_bytes()))


def _recorded(ingested: Mapping[str, Any] | None) -> str | None:
    """Where and when the markets were recorded, as the ingest says it."""
    sources = [] if ingested is None else ingested["sources"]
    notes = [f"{one['source']}, {one['note']}" for one in sources if one["note"]]
    return f"Markets of recorded files, not of now: {'; '.join(notes)}." if notes else None


def _without_batch(settings: Settings, plan: RunPlan) -> tuple[BatchReport, BatchFolder]:
    """The report and the folder of a job of which no market was simulated."""
    now, run_id = utc_now(), new_id()
    folder = open_batch_folder(settings, plan.batch.batch_name, now, run_id)
    report = BatchReport(
        run_id=run_id,
        name=plan.batch.batch_name,
        as_of=now,
        started_at=now,
        finished_at=now,
        records=(),
        author="none",
        sandbox="none",
        folder=folder.shown,
    )
    return report, folder


def _manifest(folder: BatchFolder) -> dict[str, Any]:
    """What the folder's manifest says already."""
    return {"code_version": code_version(), **read_report(str(folder.path), MANIFEST), "status": "complete"}
