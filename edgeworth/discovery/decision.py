"""The decision: what two readings say about each other, with the clauses that decided it, or an abstention.

Two texts are the same bet only if every slot agrees and no content word is left over that could tell them apart. A
slot that both texts fill, and differently, decides against it whatever else agrees. What only one text says leads to an
abstention, never to a guess. A cosine or a price is no argument here.

``decide(b, a)`` is ``decide(a, b)`` with A and B exchanged.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.comparison import Comparison, Quotes, compared
from edgeworth.discovery.decision_bounds import compare_bounds
from edgeworth.discovery.decision_games import compare_games
from edgeworth.discovery.decision_rules import compare_settlement
from edgeworth.discovery.decision_subject import Alignment, align
from edgeworth.discovery.decision_windows import compare_windows
from edgeworth.discovery.reading import Proposition, QuestionReading, read_question
from edgeworth.discovery.reading.slots import CURRENCIES, MentionKind, WindowKind
from edgeworth.discovery.reading.vocabulary.implied import LASTING, SUPERLATIVE
from edgeworth.discovery.texts import QuestionText
from edgeworth.markets.relation import Clause, Finding, Relation, Verdict

_SAME_TOPIC: Final = 0.34
"""Share of content words in common from which two questions without a shared name are of one topic."""
_BASE: Final = {
    Relation.EQUIVALENT: 0.97,
    Relation.INVERSE: 0.97,
    Relation.A_IMPLIES_B: 0.9,
    Relation.B_IMPLIES_A: 0.9,
    Relation.EXCLUSIVE: 0.85,
    Relation.RELATED: 0.8,
    Relation.UNRELATED: 0.9,
    Relation.UNDETERMINED: 0.5,
}
_OBJECTING: Final = frozenset({"or", "other", "else", "except", "excluding", "only", "both", "but"})
"""One of these left over in a title: rules that seem to agree with the other title's may not be understood."""
_NAMING: Final = frozenset(
    {MentionKind.ENTITY, MentionKind.PLACE, MentionKind.TEAM, MentionKind.NAME, MentionKind.NUMBER}
)
_SUBJECT_SLOTS: Final = ("subject", "action", "scope", "number", "place")
_NESTED: Final = (Finding.A_NARROWER, Finding.B_NARROWER)
_HARD: Final = (Finding.DIFFERENT, Finding.DISJOINT, Finding.A_NARROWER, Finding.B_NARROWER)


class _Outcome(Struct, frozen=True, kw_only=True):
    """A relation with everything compared on the way to it."""

    relation: Relation
    comparisons: tuple[Comparison, ...]
    certainty: float = 1.0


def decide(a: QuestionText | QuestionReading, b: QuestionText | QuestionReading) -> Verdict:
    """The verdict on two markets. Read each market once and pass readings where many are compared."""
    one = read_question(a) if isinstance(a, QuestionText) else a
    other = read_question(b) if isinstance(b, QuestionText) else b
    outcome = _decide(one, other)
    ranked = sorted(outcome.comparisons, key=lambda part: _RANK[part.finding])
    clauses: tuple[Clause, ...] = tuple(part.clause for part in ranked)
    confidence = round(_BASE[outcome.relation] * outcome.certainty, 4)
    return Verdict(relation=outcome.relation, confidence=confidence, clauses=clauses)


_RANK: Final = {
    Finding.DIFFERENT: 0,
    Finding.DISJOINT: 0,
    Finding.OPPOSITE: 1,
    Finding.A_NARROWER: 1,
    Finding.B_NARROWER: 1,
    Finding.UNKNOWN: 2,
    Finding.SAME: 3,
}


def _decide(a: QuestionReading, b: QuestionReading) -> _Outcome:
    if not (a.is_readable and b.is_readable):
        silent = compared("subject", Finding.UNKNOWN, "A text says nothing that could be compared.")
        return _Outcome(relation=Relation.UNDETERMINED, comparisons=(silent,))
    if a.game is not None and b.game is not None:
        relation, parts = compare_games(a.game, b.game, a.text.closes_at, b.text.closes_at)
        certainty = min((part.certainty for part in parts), default=1.0)
        return _after_rules(a, b, _Outcome(relation=relation, comparisons=parts, certainty=certainty))
    if a.game is not None or b.game is not None:
        return _one_game(a, b)
    by_title = _compare(a, b, a.title, b.title)
    return _after_rules(a, b, _with_definitions(a, b, by_title))


