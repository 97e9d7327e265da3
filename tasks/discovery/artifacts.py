"""What a discovery shows on its page in Prefect: a summary and two tables of bounded length, the rest in ``results/``.

Text from outside is flattened, shortened and escaped as in ``reports.markdown``; keys are constants.
"""

from __future__ import annotations

from edgeworth.discovery.opportunity import Opportunity
from edgeworth.discovery.ports import FoundMatch
from edgeworth.reports.discovery import DiscoveryReport, MarketView
from edgeworth.reports.markdown import escaped, one_line
from edgeworth.reports.rendering import cents, percent, usd
from tasks.artifacts import MOST_ROWS

SUMMARY_KEY = "discovery-report"
MATCHES_KEY = "discovery-matches"
OPPORTUNITIES_KEY = "discovery-opportunities"

Row = dict[str, str | float]


def publish(report: DiscoveryReport) -> None:
    """Show ``report`` on the page of the run that is going on; needs a Prefect API."""
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    create_markdown_artifact(
        markdown=summary_markdown(report), key=SUMMARY_KEY, description="What was compared, found and refused."
    )
    create_table_artifact(
        table=match_rows(report), key=MATCHES_KEY, description="Pairs, those from which most follows first."
    )
    create_table_artifact(
        table=opportunity_rows(report), key=OPPORTUNITIES_KEY, description="Opportunities, the largest profit first."
    )


def summary_markdown(report: DiscoveryReport) -> str:
    """The run in words, and two small tables: pairs by verdict, and why something could not be judged."""
    told = (
        f"**{len(report.alive)}** of **{len(report.opportunities)}** opportunities are alive at size and within "
        f"every limit. **{report.pair_total}** pairs have something to say about each other, among "
        f"**{report.markets}** open markets in {report.events} events."
    )
    lines = [told, "", "| step | did | seconds |", "| --- | --- | ---: |"]
    for stage in report.stages:
        stopped = "" if stage.error is None else f" **stopped**: {escaped(stage.error)}"
        lines.append(f"| {escaped(stage.name)} | {escaped(stage.did)}{stopped} | {stage.seconds:.1f} |")
    lines += ["", "| verdict | pairs |", "| --- | ---: |"]
    lines += [f"| {_words(relation)} | {number} |" for relation, number in sorted(report.relations.items())]
    if report.refused:
        lines += ["", "| could not be judged because | sets | for example |", "| --- | ---: | --- |"]
        lines += [
            f"| {_words(code)} | {number} | {escaped(example)} |"
            for code, number, example in report.refusals[:MOST_ROWS]
        ]
    for use in report.books:
        note = f" ({escaped(use.note)})" if use.note else ""
        lines += ["", f"Books of {escaped(use.venue)}: {use.fresh} asked now, {use.stored} stored earlier{note}."]
    if report.folder:
        lines += ["", f"Page: {escaped(report.folder)}/summary.html"]
    return "\n".join(lines) + "\n"


def match_rows(report: DiscoveryReport) -> list[Row]:
    """The first matches, one row each, and a last row that says how many are left out."""
    shown = report.matches[:MOST_ROWS]
    rows = [_match_row(found, report.views) for found in shown]
    return rows + _left_out("relation", report.pair_total - len(shown))


def opportunity_rows(report: DiscoveryReport) -> list[Row]:
    """The first opportunities, one row each, and a last row that says how many are left out."""
    shown = report.opportunities[:MOST_ROWS]
    rows = [_opportunity_row(found, report.views) for found in shown]
    return rows + _left_out("kind", len(report.opportunities) - len(shown))


def _match_row(found: FoundMatch, views: dict[str, MarketView]) -> Row:
    return {
        "relation": _words(found.verdict.relation),
        "confidence": round(found.verdict.confidence, 3),
        "a": _question(found.market_a, views),
        "b": _question(found.market_b, views),
        "price a": cents(found.price_a),
        "price b": cents(found.price_b),
        "cosine": "" if found.similarity is None else round(found.similarity, 3),
    }


def _opportunity_row(found: Opportunity, views: dict[str, MarketView]) -> Row:
    budgets = {f"at {usd(point.budget)[:-3]}": usd(point.profit) for point in found.capacity}
    return {
        "kind": _words(found.kind),
        "state": "dead at size" if found.is_dead_at_size else "alive" if found.passes else "alive, past a limit",
        **budgets,
        "best": usd(found.best.profit),
        "days locked": "" if found.days_locked is None else round(found.days_locked, 1),
        "a year": percent(found.annualised_return),
        "markets": one_line(" | ".join(_question(one, views) for one in found.market_ids)),
        "loses when": one_line("; ".join(found.losing_states)),
    }


def _words(name: str) -> str:
    """One of our own names as it is read."""
    return escaped(name.replace("_", " "))


def _question(market_id: str, views: dict[str, MarketView]) -> str:
    view = views.get(market_id)
    return one_line(view.question if view is not None and view.question else market_id)


def _left_out(column: str, number: int) -> list[Row]:
    return [{column: f"{number} more are in the report"}] if number > 0 else []
