"""What was published about a market's question by its instant, put into its context.

A search that fails costs a market its news, not its simulation. Which results were known by then is the service's
business (``edgeworth.ports.Research``); what is later all the same is left out here once more, and counted.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.errors import BudgetSpentError, SourceError
from edgeworth.ports import Research, ResearchAnswer, ResearchSnippet
from edgeworth.simulation.context import SimulationContext, Snippet
from edgeworth.simulation.record import ResearchUse
from edgeworth.simulation.spending import usage_of_search

SNIPPETS: Final = 8
"""Wanted by default; services give up to ten for one price."""

LONGEST_QUERY: Final = 300


class Researched(Struct, frozen=True, kw_only=True):
    """A context with what was found, and how the search went."""

    context: SimulationContext
    use: ResearchUse


async def research(service: Research | None, context: SimulationContext, *, limit: int = SNIPPETS) -> Researched:
    """``context`` with at most ``limit`` snippets more; unchanged when there is no service, or it failed.

    Raises:
        ConfigurationError: The key is refused.
    """
    if service is None:
        return Researched(context=context, use=ResearchUse())
    query = query_of(context)
    try:
        answer = await service.search(query, context.as_of, limit)
    except (SourceError, BudgetSpentError) as error:
        return Researched(context=context, use=ResearchUse(service=service.name, query=query, problem=str(error)))
    kept, rejected = _known_by(context, answer, limit)
    use = ResearchUse(
        service=answer.service,
        query=query,
        found=len(kept),
        rejected=rejected,
        usage=usage_of_search(answer),
    )
    return Researched(context=replace(context, research=(*context.research, *map(_snippet, kept))), use=use)


def query_of(context: SimulationContext) -> str:
    """The question in one line, with the title of the event where it says something else."""
    question = _one_line(context.question)
    title = _one_line(context.event.title) if context.event is not None else ""
    words = question if title.casefold() in question.casefold() else f"{question} ({title})"
    return words[:LONGEST_QUERY]


def _one_line(text: str) -> str:
    """Without half characters, which cannot be sent."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _known_by(
    context: SimulationContext, answer: ResearchAnswer, limit: int
) -> tuple[list[ResearchSnippet], dict[str, int]]:
    known = [one for one in answer.snippets if one.published_at <= context.as_of]
    rejected = Counter(answer.rejected)
    rejected["later"] += len(answer.snippets) - len(known)
    rejected["beyond_limit"] += len(known[limit:])
    return known[:limit], {reason: count for reason, count in sorted(rejected.items()) if count}


def _snippet(found: ResearchSnippet) -> Snippet:
    return Snippet(
        source=found.source, title=found.title, text=found.text, published_at=found.published_at, url=found.url
    )
