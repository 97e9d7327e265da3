"""The simulation pipeline: choose markets and gather what may be known, simulate each, publish.

One task a market, so that each has its own record, its own line in the UI and its own failure; the order of the steps,
the fan-out and the names are all that is decided here.
"""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas import State
from prefect.runtime import flow_run
from prefect.states import Completed

from edgeworth.markets.universe import UniverseMode
from flows.forms import BatchForm
from tasks.orchestration.fan_out import in_windows
from tasks.orchestration.task_runners import task_runner
from tasks.simulation.flow_tasks import BatchProgress, begin, gather, markets_at_once, publish, simulate_market
from tasks.simulation.workshop import workshop


def run_name() -> str:
    """What the run looks at, for the list of runs."""
    asked: dict[str, Any] = flow_run.parameters
    return batch_name(BatchForm.model_validate(asked.get("batch") or {}))


def batch_name(batch: BatchForm) -> str:
    """A batch in a few words."""
    if batch.mode is UniverseMode.CUSTOM:
        return f"simulate {batch.picks[0]}" if len(batch.picks) == 1 else f"simulate {len(batch.picks)} chosen markets"
    where = f" in {batch.category}" if batch.category else ""
    return f"simulate {batch.count} by {batch.mode.value.replace('_', ' ')}{where}"


@flow(
    name="simulate-batch",
    description="Simulate a batch of markets and say where the market and the simulation differ.",
    flow_run_name=run_name,
)
def simulate(batch: BatchForm = BatchForm()) -> State:  # noqa: B008
    """Completed also when markets failed: they are named in the message and in the report.

    Args:
        batch: Which markets, and how.
    """
    plan = batch.plan()
    run = begin(plan)
    index = gather(run, plan)
    progress = BatchProgress(len(index.markets))
    # Left in this order: the workshop ends what runs here, the runner ends what runs elsewhere and waits for it.
    with task_runner(run) as runner, workshop(run, plan) as shop:
        ended = in_windows(
            lambda market: runner.submit(simulate_market, {"run": run, "plan": plan, "index": index, "market": market}),
            index.markets,
            at_once=markets_at_once(),
        )
        for market, future in ended:
            progress.ended(market, future)
        closing = progress.closing(shop.closing)
    published = publish(run, plan, index, closing, progress.lost)
    return Completed(message=published.sentence, data=published.folder)