def _one_game(a: QuestionReading, b: QuestionReading) -> _Outcome:
    """A game beside a question that is none: never the same bet; related when they share a name."""
    alignment = align(a.title, b.title, frozenset(), frozenset())
    game, other = (a.game, b) if a.game is not None else (b.game, a)
    teams = {f"team:{team}" for side in game.teams for team in side} if game is not None else set()
    is_named = any(mention.key in teams for mention in other.title.mentions)
    relation = Relation.RELATED if alignment.shares_agent or is_named else Relation.UNRELATED
    note = "One is a bet on a single game, the other is not."
    return _Outcome(relation=relation, comparisons=(compared("scope", Finding.DIFFERENT, note), alignment.comparison))


def _with_definitions(a: QuestionReading, b: QuestionReading, by_title: _Outcome) -> _Outcome:
    """What the defining sentences of the rules add: they may settle what titles leave open, and contradict them."""
    if a.definition is None or b.definition is None:
        return by_title
    by_rules = _compare(a, b, a.definition, b.definition)
    parts = (*by_title.comparisons, *(_of_rules(part) for part in by_rules.comparisons))
    if by_title.relation.is_same_bet:
        contradiction = _contradiction(by_title, by_rules, a.definition, b.definition)
        if contradiction is not None:
            return _Outcome(relation=contradiction, comparisons=parts)
        return replace(by_title, comparisons=parts)
    is_open = by_title.relation is Relation.UNDETERMINED or _differs_in_wording(by_title)
    is_whole = _names_all(a.title, a.definition) and _names_all(b.title, b.definition)
    if is_open and is_whole and by_rules.relation.is_same_bet and not _objects(by_title, by_rules):
        return _Outcome(relation=by_rules.relation, comparisons=parts, certainty=0.95 * by_rules.certainty)
    return replace(by_title, comparisons=parts)


def _names_all(title: Proposition, definition: Proposition) -> bool:
    """Whether the defining sentence has every name and number of the title, and says something of them."""
    keys = {mention.key for mention in definition.mentions}
    if all(mention.kind in _NAMING for mention in definition.mentions):
        return False
    return all(mention.key in keys for mention in title.mentions if mention.kind in _NAMING)


def _differs_in_wording(outcome: _Outcome) -> bool:
    """Whether nothing but the action sets the titles apart: rules that agree show that only its wording does."""
    hard = {part.clause.name for part in outcome.comparisons if part.finding in _HARD}
    return hard == {"action"}


def _objects(by_title: _Outcome, by_rules: _Outcome) -> bool:
    """Whether titles that are no clear match still speak against what the rules say."""
    findings = {part.clause.name: part for part in by_title.comparisons}
    subjects = [part.clause for part in by_rules.comparisons if part.clause.name == "subject"]
    if any(quote.text.casefold() in {"if", "unless"} for clause in subjects for quote in (*clause.a, *clause.b)):
        return True
    if by_rules.relation is Relation.EQUIVALENT:
        if findings["polarity"].finding is not Finding.SAME:
            return True
        subject = next(part for name, part in findings.items() if name in _SUBJECT_SLOTS)
        words = [quote.text.casefold() for side in (subject.clause.a, subject.clause.b) for quote in side]
        return subject.finding is not Finding.SAME and not _OBJECTING.isdisjoint(words)
    return False


def _of_rules(part: Comparison) -> Comparison:
    return replace(part, clause=replace(part.clause, name=f"rules: {part.clause.name}"))


def _contradiction(by_title: _Outcome, by_rules: _Outcome, one: Proposition, other: Proposition) -> Relation | None:
    """The relation to fall back to when rules differ where titles agree."""
    if by_rules.relation.is_same_bet and by_rules.relation is not by_title.relation:
        return Relation.UNDETERMINED
    names = {part.clause.name for part in by_rules.comparisons if part.finding in _HARD}
    if _last_day(one) == _last_day(other) is not None:
        # Rules often begin their window on the day the market was opened; titles agree, so that day is no matter.
        names.discard("window")
    return Relation.RELATED if names & {"threshold", "window"} else None


