"""How two markets are bound to each other, and the evidence for it.

Values only: ``edgeworth.discovery`` decides, the store keeps, reports and simulation read. A cosine is never part of a
verdict; prices stand beside it.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Relation(StrEnum):
    """What is certain about the propositions of two markets, A and B.

    The proposition of a market is that the outcome at index 0 comes true: "Yes", or the team or side listed first.
    """

    EQUIVALENT = "equivalent"
    """The same proposition with the same deadline: A pays whenever B pays."""
    INVERSE = "inverse"
    """The same bet from the other side: A pays whenever B does not."""
    A_IMPLIES_B = "a_implies_b"
    """A pays only if B pays: an earlier deadline, a higher threshold."""
    B_IMPLIES_A = "b_implies_a"
    EXCLUSIVE = "exclusive"
    """Never do both pay."""
    RELATED = "related"
    """The same topic; nothing follows from one for the other."""
    UNRELATED = "unrelated"
    UNDETERMINED = "undetermined"
    """The texts do not say enough."""

    @property
    def is_same_bet(self) -> bool:
        """Whether one market can stand in for the other, with its sides swapped if need be."""
        return self in (Relation.EQUIVALENT, Relation.INVERSE)

    @property
    def is_binding(self) -> bool:
        """Whether anything follows from how one market ends for how the other does."""
        return self not in (Relation.RELATED, Relation.UNRELATED, Relation.UNDETERMINED)

    @property
    def swapped(self) -> Relation:
        """The same relation with A and B exchanged."""
        return _SWAPPED.get(self, self)


_SWAPPED = {Relation.A_IMPLIES_B: Relation.B_IMPLIES_A, Relation.B_IMPLIES_A: Relation.A_IMPLIES_B}


class TextField(StrEnum):
    """Which text of a market a quotation comes from."""

    QUESTION = "question"
    RULES = "rules"
    OUTCOMES = "outcomes"
    """Labels joined by `` / ``."""
    EVENT = "event"
    """The title of the market's event."""
    CLOSES_AT = "closes_at"
    """The close time in ISO format; the venue's own field, not prose."""


class Quotation(Struct, frozen=True, kw_only=True):
    """Words of a market, and where they stand.

    Attributes:
        start, end: Character positions within the field, end exclusive, so that a page can mark them.
        text: ``field[start:end]``, as the venue wrote it.
    """

    field: TextField
    start: int
    end: int
    text: str


class Finding(StrEnum):
    """What comparing one clause of two texts gave."""

    SAME = "same"
    DIFFERENT = "different"
    """A hard difference: no reader may overrule it."""
    OPPOSITE = "opposite"
    """The same clause, denied."""
    A_NARROWER = "a_narrower"
    """Whatever meets A's clause meets B's."""
    B_NARROWER = "b_narrower"
    DISJOINT = "disjoint"
    """Nothing meets both."""
    UNKNOWN = "unknown"
    """At least one text is silent."""


class Clause(Struct, frozen=True, kw_only=True):
    """One point on which two texts were compared.

    Attributes:
        name: The slot compared: ``subject``, ``threshold``, ``window``, ``source``, ...
        note: One sentence for a person; in our words, safe to show once escaped.
        a, b: The words that decided it, empty where a text is silent.
    """

    name: str
    finding: Finding
    note: str = ""
    a: tuple[Quotation, ...] = ()
    b: tuple[Quotation, ...] = ()


class Verdict(Struct, frozen=True, kw_only=True):
    """What two texts say about each other.

    Attributes:
        confidence: In [0, 1]: how often verdicts decided like this one were right on labelled pairs.
        clauses: Everything compared, those that decided first.
        reader: Who decided: ``slots``, or ``slots+<model>`` when a language model read along.
    """

    relation: Relation
    confidence: float
    clauses: tuple[Clause, ...] = ()
    reader: str = "slots"
