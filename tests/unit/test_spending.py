"""A budget is a hard stop: looked at before each question, overshot by no more than what was on its way."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from edgeworth.errors import BudgetSpentError, ConfigurationError, RetriableSourceError
from edgeworth.ports import Finish, Prompt, Reply, ResearchAnswer
from edgeworth.simulation.record import Usage
from edgeworth.simulation.spending import CountedModel, CountedResearch, Spending
from edgeworth.units import UsdMicros
from tests.contexts import AS_OF
from tests.scripted import ScriptedModel

QUESTION = Prompt(prompt_id="weather_v1", system="You judge.", text="Rain?")
REPLY = Reply(finish=Finish.COMPLETE, model="m", input_tokens=90, output_tokens=10, cost=UsdMicros(2_000), value={})
FOUND = ResearchAnswer(service="s", query="q", as_of=AS_OF, snippets=(), cost=UsdMicros(5_000))


class Search:
    """A research service that gives ``answer``, or raises it."""

    name = "search"

    def __init__(self, answer, *, has_known_price=True):
        self.answer = answer
        self.has_known_price = has_known_price
        self.asked = 0

    async def search(self, query, as_of, limit):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def ask(model, times=1):
    for _ in range(times):
        reply = await model.ask(QUESTION, schema={}, max_tokens=10)
    return reply


@pytest.mark.anyio
async def test_every_answer_is_counted_whatever_it_is_worth():
    spending = Spending()
    refused = replace(REPLY, finish=Finish.REFUSED, value=None)
    await ask(CountedModel(ScriptedModel(REPLY, refused), spending), 2)
    await CountedResearch(Search(FOUND), spending).search("q", AS_OF, 5)
    assert spending.used == Usage(input_tokens=180, output_tokens=20, cost=UsdMicros(9_000), calls=3)


@pytest.mark.anyio
async def test_a_failure_is_not_counted():
    spending = Spending(tokens=1)
    model = CountedModel(ScriptedModel(RetriableSourceError("503"), REPLY), spending)
    with pytest.raises(RetriableSourceError):
        await ask(model)
    assert spending.used == Usage()
    assert await ask(model) == REPLY


@pytest.mark.anyio
async def test_a_remembered_search_was_no_call():
    spending = Spending()
    await CountedResearch(Search(replace(FOUND, cost=UsdMicros(0))), spending).search("q", AS_OF, 5)
    assert spending.used == Usage()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("bounds", "asked", "words"),
    [
        ({"tokens": 250}, 3, "the budget of 250 tokens is spent (300 were used)"),
        ({"tokens": 300}, 3, "the budget of 300 tokens is spent (300 were used)"),
        ({"tokens": 301}, 4, "the budget of 301 tokens is spent (400 were used)"),
        ({"tokens": 0}, 0, "the budget of 0 tokens is spent (0 were used)"),
        ({"cost": UsdMicros(4_000)}, 2, "the budget of $0.004 is spent ($0.004 were paid)"),
        ({"cost": UsdMicros(4_001)}, 3, "the budget of $0.004001 is spent ($0.006 were paid)"),
    ],
)
async def test_once_a_bound_is_reached_nobody_is_asked(bounds, asked, words):
    spending, scripted = Spending(**bounds), ScriptedModel(*[REPLY] * 9)
    model = CountedModel(scripted, spending)
    with pytest.raises(BudgetSpentError) as caught:
        await ask(model, 9)
    assert str(caught.value) == words == spending.why_spent
    assert len(scripted.questions) == asked
    search = Search(FOUND)
    with pytest.raises(BudgetSpentError):
        await CountedResearch(search, spending).search("q", AS_OF, 5)
    assert search.asked == 0


@pytest.mark.anyio
async def test_time_is_a_bound_as_well():
    seconds = 0.0
    spending = Spending(seconds=10.0, stopwatch=lambda: seconds)
    model = CountedModel(ScriptedModel(REPLY, REPLY), spending)
    await ask(model)
    seconds = 10.0
    with pytest.raises(BudgetSpentError, match="10 seconds"):
        await ask(model)


class Slow:
    """Answers all questions when it is told to."""

    name = "slow"
    has_known_price = True

    def __init__(self):
        self.asked = 0
        self.go = asyncio.Event()

    async def ask(self, question, *, schema, max_tokens):
        self.asked += 1
        await self.go.wait()
        return REPLY


@pytest.mark.anyio
async def test_a_budget_is_overshot_by_no_more_than_the_answers_on_their_way():
    """Four markets ask at once; a budget for two answers lets the four in flight come home, and none after."""
    slow, spending = Slow(), Spending(tokens=200)
    model = CountedModel(slow, spending)

    async def market():
        await ask(model, 5)

    markets = [asyncio.create_task(market()) for _ in range(4)]
    await asyncio.sleep(0)
    assert slow.asked == 4
    slow.go.set()
    ended = await asyncio.gather(*markets, return_exceptions=True)
    assert [type(one) for one in ended] == [BudgetSpentError] * 4
    in_flight = 4
    assert slow.asked <= 2 + in_flight
    assert spending.used.calls == slow.asked


@pytest.mark.anyio
async def test_an_unknown_price_is_refused_before_the_first_question():
    search, model = Search(FOUND, has_known_price=False), ScriptedModel(REPLY)
    model.has_known_price = False
    spending = Spending(cost=UsdMicros(1_000_000))
    with pytest.raises(ConfigurationError, match=r"what scripted/model charges is not known.*budget of tokens instead"):
        CountedModel(model, spending)
    with pytest.raises(ConfigurationError, match="what search charges is not known"):
        CountedResearch(search, spending)
    assert (search.asked, model.questions) == (0, [])
    await ask(CountedModel(model, Spending(tokens=1_000)))


@pytest.mark.anyio
async def test_an_answer_without_a_cost_ends_a_budget_of_money():
    """A prompt beyond the declared length has no price: nobody knows what is left, so nothing more is asked."""
    scripted = ScriptedModel(replace(REPLY, cost=None), REPLY)
    model = CountedModel(scripted, Spending(cost=UsdMicros(9_000_000)))
    await ask(model)
    with pytest.raises(BudgetSpentError, match=r"what is left of \$9 is not known"):
        await ask(model)
    assert len(scripted.questions) == 1


@pytest.mark.anyio
async def test_without_a_budget_of_money_an_unknown_cost_stays_unknown():
    spending = Spending(tokens=1_000)
    await ask(CountedModel(ScriptedModel(replace(REPLY, cost=None), REPLY), spending), 2)
    assert spending.used == Usage(input_tokens=180, output_tokens=20, cost=None, calls=2)


@pytest.mark.anyio
async def test_a_refused_key_is_not_tried_for_every_market():
    scripted = ScriptedModel(ConfigurationError("the key in ANTHROPIC_API_KEY is refused"))
    model = CountedModel(scripted, Spending())
    for _ in range(3):
        with pytest.raises(ConfigurationError, match="ANTHROPIC_API_KEY is refused"):
            await ask(model)
    assert len(scripted.questions) == 1


def test_what_an_earlier_process_paid_counts():
    spending = Spending(tokens=100)
    spending.check()
    spending.count(Usage(input_tokens=60, output_tokens=40, cost=UsdMicros(7), calls=2))
    with pytest.raises(BudgetSpentError):
        spending.check()


@pytest.mark.parametrize("bounds", [{"tokens": -1}, {"cost": -1}, {"seconds": -1.0}, {"seconds": 1.0}])
def test_a_bound_that_makes_no_sense_is_refused(bounds):
    with pytest.raises(ConfigurationError):
        Spending(**bounds)


def test_names_and_prices_are_those_of_the_service():
    spending = Spending()
    assert CountedModel(ScriptedModel(name="a/b"), spending).name == "a/b"
    assert CountedResearch(Search(FOUND), spending).name == "search"
    assert CountedModel(ScriptedModel(), spending).has_known_price
    assert not CountedResearch(Search(FOUND, has_known_price=False), spending).has_known_price
