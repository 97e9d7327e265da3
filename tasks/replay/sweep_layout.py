"""A sweep before it is begun: what is tried over which bars, all of it checked, and cut into units of work.

A unit carries its bars with it. Reading six years of hours takes 1.4 s of a core, handing the columns (2.5 MB) to
another process 7 ms, and there they need no file and cannot have changed meanwhile. A strategy travels as its name and
its settings: a class of the user's own is imported where it is run, and when it cannot be, that is said in words.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.replay.bars import Bars
from edgeworth.replay.ledger import TrialLedger
from edgeworth.replay.loop import ReplaySetup
from edgeworth.replay.selection import SPLITS
from edgeworth.replay.sweep import Trial
from edgeworth.replay.windows import check_window
from tasks.replay.bars import ReadBars, read_bars
from tasks.replay.editions import Edition
from tasks.replay.own_code import check_unchanged
from tasks.replay.plan import SweepPlan
from tasks.replay.steps import configuration_of, replay_setup
from tasks.replay.strategies import (
    ReplayStrategy,
    strategy_class,
    strategy_grid,
    told_settings,
    unchecked_strategy,
)
from tasks.results.folder import check_results_folder, slug
from tasks.settings import Settings

MOST_TRIALS = 100_000
"""Of one sweep: some hours of a core over six years of hours, and a page that can still be made."""

MOST_UNITS = 400
"""Of a sweep, each a task run in Prefect, whose server digests fifteen a second. Larger sweeps have larger ones."""


class SweptBars(Struct, frozen=True, kw_only=True):
    """One set of bars, what is tried over it, and at what costs.

    Attributes:
        configurations: Digest of each of the sweep's strategies over these bars, in their order.
    """

    read: ReadBars
    setup: ReplaySetup
    configurations: tuple[str, ...]

    @property
    def bars(self) -> Bars:
        """What is replayed."""
        return self.read.bars


class PreparedSweep(Struct, frozen=True, kw_only=True):
    """Everything that a sweep is run with, checked.

    Attributes:
        strategies: One a setting, in the order of the grid.
        base: Settings that all begin with, as plain values.
    """

    sets: tuple[SweptBars, ...]
    strategies: tuple[ReplayStrategy, ...]
    base: Mapping[str, Any]


class SweepUnit(Struct, frozen=True, kw_only=True):
    """Some of the settings over one set of bars: what one process makes at a time, and makes again when it is lost.

    Attributes:
        name: For the list of task runs.
        reach: Bars before and behind a candidate.
        strategy: Its name, or ``module:Class``.
        settings: Of each trial, as plain values.
        edition: The code that the sweep began with.
    """

    name: str
    bars: Bars
    setup: ReplaySetup
    reach: int
    strategy: str
    settings: tuple[Mapping[str, Any], ...]
    edition: Edition

    def strategies(self) -> list[ReplayStrategy]:
        """A strategy for each of the settings.

        Raises:
            ConfigurationError: It is one's own and cannot be imported in this process.
        """
        kind = strategy_class(self.strategy)
        return [cast("ReplayStrategy", msgspec.convert(values, type=kind)) for values in self.settings]


class SweepLayout(Struct, frozen=True, kw_only=True):
    """What there is to do.

    Attributes:
        known: Trials that the ledger has. units: All others.
    """

    known: tuple[Trial, ...]
    units: tuple[SweepUnit, ...]

    @property
    def missing(self) -> int:
        """Trials in the units."""
        return sum(len(unit.settings) for unit in self.units)


def prepare_sweep(settings: Settings, plan: SweepPlan) -> PreparedSweep:
    """Read and check everything that ``plan`` names; nothing is written.

    Raises:
        ConfigurationError: Bars, grid, strategy or costs cannot be used, or there are too many trials; says which and
            why.
        StorageError: The stores cannot be used.
    """
    _check_size(plan)
    check_window(plan.window)
    if plan.chunk < 1:
        raise ConfigurationError(f"expected units of 1 trial or more, found {plan.chunk}")
    base = unchecked_strategy(plan.strategy, plan.settings)
    check_unchanged(plan.strategy)
    strategies = tuple(strategy_grid(plan.strategy, plan.grid, plan.settings))
    reads = [read_bars(settings, choice) for choice in plan.bars]
    _check_bars(reads)
    sets = tuple(_swept(plan, strategies, read) for read in reads)
    check_results_folder(settings.results_dir)
    return PreparedSweep(sets=sets, strategies=strategies, base=msgspec.to_builtins(base))


def lay_out(given: PreparedSweep, plan: SweepPlan, ledger: TrialLedger, edition: Edition) -> SweepLayout:
    """What ``ledger`` has of the sweep already, and units for the rest.

    Settings whose screener is the same stand together, so that most units have one set of candidates.
    """
    known: list[Trial] = []
    missing: list[tuple[SweptBars, list[ReplayStrategy]]] = []
    for one in given.sets:
        found = ledger.known(one.bars.digest, one.configurations, edition.version) if edition.is_certain else {}
        known += found.values()
        pairs = zip(given.strategies, one.configurations, strict=True)
        missing.append((one, _by_screener([strategy for strategy, digest in pairs if digest not in found])))
    trials = sum(len(strategies) for _, strategies in missing)
    chunk = max(plan.chunk, math.ceil(trials / max(1, MOST_UNITS - len(missing))))
    units = itertools.chain.from_iterable(_units(one, strategies, plan, chunk, edition) for one, strategies in missing)
    return SweepLayout(known=tuple(known), units=tuple(units))


def _check_size(plan: SweepPlan) -> None:
    if not plan.bars:
        raise ConfigurationError("expected bars to sweep over, found none named")
    for name, values in plan.grid.items():
        if not values:
            raise ConfigurationError(f"expected values to try for {name[:60]!r}, found none")
    trials = math.prod(len(values) for values in plan.grid.values()) * len(plan.bars)
    if trials > MOST_TRIALS:
        raise ConfigurationError(
            f"expected at most {MOST_TRIALS:,} trials in a sweep, found {trials:,}: try fewer values of a setting. "
            "The best of so many would hardly be told from luck anyway"
        )


def _check_bars(reads: Iterable[ReadBars]) -> None:
    all_bars = [read.bars for read in reads]
    lengths = sorted({bars.interval_seconds for bars in all_bars})
    if len(lengths) > 1:
        raise ConfigurationError(
            f"expected bars of one length in a sweep, found those of {' and '.join(f'{s:,} s' for s in lengths[:4])}: "
            "their Sharpe ratios of a bar cannot be compared"
        )
    for asset, times in Counter(bars.asset for bars in all_bars).items():
        if times > 1:
            raise ConfigurationError(
                f"expected each asset once in a sweep, found {asset[:60]} {times} times; two spans of one asset are "
                "two sweeps"
            )
    for bars in all_bars:
        if len(bars) < SPLITS:
            raise ConfigurationError(
                f"expected {SPLITS} bars of {bars.asset} or more, a block of time each, found {len(bars)}"
            )


def _swept(plan: SweepPlan, strategies: tuple[ReplayStrategy, ...], read: ReadBars) -> SweptBars:
    setup = replay_setup(plan.cash, plan.fee_rate, plan.half_spread, plan.slippage, read)
    configurations = tuple(configuration_of(plan, strategy, setup) for strategy in strategies)
    first: dict[str, ReplayStrategy] = {}
    for strategy, digest in zip(strategies, configurations, strict=True):
        if digest in first:
            told = told_settings(strategy, (*plan.grid, *(name for name in plan.settings if name not in plan.grid)))
            raise ConfigurationError(f"expected each setting once in a sweep, found {told} twice")
        first[digest] = strategy
    return SweptBars(read=read, setup=setup, configurations=configurations)


def _by_screener(strategies: list[ReplayStrategy]) -> list[ReplayStrategy]:
    places: dict[object, int] = {}
    return sorted(strategies, key=lambda strategy: places.setdefault(strategy.screener, len(places)))


def _units(
    one: SweptBars, strategies: list[ReplayStrategy], plan: SweepPlan, chunk: int, edition: Edition
) -> Iterator[SweepUnit]:
    for number, start in enumerate(range(0, len(strategies), chunk), 1):
        yield SweepUnit(
            name=f"{slug(one.bars.asset)}-{number}",
            bars=one.bars,
            setup=one.setup,
            reach=plan.window,
            strategy=plan.strategy,
            settings=tuple(msgspec.to_builtins(strategy) for strategy in strategies[start : start + chunk]),
            edition=edition,
        )
