"""A market's models: written, repaired, stood in for; what was paid and tried is told in every case."""

from __future__ import annotations

import asyncio

import pytest

from edgeworth.errors import BudgetSpentError, ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.ports import Finish
from edgeworth.simulation.authoring import AuthoringRule, model_market, run_builtin, write_and_run
from edgeworth.simulation.context import KnownOutcome
from edgeworth.simulation.contract import RunOptions
from edgeworth.simulation.record import AuthorKind, Usage
from edgeworth.simulation.result import SimulationStatus
from edgeworth.simulation.sandbox import Outcome, RunStatus
from tests.authoring import ABSTAINING, BROKEN, QUARTER, RunsHere, answer, ticking, unusable
from tests.contexts import changed, context, hourly, quote
from tests.scripted import ScriptedModel

pytestmark = pytest.mark.anyio

RULE = AuthoringRule(options=RunOptions(runs=200, seed=7))
PRICED = context(quote=quote(0.60, 0.62), history=hourly([0.6 + 0.001 * (n % 7) for n in range(60)]))
"""Nothing but its own price to go by, so the belief walk fits."""
UNPRICED = context()
"""No built-in model fits."""


async def one(*answers, given=PRICED, runner=None, rule=RULE):
    asked = ScriptedModel(*answers)
    run = await write_and_run(asked, given, runner=runner or RunsHere(), rule=rule, stopwatch=ticking())
    return run, asked


async def test_a_model_that_is_right_at_once_is_taken():
    run, asked = await one(answer())
    assert (run.kind, run.author, run.problem, run.repairs) == (AuthorKind.WRITTEN, "scripted/model", None, 0)
    assert (run.source, run.sandbox, run.seconds) == (QUARTER, "test:here", 1.0)
    assert run.why == "Base rates. Assumed: a quarter of years"
    assert run.has_answer
    assert abs(run.result.outcomes[0].probability - 0.25) < 0.13  # four standard errors of 200 draws
    assert run.usage == Usage(input_tokens=100, output_tokens=10, cost=1_000, calls=1)
    assert run.prompt_ids == ("model_author_v1",)
    assert len(asked.questions) == 1


async def test_what_was_wrong_goes_back_with_the_failing_line_and_the_source():
    run, asked = await one(answer(BROKEN), answer())
    assert (run.has_answer, run.repairs, run.source) == (True, 1, QUARTER)
    assert run.usage.calls == 2
    repair = asked.questions[1].text
    assert "repair 1 of at most 5" in repair
    assert "IndexError: list index out of range (raised)" in repair
    assert 'File "model.py", line 4, in simulate' in repair
    assert '    return {"outcomes": numbers[7]}' in repair
    assert BROKEN in repair
    assert "IndexError" in run.log


async def test_after_five_repairs_the_built_in_model_stands_in_and_says_so():
    run, asked = await one(*[answer(BROKEN)] * 6)
    assert len(asked.questions) == 6
    assert (run.kind, run.author, run.repairs) == (AuthorKind.FALLBACK, "builtin/belief_walk@1", 5)
    assert run.has_answer
    assert run.problem is None
    assert run.why.startswith(
        "nothing but its own price to go by, with 60 past prices; in place of a model by scripted"
    )
    assert "5 repairs did not mend it: IndexError" in run.why
    assert run.usage == Usage(input_tokens=600, output_tokens=60, cost=6_000, calls=6)
    assert "def simulate" in run.source
    assert run.source != BROKEN


@pytest.mark.parametrize("finish", [Finish.REFUSED, Finish.TRUNCATED, Finish.MALFORMED])
async def test_a_reply_that_cannot_be_used_counts_as_an_attempt(finish):
    run, asked = await one(unusable(finish), answer())
    assert (run.has_answer, run.repairs, run.usage.calls) == (True, 1, 2)
    assert f"the answer was {finish.value}: it would not say" in asked.questions[1].text
    run, asked = await one(*[unusable(finish)] * 6)
    assert (run.kind, len(asked.questions)) == (AuthorKind.FALLBACK, 6)
    assert len({question.text for question in asked.questions}) == 6, "each is a question of its own"


async def test_a_useless_reply_does_not_make_an_open_problem_forgotten():
    _, asked = await one(answer(BROKEN), unusable(Finish.TRUNCATED), answer())
    last = asked.questions[2].text
    assert "the answer was truncated" in last
    assert "Still open from the model below: IndexError" in last
    assert BROKEN in last


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (
            Outcome(status=RunStatus.TIMEOUT, seconds=60.0, what_stopped_it="it ran longer than 60 s"),
            "longer than 60 s",
        ),
        (Outcome(status=RunStatus.REFUSED, seconds=0.1, what_stopped_it="it asked for a socket"), "asked for a socket"),
        (Outcome(status=RunStatus.OK, seconds=0.1, result={"status": "ok"}), "expected the result of a simulation"),
        (Outcome(status=RunStatus.OK, seconds=0.1, result=[1]), "expected the result of a simulation"),
    ],
)
async def test_what_the_sandbox_stopped_and_what_was_forged_is_told_as_well(outcome, words):
    run, asked = await one(answer(), answer(), runner=RunsHere(outcome))
    assert (run.has_answer, run.repairs) == (True, 1)
    assert words in asked.questions[1].text


