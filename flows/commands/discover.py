"""``edgeworth discover``: which markets are the same bet, what can be traded between them, and on what that rests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from edgeworth.reports.rendering import cents, percent, usd
from flows.commands.console import print_error, print_json, printable, results, shown
from flows.commands.running import run_flow, shown_stages
from tasks.settings import Settings, load_settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas import State

    from tasks.discovery.plan import DiscoverPlan

EXAMPLES = """
Examples:

    edgeworth discover

    edgeworth discover --across-venues --limit 2000

    edgeworth discover --market kalshi:KXFED-26DEC-T3.75

    edgeworth discover --no-fetch --no-embed --json

Markets come from `edgeworth ingest`, which has to run first. What was embedded once is not embedded again.
"""

TOP = 12
"""Rows of each table on the terminal; the page and the JSON have more."""


def discover(
    market: Annotated[
        str | None, typer.Option(help="Only the neighbours of this market (id, key or slug).", show_default=False)
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Only so many of the busiest open markets.", min=1)] = None,
    embed: Annotated[bool, typer.Option(help="Also propose pairs by vectors; else by their words alone.")] = True,
    fetch: Annotated[bool, typer.Option(help="Ask the venues for present books; else use the stored ones.")] = True,
    across_venues: Annotated[bool, typer.Option("--across-venues", help="Only pairs on two venues.")] = False,
    any_category: Annotated[bool, typer.Option("--any-category", help="Also pairs of two categories.")] = False,
    any_outcome_count: Annotated[
        bool, typer.Option("--any-outcome-count", help="Also pairs with unequally many outcomes.")
    ] = False,
    close_within: Annotated[
        float, typer.Option(help="Only pairs that close at most so many days apart; 0 for any.", min=0)
    ] = 7.0,
    far_within: Annotated[
        float,
        typer.Option(help="Besides, the nearest two of each that close at most so many days apart; 0 for none.", min=0),
    ] = 90.0,
    second_reader: Annotated[
        int, typer.Option(help="Let a language model read at most so many pairs again; costs money.", min=0)
    ] = 0,
    prefect: Annotated[
        bool, typer.Option(help="Record the run in Prefect; without it the same steps run bare and start at once.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Find markets that are the same bet, and opportunities that could really be traded.

    Pairs are proposed by vectors and by words; what the two texts say decides, and the words that did are shown.
    """
    from tasks.discovery.plan import DiscoverPlan
    from tasks.discovery.steps import check_ready

    settings = load_settings()
    plan = DiscoverPlan(
        market=market,
        limit=limit,
        embed=embed,
        fetch_books=fetch,
        across_venues=across_venues,
        same_category=not any_category,
        same_outcome_count=not any_outcome_count,
        close_within_days=close_within or None,
        far_within_days=far_within or None,
        second_reader=second_reader,
    )
    # Before Prefect is started: it would tell a wrong setting as a traceback, ten seconds later.
    check_ready(settings, plan)
    with shown_stages(quiet=json):
        if prefect:
            report = run_flow(settings, _import_flow, plan, report_name="discovery.json")
        else:
            report = _run_plainly(settings, plan)
    if json:
        print_json(report)
    else:
        _print(report)
    for stage in report["stages"]:
        if stage["error"]:
            print_error(stage["name"], stage["error"])
    raise typer.Exit(1 if report["failed"] else 0)


def _run_plainly(settings: Settings, plan: DiscoverPlan) -> dict[str, Any]:
    from edgeworth.reports.discovery import report_json
    from tasks.discovery.steps import discover_plainly

    return report_json(discover_plainly(settings, plan))


def _import_flow() -> Flow[..., State]:
    from flows.discover import discover

    return discover


# --- what the terminal shows ------------------------------------------------------------------------------------------


def _print(report: dict[str, Any]) -> None:
    for stage in report["stages"]:
        results.print(printable(f"{stage['name']}: {stage['did']}"), highlight=False, markup=False)
    if report["focus"]:
        _print_neighbours(report)
    else:
        _print_matches(report)
    _print_opportunities(report)
    for use in report["books"]:
        age = f", the oldest of {use['oldest_at'][:16].replace('T', ' ')} UTC" if use["oldest_at"] else ""
        note = f" ({use['note']})" if use["note"] else ""
        told = f"Books of {use['venue']}: {use['fresh']:,} asked now, {use['stored']:,} stored earlier{age}{note}"
        results.print(printable(told), highlight=False, markup=False)
    results.print(printable(f"Page: {report['folder']}/summary.html"), highlight=False, markup=False, soft_wrap=True)


