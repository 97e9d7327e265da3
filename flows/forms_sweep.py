"""What a sweep is asked, as a form in Prefect's interface: choices, bounds, a sentence a field.

The same values as ``tasks.replay.plan.SweepPlan``, which a test compares field by field.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from flows.forms_replay import BarsForm, StrategyForm
from tasks.replay.plan import SweepPlan


class SweepForm(StrategyForm):
    """Many settings of one strategy over one or more sets of bars."""

    bars: Annotated[list[BarsForm], Field(min_length=1, description="Over which bars; each asset once.")]
    grid: Annotated[
        dict[str, Annotated[list[Any], Field(min_length=1)]],
        Field(description="Values to try by the name of the setting; every combination is a trial."),
    ] = Field(default_factory=dict)
    chunk: Annotated[
        int, Field(ge=1, le=10_000, description="Trials that one process makes at a time; more when there are many.")
    ] = 25

    def plan(self) -> SweepPlan:
        """The same as a plan."""
        values = self.model_dump(exclude={"bars"})
        return SweepPlan(bars=tuple(one.choice() for one in self.bars), **values)