def _last_day(proposition: Proposition) -> date | None:
    return max((window.end for window in proposition.windows if window.end is not None), default=None)


def _after_rules(a: QuestionReading, b: QuestionReading, outcome: _Outcome) -> _Outcome:
    """Lower what looks like the same bet when the small print lets the two resolve differently."""
    if not (a.text.rules and b.text.rules) or not outcome.relation.is_same_bet:
        return outcome
    clauses = compare_settlement(a.settlement, b.settlement)
    parts = (*outcome.comparisons, *clauses)
    if any(clause.finding is Finding.DIFFERENT for clause in clauses):
        return _Outcome(relation=Relation.RELATED, comparisons=parts)
    if any(clause.finding is Finding.UNKNOWN for clause in clauses):
        return _Outcome(relation=Relation.UNDETERMINED, comparisons=parts)
    return replace(outcome, comparisons=parts)


def _compare(a: QuestionReading, b: QuestionReading, one: Proposition, other: Proposition) -> _Outcome:
    """Two statements, slot by slot."""
    closes = (a.text.closes_at, b.text.closes_at)
    polarity = _compare_polarity(one, other)
    is_opposite = polarity.finding is Finding.OPPOSITE
    subject = align(one, other, a.context, b.context, is_opposite=is_opposite)
    bounds = _at_one_time(compare_bounds(one.bounds, other.bounds), one, other)
    windows = compare_windows(one.windows, other.windows, *closes, has_bounds=bool(one.bounds))
    parts = (subject.comparison, bounds, windows, polarity)
    if one.stems == other.stems and windows.finding is Finding.SAME and bounds.finding is Finding.SAME:
        # Word for word the same, negations and all.
        same = compared("polarity", Finding.SAME, "Word for word the same.", a=subject.comparison.clause.a)
        certainty = min(windows.certainty, bounds.certainty)
        return _Outcome(relation=Relation.EQUIVALENT, comparisons=(*parts[:3], same), certainty=certainty)
    findings = (bounds.finding, windows.finding, polarity.finding)
    return _Outcome(
        relation=_of_reversed_roles(subject, *findings) or _relation(subject, *findings, one, other),
        comparisons=parts,
        certainty=min(part.certainty for part in parts),
    )


def _at_one_time(bounds: Comparison, one: Proposition, other: Proposition) -> Comparison:
    """A price "above $5k by May 1" and one "below $5k by May 1": at some moment, or on that day? Both can come true."""
    amounts, windows = (*one.bounds, *other.bounds), (*one.windows, *other.windows)
    is_price = any(bound.unit in CURRENCIES for bound in amounts)
    is_by_a_day = any(window.kind is WindowKind.DEADLINE for window in windows)
    if not (is_price and is_by_a_day) or bounds.finding not in {Finding.OPPOSITE, Finding.DISJOINT}:
        return bounds
    note = "Whether the price must lie there on the last day or at any time is not told."
    return compared("threshold", Finding.UNKNOWN, note, a=bounds.clause.a, b=bounds.clause.b)


def _compare_polarity(a: Proposition, b: Proposition) -> Comparison:
    quotes: Quotes = {"a": a.polarity.quotations, "b": b.polarity.quotations}
    if a.polarity.is_negated is None or b.polarity.is_negated is None:
        return compared("polarity", Finding.UNKNOWN, "A negation of a part only, or several.", **quotes)
    if a.polarity.is_negated != b.polarity.is_negated:
        return compared("polarity", Finding.OPPOSITE, "One is the denial of the other.", 0.99, **quotes)
    if a.polarity.is_negated and a.polarity.denied != b.polarity.denied:
        return compared("polarity", Finding.UNKNOWN, "Both deny, perhaps not the same.", **quotes)
    return compared(
        "polarity", Finding.SAME, "Neither denies." if not a.polarity.is_negated else "Both deny the same.", **quotes
    )


