"""The report of a discovery: opportunities with what is left of them at size, and pairs with the words that decided.

Values in, pages and JSON out. The page works without a server and without a script: the script only adds search,
filters and sorting. It shows the best ``ROWS_ON_PAGE`` of each kind, and of long rules the passages around the words
that decided; the JSON has more, the store everything, and page and JSON say how much they leave out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from edgeworth.discovery.opportunity import LegAction, NotTradable, Opportunity
from edgeworth.discovery.ports import FoundMatch, SavedCounts
from edgeworth.discovery.texts import OUTCOME_SEPARATOR
from edgeworth.markets.market import Market
from edgeworth.markets.relation import Clause, Finding, Quotation, TextField
from edgeworth.markets.venue import Venue
from edgeworth.reports.rendering import environment, minute
from edgeworth.units import MICROS, PriceMicros, UsdMicros

ROWS_ON_PAGE = 300
"""Opportunities and matches on the page; a match takes some 5 kB."""

ROWS_IN_JSON = 5_000
"""Matches in the JSON; the store has all of them."""

SHOWN_CHARACTERS = 1_500
"""Of a long text, shown whether or not its words decided."""

AROUND_A_MARK = 200
"""Characters shown on both sides of words that decided."""

LONGEST_MARK = 1_200
"""Characters shown of one quotation and what follows it."""


class MarketView(Struct, frozen=True, kw_only=True):
    """What the page shows of one market. ``price`` is that of outcome 0, by the present book or the listing."""

    market_id: str
    venue: Venue
    question: str
    rules: str
    outcomes: tuple[str, ...]
    event: str = ""
    closes_at: datetime | None = None
    url: str | None = None
    price: PriceMicros | None = None


class Stage(Struct, frozen=True, kw_only=True):
    """One step of the run: what it did in a sentence, and why it stopped early, if it did."""

    name: str
    did: str
    seconds: float = 0.0
    error: str | None = None


class BookUse(Struct, frozen=True, kw_only=True):
    """Which books of a venue were used.

    Attributes:
        fresh: Books that the venue gave in this run. stored: Older ones, out of the history.
        missing: Markets of which there is no book at all.
        oldest_at, newest_at: The venue's own times of those used.
        note: Why stored ones were used.
    """

    venue: str
    fresh: int = 0
    stored: int = 0
    missing: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    note: str | None = None


class DiscoveryReport(Struct, kw_only=True):
    """Everything that the page, the JSON and the terminal say about one discovery.

    Attributes:
        markets, events: Open ones that were read.
        relations: Pairs by verdict, unrelated ones included; only the others are in ``matches``.
        matches: Those from which most follows first; ``match_total`` counts those that are left out too.
        opportunities: Largest profit first.
        not_tradable: Examples of what could not be judged; ``refused`` counts all of them by code.
        considered, unprofitable: See ``Findings``.
        views: The markets of ``matches`` and ``opportunities``, by id.
        embedder: Which space proposed the pairs; empty when none did.
        tokens, cost: What embedding cost; ``None`` when its price is not known.
        focus: The market whose neighbours were asked for, where only those were.
    """

    run_id: str
    started_at: datetime
    finished_at: datetime
    markets: int
    events: int
    stages: list[Stage]
    relations: dict[str, int] = {}
    matches: list[FoundMatch] = []
    opportunities: list[Opportunity] = []
    match_total: int = 0
    not_tradable: list[NotTradable] = []
    refused: dict[str, int] = {}
    considered: int = 0
    unprofitable: int = 0
    views: dict[str, MarketView] = {}
    books: list[BookUse] = []
    saved_matches: SavedCounts = SavedCounts()
    saved_opportunities: SavedCounts = SavedCounts()
    embedder: str = ""
    embedded: int = 0
    tokens: int = 0
    cost: UsdMicros | None = UsdMicros(0)
    focus: str | None = None
    notes: list[str] = []
    folder: str | None = None

    @property
    def has_failed(self) -> bool:
        """Whether any step stopped before its end; what the others found is valid."""
        return any(stage.error is not None for stage in self.stages)

    @property
    def has_synthetic(self) -> bool:
        """Whether any market shown is invented."""
        return any(view.venue.is_synthetic for view in self.views.values())

    @property
    def alive(self) -> list[Opportunity]:
        """Opportunities of which something is left at size and that meet every gate."""
        return [one for one in self.opportunities if one.passes and not one.is_dead_at_size]

    @property
    def pair_total(self) -> int:
        """Pairs that have something to say about each other, those that are left out included."""
        return max(self.match_total, len(self.matches))

    @property
    def refusals(self) -> list[tuple[str, int, str]]:
        """Why something could not be called an opportunity: code, number and an example, most first."""
        examples: dict[str, str] = {}
        for one in self.not_tradable:
            examples.setdefault(one.code, one.reason)
        by_number = sorted(self.refused.items(), key=lambda item: (-item[1], item[0]))
        return [(code, number, examples.get(code, "")) for code, number in by_number]


def market_view(market: Market, event_title: str = "", price: PriceMicros | None = None) -> MarketView:
    """What the page shows of ``market``; without ``price`` the listing's."""
    listed = market.outcomes[0].price if market.outcomes else None
    return MarketView(
        market_id=market.market_id,
        venue=market.venue,
        question=market.question,
        rules=market.rules,
        outcomes=tuple(outcome.label for outcome in market.outcomes),
        event=event_title,
        closes_at=market.closes_at,
        url=market.url,
        price=price if price is not None else listed,
    )


