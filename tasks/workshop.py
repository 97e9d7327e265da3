"""What the markets of one batch share in this process: the services, the sandboxes, what was spent, the stores.

The services and sandboxes live in an event loop of their own, in one thread, for as long as the batch goes on here; a
task of any task runner hands its market to that loop and waits. A task in another process (Dask, Ray) opens a workshop
of its own, with a budget of its own. Leaving the workshop, however it happens, gives every sandbox back; leaving it by
an exception (Ctrl-C, a cancelled run, a refused key) first ends what runs, lets nothing more begin, and leaves the run
to whoever takes it up.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal
from msgspec import Struct

from edgeworth.errors import SourceError
from edgeworth.ports import LanguageModel, Research
from edgeworth.simulation.authoring.running import ModelRunner, SandboxRunner
from edgeworth.simulation.record import Usage
from edgeworth.simulation.remembered import RememberedModel, RememberedRuns
from edgeworth.simulation.sandbox import Limits, SandboxProvider
from edgeworth.simulation.spending import CountedModel, CountedResearch, Spending
from tasks import run_claims, wiring
from tasks.settings import Settings, load_settings
from tasks.simulation_plan import AuthorChoice, SimulatePlan
from tasks.taking_up import BegunRun

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Closing(Struct, frozen=True, kw_only=True):
    """What a reader of the report should know of the workshop.

    Attributes:
        sandbox_note: Why what confined the models is nothing stronger; empty when there is nothing to say.
        budget_note: Why nothing more was asked of paid services; ``None`` when the budget was enough.
    """

    sandbox_note: str = ""
    budget_note: str | None = None


class Work:
    """What runs in the loop of a workshop, so that it can be ended; used within that loop."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._is_ended = False

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """What ``work`` gives.

        Raises:
            CancelledError: The work was ended.
        """
        if self._is_ended:
            raise asyncio.CancelledError
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            return await work()
        finally:
            self._running.discard(task)

    async def end(self) -> None:
        """Cancel what runs, wait until it has cleaned up after itself, and let nothing begin any more."""
        self._is_ended = True
        running = set(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)


class Workshop(Struct, frozen=True, kw_only=True):
    """The shared things, ready for use.

    Attributes:
        author: Writes models; ``None`` when the built-in ones are used. researcher: ``None`` when nobody is searched.
        runner: Runs models.
        sandbox_note: Why what confines them is nothing stronger; empty when there is nothing to say.
        spending: Of the services, in this process.
        services: Names of the limits across processes that a market takes a slot of.
        storage: Our own stores.
    """

    portal: BlockingPortal
    author: LanguageModel | None
    researcher: Research | None
    runner: ModelRunner
    sandbox_note: str
    spending: Spending
    services: tuple[str, ...]
    storage: wiring.Storage
    opened: float
    work: Work

    @property
    def seconds(self) -> float:
        """Wall time since it was opened."""
        return time.monotonic() - self.opened

    @property
    def closing(self) -> Closing:
        """What is to be said of it when the batch is done."""
        return Closing(sandbox_note=self.sandbox_note, budget_note=self.spending.why_spent)

    def count(self, usage: Usage) -> None:
        """Add what an earlier process of the batch paid."""

        async def counted() -> None:
            self.spending.count(usage)

        self.do(counted)

    def do(self, work: Callable[[], Awaitable[T]]) -> T:
        """``work`` done in the workshop's loop; this thread waits for it.

        Raises:
            CancelledError: The workshop is being left by an exception. What this thread raises is looked at by nobody.
        """
        return self.portal.call(self.work.run, work)


_open: dict[str, Workshop] = {}
"""By run."""

_left: set[tuple[str, str]] = set()
"""Turns at a run, by its id and the turn's, that an exception ended: a task that comes late must not go on alone."""


@contextmanager
def workshop(run: BegunRun, plan: SimulatePlan) -> Iterator[Workshop]:
    """The workshop of ``run``: the one that is open in this process, else one for the time of the block.

    Raises:
        ConfigurationError: A service is named and its key is missing, its price is not known though money is bounded,
            or no sandbox is strong enough.
        CancelledError: An exception has ended this turn at the run.
    """
    if (run.run_id, run.turn) in _left:
        raise CancelledError
    found = _open.get(run.run_id)
    if found is not None:
        yield found
        return
    settings = load_settings()
    with _opened(settings, run, plan) as new:
        _open[run.run_id] = new
        try:
            yield new
        except BaseException:
            _left.add((run.run_id, run.turn))
            new.portal.call(new.work.end)
            run_claims.leave(run.run_id)
            raise
        finally:
            del _open[run.run_id]


@contextmanager
def _opened(settings: Settings, run: BegunRun, plan: SimulatePlan) -> Iterator[Workshop]:
    opened = time.monotonic()
    budget = plan.budget
    spending = Spending(
        tokens=budget.tokens,
        cost=budget.cost,
        seconds=budget.seconds,
        stopwatch=lambda: time.monotonic() - opened,
    )
    with ExitStack() as stack:
        storage = stack.enter_context(wiring.open_storage(settings))
        portal = stack.enter_context(start_blocking_portal())
        kind = wiring.choose_sandbox(settings, kind=plan.sandbox)
        if kind == "daytona" and run.is_taken_up:
            portal.call(_reap, settings)

        async def made() -> SandboxProvider:
            # In the loop that will use it: its locks belong to one.
            return wiring.build_sandbox_provider(settings, kind=kind)

        provider = portal.call(made)
        stack.enter_context(portal.wrap_async_context_manager(provider))
        author, researcher = _author(settings, plan, spending, storage), _researcher(settings, plan, spending)
        runner = SandboxRunner(provider, run=run.run_id, limits=_limits(settings))
        services = [service.name.split("/")[0].split("@")[0] for service in (author, researcher) if service is not None]
        yield Workshop(
            portal=portal,
            author=author,
            researcher=researcher,
            runner=RememberedRuns(runner, storage.units, limits=runner.limits),
            sandbox_note=provider.explanation,
            spending=spending,
            services=tuple(sorted([*services, "daytona"] if kind == "daytona" else services)),
            storage=storage,
            opened=opened,
            work=Work(),
        )


async def _reap(settings: Settings) -> None:
    """Delete what the interrupted process left; what cannot be deleted now stays noted and ends by its time to live."""
    try:
        await wiring.reap_sandboxes(settings)
    except SourceError as error:
        logger.warning("sandboxes of an interrupted run are left for a reaper: %s", error)


def _limits(settings: Settings) -> Limits:
    """Of one run of a model."""
    seconds = settings.simulate_model_seconds
    return Limits(wall_seconds=seconds, cpu_seconds=math.ceil(seconds), memory_mb=settings.simulate_model_memory_mb)


def _author(
    settings: Settings, plan: SimulatePlan, spending: Spending, storage: wiring.Storage
) -> LanguageModel | None:
    """Who writes the models; what an earlier process of the batch was answered is not asked again."""
    model = None if plan.author is AuthorChoice.BUILTIN else wiring.build_language_model(settings)
    if model is None:
        return None
    counted = CountedModel(model, spending)
    return RememberedModel(counted, storage.units, on_recall=spending.count_reply)


def _researcher(settings: Settings, plan: SimulatePlan, spending: Spending) -> Research | None:
    research = wiring.build_research(settings) if plan.research else None
    return None if research is None else CountedResearch(research, spending)
