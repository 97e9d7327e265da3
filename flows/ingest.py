"""The ingest pipeline: read each source, then publish what became of them.

One task a source, so that one venue's failure is one red line and the others stand; the order of the steps and their
names are all that is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas import State
from prefect.futures import wait
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from tasks.ingestion.flow_tasks import begin, publish, read_source
from tasks.ingestion.steps import IngestPlan

DEFAULT_SOURCES = ["polymarket", "kalshi"]


def run_name() -> str:
    """What the run reads, for the list of runs."""
    asked: dict[str, Any] = flow_run.parameters
    return ingest_name(asked.get("sources") or DEFAULT_SOURCES, full=bool(asked.get("full")))


def ingest_name(sources: Sequence[str], *, full: bool) -> str:
    """An ingest in a few words; of a file its name alone."""
    read = ", ".join(source.rsplit("/", 1)[-1] for source in sources)
    return f"{read}: everything" if full else f"{read}: active set"


@flow(name="ingest", description="Bring markets of the venues into the catalogue.", flow_run_name=run_name)
def ingest(
    sources: Annotated[list[str], Field(min_length=1)] = DEFAULT_SOURCES,
    limit: Annotated[int | None, Field(ge=1)] = None,
    full: bool = False,
    history: bool = True,
    include_combos: bool = False,
    as_of: datetime | None = None,
) -> State:
    """Completed when every source was read to its end; failed, with a valid partial report, otherwise.

    Args:
        sources: polymarket, kalshi, synthetic or file:PATH; each is read on its own.
        limit: Stop each listing after this many rows.
        full: The full universe, closed and settled markets included.
        history: Also books, prices and trades of the busiest open markets.
        include_combos: Also take Kalshi's multi-leg combos.
        as_of: When recorded files were recorded, where they do not say.
    """
    plan = IngestPlan(
        sources=tuple(sources), limit=limit, full=full, history=history, include_combos=include_combos, as_of=as_of
    )
    run = begin(plan)
    futures = [read_source.submit(run, source, plan) for source in plan.sources]
    wait(futures)
    outcomes = [report for future in futures for report in future.result()]
    published = publish(run, plan, outcomes)
    state = Failed if published.has_failed else Completed
    return state(message=published.sentence, data=published.folder)
