"""Runs a ``model.py`` on a context under the harness, each time in a sandbox of its own, and says what came of it.

A sandbox a run: what one program left behind can touch no other, and none is held, or paid for, while an author thinks.
A sandbox that failed as such is replaced; what a model did wrong is a fact about it. Who writes models never enters.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from msgspec import Struct

from edgeworth.errors import DataError, FatalSourceError, RetriableSourceError
from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.contract import RunOptions, harness_inputs, harness_source
from edgeworth.simulation.result import SimulationResult, SimulationStatus, read_result
from edgeworth.simulation.sandbox import Limits, Outcome, RunStatus, SandboxProvider, open_sandbox

NOTHING_CONFINES: Final = "none"
"""The level of a provider that refuses programs other than our own."""

MOST_SANDBOXES: Final = 3
"""For one run: the first, and two that replace one that failed as such."""

LONGEST_WAIT_SECONDS: Final = 60.0
"""A service of sandboxes that asks for more is not waited for."""


class Ran(Struct, frozen=True, kw_only=True):
    """One run of a model: what came of it, and what confined it (empty when no sandbox could be had)."""

    outcome: Outcome
    level: str


class ModelRunner(Protocol):
    """Runs models of any market; where, how often and whether it remembers is its own business."""

    @property
    def level(self) -> str:
        """What confines programs of strangers; ``none`` where nothing can, and they are refused."""

    async def run(self, model: str, context: SimulationContext, options: RunOptions, *, own_code: bool) -> Ran:
        """Run the source ``model`` under the harness. Never raises for what the model does.

        ``INFRASTRUCTURE`` is final: the runner has tried again as often as it may.

        Args:
            model: Of ``model.py``.
            context: The market.
            options: Of the harness.
            own_code: It is one of our built-in models, so it runs also where nothing can confine it.

        Raises:
            ConfigurationError: The key of the sandboxes is refused.
        """


class SandboxRunner:
    """The ``ModelRunner`` over a provider of sandboxes that was entered.

    Args:
        provider: Gives the sandboxes.
        run: Labels them, beside the market.
        limits: Of each run.
        most_sandboxes: For one run, the first included.
        sleep: Waits before the next sandbox is asked for; tests pass one that does not.
    """

    def __init__(
        self,
        provider: SandboxProvider,
        *,
        run: str,
        limits: Limits = Limits(),  # noqa: B008
        most_sandboxes: int = MOST_SANDBOXES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._provider = provider
        self._run = run
        self._limits = limits
        self._most_sandboxes = most_sandboxes
        self._sleep = sleep

    @property
    def level(self) -> str:
        """Of the provider."""
        return self._provider.level

    @property
    def limits(self) -> Limits:
        """Of each run."""
        return self._limits

    async def run(self, model: str, context: SimulationContext, options: RunOptions, *, own_code: bool) -> Ran:
        """See ``ModelRunner.run``."""
        inputs = harness_inputs(model, context, options)
        for attempt in range(1, self._most_sandboxes + 1):
            ran, wait = await self._once(inputs, context.market_id, own_code=own_code)
            is_last = attempt == self._most_sandboxes or wait is None or wait > LONGEST_WAIT_SECONDS
            if ran.outcome.status is not RunStatus.INFRASTRUCTURE or is_last:
                break
            await self._sleep(wait or 0.0)
        return ran

    async def _once(self, inputs: object, market: str, *, own_code: bool) -> tuple[Ran, float | None]:
        """One run in one sandbox; and seconds to wait before another is worth trying, ``None`` for never."""
        try:
            async with open_sandbox(self._provider, run=self._run, market=market, own_code=own_code) as sandbox:
                outcome = await sandbox.run(harness_source(), inputs=inputs, limits=self._limits)
                return Ran(outcome=outcome, level=sandbox.level), 0.0
        except RetriableSourceError as error:
            return _no_sandbox(str(error)), error.retry_after_seconds or 1.0
        except FatalSourceError as error:
            return _no_sandbox(str(error)), None


def _no_sandbox(reason: str) -> Ran:
    return Ran(outcome=Outcome(status=RunStatus.INFRASTRUCTURE, seconds=0.0, what_stopped_it=reason), level="")


class Judged(Struct, frozen=True, kw_only=True):
    """What a run says about the model.

    Attributes:
        result: The harness's, checked; ``None`` when it gave nothing that can be read.
        problem: What is wrong with the model, for whoever mends it; ``None`` when it ended well or abstained.
        trace: The failing lines.
    """

    result: SimulationResult | None = None
    problem: str | None = None
    trace: str = ""


def judge(outcome: Outcome, outcomes: int) -> Judged:
    """What ``outcome`` says about a model of a market with ``outcomes`` outcomes. Texts in it are the model's."""
    if outcome.status is not RunStatus.OK:
        reason = outcome.what_stopped_it or f"the run ended as {outcome.status.value}"
        return Judged(problem=reason, trace=outcome.traceback)
    try:
        result = read_result(outcome.result, outcomes)
    except DataError as error:
        return Judged(problem=str(error))
    if result.status is SimulationStatus.INVALID and result.problem is not None:
        problem = f"{result.problem.message} ({result.problem.code})"
        return Judged(result=result, problem=problem, trace=result.problem.trace)
    return Judged(result=result)