@pytest.mark.parametrize("error", [RetriableSourceError("HTTP 503: overloaded"), FatalSourceError("no credit left")])
async def test_a_service_that_fails_is_not_asked_again(error):
    run, asked = await one(error)
    assert (run.kind, run.has_answer, len(asked.questions)) == (AuthorKind.FALLBACK, True, 1)
    assert f"the service failed: {error}" in run.why
    assert run.usage == Usage()


async def test_a_failure_in_the_middle_keeps_what_was_paid_before():
    run, _ = await one(answer(BROKEN), RetriableSourceError("HTTP 500"))
    assert (run.kind, run.usage.calls, run.repairs) == (AuthorKind.FALLBACK, 1, 1)
    assert "IndexError" in run.log


async def test_a_refused_key_stops_the_market():
    with pytest.raises(ConfigurationError, match="refused"):
        await one(ConfigurationError("the key is refused"))


async def test_an_author_without_an_answer_is_not_argued_with():
    run, asked = await one(answer(abstain="nobody defined the winner"))
    assert (run.kind, run.has_answer, len(asked.questions)) == (AuthorKind.WRITTEN, False, 1)
    assert run.result.status is SimulationStatus.ABSTAINED
    assert run.problem == "the author has no answer: nobody defined the winner"


async def test_nor_is_a_model_without_an_answer():
    run, asked = await one(answer(ABSTAINING))
    assert (run.kind, run.source, len(asked.questions)) == (AuthorKind.WRITTEN, ABSTAINING, 1)
    assert run.result.status is SimulationStatus.ABSTAINED
    assert run.problem == "the model has no answer: the rules do not say who counts"


async def test_without_a_built_in_model_that_fits_a_failure_stays_a_failure():
    run, _ = await one(*[answer(BROKEN)] * 6, given=UNPRICED)
    assert (run.kind, run.author, run.result) == (AuthorKind.FALLBACK, "builtin", None)
    assert "5 repairs did not mend it" in run.problem
    assert "no price, no related market and no past of a quantity to go by" in run.problem


async def test_a_spent_budget_is_no_failure():
    run, _ = await one(answer(BROKEN), BudgetSpentError("the budget of 100 tokens is spent"))
    assert (run.kind, run.has_answer) == (AuthorKind.FALLBACK, True)
    assert "budget of 100 tokens" in run.why
    run, _ = await one(BudgetSpentError("the budget of 100 tokens is spent"), given=UNPRICED)
    assert (run.kind, run.result.status) == (AuthorKind.FALLBACK, SimulationStatus.ABSTAINED)
    assert "budget of 100 tokens" in run.problem


async def test_a_sandbox_that_fails_says_nothing_about_the_model():
    """No repair is paid for, and no built-in model is tried where the sandbox is gone."""
    gone = Outcome(status=RunStatus.INFRASTRUCTURE, seconds=0.0, what_stopped_it="the connection was lost")
    runner = RunsHere(gone)
    run, asked = await one(answer(), runner=runner)
    assert (run.kind, run.source, run.result) == (AuthorKind.WRITTEN, QUARTER, None)
    assert run.problem == "the sandbox failed: the connection was lost"
    assert (len(asked.questions), len(runner.runs)) == (1, 1)


async def test_where_nothing_confines_a_program_nobody_is_paid_to_write_one():
    runner = RunsHere(level="none")
    run, asked = await one(runner=runner)
    assert (run.kind, run.has_answer, asked.questions) == (AuthorKind.FALLBACK, True, [])
    assert "nothing on this machine confines a written model" in run.why
    assert [own_code for _, _, own_code in runner.runs] == [True]


async def test_several_models_are_questions_and_draws_apart():
    asked, runner = ScriptedModel(answer(), answer(), answer()), RunsHere()
    runs = await model_market(PRICED, author=asked, runner=runner, rule=RULE, stopwatch=ticking(), models=3)
    assert [run.number for run in runs] == [0, 1, 2]
    assert all(run.has_answer for run in runs)
    assert len({question.text for question in asked.questions}) == 3
    assert "draft 2 of 3" in asked.questions[1].text
    assert [options.seed for _, options, _ in runner.runs] == [7, 8, 9]


async def test_a_built_in_model_does_not_stand_in_beside_a_written_one():
    """It would be one more voice in their mean, and it is to be scored apart."""
    asked = ScriptedModel(answer(), *[unusable(Finish.REFUSED)] * 6, name="scripted/model")
    runs = await model_market(PRICED, author=asked, runner=RunsHere(), rule=RULE, stopwatch=ticking(), models=2)
    assert sorted(run.has_answer for run in runs) == [False, True]
    assert [run.kind for run in runs] == [AuthorKind.WRITTEN] * 2
    [failed] = [run for run in runs if not run.has_answer]
    assert "5 repairs did not mend it" in failed.problem


