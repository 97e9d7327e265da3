"""Finished markets and forecasts for tests: a plain one, and what differs said by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from edgeworth.simulation.estimate import estimate
from edgeworth.simulation.forecast import Forecast, forecast_of
from edgeworth.simulation.record import AuthorKind, MarketSimulation, MarketStatus, ModelRun, ResearchUse, Usage
from edgeworth.simulation.result import (
    Anchoring,
    Belief,
    OutcomeChance,
    Problem,
    SimulationResult,
    SimulationStatus,
)
from edgeworth.units import UsdMicros
from tests.contexts import AS_OF, context, quote

SOURCE = "def simulate(context, runs, rng):\n    ...\n"


def a_result(probability: float = 0.5, **changes: Any) -> SimulationResult:
    """An independent model's answer; ``changes`` are its other fields."""
    outcomes = tuple(
        OutcomeChance(label=name, probability=p, standard_error=0.01, low=0.0, high=1.0)
        for name, p in (("Yes", probability), ("No", 1.0 - probability))
    )
    belief = Belief(confidence=0.9, low=0.25, high=0.75, mean=0.5, deviation=0.125, draws=40)
    plain = {
        "contract": 1,
        "status": SimulationStatus.OK,
        "seed": 7,
        "label": Anchoring.INDEPENDENT,
        "runs": 200,
        "asked_runs": 200,
        "outcomes": outcomes,
        "belief": belief,
    }
    return SimulationResult(**(plain | changes))


def an_abstention() -> SimulationResult:
    """What the harness gives when a model has nothing to go by."""
    return SimulationResult(
        contract=1, status=SimulationStatus.ABSTAINED, seed=7, problem=Problem(code="abstained", message="no history")
    )


def a_model(**changes: Any) -> ModelRun:
    """A model that a language model wrote; ``changes`` are its other fields."""
    plain = {
        "number": 0,
        "author": "anthropic/x",
        "kind": AuthorKind.WRITTEN,
        "why": "asked for",
        "source": SOURCE,
        "result": a_result(),
        "repairs": 1,
        "prompt_ids": ("write_v1",),
        "usage": Usage(input_tokens=1_000, output_tokens=200, cost=UsdMicros(4_500), calls=2),
        "log": "hello",
        "sandbox": "local: landlock",
        "seconds": 1.5,
    }
    return ModelRun(**(plain | changes))


def a_record(market_id: str = "kalshi:KXTEST", **changes: Any) -> MarketSimulation:
    """A market that succeeded, quoted at 0.39 to 0.41; ``changes`` are its other fields."""
    asked = changes.pop("context", None) or context(market_id=market_id, quote=quote(0.39, 0.41))
    models = changes.pop("models", (a_model(),))
    answers = [model.result for model in models if model.has_answer and model.result is not None]
    plain = {
        "market_id": market_id,
        "venue": market_id.partition(":")[0],
        "is_synthetic": market_id.startswith("synthetic-"),
        "question": asked.question,
        "url": None,
        "slug": "will-it-happen",
        "status": MarketStatus.SUCCEEDED if answers else MarketStatus.SKIPPED,
        "context": asked,
        "left_out": {},
        "research": ResearchUse(),
        "models": models,
        "estimate": estimate(asked, answers) if answers else None,
        "problem": None if answers else "every model abstained: no history",
        "started_at": AS_OF,
        "finished_at": AS_OF + timedelta(seconds=10),
    }
    return MarketSimulation(**(plain | changes))


def a_forecast(record: MarketSimulation, run_id: str = "run", **changes: Any) -> Forecast:
    """The forecast of ``record``, written down a minute after ``as_of``; ``changes`` are its other fields."""
    plain = {"registered_at": AS_OF + timedelta(minutes=1), "code_version": "1.0"}
    return forecast_of(record, run_id=run_id, **(plain | changes))
