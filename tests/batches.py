"""Batches of simulations for tests: a plain market, and what differs said by name. Figures are chosen by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from edgeworth.markets.universe import Exclusion, ExclusionCode
from edgeworth.reports.batch import BatchReport, counted_exclusions
from edgeworth.simulation.estimate import Estimate, MarketView, Verdict
from edgeworth.simulation.record import AuthorKind, MarketSimulation, MarketStatus, ModelRun, ResearchUse, Usage
from edgeworth.simulation.result import (
    Anchoring,
    Belief,
    Check,
    OutcomeChance,
    Problem,
    SimulationResult,
    SimulationStatus,
    Spread,
)
from edgeworth.units import UsdMicros
from tests.contexts import AS_OF, context, hourly, quote

NASTY = '</td><script>document.title="taken"</script><img src=x onerror="document.title=1"> {{ 7*7 }} \u202e"\'&lt;'
SOURCE = '"""Heads, mostly."""\n\nimport numpy as np\n\n\ndef simulate(context, runs, rng):\n    return {"outcomes": [0] * runs}  # <b>no</b>\n'


def a_result(**changes: Any) -> SimulationResult:
    """A model that gives 0.47, sure to three points."""
    outcomes = (
        OutcomeChance(label="Yes", probability=0.47, standard_error=0.004, low=0.44, high=0.50),
        OutcomeChance(label="No", probability=0.53, standard_error=0.004, low=0.50, high=0.56),
    )
    plain = {
        "contract": 1,
        "status": SimulationStatus.OK,
        "seed": 7,
        "label": Anchoring.INDEPENDENT,
        "price_response": 0.01,
        "runs": 200,
        "asked_runs": 200,
        "batches": 2,
        "outcomes": outcomes,
        "belief": Belief(confidence=0.9, low=0.42, high=0.52, mean=0.47, deviation=0.03, draws=1000),
        "drivers": (
            Spread(
                name="a driver",
                p5=1,
                p25=2,
                p50=3,
                p75=4,
                p95=5,
                correlation=0.5,
                swing=0.2,
                swing_standard_error=0.05,
            ),
            Spread(name="a constant", p5=1, p25=1, p50=1, p75=1, p95=1),
        ),
        "checks": (Check(name="shape and bounds", passed=True), Check(name="price echo", passed=True, detail="0.01")),
        "timing": {"run_seconds": 0.25},
    }
    return SimulationResult(**(plain | changes))


def a_failed_result(message: str = "ValueError: no") -> SimulationResult:
    problem = Problem(code="raised", message=message, trace="line 7, in simulate\n    raise")
    return SimulationResult(contract=1, status=SimulationStatus.INVALID, seed=7, problem=problem)


def a_model(**changes: Any) -> ModelRun:
    plain = {
        "number": 0,
        "author": "builtin/bounds@1",
        "kind": AuthorKind.BUILTIN,
        "why": "2 markets elsewhere are about the same bet",
        "source": SOURCE,
        "result": a_result(),
        "log": "all went well",
        "sandbox": "bubblewrap",
        "seconds": 1.5,
    }
    return ModelRun(**(plain | changes))


def an_estimate(market_id: str, **changes: Any) -> Estimate:
    """0.47 against 0.40, with a standard error of 0.02: 3.5 times its noise."""
    plain = {
        "market_id": market_id,
        "models": 1,
        "anchoring": Anchoring.INDEPENDENT,
        "model_probability": 0.47,
        "sampling_error": 0.004,
        "belief_deviation": 0.03,
        "between_models": None,
        "low": 0.42,
        "high": 0.52,
        "market": MarketView(probability=0.40, method="mid", age_seconds=0.0, spread=0.02, standard_error=0.01),
        "difference": 0.07,
        "difference_error": 0.02,
        "combined": 0.42,
        "model_weight": 0.25,
        "verdict": Verdict.STRONG,
    }
    return Estimate(**(plain | changes))


def a_record(name: str = "a", **changes: Any) -> MarketSimulation:
    """A market that succeeded; ``told`` are changes of its estimate."""
    market_id = f"kalshi:{name}"
    told = changes.pop("told", {})
    given = changes.pop("given", {})
    plain = {
        "market_id": market_id,
        "venue": "kalshi",
        "is_synthetic": False,
        "question": f"Will {name} happen?",
        "url": f"https://kalshi.com/markets/{name}",
        "slug": f"will-{name}-happen",
        "status": MarketStatus.SUCCEEDED,
        "context": context(
            market_id=market_id, quote=quote(0.39, 0.41), history=hourly([0.3, 0.35, 0.5, 0.4]), **given
        ),
        "left_out": {},
        "research": ResearchUse(),
        "models": (a_model(),),
        "estimate": an_estimate(market_id, **told),
        "problem": None,
        "started_at": AS_OF,
        "finished_at": AS_OF + timedelta(seconds=2),
    }
    return MarketSimulation(**(plain | changes))


def a_failed_record(name: str = "f", **changes: Any) -> MarketSimulation:
    model = a_model(
        kind=AuthorKind.WRITTEN,
        author="anthropic/one",
        result=a_failed_result(),
        problem="ValueError: no",
        repairs=5,
        usage=Usage(input_tokens=1000, output_tokens=500, cost=UsdMicros(80_000), calls=6),
    )
    return a_record(
        name,
        **(
            {"status": MarketStatus.FAILED, "estimate": None, "problem": "The model did not run.", "models": (model,)}
            | changes
        ),
    )


def a_skipped_record(name: str = "s") -> MarketSimulation:
    return a_record(
        name, status=MarketStatus.SKIPPED, estimate=None, problem="There was nothing to go by.", models=()
    )  # fmt: skip


def a_batch(*records: MarketSimulation, **changes: Any) -> BatchReport:
    plain = {
        "run_id": "run-1",
        "name": "top_volume",
        "as_of": AS_OF,
        "started_at": AS_OF,
        "finished_at": AS_OF + timedelta(seconds=14.25),
        "records": records,
        "author": "built-in models",
        "sandbox": "local: bubblewrap",
        "folder": "results/top_volume_20261121_120000",
    }
    return BatchReport(**(plain | changes))


def a_mixed_batch(**changes: Any) -> BatchReport:
    """One market of each verdict, one that failed and one that was skipped, in no order."""
    inside = {"difference": 0.01, "model_probability": 0.41, "verdict": Verdict.INSIDE_NOISE}
    look = {"difference": -0.05, "model_probability": 0.35, "verdict": Verdict.WORTH_A_LOOK}
    alone = {
        "difference": None,
        "difference_error": None,
        "verdict": Verdict.NOT_COMPARABLE,
        "anchoring": Anchoring.ANCHORED,
    }
    records = (
        a_skipped_record("skipped"),
        a_record("inside", told=inside),
        a_failed_record("failed"),
        a_record("alone", told=alone),
        a_record("look", told=look),
        a_record("strong"),
    )
    excluded = [
        Exclusion(market_id=f"kalshi:out{number}", reason_code=code, reason=f"reason {number}")
        for number, code in enumerate([ExclusionCode.NOT_OPEN, ExclusionCode.BELOW_FLOOR, ExclusionCode.BELOW_FLOOR])
    ]
    return a_batch(*records, exclusions=counted_exclusions(excluded), **changes)
