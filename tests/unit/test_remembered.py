"""What was paid for or waited for once is not asked for again, by whichever process of the batch."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from edgeworth.errors import BudgetSpentError, RetriableSourceError
from edgeworth.ports import Finish, Prompt, Reply, ResearchAnswer
from edgeworth.simulation.authoring import AuthoringRule, Ran, write_and_run
from edgeworth.simulation.contract import RunOptions
from edgeworth.simulation.remembered import RememberedModel, RememberedRuns, RememberedSearch
from edgeworth.simulation.sandbox import Limits, Outcome, RunStatus
from edgeworth.simulation.spending import CountedModel, CountedResearch, Spending
from edgeworth.units import UsdMicros
from tests.authoring import BROKEN, QUARTER, RunsHere, Units, answer, ticking, unusable
from tests.contexts import context, hourly, quote
from tests.scripted import ScriptedModel

pytestmark = pytest.mark.anyio

QUESTION = Prompt(prompt_id="weather_v1", system="You judge.", text="Rain?")
REPLY = Reply(
    finish=Finish.COMPLETE,
    model="m",
    input_tokens=90,
    output_tokens=10,
    cost=UsdMicros(2_000),
    value={"rain": True, "words": ["half \ud83d"]},
    text="half \ud83d",
)
FIFTY = RunOptions(runs=50)
PRICED = context(quote=quote(0.60, 0.62), history=hourly([0.6] * 60))


async def ask(model, question=QUESTION, *, schema=None, max_tokens=10):
    return await model.ask(question, schema=schema or {"type": "object"}, max_tokens=max_tokens)


async def test_the_same_question_is_asked_once_also_by_another_process():
    units, scripted = Units(), ScriptedModel(REPLY)
    assert await ask(RememberedModel(scripted, units)) == REPLY
    assert await ask(RememberedModel(ScriptedModel(), units)) == REPLY
    assert (len(scripted.questions), units.kinds()) == (1, ["reply"])


@pytest.mark.parametrize(
    "other",
    [
        {"question": replace(QUESTION, text="Snow?")},
        {"question": replace(QUESTION, system="You guess.")},
        {"question": replace(QUESTION, prompt_id="weather_v2")},
        {"schema": {"type": "object", "title": "t"}},
        {"max_tokens": 11},
    ],
)
async def test_everything_that_decides_an_answer_makes_another_question(other):
    scripted = ScriptedModel(REPLY, REPLY)
    model = RememberedModel(scripted, Units())
    await ask(model)
    await ask(model, **other)
    assert len(scripted.questions) == 2


async def test_another_model_is_another_question():
    units, other = Units(), ScriptedModel(REPLY, name="another/model")
    await ask(RememberedModel(ScriptedModel(REPLY), units))
    await ask(RememberedModel(other, units))
    assert len(other.questions) == 1


@pytest.mark.parametrize("finish", [Finish.REFUSED, Finish.TRUNCATED, Finish.MALFORMED])
async def test_an_answer_without_a_value_was_paid_for_and_is_kept(finish):
    units, reply = Units(), unusable(finish)
    await ask(RememberedModel(ScriptedModel(reply), units))
    assert await ask(RememberedModel(ScriptedModel(), units)) == reply


async def test_a_failure_is_asked_again():
    scripted = ScriptedModel(RetriableSourceError("503"), REPLY)
    model = RememberedModel(scripted, Units())
    with pytest.raises(RetriableSourceError):
        await ask(model)
    assert await ask(model) == REPLY


async def test_two_who_ask_the_same_at_the_same_time_ask_once():
    class Slow(ScriptedModel):
        async def ask(self, question, *, schema, max_tokens):
            await asyncio.sleep(0)
            return await super().ask(question, schema=schema, max_tokens=max_tokens)

    scripted = Slow(REPLY)
    model = RememberedModel(scripted, Units())
    assert await asyncio.gather(ask(model), ask(model), ask(model)) == [REPLY] * 3
    assert len(scripted.questions) == 1


async def test_a_unit_that_cannot_be_read_is_made_again_and_said_so(caplog):
    units = Units()
    await ask(RememberedModel(ScriptedModel(REPLY), units))
    for body in (b"", b"{}", b"[1]", b"\xff", b"[" * 100_000):
        [place] = units.bodies
        units.bodies[place] = body
        caplog.clear()
        assert await ask(RememberedModel(ScriptedModel(REPLY), units)) == REPLY
        assert [record.message for record in caplog.records] == ["simulation.unit_unreadable"]


async def test_what_an_earlier_process_paid_is_counted_once_and_given_though_the_budget_is_spent():
    units = Units()
    await ask(RememberedModel(ScriptedModel(REPLY), units))
    spending = Spending(tokens=100)
    later = RememberedModel(CountedModel(ScriptedModel(), spending), units, on_recall=spending.count_reply)
    assert spending.used.calls == 0
    assert await ask(later) == REPLY
    assert await ask(later) == REPLY
    assert (spending.used.calls, spending.used.cost) == (1, 2_000)
    with pytest.raises(BudgetSpentError):
        await ask(later, replace(QUESTION, text="Snow?"))


async def test_what_this_process_paid_is_not_counted_again_when_it_is_recalled():
    spending = Spending()
    model = RememberedModel(CountedModel(ScriptedModel(REPLY), spending), Units(), on_recall=spending.count_reply)
    await ask(model)
    await ask(model)
    assert spending.used.calls == 1


class Searches:
    """Asks for half a cent a search."""

    name = "search"
    has_known_price = True

    def __init__(self):
        self.asked = 0

    async def search(self, query, as_of, limit):
        self.asked += 1
        return ResearchAnswer(service="search", query=query, as_of=as_of, snippets=(), cost=UsdMicros(5_000))


async def test_a_search_that_a_killed_process_paid_for_keeps_its_cost_and_is_counted_once():
    units, service = Units(), Searches()
    first = RememberedSearch(service, units, run="r", market_id="m")
    paid = await first.search("rain?", PRICED.as_of, 8)
    spending = Spending(cost=UsdMicros(5_000))
    counted = CountedResearch(service, spending)
    later = RememberedSearch(counted, units, run="r", market_id="m", on_recall=spending.count_search)
    assert await later.search("rain?", PRICED.as_of, 8) == paid
    assert await later.search("rain?", PRICED.as_of, 8) == paid
    assert (service.asked, spending.used.calls, spending.used.cost) == (1, 1, 5_000)


async def test_another_batch_and_another_market_ask_for_themselves():
    """Were an answer shared, both would tell its cost."""
    units, service = Units(), Searches()
    for run_id, market_id in (("r", "m"), ("r", "n"), ("s", "m")):
        await RememberedSearch(service, units, run=run_id, market_id=market_id).search("rain?", PRICED.as_of, 8)
    assert service.asked == 3


def runs(runner, units, wall_seconds=60.0):
    return RememberedRuns(runner, units, limits=Limits(wall_seconds=wall_seconds))


async def run(runner, *, model=QUARTER, given=PRICED, options=FIFTY, own_code=False):
    return await runner.run(model, given, options, own_code=own_code)


async def test_a_run_is_made_once():
    units, here = Units(), RunsHere()
    first = await run(runs(here, units))
    assert await run(runs(RunsHere(), units)) == first
    assert (len(here.runs), units.kinds()) == (1, ["run"])


@pytest.mark.parametrize(
    "other",
    [
        {"model": QUARTER + "\n"},
        {"given": context()},
        {"options": RunOptions(runs=50, seed=1)},
        {"own_code": True},
    ],
)
async def test_everything_that_decides_a_run_makes_another(other):
    units, here = Units(), RunsHere()
    await run(runs(here, units))
    await run(runs(here, units), **other)
    assert len(here.runs) == 2


async def test_so_do_another_sandbox_and_other_limits():
    units, weaker, slower = Units(), RunsHere(level="test:weaker"), RunsHere()
    await run(runs(RunsHere(), units))
    assert (await run(runs(weaker, units))).level == "test:weaker"
    await run(runs(slower, units, wall_seconds=5.0))
    assert (len(weaker.runs), len(slower.runs)) == (1, 1)


async def test_a_sandbox_that_failed_says_nothing_that_could_be_kept():
    units = Units()
    lost = Outcome(status=RunStatus.INFRASTRUCTURE, seconds=0.0, what_stopped_it="lost")
    assert (await run(runs(RunsHere(lost), units))).outcome == lost
    assert units.kinds() == []
    assert (await run(runs(RunsHere(), units))).outcome.status is RunStatus.OK


async def test_what_stopped_a_program_is_kept_word_for_word():
    """A repair is asked for by these words: other words would be another question, and be paid for again."""
    units = Units()
    late = Outcome(status=RunStatus.TIMEOUT, seconds=60.02, stdout="0x7f \ud83d", what_stopped_it="60.02 s is too long")
    await run(runs(RunsHere(late), units))
    assert await run(runs(RunsHere(), units)) == Ran(outcome=late, level="test:here")


async def test_a_market_taken_up_after_a_kill_asks_and_runs_nothing_twice():
    units = Units()

    async def market(scripted, here):
        return await write_and_run(
            RememberedModel(scripted, units),
            PRICED,
            runner=runs(here, units),
            rule=AuthoringRule(options=FIFTY),
            stopwatch=ticking(),
        )

    first = await market(ScriptedModel(answer(BROKEN), answer()), RunsHere())
    nobody, nothing = ScriptedModel(), RunsHere()
    assert await market(nobody, nothing) == first
    assert first.usage.calls == 2
    assert (nobody.questions, nothing.runs) == ([], [])


async def test_killed_between_two_steps_only_the_missing_ones_are_made():
    units = Units()
    rule = AuthoringRule(options=FIFTY)

    class KilledError(Exception):
        pass

    with pytest.raises(KilledError):
        await write_and_run(
            RememberedModel(ScriptedModel(answer(BROKEN), KilledError()), units),
            PRICED,
            runner=runs(RunsHere(), units),
            rule=rule,
            stopwatch=ticking(),
        )
    later, here = ScriptedModel(answer()), RunsHere()
    got = await write_and_run(
        RememberedModel(later, units), PRICED, runner=runs(here, units), rule=rule, stopwatch=ticking()
    )
    assert (got.has_answer, got.repairs, got.usage.calls) == (True, 1, 2)
    assert (len(later.questions), len(here.runs)) == (1, 1)
