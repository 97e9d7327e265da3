"""A screening, a replay or a proof of parity from its beginning to its report, free of Prefect.

Bars, strategy and costs are checked before the run is noted, so that a mistake leaves nothing behind. What is computed
is the library's; here stands in which order, and what was used.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from edgeworth.errors import ConfigurationError, DataError
from edgeworth.replay.bars import Bars
from edgeworth.replay.candidates import Candidate, places, read_candidates
from edgeworth.replay.costs import Costs, ProportionalFee
from edgeworth.replay.loop import Replay, ReplaySetup, focused_replay, full_replay
from edgeworth.replay.metrics import metrics
from edgeworth.replay.outcomes import candidate_outcomes
from edgeworth.replay.parity import certify, configuration_digest
from edgeworth.replay.screener import Screening, screen
from edgeworth.replay.truncation import cut_places, look_ahead
from edgeworth.replay.windows import check_window, windows_around, windows_at
from edgeworth.reports.replay import ParityReport, ReplayMode, ReplayReport, ScreenReport
from tasks import wiring
from tasks.clock import utc_now
from tasks.code_version import code_version
from tasks.replay.bars import ReadBars, read_bars
from tasks.replay.plan import ReplayPlan, SweepPlan
from tasks.replay.strategies import ReplayStrategy, build_strategy, running
from tasks.results.folder import check_results_folder
from tasks.settings import Settings
from tasks.taking_up import BegunRun, begin_run

TAKEN_UP_WITHIN = timedelta(hours=6)
"""A run that was killed begins anew under its name: it takes seconds, and has left nothing."""

MARKET_HALF_SPREAD = 0.005
"""Dollars that a market's price is off at the least, where nobody says better: a tick of a cent between bid and ask."""


class Prepared(Struct, frozen=True, kw_only=True):
    """Everything that a replay is run with, checked.

    Attributes:
        candidates: Those of the file that the plan names, and their places in the bars; ``None`` when it names none.
    """

    read: ReadBars
    strategy: ReplayStrategy
    setup: ReplaySetup
    candidates: tuple[Candidate, ...] | None = None

    @property
    def bars(self) -> Bars:
        """What is replayed."""
        return self.read.bars


def prepare(settings: Settings, plan: ReplayPlan) -> Prepared:
    """Read and check everything that ``plan`` names; nothing is written.

    Raises:
        ConfigurationError: Bars, strategy, costs or candidates cannot be used; says which and why.
        StorageError: The stores cannot be used.
    """
    strategy = build_strategy(plan.strategy, plan.settings)
    check_window(plan.window)
    read = read_bars(settings, plan.bars)
    setup = replay_setup(plan.cash, plan.fee_rate, plan.half_spread, plan.slippage, read)
    configuration_of(plan, strategy, setup)
    if plan.cuts:
        cut_places(read.bars, np.random.default_rng(0), plan.cuts)
    candidates = _candidates(plan, read.bars)
    check_results_folder(settings.results_dir)
    return Prepared(read=read, strategy=strategy, setup=setup, candidates=candidates)


def replay_setup(
    cash: float, fee_rate: float | None, half_spread: float | None, slippage: float | None, read: ReadBars
) -> ReplaySetup:
    """Money and costs as asked for, else as usual for the bars; of a market the fees of its venue.

    Raises:
        ConfigurationError: One of them cannot be meant.
    """
    usual = Costs(fee=read.fee, half_spread=MARKET_HALF_SPREAD, slippage=0.0) if read.fee is not None else Costs()
    costs = Costs(
        fee=usual.fee if fee_rate is None else ProportionalFee(rate=fee_rate),
        half_spread=usual.half_spread if half_spread is None else half_spread,
        slippage=usual.slippage if slippage is None else slippage,
    )
    return ReplaySetup(cash=cash, costs=costs, settlement=read.settlement)


def configuration_of(plan: ReplayPlan | SweepPlan, strategy: ReplayStrategy, setup: ReplaySetup) -> str:
    """The digest of everything that decides what a replay of ``strategy`` comes to, beside the bars.

    Raises:
        ConfigurationError: A setting of the strategy is no value.
    """
    try:
        return configuration_digest(strategy, strategy.screener, setup, plan.window)
    except DataError as error:
        raise ConfigurationError(f"{plan.strategy[:60]}: {error}") from error


def begin_replay(settings: Settings, plan: ReplayPlan, kind: str) -> BegunRun:
    """Note that a run of ``kind`` (``screen``, ``replay``, ``parity``) begins."""
    with wiring.open_storage(settings) as storage:
        return begin_run(storage, settings, kind=kind, parameters=msgspec.to_builtins(plan), within=TAKEN_UP_WITHIN)


