"""What ``edgeworth simulate`` says of a finished batch, to a person and to machines; read off ``batch_report.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from edgeworth.markets.universe import UniverseRule
from edgeworth.reports.figures import MISSING, difference_interval, duration, model_error, per_cent, points
from edgeworth.reports.rendering import usd
from edgeworth.simulation.estimate import Estimate
from edgeworth.units import UsdMicros
from flows.commands.console import printable, shown
from flows.commands.simulate_selection import told_exclusions

PAGE = "summary.html"

_NARROW = 80
"""Columns under which the table becomes lines."""

_MOST_SKIPPED = 5

_PUBLIC = ("run_id", "results_dir", "markets", "succeeded", "failed", "skipped", "sandbox", "author", "seconds")


def public_report(report: Mapping[str, Any]) -> dict[str, Any]:
    """What ``--json`` prints; the whole report is ``batch_report.json`` in ``results_dir``."""
    return {**{name: report[name] for name in _PUBLIC}, "page": page_of(report)}


def page_of(report: Mapping[str, Any]) -> str:
    """Path of the batch's page."""
    return f"{report['results_dir']}/{PAGE}"


def has_failed(report: Mapping[str, Any]) -> bool:
    """Whether a market or a step of the run failed; what was skipped did not."""
    return bool(report["failed"]) or any(stage["error"] for stage in report["stages"])


def print_report(report: Mapping[str, Any], rule: UniverseRule, console: Console) -> None:
    """Everything that a person wants to know before opening the page."""
    console.print()
    if report["simulations"]:
        (_print_lines if console.width < _NARROW else _print_table)(report["simulations"], console)
    for sentence in _sentences(report, rule):
        console.print(printable(sentence), markup=False, highlight=False, soft_wrap=True)


def failures(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every market and step that failed, with why."""
    markets = [(one["market_id"], one["problem"] or "") for one in report["simulations"] if one["status"] == "failed"]
    return markets + [(stage["name"], stage["error"]) for stage in report["stages"] if stage["error"]]


def _print_table(simulations: Sequence[Mapping[str, Any]], console: Console) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("question", overflow="fold")
    for label in _FIGURES:
        table.add_column(label, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for one in simulations:
        table.add_row(_named(one), *_figures(one), shown(_end(one)))
    console.print(table)


def _print_lines(simulations: Sequence[Mapping[str, Any]], console: Console) -> None:
    """The same as lines, for a terminal that a table does not fit."""
    for one in simulations:
        console.print(f"[bold]{_named(one)}[/]", highlight=False)
        figures = zip(_FIGURES, _figures(one), strict=True)
        told = ", ".join(f"{label} {figure}" for label, figure in figures if figure != MISSING)
        console.print(f"  {shown(': '.join(filter(None, [told, _end(one)])))}", highlight=False)


_FIGURES = ("market", "model", "difference")


def _figures(one: Mapping[str, Any]) -> tuple[str, str, str]:
    """Market, model and their difference with the half width of its 90 % interval, in points."""
    if one["estimate"] is None:
        return MISSING, MISSING, MISSING
    told = msgspec.convert({**one["estimate"], "market_id": one["market_id"]}, Estimate)
    price = MISSING if told.market is None else per_cent(told.market.probability, told.market.standard_error)
    return price, per_cent(told.model_probability, model_error(told)), _difference(told)


def _difference(told: Estimate) -> str:
    between = difference_interval(told)
    if told.difference is None or between is None:
        return MISSING
    half = points(between[1] - told.difference, told.difference_error).removeprefix("+")
    return f"{points(told.difference, told.difference_error)} ± {half}"


def _named(one: Mapping[str, Any]) -> str:
    return shown(_short(one["question"] or one["market_id"]))


def _end(one: Mapping[str, Any]) -> str:
    if one["estimate"] is None:
        return str(one["status"])
    return str(one["estimate"]["verdict"]).replace("_", " ")


def _sentences(report: Mapping[str, Any], rule: UniverseRule) -> list[str]:
    ends = f"{report['succeeded']:,} succeeded, {report['failed']:,} failed, {report['skipped']:,} skipped"
    made_by = f"author: {report['author']}; sandbox: {report['sandbox']}"
    markets = "1 market" if report["markets"] == 1 else f"{report['markets']:,} markets"
    told = [f"{markets}: {ends}, in {duration(report['seconds'])}; {made_by}."]
    told += _skipped([one for one in report["simulations"] if one["status"] == "skipped"])
    told += [f"Instead: {sentence}" for sentence in report["replaced"]]
    if report["budget_note"]:
        told.append(f"Budget: {report['budget_note']}")
    reasons = {one["reason_code"]: one["number"] for one in report["exclusions"]}
    if reasons:
        told.append(f"Left out: {told_exclusions(reasons, rule)}.")
    told += [*report["notes"], _cost(report["usage"]), f"Page: {page_of(report)}"]
    return told


def _skipped(simulations: Sequence[Mapping[str, Any]]) -> list[str]:
    """The first of the markets that have no answer, each with the reason."""
    told = [f"Skipped: {_short(one['question'], 60)}: {_short(one['problem'] or '', 300)}" for one in simulations]
    rest = len(told) - _MOST_SKIPPED
    return told if rest <= 0 else [*told[:_MOST_SKIPPED], f"Skipped: {rest:,} more; the page says why"]


def _cost(usage: Mapping[str, Any]) -> str:
    if not usage["calls"]:
        return "Cost: $0: nobody was asked who charges."
    cost = usage["cost_micros"]
    paid = "not known for these services" if cost is None else usd(UsdMicros(cost))
    tokens = usage["input_tokens"] + usage["output_tokens"]
    return f"Cost: {paid}, {usage['calls']:,} answers, {tokens:,} tokens."


def _short(text: str, most: int = 90) -> str:
    flat = " ".join(text[: 4 * most].split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"
