"""``batch_report.json``: a batch for machines, in a shape that is published as a JSON schema.

Amounts of money are whole millionths of a dollar, probabilities shares of one for the outcome listed first, instants
ISO 8601 in UTC. What is not known is ``null``. The schema forbids keys that it does not name, so it cannot fall behind.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from edgeworth.reports.batch import BatchReport, average, ordered
from edgeworth.reports.figures import difference_interval, distance
from edgeworth.reports.schemas import published_schema
from edgeworth.simulation.estimate import Estimate, Verdict
from edgeworth.simulation.record import AuthorKind, MarketSimulation, MarketStatus, ModelRun, Usage
from edgeworth.simulation.result import Anchoring

FORMAT = 1
"""Of ``batch_report.json``; a change that breaks readers raises it."""

SCHEMA_TITLE = "Report of a batch of simulations"

Instant = Annotated[datetime, Meta(tz=True)]
Chance = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]

_Part = TypeVar("_Part")


class UsageDocument(Struct, frozen=True, kw_only=True):
    """What services were paid for; ``cost_micros`` is null when a price is not known."""

    input_tokens: Count
    output_tokens: Count
    calls: Count
    cost_micros: Count | None


class ExclusionDocument(Struct, frozen=True, kw_only=True):
    """Markets that were not chosen for one reason; ``examples`` are sentences by market id."""

    reason_code: str
    number: Count
    examples: dict[str, str]


class StageDocument(Struct, frozen=True, kw_only=True):
    """One step of the run; ``error`` says why it stopped early."""

    name: str
    did: str
    seconds: float
    error: str | None


class OutcomeDocument(Struct, frozen=True, kw_only=True):
    """One outcome by one model; the interval is of sampling alone."""

    label: str
    probability: Chance
    standard_error: float
    low: float
    high: float


class BeliefDocument(Struct, frozen=True, kw_only=True):
    """Where the true probability may lie by the model's own doubt."""

    confidence: Chance
    low: float
    high: float
    mean: float
    deviation: float


class DriverDocument(Struct, frozen=True, kw_only=True):
    """What an answer hangs on: percentiles, and how the answer goes with it; ``swing`` is in probability."""

    name: str
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    correlation: float | None
    swing: float | None
    swing_standard_error: float | None


class CheckDocument(Struct, frozen=True, kw_only=True):
    """One validity test."""

    name: str
    passed: bool
    detail: str


class ModelDocument(Struct, frozen=True, kw_only=True):
    """One model of a market: who wrote it and what it gave; its text is ``model.py`` in the market's folder."""

    number: Count
    author: str
    kind: AuthorKind
    why: str
    status: str
    problem: str | None
    repairs: Count
    prompt_ids: tuple[str, ...]
    sandbox: str
    seconds: float
    usage: UsageDocument
    label: Anchoring | None
    price_response: float | None
    runs: Count
    asked_runs: Count
    stopped_early: bool
    outcomes: tuple[OutcomeDocument, ...]
    belief: BeliefDocument | None
    drivers: tuple[DriverDocument, ...]
    checks: tuple[CheckDocument, ...]


class MarketPriceDocument(Struct, frozen=True, kw_only=True):
    """What the market says; ``spread`` in dollars, ``standard_error`` from spread and passing noise."""

    probability: Chance
    method: str
    age_seconds: float
    spread: float
    standard_error: float


class EstimateDocument(Struct, frozen=True, kw_only=True):
    """Model against market.

    ``low`` and ``high`` hold the true probability with 90 % by the models' own doubt; ``difference_low`` and
    ``difference_high`` the difference, model minus market, with 90 %. ``distance`` is its size in standard errors.
    Differences are null where model and market cannot be compared.
    """

    models: Count
    anchoring: Anchoring | None
    model_probability: Chance
    sampling_error: float
    belief_deviation: float | None
    between_models: float | None
    low: float | None
    high: float | None
    market: MarketPriceDocument | None
    difference: float | None
    difference_error: float | None
    difference_low: float | None
    difference_high: float | None
    distance: float | None
    combined: Chance
    model_weight: float
    verdict: Verdict


class ResearchDocument(Struct, frozen=True, kw_only=True):
    """What a search gave; ``used`` entered the context, ``rejected`` counts what did not, by reason."""

    service: str | None
    query: str
    found: Count
    used: Count
    rejected: dict[str, int]
    problem: str | None


class SimulationDocument(Struct, frozen=True, kw_only=True):
    """One market of the batch; ``folder`` lies within the folder of the batch."""

    market_id: str
    venue: str
    is_synthetic: bool
    question: str
    url: str | None
    folder: str
    status: MarketStatus
    problem: str | None
    closes_at: Instant | None
    started_at: Instant
    finished_at: Instant
    seconds: float
    estimate: EstimateDocument | None
    models: tuple[ModelDocument, ...]
    research: ResearchDocument
    left_out: dict[str, int]
    usage: UsageDocument


class AverageDocument(Struct, frozen=True, kw_only=True):
    """Of ``number`` differences: ``mean`` with its error, and the mean of their sizes.

    Of real markets alone where the batch has invented ones besides.
    """

    number: Count
    mean: float
    mean_error: float
    mean_size: float


class RuleDocument(Struct, frozen=True, kw_only=True):
    """Parameters of the comparison; see ``EstimateRule``."""

    model_weight: float
    market_noise: float
    worth_a_look: float
    strong: float
    oldest_quote_seconds: float


