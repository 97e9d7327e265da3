"""The Prefect side of the main job: what its parts came to, and the report of them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import State

from edgeworth.errors import EdgeworthError
from edgeworth.reports.discovery import Stage
from tasks.main_job.parts import (
    DISCOVERY_REPORT,
    INGEST_REPORT,
    Part,
    batch_of,
    check_ready,
    discovery_stage,
    has_failed,
    ingest_stage,
    part_of,
    publish_run,
    read_report,
    sentence,
    simulation_stage,
)
from tasks.main_job.plan import RunPlan
from tasks.orchestration.prefect_server import hear_library
from tasks.settings import load_settings
from tasks.simulation import artifacts
from tasks.simulation.pages import REPORT
from tasks.simulation.plan import SimulatePlan
from tasks.site_link import page_address


class PublishedRun(Struct, frozen=True):
    """Where the report is, and what it says in one line."""

    folder: str | None
    sentence: str
    has_failed: bool


@task(name="begin-run", task_run_name="begin-run", cache_policy=NO_CACHE)
def begin(plan: RunPlan) -> None:
    """Check the plan."""
    hear_library()
    check_ready(load_settings(), plan)


@task(name="settle-batch", task_run_name="settle-batch", cache_policy=NO_CACHE)
def settle_batch(plan: RunPlan) -> SimulatePlan:
    """The batch, with the instant it looks at."""
    return batch_of(load_settings(), plan)


def ingested(state: State) -> Part:
    """What the ingest came to."""
    return _part("ingest", ingest_stage, state, INGEST_REPORT)


def discovered(state: State) -> Part:
    """What the discovery came to."""
    return _part("discover", discovery_stage, state, DISCOVERY_REPORT)


def simulated(state: State) -> Part:
    """What the batch came to."""
    return _part("simulate", simulation_stage, state, REPORT)


@task(name="publish-run", task_run_name="publish-run", cache_policy=NO_CACHE)
def publish(plan: RunPlan, ingest: Part, discovery: Part, simulation: Part) -> PublishedRun:
    """Write the report of the whole job, and show it on the page of its run."""
    settings = load_settings()
    report = publish_run(settings, plan, ingest, discovery, simulation)
    artifacts.publish(report, page=page_address(settings, report.folder))
    return PublishedRun(report.folder, sentence(report), has_failed(report))


def _part(name: str, told: Callable[[dict[str, Any]], Stage], state: State, report: str) -> Part:
    def work() -> dict[str, Any]:
        folder = state.result(raise_on_failure=False)
        if isinstance(folder, BaseException):
            raise folder
        if not isinstance(folder, str):
            raise EdgeworthError(f"the flow ended as {state.name} without a report: {state.message}")
        return read_report(folder, report)

    return part_of(name, told, work)
