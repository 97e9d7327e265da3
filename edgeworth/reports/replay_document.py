"""``screen.json``, ``replay.json``, ``parity.json``, ``sweep.json``: runs of the replay room for machines.

Their shapes stand in ``replay_shapes`` and are published as ``docs/replay_report.schema.json``; ``kind`` says which of
the four it is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from edgeworth.replay.bars import instant
from edgeworth.replay.loop import ReplaySetup
from edgeworth.replay.metrics import Metrics, underwater
from edgeworth.replay.orders import Direction
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
    ReplayReport,
    ScreenReport,
    SweepReport,
    series_of,
    setting_of,
)
from edgeworth.reports.replay_shapes import (
    DataDocument,
    DivergenceDocument,
    FailedTrialsDocument,
    LookAheadDocument,
    MetricsDocument,
    OpenPositionDocument,
    OutcomeDocument,
    ParityDocument,
    PastChangeDocument,
    PointDocument,
    RefusalDocument,
    ReplayDocument,
    ScreenDocument,
    SettlementDocument,
    SetupDocument,
    SoundnessDocument,
    SweepDocument,
    TradeDocument,
    TrialDocument,
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

_Part = TypeVar("_Part")


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
            repeats=told.repeats,
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
    return LookAheadDocument(
        is_clean=found.is_clean,
        cuts=found.cuts,
        looked_at=found.looked_at,
        unrepeatable=found.unrepeatable,
        changes=changes,
    )


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