def _relation(
    subject: Alignment, bounds: Finding, windows: Finding, polarity: Finding, one: Proposition, other: Proposition
) -> Relation:
    if subject.comparison.finding is Finding.DIFFERENT:
        if (
            subject.is_exclusive
            and bounds is windows is Finding.SAME
            and polarity is Finding.SAME
            and not one.polarity.is_negated
        ):
            return Relation.EXCLUSIVE
        is_near = subject.overlap >= _SAME_TOPIC or subject.shares_agent
        return Relation.RELATED if is_near else Relation.UNRELATED
    if subject.comparison.finding is not Finding.SAME:
        if subject.overlap < _SAME_TOPIC and not subject.shares_agent:
            return Relation.UNRELATED
        return Relation.RELATED if bounds in _HARD or windows in _HARD else Relation.UNDETERMINED
    if Finding.UNKNOWN in {bounds, windows, polarity} or (windows in _NESTED and not _only_grows(one, other)):
        return Relation.RELATED if bounds in _HARD or windows in _HARD else Relation.UNDETERMINED
    return _of_same_subject(
        bounds,
        windows,
        is_opposite=polarity is Finding.OPPOSITE,
        is_negated=bool(one.polarity.is_negated),
        has_parts=max(len(one.bounds), len(other.bounds)) > 1,
    )


def _of_reversed_roles(subject: Alignment, bounds: Finding, windows: Finding, polarity: Finding) -> Relation | None:
    """``A beat B`` beside ``B beat A`` of one day: one at most comes true, and exactly one where nobody can draw."""
    return subject.reversed_roles if bounds is windows is polarity is Finding.SAME else None


def _only_grows(one: Proposition, other: Proposition) -> bool:
    """Whether what has come true within a time has come true within every longer one.

    That is so of what happens once. It is not of what has to last ("remain"), of the most or the best within a time, of
    an amount that belongs to its period ("deliveries in Q4"), nor of one that must stay below something until a day.
    """
    mentions = (*one.mentions, *other.mentions)
    keys = {mention.key for mention in mentions}
    if any(mention.key in LASTING and mention.quotation.text[:1].islower() for mention in mentions):
        return False
    periods = {window.kind for window in (*one.windows, *other.windows)}
    if WindowKind.DURING in periods and keys & SUPERLATIVE:
        return False
    for bound in (*one.bounds, *other.bounds):
        if bound.upper is not None and bound.has_upper is not None and bound.lower is None:
            return False
        is_touch = bound.lower is not None and bound.has_lower is None
        if WindowKind.DURING in periods and not is_touch and bound.lower is not None and bound.unit == "%":
            return False
    return True


def _of_same_subject(
    bounds: Finding, windows: Finding, *, is_opposite: bool, is_negated: bool, has_parts: bool
) -> Relation:
    """The relation of two statements about the same, by threshold, time and polarity."""
    if bounds is Finding.OPPOSITE and windows is Finding.SAME:
        return Relation.EQUIVALENT if is_opposite else Relation.INVERSE
    findings = {bounds, windows} - {Finding.SAME}
    if not findings:
        return Relation.INVERSE if is_opposite else Relation.EQUIVALENT
    if bounds in _NESTED and (windows in _NESTED or (is_negated and has_parts)):
        # Two slots apart at once are one too many to rely on; of several amounts and one denial it is not told which
        # amount is denied.
        return Relation.RELATED
    if findings in ({Finding.A_NARROWER}, {Finding.B_NARROWER}):
        return _nested(findings == {Finding.A_NARROWER}, is_opposite=is_opposite, is_negated=is_negated)
    if findings == {Finding.DISJOINT} and windows is Finding.SAME and not is_opposite and not is_negated:
        return Relation.EXCLUSIVE
    return Relation.RELATED


def _nested(is_a_narrower: bool, *, is_opposite: bool, is_negated: bool) -> Relation:  # noqa: FBT001
    """One condition within the other; denials turn the implication round, a single one makes it an exclusion."""
    if is_opposite:
        # a within b: "a" and "not b" exclude each other; "not a" and "b" do not.
        return Relation.EXCLUSIVE if is_a_narrower != is_negated else Relation.RELATED
    return Relation.A_IMPLIES_B if is_a_narrower != is_negated else Relation.B_IMPLIES_A
