"""What the markets of one batch share in this process: the services, the sandboxes, what was spent, the stores.

The services and sandboxes live in an event loop of their own, in one thread, for as long as the batch goes on here; a
task of any task runner hands its market to that loop and waits. In another process than the flow's (``task_runners``)
the markets that are worked on there at one time share a workshop of theirs, which knows what finished markets paid.
Leaving the workshop, however it happens, gives every sandbox back; leaving it by an exception (Ctrl-C, a cancelled run,
a refused key) first ends what runs, lets nothing more begin, and leaves the run to whoever takes it up.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from datetime import datetime
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
from tasks.clock import utc_now
from tasks.settings import Settings, load_settings
from tasks.simulation.plan import AuthorChoice, SimulatePlan
from tasks.taking_up import BegunRun

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Closing(Struct, frozen=True, kw_only=True):
    """What a reader of the report should know of the workshop.

    Attributes:
        sandbox_note: Why what confined the models is nothing stronger; empty when there is nothing to say.
        budget_note: Why nothing more was asked of paid services; ``None`` when the budget was enough.
        used: What was paid for in this process, also for markets whose work broke off.
    """

    sandbox_note: str = ""
    budget_note: str | None = None
    used: Usage = Usage()


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
        counted: Markets whose cost is in ``spending``.
        is_visited: It stands in another process than the flow's, where other markets are paid for out of its sight.
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
    counted: set[str]
    is_visited: bool = False

    @property
    def seconds(self) -> float:
        """Wall time since the batch's turn began."""
        return time.monotonic() - self.opened

    @property
    def closing(self) -> Closing:
        """What is to be said of it when the batch is done."""
        return Closing(sandbox_note=self.sandbox_note, budget_note=self.spending.why_spent, used=self.spending.used)

    def count(self, market_id: str, usage: Usage) -> None:
        """Add what an earlier or another process of the batch paid for a market, once."""

        async def count() -> None:
            if market_id not in self.counted:
                self.counted.add(market_id)
                self.spending.count(usage)

        self.do(count)

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


class _Visit(Struct):
    """A workshop without a flow around it: the last market that leaves it closes it."""

    stack: ExitStack
    markets: int = 0


_visits: dict[str, _Visit] = {}
"""By run."""

_door = threading.RLock()
"""Held while a workshop is looked for, opened for markets, or closed after them."""


@contextmanager
def workshop(run: BegunRun, plan: SimulatePlan) -> Iterator[Workshop]:
    """The workshop of ``run`` for the process in which its flow runs.

    Raises:
        ConfigurationError: A service is named and its key is missing, its price is not known though money is bounded,
            or no sandbox is strong enough.
    """
    settings = load_settings()
    with _opened(settings, run, plan) as new:
        _open[run.run_id] = new
        try:
            yield new
        except BaseException:
            end_work(run)
            run_claims.leave(run.run_id)
            raise
        finally:
            del _open[run.run_id]


@contextmanager
def workshop_of_market(run: BegunRun, plan: SimulatePlan) -> Iterator[Workshop]:
    """The workshop in which a market of ``run`` is made: the flow's, or in another process one for the markets there.

    Raises:
        ConfigurationError: See ``workshop``.
        CancelledError: An exception has ended this turn at the run.
    """
    shop = _entered(run, plan)
    try:
        yield shop
    except BaseException as error:
        # A market that fails is one failed market; whatever else ends it ends all of this process.
        if shop.is_visited and not isinstance(error, Exception):
            end_work(run)
        raise
    finally:
        _depart(run)


def end_work(run: BegunRun) -> None:
    """End what runs for ``run`` in this process, wait until it has cleaned up, and let nothing more of it begin."""
    with _door:
        _left.add((run.run_id, run.turn))
        found = _open.get(run.run_id)
        if found is not None:
            found.portal.call(found.work.end)


def is_ended(run: BegunRun) -> bool:
    """Whether ``end_work`` was called in this process for this turn at ``run``: nothing more of it is to begin."""
    return (run.run_id, run.turn) in _left


def is_open(run: BegunRun) -> bool:
    """Whether a workshop of ``run`` is open in this process."""
    return run.run_id in _open


def _entered(run: BegunRun, plan: SimulatePlan) -> Workshop:
    with _door:
        if (run.run_id, run.turn) in _left:
            raise CancelledError
        if run.run_id not in _open:
            stack = ExitStack()
            _open[run.run_id] = stack.enter_context(_opened(load_settings(), run, plan, is_visited=True))
            _visits[run.run_id] = _Visit(stack)
        if run.run_id in _visits:
            _visits[run.run_id].markets += 1
        return _open[run.run_id]


def _depart(run: BegunRun) -> None:
    with _door:
        visit = _visits.get(run.run_id)
        if visit is None:
            return
        visit.markets -= 1
        if visit.markets == 0:
            del _visits[run.run_id], _open[run.run_id]
            visit.stack.close()


@contextmanager
def _opened(settings: Settings, run: BegunRun, plan: SimulatePlan, *, is_visited: bool = False) -> Iterator[Workshop]:
    opened = time.monotonic() - (_seconds_since(run.turn_began_at) if is_visited else 0.0)
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
        if kind == "daytona" and run.is_taken_up and not is_visited:
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
            counted=set(),
            is_visited=is_visited,
        )


def _seconds_since(instant: datetime) -> float:
    """By the clocks, which may differ between machines: never less than nothing."""
    return max(0.0, (utc_now() - instant).total_seconds())


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
