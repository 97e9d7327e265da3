"""All models of one market.

Models are written at the same time and apart from one another. A built-in model stands in once at most, and only where
no written one has an answer: the same stand-in several times over would pass for several models that agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from edgeworth.errors import ConfigurationError
from edgeworth.ports import LanguageModel
from edgeworth.simulation.authoring.running import ModelRunner
from edgeworth.simulation.authoring.standing_in import run_builtin, stand_in
from edgeworth.simulation.authoring.writing import AuthoringRule, Ending, Written, write_model
from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.record import ModelRun

_STANDS_IN_FOR = frozenset({Ending.GIVEN_UP, Ending.BUDGET_SPENT})


async def model_market(
    context: SimulationContext,
    *,
    author: LanguageModel | None,
    runner: ModelRunner,
    rule: AuthoringRule,
    stopwatch: Callable[[], float],
    models: int = 1,
) -> tuple[ModelRun, ...]:
    """The market's models, by number.

    Args:
        context: What they may know.
        author: Writes them; ``None`` for the built-in model, of which there is one however many are asked for.
        runner: Runs them.
        rule: How they are made.
        stopwatch: Seconds, from any beginning.
        models: How many.

    Raises:
        ConfigurationError: A key is refused; the market's other questions are given up.
    """
    if models < 1:
        raise ConfigurationError(f"expected at least one model a market, found {models}")
    if author is None:
        return (await run_builtin(context, runner=runner, rule=rule, stopwatch=stopwatch),)
    writing = [
        asyncio.create_task(
            write_model(author, context, runner=runner, rule=rule, stopwatch=stopwatch, number=number, count=models)
        )
        for number in range(models)
    ]
    written = await _all_or_none(writing)
    runs = [one.run for one in written]
    failed = next((one for one in written if one.ending in _STANDS_IN_FOR), None)
    if failed is not None and not any(run.has_answer for run in runs):
        runs[failed.run.number] = await stand_in(failed, context, runner=runner, rule=rule, stopwatch=stopwatch)
    return tuple(runs)


async def write_and_run(
    author: LanguageModel,
    context: SimulationContext,
    *,
    runner: ModelRunner,
    rule: AuthoringRule,
    stopwatch: Callable[[], float],
) -> ModelRun:
    """One model by ``author``, or the built-in one in its place; see ``model_market``."""
    [run] = await model_market(context, author=author, runner=runner, rule=rule, stopwatch=stopwatch)
    return run


async def _all_or_none(writing: list[asyncio.Task[Written]]) -> list[Written]:
    """What all of them gave; when one raises, or this is cancelled, the others are ended first."""
    try:
        return await asyncio.gather(*writing)
    except BaseException:
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
        raise
