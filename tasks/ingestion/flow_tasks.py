"""The Prefect tasks of an ingest: each calls one step of ``tasks.ingestion.steps``, logs counts, returns little."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime

from msgspec import Struct
from prefect import get_run_logger, task

from edgeworth.ports import IngestCounts
from edgeworth.reports.ingest import IngestReport, SourceReport
from tasks import artifacts
from tasks.clock import utc_now
from tasks.ingestion.steps import IngestPlan, begin_ingest, ingest_source, publish_ingest
from tasks.orchestration.prefect_server import hear_library
from tasks.orchestration.slots import service_slot
from tasks.settings import load_settings

SERVICES = ("polymarket", "kalshi")
"""Sources that are services with a limit of their own."""


class BegunRun(Struct, frozen=True):
    """A run that has been noted in the store."""

    run_id: str
    started_at: datetime


class PublishedRun(Struct, frozen=True):
    """Where the report is, and what it says in one line."""

    folder: str | None
    sentence: str
    has_failed: bool


@task(name="begin-ingest", task_run_name="begin-ingest")
def begin(plan: IngestPlan) -> BegunRun:
    """Check the plan and note the run."""
    hear_library()
    started_at = utc_now()
    return BegunRun(begin_ingest(load_settings(), plan), started_at)


@task(name="read-source", task_run_name="read-{source}")
def read_source(run: BegunRun, source: str, plan: IngestPlan) -> list[SourceReport]:
    """Read one source; its failure stands in the report and in the log, and does not end the run."""
    log = get_run_logger()
    with service_slot(source) if source in SERVICES else nullcontext():
        reports = ingest_source(load_settings(), run.run_id, source, plan, run.started_at)
    for report in reports:
        log.info("%s: %s", report.venue or report.source, sentence(report.counts))
        if report.error:
            log.error("%s: %s", report.source, report.error)
    return reports


@task(name="publish-ingest", task_run_name="publish-ingest")
def publish(run: BegunRun, plan: IngestPlan, sources: list[SourceReport]) -> PublishedRun:
    """Write the run's folder and the artifacts."""
    report = publish_ingest(load_settings(), run.run_id, plan, run.started_at, sources)
    artifacts.publish_ingest_artifacts(report)
    return PublishedRun(report.folder, summary(report), report.has_failed)


def sentence(counts: IngestCounts) -> str:
    """Counts for a log line."""
    return (
        f"{counts.fetched} rows read, {counts.parsed} taken, {counts.refused} refused; "
        f"{counts.created} new, {counts.changed} changed, {counts.unchanged} unchanged"
    )


def summary(report: IngestReport) -> str:
    """The run in one line, failures first."""
    failed = [source.source for source in report.sources if source.error]
    told = sentence(report.totals)
    return f"{len(failed)} of {len(report.sources)} failed ({', '.join(failed)}); {told}" if failed else told
