"""``summary.html`` of a sweep: every trial, best first, and how much the best of so many is to be believed."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from edgeworth.replay.selection import SPLITS
from edgeworth.replay.sweep import Trial
from edgeworth.reports.figures import Cell, counted
from edgeworth.reports.rendering import environment, shortened
from edgeworth.reports.replay import BarsTold, SweepReport, setting_of
from edgeworth.reports.replay_figures import Figure, money, ratio, share
from edgeworth.reports.replay_words import (
    bars_facts,
    deflated_words,
    flat,
    heading_facts,
    likely,
    of_bars,
    setting_text,
    setup_facts,
    short_gaps,
)

MOST_TRIALS = 300
"""Rows on the page, the best; ``sweep.json`` has all of them."""

MOST_FAILED = 30
"""Units that came to nothing which are told one by one; ``sweep.json`` has all of them."""

MOST_BARS = 12
"""Sets of bars that are described one by one."""

COLUMNS = ("Sharpe, a year", "Return", "Drawdown", "Sortino, a year", "Trades", "Win rate", "Exposure", "Fees")


class TrialRow(NamedTuple):
    """One trial of the table: its values of the grid, and the ``COLUMNS``."""

    asset: str
    asset_key: str
    settings: list[Figure]
    figures: list[Figure]


class About(NamedTuple):
    """One set of bars."""

    heading: str
    bars: BarsTold
    facts: list[tuple[str, str]]
    gaps: Any


class OverfittingRow(NamedTuple):
    """How often choosing by one half of the time went wrong in the other."""

    asset: str
    trials: str
    probability: str


def render_sweep(report: SweepReport, *, index: str | None = None) -> str:
    """The page; ``index`` is the address of the index of all runs, relative to it, if there is one."""
    trials = () if report.verdict is None else report.verdict.trials
    assets = {name: f"a{number}" for number, name in enumerate(dict.fromkeys(trial.asset for trial in trials))}
    return (
        environment()
        .get_template("sweep.html.j2")
        .render(
            report=report,
            synthetic=[bars for bars in report.bars if bars.is_synthetic],
            recorded=[bars for bars in report.bars if not bars.is_synthetic],
            lead=lead(report),
            figures=key_figures(report),
            failed=report.failed[:MOST_FAILED],
            failed_left_out=max(0, len(report.failed) - MOST_FAILED),
            failed_lead=failed_lead(report),
            counted_trials=counted_trials(report),
            deflated=deflated_told(report),
            overfitting=overfitting_rows(report),
            overfitted="Around 50 % is what drawing a setting would do; what is far below is a choice that held.",
            names=list(report.grid),
            columns=COLUMNS,
            assets=[(key, name) for name, key in assets.items()],
            rows=[trial_row(trial, report, assets[trial.asset]) for trial in trials[:MOST_TRIALS]],
            left_out=max(0, len(trials) - MOST_TRIALS),
            abouts=[_about(bars, many=len(report.bars) > 1) for bars in report.bars[:MOST_BARS]],
            bars_left_out=max(0, len(report.bars) - MOST_BARS),
            splits=SPLITS,
            heading=heading_facts(report),
            setup=setup_facts(report.setup, is_market=any(bars.is_market for bars in report.bars)),
            strategy_settings=list(flat(report.settings)),
            index=index,
        )
    )


def lead(report: SweepReport) -> str:
    """The sweep in a sentence or two."""
    made = 0 if report.verdict is None else len(report.verdict.trials)
    sets = of_bars(report.bars[0]) if len(report.bars) == 1 else counted(len(report.bars), "set") + " of bars"
    tried = ", ".join(
        f"{counted(len(values), 'value')} of {shortened(name, 60)}" for name, values in report.grid.items()
    )
    return f"{counted(made, 'trial')} over {sets}: {tried or 'one setting'}."


def key_figures(report: SweepReport) -> list[Cell]:
    """The tiles of the head: figure, what it is."""
    tiles = [Cell(f"{report.trials_counted:,}", "trials of these bars in the ledger, earlier sweeps included")]
    if report.verdict is None:
        return tiles
    best, deflated = report.verdict.best, report.verdict.deflated_sharpe
    tiles += [
        Cell(ratio(best.metrics.sharpe), "Sharpe ratio of a year of the best of them"),
        Cell(share(best.metrics.total_return, signed=True), "return of the best"),
        Cell(likely(deflated), "deflated Sharpe ratio: how likely the best is more than luck"),
    ]
    known = [value for value in report.verdict.overfitting.values() if value is not None]
    if len(known) == 1:
        tiles.append(
            Cell(likely(known[0]), "probability of overfitting: how often the best of one half fails in the other")
        )
    return tiles


def failed_lead(report: SweepReport) -> str:
    """How many trials are missing."""
    number = sum(one.trials for one in report.failed)
    return f"{counted(number, 'trial')} could not be made. {'It is' if number == 1 else 'They are'} in no figure here."


def counted_trials(report: SweepReport) -> str:
    """Where the trials come from that the best is held against."""
    made = f"{counted(report.made_now, 'trial')} {_were(report.made_now)} made now"
    known = report.taken_from_ledger
    taken = f", {known:,} had been made before and {_were(known)} taken from the ledger" if known else ""
    if not report.earlier_trials:
        return f"{made}{taken}. No earlier sweep tried anything else on these bars."
    others = counted(report.earlier_trials, "other trial")
    count = "counts" if report.earlier_trials == 1 else "count"
    return (
        f"{made}{taken}. {others} of these bars from earlier sweeps {count} as well: "
        f"the best is held against {report.trials_counted:,}."
    )


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def deflated_told(report: SweepReport) -> str:
    """The deflated Sharpe ratio, with what it means."""
    verdict = report.verdict
    return deflated_words(
        None if verdict is None else verdict.deflated_sharpe,
        trials=0 if verdict is None else report.trials_counted,
        has_moved=verdict is not None and verdict.best.metrics.sharpe is not None,
    )


def overfitting_rows(report: SweepReport) -> list[OverfittingRow]:
    """The probability of overfitting of each set of bars."""
    if report.verdict is None:
        return []
    numbers = Counter(trial.asset for trial in report.verdict.trials)
    return [
        OverfittingRow(asset, f"{numbers[asset]:,}", "one trial: nothing to choose" if value is None else likely(value))
        for asset, value in report.verdict.overfitting.items()
    ]


def trial_row(trial: Trial, report: SweepReport, asset_key: str) -> TrialRow:
    """One trial as the table shows it."""
    found = trial.metrics
    return TrialRow(
        asset=trial.asset,
        asset_key=asset_key,
        settings=[_setting(setting_of(trial.settings, name)) for name in report.grid],
        figures=[
            _figure(ratio(found.sharpe), found.sharpe),
            _figure(share(found.total_return, signed=True), found.total_return),
            _figure(share(found.drawdown), found.drawdown),
            _figure(ratio(found.sortino), found.sortino),
            _figure(f"{found.trades:,}", found.trades),
            _figure(share(found.win_rate), found.win_rate),
            _figure(share(found.exposure), found.exposure),
            _figure(money(found.fees), found.fees),
        ],
    )


def _setting(value: Any) -> Figure:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Figure(setting_text(value), f"{value:g}" if is_number else "")


def _figure(text: str, value: float | None) -> Figure:
    return Figure(text, "" if value is None else f"{value:.6g}")


def _about(bars: BarsTold, *, many: bool) -> About:
    return About(f"The bars of {bars.asset[:60]}" if many else "The bars", bars, bars_facts(bars), short_gaps(bars))
