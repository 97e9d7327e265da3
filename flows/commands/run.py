"""``edgeworth run``: the main job, from the venues to the page that tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeworth.markets.universe import UniverseMode, UniverseRule
from flows.commands import batch_options as asked
from flows.commands.console import print_error, print_json, printable, results
from flows.commands.option_groups import takes
from flows.commands.running import run_flow, shown_stages
from flows.commands.simulate_selection import Choice
from tasks.settings import load_settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas import State

EXAMPLES = """
Examples:

    edgeworth run

    edgeworth run --source synthetic --full

    edgeworth run --trending 20 --category crypto --max-usd 5

    edgeworth run --source file:recordings/markets.json.gz --author builtin --json

A part that fails leaves the others their results; the page says what stopped where. What was interrupted goes on when
the same command is given again.
"""

_PUBLIC = (
    *("run_id", "results_dir", "markets", "succeeded", "failed", "skipped", "opportunities", "matches"),
    *("sandbox", "author", "embedder", "seconds"),
)


@takes(asked.BatchOptions)
def run(
    *,
    source: Annotated[
        list[str] | None,
        typer.Option(help="polymarket, kalshi, synthetic or file:PATH; repeat it for several.", show_default=False),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Stop each listing after this many rows.", min=1)] = None,
    full: Annotated[bool, typer.Option("--full", help="The full universe: closed and settled markets too.")] = False,
    history: Annotated[bool, typer.Option(help="Also books, prices and trades of the busiest open markets.")] = True,
    second_reader: Annotated[
        int, typer.Option(help="Let a language model read at most so many pairs again; costs money.", min=0)
    ] = 0,
    batch: asked.BatchOptions,
    prefect: asked.InPrefect = True,
    json: asked.AsJson = False,
) -> None:
    """Do it all: read the venues, match markets, look for opportunities, simulate the busiest, write one page.

    Without `--source` both Polymarket and Kalshi are read; without a choice the ten most traded are simulated.
    """
    from flows.commands.simulate_report import has_failed
    from tasks.main_job.parts import check_ready, run_plainly
    from tasks.main_job.plan import DEFAULT_SOURCES, RunPlan
    from tasks.simulation.ready import check_task_runner

    settings = load_settings()
    busiest = Choice(mode=UniverseMode.TOP_VOLUME, count=settings.simulate_batch_size)
    plan = RunPlan(
        sources=tuple(source or DEFAULT_SOURCES),
        limit=limit,
        full=full,
        history=history,
        second_reader=second_reader,
        batch=batch.plan(settings, batch.choice(settings) or busiest),
    )
    # Before Prefect is started: it would tell a wrong setting as a traceback, ten seconds later.
    check_ready(settings, plan)
    if prefect:
        check_task_runner(settings)
    with shown_stages(quiet=json):
        if prefect:
            report = run_flow(settings, _import_flow, plan, report_name="batch_report.json")
        else:
            report = run_plainly(settings, plan)
    _tell(report, plan.batch.rule, is_json=json)
    raise typer.Exit(1 if has_failed(report) else 0)


def _import_flow() -> Flow[..., State]:
    from flows.pipeline import run as run_pipeline

    return run_pipeline


def _tell(report: Mapping[str, Any], rule: UniverseRule, *, is_json: bool) -> None:
    from flows.commands.simulate_report import failures, page_of, print_report

    if is_json:
        print_json({**{name: report[name] for name in _PUBLIC}, "page": page_of(report)})
    else:
        for stage in report["stages"]:
            results.print(printable(f"{stage['name']}: {stage['did']}"), highlight=False, markup=False)
        print_report(report, rule, results)
    for what, why in failures(report):
        print_error(what, why)
