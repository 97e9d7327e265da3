"""``edgeworth sweep``: many settings of a strategy over the same bars, and what to think of the best of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
import typer
from msgspec import Struct
from rich import box
from rich.table import Table

from edgeworth.errors import ConfigurationError
from edgeworth.reports.figures import counted
from edgeworth.reports.rendering import percent
from flows.commands.bars_options import (
    Assets,
    BarsPaths,
    End,
    Interval,
    Markets,
    OutcomeIndex,
    Start,
    StrategyOptions,
    day_or_instant,
    read_value,
    seconds_of,
)
from flows.commands.batch_options import AsJson, InPrefect
from flows.commands.console import print_error, print_json, printable, results, shown
from flows.commands.option_groups import takes
from flows.commands.replay_runs import print_data, print_line
from flows.commands.running import run_flow, shown_stages
from tasks.settings import Settings, load_settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas import State

    from tasks.replay.plan import BarsChoice, SweepPlan

EXAMPLES = """
Examples:

    edgeworth sweep --bars ETHUSDT_1h.csv.gz --strategy fusion --grid threshold=0.3,0.4,0.5 --grid screener.fast=12,24

    edgeworth sweep --bars BTC.csv --bars ETH.csv --strategy cross --grid fast=6,12,24 --grid slow=48,96 --no-prefect

    edgeworth sweep --asset ETH --strategy my_rules:Breakout --grid bars=24,48,96 --start 2023-01-01 --end 2024-12-31

    edgeworth sweep --market kalshi:KXFED-26DEC-T3.75 --strategy dip --grid target=0.1,0.2,0.3 --json

Every trial is kept in a ledger: what was tried is not tried again, and the best of a sweep is held against everything
that was ever tried on these bars. A sweep that was interrupted goes on when the same command is given again.
"""

TOP = 12
"""Rows of the table on the terminal; the page and the JSON have more."""

MOST_FAILED = 8
"""Kinds of failure on the terminal, each an asset and what was raised; the page and the JSON have more."""

Grid: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUE,VALUE,...",
        help="Values to try for a setting; dots reach within. Repeat it for several settings: all combinations.",
        show_default=False,
    ),
]


class SeveralBars(Struct, frozen=True, kw_only=True):
    """Which bars, of one thing or of several, as the options were given."""

    bars: BarsPaths = None
    asset: Assets = None
    market: Markets = None
    outcome: OutcomeIndex = 0
    interval: Interval = "1h"
    start: Start = None
    end: End = None

    def choices(self) -> tuple[BarsChoice, ...]:
        """The same as a part of a plan, in the order of the options.

        Raises:
            ConfigurationError: Nothing is named, or a date or length cannot be meant.
        """
        from tasks.replay.plan import BarsChoice

        start: datetime | None = day_or_instant("--start", self.start)
        end = day_or_instant("--end", self.end, is_end=True)
        seconds = seconds_of(self.interval)
        named: list[dict[str, Any]] = [
            *({"path": path} for path in self.bars or ()),
            *({"asset": asset} for asset in self.asset or ()),
            *({"market": market, "outcome": self.outcome} for market in self.market or ()),
        ]
        if not named:
            raise ConfigurationError("expected bars to sweep over: one or more of --bars, --asset and --market")
        return tuple(
            msgspec.convert({**one, "interval_seconds": seconds, "start": start, "end": end}, BarsChoice)
            for one in named
        )


@takes(SeveralBars, StrategyOptions)
def sweep(
    *,
    which: SeveralBars,
    strategy: StrategyOptions,
    grid: Grid = None,
    chunk: Annotated[
        int, typer.Option(help="Trials that one process makes at a time, and again when it is lost.", min=1)
    ] = 25,
    prefect: InPrefect = True,
    json: AsJson = False,
) -> None:
    """Try many settings of a strategy over the same bars, and say whether the best of them is more than luck.

    The best of many trials looks good even when all are worthless. So every trial counts, those of earlier sweeps of
    the same bars included.
    """
    from tasks.replay.plan import SweepPlan
    from tasks.replay.publishing import report_document
    from tasks.replay.sweep_layout import prepare_sweep
    from tasks.replay.sweeping import sweep_plainly
    from tasks.simulation.ready import check_task_runner

    settings = load_settings()
    plan = SweepPlan(bars=which.choices(), grid=grid_values(grid or ()), chunk=chunk, **strategy.values())
    # Before Prefect is started: it would tell a wrong file as a traceback, ten seconds later.
    prepare_sweep(settings, plan)
    if prefect:
        check_task_runner(settings)
    with shown_stages(quiet=json):
        report = _run_in_prefect(settings, plan) if prefect else report_document(sweep_plainly(settings, plan))
    if json:
        print_json(report)
    else:
        _show(report)
    show_failed(report["failed"])
    raise typer.Exit(1 if report["failed"] else 0)


def grid_values(given: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """``NAME=VALUE,VALUE`` each; a value is a number, true, false or a JSON value, else the text itself.

    Raises:
        ConfigurationError: There is no ``=``, no value, an empty one, or one name or value twice.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for text in given:
        name, sign, values = (part.strip() for part in text.partition("="))
        if not sign or not name or not values:
            raise ConfigurationError(f"--grid: expected NAME=VALUE,VALUE,..., found {text[:60]!r}")
        if name in found:
            raise ConfigurationError(f"--grid: expected {name[:60]} once, found it twice")
        found[name] = _values(name, values)
    return found


