"""The Prefect tasks of a screening, a replay and a proof of parity: each calls one of ``steps``, logs, returns little.

Bars go from task to task within the flow's process and are never stored by Prefect.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import State
from prefect.states import Failed

from edgeworth.errors import ConfigurationError
from edgeworth.reports.replay import ParityReport, ReplayReport, ScreenReport
from tasks.orchestration.prefect_server import hear_library
from tasks.replay import artifacts, publishing, steps
from tasks.replay.plan import ReplayPlan
from tasks.settings import load_settings
from tasks.site_link import page_address
from tasks.taking_up import BegunRun

Looked = ScreenReport | ReplayReport | ParityReport | State


class PublishedReplay(Struct, frozen=True):
    """Where the report is, and what it says in one line."""

    folder: str | None
    sentence: str
    has_failed: bool


@task(name="read-bars", task_run_name="read-bars", cache_policy=NO_CACHE)
def read(plan: ReplayPlan) -> steps.Prepared:
    """Read and check the bars and everything else that the plan names."""
    hear_library()
    given = steps.prepare(load_settings(), plan)
    told = given.read.told
    get_run_logger().info(
        "%s bars of %s from %s, %s gaps: %s", told.bars, told.asset, told.source, told.gap_count, told.remark or ""
    )
    return given


@task(name="begin-replay", task_run_name="begin-{kind}", cache_policy=NO_CACHE)
def begin(plan: ReplayPlan, kind: str) -> BegunRun:
    """Note the run."""
    return steps.begin_replay(load_settings(), plan, kind)


@task(name="screen-bars", task_run_name="screen-bars", cache_policy=NO_CACHE)
def screen(run: BegunRun, given: steps.Prepared) -> Looked:
    """Look at every bar once."""
    return _looked(lambda: steps.screened(run, given))


@task(name="replay-bars", task_run_name="replay-bars", cache_policy=NO_CACHE)
def replay(run: BegunRun, plan: ReplayPlan, given: steps.Prepared) -> Looked:
    """Run the strategy."""
    return _looked(lambda: steps.replayed(run, plan, given))


@task(name="compare-replays", task_run_name="compare-replays", cache_policy=NO_CACHE)
def certify(run: BegunRun, plan: ReplayPlan, given: steps.Prepared) -> Looked:
    """Run the strategy both ways and compare."""
    return _looked(lambda: steps.certified(run, plan, given))


@task(name="publish-replay", task_run_name="publish-replay", cache_policy=NO_CACHE)
def publish(plan: ReplayPlan, report: ScreenReport | ReplayReport | ParityReport) -> PublishedReplay:
    """Write the run's folder and the artifacts."""
    settings = load_settings()
    written = publishing.publish(settings, plan, report)
    artifacts.publish(written, page=page_address(settings, written.folder))
    return PublishedReplay(written.folder, publishing.sentence(written), publishing.has_failed(written))


def failed(error: ConfigurationError) -> State:
    """A mistake of the user's as a state: raised, Prefect would tell it with a hundred lines of code for each step."""
    return Failed(message=str(error), data=error)


def _looked(look: Callable[[], Looked]) -> Looked:
    try:
        return look()
    except ConfigurationError as error:
        return failed(error)