# --- what the template asks for ---------------------------------------------------------------------------------------


class Passage(NamedTuple):
    """A piece of a text: ``mark`` is empty or says how the words decided; ``left_out`` counts what is not shown."""

    text: str
    mark: str = ""
    left_out: int = 0


_MARKS = {Finding.SAME: "same", Finding.UNKNOWN: ""}
"""Every other finding sets two markets apart, one way or the other."""


def quotations_of(clauses: Iterable[Clause], side: str, field: TextField) -> list[tuple[Quotation, str]]:
    """Words of one text of market ``a`` or ``b`` that decided, with how; none where a text is silent."""
    return [
        (quotation, mark)
        for clause in clauses
        if (mark := _MARKS.get(clause.finding, "apart"))
        for quotation in (clause.a if side == "a" else clause.b)
        if quotation.field is field
    ]


def passages(text: str, quotations: Sequence[tuple[Quotation, str]], *, shown: int = SHOWN_CHARACTERS) -> list[Passage]:
    """``text`` cut at the quotations, long stretches far from any of them left out.

    A quotation that does not stand where it says is not marked: a page never points at words that did not decide.
    """
    marks = [""] * len(text)
    kept = [len(text) <= shown + 2 * AROUND_A_MARK or position < shown for position in range(len(text))]
    for quotation, mark in quotations:
        start, end = quotation.start, quotation.end
        if 0 <= start < end and text[start:end] == quotation.text:
            marks[start:end] = [mark] * (end - start)
            first, last = max(0, start - AROUND_A_MARK), min(len(text), end + AROUND_A_MARK, start + LONGEST_MARK)
            kept[first:last] = [True] * (last - first)
    looks = list(zip(kept, marks, strict=True))
    pieces: list[Passage] = []
    position = 0
    for (is_kept, mark), run in itertools.groupby(looks):
        end = position + sum(1 for _ in run)
        pieces.append(Passage(text[position:end], mark) if is_kept else Passage("", left_out=end - position))
        position = end
    return pieces


def price_hint(price_a: PriceMicros | None, price_b: PriceMicros | None) -> str:
    """What two prices suggest about polarity; evidence beside the verdict, never the verdict."""
    if price_a is None or price_b is None:
        return ""
    apart, from_a_dollar = abs(price_a - price_b), abs(price_a + price_b - MICROS)
    near, far = 30_000, 100_000
    if apart <= near and from_a_dollar > far:
        return "alike"
    if from_a_dollar <= near and apart > far:
        return "add up to a dollar"
    return ""


_ACTIONS = {LegAction.BUY: "Buy", LegAction.SELL: "Sell", LegAction.MINT: "Mint", LegAction.CONVERT: "Convert"}


