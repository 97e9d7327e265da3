"""``index.html`` over all runs: the newest first, with how coverage, cost and failures of the batches went.

Values in, a page out; links are relative, so the page lies beside the folders of the runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from edgeworth.reports import charts
from edgeworth.reports.batch import RunSummary
from edgeworth.reports.figures import MISSING, counted, duration
from edgeworth.reports.rendering import environment, minute, usd
from edgeworth.units import MICROS

INDEX_PAGE = "index.html"

MOST_RUNS = 500
"""Rows on the page; the store has all of them."""

MOST_BARS = 60
"""Batches in a trend."""


class Strays(NamedTuple):
    """Folders among the results of which the store knows no run, as (name, address), and whether there are more."""

    folders: Sequence[tuple[str, str]] = ()
    is_more: bool = False


class Trend(NamedTuple):
    """One figure of the batches over time: its last value, what it is, the whole drawn, and its ends as words."""

    name: str
    last: str
    chart: Markup
    note: str


class RunRow(NamedTuple):
    """A run with what has to be worked out for its row."""

    run: RunSummary
    coverage: str
    seconds: str


def render_index(runs: Sequence[RunSummary], *, note: str = "", strays: Strays = Strays()) -> str:  # noqa: B008
    """The page; ``note`` says what is not in it, if anything."""
    return environment().get_template("index.html.j2").render(**index_values(runs, note=note, strays=strays))


def index_values(
    runs: Sequence[RunSummary],
    *,
    note: str = "",
    strays: Strays = Strays(),  # noqa: B008
) -> dict[str, Any]:
    """What the template wants; for whoever shows the page inside another."""
    newest = sorted(runs, key=lambda run: (run.started_at, run.run_id), reverse=True)
    return {
        "rows": [_row(run) for run in newest[:MOST_RUNS]],
        "hidden": max(0, len(newest) - MOST_RUNS),
        "trends": trends(runs),
        "kinds": sorted({run.kind for run in runs}),
        "has_synthetic": any(run.is_synthetic for run in runs),
        "note": note,
        "strays": strays,
    }


def trends(runs: Sequence[RunSummary]) -> list[Trend]:
    """Coverage, cost and failures of the last batches, oldest first; empty without any batch."""
    batches = sorted((run for run in runs if run.markets), key=lambda run: (run.started_at, run.run_id))[-MOST_BARS:]
    if not batches:
        return []
    coverage = [run.coverage for run in batches]
    cost = [None if run.cost is None else run.cost / MICROS for run in batches]
    failures = [None if run.failed is None else float(run.failed) for run in batches]
    return [
        _trend("Coverage", batches, coverage, lambda value: f"{value:.0%}".replace("%", " %"), most=1.0),
        _trend("Cost", batches, cost, lambda value: usd(round(value * MICROS))),
        _trend("Failed markets", batches, failures, lambda value: f"{value:.0f}"),
    ]


def _trend(
    name: str, batches: Sequence[RunSummary], values: Sequence[float | None], text: charts.Text, most: float = 0.0
) -> Trend:
    shown = [MISSING if value is None else text(value) for value in values]
    known = [value for value in values if value is not None]
    titles = [f"{minute(run.started_at)}: {told}" for run, told in zip(batches, shown, strict=True)]
    ends = f"{text(min(known))} to {text(max(known))}" if known else "not known"
    note = f"{ends} over {counted(len(batches), 'batch', 'batches')}"
    label = f"{name} of each batch, oldest first: {note}, last {shown[-1]}."
    return Trend(name, shown[-1], charts.trend(values, titles, most=most or max(known, default=0.0), label=label), note)


def _row(run: RunSummary) -> RunRow:
    seconds = MISSING if run.seconds is None else duration(run.seconds)
    coverage = MISSING if run.markets is None else f"{run.succeeded or 0} of {run.markets}"
    return RunRow(run, coverage, seconds)
