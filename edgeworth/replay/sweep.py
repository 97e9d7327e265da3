"""Many settings of a strategy over the same bars: candidates once, indicators once, a ledger of every trial.

A trial is a value that goes from process to process; ``run_trials`` is one unit of a sweep (an asset, some of the
settings), ``judge`` puts units together. Nothing is left out of the ledger: a sweep that forgets its failures finds
gold everywhere.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
import numpy as np
from msgspec import Struct

from edgeworth.errors import ConfigurationError, DataError
from edgeworth.replay.bars import Bars, Floats
from edgeworth.replay.indicators import Indicator
from edgeworth.replay.loop import ReplaySetup, focused_replay
from edgeworth.replay.metrics import Metrics, bar_returns, metrics
from edgeworth.replay.parity import configuration_digest
from edgeworth.replay.screener import Screener, screen
from edgeworth.replay.selection import SPLITS, block_sums, deflated_sharpe, overfitting_probability
from edgeworth.replay.strategy import Strategy
from edgeworth.replay.windows import CANDIDATE_WINDOW_BARS, Window, windows_around


class Screened(Strategy, Protocol):
    """A strategy that names the screener that is sound for it."""

    @property
    def screener(self) -> Screener: ...


Settings = TypeVar("Settings", bound=Struct)


class Trial(Struct, frozen=True, kw_only=True):
    """One setting over one set of bars.

    Attributes:
        settings: Of the strategy.
        dataset, configuration: Digests of the bars, and of strategy, screener, setup and reach.
        sharpe: Of one bar; 0 where nothing moved. skewness, kurtosis: Of the bars' returns.
        blocks: Count, sum and sum of squares of the returns in each block of time.
    """

    strategy: str
    settings: Mapping[str, Any]
    asset: str
    dataset: str
    configuration: str
    bars: int
    metrics: Metrics
    sharpe: float
    skewness: float
    kurtosis: float
    blocks: tuple[tuple[float, float, float], ...]


class Verdict(Struct, frozen=True, kw_only=True):
    """What a sweep came to.

    Attributes:
        trials: All that were made, best Sharpe ratio first; ties in the order of the sweep.
        deflated_sharpe: Of the best: how likely it is better than the best of as many worthless ones.
        overfitting: How often the best of one half of the time is below the median in the other, by asset.
    """

    trials: tuple[Trial, ...]
    deflated_sharpe: float | None
    overfitting: Mapping[str, float | None]

    @property
    def best(self) -> Trial:
        """The trial with the best Sharpe ratio."""
        return self.trials[0]


def grid(strategy: Settings, fields: Mapping[str, Sequence[object]]) -> list[Settings]:
    """``strategy`` with every combination of the values of ``fields``; dots reach within (``screener.fast``).

    Raises:
        ConfigurationError: It has no such setting, or a value does not fit.
    """
    return [
        _changed(strategy, dict(zip(fields, values, strict=True))) for values in itertools.product(*fields.values())
    ]


def run_trials(
    bars: Bars,
    strategies: Iterable[Screened],
    setup: ReplaySetup = ReplaySetup(),  # noqa: B008 - a frozen value
    *,
    reach: int = CANDIDATE_WINDOW_BARS,
    splits: int = SPLITS,
) -> list[Trial]:
    """Replay each of ``strategies`` around its candidates.

    Raises:
        DataError: As ``TrialMaker.trial``.
    """
    maker = TrialMaker(bars, setup, reach=reach, splits=splits)
    return [maker.trial(strategy) for strategy in strategies]


class TrialMaker:
    """Makes trials over one set of bars; screenings and indicators that two share are made once.

    Args:
        bars: What is replayed.
        setup: Money and costs.
        reach: Bars before and behind a candidate.
        splits: Blocks of time.
    """

    def __init__(
        self,
        bars: Bars,
        setup: ReplaySetup = ReplaySetup(),  # noqa: B008 - a frozen value
        *,
        reach: int = CANDIDATE_WINDOW_BARS,
        splits: int = SPLITS,
    ) -> None:
        self._bars, self._setup, self._reach, self._splits = bars, setup, reach, splits
        self._dataset = bars.digest
        self._windows: dict[Screener, list[Window]] = {}
        self._columns: dict[Indicator, Floats] = {}

    def trial(self, strategy: Screened) -> Trial:
        """``strategy`` replayed around its candidates. One that fails takes nothing from the next.

        Raises:
            DataError: A figure of it is no finite number.
        """
        bars, setup = self._bars, self._setup
        screener = strategy.screener
        if screener not in self._windows:
            self._windows[screener] = windows_around(screen(bars, screener), self._reach)
        read = {name: self._column(indicator) for name, indicator in strategy.indicators.items()}
        replay = focused_replay(bars, strategy, self._windows[screener], setup, read)
        if not np.isfinite(replay.equity).all():
            first = bars.at(int(np.flatnonzero(~np.isfinite(replay.equity))[0]))
            raise DataError(f"expected finite dollars at the end of every bar, found none from {first.isoformat()} on")
        returns = bar_returns(replay)
        deviation = float(returns.std(ddof=1))
        standard = (returns - returns.mean()) / deviation if deviation > 0.0 else np.zeros(len(returns))
        made = Trial(
            strategy=strategy.name,
            settings=msgspec.to_builtins(strategy),
            asset=bars.asset,
            dataset=self._dataset,
            configuration=configuration_digest(strategy, screener, setup, self._reach),
            bars=len(bars),
            metrics=metrics(replay),
            sharpe=float(returns.mean()) / deviation if deviation > 0.0 else 0.0,
            skewness=float(np.mean(standard * standard * standard)),
            kurtosis=float(np.mean(np.square(np.square(standard)))) if deviation > 0.0 else 3.0,
            blocks=tuple(tuple(row) for row in block_sums(returns, self._splits).tolist()),
        )
        check_finite(made)
        return made

    def _column(self, indicator: Indicator) -> Floats:
        if indicator not in self._columns:
            self._columns[indicator] = indicator.column(self._bars)
        return self._columns[indicator]


def check_finite(trial: Trial) -> None:
    """See that every figure of ``trial`` is a finite number; only its turnover may be endless, where equity is nothing.

    Raises:
        DataError: One is not; says which.
    """
    figures = [
        *((name, getattr(trial, name)) for name in ("sharpe", "skewness", "kurtosis")),
        *(pair for pair in msgspec.structs.asdict(trial.metrics).items() if pair != ("turnover", math.inf)),
        *((f"block {place}", sum(block)) for place, block in enumerate(trial.blocks)),
    ]
    for name, value in figures:
        if value is not None and not math.isfinite(value):
            raise DataError(f"expected a finite {name} of a trial over {trial.asset[:60]}, found {value}")


def judge(trials: Sequence[Trial], earlier: Sequence[float] = ()) -> Verdict:
    """What ``trials``, of one asset or of several, came to.

    The deflation pools everything: the best trial of any asset is held against all of them, and their number and the
    variance of their Sharpe ratios are over all assets and over ``earlier``, so that ten small sweeps are judged like
    one large one. Bars must be of one length, or these Sharpe ratios have no common unit. Overfitting is told for each
    asset by itself and for this sweep's trials alone: it needs their blocks of time.

    Args:
        trials: Of this sweep, each setting once for each set of bars.
        earlier: Sharpe ratios, of one bar, of other settings that were ever tried on the same bars.

    Raises:
        ConfigurationError: There is none.
    """
    if not trials:
        raise ConfigurationError("expected a sweep of one trial or more, found none")
    ranked = tuple(sorted(trials, key=lambda trial: -trial.sharpe))
    best = ranked[0]
    known = [*(trial.sharpe for trial in trials), *earlier]
    variance = float(np.var(known, ddof=1)) if len(known) > 1 else 0.0
    by_dataset: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        by_dataset.setdefault((trial.asset, trial.dataset), []).append(trial)
    return Verdict(
        trials=ranked,
        # A best trial whose equity never moved has no Sharpe ratio, and none to deflate.
        deflated_sharpe=None
        if best.metrics.sharpe is None
        else deflated_sharpe(
            best.sharpe,
            bars=best.bars,
            skewness=best.skewness,
            kurtosis=best.kurtosis,
            variance=variance,
            trials=len(known),
        ),
        overfitting={
            asset: overfitting_probability([np.array(trial.blocks) for trial in members])
            for (asset, _), members in by_dataset.items()
        },
    )


def _changed(strategy: Settings, values: Mapping[str, object]) -> Settings:
    """``strategy`` with other values, checked against the types of its settings."""
    plain = msgspec.to_builtins(strategy)
    for name, value in values.items():
        *path, last = name.split(".")
        inner = plain
        for part in path:
            inner = inner.get(part) if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or last not in inner:
            raise ConfigurationError(f"expected a setting of {type(strategy).__name__}, found {name[:60]!r}")
        inner[last] = value
    try:
        return msgspec.convert(plain, type=type(strategy))
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"expected settings of {type(strategy).__name__}, found others: {error}") from error
