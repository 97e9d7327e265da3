"""What a second reader may change in a verdict. Pure; who reads and how is asked is ``second_reading``'s business.

It may lower a verdict, and it may fill an abstention with words that occur in both texts. It never overrules a
difference that the slots found, never answers where a text is silent, and never makes an equivalent of what is denied.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from edgeworth.discovery.second_reading import SecondReading
from edgeworth.markets.relation import Clause, Finding, Relation, Verdict

FILLED_CONFIDENCE: Final = 0.75
"""The most that a verdict filled by a second reader is trusted."""
_HARD: Final = frozenset({Finding.DIFFERENT, Finding.DISJOINT, Finding.A_NARROWER, Finding.B_NARROWER})
_ANSWERS: Final = {
    "subject": ("subject", "event"),
    "action": ("event",),
    "window": ("window",),
    "threshold": ("threshold",),
}
"""Slots of ours, and the points by which a second reader speaks of them."""


def with_second_reading(first: Verdict, second: SecondReading) -> Verdict:
    """The verdict of both readers; ``first`` unchanged where the second has no usable answer or no say."""
    if second.problem is not None or not _quoted(second.clauses):
        return first
    if first.relation.is_same_bet:
        return _lowered(first, second)
    if first.relation is Relation.UNDETERMINED:
        return _filled(first, second)
    return first


def _quoted(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """Clauses with words of both texts."""
    return tuple(clause for clause in clauses if clause.a and clause.b)


def _joined(first: Verdict, second: SecondReading, relation: Relation, confidence: float) -> Verdict:
    return replace(
        first,
        relation=relation,
        confidence=min(confidence, first.confidence) if first.relation.is_same_bet else confidence,
        clauses=(*second.clauses, *first.clauses),
        reader=f"{first.reader}+{second.reader}",
    )


def _lowered(first: Verdict, second: SecondReading) -> Verdict:
    """The same bet by the slots: kept when the second agrees, else an abstention, or what quoted differences show."""
    if second.relation is first.relation:
        return _joined(first, second, first.relation, first.confidence)
    if second.relation is Relation.UNDETERMINED:
        is_doubted = any(clause.finding in _HARD for clause in _quoted(second.clauses))
        return _joined(first, second, Relation.UNDETERMINED, 0.5) if is_doubted else first
    if second.relation.is_same_bet:
        return _joined(first, second, Relation.UNDETERMINED, 0.5)
    is_shown = any(clause.finding in _HARD for clause in _quoted(second.clauses))
    return _joined(first, second, second.relation if is_shown else Relation.UNDETERMINED, 0.5)


def _filled(first: Verdict, second: SecondReading) -> Verdict:
    """An abstention filled; unchanged where the slots found a difference, or a text is silent."""
    if second.relation is Relation.UNDETERMINED or any(clause.finding in _HARD for clause in first.clauses):
        return first
    if second.relation.is_same_bet and not _may_be_same(first, second):
        return first
    return _joined(first, second, second.relation, FILLED_CONFIDENCE)


def _may_be_same(first: Verdict, second: SecondReading) -> bool:
    points = {clause.name: clause.finding for clause in _quoted(second.clauses)}
    if any(finding in _HARD or finding is Finding.UNKNOWN for finding in points.values()):
        return False
    if not {"subject", "event"} & points.keys():
        return False
    open_slots = {
        clause.name for clause in first.clauses if clause.finding is Finding.UNKNOWN and not _is_of_rules(clause)
    } - {"polarity"}
    answered = all(any(points.get(name) is Finding.SAME for name in _ANSWERS.get(slot, ())) for slot in open_slots)
    return answered and _polarity_agrees(first, second, points)


def _is_of_rules(clause: Clause) -> bool:
    return clause.name.startswith("rules: ")


def _polarity_agrees(first: Verdict, second: SecondReading, points: dict[str, Finding]) -> bool:
    """Whether what both readers say of denials leads to the relation that the second chose."""
    said = points.get("polarity")
    ours = {clause.finding for clause in first.clauses if clause.name == "polarity"}
    if second.relation is Relation.EQUIVALENT:
        return Finding.OPPOSITE not in ours and Finding.UNKNOWN not in ours and said is not Finding.OPPOSITE
    return said is Finding.OPPOSITE or Finding.OPPOSITE in ours
