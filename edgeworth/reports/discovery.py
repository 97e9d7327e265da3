"""The report of a discovery: opportunities with what is left of them at size, and pairs with the words that decided.

Values in, pages and JSON out. The page works without a server and without a script: the script only adds search,
filters and sorting. It shows the best ``ROWS_ON_PAGE`` of each kind, and of long rules the passages around the words
that decided; the JSON has more, the store everything, and page and JSON say how much they leave out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from msgspec import Struct

from edgeworth.discovery.opportunity import LegAction, NotTradable, Opportunity
from edgeworth.discovery.ports import FoundMatch, SavedCounts
from edgeworth.discovery.texts import OUTCOME_SEPARATOR
from edgeworth.markets.market import Market
from edgeworth.markets.relation import Clause, Finding, Quotation, Relation, TextField
from edgeworth.markets.venue import Venue
from edgeworth.reports.rendering import environment, minute
from edgeworth.units import MICROS, PriceMicros, UsdMicros

ROWS_ON_PAGE = 200
"""Opportunities and matches on the page; each takes 2 to 4 kB, and a page beyond a megabyte is slow to filter."""

ROWS_IN_JSON = 5_000
"""Matches in the JSON; the store has all of them."""

SHOWN_CHARACTERS = 800
"""Of long rules of a pair that can be traded on, shown whether or not their words decided."""

SHOWN_OF_OTHERS = 100
"""The same of any other pair: where the rules begin, to know them by."""

SHOWN_OF_A_NAME = 240
"""The same of a question, the title of an event, the outcomes."""

AROUND_A_MARK = 60
"""Characters shown on both sides of words that decided."""

SHORTEST_GAP = 60
"""Characters that have to be far from every mark before they are left out: saying so takes room too."""

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
        """Opportunities of which something is left at size and that are within every limit."""
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
    Marked words that follow one another are one mark.
    """
    marks = [""] * len(text)
    kept = [len(text) <= shown + 2 * AROUND_A_MARK or position < shown for position in range(len(text))]
    for quotation, mark in quotations:
        start, end = quotation.start, quotation.end
        if 0 <= start < end and text[start:end] == quotation.text:
            marks[start:end] = [mark] * (end - start)
            first, last = max(0, start - AROUND_A_MARK), min(len(text), end + AROUND_A_MARK, start + LONGEST_MARK)
            kept[first:last] = [True] * (last - first)
    for gap in range(1, len(text) - 1):
        if text[gap] == " " and marks[gap - 1] == marks[gap + 1] != "":
            marks[gap] = marks[gap - 1]
    for is_kept, group in itertools.groupby(range(len(text)), key=kept.__getitem__):
        positions = list(group)
        if not is_kept and len(positions) < SHORTEST_GAP:
            kept[positions[0] : positions[-1] + 1] = [True] * len(positions)
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


class Told(NamedTuple):
    """A clause with the words of both texts, each as [(field, [words])]; empty where a text is silent."""

    name: str
    finding: Finding
    note: str
    a: list[tuple[TextField, list[str]]]
    b: list[tuple[TextField, list[str]]]


class Evidence(NamedTuple):
    """The clauses of a verdict by how much has to be said of each.

    ``quoted`` stand side by side; the words of ``shared`` are the same in both texts, where they are marked;
    ``unspoken`` are our sentences on what neither text mentions. ``same`` and ``silent`` are only named, where
    nothing follows from the pair and they are not why.
    """

    quoted: list[Told]
    shared: list[str]
    unspoken: list[str]
    same: list[str]
    silent: list[str]


def evidence(found: FoundMatch, views: Mapping[str, MarketView]) -> Evidence:
    """What is shown of the clauses of a match. Of a pair that binds everything is told, of others what parts them."""
    shown = Evidence([], [], [], [], [])
    binds = found.verdict.relation.is_binding
    tells_silence = binds or found.verdict.relation is Relation.UNDETERMINED
    texts_a, texts_b = _texts(views[found.market_a]), _texts(views[found.market_b])
    for clause in found.verdict.clauses:
        a, b = _said(clause.a, texts_a), _said(clause.b, texts_b)
        told = Told(clause.name, clause.finding, clause.note, a, b)
        if clause.finding is Finding.SAME and not binds:
            shown.same.append(clause.name)
        elif clause.finding is Finding.UNKNOWN and not tells_silence:
            shown.silent.append(clause.name)
        elif clause.note and not (clause.a or clause.b):
            if clause.note not in shown.unspoken:
                shown.unspoken.append(clause.note)
        elif clause.finding is Finding.SAME and a == b:
            shown.shared.append(clause.name)
        else:
            shown.quoted.append(told)
    return shown