def screened(run: BegunRun, given: Prepared) -> ScreenReport:
    """Every bar looked at once by the screener of the strategy.

    Raises:
        ConfigurationError: The screener, or the strategy that names it, has raised something.
    """
    began = time.perf_counter()
    with running(given.strategy):
        screener = given.strategy.screener
        candidates = tuple(screen(given.bars, screener).candidates())
    return ScreenReport(
        **report_heading(run, time.perf_counter() - began),
        notes=given.read.notes,
        bars=given.read.told,
        screener=msgspec.to_builtins(screener),
        candidates=candidates,
        strategy=given.strategy.name,
        columns=given.bars,
    )


def replayed(run: BegunRun, plan: ReplayPlan, given: Prepared) -> ReplayReport:
    """The strategy run over every bar, or around the candidates.

    Raises:
        ConfigurationError: The strategy, or an indicator of it, has raised something.
    """
    began = time.perf_counter()
    with running(given.strategy):
        screening = screen(given.bars, given.strategy.screener)
        candidates: Sequence[Candidate] = given.candidates if given.candidates is not None else screening.candidates()
        replay = _replay(plan, given, screening, candidates)
    return ReplayReport(
        **report_heading(run, time.perf_counter() - began),
        notes=(*given.read.notes, *_notes(plan, screening, candidates)),
        bars=given.read.told,
        strategy=given.strategy.name,
        settings=msgspec.to_builtins(given.strategy),
        setup=given.setup,
        mode=ReplayMode.FULL if plan.full else ReplayMode.FOCUSED,
        replay=replay,
        metrics=metrics(replay),
        candidates=len(candidates),
        candidates_from=None if plan.candidates is None else Path(plan.candidates).name,
        reach=plan.window,
        outcomes=candidate_outcomes(replay, candidates, plan.window),
        configuration=configuration_of(plan, given.strategy, given.setup),
    )


def certified(run: BegunRun, plan: ReplayPlan, given: Prepared) -> ParityReport:
    """The strategy run both ways, and whether both came to the same.

    Raises:
        ConfigurationError: As ``replayed``.
    """
    ahead = None
    with running(given.strategy):
        screener = given.strategy.screener
        _warm_up(given, plan.window)
        began = time.perf_counter()
        certificate = certify(
            given.bars,
            given.strategy,
            screener,
            given.setup,
            code_version=code_version(),
            timer=time.perf_counter,
            reach=plan.window,
        )
        if plan.cuts:
            # The same places each time, so that what was found can be looked at again.
            rng = np.random.default_rng(0)
            ahead = look_ahead(given.bars, given.strategy, screener, given.setup, rng, cuts=plan.cuts)
    return ParityReport(
        **report_heading(run, time.perf_counter() - began),
        notes=given.read.notes,
        bars=given.read.told,
        certificate=certificate,
        settings=msgspec.to_builtins(given.strategy),
        screener=msgspec.to_builtins(screener),
        setup=given.setup,
        reach=plan.window,
        look_ahead=ahead,
    )


def report_heading(run: BegunRun, seconds: float) -> dict[str, Any]:
    """What every report of the room begins with; ``seconds`` are of the work itself."""
    return {
        "run_id": run.run_id,
        "started_at": run.started_at,
        "finished_at": utc_now(),
        "code_version": code_version(),
        "seconds": seconds,
    }


def _replay(plan: ReplayPlan, given: Prepared, screening: Screening, candidates: Sequence[Candidate]) -> Replay:
    if plan.full:
        return full_replay(given.bars, given.strategy, given.setup)
    windows = windows_at(places(candidates, given.bars), screening.codes < 0, plan.window)
    return focused_replay(given.bars, given.strategy, windows, given.setup)


def _warm_up(given: Prepared, window: int) -> None:
    """Kernels are compiled, or read from the user's cache, and memory is touched once: no part of what is compared."""
    windows = windows_around(screen(given.bars, given.strategy.screener), window)
    focused_replay(given.bars, given.strategy, windows, given.setup)


def _candidates(plan: ReplayPlan, bars: Bars) -> tuple[Candidate, ...] | None:
    if plan.candidates is None:
        return None
    path = Path(plan.candidates)
    try:
        found = read_candidates(path.read_text(encoding="utf-8"))
        places(found, bars)
    except OSError as error:
        raise ConfigurationError(
            f"candidates: expected a file that can be read at {path}, found: {error.strerror}"
        ) from error
    except (DataError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"candidates of {path.name}: {error}") from error
    return tuple(sorted(found, key=lambda candidate: candidate.timestamp))


def _notes(plan: ReplayPlan, screening: Screening, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    if plan.full:
        return ()
    looked = "Only bars around candidates were looked at, and on while something was open. "
    found = set(screening.found.tolist())
    missing = len(found.difference(places(candidates, screening.bars).tolist()))
    if not missing:
        return (f"{looked}That a full replay comes to the same is shown by `edgeworth parity`.",)
    own = (
        f"{missing:,} of the {len(found):,} candidates that the screener of the strategy finds are not among those read"
    )
    return (f"{looked}{own}: a full replay may come to something else.",)
