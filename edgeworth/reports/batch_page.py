"""``summary.html`` of a batch of simulations: a row a market, what is beyond its noise first.

Values in, a page out. Words and order are decided here, the template only places them. The page works without a server
and without a script; the script only adds search, a filter and sorting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from edgeworth.reports import charts
from edgeworth.reports.batch import BatchReport, average, ordered, outliers
from edgeworth.reports.figures import (
    MISSING,
    Cell,
    aligned,
    counted,
    difference_interval,
    distance,
    duration,
    in_points,
    interval,
    model_error,
    per_cent,
    points,
)
from edgeworth.reports.rendering import environment, usd
from edgeworth.simulation.estimate import Estimate, Verdict
from edgeworth.simulation.record import AuthorKind, MarketSimulation, MarketStatus
from edgeworth.simulation.result import Anchoring

OLD_QUOTE_SECONDS = 15 * 60
"""A quote older than this is said to be old."""

RESULT_PAGE = "result.html"

SAID_ANYWAY = frozenset({"run_id", "status", "author", "sandbox", "as_of", "started_at", "finished_at"})
"""Entries of a manifest that the page says in its own words."""


class Row(NamedTuple):
    """One market of the table; ``state`` is a verdict, ``failed`` or ``skipped``, and also names its colour."""

    record: MarketSimulation
    page: str
    note: str
    market: Cell
    simulation: Cell
    chart: Markup
    difference: Cell
    verdict: Cell
    state: str


def render_batch(report: BatchReport, manifest: Sequence[tuple[str, str]], *, index: str | None = None) -> str:
    """The page.

    Args:
        report: What it tells.
        manifest: What a reader should know of how it came about, as (label, value).
        index: Address of the index of all runs, relative to the page, if there is one.
    """
    records = ordered(report.records)
    scale = charts.scale_of(_drawn(report.estimates))
    rows = [row(record, place, scale=scale) for place, record in enumerate(records)]
    return (
        environment()
        .get_template("batch.html.j2")
        .render(
            report=report,
            rows=rows,
            scale=(f"{scale * 50:g}", f"{scale * 100:g}"),
            states=list(dict.fromkeys((one.state, VERDICT_WORDS[one.state]) for one in rows)),
            figures=key_figures(report),
            lead=lead(report),
            outliers=[(one, market_page(one), _outlier(one)) for one in outliers(records)],
            has_builtin=any(kind is not AuthorKind.WRITTEN for kind in report.authors()),
            manifest=[(label, value) for label, value in manifest if label not in SAID_ANYWAY],
            index=index,
        )
    )


# --- the head ---------------------------------------------------------------------------------------------------------


def lead(report: BatchReport) -> str:
    """The batch in a sentence or two."""
    total, verdicts = len(report.records), report.verdicts()
    if not total:
        return "No market was chosen, so nothing was simulated."
    compared = sum(number for verdict, number in verdicts.items() if verdict is not Verdict.NOT_COMPARABLE)
    beyond = verdicts[Verdict.STRONG] + verdicts[Verdict.WORTH_A_LOOK]
    told = f"{counted(total, 'market')} simulated, {compared or 'none'} of them comparable with the market. "
    if not compared:
        return told + "So no discrepancy is shown."
    if not beyond:
        return told + "No difference is larger than its noise."
    return told + f"{beyond} {'differs' if beyond == 1 else 'differ'} by more than noise{_strongly(verdicts, beyond)}."


def _strongly(verdicts: Mapping[Verdict, int], beyond: int) -> str:
    strong = verdicts[Verdict.STRONG]
    if not strong:
        return ""
    return (
        (", strongly" if beyond == 1 else ", all of them strongly")
        if strong == beyond
        else f", {strong} of them strongly"
    )


def key_figures(report: BatchReport) -> list[Cell]:
    """The tiles of the head: figure, what it is."""
    found, usage = average(report.averaged), report.total_usage
    tokens = usage.input_tokens + usage.output_tokens
    ended = f"markets have an estimate; {report.failed} failed, {report.skipped} skipped"
    tiles = [Cell(f"{report.succeeded} of {len(report.records)}", ended)]
    if found is not None:
        mean = points(found.mean, found.mean_error)
        half = points(1.645 * found.mean_error, found.mean_error).lstrip("+")
        size = points(found.mean_size, found.mean_error).lstrip("+")
        told = f"average difference{whose_average(report)}, simulation minus market; average size {in_points(size)}"
        tiles.append(Cell(f"{mean} \N{PLUS-MINUS SIGN} {half} points", told))
    paid = f"paid for {counted(usage.calls, 'answer')} of services" + (f", {tokens:,} tokens" if tokens else "")
    paid = paid if usage.calls or usage.cost != 0 else "paid; no service was asked that costs anything"
    tiles.append(Cell("unknown" if usage.cost is None else usd(usage.cost), paid))
    tiles.append(Cell(duration(report.seconds), "from start to end"))
    if report.opportunities is not None:
        noun = "opportunity" if report.opportunities == 1 else "opportunities"
        pairs = "" if report.matches is None else f"; {counted(report.matches, 'pair')} of markets matched"
        tiles.append(Cell(f"{report.opportunities:,}", f"{noun} found by discovery{pairs}"))
    return tiles


def whose_average(report: BatchReport) -> str:
    """Of which markets the average is; empty where it is of all."""
    return " of the real markets" if len(report.averaged) < len(report.estimates) else ""


def _outlier(record: MarketSimulation) -> str:
    told = record.estimate
    if told is None or told.market is None:
        return ""
    between = difference_interval(told)
    low, high = (points(end, told.difference_error) for end in between) if between else ("", "")
    return (
        f"simulation {per_cent(told.model_probability, model_error(told))}, "
        f"market {per_cent(told.market.probability, told.market.standard_error)}: "
        f"{in_points(points(told.difference, told.difference_error))} ({low} to {high})"
    )


# --- a row ------------------------------------------------------------------------------------------------------------


def row(record: MarketSimulation, place: int, *, scale: float = 1.0) -> Row:
    """One market; ``place`` is where it stands when nobody has sorted, ``scale`` where the line of its chart ends."""
    told = record.estimate
    state = record.status.value if told is None else told.verdict.value
    return Row(
        record=record,
        page=market_page(record),
        note=_author_note(record),
        market=_market_cell(told),
        simulation=_simulation_cell(told),
        chart=_chart(told, scale),
        difference=_difference_cell(told),
        verdict=Cell(VERDICT_WORDS[state], _distance_note(told), str(place)),
        state=state,
    )


VERDICT_WORDS = {
    Verdict.STRONG.value: "Strong",
    Verdict.WORTH_A_LOOK.value: "Worth a look",
    Verdict.INSIDE_NOISE.value: "Inside noise",
    Verdict.NOT_COMPARABLE.value: "Not comparable",
    MarketStatus.FAILED.value: "Failed",
    MarketStatus.SKIPPED.value: "Skipped",
}

KIND_WORDS = {
    AuthorKind.BUILTIN: "built-in model",
    AuthorKind.WRITTEN: "written model",
    AuthorKind.FALLBACK: "built-in model in place of a written one",
}


def market_page(record: MarketSimulation) -> str:
    """Address of a market's page from the folder of the batch."""
    return f"{quote(record.slug)}/{RESULT_PAGE}"


