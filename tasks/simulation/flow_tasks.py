"""The Prefect tasks of a batch of simulations: each calls one of ``steps``, logs it, returns little."""

from __future__ import annotations

from concurrent.futures import CancelledError
from contextlib import ExitStack
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas import State
from prefect.futures import PrefectFuture
from prefect.states import Cancelled

from edgeworth.simulation.record import MarketStatus
from tasks.orchestration.prefect_server import hear_library
from tasks.orchestration.slots import service_slot
from tasks.orchestration.task_runners import portable_errors
from tasks.progress import current_stages
from tasks.settings import load_settings
from tasks.simulation import artifacts, events
from tasks.simulation.batch import BatchIndex, MarketRef
from tasks.simulation.market import MarketOutcome, simulate_one
from tasks.simulation.plan import SimulatePlan
from tasks.simulation.ready import check_task_runner
from tasks.simulation.steps import STAGE, begin_simulation, gather_batch, publish_batch, sentence, what_broke_off
from tasks.simulation.workshop import Closing, workshop_of_market
from tasks.site_link import page_address
from tasks.taking_up import BegunRun


class PublishedBatch(Struct, frozen=True):
    """Where the report is, and what it says in one line."""

    folder: str | None
    sentence: str


@task(name="begin-simulation", task_run_name="begin-simulation", cache_policy=NO_CACHE)
def begin(plan: SimulatePlan) -> BegunRun:
    """Check the plan and note the run, or take up one that was interrupted."""
    hear_library()
    settings = load_settings()
    check_task_runner(settings)
    run = begin_simulation(settings, plan)
    if run.is_taken_up:
        get_run_logger().info("taking up run %s, which was interrupted", run.run_id)
    return run


@task(name="gather-markets", task_run_name="choose-and-gather", cache_policy=NO_CACHE)
def gather(run: BegunRun, plan: SimulatePlan) -> BatchIndex:
    """Choose the markets and keep what may be known of each."""
    index = gather_batch(load_settings(), run, plan)
    get_run_logger().info("%d markets, as of %s, in %s", len(index.markets), index.as_of.isoformat(), index.folder)
    return index


@task(name="simulate-market", task_run_name="{market.slug}", cache_policy=NO_CACHE)
def simulate_market(run: BegunRun, plan: SimulatePlan, index: BatchIndex, market: MarketRef) -> MarketOutcome | State:
    """Bring one market to its end; takes a slot of each service it asks. Cancelled when the batch is left early."""
    hear_library()
    try:
        with portable_errors(), workshop_of_market(run, plan) as shop, ExitStack() as slots:
            for service in shop.services:
                slots.enter_context(service_slot(service))
            outcome = simulate_one(run, plan, index, market)
    except CancelledError:
        # No failure of this market, and no traceback for whoever pressed Ctrl-C.
        return Cancelled(message="the batch was ended early")
    log = get_run_logger()
    if outcome.status is MarketStatus.SUCCEEDED:
        log.info("%s: %s", outcome.market_id, "" if outcome.verdict is None else outcome.verdict.value)
    else:
        log.warning("%s %s: %s", outcome.market_id, outcome.status.value, outcome.problem)
    return outcome


@task(name="publish-simulation", task_run_name="publish-simulation", cache_policy=NO_CACHE)
def publish(
    run: BegunRun, plan: SimulatePlan, index: BatchIndex, closing: Closing, lost: dict[str, str]
) -> PublishedBatch:
    """Write the report and the artifacts."""
    settings = load_settings()
    report = publish_batch(settings, run, plan, index, closing, lost)
    artifacts.publish(report, page=page_address(settings, report.folder))
    events.emit(report)
    return PublishedBatch(report.folder, sentence(report))


class BatchProgress:
    """How far a batch has come: for the terminal, and as an artifact of the run."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.lost: dict[str, str] = {}
        self._budget_note: str | None = None
        self._artifact = artifacts.PROGRESS.start(total)

    def ended(self, market: MarketRef, future: PrefectFuture[Any]) -> None:
        """One market came to its end.

        Raises:
            ConfigurationError, StorageError: It failed in a way in which the others would fail too.
        """
        result = future.result(raise_on_failure=False)
        why = what_broke_off(result if isinstance(result, BaseException) else None)
        if why is not None:
            self.lost[market.market_id] = why
        elif isinstance(result, MarketOutcome):
            current_stages().ended(result.title, result.told)
            self._budget_note = self._budget_note or result.budget_note
        self.done += 1
        current_stages().advanced(STAGE, self.done, self.total)
        artifacts.PROGRESS.report(self._artifact, self.done, self.total)

    def closing(self, here: Closing) -> Closing:
        """What is to be said when all are done, also of workshops in other processes."""
        return replace(here, budget_note=here.budget_note or self._budget_note)


def markets_at_once() -> int:
    """How many markets of a batch are simulated at the same time."""
    return load_settings().simulate_concurrency
