"""The frozen beginning of a batch: which markets, what may be known of each, and where its pages go.

Written once, when the contexts were gathered; a batch that is taken up reads it, so that an hour later nothing new has
entered. The index is written last: what has no index was not gathered to the end and is gathered again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from edgeworth.errors import DataError
from edgeworth.markets.market import Market
from edgeworth.reports.batch import ExclusionCount, counted_exclusions
from edgeworth.simulation.context import KnownOutcome, SimulationContext
from edgeworth.simulation.market_run import GatheredMarket
from edgeworth.simulation.ports import UnitStore
from edgeworth.simulation.unit_key import unit_key
from tasks.simulation.folder import BatchFolder, market_slugs
from tasks.simulation.gathering import Gathering
from tasks.taking_up import BegunRun


class MarketRef(Struct, frozen=True):
    """Names a market of a batch; small enough to be a task's parameter."""

    market_id: str
    slug: str


class BatchIndex(Struct, frozen=True, kw_only=True):
    """What the markets of a batch have in common.

    Attributes:
        name: Of the batch. as_of: Nothing later is known. folder: Of the batch, as a path.
        markets: In the order of the selection. exclusions: Markets left out, by reason.
        notes: What a reader of the report should know of how the material was gathered.
    """

    run_id: str
    name: str
    as_of: datetime
    folder: str
    markets: tuple[MarketRef, ...]
    exclusions: tuple[ExclusionCount, ...]
    notes: tuple[str, ...] = ()


MARKET_KIND = "gathered"
INDEX_KIND = "batch"


def frozen(
    begun: BegunRun, name: str, folder: BatchFolder, found: Gathering
) -> tuple[BatchIndex, list[GatheredMarket]]:
    """What is kept of the beginning: every chosen market once, also those of which no context could be made."""
    contexts = {one.context.market_id: one for one in found.contexts}
    problems = {one.market_id: one.problem for one in found.failures}
    markets = []
    slugs = market_slugs(market.question for market in found.selection.chosen)
    for market, slug in zip(found.selection.chosen, slugs, strict=True):
        gathered = contexts.get(market.market_id)
        context = _bare_context(market, found) if gathered is None else gathered.context
        markets.append(
            GatheredMarket(
                market_id=market.market_id,
                venue=market.venue.value,
                is_synthetic=market.venue.is_synthetic,
                question=market.question,
                url=market.url,
                slug=slug,
                context=context,
                left_out={} if gathered is None else gathered.rejected,
                problem=problems.get(market.market_id),
            )
        )
    index = BatchIndex(
        run_id=begun.run_id,
        name=name,
        as_of=found.as_of,
        folder=str(folder.path.absolute()),
        markets=tuple(MarketRef(one.market_id, one.slug) for one in markets),
        exclusions=counted_exclusions(found.selection.excluded),
        notes=tuple(_notes(found)),
    )
    return index, markets


def _bare_context(market: Market, found: Gathering) -> SimulationContext:
    """What is certain of a market of which nothing else could be put together."""
    outcomes = tuple(KnownOutcome(label=outcome.label) for outcome in market.outcomes)
    return SimulationContext(market_id=market.market_id, question=market.question, outcomes=outcomes, as_of=found.as_of)


def _notes(found: Gathering) -> list[str]:
    """What a reader should know of how the material was gathered."""
    notes = [
        f"Books of {use.venue}: {use.fresh} asked now, {use.stored} stored earlier ({use.note})."
        for use in found.books
        if use.note
    ]
    if found.passed_over:
        told = ", ".join(f"{number:,} {status}" for status, number in found.passed_over.items())
        notes.append(f"Not looked at, because they cannot be traded: {told}.")
    return notes


def freeze(units: UnitStore, index: BatchIndex, markets: Iterable[GatheredMarket]) -> None:
    """Keep the beginning of a batch."""
    for market in markets:
        units.remember(MARKET_KIND, unit_key(index.run_id, market.market_id), msgspec.json.encode(market))
    units.remember(INDEX_KIND, unit_key(index.run_id), msgspec.json.encode(index))


def frozen_index(units: UnitStore, run_id: str) -> BatchIndex | None:
    """The index of the run, or ``None`` when it was not gathered to the end."""
    body = units.recall(INDEX_KIND, unit_key(run_id))
    return None if body is None else msgspec.json.decode(body, type=BatchIndex)


def frozen_market(units: UnitStore, run_id: str, market_id: str) -> GatheredMarket:
    """One market of a batch that was frozen.

    Raises:
        DataError: It is not there.
    """
    body = units.recall(MARKET_KIND, unit_key(run_id, market_id))
    if body is None:
        raise DataError(f"expected {market_id} among the gathered markets of run {run_id}, found nothing")
    return msgspec.json.decode(body, type=GatheredMarket)
