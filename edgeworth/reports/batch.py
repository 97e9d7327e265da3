"""The report of a batch of simulations: the values that its page, its JSON and its artifacts are made from.

What belongs here: what can be counted and put in order. How it looks stands in ``batch_page``, ``market_page``,
``batch_markdown``; what machines read in ``batch_document``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from edgeworth.markets.universe import Exclusion
from edgeworth.reports.discovery import Stage
from edgeworth.simulation.estimate import Estimate, EstimateRule, Verdict, in_order
from edgeworth.simulation.record import AuthorKind, MarketSimulation, MarketStatus, Usage
from edgeworth.units import UsdMicros

EXAMPLES = 3
"""Markets shown of each reason for leaving markets out."""


class ExclusionCount(Struct, frozen=True, kw_only=True):
    """Markets that were not chosen for one reason.

    Attributes:
        reason_code: See ``ExclusionCode``. number: All of them. examples: The first few.
    """

    reason_code: str
    number: int
    examples: tuple[Exclusion, ...] = ()


class BatchReport(Struct, frozen=True, kw_only=True):
    """Everything that is said about one batch.

    Attributes:
        name: Of the batch, as its folder begins. folder: The whole folder, as ``results_dir`` of the command.
        records: Every market of the batch once, in any order.
        exclusions: Why other markets are not in it.
        author: Who was to write the models; sandbox: what confined them; embedder: what proposed matched markets;
            as really used.
        replaced: What was used instead of what, and why, a sentence each; empty when all went as asked.
        budget_note: Why the batch stopped early, if a budget stopped it.
        usage: What services were paid for beyond the markets' own; the sum is ``total_usage``.
        rule: Parameters of the comparison with the market.
        recorded: A sentence on where and when the markets were recorded, when they are not of now.
        stages: Steps of the run besides the simulations, with what stopped them.
        notes: What a reader should know besides.
        opportunities, matches: What the discovery of the same run found; ``None`` when there was none.
    """

    run_id: str
    name: str
    as_of: datetime
    started_at: datetime
    finished_at: datetime
    records: tuple[MarketSimulation, ...]
    author: str
    sandbox: str
    folder: str | None = None
    embedder: str | None = None
    exclusions: tuple[ExclusionCount, ...] = ()
    replaced: tuple[str, ...] = ()
    budget_note: str | None = None
    usage: Usage = Usage()
    rule: EstimateRule = EstimateRule()
    recorded: str | None = None
    stages: tuple[Stage, ...] = ()
    notes: tuple[str, ...] = ()
    opportunities: int | None = None
    matches: int | None = None

    @property
    def seconds(self) -> float:
        """Wall time of the whole run."""
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def total_usage(self) -> Usage:
        """Everything paid for; a cost that is not known makes the sum unknown."""
        total = self.usage
        for record in self.records:
            total = total.plus(record.usage)
        return total

    @property
    def is_synthetic(self) -> bool:
        """Whether any market is invented."""
        return any(record.is_synthetic for record in self.records)

    @property
    def succeeded(self) -> int:
        """Markets with an estimate."""
        return self.count(MarketStatus.SUCCEEDED)

    @property
    def failed(self) -> int:
        """Markets where something went wrong."""
        return self.count(MarketStatus.FAILED)

    @property
    def skipped(self) -> int:
        """Markets with no answer and no failure."""
        return self.count(MarketStatus.SKIPPED)

    @property
    def coverage(self) -> float | None:
        """Share of the markets with an estimate; ``None`` for an empty batch."""
        return self.succeeded / len(self.records) if self.records else None

    @property
    def estimates(self) -> list[Estimate]:
        """Those there are, strongest discrepancy first."""
        return in_order([record.estimate for record in self.records if record.estimate is not None])

    @property
    def averaged(self) -> list[Estimate]:
        """Those whose differences are averaged: of real markets alone where the batch has invented ones besides."""
        real = [one.estimate for one in self.records if one.estimate is not None and not one.is_synthetic]
        return real or self.estimates

    def count(self, status: MarketStatus) -> int:
        """Markets that ended so."""
        return sum(record.status is status for record in self.records)

    def verdicts(self) -> dict[Verdict, int]:
        """How often each verdict was given, each verdict present."""
        counted = Counter(told.verdict for told in self.estimates)
        return {verdict: counted[verdict] for verdict in Verdict}

    def authors(self) -> dict[AuthorKind, int]:
        """How the models that gave an answer came to be written, and how many of each."""
        return dict(Counter(model.kind for record in self.records for model in record.models if model.has_answer))


class Average(NamedTuple):
    """Of the differences that there are: their mean with its standard error, and the mean of their sizes."""

    number: int
    mean: float
    mean_error: float
    mean_size: float


def average(estimates: Iterable[Estimate]) -> Average | None:
    """``None`` when no market can be compared. The error takes the markets for independent of each other."""
    pairs = [
        (told.difference, told.difference_error)
        for told in estimates
        if told.difference is not None and told.difference_error is not None
    ]
    if not pairs:
        return None
    return Average(
        number=len(pairs),
        mean=math.fsum(difference for difference, _ in pairs) / len(pairs),
        mean_error=math.sqrt(math.fsum(error**2 for _, error in pairs)) / len(pairs),
        mean_size=math.fsum(abs(difference) for difference, _ in pairs) / len(pairs),
    )


_AFTER_ESTIMATES = (MarketStatus.FAILED, MarketStatus.SKIPPED)


def ordered(records: Sequence[MarketSimulation]) -> list[MarketSimulation]:
    """Strongest discrepancy first as in ``estimate.in_order``, then what failed, then what was skipped."""
    by_market = {record.market_id: record for record in records if record.estimate is not None}
    told = in_order([record.estimate for record in by_market.values() if record.estimate is not None])
    rest = [record for record in records if record.estimate is None]
    rest.sort(key=lambda record: (_AFTER_ESTIMATES.index(record.status), record.market_id))
    return [*(by_market[one.market_id] for one in told), *rest]


def outliers(records: Sequence[MarketSimulation], most: int = 3) -> list[MarketSimulation]:
    """The first of those whose difference is more than its noise; empty when none is."""
    beyond = {Verdict.STRONG, Verdict.WORTH_A_LOOK}
    found = [one for one in ordered(records) if one.estimate is not None and one.estimate.verdict in beyond]
    return found[:most]


def counted_exclusions(excluded: Sequence[Exclusion]) -> tuple[ExclusionCount, ...]:
    """Exclusions by reason, most frequent first, with examples of each."""
    by_code: dict[str, list[Exclusion]] = {}
    for one in excluded:
        by_code.setdefault(one.reason_code.value, []).append(one)
    rows = sorted(by_code.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        ExclusionCount(reason_code=code, number=len(those), examples=tuple(those[:EXAMPLES])) for code, those in rows
    )


class RunSummary(Struct, frozen=True, kw_only=True):
    """One run in the index of all runs.

    Attributes:
        kind: ``batch``, ``ingest``, ``discovery``, ``replay`` and so on.
        page: Address of its page relative to the index, if it has one.
        state: A word: ``completed``, ``failed``, ``running``, ``cancelled``.
        markets, succeeded, failed, skipped: Of a batch; ``None`` for other runs.
        beyond_noise: Markets whose verdict is worth a look or strong.
        cost: ``None`` when a price is not known.
        came_of: What came of it in a few words, where the figures of a batch do not say it.
    """

    run_id: str
    kind: str
    name: str
    state: str
    started_at: datetime
    finished_at: datetime | None = None
    page: str | None = None
    markets: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    skipped: int | None = None
    beyond_noise: int | None = None
    cost: UsdMicros | None = None
    came_of: str | None = None
    is_synthetic: bool = False

    @property
    def seconds(self) -> float | None:
        """Wall time; ``None`` while it goes on."""
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()

    @property
    def coverage(self) -> float | None:
        """Share of its markets with an estimate."""
        return self.succeeded / self.markets if self.markets and self.succeeded is not None else None


def run_summary(report: BatchReport, page: str | None) -> RunSummary:
    """What the index says of a batch."""
    verdicts = report.verdicts()
    return RunSummary(
        run_id=report.run_id,
        kind="batch",
        name=report.name,
        state="failed" if report.records and not report.succeeded and report.failed else "completed",
        started_at=report.started_at,
        finished_at=report.finished_at,
        page=page,
        markets=len(report.records),
        succeeded=report.succeeded,
        failed=report.failed,
        skipped=report.skipped,
        beyond_noise=verdicts[Verdict.STRONG] + verdicts[Verdict.WORTH_A_LOOK],
        cost=report.total_usage.cost,
        is_synthetic=report.is_synthetic,
    )
