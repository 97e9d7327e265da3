"""The Prefect tasks of a sweep: each calls one of ``sweeping``, logs it, returns little.

Bars and trials go from task to task within the flow's process, and to other processes with the units; Prefect stores
none of them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import State
from prefect.futures import PrefectFuture
from prefect.states import Cancelled

from edgeworth.errors import EdgeworthError
from tasks import run_claims
from tasks.orchestration.prefect_server import hear_library
from tasks.orchestration.task_runners import portable_errors
from tasks.progress import current_stages
from tasks.replay import publishing, sweep_artifacts, sweeping
from tasks.replay.editions import Edition, check_same, edition_of, imported_edition
from tasks.replay.plan import SweepPlan
from tasks.replay.sweep_layout import PreparedSweep, SweepLayout, SweepUnit, prepare_sweep
from tasks.replay.sweeping import STAGE, UnitMade
from tasks.settings import load_settings
from tasks.simulation.ready import check_task_runner
from tasks.simulation.workshop import end_work, is_ended
from tasks.site_link import page_address
from tasks.taking_up import BegunRun

ON_A_CLUSTER = 256
"""Units that are handed to a cluster at one time: what its cores do not take at once waits there."""


class GivenSweep(Struct, frozen=True, kw_only=True):
    """What is swept, and by which code."""

    prepared: PreparedSweep
    edition: Edition


class PublishedSweep(Struct, frozen=True):
    """Where the report is, and what it says in one line."""

    folder: str | None
    sentence: str
    has_failed: bool


@task(name="read-bars", task_run_name="read-bars", cache_policy=NO_CACHE)
def read(plan: SweepPlan) -> GivenSweep:
    """Read and check the bars and everything else that the plan names."""
    hear_library()
    settings = load_settings()
    check_task_runner(settings)
    given = GivenSweep(prepared=prepare_sweep(settings, plan), edition=edition_of(plan.strategy))
    for one in given.prepared.sets:
        told = one.read.told
        get_run_logger().info("%s bars of %s from %s, %s gaps", told.bars, told.asset, told.source, told.gap_count)
    return given


@task(name="begin-sweep", task_run_name="begin-sweep", cache_policy=NO_CACHE)
def begin(plan: SweepPlan) -> BegunRun:
    """Note the run, or take up one that was interrupted."""
    run = sweeping.begin_sweep(load_settings(), plan)
    if run.is_taken_up:
        get_run_logger().info("taking up run %s, which was interrupted", run.run_id)
    return run


@task(name="lay-out-sweep", task_run_name="look-into-the-ledger", cache_policy=NO_CACHE)
def lay_out(given: GivenSweep, plan: SweepPlan) -> SweepLayout:
    """Take from the ledger what was tried before, and cut the rest into units."""
    layout = sweeping.laid_out(load_settings(), given.prepared, plan, given.edition)
    get_run_logger().info(
        "%d trials are known, %d to be made in %d units", len(layout.known), layout.missing, len(layout.units)
    )
    return layout


@task(name="make-trials", task_run_name="{unit.name}", cache_policy=NO_CACHE)
def make_unit(run: BegunRun, unit: SweepUnit) -> UnitMade | State:
    """Make some trials and keep them; cancelled when the sweep is left early."""
    hear_library()

    def go_on() -> None:
        if is_ended(run):
            raise CancelledError

    try:
        with portable_errors():
            # By the code of this process: on another machine Edgeworth's may be another, the strategy's may not.
            here = imported_edition(unit.strategy)
            check_same(unit.strategy, unit.edition, here)
            made = sweeping.make_unit(load_settings(), run, unit, here.version, before_each=go_on)
    except CancelledError:
        # No failure, and no traceback for whoever pressed Ctrl-C.
        return Cancelled(message="the sweep was ended early")
    get_run_logger().info("%s: %d trials", unit.name, len(made.trials))
    for one in made.failed:
        get_run_logger().warning("%s: %d trials came to nothing: %s", unit.name, one.trials, one.problem)
    return made


@task(name="publish-sweep", task_run_name="publish-sweep", cache_policy=NO_CACHE)
def publish(
    run: BegunRun, plan: SweepPlan, given: GivenSweep, layout: SweepLayout, progress: SweepProgress
) -> PublishedSweep:
    """Judge, write the run's folder and the artifacts."""
    settings = load_settings()
    report = sweeping.swept(
        settings,
        run,
        plan,
        given.prepared,
        layout,
        progress.made,
        edition=given.edition,
        seconds=progress.seconds,
    )
    written = publishing.publish(settings, plan, report)
    sweep_artifacts.publish(written, page=page_address(settings, written.folder))
    return PublishedSweep(written.folder, publishing.sentence(written), publishing.has_failed(written))


class SweepProgress:
    """How far a sweep has come, for the terminal and as an artifact of the run, and what it has made."""

    def __init__(self, layout: SweepLayout) -> None:
        self.made: list[UnitMade] = []
        self.seconds = 0.0
        self._began = time.perf_counter()
        self._done = 0
        self._total = layout.missing
        self._artifact = sweep_artifacts.PROGRESS.start(self._total)
        current_stages().advanced(STAGE, 0, self._total)

    def ended(self, unit: SweepUnit, future: PrefectFuture[Any]) -> None:
        """One unit came to its end.

        Raises:
            ConfigurationError, StorageError: It failed in a way in which the others would fail too.
        """
        result = future.result(raise_on_failure=False)
        if not isinstance(result, UnitMade):
            error = result if isinstance(result, BaseException) else EdgeworthError(f"it ended as {result!r:.200}")
            result = sweeping.broken_off(unit, error)
        self.made.append(result)
        self.seconds = time.perf_counter() - self._began
        self._done += result.count
        current_stages().advanced(STAGE, self._done, self._total)
        sweep_artifacts.PROGRESS.report(self._artifact, self._done, self._total)


@contextmanager
def work_of(run: BegunRun) -> Iterator[None]:
    """The time in which units are made; left by an exception it ends those of this process and lets go of the run."""
    try:
        yield
    except BaseException:
        end_work(run)
        run_claims.leave(run.run_id)
        raise


def units_at_once() -> int:
    """How many units are on their way: enough for every core, and few whose bars wait in memory."""
    settings = load_settings()
    if (settings.task_runner == "dask" and settings.dask_address) or (
        settings.task_runner == "ray" and settings.ray_address
    ):
        return ON_A_CLUSTER
    cores = os.cpu_count() or 1
    # Threads take turns, since a strategy is Python; a second one keeps a core busy while the first writes.
    return min(2, cores) if settings.task_runner == "threads" else 2 * cores