async def test_it_stands_in_once_however_many_failed():
    """The same model three times over would pass for three models that agree."""
    asked = ScriptedModel(*[FatalSourceError("gone")] * 3)
    runs = await model_market(PRICED, author=asked, runner=RunsHere(), rule=RULE, stopwatch=ticking(), models=3)
    assert [run.kind for run in runs] == [AuthorKind.FALLBACK, AuthorKind.WRITTEN, AuthorKind.WRITTEN]
    assert [run.has_answer for run in runs] == [True, False, False]


class Blocking:
    """A language model that refuses the key to its first question and would keep the others waiting for ever."""

    name = "blocking"

    def __init__(self):
        self.asked = self.given_up = 0
        self.second_question = asyncio.Event()

    async def ask(self, question, *, schema, max_tokens):
        self.asked += 1
        if self.asked == 1:
            await asyncio.sleep(0)
            raise ConfigurationError("the key is refused")
        self.second_question.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.given_up += 1
            raise


async def test_when_the_key_is_refused_the_market_s_other_questions_are_given_up():
    asked = Blocking()
    with pytest.raises(ConfigurationError):
        await model_market(PRICED, author=asked, runner=RunsHere(), rule=RULE, stopwatch=ticking(), models=3)
    assert (asked.asked, asked.given_up) == (3, 2)


async def test_a_cancelled_market_leaves_no_question_behind():
    asked = Blocking()
    asked.asked = 1  # so that every question waits
    market = asyncio.create_task(
        model_market(PRICED, author=asked, runner=RunsHere(), rule=RULE, stopwatch=ticking(), models=2)
    )
    await asked.second_question.wait()
    market.cancel()
    with pytest.raises(asyncio.CancelledError):
        await market
    assert asked.given_up == asked.asked - 1 >= 1


async def test_without_an_author_the_built_in_model_runs_once_and_is_no_fallback():
    runner = RunsHere()
    [run] = await model_market(PRICED, author=None, runner=runner, rule=RULE, stopwatch=ticking(), models=3)
    assert (run.kind, run.author, run.has_answer) == (AuthorKind.BUILTIN, "builtin/belief_walk@1", True)
    assert run.why == "nothing but its own price to go by, with 60 past prices"
    assert (run.usage, run.prompt_ids, run.repairs) == (Usage(), (), 0)
    assert [own_code for _, _, own_code in runner.runs] == [True]


async def test_where_no_built_in_model_fits_it_abstains_and_runs_nothing():
    runner = RunsHere()
    given = changed(PRICED, outcomes=tuple(KnownOutcome(label=label) for label in "ABC"))
    run = await run_builtin(given, runner=runner, rule=RULE, stopwatch=ticking())
    assert (run.kind, run.author, runner.runs) == (AuthorKind.BUILTIN, "builtin", [])
    assert run.result.status is SimulationStatus.ABSTAINED
    assert "this one has 3" in run.problem


@pytest.mark.parametrize(
    ("outcome", "problem"),
    [
        (Outcome(status=RunStatus.MEMORY, seconds=1.0, what_stopped_it="too much memory"), "too much memory"),
        (Outcome(status=RunStatus.INFRASTRUCTURE, seconds=1.0, what_stopped_it="lost"), "the sandbox failed: lost"),
    ],
)
async def test_a_built_in_model_that_does_not_run_is_a_failure(outcome, problem):
    run = await run_builtin(PRICED, runner=RunsHere(outcome), rule=RULE, stopwatch=ticking())
    assert (run.result, run.problem) == (None, problem)


async def test_an_answer_of_a_million_characters_is_neither_run_nor_kept():
    huge = "#" * 1_000_000
    runner = RunsHere()
    run, asked = await one(answer(huge), unusable(Finish.MALFORMED, huge), answer(), runner=runner)
    assert run.has_answer
    assert len(runner.runs) == 1
    assert max(len(question.text) for question in asked.questions) < 10_000
    assert len(run.log) < 10_000


async def test_what_a_model_prints_is_kept_up_to_a_length():
    printed = Outcome(status=RunStatus.CODE_ERROR, seconds=0.1, stdout="x" * 65_536, what_stopped_it="y" * 65_536)
    run, asked = await one(*[answer()] * 6, runner=RunsHere(*[printed] * 6))
    assert "printed: xxx" in run.log
    assert len(run.log) <= 20_000
    assert len(run.why) <= 2_000
    assert len(asked.questions[1].text) < 10_000


async def test_half_a_character_in_a_source_is_said_back_before_it_goes_anywhere():
    runner = RunsHere()
    run, asked = await one(answer("x = '\ud83d'"), answer(), runner=runner)
    assert (run.repairs, len(runner.runs)) == (1, 1)
    assert "surrogates not allowed" in asked.questions[1].text


async def test_neither_a_model_nor_a_reason_is_said_back():
    run, asked = await one(answer("  \n"), answer())
    assert run.repairs == 1
    assert "neither a model nor a reason" in asked.questions[1].text


def test_a_rule_that_cannot_be_followed_is_refused():
    with pytest.raises(ConfigurationError):
        AuthoringRule(most_repairs=-1)
