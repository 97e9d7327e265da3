"""``screen.json``, ``replay.json``, ``parity.json``, ``sweep.json``: runs of the replay room for machines.

Their shape is published as ``docs/replay_report.schema.json``; ``kind`` says which of the four it is. Money is in
dollars, shares are of one, instants ISO 8601 in UTC. What is not known is ``null``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from edgeworth.markets.bars import BarOrder
from edgeworth.replay.bars import instant
from edgeworth.replay.loop import ReplaySetup
from edgeworth.replay.metrics import Metrics, underwater
from edgeworth.replay.orders import Direction, ExitReason
from edgeworth.replay.outcomes import CandidateOutcome
from edgeworth.replay.parity import Divergence
from edgeworth.replay.sweep import Trial
from edgeworth.replay.truncation import LookAhead
from edgeworth.reports.charts import thinned
from edgeworth.reports.rendering import shortened
from edgeworth.reports.replay import (
    AnyReport,
    BarsTold,
    ParityReport,
    ReplayMode,
    ReplayReport,
    ScreenReport,
    SweepReport,
    series_of,
    setting_of,
)
from edgeworth.reports.schemas import published_schema
from edgeworth.simulation.context import Series

FORMAT = 1
"""Of all four; a change that breaks readers raises it."""

CURVE_BUCKETS = 150
"""Stretches of time of which a curve keeps the lowest and the highest value."""

LONGEST_SAID = 2_000
"""Characters of what a strategy said at a bar; whole orders fit."""

SCHEMA_TITLE = "Reports of the replay room: what was screened, replayed, certified, swept"

Instant = Annotated[datetime, Meta(tz=True)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]

_Part = TypeVar("_Part")


class GapDocument(Struct, frozen=True, kw_only=True):
    """``missing`` bars that are not there, from ``starts_at`` on."""

    starts_at: Instant
    missing: Count


class DataDocument(Struct, frozen=True, kw_only=True):
    """The bars of a run.

    ``rows`` were read, in which ``repeated`` ones said again what another says and ``contradicting`` ones something
    else; ``bars`` were used, within which ``missing`` ones lie in ``gap_count`` gaps. ``gaps`` are the longest of them.
    ``digest`` is the SHA-256 of those used.
    """

    asset: str
    unit: str
    interval_seconds: Count
    source: str
    remark: str | None
    rows: Count
    order: BarOrder
    repeated: Count
    contradicting: Count
    bars: Count
    first_opens_at: Instant
    last_ends_at: Instant
    gap_count: Count
    missing: Count
    gaps: tuple[GapDocument, ...]
    digest: str
    is_market: bool
    is_synthetic: bool
    question: str | None


class SettlementDocument(Struct, frozen=True, kw_only=True):
    """How the market was resolved; ``value`` is null when it is void and stakes are returned."""

    at: Instant
    value: Share | None


class SetupDocument(Struct, frozen=True, kw_only=True):
    """Money and costs.

    ``half_spread`` and ``slippage`` are shares of the price; of a prediction market dollars.
    """

    cash: float
    fee: dict[str, Any]
    half_spread: float
    slippage: float
    settlement: SettlementDocument | None


class MetricsDocument(Struct, frozen=True, kw_only=True):
    """Figures of one replay.

    ``total_return``, ``win_rate``, ``drawdown`` and ``exposure`` are shares; ``sharpe`` and ``sortino`` are of a year;
    ``turnover`` is what was bought and sold over the mean equity; ``fees`` are dollars.
    """

    total_return: float
    trades: Count
    win_rate: Share | None
    sharpe: float | None
    sortino: float | None
    drawdown: float
    exposure: Share
    turnover: float | None
    fees: float


class TradeDocument(Struct, frozen=True, kw_only=True):
    """A position from its entry to its exit; prices as filled, ``profit`` after ``fees``."""

    side: Direction
    quantity: float
    decided_at: Instant
    entered_at: Instant
    entry_price: float
    exited_at: Instant
    exit_price: float
    exit_reason: ExitReason
    fees: float
    profit: float
    note: str


class OpenPositionDocument(Struct, frozen=True, kw_only=True):
    """What is still held when the bars end; ``profit`` is that at the last close, before the costs of leaving."""

    side: Direction
    quantity: float
    decided_at: Instant
    entered_at: Instant
    entry_price: float
    fees: float
    note: str
    profit: float


class RefusalDocument(Struct, frozen=True, kw_only=True):
    """An order that was not carried out, and why."""

    at: Instant
    reason: str


class OutcomeDocument(Struct, frozen=True, kw_only=True):
    """What came of a candidate; see ``CandidateOutcome``.

    ``trades`` are places in the trade list, from 0. ``moved``, ``best`` and ``worst`` are shares of the close, above
    zero where the price went the candidate's way.
    """

    timestamp: Instant
    side: Direction
    score: float
    reason: str
    sentinels: dict[str, int]
    entered: bool
    trades: tuple[Count, ...]
    holds: bool
    profit: float | None
    exit_reason: ExitReason | None
    moved: float | None
    best: float | None
    worst: float | None


class PointDocument(Struct, frozen=True, kw_only=True):
    """One point of a curve, at the close of a bar."""

    at: Instant
    value: float


class ScreenDocument(Struct, frozen=True, kw_only=True, tag_field="kind", tag="screen"):
    """What a screener found; the candidates themselves are the lines of ``candidates.jsonl``.

    ``sentinels`` counts the candidates in which each had a say.
    """

    format: int
    run_id: str
    started_at: Instant
    finished_at: Instant
    seconds: float
    code_version: str
    results_dir: str | None
    notes: tuple[str, ...]
    asset: str
    dataset: str
    data: DataDocument
    bars: Count
    strategy: str | None
    screener: dict[str, Any]
    candidates: Count
    longs: Count
    shorts: Count
    sentinels: dict[str, int]


class ReplayDocument(Struct, frozen=True, kw_only=True, tag_field="kind", tag="replay"):
    """What came of a strategy.

    ``candidates`` is null where none were looked for; ``candidates_from`` names the file that they were read from.
    ``seen`` bars were shown to the strategy. ``equity`` and ``underwater`` keep the lowest and the highest value of
    each of some hundred stretches of time. ``trades``, ``refusals`` and ``outcomes`` are complete.
    """

    format: int
    run_id: str
    started_at: Instant
    finished_at: Instant
    seconds: float
    code_version: str
    results_dir: str | None
    notes: tuple[str, ...]
    asset: str
    dataset: str
    data: DataDocument
    bars: Count
    strategy: str
    settings: dict[str, Any]
    configuration: str | None
    setup: SetupDocument
    mode: ReplayMode
    candidates: Count | None
    candidates_from: str | None
    entered: Count
    reach: Count
    seen: Count
    final_equity: float
    metrics: MetricsDocument
    trades: tuple[TradeDocument, ...]
    open_position: OpenPositionDocument | None
    refusals: tuple[RefusalDocument, ...]
    outcomes: tuple[OutcomeDocument, ...]
    equity: tuple[PointDocument, ...]
    underwater: tuple[PointDocument, ...]


class StandingDocument(Struct, frozen=True, kw_only=True):
    """How a replay stood at the end of a bar."""

    equity: float
    trades: Count
    holds: str | None


class DivergenceDocument(Struct, frozen=True, kw_only=True):
    """The first bar at which the two replays differ; ``bar`` counts from 0."""

    bar: Count
    opens_at: Instant
    full: StandingDocument
    focused: StandingDocument


class SoundnessDocument(Struct, frozen=True, kw_only=True):
    """Whether every entry of the full replay was decided on in a window; ``outside`` says when the others were."""

    is_sound: bool
    entries: Count
    inside: Count
    outside: tuple[Instant, ...]


class PastChangeDocument(Struct, frozen=True, kw_only=True):
    """What ``what`` said of bar number ``bar`` (from 0) with all bars, and with the first ``cut`` alone."""

    what: str
    bar: Count
    cut: Count
    with_future: str
    without: str


class LookAheadDocument(Struct, frozen=True, kw_only=True):
    """The bars were cut short ``cuts`` times; ``changes`` has the first of each that did not keep to the past."""

    is_clean: bool
    cuts: Count
    looked_at: tuple[str, ...]
    changes: tuple[PastChangeDocument, ...]


class ParityDocument(Struct, frozen=True, kw_only=True, tag_field="kind", tag="parity"):
    """Whether a focused replay came to what the full one came to, to the last bit.

    ``speedup`` is ``seconds_full`` over the sum of ``seconds_screen`` and ``seconds_focused``. Without
    ``keeps_lookback`` the strategy reads further back than it says, which is a difference too.
    """

    format: int
    equal: bool
    bars: Count
    trades: Count
    candidates: Count
    seconds_full: float
    seconds_screen: float
    seconds_focused: float
    speedup: float
    first_divergence: DivergenceDocument | None
    keeps_lookback: bool
    soundness: SoundnessDocument
    look_ahead: LookAheadDocument | None
    seen: Count
    strategy: str
    settings: dict[str, Any]
    screener: dict[str, Any]
    setup: SetupDocument
    reach: Count
    asset: str
    dataset: str
    configuration: str
    code_version: str
    data: DataDocument
    run_id: str
    started_at: Instant
    finished_at: Instant
    seconds: float
    results_dir: str | None
    notes: tuple[str, ...]


class TrialDocument(Struct, frozen=True, kw_only=True):
    """One setting over one set of bars; ``tried`` are its values of the grid, ``sharpe_per_bar`` is not yearly."""

    asset: str
    dataset: str
    configuration: str
    bars: Count
    tried: dict[str, Any]
    settings: dict[str, Any]
    metrics: MetricsDocument
    sharpe_per_bar: float
    skewness: float
    kurtosis: float


class FailedTrialsDocument(Struct, frozen=True, kw_only=True):
    """Trials of one asset that came to nothing, and why."""

    asset: str
    trials: Count
    problem: str


class SweepDocument(Struct, frozen=True, kw_only=True, tag_field="kind", tag="sweep"):
    """Many settings of a strategy; ``trials`` stand best Sharpe ratio of a bar first.

    ``trials_counted`` is what the deflation counts: the trials of this sweep, and ``earlier_trials`` of the same bars.
    ``deflated_sharpe`` is how likely the best is better than the best of so many worthless ones; ``overfitting``, by
    asset, how often the best of one half of the time is below the median in the other.
    """

    format: int
    run_id: str
    started_at: Instant
    finished_at: Instant
    seconds: float
    code_version: str
    results_dir: str | None
    notes: tuple[str, ...]
    data: tuple[DataDocument, ...]
    strategy: str
    settings: dict[str, Any]
    grid: dict[str, tuple[Any, ...]]
    setup: SetupDocument
    reach: Count
    made_now: Count
    taken_from_ledger: Count
    earlier_trials: Count
    trials_counted: Count
    deflated_sharpe: Share | None
    overfitting: dict[str, float | None]
    failed: tuple[FailedTrialsDocument, ...]
    trials: tuple[TrialDocument, ...]


def replay_schema() -> dict[str, Any]:
    """The JSON schema of all four; published as ``docs/replay_report.schema.json``."""
    return published_schema(ScreenDocument | ReplayDocument | ParityDocument | SweepDocument, SCHEMA_TITLE)


def screen_json(report: ScreenReport) -> dict[str, Any]:
    """``screen.json`` as plain JSON values."""
    sides = Counter(candidate.side for candidate in report.candidates)
    sentinels = Counter(name for candidate in report.candidates for name in candidate.sentinels)
    return _plain(
        ScreenDocument(
            **_heading(report),
            asset=report.bars.asset,
            dataset=report.bars.digest,
            data=_data(report.bars),
            bars=report.bars.bars,
            strategy=report.strategy,
            screener=dict(report.screener),
            candidates=len(report.candidates),
            longs=sides[Direction.LONG],
            shorts=sides[Direction.SHORT],
            sentinels=dict(sentinels.most_common()),
        )
    )


def replay_json(report: ReplayReport) -> dict[str, Any]:
    """``replay.json`` as plain JSON values."""
    replay = report.replay
    return _plain(
        ReplayDocument(
            **_heading(report),
            asset=report.bars.asset,
            dataset=report.bars.digest,
            data=_data(report.bars),
            bars=report.bars.bars,
            strategy=report.strategy,
            settings=dict(report.settings),
            configuration=report.configuration,
            setup=_setup(report.setup),
            mode=report.mode,
            candidates=report.candidates,
            candidates_from=report.candidates_from,
            entered=report.entered,
            reach=report.reach,
            seen=replay.seen,
            final_equity=float(replay.equity[-1]),
            metrics=_metrics(report.metrics),
            trades=_all(replay.trades, TradeDocument),
            open_position=_open_position(report),
            refusals=_all(replay.refusals, RefusalDocument),
            outcomes=tuple(_outcome(outcome) for outcome in report.outcomes),
            equity=_curve(series_of(replay.bars, replay.equity)),
            underwater=_curve(series_of(replay.bars, underwater(replay))),
        )
    )


def parity_json(report: ParityReport) -> dict[str, Any]:
    """``parity.json`` as plain JSON values."""
    told = report.certificate
    return _plain(
        ParityDocument(
            **_heading(report),
            equal=told.equal,
            bars=told.bars,
            trades=told.trades,
            candidates=told.candidates,
            seconds_full=told.seconds_full,
            seconds_screen=told.seconds_screen,
            seconds_focused=told.seconds_focused,
            speedup=told.speedup,
            first_divergence=None if told.first_divergence is None else _divergence(told.first_divergence),
            keeps_lookback=told.keeps_lookback,
            soundness=SoundnessDocument(
                is_sound=told.soundness.is_sound,
                entries=told.soundness.entries,
                inside=told.soundness.inside,
                outside=told.soundness.outside,
            ),
            look_ahead=None if report.look_ahead is None else _look_ahead(report.look_ahead),
            seen=told.seen,
            strategy=told.strategy,
            settings=dict(report.settings),
            screener=dict(report.screener),
            setup=_setup(report.setup),
            reach=report.reach,
            asset=report.bars.asset,
            dataset=told.dataset,
            configuration=told.configuration,
            data=_data(report.bars),
        )
    )


def sweep_json(report: SweepReport) -> dict[str, Any]:
    """``sweep.json`` as plain JSON values."""
    verdict = report.verdict
    trials = () if verdict is None else verdict.trials
    return _plain(
        SweepDocument(
            **_heading(report),
            data=tuple(_data(bars) for bars in report.bars),
            strategy=report.strategy,
            settings=dict(report.settings),
            grid={name: tuple(values) for name, values in report.grid.items()},
            setup=_setup(report.setup),
            reach=report.reach,
            made_now=report.made_now,
            taken_from_ledger=report.taken_from_ledger,
            earlier_trials=report.earlier_trials,
            trials_counted=report.trials_counted,
            deflated_sharpe=None if verdict is None else verdict.deflated_sharpe,
            overfitting={} if verdict is None else dict(verdict.overfitting),
            failed=_all(report.failed, FailedTrialsDocument),
            trials=tuple(_trial(trial, report.grid) for trial in trials),
        )
    )


# --- the parts --------------------------------------------------------------------------------------------------------


def _heading(report: AnyReport) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "run_id": report.run_id,
        "started_at": report.started_at,
        "finished_at": report.finished_at,
        "seconds": round(report.seconds, 3),
        "code_version": report.code_version,
        "results_dir": report.folder,
        "notes": report.notes,
    }


def _data(bars: BarsTold) -> DataDocument:
    return msgspec.convert(msgspec.to_builtins(bars, builtin_types=(datetime,)), DataDocument)


def _setup(setup: ReplaySetup) -> SetupDocument:
    settled = setup.settlement
    return SetupDocument(
        cash=setup.cash,
        fee=msgspec.to_builtins(setup.costs.fee),
        half_spread=setup.costs.half_spread,
        slippage=setup.costs.slippage,
        settlement=None if settled is None else SettlementDocument(at=instant(settled.at), value=settled.value),
    )


def _metrics(found: Metrics) -> MetricsDocument:
    values = msgspec.structs.asdict(found)
    if not math.isfinite(found.turnover):
        values["turnover"] = None
    return MetricsDocument(**values)


def _open_position(report: ReplayReport) -> OpenPositionDocument | None:
    held, profit = report.replay.open_position, report.open_profit
    if held is None or profit is None:
        return None
    return OpenPositionDocument(**msgspec.structs.asdict(held), profit=profit)


def _outcome(outcome: CandidateOutcome) -> OutcomeDocument:
    candidate = outcome.candidate
    return OutcomeDocument(
        timestamp=candidate.timestamp,
        side=candidate.side,
        score=candidate.score,
        reason=candidate.reason,
        sentinels=dict(candidate.sentinels),
        entered=outcome.entered,
        trades=outcome.trades,
        holds=outcome.holds,
        profit=outcome.profit,
        exit_reason=outcome.exit_reason,
        moved=outcome.moved,
        best=outcome.best,
        worst=outcome.worst,
    )


def _divergence(found: Divergence) -> DivergenceDocument:
    return msgspec.convert(msgspec.to_builtins(found, builtin_types=(datetime,)), DivergenceDocument)


def _look_ahead(found: LookAhead) -> LookAheadDocument:
    changes = tuple(
        PastChangeDocument(
            what=what,
            bar=change.bar,
            cut=change.cut,
            with_future=shortened(change.with_future, LONGEST_SAID),
            without=shortened(change.without, LONGEST_SAID),
        )
        for what, change in found.changes.items()
    )
    return LookAheadDocument(is_clean=found.is_clean, cuts=found.cuts, looked_at=found.looked_at, changes=changes)


def _trial(trial: Trial, grid: Mapping[str, Any]) -> TrialDocument:
    return TrialDocument(
        asset=trial.asset,
        dataset=trial.dataset,
        configuration=trial.configuration,
        bars=trial.bars,
        tried={name: setting_of(trial.settings, name) for name in grid},
        settings=dict(trial.settings),
        metrics=_metrics(trial.metrics),
        sharpe_per_bar=trial.sharpe,
        skewness=trial.skewness,
        kurtosis=trial.kurtosis,
    )


def _curve(series: Series) -> tuple[PointDocument, ...]:
    return tuple(PointDocument(at=instant(int(at)), value=value) for at, value in thinned(series, CURVE_BUCKETS))


def _all(values: tuple[Struct, ...], kind: type[_Part]) -> tuple[_Part, ...]:
    return tuple(msgspec.convert(value, kind, from_attributes=True) for value in values)


def _plain(document: Struct) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return values
