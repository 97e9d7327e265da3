"""Built-in models: asked for as such, or standing in for one that a language model did not get right."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from edgeworth.simulation.authoring.diary import LONGEST_LOG, LONGEST_PROBLEM, Diary, abstention, no_answer
from edgeworth.simulation.authoring.running import ModelRunner, judge
from edgeworth.simulation.authoring.writing import AuthoringRule, Ending, Written
from edgeworth.simulation.builtin import author, choose, render
from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.record import AuthorKind, ModelRun
from edgeworth.simulation.sandbox import RunStatus

NOBODY = "builtin"
"""The author where no built-in model fits."""


async def run_builtin(
    context: SimulationContext,
    *,
    runner: ModelRunner,
    rule: AuthoringRule,
    stopwatch: Callable[[], float],
    number: int = 0,
) -> ModelRun:
    """The built-in model that fits ``context``, run; where none fits an abstention that says why.

    Raises:
        ConfigurationError: The key of the sandboxes is refused.
    """
    choice, diary, kind = choose(context), Diary(number, stopwatch), AuthorKind.BUILTIN
    options = rule.options_of(number)
    if choice.model is None:
        result = abstention("nothing_to_go_by", choice.why, options.seed)
        return diary.ended(NOBODY, kind, choice.why, result=result, problem=choice.why)
    source = render(choice.model, rule.departure)
    ran = await runner.run(source, context, options, own_code=True)
    diary.ran(ran.level, ran.outcome)
    judged = judge(ran.outcome, len(context.outcomes))
    problem = judged.problem or no_answer(judged.result)
    if ran.outcome.status is RunStatus.INFRASTRUCTURE:
        problem = f"the sandbox failed: {ran.outcome.what_stopped_it}"
    if judged.trace:
        diary.note(judged.trace)
    return diary.ended(author(choice.model), kind, choice.why, source=source, result=judged.result, problem=problem)


async def stand_in(
    written: Written,
    context: SimulationContext,
    *,
    runner: ModelRunner,
    rule: AuthoringRule,
    stopwatch: Callable[[], float],
) -> ModelRun:
    """The built-in model in place of ``written``, with what was paid and tried before.

    Where no built-in model fits there is no answer: an abstention when it was the budget that ended the writing, else
    a failure.
    """
    tried = written.run
    own = await run_builtin(context, runner=runner, rule=rule, stopwatch=stopwatch, number=tried.number)
    before = f"in place of a model by {tried.author}: {tried.problem}"
    fits = own.author != NOBODY
    may_abstain = fits or written.ending is Ending.BUDGET_SPENT
    return replace(
        own,
        kind=AuthorKind.FALLBACK,
        why=f"{own.why}; {before}"[:LONGEST_PROBLEM],
        result=own.result if may_abstain else None,
        problem=own.problem if fits or own.problem is None else f"{tried.problem}; {own.problem}"[:LONGEST_PROBLEM],
        repairs=tried.repairs,
        prompt_ids=tried.prompt_ids,
        usage=tried.usage.plus(own.usage),
        log="\n".join(part for part in (tried.log, own.log) if part)[:LONGEST_LOG],
        sandbox=own.sandbox or tried.sandbox,
        seconds=tried.seconds + own.seconds,
    )