def _values(name: str, text: str) -> tuple[Any, ...]:
    whole = read_value(text)
    values = tuple(whole) if isinstance(whole, list) else tuple(read_value(part) for part in text.split(","))
    if not values or "" in values:
        raise ConfigurationError(f"--grid {name[:60]}: expected values between commas, found {text[:60]!r}")
    for place, value in enumerate(values):
        if value in values[:place]:
            raise ConfigurationError(f"--grid {name[:60]}: expected each value once, found {value!r} twice")
    return values


def _run_in_prefect(settings: Settings, plan: SweepPlan) -> dict[str, Any]:
    def import_flow() -> Flow[..., State]:
        from flows.sweep import sweep

        return sweep

    return run_flow(settings, import_flow, plan, report_name="sweep.json")


# --- what the terminal shows ------------------------------------------------------------------------------------------


def _show(report: dict[str, Any]) -> None:
    for data in report["data"]:
        print_data({"data": data, "notes": ()})
    for note in report["notes"]:
        print_line(note)
    for line in told(report):
        print_line(line)
    if report["trials"]:
        results.print(_table(report))
    more = len(report["trials"]) - TOP
    if more > 0:
        print_line(f"  {more:,} more trials are on the page and in sweep.json")
    results.print(printable(f"Page: {report['results_dir']}/summary.html"), markup=False, soft_wrap=True)


def show_failed(failed: Sequence[dict[str, Any]]) -> None:
    """Trials that came to nothing, on standard error: some kinds of them, and how many more there are."""
    for one in failed[:MOST_FAILED]:
        print_error(one["asset"], f"{counted(one['trials'], 'trial')} came to nothing: {one['problem']}")
    rest = failed[MOST_FAILED:]
    if rest:
        trials = counted(sum(one["trials"] for one in rest), "more trial")
        print_error("sweep", f"{trials} came to nothing, of {counted(len(rest), 'other kind')}: see sweep.json")


def told(report: dict[str, Any]) -> Iterator[str]:
    """What was tried and what to think of the best, in sentences for a stranger."""
    # Not above: what a command that only begins does without takes a tenth of a second to import.
    from edgeworth.reports.replay_words import deflated_words

    made, taken = report["made_now"], report["taken_from_ledger"]
    yield (
        f"{report['strategy']}: {counted(made + taken, 'trial')}, {made:,} made in {report['seconds']:.1f} s, "
        f"{taken:,} known from the ledger; {report['earlier_trials']:,} others were tried on these bars before."
    )
    trials = report["trials"]
    yield deflated_words(
        report["deflated_sharpe"],
        trials=report["trials_counted"] if trials else 0,
        has_moved=bool(trials) and trials[0]["metrics"]["sharpe"] is not None,
    )
    for asset, value in report["overfitting"].items():
        if value is not None:
            yield (
                f"Overfitting, {asset}: the setting that was best in one half of the time was below the median of all "
                f"in the other half in {percent(value)} of the ways to halve it; drawing lots would give about 50 %."
            )


def _table(report: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="The best trials", title_justify="left")
    table.add_column("asset", no_wrap=True)
    for name in report["grid"]:
        table.add_column(shown(name), justify="right")
    for label in ("Sharpe, a year", "return", "deepest fall", "trades", "win rate"):
        table.add_column(label, justify="right", no_wrap=True)
    for trial in report["trials"][:TOP]:
        found = trial["metrics"]
        sharpe = "not known" if found["sharpe"] is None else f"{found['sharpe']:.2f}"
        table.add_row(
            shown(trial["asset"]),
            *(shown(f"{trial['tried'][name]}") for name in report["grid"]),
            sharpe,
            percent(found["total_return"]),
            percent(found["drawdown"]),
            f"{found['trades']:,}",
            percent(found["win_rate"]),
        )
    return table
