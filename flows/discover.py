"""The discovery pipeline: embed what changed, match what is alike, look for what can be traded, publish.

One task a stage, so that each has its own record and its own line in the UI; what one stage finds reaches the next
through the stores. The order of the stages and their names are all that is decided here.
"""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from tasks.discovery.flow_tasks import begin, embed, find, match, publish, read
from tasks.discovery.plan import DiscoverPlan


def run_name() -> str:
    """What the run looks at, for the list of runs."""
    asked: dict[str, Any] = flow_run.parameters
    if asked.get("market"):
        return f"neighbours of {asked['market']}"
    return f"the {asked['limit']} busiest markets" if asked.get("limit") else "all open markets"


@flow(
    name="discover",
    description="Find markets that are the same bet, and what can be traded between them.",
    flow_run_name=run_name,
)
def discover(
    market: str | None = None,
    limit: Annotated[int | None, Field(ge=1)] = None,
    embed_changed: bool = True,
    fetch_books: bool = True,
    across_venues: bool = False,
    same_category: bool = True,
    same_outcome_count: bool = True,
    close_within_days: Annotated[float | None, Field(ge=0)] = 7.0,
    far_within_days: Annotated[float | None, Field(ge=0)] = 90.0,
    second_reader: Annotated[int, Field(ge=0)] = 0,
) -> State:
    """Completed when every stage came to its end; failed, with a valid partial report, otherwise.

    Args:
        market: Only the neighbours of this one (id, venue key or slug).
        limit: Only so many of the busiest open markets.
        embed_changed: Also propose pairs by vectors, embedding what is new or changed; else by words alone.
        fetch_books: Ask the venues for their present books; else the latest stored ones are used.
        across_venues: Only pairs on two venues.
        same_category: Only pairs of one category, as far as known.
        same_outcome_count: Only pairs with equally many outcomes.
        close_within_days: Only pairs that close at most so many days apart; None for any.
        far_within_days: Besides, the nearest two of each market that close at most so many days apart; None for none.
        second_reader: Pairs that a language model may read again at most; each costs money.
    """
    plan = DiscoverPlan(
        market=market,
        limit=limit,
        embed=embed_changed,
        fetch_books=fetch_books,
        across_venues=across_venues,
        same_category=same_category,
        same_outcome_count=same_outcome_count,
        close_within_days=close_within_days,
        far_within_days=far_within_days,
        second_reader=second_reader,
    )
    run = begin(plan)
    embedded = embed(run, plan)
    matched = match(run, plan)
    again = read(run, plan)
    found = find(run, plan)
    published = publish(run, plan, embedded, matched, again, found)
    state = Failed if published.has_failed else Completed
    return state(message=published.sentence, data=published.folder)
