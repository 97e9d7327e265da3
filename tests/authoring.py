"""Making models in tests: a runner without a sandbox, a memory of units, and a few models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from edgeworth.ports import Finish, Reply
from edgeworth.simulation.authoring import Ran
from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.contract import RunOptions, run_here
from edgeworth.simulation.sandbox import Outcome, RunStatus
from edgeworth.units import UsdMicros

QUARTER = """
import numpy as np

def simulate(context, runs, rng):
    rate = rng.uniform(0.2, 0.3, size=runs)
    return {"outcomes": np.where(rng.random(runs) < rate, 0, 1), "drivers": {"rate": rate}}
"""
"""Says one in four, whatever the price."""

BROKEN = """
def simulate(context, runs, rng):
    numbers = []
    return {"outcomes": numbers[7]}
"""
"""Fails in its line 4."""

ABSTAINING = """
def simulate(context, runs, rng):
    return {"abstain": "the rules do not say who counts"}
"""


def answer(model_py: str = QUARTER, *, abstain: str = "", assumptions: Sequence[str] = ("a quarter of years",)) -> dict:
    """A reply's value."""
    return {
        "rationale": "Base rates.",
        "assumptions": list(assumptions),
        "abstain": abstain,
        "model_py": "" if abstain else model_py,
    }


def unusable(finish: Finish, problem: str = "it would not say") -> Reply:
    return Reply(
        finish=finish, model="scripted", input_tokens=100, output_tokens=10, cost=UsdMicros(1_000), problem=problem
    )


class RunsHere:
    """A ``ModelRunner`` that runs models in this process, or gives the outcomes that a test wrote down first."""

    def __init__(self, *outcomes: Outcome, level: str = "test:here") -> None:
        self.outcomes = list(outcomes)
        self.level = level
        self.runs: list[tuple[str, RunOptions, bool]] = []

    async def run(self, model: str, context: SimulationContext, options: RunOptions, *, own_code: bool) -> Ran:
        self.runs.append((model, options, own_code))
        if self.outcomes:
            return Ran(outcome=self.outcomes.pop(0), level=self.level)
        result = run_here(model, context, options)
        return Ran(outcome=Outcome(status=RunStatus.OK, seconds=0.5, result=result), level=self.level)


class Units:
    """A ``UnitStore`` in memory."""

    def __init__(self) -> None:
        self.bodies: dict[tuple[str, str], bytes] = {}

    def recall(self, kind: str, key: str) -> bytes | None:
        return self.bodies.get((kind, key))

    def remember(self, kind: str, key: str, body: bytes) -> None:
        self.bodies[kind, key] = body

    def kinds(self) -> list[str]:
        return sorted(kind for kind, _ in self.bodies)


def ticking() -> Any:
    """A stopwatch that goes on by a second each time it is looked at."""
    ticks: Iterator[int] = count()
    return lambda: float(next(ticks))
