"""Reads what the harness gave back. It passed through a sandbox in which a model ran, so it is hostile until checked.

Everything that later code relies on is checked here: kinds, ranges, that probabilities sum to one. Texts in it
(labels, names, problems) were written by venues and models: escape them, never interpret them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from edgeworth.errors import DataError

Chance = Annotated[float, Meta(ge=0.0, le=1.0)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[float, Meta(ge=0.0)]
Word = Annotated[str, Meta(max_length=200)]
Text = Annotated[str, Meta(max_length=8_000)]


class SimulationStatus(StrEnum):
    """How the harness ended."""

    OK = "ok"
    ABSTAINED = "abstained"
    INVALID = "invalid"


class Anchoring(StrEnum):
    """Whether a model follows its market's own price."""

    ANCHORED = "anchored"
    INDEPENDENT = "independent"


class Problem(Struct, frozen=True, kw_only=True):
    """What is wrong with a model: a stable word, a sentence, and the failing lines of ``model.py``."""

    code: Word
    message: Text
    trace: Text = ""


class Check(Struct, frozen=True, kw_only=True):
    """One test that the model passed."""

    name: Word
    passed: bool
    detail: Text = ""


class OutcomeChance(Struct, frozen=True, kw_only=True):
    """Probability of one outcome; standard error and Wilson interval are of sampling alone."""

    label: Text
    probability: Chance
    standard_error: Positive
    low: Chance
    high: Chance


class Belief(Struct, frozen=True, kw_only=True):
    """Where the true probability of outcome 0 may lie, by the model's doubt about its own inputs."""

    confidence: Chance
    low: Chance
    high: Chance
    mean: Chance
    deviation: Positive
    draws: Count


class Spread(Struct, frozen=True, kw_only=True):
    """Percentiles of a driver or quantity; sensitivity (see the harness) for drivers that vary."""

    name: Word
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    correlation: float | None = None
    swing: float | None = None
    swing_standard_error: float | None = None


class SimulationResult(Struct, frozen=True, kw_only=True):
    """What running one model on one context gave.

    Attributes:
        label: ``None`` when the model was not tested; then it never shows a discrepancy.
        price_response: Share of a move of the price that the answer follows; ``None`` without a price.
        timing: Seconds by part; the only thing here that differs from run to run.
    """

    contract: Count
    status: SimulationStatus
    seed: int
    problem: Problem | None = None
    checks: tuple[Check, ...] = ()
    label: Anchoring | None = None
    price_response: float | None = None
    runs: Count = 0
    asked_runs: Count = 0
    batches: Count = 0
    stopped_early: bool = False
    confidence: Chance = 0.95
    outcomes: tuple[OutcomeChance, ...] = ()
    belief: Belief | None = None
    drivers: tuple[Spread, ...] = ()
    quantities: tuple[Spread, ...] = ()
    timing: dict[str, Positive] = {}


def read_result(values: Any, outcomes: int) -> SimulationResult:
    """The harness's answer for a market of ``outcomes`` outcomes, checked.

    Args:
        values: Plain JSON values, as a sandbox returns them.
        outcomes: How many the context has.

    Raises:
        DataError: It is not a result: a field is missing, of the wrong kind, out of range, or not finite.
    """
    try:
        result = msgspec.convert(values, SimulationResult)
    except msgspec.ValidationError as error:
        raise DataError(f"expected the result of a simulation, found something else: {error}") from error
    if not all(map(math.isfinite, _numbers(values))):
        raise DataError("expected finite numbers in the result of a simulation")
    if result.status is SimulationStatus.OK:
        _check_answer(result, outcomes)
    elif result.problem is None:
        raise DataError(f"expected a reason with the status {result.status.value}, found none")
    return result


def _check_answer(result: SimulationResult, outcomes: int) -> None:
    if len(result.outcomes) != outcomes or not result.runs:
        raise DataError(f"expected {outcomes} outcomes of at least one run, found {len(result.outcomes)}")
    total = math.fsum(outcome.probability for outcome in result.outcomes)
    if abs(total - 1.0) > 1e-6:
        raise DataError(f"expected probabilities that sum to 1, found {total}")
    if any(not outcome.low <= outcome.probability + 1e-9 <= outcome.high + 2e-9 for outcome in result.outcomes):
        raise DataError("expected each probability within its own interval")


def _numbers(values: Any) -> Iterator[float]:
    if isinstance(values, dict):
        for value in values.values():
            yield from _numbers(value)
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _numbers(value)
    elif isinstance(values, float):
        yield values
