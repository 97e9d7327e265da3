"""The simulation pipeline: choose markets and gather what may be known, simulate each, publish.

One task a market, so that each has its own record, its own line in the UI and its own failure; the order of the steps,
the fan-out and the names are all that is decided here.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from prefect import flow
from prefect.client.schemas import State
from prefect.runtime import flow_run
from prefect.states import Completed
from pydantic import BaseModel, Field

from edgeworth.markets.universe import UniverseMode
from tasks.fan_out import in_windows
from tasks.simulate import BatchProgress, begin, gather, markets_at_once, publish, simulate_market
from tasks.simulation_plan import AuthorChoice, SimulatePlan
from tasks.workshop import workshop


class BudgetForm(BaseModel):
    """Where a batch stops asking paid services and beginning markets."""

    tokens: Annotated[int | None, Field(ge=0, description="Of language models, in and out; empty for no bound.")] = None
    cost: Annotated[int | None, Field(ge=0, description="Millionths of a dollar; empty for no bound.")] = None
    seconds: Annotated[float | None, Field(gt=0, description="Wall time; empty for no bound.")] = None


def run_name() -> str:
    """What the run looks at, for the list of runs."""
    asked: dict[str, Any] = flow_run.parameters
    mode = UniverseMode(asked.get("mode", UniverseMode.TOP_VOLUME))
    if mode is UniverseMode.CUSTOM:
        picks: list[str] = list(asked.get("picks") or [])
        return f"simulate {picks[0]}" if len(picks) == 1 else f"simulate {len(picks)} chosen markets"
    where = f" in {asked['category']}" if asked.get("category") else ""
    return f"simulate {asked.get('count', 10)} by {mode.value.replace('_', ' ')}{where}"


@flow(
    name="simulate-batch",
    description="Simulate a batch of markets and say where the market and the simulation differ.",
    flow_run_name=run_name,
)
def simulate(
    mode: UniverseMode = UniverseMode.TOP_VOLUME,
    count: Annotated[int, Field(ge=1, le=1_000)] = 10,
    category: str | None = None,
    picks: list[str] | None = None,
    volume_floor_usd: Annotated[float, Field(ge=0)] = 10_000.0,
    runs: Annotated[int | None, Field(ge=1, le=1_000_000)] = None,
    standard_error: Annotated[float, Field(ge=0)] = 0.0,
    models: Annotated[int, Field(ge=1, le=20)] = 1,
    author: AuthorChoice = AuthorChoice.AUTO,
    research: bool = True,
    sandbox: str | None = None,
    seed: Annotated[int, Field(ge=0)] = 0,
    budget: BudgetForm | None = None,
    fetch_books: bool = True,
    name: str | None = None,
) -> State:
    """Completed also when markets failed: they are named in the message and in the report.

    Args:
        mode: By what markets are ranked, or custom for named ones.
        count: How many at most.
        category: Only markets of this category.
        picks: Market ids, venue keys or slugs, for custom.
        volume_floor_usd: Fewer dollars traded leave a market out.
        runs: Most draws of a model; empty takes the setting.
        standard_error: Stop drawing once it is this small; 0 never.
        models: Models a market; they differ where a language model writes them.
        author: Who writes the models.
        research: Search for news, where a service is set up.
        sandbox: auto, local, daytona or unsafe; empty takes the setting.
        seed: Of everything random.
        budget: Where to stop.
        fetch_books: Ask the venues for present books; else the latest stored ones are used.
        name: Of the batch, for its folder.
    """
    plan = msgspec.convert(
        {
            "mode": mode,
            "count": count,
            "category": category,
            "picks": tuple(picks or ()),
            "volume_floor_usd": volume_floor_usd,
            "runs": runs,
            "standard_error": standard_error,
            "models": models,
            "author": author,
            "research": research,
            "sandbox": sandbox,
            "seed": seed,
            "budget": (budget or BudgetForm()).model_dump(),
            "fetch_books": fetch_books,
            "name": name,
        },
        SimulatePlan,
    )
    run = begin(plan)
    batch = gather(run, plan)
    progress = BatchProgress(len(batch.markets))
    with workshop(run, plan) as shop:
        ended = in_windows(
            lambda market: simulate_market.submit(run, plan, batch, market), batch.markets, at_once=markets_at_once()
        )
        for market, future in ended:
            progress.ended(market, future)
        closing = shop.closing
    published = publish(run, plan, batch, closing, progress.lost)
    return Completed(message=published.sentence, data=published.folder)
