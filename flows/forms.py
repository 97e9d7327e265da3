"""What a batch of simulations is asked, as a form in Prefect's interface: choices, bounds, a sentence a field.

The same values as ``tasks.simulation.plan.SimulatePlan``, which a test compares field by field.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edgeworth.markets.universe import UniverseMode
from tasks.simulation.plan import AuthorChoice, SimulatePlan

Category = Literal["politics", "world", "sports", "crypto", "finance"]
Sandbox = Literal["auto", "local", "daytona", "unsafe"]


class BudgetForm(BaseModel):
    """Where a batch stops asking paid services and beginning markets; empty sets no bound."""

    model_config = ConfigDict(extra="forbid")

    tokens: Annotated[int | None, Field(ge=0, description="Of language models, in and out.")] = None
    cost: Annotated[int | None, Field(ge=0, description="Of everything paid, in millionths of a dollar.")] = None
    seconds: Annotated[
        float | None, Field(ge=0, description="Wall time from the beginning, or from when the batch was taken up.")
    ] = None


class BatchForm(BaseModel):
    """Which markets are simulated, and how."""

    model_config = ConfigDict(extra="forbid")

    mode: Annotated[
        UniverseMode, Field(description="By what markets are ranked, or custom for those that are named.")
    ] = UniverseMode.TOP_VOLUME
    count: Annotated[int, Field(ge=1, le=1_000, description="Markets at most; not used by custom.")] = 10
    category: Annotated[Category | None, Field(description="Only markets of this category; empty for all.")] = None
    picks: Annotated[list[str], Field(description="For custom: market ids, venue keys or slugs.")] = []
    volume_floor_usd: Annotated[float, Field(ge=0, description="Fewer dollars traded leave a market out.")] = 10_000.0
    runs: Annotated[
        int | None, Field(ge=1, le=1_000_000, description="Most draws of a model; empty takes the setting.")
    ] = None
    standard_error: Annotated[float, Field(ge=0, description="Stop drawing once it is this small; 0 never.")] = 0.0
    models: Annotated[
        int, Field(ge=1, le=20, description="Models a market; they differ where a language model writes them.")
    ] = 1
    author: Annotated[
        AuthorChoice, Field(description="A language model, the built-in models, or auto: whichever there is.")
    ] = AuthorChoice.AUTO
    research: Annotated[bool, Field(description="Search for news, where a service is set up.")] = True
    sandbox: Annotated[Sandbox | None, Field(description="Where models run; empty takes the setting.")] = None
    seed: Annotated[int, Field(ge=0, description="Of everything random.")] = 0
    budget: Annotated[BudgetForm, Field(description="Where to stop.")] = BudgetForm()
    fetch_books: Annotated[
        bool, Field(description="Ask the venues for present books; else the latest stored ones are used.")
    ] = True
    as_of: Annotated[AwareDatetime | None, Field(description="Nothing later is known; empty for now.")] = None
    name: Annotated[str | None, Field(description="What the batch's folder begins with.")] = None

    def plan(self) -> SimulatePlan:
        """The same as a plan."""
        values = self.model_dump()
        as_of: datetime | None = values["as_of"]
        return msgspec.convert({**values, "as_of": as_of}, SimulatePlan)
