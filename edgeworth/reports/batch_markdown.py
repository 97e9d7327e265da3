"""A batch as Markdown and as rows of a small table: what an orchestrator's page shows, the rest being in the report.

Pure; of bounded length; every text of a venue or a model is flattened, shortened and escaped.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgeworth.reports.batch import BatchReport, average, ordered, outliers
from edgeworth.reports.batch_page import VERDICT_WORDS, lead, whose_average
from edgeworth.reports.figures import difference_interval, distance, duration, model_error, per_cent, points
from edgeworth.reports.markdown import escaped, one_line
from edgeworth.reports.rendering import minute, usd
from edgeworth.simulation.estimate import Estimate
from edgeworth.simulation.record import MarketSimulation, MarketStatus

MOST_ROWS = 50
"""Markets and reasons shown; the last line says how many are not."""

Row = dict[str, str]


def batch_markdown(report: BatchReport) -> str:
    """The batch in words: counts, the largest differences, what failed, what was used instead of what."""
    lines = [escaped(lead(report)), "", f"As of {minute(report.as_of)}.", ""]
    if report.is_synthetic:
        lines += ["**Synthetic markets**: invented by a seeded world, never traded.", ""]
    if report.recorded:
        lines += [f"**Recorded markets**: {escaped(report.recorded)}", ""]
    if report.budget_note:
        lines += [f"**Stopped by its budget**: {escaped(report.budget_note)}", ""]
    lines += _facts(report)
    lines += _bullets("Largest beyond their noise", [_told(one) for one in outliers(report.records)])
    failed = [one for one in ordered(report.records) if one.status is MarketStatus.FAILED]
    lines += _bullets("Failed", [f"{_named(one)} {escaped(one.problem or 'why is not known')}" for one in failed])
    lines += _bullets("Stopped early", [f"{escaped(s.name)}: {escaped(s.error)}" for s in report.stages if s.error])
    lines += _bullets("Used instead", [escaped(sentence) for sentence in report.replaced])
    if report.folder:
        lines += [f"Page: {escaped(report.folder)}/summary.html"]
    return "\n".join(lines).rstrip() + "\n"


def market_rows(report: BatchReport) -> list[Row]:
    """One row a market, strongest discrepancy first, and a last row that says how many are left out."""
    records = ordered(report.records)
    rows = [market_row(record) for record in records[:MOST_ROWS]]
    if len(records) > MOST_ROWS:
        rows.append({**dict.fromkeys(rows[0], ""), "question": f"{len(records) - MOST_ROWS} more are in the report"})
    return rows


def market_row(record: MarketSimulation) -> Row:
    """One market in plain words; every row has the same keys.

    Figures stand before the question: a page of Prefect shows as much of a row as fits, and a question is long.
    """
    told = record.estimate
    state = record.status.value if told is None else told.verdict.value
    return {
        "verdict": VERDICT_WORDS[state],
        **_figures(told),
        "question": one_line(record.question) or record.market_id,
        "why": one_line(record.problem or "") if told is None else "",
    }


def _figures(told: Estimate | None) -> Row:
    """Market, simulation, difference in points with its interval, and how many times its noise that is."""
    if told is None:
        return dict.fromkeys(("market", "simulation", "difference", "noise"), "")
    market, between, times = told.market, difference_interval(told), distance(told)
    interval = "" if between is None else " to ".join(points(end, told.difference_error) for end in between)
    return {
        "market": "" if market is None else per_cent(market.probability, market.standard_error),
        "simulation": per_cent(told.model_probability, model_error(told)),
        "difference": f"{points(told.difference, told.difference_error)} ({interval})" if interval else "",
        "noise": "" if times is None else f"{times:.1f} times",
    }


def _facts(report: BatchReport) -> list[str]:
    found, usage = average(report.averaged), report.total_usage
    mean = "" if found is None else points(found.mean, found.mean_error)
    cost = "unknown" if usage.cost is None else usd(usage.cost)
    rows = [
        ("with an estimate", f"{report.succeeded} of {len(report.records)}"),
        ("failed", str(report.failed)),
        ("skipped", str(report.skipped)),
        (f"average difference{whose_average(report)}, points", mean or "none can be compared"),
        ("models by", escaped(report.author)),
        ("run in", escaped(report.sandbox)),
        ("paid", f"{cost} for {usage.input_tokens + usage.output_tokens:,} tokens and {usage.calls:,} answers"),
        ("took", duration(report.seconds)),
    ]
    return ["| | this batch |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows), ""]


def _bullets(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    shown = [f"- {line}" for line in lines[:MOST_ROWS]]
    left_out = [f"- {len(lines) - MOST_ROWS} more are in the report."] if len(lines) > MOST_ROWS else []
    return [f"**{title}**", "", *shown, *left_out, ""]


def _named(record: MarketSimulation) -> str:
    """The question as the beginning of a sentence: a colon follows where it does not end in a mark of its own."""
    question = record.question.strip() or record.market_id
    return escaped(question) + ("" if question.endswith(("?", "!", ".")) else ":")


def _told(record: MarketSimulation) -> str:
    row = market_row(record)
    difference, _, interval = row["difference"].partition(" ")
    return f"{_named(record)} market {row['market']}, simulation {row['simulation']}, {difference} points {interval}"
