"""What a replay is asked, as a form in Prefect's interface: choices, bounds, a sentence a field.

The same values as ``tasks.replay.plan``, which a test compares field by field.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edgeworth.replay.windows import MOST_WINDOW_BARS
from tasks.replay.plan import BarsChoice, ReplayPlan


class BarsForm(BaseModel):
    """Which bars: of a file, of an asset in the history, or of an outcome of a market. Exactly one of the three."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str | None, Field(description="A table of bars, CSV or gzip, where the worker finds it.")] = None
    asset: Annotated[str | None, Field(description="Symbol of an asset whose bars were ingested.")] = None
    market: Annotated[str | None, Field(description="Market id, venue key or slug.")] = None
    outcome: Annotated[int, Field(ge=0, description="Which outcome of the market, from 0.")] = 0
    interval_seconds: Annotated[
        int, Field(ge=1, le=31_622_400, description="Length of a bar of an asset or a market.")
    ] = 3_600
    start: Annotated[AwareDatetime | None, Field(description="Only bars from this instant on.")] = None
    end: Annotated[AwareDatetime | None, Field(description="Only bars that have ended by this instant.")] = None

    def choice(self) -> BarsChoice:
        """The same as a part of a plan."""
        return msgspec.convert(self.model_dump(), BarsChoice)

    @property
    def called(self) -> str:
        """What they are of, for the list of runs; of a file its name."""
        return self.asset or self.market or (self.path or "").rpartition("/")[2]


class StrategyForm(BaseModel):
    """Which strategy, and at what costs."""

    model_config = ConfigDict(extra="forbid")

    strategy: Annotated[
        str, Field(description="cross, fusion, holder, dip, or module:Class that the worker can import.")
    ] = "fusion"
    settings: Annotated[
        dict[str, Any], Field(description="Other values for its settings, by name; dots reach within.")
    ] = {}
    cash: Annotated[float, Field(gt=0, description="Dollars to begin with.")] = 10_000.0
    fee_rate: Annotated[
        float | None, Field(ge=0, lt=1, description="Of what changes hands; empty takes what is usual for the bars.")
    ] = None
    half_spread: Annotated[
        float | None, Field(ge=0, lt=1, description="Of the price, of a market dollars; empty takes what is usual.")
    ] = None
    slippage: Annotated[
        float | None, Field(ge=0, lt=1, description="Of the price, of a market dollars; empty takes what is usual.")
    ] = None
    window: Annotated[
        int, Field(ge=0, le=MOST_WINDOW_BARS, description="Bars before and behind a candidate that are looked at.")
    ] = 48


class ReplayForm(StrategyForm):
    """One strategy over one set of bars."""

    bars: Annotated[BarsForm, Field(description="Over which bars.")]
    full: Annotated[bool, Field(description="Look at every bar; else around candidates alone.")] = False
    candidates: Annotated[
        str | None, Field(description="A candidates.jsonl where the worker finds it; empty screens.")
    ] = None

    cuts: Annotated[
        int, Field(ge=0, le=1_000, description="For parity: cut the bars short so often to find what looks ahead.")
    ] = 0

    def plan(self) -> ReplayPlan:
        """The same as a plan."""
        values = self.model_dump(exclude={"bars"})
        return ReplayPlan(bars=self.bars.choice(), **values)
