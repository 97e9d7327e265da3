"""One market from its context to its record: research, models, estimate. Ports and values in, one value out.

Nothing that goes wrong for this market leaves it, except what is wrong for all of them (a refused key) and our own
stores failing. Which market, when, and what becomes of the record is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from msgspec import Struct

from edgeworth.ports import Clock, Research
from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.estimate import Estimate, EstimateRule, estimate
from edgeworth.simulation.record import MarketSimulation, MarketStatus, ModelRun, ResearchUse
from edgeworth.simulation.researching import Researched, research
from edgeworth.simulation.result import SimulationStatus

Modeller = Callable[[SimulationContext], Awaitable[Sequence[ModelRun]]]
"""Gives the models of a context, each written and run."""


class GatheredMarket(Struct, frozen=True, kw_only=True):
    """A market of a batch, with what may be known of it.

    Attributes:
        venue: As in ``Venue``. url: The venue's page. slug: Its folder in the batch.
        context: Without research yet. left_out: What did not enter it, by reason.
        problem: Why no context could be put together; ``context`` then holds the bare question.
    """

    market_id: str
    venue: str
    is_synthetic: bool
    question: str
    url: str | None
    slug: str
    context: SimulationContext
    left_out: dict[str, int] = {}
    problem: str | None = None


async def simulate_market(
    market: GatheredMarket,
    *,
    researcher: Research | None,
    modeller: Modeller,
    clock: Clock,
    rule: EstimateRule = EstimateRule(),  # noqa: B008
) -> MarketSimulation:
    """Search, model, compare.

    Args:
        market: What may be known, frozen when the batch began.
        researcher: Is searched for news; ``None`` for nobody.
        modeller: Writes and runs its models.
        clock: Dates the beginning and the end.
        rule: Of the comparison with the market.

    Raises:
        ConfigurationError: A key is refused: the other markets would fail in the same way.
        StorageError: Our own stores failed.
    """
    started_at = clock()
    known = await research(researcher, market.context)
    models = tuple(await modeller(known.context))
    told = estimate(known.context, [model.result for model in models if model.result], rule) if _any(models) else None
    status, problem = _ending(models)
    return _record(market, known, models, told, status, problem, started_at, clock())


def skipped(market: GatheredMarket, why: str, *, at: datetime) -> MarketSimulation:
    """The record of a market that was not begun."""
    known = Researched(context=market.context, use=ResearchUse())
    return _record(market, known, (), None, MarketStatus.SKIPPED, why, at, at)


def failed(market: GatheredMarket, why: str, *, started_at: datetime, finished_at: datetime) -> MarketSimulation:
    """The record of a market that came to no end."""
    known = Researched(context=market.context, use=ResearchUse())
    return _record(market, known, (), None, MarketStatus.FAILED, why, started_at, finished_at)


def _any(models: Sequence[ModelRun]) -> bool:
    return any(model.has_answer for model in models)


def _ending(models: Sequence[ModelRun]) -> tuple[MarketStatus, str | None]:
    """Whether there is an answer, nothing to go by, or a failure; and why there is no answer."""
    if _any(models):
        return MarketStatus.SUCCEEDED, None
    broken = [model for model in models if not _abstained(model)]
    if broken:
        return MarketStatus.FAILED, broken[0].problem or "no model gave an answer"
    return MarketStatus.SKIPPED, models[0].problem if models else "no model was made"


def _abstained(model: ModelRun) -> bool:
    return model.result is not None and model.result.status is SimulationStatus.ABSTAINED


def _record(
    market: GatheredMarket,
    known: Researched,
    models: tuple[ModelRun, ...],
    told: Estimate | None,
    status: MarketStatus,
    problem: str | None,
    started_at: datetime,
    finished_at: datetime,
) -> MarketSimulation:
    return MarketSimulation(
        market_id=market.market_id,
        venue=market.venue,
        is_synthetic=market.is_synthetic,
        question=market.question,
        url=market.url,
        slug=market.slug,
        status=status,
        context=known.context,
        left_out=market.left_out,
        research=known.use,
        models=models,
        estimate=told,
        problem=problem,
        started_at=started_at,
        finished_at=finished_at,
    )