def _print_opportunities(report: dict[str, Any]) -> None:
    found = report["opportunities"]
    if not found:
        results.print(f"No opportunity among {report['considered']:,} sets of trades.", highlight=False)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="Opportunities", title_justify="left")
    table.add_column("kind", no_wrap=True)
    table.add_column("markets", overflow="fold")
    for label in ("at $100", "best", "days", "a year"):
        table.add_column(label, justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    for one in found[:TOP]:
        at_100 = next((point["profit"] for point in one["capacity"] if point["budget"] == 100_000_000), None)
        days = one["days_locked"]
        table.add_row(
            one["kind"].replace("_", " "),
            shown("\n".join(_leg(leg, report) for leg in one["legs"])),
            usd(at_100),
            usd(one["best"]["profit"]),
            "" if days is None else f"{days:.1f}",
            percent(one["annualised_return"]),
            shown(_state(one)),
        )
    results.print(table)
    _print_rest(len(found) - TOP, "opportunities")


def _leg(leg: dict[str, Any], report: dict[str, Any]) -> str:
    market_id, index = leg["market_id"], leg["outcome_index"]
    labels = report["outcomes"].get(market_id, [])
    label = labels[index] if index < len(labels) else f"outcome {index}"
    what = "both outcomes" if leg["action"] == "mint" else _short(label, 30)
    return f"{leg['action']} {what}: {_short(report['questions'].get(market_id) or market_id)}"


def _state(one: dict[str, Any]) -> str:
    if one["is_dead_at_size"]:
        return "dead at size"
    return "; ".join(["alive", *(gate["reason"] for gate in one["failed_gates"])])


def _print_matches(report: dict[str, Any]) -> None:
    found = report["matches"]
    if not found:
        results.print("No two markets have anything to say about each other.", highlight=False)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="Matches", title_justify="left")
    table.add_column("relation", no_wrap=True)
    table.add_column("sure", justify="right", no_wrap=True)
    table.add_column("a", overflow="fold")
    table.add_column("b", overflow="fold")
    table.add_column("prices", justify="right", no_wrap=True)
    for one in found[:TOP]:
        verdict = one["verdict"]
        table.add_row(
            verdict["relation"].replace("_", " "),
            f"{verdict['confidence']:.2f}",
            *(shown(_named(one[side], report["questions"])) for side in ("market_a", "market_b")),
            f"{cents(one['price_a'])} {cents(one['price_b'])}",
        )
    results.print(table)
    _print_rest(len(found) + report["matches_left_out"] - TOP, "pairs")


def _print_neighbours(report: dict[str, Any]) -> None:
    """The neighbours of one market, each with what was compared."""
    questions = report["questions"]
    results.print(printable(f"Neighbours of {report['focus']}"), style="bold", markup=False, highlight=False)
    for one in report["matches"]:
        verdict = one["verdict"]
        other = one["market_b"] if one["market_a"] == report["focus"] else one["market_a"]
        side = "A to B" if one["market_a"] == report["focus"] else "B to A"
        cosine = "" if one["similarity"] is None else f", cosine {one['similarity']:.3f}"
        prices = f"{cents(one['price_a'])} {cents(one['price_b'])}"
        relation = (
            f"{verdict['relation'].replace('_', ' ')} (read {side}) {verdict['confidence']:.2f}{cosine}, {prices}"
        )
        results.print(f"\n[bold]{shown(relation)}[/]  {shown(_named(other, questions))}", highlight=False)
        for clause in verdict["clauses"]:
            quotes = " | ".join(", ".join(f"“{_short(part['text'])}”" for part in clause[side]) for side in "ab")
            told = f"  {clause['name']}: {clause['finding'].replace('_', ' ')}  {quotes}  {clause['note']}"
            results.print(printable(told), markup=False, highlight=False)
    if not report["matches"]:
        results.print("  none stands near enough")


def _named(market_id: str, questions: dict[str, str]) -> str:
    question = questions.get(market_id)
    return f"{_short(question)}\n{market_id}" if question else market_id


def _short(text: str, most: int = 90) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def _print_rest(number: int, what: str) -> None:
    if number > 0:
        results.print(f"  {number:,} more {what} are on the page and in the database", highlight=False)