class BatchDocument(Struct, frozen=True, kw_only=True):
    """A batch of simulations.

    ``markets`` is the sum of ``succeeded``, ``failed`` and ``skipped``, and the length of ``simulations``, which stand
    strongest discrepancy first, then what failed, then what was skipped. ``seconds`` is wall time.
    """

    format: int
    run_id: str
    name: str
    results_dir: str | None
    as_of: Instant
    started_at: Instant
    finished_at: Instant
    seconds: float
    is_synthetic: bool
    recorded: str | None
    markets: Count
    succeeded: Count
    failed: Count
    skipped: Count
    coverage: Chance | None
    verdicts: dict[str, int]
    average_difference: AverageDocument | None
    author: str
    authors: dict[str, int]
    sandbox: str
    embedder: str | None
    opportunities: Count | None
    matches: Count | None
    replaced: tuple[str, ...]
    budget_note: str | None
    notes: tuple[str, ...]
    usage: UsageDocument
    rule: RuleDocument
    stages: tuple[StageDocument, ...]
    exclusions: tuple[ExclusionDocument, ...]
    simulations: tuple[SimulationDocument, ...]


def batch_json(report: BatchReport) -> dict[str, Any]:
    """``batch_report.json`` as plain JSON values; its top level has every key of the command's answer."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_batch(report)))
    return values


def batch_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of what ``batch_json`` gives; published as ``docs/batch_report.schema.json``."""
    return published_schema(BatchDocument, SCHEMA_TITLE)


def _batch(report: BatchReport) -> BatchDocument:
    found = average(report.averaged)
    return BatchDocument(
        format=FORMAT,
        run_id=report.run_id,
        name=report.name,
        results_dir=report.folder,
        as_of=report.as_of,
        started_at=report.started_at,
        finished_at=report.finished_at,
        seconds=round(report.seconds, 3),
        is_synthetic=report.is_synthetic,
        recorded=report.recorded,
        markets=len(report.records),
        succeeded=report.succeeded,
        failed=report.failed,
        skipped=report.skipped,
        coverage=report.coverage,
        verdicts={verdict.value: number for verdict, number in report.verdicts().items()},
        average_difference=None if found is None else AverageDocument(**found._asdict()),
        author=report.author,
        authors={kind.value: number for kind, number in report.authors().items()},
        sandbox=report.sandbox,
        embedder=report.embedder,
        opportunities=report.opportunities,
        matches=report.matches,
        replaced=report.replaced,
        budget_note=report.budget_note,
        notes=report.notes,
        usage=_usage(report.total_usage),
        rule=msgspec.convert(report.rule, RuleDocument, from_attributes=True),
        stages=tuple(msgspec.convert(stage, StageDocument, from_attributes=True) for stage in report.stages),
        exclusions=tuple(
            ExclusionDocument(
                reason_code=one.reason_code,
                number=one.number,
                examples={example.market_id: example.reason for example in one.examples},
            )
            for one in report.exclusions
        ),
        simulations=tuple(_simulation(record) for record in ordered(report.records)),
    )


def _usage(usage: Usage) -> UsageDocument:
    return UsageDocument(
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, calls=usage.calls, cost_micros=usage.cost
    )


def _simulation(record: MarketSimulation) -> SimulationDocument:
    research = record.research
    return SimulationDocument(
        market_id=record.market_id,
        venue=record.venue,
        is_synthetic=record.is_synthetic,
        question=record.question,
        url=record.url,
        folder=record.slug,
        status=record.status,
        problem=record.problem,
        closes_at=record.context.closes_at,
        started_at=record.started_at,
        finished_at=record.finished_at,
        seconds=round(record.seconds, 3),
        estimate=None if record.estimate is None else _estimate(record.estimate),
        models=tuple(_model(model) for model in record.models),
        research=ResearchDocument(
            service=research.service,
            query=research.query,
            found=research.found,
            used=len(record.context.research),
            rejected=dict(research.rejected),
            problem=research.problem,
        ),
        left_out=dict(record.left_out),
        usage=_usage(record.usage),
    )


def _estimate(told: Estimate) -> EstimateDocument:
    between = difference_interval(told)
    return EstimateDocument(
        models=told.models,
        anchoring=told.anchoring,
        model_probability=told.model_probability,
        sampling_error=told.sampling_error,
        belief_deviation=told.belief_deviation,
        between_models=told.between_models,
        low=told.low,
        high=told.high,
        market=None if told.market is None else msgspec.convert(told.market, MarketPriceDocument, from_attributes=True),
        difference=told.difference,
        difference_error=told.difference_error,
        difference_low=None if between is None else between[0],
        difference_high=None if between is None else between[1],
        distance=distance(told),
        combined=told.combined,
        model_weight=told.model_weight,
        verdict=told.verdict,
    )


def _model(model: ModelRun) -> ModelDocument:
    result = model.result
    return ModelDocument(
        number=model.number,
        author=model.author,
        kind=model.kind,
        why=model.why,
        status="none" if result is None else result.status.value,
        problem=model.problem,
        repairs=model.repairs,
        prompt_ids=model.prompt_ids,
        sandbox=model.sandbox,
        seconds=round(model.seconds, 3),
        usage=_usage(model.usage),
        label=None if result is None else result.label,
        price_response=None if result is None else result.price_response,
        runs=0 if result is None else result.runs,
        asked_runs=0 if result is None else result.asked_runs,
        stopped_early=result is not None and result.stopped_early,
        outcomes=() if result is None else _all(result.outcomes, OutcomeDocument),
        belief=None
        if result is None or result.belief is None
        else msgspec.convert(result.belief, BeliefDocument, from_attributes=True),
        drivers=() if result is None else _all(result.drivers, DriverDocument),
        checks=() if result is None else _all(result.checks, CheckDocument),
    )


def _all(values: tuple[Struct, ...], kind: type[_Part]) -> tuple[_Part, ...]:
    return tuple(msgspec.convert(value, kind, from_attributes=True) for value in values)
