"""A language model writes one model: asked, run, shown what was wrong, asked again, a few times at most.

What is wrong with an answer is always said back: a reply that was refused, cut off or is not what was asked for counts
as an attempt like a model that fails. What stops the asking is an answer, an abstention (no answer is better than an
invented one, so it is never argued with), the last repair, a service that fails, a spent budget, or the want of a
sandbox.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.errors import BudgetSpentError, ConfigurationError, SourceError
from edgeworth.ports import LanguageModel
from edgeworth.simulation.authoring.diary import Diary, abstention, no_answer
from edgeworth.simulation.authoring.question import SCHEMA, Draft, Fault, author_prompt, read_draft
from edgeworth.simulation.authoring.running import NOTHING_CONFINES, Judged, ModelRunner, judge
from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.contract import RunOptions
from edgeworth.simulation.departure import DEFAULT_DEPARTURE, Departure
from edgeworth.simulation.record import AuthorKind, ModelRun
from edgeworth.simulation.sandbox import RunStatus
from edgeworth.simulation.spending import usage_of

MOST_REPAIRS: Final = 5
MAX_TOKENS: Final = 32_000
"""Of one answer; thinking counts too."""


class AuthoringRule(Struct, frozen=True, kw_only=True):
    """How models of a batch are made.

    Attributes:
        options: Of the harness; the seed is that of model 0, and each further model adds its number.
        departure: Written into built-in models.
        most_repairs: How often an author is shown what was wrong.
        max_tokens: Of one answer.
    """

    options: RunOptions = RunOptions()
    departure: Departure = DEFAULT_DEPARTURE
    most_repairs: int = MOST_REPAIRS
    max_tokens: int = MAX_TOKENS

    def __post_init__(self) -> None:
        if self.most_repairs < 0 or self.max_tokens < 1:
            raise ConfigurationError(
                f"expected repairs of at least 0 and tokens of at least 1, found {self.most_repairs}, {self.max_tokens}"
            )

    def options_of(self, number: int) -> RunOptions:
        """Of one model: the models of a market draw apart, or their noise would pass for agreement."""
        return replace(self.options, seed=self.options.seed + number)


class Ending(StrEnum):
    """What ended the writing."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"
    GIVEN_UP = "given up"
    """Repairs were used up, or the service failed: a built-in model may stand in."""
    BUDGET_SPENT = "budget spent"
    """Likewise; but where no built-in model fits, this is no failure."""
    NO_SANDBOX = "no sandbox"
    """Nothing was learnt about the model, and a built-in one would fare no better."""


class Written(Struct, frozen=True):
    """A model as far as it came."""

    run: ModelRun
    ending: Ending


async def write_model(
    model: LanguageModel,
    context: SimulationContext,
    *,
    runner: ModelRunner,
    rule: AuthoringRule,
    stopwatch: Callable[[], float],
    number: int = 0,
    count: int = 1,
) -> Written:
    """Model ``number`` of ``count`` of the market, as far as ``model`` gets it right.

    Raises:
        ConfigurationError: A key is refused; nothing else of the batch should be asked either.
    """
    return await _Writing(model, context, runner, rule, Diary(number, stopwatch), number, count).write()


class _Writing:
    def __init__(
        self,
        model: LanguageModel,
        context: SimulationContext,
        runner: ModelRunner,
        rule: AuthoringRule,
        diary: Diary,
        number: int,
        count: int,
    ) -> None:
        self._model = model
        self._context = context
        self._runner = runner
        self._rule = rule
        self._diary = diary
        self._number = number
        self._count = count
        self._draft = Draft()
        self._judged = Judged()

    async def write(self) -> Written:
        if self._runner.level == NOTHING_CONFINES:
            return self._ended(
                Ending.GIVEN_UP, "nothing on this machine confines a written model, so none was asked for"
            )
        fault: Fault | None = None
        for attempt in range(self._rule.most_repairs + 1):
            self._diary.repairs = attempt
            try:
                draft = await self._ask(fault)
            except BudgetSpentError as error:
                return self._without_answer(Ending.BUDGET_SPENT, "budget_spent", str(error))
            except SourceError as error:
                return self._ended(Ending.GIVEN_UP, f"the service failed: {error}")
            if draft.abstention is not None:
                reason = f"the author has no answer: {draft.abstention}"
                return self._without_answer(Ending.ABSTAINED, "abstained", reason)
            if draft.problem is None:
                if (ended := await self._try(draft)) is not None:
                    return ended
                problem, trace = self._judged.problem or "", self._judged.trace
            else:
                problem, trace = self._with_what_was_open(draft.problem), self._judged.trace
            self._diary.note(f"attempt {attempt + 1}: {draft.problem or problem}\n{trace}".rstrip())
            fault = Fault(
                repair=attempt + 1,
                most_repairs=self._rule.most_repairs,
                problem=problem,
                trace=trace,
                source=self._draft.source,
            )
        said = "" if fault is None else fault.problem
        return self._ended(Ending.GIVEN_UP, f"{self._rule.most_repairs} repairs did not mend it: {said}")

    async def _ask(self, fault: Fault | None) -> Draft:
        question = author_prompt(self._context, draft=self._number + 1, drafts_of=self._count, fault=fault)
        reply = await self._model.ask(question, schema=SCHEMA, max_tokens=self._rule.max_tokens)
        self._diary.asked(question.prompt_id, usage_of(reply))
        return read_draft(reply)

    async def _try(self, draft: Draft) -> Written | None:
        """Run it; ``None`` when it is to be mended."""
        self._draft = draft
        options = self._rule.options_of(self._number)
        ran = await self._runner.run(draft.source, self._context, options, own_code=False)
        self._diary.ran(ran.level, ran.outcome)
        if ran.outcome.status is RunStatus.INFRASTRUCTURE:
            self._judged = Judged()
            return self._ended(Ending.NO_SANDBOX, f"the sandbox failed: {ran.outcome.what_stopped_it}")
        self._judged = judge(ran.outcome, len(self._context.outcomes))
        if self._judged.problem is not None:
            return None
        reason = no_answer(self._judged.result)
        return self._ended(Ending.ANSWERED if reason is None else Ending.ABSTAINED, reason)

    def _with_what_was_open(self, problem: str) -> str:
        """A reply that cannot be used mends nothing: what was wrong before still is."""
        before = self._judged.problem
        return problem if before is None else f"{problem}\nStill open from the model below: {before}"

    def _without_answer(self, ending: Ending, code: str, reason: str) -> Written:
        """Neither is a failure, so both are told as an abstention is."""
        self._draft, seed = Draft(), self._rule.options_of(self._number).seed
        self._judged = Judged(result=abstention(code, reason, seed))
        return self._ended(ending, reason)

    def _ended(self, ending: Ending, problem: str | None) -> Written:
        run = self._diary.ended(
            self._model.name,
            AuthorKind.WRITTEN,
            self._draft.why,
            source=self._draft.source,
            result=self._judged.result,
            problem=problem,
        )
        return Written(run, ending)
