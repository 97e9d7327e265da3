"""``result.html`` of one market of a batch: what was said of it, from what, and by which model.

Values in, a page out. A market that failed has the same page with what stopped it. Everything that a venue, a document
or a model wrote is shortened and escaped.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from markupsafe import Markup
from msgspec import Struct

from edgeworth.discovery.opportunity import Opportunity
from edgeworth.markets.relation import Relation
from edgeworth.reports import charts
from edgeworth.reports.batch_page import KIND_WORDS, VERDICT_WORDS, author_of, why_not_comparable
from edgeworth.reports.figures import (
    MINUS,
    MISSING,
    Cell,
    difference_interval,
    distance,
    duration,
    in_points,
    interval,
    model_error,
    per_cent,
    points,
)
from edgeworth.reports.highlighting import highlighted, line_numbers
from edgeworth.reports.rendering import environment, shortened
from edgeworth.simulation.context import MatchedMarket, Series, Sibling, SimulationContext
from edgeworth.simulation.estimate import NORMAL_90, Estimate
from edgeworth.simulation.record import MarketSimulation, MarketStatus, ModelRun
from edgeworth.simulation.result import OutcomeChance, SimulationResult, Spread

MOST_ROWS = 30
"""Other markets, outcomes, drivers and documents shown of each kind; the page says how many are not."""

LONGEST_LOG = 6_000
LONGEST_RULES = 4_000
SNIPPET = 500

RELATION_WORDS = {
    Relation.EQUIVALENT: "the same bet",
    Relation.INVERSE: "the same bet from the other side",
    Relation.A_IMPLIES_B: "this one pays only if that one does",
    Relation.B_IMPLIES_A: "that one pays only if this one does",
    Relation.EXCLUSIVE: "never do both pay",
    Relation.RELATED: "the same topic",
    Relation.UNRELATED: "unrelated",
    Relation.UNDETERMINED: "undetermined",
}


class OpportunityLine(Struct, frozen=True, kw_only=True):
    """An opportunity in which the market takes part; ``profit`` and ``cost`` at its best size, in millionths."""

    kind: str
    profit: int
    cost: int
    legs: int
    is_alive: bool


def opportunity_lines(opportunities: Sequence[Opportunity]) -> dict[str, tuple[OpportunityLine, ...]]:
    """By market id, in the order given."""
    found: dict[str, list[OpportunityLine]] = {}
    for one in opportunities:
        line = OpportunityLine(
            kind=one.kind.value,
            profit=one.best.profit,
            cost=one.best.cost,
            legs=len(one.legs),
            is_alive=one.passes and not one.is_dead_at_size,
        )
        for market_id in dict.fromkeys(leg.market_id for leg in one.legs):
            found.setdefault(market_id, []).append(line)
    return {market_id: tuple(lines) for market_id, lines in found.items()}


def render_market(
    record: MarketSimulation,
    *,
    batch: str,
    summary: str = "../summary.html",
    files: Sequence[str] = (),
    opportunities: Sequence[OpportunityLine] = (),
    opportunities_later: int = 0,
    recorded: str | None = None,
) -> str:
    """The page.

    Args:
        record: What it tells.
        batch: Name of the batch.
        summary: Address of the batch's page relative to this one.
        files: Names of files that lie beside the page, to be linked.
        opportunities: Those in which the market takes part at its instant.
        opportunities_later: How many were found only since.
        recorded: See ``BatchReport``.
    """
    context, told = record.context, record.estimate
    state = record.status.value if told is None else told.verdict.value
    return (
        environment()
        .get_template("market.html.j2")
        .render(
            record=record,
            context=context,
            told=told,
            state=state,
            verdict=VERDICT_WORDS[state],
            lead=lead(record),
            tiles=[] if told is None else _tiles(told),
            doubts=[] if told is None else doubts(told),
            price_chart=price_chart(context, told),
            spot_chart=spot_chart(context),
            spot_level=None if context.claim is None else f"{context.claim.threshold:,.10g}",
            models=[model_view(model, context) for model in record.models],
            documents=context.research[:MOST_ROWS],
            siblings=_siblings(context),
            matched=_matched(context),
            opportunities=opportunities[:MOST_ROWS],
            opportunities_later=opportunities_later,
            most=MOST_ROWS,
            left_out=sorted(record.left_out.items()),
            rejected=sorted(record.research.rejected.items()),
            seconds=duration(record.seconds),
            quote_age=_quote_age(context),
            batch=batch,
            summary=summary,
            files=files,
            recorded=recorded,
            limits={"log": LONGEST_LOG, "rules": LONGEST_RULES, "snippet": SNIPPET},
        )
    )


# --- the head ---------------------------------------------------------------------------------------------------------


def lead(record: MarketSimulation) -> str:
    """The estimate in a sentence; for a market that was skipped why. What made one fail stands below."""
    told = record.estimate
    if told is None:
        is_skipped = record.status is MarketStatus.SKIPPED
        return shortened(record.problem, 1000) if is_skipped and record.problem else "There is no estimate."
    outcome = record.context.outcomes[0].label[:60]
    said = f"“{outcome}”: the simulation says {per_cent(told.model_probability, model_error(told))}"
    if told.low is not None:
        said += f" ({interval(told.low, told.high, model_error(told))})"
    if told.market is None:
        return f"{said}; the market has no two-sided quote."
    said += f", the market {per_cent(told.market.probability, told.market.standard_error)}"
    times = distance(told)
    if told.difference is None or times is None:
        return f"{said}. Not comparable: {why_not_comparable(told)}."
    way = "higher" if told.difference > 0 else "lower"
    size = points(abs(told.difference), told.difference_error).lstrip("+")
    return f"{said}. That is {in_points(size)} {way}, {times:.1f} times its noise."


def _tiles(told: Estimate) -> list[Cell]:
    error, market = model_error(told), told.market
    between = difference_interval(told)
    tiles = [
        Cell(per_cent(told.model_probability, error), f"simulation; {interval(told.low, told.high, error)} with 90 %")
    ]
    if told.low is None:
        tiles = [Cell(per_cent(told.model_probability, error), "simulation; it states no interval")]
    if market is not None:
        how = "middle of bid and ask" if market.method == "mid" else "middle of bid and ask, freed of margin"
        tiles.append(Cell(per_cent(market.probability, market.standard_error), f"market; {how}"))
    if between is not None:
        low, high = (points(end, told.difference_error) for end in between)
        tiles.append(
            Cell(in_points(points(told.difference, told.difference_error)), f"difference; {low} to {high} with 90 %")
        )
    share = f"market and simulation together; the simulation counts {told.model_weight:.0%}".replace("%", " %")
    tiles.append(Cell(per_cent(told.combined, error if market is None else market.standard_error), share))
    return tiles


def doubts(told: Estimate) -> list[tuple[str, str, str]]:
    """The kinds of doubt, never added up in silence: name, size in points, what it is."""
    rows = [("Sampling", told.sampling_error, "a finite number of runs; more runs make it smaller")]
    if told.belief_deviation is not None:
        rows.append(("Belief", told.belief_deviation, "what the models are not sure of in their own inputs"))
    if told.between_models is not None:
        rows.append(("Between models", told.between_models, f"how far {told.models} models differ beyond sampling"))
    if told.market is not None:
        rows.append(("Market", told.market.standard_error, "half the spread either way, and passing noise of a price"))
    if told.difference_error is not None:
        rows.append(("Difference", told.difference_error, "all of them together: the noise of the difference"))
    return [(name, points(error, error / 10.0).lstrip("+"), what) for name, error, what in rows]


# --- charts -----------------------------------------------------------------------------------------------------------


def price_chart(context: SimulationContext, told: Estimate | None) -> Markup:
    """The price of outcome 0 up to ``as_of`` with what was said of it then; empty without a history."""
    history, quote = context.history, context.quote
    if history is None or not history.values:
        return Markup("")
    whiskers = []
    if told is not None:
        low = told.model_probability if told.low is None else told.low
        high = told.model_probability if told.high is None else told.high
        whiskers.append(charts.Whisker(told.model_probability, low, high, "model"))
    if quote is not None and quote.bid is not None and quote.ask is not None:
        whiskers.append(charts.Whisker((quote.bid + quote.ask) / 2.0, quote.bid, quote.ask, "market"))
    label = f"Price of the first outcome, {_span(history)}: " + _extremes(history, lambda value: f"{value:.1%}")
    return charts.line_chart(
        history,
        label=label.replace("%", " %"),
        tick_text=lambda value: f"{value * 100:.4g} %",
        day_text=_day,
        whiskers=whiskers,
        bounds=(0.0, 1.0),
        least_height=0.1,
    )


def spot_chart(context: SimulationContext) -> Markup:
    """The quantity that the question is about with the level in question; empty where there is none."""
    spot = context.spot
    if spot is None or not spot.series.values:
        return Markup("")
    return charts.line_chart(
        spot.series,
        label=f"{spot.name[:60]}, {_span(spot.series)}: " + _extremes(spot.series, lambda value: f"{value:,.6g}"),
        tick_text=lambda value: f"{value:,.10g}",
        day_text=_day,
        level=None if context.claim is None else context.claim.threshold,
        css="spot",
    )


def _quote_age(context: SimulationContext) -> str:
    if context.quote is None:
        return ""
    age = context.quote.age_seconds
    return "The quote is of that instant." if age < 1.0 else f"The quote is {duration(age)} old."


def _span(series: Series) -> str:
    return f"{_day(series.at_seconds[0])} to {_day(series.at_seconds[-1])}"


def _extremes(series: Series, text: charts.Text) -> str:
    first, last = text(series.values[0]), text(series.values[-1])
    return f"from {first} to {last}, lowest {text(min(series.values))}, highest {text(max(series.values))}."


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


# --- models -----------------------------------------------------------------------------------------------------------


class DriverRow(NamedTuple):
    """A driver or quantity: its percentiles as text, drawn, and how the answer goes with it."""

    name: str
    percentiles: list[str]
    box: Markup
    swing: str
    swing_interval: str
    swing_chart: Markup


class OutcomeRow(NamedTuple):
    """An outcome by one model: its chance, the interval of sampling alone, the listed price."""

    label: str
    chance: str
    sampling: str
    price: str
    bar: Markup


class ModelView(NamedTuple):
    """One model as the page shows it."""

    run: ModelRun
    name: str
    kind: str
    result: SimulationResult | None
    outcomes: list[OutcomeRow]
    hidden_outcomes: int
    drivers: list[DriverRow]
    hidden_drivers: int
    quantities: list[DriverRow]
    code: Markup
    numbers: str
    anchoring: str
    seconds: str


def model_view(model: ModelRun, context: SimulationContext) -> ModelView:
    """What the page shows of one model."""
    result = model.result if model.has_answer else None
    outcomes = () if result is None else result.outcomes
    drivers = [] if result is None else sorted(result.drivers, key=_by_swing)
    most = max((abs(one.swing or 0.0) + _half(one) for one in drivers), default=0.0)
    return ModelView(
        run=model,
        name=author_of(model.author),
        kind=KIND_WORDS[model.kind],
        result=model.result,
        outcomes=[_outcome(one, context, number) for number, one in enumerate(outcomes[:MOST_ROWS])],
        hidden_outcomes=max(0, len(outcomes) - MOST_ROWS),
        drivers=[_driver(one, most) for one in drivers[:MOST_ROWS]],
        hidden_drivers=max(0, len(drivers) - MOST_ROWS),
        quantities=[] if result is None else [_driver(one, 0.0) for one in result.quantities[:MOST_ROWS]],
        code=highlighted(model.source),
        numbers=line_numbers(model.source),
        anchoring=_anchoring(result),
        seconds=duration(model.seconds),
    )


def _anchoring(result: SimulationResult | None) -> str:
    if result is None:
        return ""
    if result.label is None:
        return "It was not tested for following its market's price, so it shows no discrepancy."
    if result.price_response is None:
        return f"It is {result.label.value}: there is no price that it could follow."
    share = f"{abs(result.price_response):.0%}".replace("%", " %")
    moved = (
        f"When the price in its input was moved, the answer followed {share} of the move: it is {result.label.value}."
    )
    return moved + (" A difference from the price would mean nothing." if result.label.value == "anchored" else "")


def _outcome(one: OutcomeChance, context: SimulationContext, number: int) -> OutcomeRow:
    known = context.outcomes[number] if number < len(context.outcomes) else None
    price = None if known is None else known.price
    return OutcomeRow(
        label=one.label,
        chance=per_cent(one.probability, one.standard_error),
        sampling=interval(one.low, one.high, (one.high - one.low) / 4.0),
        price=MISSING if price is None else f"{price * 100:.4g} %",
        bar=charts.bar(one.probability, one.low, one.high, price),
    )


def _driver(one: Spread, most: float) -> DriverRow:
    decimals = _decimals(one)
    values = [_value(value, decimals) for value in (one.p5, one.p25, one.p50, one.p75, one.p95)]
    if one.swing is None:
        return DriverRow(one.name, values, charts.box(one), MISSING, "", Markup(""))
    error, half = one.swing_standard_error, _half(one)
    low, high = points(one.swing - half, error), points(one.swing + half, error)
    return DriverRow(
        one.name,
        values,
        charts.box(one),
        points(one.swing, error),
        f"{low} to {high}",
        charts.swing(one.swing, half, most),
    )


def _half(one: Spread) -> float:
    return NORMAL_90 * (one.swing_standard_error or 0.0)


def _by_swing(one: Spread) -> tuple[float, str]:
    """What is left of a swing after its noise, the largest first: never by noise alone."""
    return -max(0.0, abs(one.swing or 0.0) - _half(one)), one.name


def _decimals(one: Spread) -> int:
    """Enough to tell the percentiles apart to a hundredth of their width; whole numbers need none."""
    if all(value == round(value) for value in (one.p5, one.p25, one.p50, one.p75, one.p95)):
        return 0
    width = one.p95 - one.p5
    if not (math.isfinite(width) and width > 0.0):
        return 4
    return min(6, max(0, 1 - math.floor(math.log10(width))))


def _value(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}" if abs(value) < 1e12 else f"{abs(value):.3g}"
    return f"{MINUS if value < 0 and float(text.replace(',', '')) else ''}{text}"


# --- other markets ----------------------------------------------------------------------------------------------------


class OtherMarket(NamedTuple):
    """A market beside this one: what it is to this one, how sure that is, and its price when it was last seen."""

    market_id: str
    venue: str
    question: str
    relation: str
    price: str
    quote: str
    observed_at: datetime
    closes_at: datetime | None


def _siblings(context: SimulationContext) -> list[OtherMarket]:
    """The likeliest first."""
    siblings = sorted(context.event.siblings if context.event is not None else (), key=_by_price)
    return [_other(one, one.label if one.is_open else f"{one.label} (no longer open)") for one in siblings[:MOST_ROWS]]


def _by_price(one: Sibling) -> tuple[bool, float, str]:
    price = one.price if one.bid is None or one.ask is None else (one.bid + one.ask) / 2.0
    return price is None, -(price or 0.0), one.market_id


def _matched(context: SimulationContext) -> list[OtherMarket]:
    return [
        _other(one, f"{RELATION_WORDS[one.relation]} ({one.confidence:.2f})") for one in context.matched[:MOST_ROWS]
    ]


def _other(one: Sibling | MatchedMarket, relation: str) -> OtherMarket:
    price, quote = MISSING if one.price is None else _cents(one.price), "listed" if one.price is not None else ""
    if one.bid is not None and one.ask is not None:
        price, quote = _cents((one.bid + one.ask) / 2.0), f"{_cents(one.bid)} to {_cents(one.ask)}"
    venue = one.market_id.partition(":")[0]
    return OtherMarket(one.market_id, venue, one.question, relation, price, quote, one.observed_at, one.closes_at)


def _cents(price: float) -> str:
    return f"{price * 100:.2f}".rstrip("0").rstrip(".") + "¢"
