"""``edgeworth ingest``: bring markets into the catalogue, watch it happen, and be told what was refused and why."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.progress import Progress, TaskID, TextColumn
from rich.table import Table

from edgeworth.ports import IngestCounts
from flows.commands.arguments import read_instant
from flows.commands.console import print_error, print_json, printable, results, shown
from flows.commands.running import run_flow, shown_progress
from tasks.settings import Settings, load_settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas import State

    from tasks.ingestion.steps import IngestPlan

EXAMPLES = """
Examples:

    edgeworth ingest --source synthetic --full

    edgeworth ingest --source polymarket --source kalshi

    edgeworth ingest --source file:recordings/markets.json.gz --json

An ingest that was interrupted goes on from its last stored page when the same command is given again.
"""


def ingest(
    source: Annotated[
        list[str] | None,
        typer.Option(help="polymarket, kalshi, synthetic or file:PATH; repeat it for several.", show_default=False),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Stop each listing after this many rows.", min=1)] = None,
    full: Annotated[bool, typer.Option("--full", help="The full universe: closed and settled markets too.")] = False,
    history: Annotated[bool, typer.Option(help="Also books, prices and trades of the busiest open markets.")] = True,
    include_combos: Annotated[bool, typer.Option("--include-combos", help="Also Kalshi's multi-leg combos.")] = False,
    as_of: Annotated[
        str | None,
        typer.Option(help="When recorded files were recorded (ISO 8601), where they do not say.", show_default=False),
    ] = None,
    prefect: Annotated[
        bool, typer.Option(help="Record the run in Prefect; without it the same steps run bare and start at once.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Read markets of one or several sources into the catalogue, and write a page that shows them.

    Without `--source` both Polymarket and Kalshi are read. Every row is taken or refused, each refusal with a reason.
    """
    from tasks.ingestion.steps import IngestPlan, check_ready

    settings = load_settings()
    plan = IngestPlan(
        sources=tuple(source or ("polymarket", "kalshi")),
        limit=limit,
        full=full,
        history=history,
        include_combos=include_combos,
        as_of=read_instant("--as-of", as_of),
    )
    # Before Prefect is started: it would tell a wrong setting as a traceback, ten seconds later.
    check_ready(settings, plan)
    with shown_progress(_watch_pages, TextColumn("{task.fields[rows]}"), quiet=json):
        if prefect:
            report = run_flow(settings, _import_flow, plan, report_name="batch_report.json")
        else:
            report = _run_plainly(settings, plan)
    if json:
        print_json(report)
    else:
        _print(report)
    for one in report["sources"]:
        if one["error"]:
            # A file's error begins with the file's name already.
            print_error(one["source"], one["error"].removeprefix(f"{one['source'].removeprefix('file:')}: "))
    raise typer.Exit(1 if report["failed"] else 0)


def _run_plainly(settings: Settings, plan: IngestPlan) -> dict[str, Any]:
    from edgeworth.reports.ingest import report_json
    from tasks.ingestion.steps import ingest_plainly

    return report_json(ingest_plainly(settings, plan))


def _import_flow() -> Flow[..., State]:
    from flows.ingest import ingest

    return ingest


def _watch_pages(display: Progress) -> AbstractContextManager[None]:
    from tasks.progress import watched_by

    return watched_by(_TerminalPages(display))


class _TerminalPages:
    """A line for each walk, with the pages and rows so far."""

    def __init__(self, display: Progress) -> None:
        self.display = display
        self.lines: dict[str, TaskID] = {}

    def page_done(self, key: str, counts: IngestCounts) -> None:
        if key not in self.lines:
            self.lines[key] = self.display.add_task(key, total=None, rows="")
        rows = f"{counts.pages:,} pages  {counts.fetched:,} rows  {counts.refused:,} refused"
        self.display.update(self.lines[key], rows=rows)


_COLUMNS = {
    "fetched": "read",
    "parsed": "taken",
    "refused": "refused",
    "created": "new",
    "changed": "changed",
    "unchanged": "same",
}
_ASIDE = {
    "superseded": "older or thinner than what the catalogue holds",
    "revisions": "changed their terms (question, rules, outcomes or close)",
}


def _print(report: dict[str, Any]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("rows of", overflow="fold")
    for label in (*_COLUMNS.values(), "history"):
        table.add_column(label, justify="right", no_wrap=True)
    for one in report["sources"]:
        history = sum(one["history"][name] for name in ("prices", "books", "trades", "bars"))
        name = one["source"] if one["source"].startswith("file:") or not one["venue"] else one["venue"]
        table.add_row(shown(name), *(f"{one[column]:,}" for column in _COLUMNS), f"{history:,}")
    results.print(table)
    for column, meaning in _ASIDE.items():
        if report[column]:
            results.print(f"  {report[column]:,} {meaning}", highlight=False)
    reasons = report["refusal_reasons"]
    for code, count in sorted(report["refusals"].items()):
        example = f", for example: {reasons[code]}" if code in reasons else ""
        results.print(printable(f"  {count:,} refused as {code}{example}"), highlight=False, markup=False)
    results.print(printable(f"Page: {report['folder']}/summary.html"), highlight=False, markup=False, soft_wrap=True)