def _leg_lines(opportunity: Opportunity, views: Mapping[str, MarketView]) -> list[tuple[str, str, MarketView | None]]:
    """What is done, with which outcome, in which market; a mint makes every outcome."""
    lines = []
    for leg in opportunity.legs:
        view = views.get(leg.market_id)
        labels = view.outcomes if view else ()
        label = labels[leg.outcome_index] if leg.outcome_index < len(labels) else f"outcome {leg.outcome_index}"
        action = _ACTIONS[leg.action]
        if leg.shares_per_set != MICROS:
            action += f" {leg.shares_per_set / MICROS:g} \N{MULTIPLICATION SIGN}"
        lines.append((action, "both" if leg.action is LegAction.MINT else label, view))
    return lines


def _sides(found: FoundMatch, views: Mapping[str, MarketView]) -> list[tuple[str, MarketView, list[Any]]]:
    """Both markets of a match with their texts as passages: (label, view, [(heading, passages)])."""
    sides = []
    for side, market_id in (("a", found.market_a), ("b", found.market_b)):
        view = views[market_id]
        texts = {
            "Question": (TextField.QUESTION, view.question),
            "Event": (TextField.EVENT, view.event),
            "Outcomes": (TextField.OUTCOMES, OUTCOME_SEPARATOR.join(view.outcomes)),
            "Rules": (TextField.RULES, view.rules),
        }
        quoted = {field: quotations_of(found.verdict.clauses, side, field) for field, _ in texts.values()}
        shown = [(heading, passages(text, quoted[field])) for heading, (field, text) in texts.items() if text]
        closes = quotations_of(found.verdict.clauses, side, TextField.CLOSES_AT)
        shown.append(("Closes", [Passage(minute(view.closes_at), closes[0][1] if closes else "")]))
        sides.append((side.upper(), view, shown))
    return sides


def render_page(report: DiscoveryReport, manifest: Sequence[tuple[str, str]], *, rows: int = ROWS_ON_PAGE) -> str:
    """The page ``summary.html``.

    Args:
        report: What the page tells. Every market of its matches has a view.
        manifest: What the reader should know of the run, as (label, value).
        rows: Opportunities and matches shown at most; the page says how many are not.
    """
    opportunities, matches = report.opportunities[:rows], report.matches[:rows]
    return (
        environment()
        .get_template("discovery.html.j2")
        .render(
            report=report,
            opportunities=[(one, _leg_lines(one, report.views)) for one in opportunities],
            matches=[(one, _sides(one, report.views)) for one in matches],
            hidden_opportunities=len(report.opportunities) - len(opportunities),
            hidden_matches=report.pair_total - len(matches),
            refusals=report.refusals[:rows],
            views=report.views,
            price_hint=price_hint,
            manifest=manifest,
        )
    )


def report_json(report: DiscoveryReport, *, rows: int = ROWS_IN_JSON) -> dict[str, object]:
    """The report as one object for machines; amounts are whole millionths, instants ISO 8601 in UTC.

    ``matches`` holds at most ``rows``, ``matches_left_out`` says how many more the store has; ``not_tradable`` holds
    examples of what ``refused`` counts.
    """
    matches = report.matches[:rows]
    values = {
        "run_id": report.run_id,
        "started_at": report.started_at,
        "finished_at": report.finished_at,
        "focus": report.focus,
        "markets": report.markets,
        "events": report.events,
        "embedder": report.embedder,
        "embedded": report.embedded,
        "tokens": report.tokens,
        "cost_micros": report.cost,
        "relations": report.relations,
        "considered": report.considered,
        "unprofitable": report.unprofitable,
        "refused": report.refused,
        "saved_matches": report.saved_matches,
        "saved_opportunities": report.saved_opportunities,
        "failed": [stage.name for stage in report.stages if stage.error is not None],
        "stages": report.stages,
        "books": report.books,
        "notes": report.notes,
        "opportunities": report.opportunities,
        "matches": matches,
        "matches_left_out": report.pair_total - len(matches),
        "not_tradable": report.not_tradable,
        "questions": {market_id: view.question for market_id, view in sorted(report.views.items())},
        "outcomes": {market_id: view.outcomes for market_id, view in sorted(report.views.items())},
        "folder": report.folder,
    }
    return dict(msgspec.to_builtins(values))