def author_of(author: str) -> str:
    """``builtin/belief_walk@1`` as a reader wants it: ``belief walk``."""
    kind, _, name = author.partition("/")
    return name.partition("@")[0].replace("_", " ") if kind == "builtin" else author


def _author_note(record: MarketSimulation) -> str:
    used = [model for model in record.models if model.has_answer] or list(record.models)
    if not used:
        return "no model"
    names = " + ".join(dict.fromkeys(author_of(model.author) for model in used))
    kinds = ", ".join(dict.fromkeys(KIND_WORDS[model.kind] for model in used))
    times = f" \N{MULTIPLICATION SIGN} {len(used)}" if len(used) > 1 else ""
    return f"{kinds}: {names}{times}"


def _market_cell(told: Estimate | None) -> Cell:
    if told is None or told.market is None:
        return Cell(MISSING, "" if told is None else "no two-sided quote")
    view = told.market
    note = f"quote {duration(view.age_seconds)} old" if view.age_seconds > OLD_QUOTE_SECONDS else ""
    return Cell(aligned(per_cent(view.probability, view.standard_error)), note, f"{view.probability:.4f}")


def _simulation_cell(told: Estimate | None) -> Cell:
    if told is None:
        return Cell(MISSING)
    error = model_error(told)
    note = interval(told.low, told.high, error) if told.low is not None else "states no interval"
    return Cell(aligned(per_cent(told.model_probability, error)), note, f"{told.model_probability:.4f}")


def _difference_cell(told: Estimate | None) -> Cell:
    between = None if told is None else difference_interval(told)
    if told is None or told.difference is None or between is None:
        return Cell(MISSING)
    error = told.difference_error
    note = f"{points(between[0], error)} to {points(between[1], error)}"
    return Cell(aligned(points(told.difference, error)), note, f"{told.difference:.4f}")


def _distance_note(told: Estimate | None) -> str:
    if told is None:
        return ""
    if told.verdict is Verdict.NOT_COMPARABLE:
        return why_not_comparable(told)
    times = distance(told)
    return "no noise is known" if times is None else f"{times:.1f} \N{MULTIPLICATION SIGN} its noise"


def why_not_comparable(told: Estimate) -> str:
    """Why there is no difference to speak of, in a few words."""
    if told.market is None:
        return "no price to compare with"
    if told.anchoring is Anchoring.INDEPENDENT:
        return f"the price is {duration(told.market.age_seconds)} old"
    return (
        "the model follows the price" if told.anchoring is Anchoring.ANCHORED else "not tested for following the price"
    )


def _chart(told: Estimate | None, scale: float) -> Markup:
    if told is None:
        return Markup("")
    market = None if told.market is None else told.market.probability
    return charts.dots(told.model_probability, told.low, told.high, market, most=scale)


def _drawn(estimates: Iterable[Estimate]) -> Iterator[float]:
    """Every value that has a place in a chart."""
    for told in estimates:
        yield told.model_probability if told.high is None else told.high
        if told.market is not None:
            yield told.market.probability
