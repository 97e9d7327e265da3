"""The main job: ingest, discover, simulate, report. Each part is a flow that can be run alone; here is their order.

A part that fails does not stop the next one, which goes on with what the catalogue holds; the last step writes the
report that tells of all of them.
"""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from pydantic import Field

from flows.discover import discover
from flows.forms import BatchForm
from flows.ingest import ingest
from flows.simulate import batch_name, simulate
from tasks.main_job.flow_tasks import begin, discovered, ingested, publish, settle_batch, simulated
from tasks.main_job.plan import RunPlan

DEFAULT_SOURCES = ["polymarket", "kalshi"]


def run_name() -> str:
    """What the run reads and simulates, for the list of runs."""
    asked: dict[str, Any] = flow_run.parameters
    sources = ", ".join(name.rsplit("/", 1)[-1] for name in asked.get("sources") or DEFAULT_SOURCES)
    return f"{sources}: {batch_name(BatchForm.model_validate(asked.get('batch') or {}))}"


@flow(name="main-job", description="Ingest, discover, simulate and report.", flow_run_name=run_name)
def run(
    sources: Annotated[list[str], Field(min_length=1)] = DEFAULT_SOURCES,
    limit: Annotated[int | None, Field(ge=1)] = None,
    full: bool = False,
    history: bool = True,
    second_reader: Annotated[int, Field(ge=0)] = 0,
    batch: BatchForm = BatchForm(),  # noqa: B008
) -> State:
    """Completed when every part came to its end, failed with a valid partial report otherwise.

    Args:
        sources: polymarket, kalshi, synthetic or file:PATH; each is read on its own.
        limit: Stop each listing after this many rows.
        full: The full universe, closed and settled markets included.
        history: Also books, prices and trades of the busiest open markets.
        second_reader: Pairs that a language model may read again at most; each costs money.
        batch: Which markets are simulated, and how.
    """
    plan = RunPlan(
        sources=tuple(sources),
        limit=limit,
        full=full,
        history=history,
        second_reader=second_reader,
        batch=batch.plan(),
    )
    begin(plan)
    read = ingested(ingest(**plan.ingest.flow_parameters(), return_state=True))
    found = discovered(discover(**plan.discover.flow_parameters(), return_state=True))
    told = simulated(simulate(**settle_batch(plan).flow_parameters(), return_state=True))
    published = publish(plan, read, found, told)
    state = Failed if published.has_failed else Completed
    return state(message=published.sentence, data=published.folder)
