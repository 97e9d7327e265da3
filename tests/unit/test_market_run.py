"""A market ends with an estimate, with nothing to go by, or with a failure that is its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from edgeworth.errors import ConfigurationError, RetriableSourceError
from edgeworth.ports import ResearchAnswer, ResearchSnippet
from edgeworth.simulation.builtin import BuiltinModel, author, render
from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.contract import RunOptions, run_here
from edgeworth.simulation.market_run import GatheredMarket, simulate_market, skipped
from edgeworth.simulation.record import AuthorKind, MarketStatus, ModelRun, without_half_characters
from edgeworth.simulation.result import Problem, SimulationResult, SimulationStatus, read_result
from tests.contexts import context as bare_context
from tests.contexts import hourly, quote

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_context() -> SimulationContext:
    return bare_context(quote=quote(0.40, 0.42), history=hourly([0.40, 0.41, 0.42, 0.40, 0.41] * 10))


def gathered(context: SimulationContext) -> GatheredMarket:
    return GatheredMarket(
        market_id=context.market_id,
        venue="kalshi",
        is_synthetic=False,
        question=context.question,
        url=None,
        slug="slug",
        context=context,
        left_out={"history_later": 2},
    )


def answered(context: SimulationContext) -> ModelRun:
    """What the belief walk says of ``context``."""
    source = render(BuiltinModel.BELIEF_WALK)
    result = read_result(run_here(source, context, RunOptions()), len(context.outcomes))
    return ModelRun(
        number=0,
        author=author(BuiltinModel.BELIEF_WALK),
        kind=AuthorKind.BUILTIN,
        why="",
        source=source,
        result=result,
    )


def abstaining(why: str) -> ModelRun:
    problem = Problem(code="abstained", message=why)
    result = SimulationResult(contract=1, status=SimulationStatus.ABSTAINED, seed=0, problem=problem)
    return ModelRun(number=0, author="a", kind=AuthorKind.WRITTEN, why="", result=result, problem=why)


def broken(why: str) -> ModelRun:
    return ModelRun(number=0, author="a", kind=AuthorKind.FALLBACK, why="", problem=why)


async def ended(models: Sequence[ModelRun], context: SimulationContext | None = None):
    async def modeller(_: SimulationContext) -> Sequence[ModelRun]:
        return models

    market = gathered(context or a_context())
    return await simulate_market(market, researcher=None, modeller=modeller, clock=lambda: NOON)


async def test_a_model_with_an_answer_gives_an_estimate():
    context = a_context()
    record = await ended([broken("it raised"), answered(context)], context)
    assert (record.status, record.problem) == (MarketStatus.SUCCEEDED, None)
    assert record.estimate is not None
    assert record.estimate.models == 1
    assert record.left_out == {"history_later": 2}


async def test_a_market_of_which_every_model_says_nothing_is_skipped_and_says_why():
    record = await ended([abstaining("there is no past to go by")])
    assert (record.status, record.problem) == (MarketStatus.SKIPPED, "there is no past to go by")
    assert record.estimate is None


async def test_one_broken_model_among_silent_ones_is_a_failure():
    record = await ended([abstaining("nothing to go by"), broken("it ran for 60 s")])
    assert (record.status, record.problem) == (MarketStatus.FAILED, "it ran for 60 s")


async def test_a_market_that_was_not_begun_is_skipped_with_the_reason():
    record = skipped(gathered(a_context()), "the budget of 60 seconds is spent", at=NOON)
    assert (record.status, record.problem) == (MarketStatus.SKIPPED, "the budget of 60 seconds is spent")
    assert record.seconds == 0.0


class Searched:
    """A search that gives one document, or fails."""

    name = "exa"

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem

    async def search(self, query: str, as_of: datetime, limit: int) -> ResearchAnswer:
        if self.problem is not None:
            raise self.problem
        found = ResearchSnippet(
            source="example.org", url="https://example.org", title="t", text="x", published_at=as_of - timedelta(days=1)
        )
        return ResearchAnswer(service="exa", query=query, as_of=as_of, snippets=(found,))


async def test_what_was_found_reaches_the_models_and_the_record():
    seen: list[int] = []

    async def modeller(context: SimulationContext) -> Sequence[ModelRun]:
        seen.append(len(context.research))
        return [answered(context)]

    market = gathered(a_context())
    record = await simulate_market(market, researcher=Searched(), modeller=modeller, clock=lambda: NOON)
    assert seen == [len(market.context.research) + 1]
    assert (record.research.service, record.research.found) == ("exa", 1)


async def test_a_search_that_fails_costs_the_news_alone():
    async def modeller(context: SimulationContext) -> Sequence[ModelRun]:
        return [answered(context)]

    searched = Searched(RetriableSourceError("Exa did not answer"))
    record = await simulate_market(gathered(a_context()), researcher=searched, modeller=modeller, clock=lambda: NOON)
    assert record.status is MarketStatus.SUCCEEDED
    assert record.research.problem == "Exa did not answer"


async def test_a_refused_key_is_no_failure_of_one_market():
    async def modeller(context: SimulationContext) -> Sequence[ModelRun]:
        raise ConfigurationError("Anthropic refuses the key")

    with pytest.raises(ConfigurationError, match="refuses the key"):
        await simulate_market(gathered(a_context()), researcher=None, modeller=modeller, clock=lambda: NOON)


async def test_half_characters_of_a_model_are_replaced_and_nothing_else_is_touched():
    record = await ended([abstaining("half \ud83d of a smile"), abstaining("whole \U0001f600")])
    clean = without_half_characters(record)
    assert [model.problem for model in clean.models] == ["half \ufffd of a smile", "whole \U0001f600"]
    assert clean.context == record.context
    untouched = await ended([abstaining("whole \U0001f600")])
    assert without_half_characters(untouched) is untouched
