"""The freshness pipeline: judge the age of each venue's markets, then publish the verdicts."""

from __future__ import annotations

from typing import Annotated

from prefect import flow
from prefect.client.schemas import State
from prefect.states import Completed
from pydantic import Field

from edgeworth.markets.venue import Venue
from tasks.ingestion.freshness import judge, publish

DEFAULT_VENUES = [Venue.POLYMARKET, Venue.KALSHI]


@flow(
    name="freshness",
    description="Are the markets of every venue within their target age?",
    flow_run_name="within {target_minutes} minutes?",
)
def freshness(
    venues: Annotated[list[Venue], Field(min_length=1)] = DEFAULT_VENUES,
    target_minutes: Annotated[int, Field(ge=1)] = 60,
) -> State:
    """Completed as ``Fresh`` or as ``Stale``: a missed target is a finding of the check, not a failure of it.

    Args:
        venues: Venues to judge.
        target_minutes: Greatest age that still counts as fresh.
    """
    verdicts = judge(venues, target_minutes)
    publish(verdicts, target_minutes)
    stale = [verdict.venue.value for verdict in verdicts if not verdict.is_fresh]
    if stale:
        return Completed(
            name="Stale", message=f"{', '.join(stale)}: not read to the end within {target_minutes} minutes"
        )
    return Completed(name="Fresh", message=f"all {len(verdicts)} venues read within {target_minutes} minutes")
