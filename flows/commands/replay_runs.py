"""What ``edgeworth screen``, ``replay`` and ``parity`` have in common: checked first, run with or without Prefect."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import typer
from rich import box
from rich.table import Table

from flows.commands.bars_options import BarsOptions, StrategyOptions
from flows.commands.console import print_json, printable, results
from flows.commands.running import run_flow, shown_stages
from tasks.settings import Settings, load_settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas import State

    from tasks.replay.plan import ReplayPlan

Kind = Literal["screen", "replay", "parity"]


def run_command(
    kind: Kind,
    bars: BarsOptions,
    strategy: StrategyOptions,
    *,
    prefect: bool,
    json: bool,
    show: Callable[[dict[str, Any]], None],
    **more: Any,
) -> None:
    """Check, run, show; exit code 1 when the report says that something is wrong.

    Args:
        kind: Of run.
        bars: Which.
        strategy: And its costs.
        prefect: Record the run in Prefect.
        json: Print the report as JSON instead of showing it.
        show: Prints it for a person.
        more: Other fields of the plan.

    Raises:
        ConfigurationError: Something cannot be used; nothing is written.
    """
    from tasks.replay.plan import ReplayPlan
    from tasks.replay.steps import prepare

    settings = load_settings()
    plan = ReplayPlan(bars=bars.choice(), **strategy.values(), **more)
    # Before Prefect is started: it would tell a wrong file as a traceback, ten seconds later.
    prepare(settings, plan)
    with shown_stages(quiet=json):
        if prefect:
            report = run_flow(settings, lambda: _flow(kind), plan, report_name=f"{kind}.json")
        else:
            report = _run_plainly(settings, plan, kind)
    if json:
        print_json(report)
    else:
        show(report)
        results.print(printable(f"Page: {report['results_dir']}/summary.html"), markup=False, soft_wrap=True)
    raise typer.Exit(1 if _is_wrong(report) else 0)


def _is_wrong(report: dict[str, Any]) -> bool:
    """Whether a certificate says that something is."""
    ahead = report.get("look_ahead")
    return report.get("equal") is False or (ahead is not None and not ahead["is_clean"])


def print_data(report: dict[str, Any]) -> None:
    """What was looked at, in one or two lines."""
    data = report["data"]
    print_line(
        f"{data['bars']:,} bars of {data['asset']}, {data['first_opens_at'][:16].replace('T', ' ')} to "
        f"{data['last_ends_at'][:16].replace('T', ' ')} UTC, {data['missing']:,} missing in {data['gap_count']:,} gaps"
    )
    if data["remark"]:
        print_line(f"Read: {data['remark']}")
    for note in report["notes"]:
        print_line(note)


def print_line(text: str) -> None:
    """A sentence of which nothing is markup."""
    results.print(printable(text), highlight=False, markup=False)


def figures(rows: list[tuple[str, str]]) -> Table:
    """Names and figures, aligned."""
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    table.add_column("name")
    table.add_column("value", justify="right")
    for name, value in rows:
        table.add_row(name, value)
    return table


def _flow(kind: Kind) -> Flow[..., State]:
    from flows import replay

    flow: Flow[..., State] = getattr(replay, kind)
    return flow


def _run_plainly(settings: Settings, plan: ReplayPlan, kind: Kind) -> dict[str, Any]:
    from tasks.replay.publishing import report_document
    from tasks.replay.runs import run_plainly

    return report_document(run_plainly(settings, plan, kind))
