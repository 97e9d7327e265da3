"""The reports of the replay room: the values that their pages, JSON and artifacts are made from.

How they look stands in ``screen_page``, ``replay_page``, ``parity_page`` and ``sweep_page``, what machines read in
``replay_document``, what an orchestrator shows in ``replay_markdown``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from msgspec import Struct

from edgeworth.markets.bars import BarOrder, BarSurvey, Gap
from edgeworth.replay.bars import Bars, Floats
from edgeworth.replay.candidates import Candidate
from edgeworth.replay.loop import Replay, ReplaySetup
from edgeworth.replay.metrics import Metrics
from edgeworth.replay.outcomes import CandidateOutcome
from edgeworth.replay.parity import Certificate
from edgeworth.replay.sweep import Verdict
from edgeworth.replay.truncation import LookAhead
from edgeworth.replay.windows import CANDIDATE_WINDOW_BARS
from edgeworth.simulation.context import Series

MOST_GAPS = 50
"""Gaps that are told one by one; all are counted."""


class ReplayMode(StrEnum):
    """Which bars a replay looks at."""

    FOCUSED = "focused"
    FULL = "full"


class BarsTold(Struct, frozen=True, kw_only=True):
    """What the bars of a run are, and what was odd about them.

    Attributes:
        asset: Symbol, or the id of a market.
        unit: What it is quoted in; empty for a plain number.
        source: As the user named it; of a file its name only.
        remark: What the reader of the source noticed, a sentence.
        rows: Read. order: How they were sorted. repeated: Rows that said again what another says.
        contradicting: Rows that said something else of a bar than the first row of it, which stands.
        bars: Used, after repeated rows are dropped and start and end are kept to.
        first_opens_at, last_ends_at: Of those used.
        gaps: Between those used, the longest ones, oldest first; ``gap_count`` of them there are.
        missing: Bars within all gaps.
        digest: SHA-256 of those used.
        is_market: Prices of an outcome of a prediction market, whose question is ``question``.
    """

    asset: str
    unit: str
    interval_seconds: int
    source: str
    bars: int
    first_opens_at: datetime
    last_ends_at: datetime
    digest: str
    rows: int
    order: BarOrder = BarOrder.OLDEST_FIRST
    repeated: int = 0
    contradicting: int = 0
    gaps: tuple[Gap, ...] = ()
    gap_count: int = 0
    missing: int = 0
    remark: str | None = None
    is_market: bool = False
    is_synthetic: bool = False
    question: str | None = None


def bars_told(
    bars: Bars, *, source: str, survey: BarSurvey | None = None, remark: str | None = None, question: str | None = None
) -> BarsTold:
    """What ``bars``, those that are used, are.

    Args:
        bars: After start and end.
        source: As the user named it; of a file its name only.
        survey: Of the rows that they were made of; without one they came as they are.
        remark: What the reader of the source noticed.
        question: Of the market whose prices they are.
    """
    missing = bars.gaps
    places = np.flatnonzero(missing)
    longest = np.sort(places[np.argsort(-missing[places], kind="stable")[:MOST_GAPS]])
    return BarsTold(
        asset=bars.asset,
        unit=bars.unit,
        interval_seconds=bars.interval_seconds,
        source=source,
        bars=len(bars),
        first_opens_at=bars.at(0),
        last_ends_at=bars.ends_at(-1),
        digest=bars.digest,
        rows=len(bars) if survey is None else survey.count,
        order=BarOrder.OLDEST_FIRST if survey is None else survey.order,
        repeated=0 if survey is None else survey.repeated,
        contradicting=0 if survey is None else survey.contradicting,
        gaps=tuple(Gap(starts_at=bars.ends_at(place - 1), missing=int(missing[place])) for place in longest.tolist()),
        gap_count=len(places),
        missing=int(missing.sum()),
        remark=remark,
        is_market=bars.is_market,
        is_synthetic=bars.is_synthetic,
        question=question,
    )


class _Report(Struct, frozen=True, kw_only=True):
    """What every report of the room begins with.

    Attributes:
        code_version: Of what ran.
        seconds: Of the work itself, without reading and writing.
        folder: The whole folder, as ``results_dir`` of the command.
        notes: What a reader should know besides, a sentence each.
    """

    run_id: str
    started_at: datetime
    finished_at: datetime
    code_version: str
    seconds: float
    folder: str | None = None
    notes: tuple[str, ...] = ()


class ScreenReport(_Report, frozen=True, kw_only=True):
    """What a screener found.

    Attributes:
        columns: The bars themselves, for the chart; ``None`` leaves the chart out.
        screener: Its settings, as plain values.
        strategy: The name of the strategy whose screener it is; ``None`` when it was asked for by itself.
        candidates: Oldest first.
    """

    bars: BarsTold
    screener: Mapping[str, Any]
    candidates: tuple[Candidate, ...]
    strategy: str | None = None
    columns: Bars | None = None


class ReplayReport(_Report, frozen=True, kw_only=True):
    """What came of a strategy over one set of bars.

    Attributes:
        strategy: Its name. settings: Its settings, as plain values.
        setup: Money, costs, settlement.
        candidates: How many there were; ``None`` when none were looked for.
        candidates_from: Name of the file that they were read from; ``None`` when this run screened them itself.
        reach: Bars before and behind a candidate that a focused replay looks at.
        outcomes: What came of each candidate; see ``candidate_outcomes``.
        configuration: Digest of strategy, screener, setup and reach.
    """

    bars: BarsTold
    strategy: str
    settings: Mapping[str, Any]
    setup: ReplaySetup
    mode: ReplayMode
    replay: Replay
    metrics: Metrics
    candidates: int | None = None
    candidates_from: str | None = None
    reach: int = CANDIDATE_WINDOW_BARS
    outcomes: tuple[CandidateOutcome, ...] = ()
    configuration: str | None = None

    @property
    def open_profit(self) -> float | None:
        """Dollars that the open position has gained at the last close, before the costs of leaving."""
        held = self.replay.open_position
        if held is None:
            return None
        last = float(self.replay.bars.close[-1])
        return held.side.sign * held.quantity * (last - held.entry_price) - held.fees

    @property
    def entries(self) -> int:
        """Positions that were opened."""
        return len(self.replay.decided_at)

    @property
    def entered(self) -> int:
        """Candidates because of which a position was opened."""
        return sum(outcome.entered for outcome in self.outcomes)

    @property
    def entries_apart(self) -> int:
        """Positions that belong to no candidate."""
        return self.entries - sum(len(outcome.trades) + outcome.holds for outcome in self.outcomes)


class ParityReport(_Report, frozen=True, kw_only=True):
    """Whether a focused replay comes to what the full one comes to.

    Attributes:
        settings: Of the strategy that the certificate names. screener: Of the screener whose candidates were used.
        setup: Money, costs, settlement.
        reach: Bars before and behind a candidate.
        look_ahead: What came of cutting the bars short; ``None`` when nobody asked for it.
    """

    bars: BarsTold
    certificate: Certificate
    settings: Mapping[str, Any]
    screener: Mapping[str, Any]
    setup: ReplaySetup
    reach: int = CANDIDATE_WINDOW_BARS
    look_ahead: LookAhead | None = None


class FailedTrials(Struct, frozen=True, kw_only=True):
    """Trials of one asset that came to nothing by one kind of error.

    Attributes:
        asset: Whose bars. trials: How many. problem: Why, in words for the user: what the first of them said.
    """

    asset: str
    trials: int
    problem: str


class SweepReport(_Report, frozen=True, kw_only=True):
    """Many settings of a strategy over one or more sets of bars.

    Attributes:
        bars: Each set once.
        strategy: Its name. settings: Those that all trials begin with, as plain values.
        grid: What was tried, by the name of the setting.
        verdict: Over this sweep's trials; ``None`` when none could be made.
        made_now, taken_from_ledger: Trials of this sweep, by whether they were made before.
        earlier_trials: Others of these bars that the ledger knows from earlier sweeps; they count in the deflation.
        earlier_digest: SHA-256 of their Sharpe ratios; ``None`` without any.
        failed: Trials that came to nothing, by asset and kind of error.
    """

    bars: tuple[BarsTold, ...]
    strategy: str
    settings: Mapping[str, Any]
    grid: Mapping[str, Sequence[Any]]
    setup: ReplaySetup
    verdict: Verdict | None
    made_now: int
    taken_from_ledger: int = 0
    earlier_trials: int = 0
    earlier_digest: str | None = None
    failed: tuple[FailedTrials, ...] = ()
    reach: int = CANDIDATE_WINDOW_BARS

    @property
    def trials_counted(self) -> int:
        """All of these bars that were ever made: what the best of them is held against."""
        return (0 if self.verdict is None else len(self.verdict.trials)) + self.earlier_trials


AnyReport = ScreenReport | ReplayReport | ParityReport | SweepReport


def setting_of(settings: Mapping[str, Any], name: str) -> Any:
    """The setting called ``name``, where dots reach within; ``None`` where there is none."""
    value: Any = settings
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def series_of(bars: Bars, values: Floats) -> Series:
    """``values`` of each bar at its close."""
    ends = bars.opens_at + bars.interval_seconds
    return Series(at_seconds=tuple(map(float, ends.tolist())), values=tuple(values.tolist()))
