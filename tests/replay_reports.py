"""Reports of the replay room, made by running the room over bars that were made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from edgeworth.markets.bars import BarOrder, BarSurvey
from edgeworth.replay.bars import Bars
from edgeworth.replay.broker import Settlement
from edgeworth.replay.costs import Costs
from edgeworth.replay.indicators import VolatilityRegime
from edgeworth.replay.loop import ReplaySetup, focused_replay, full_replay
from edgeworth.replay.metrics import metrics
from edgeworth.replay.outcomes import candidate_outcomes
from edgeworth.replay.parity import Divergence, Standing, certify, configuration_digest
from edgeworth.replay.screener import Screener, screen
from edgeworth.replay.strategies import CrossFollower, DipBuyer, Fusion
from edgeworth.replay.sweep import grid, judge, run_trials
from edgeworth.replay.windows import windows_around
from edgeworth.reports.replay import (
    FailedTrials,
    ParityReport,
    ReplayMode,
    ReplayReport,
    ScreenReport,
    SweepReport,
    bars_told,
)
from tests.replaying import walked_bars

BEGAN = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HEADING: dict[str, Any] = {
    "run_id": "0197-replay",
    "started_at": BEGAN,
    "finished_at": BEGAN + timedelta(seconds=3),
    "code_version": "0.1.0+abc",
    "seconds": 1.25,
    "folder": "results/ETH_replay_20261121_120000",
}
QUICK = Screener(fast=5, slow=20, regime=VolatilityRegime(n=5, usual=20, high=1.3, low=0.75))
STRATEGY = Fusion(screener=QUICK, threshold=0.2, trigger_bars=8)
REACH = 8


def told(bars: Bars, **changes: Any) -> Any:
    """What is said of ``bars``, read from a file with a few rows too many."""
    survey = BarSurvey(count=len(bars) + 5, order=BarOrder.NEWEST_FIRST, repeated=3, contradicting=2)
    return replace(bars_told(bars, source="ETH_USD.csv", survey=survey), **changes)


def a_screen_report(past: Bars | None = None, **changes: Any) -> ScreenReport:
    bars = walked_bars(1) if past is None else past
    plain = {
        "bars": told(bars),
        "columns": bars,
        "screener": msgspec.to_builtins(QUICK),
        "candidates": tuple(screen(bars, QUICK).candidates()),
        "strategy": "fusion",
    }
    return ScreenReport(**(HEADING | plain | changes))


def a_replay_report(past: Bars | None = None, *, like: Any = STRATEGY, **changes: Any) -> ReplayReport:
    """A focused replay of a strategy like that, with its candidates."""
    bars, strategy = walked_bars(1) if past is None else past, like
    setup = changes.get("setup", ReplaySetup())
    screening = screen(bars, strategy.screener)
    replay = focused_replay(bars, strategy, windows_around(screening, REACH), setup)
    candidates = screening.candidates()
    plain = {
        "bars": told(bars),
        "strategy": strategy.name,
        "settings": msgspec.to_builtins(strategy),
        "setup": setup,
        "mode": ReplayMode.FOCUSED,
        "replay": replay,
        "metrics": metrics(replay),
        "candidates": len(candidates),
        "reach": REACH,
        "outcomes": candidate_outcomes(replay, candidates, REACH),
        "configuration": configuration_digest(strategy, strategy.screener, setup, REACH),
    }
    return ReplayReport(**(HEADING | plain | changes))


def a_full_replay_report(**changes: Any) -> ReplayReport:
    """Without any candidates, and on bars in which nothing happens for long."""
    replay = full_replay(walked_bars(1, 60), STRATEGY)
    plain = {"mode": ReplayMode.FULL, "replay": replay, "metrics": metrics(replay), "candidates": None, "outcomes": ()}
    return replace(a_replay_report(walked_bars(1, 60)), **(plain | changes))


def a_market_replay_report(**changes: Any) -> ReplayReport:
    """Of a prediction market that was settled."""
    bars = walked_bars(4, 300, is_market=True)
    settled = Settlement(at=int(bars.opens_at[280]) + 60, value=1.0)
    setup = ReplaySetup(cash=500.0, costs=Costs(half_spread=0.005, slippage=0.0), settlement=settled)
    return a_replay_report(
        bars,
        like=DipBuyer(screener=QUICK),
        setup=setup,
        **({"bars": told(bars, question="Will it rain in Oslo?")} | changes),
    )


def a_parity_report(**changes: Any) -> ParityReport:
    bars = walked_bars(1)
    ticks = iter([0.0, 0.25, 0.5, 3.0])
    certificate = certify(
        bars, STRATEGY, QUICK, ReplaySetup(), code_version="0.1.0+abc", timer=lambda: next(ticks), reach=REACH
    )
    plain = {
        "bars": told(bars),
        "certificate": certificate,
        "settings": msgspec.to_builtins(STRATEGY),
        "screener": msgspec.to_builtins(QUICK),
        "setup": ReplaySetup(),
        "reach": REACH,
    }
    return ParityReport(**(HEADING | plain | changes))


def an_unequal_parity_report(**changes: Any) -> ParityReport:
    """A strategy that entered once where no window is."""
    report = a_parity_report()
    at = BEGAN - timedelta(days=100)
    divergence = Divergence(
        bar=123,
        opens_at=at,
        full=Standing(equity=10_012.5, trades=3, holds="long 2.5 at 2000.25 since 2026-08-13T11:00:00+00:00"),
        focused=Standing(equity=10_000.0, trades=2, holds=None),
    )
    certificate = replace(
        report.certificate,
        equal=False,
        first_divergence=divergence,
        soundness=replace(report.certificate.soundness, entries=9, inside=8, outside=(at,)),
    )
    return replace(report, certificate=certificate, **changes)


def a_sweep_report(**changes: Any) -> SweepReport:
    one, other = walked_bars(3, 300), walked_bars(5, 300)
    tried = {"fast": [3, 5], "stop_ranges": [2.0, 4.0]}
    start = CrossFollower(fast=5, slow=20, ranges=7)
    trials = [trial for bars in (one, other) for trial in run_trials(bars, grid(start, tried), reach=REACH)]
    other_asset = [replace(trial, asset="BTC") if trial.dataset == other.digest else trial for trial in trials]
    plain = {
        "bars": (told(one), told(other, asset="BTC")),
        "strategy": "cross",
        "settings": msgspec.to_builtins(start),
        "grid": tried,
        "setup": ReplaySetup(),
        "verdict": judge(other_asset),
        "made_now": 6,
        "taken_from_ledger": 2,
        "earlier_trials": 12,
        "failed": (FailedTrials(asset="SOL", trials=4, problem="expected bars of SOL, found none"),),
        "reach": REACH,
    }
    return SweepReport(**(HEADING | plain | changes))