def _said(quotations: Iterable[Quotation], texts: Mapping[TextField, str]) -> list[tuple[TextField, list[str]]]:
    """Quotations by the text they stand in, each once; words with one blank between them are one quotation."""
    said: list[tuple[TextField, list[str]]] = []
    before: Quotation | None = None
    for one in quotations:
        if before is None or before.field is not one.field:
            said.append((one.field, [one.text]))
        elif one.start == before.end + 1 and texts.get(one.field, "")[before.end : one.start] == " ":
            said[-1][1][-1] += f" {one.text}"
        elif one.text not in said[-1][1]:
            said[-1][1].append(one.text)
        before = one
    return said


def _texts(view: MarketView) -> dict[TextField, str]:
    """The texts of a market that words are quoted from."""
    return {
        TextField.QUESTION: view.question,
        TextField.EVENT: view.event,
        TextField.OUTCOMES: OUTCOME_SEPARATOR.join(view.outcomes),
        TextField.RULES: view.rules,
    }


_PLAIN_OUTCOMES = OUTCOME_SEPARATOR.join(("Yes", "No"))


class Side(NamedTuple):
    """One market of a match: its question and its other texts by heading, each as passages."""

    label: str
    view: MarketView
    question: list[Passage]
    texts: list[tuple[str, list[Passage]]]


def _side(found: FoundMatch, side: str, view: MarketView) -> Side:
    relation, texts = found.verdict.relation, _texts(view)
    quoted = {field: quotations_of(found.verdict.clauses, side, field) for field in TextField}
    lengths = {TextField.EVENT: SHOWN_OF_A_NAME, TextField.OUTCOMES: SHOWN_OF_A_NAME}
    lengths[TextField.RULES] = _shown_of_rules(relation)
    parts = [
        (field.value.capitalize(), passages(text, quoted[field], shown=length))
        for field, length in lengths.items()
        if (text := texts[field])
        and (quoted[field] or field is TextField.RULES or (relation.is_binding and text != _PLAIN_OUTCOMES))
    ]
    closes = quoted[TextField.CLOSES_AT]
    parts.append(("Closes", [Passage(minute(view.closes_at), closes[0][1] if closes else "")]))
    question = passages(view.question or view.market_id, quoted[TextField.QUESTION], shown=SHOWN_OF_A_NAME)
    return Side(side.upper(), view, question, parts)


def _shown_of_rules(relation: Relation) -> int:
    """Whoever trades on a verdict reads the rules; two answers of one question share theirs anyway."""
    return SHOWN_CHARACTERS if relation.is_binding and relation is not Relation.EXCLUSIVE else SHOWN_OF_OTHERS


def _sides(found: FoundMatch, views: Mapping[str, MarketView]) -> tuple[Side, Side]:
    return _side(found, "a", views[found.market_a]), _side(found, "b", views[found.market_b])


def render_page(
    report: DiscoveryReport,
    manifest: Sequence[tuple[str, str]],
    *,
    rows: int = ROWS_ON_PAGE,
    index: str | None = None,
) -> str:
    """The page ``summary.html``.

    Args:
        report: What the page tells. Every market of its matches has a view.
        manifest: What the reader should know of the run, as (label, value).
        rows: Opportunities and matches shown at most; the page says how many are not.
        index: Address of the index of all runs, relative to the page, if there is one.
    """
    opportunities, matches = report.opportunities[:rows], report.matches[:rows]
    return (
        environment()
        .get_template("discovery.html.j2")
        .render(
            report=report,
            opportunities=[(one, _leg_lines(one, report.views)) for one in opportunities],
            matches=[(one, _sides(one, report.views), evidence(one, report.views)) for one in matches],
            hidden_opportunities=len(report.opportunities) - len(opportunities),
            hidden_matches=report.pair_total - len(matches),
            refusals=report.refusals[:rows],
            views=report.views,
            price_hint=price_hint,
            manifest=manifest,
            index=index,
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
