"""What a second reader may and may not change in a verdict."""

from __future__ import annotations

import pytest

from edgeworth.discovery.second_reader import with_second_reading
from edgeworth.discovery.second_reading import SecondReading
from edgeworth.markets.relation import Clause, Finding, Quotation, Relation, TextField, Verdict
from edgeworth.units import UsdMicros


def quote(text: str) -> tuple[Quotation, ...]:
    return (Quotation(field=TextField.QUESTION, start=0, end=len(text), text=text),)


def clause(name: str, finding: Finding, *, a: str = "words", b: str = "words") -> Clause:
    return Clause(name=name, finding=finding, a=quote(a) if a else (), b=quote(b) if b else ())


def first(relation: Relation, *clauses: Clause) -> Verdict:
    return Verdict(relation=relation, confidence=0.9, clauses=clauses)


def second(relation: Relation, *clauses: Clause, problem: str | None = None) -> SecondReading:
    return SecondReading(
        relation=relation, clauses=clauses, unfound=0, reader="some/model", prompt_id="v1", problem=problem,
        input_tokens=1, output_tokens=1, cost=UsdMicros(0),
    )  # fmt: skip


SUBJECT = clause("subject", Finding.SAME)
OPEN = clause("subject", Finding.UNKNOWN)


def test_it_fills_an_abstention_with_what_both_texts_say():
    """An open subject, answered with words of both texts: filled, with less trust, and it is said who read."""
    merged = with_second_reading(first(Relation.UNDETERMINED, OPEN), second(Relation.EQUIVALENT, SUBJECT))
    assert (merged.relation, merged.reader) == (Relation.EQUIVALENT, "slots+some/model")
    assert merged.confidence <= 0.75


@pytest.mark.parametrize(
    "ours",
    [
        [OPEN, clause("threshold", Finding.DIFFERENT)],
        [OPEN, clause("window", Finding.DISJOINT)],
        [OPEN, clause("window", Finding.UNKNOWN)],
        [OPEN, clause("tie", Finding.UNKNOWN)],
        [OPEN, clause("polarity", Finding.OPPOSITE)],
        [OPEN, clause("polarity", Finding.UNKNOWN)],
    ],
)
def test_it_makes_no_same_bet_over_a_difference_a_silence_or_a_denial(ours):
    """Its word for "equivalent" about the subject answers no other slot."""
    verdict = first(Relation.UNDETERMINED, *ours)
    assert with_second_reading(verdict, second(Relation.EQUIVALENT, SUBJECT)) == verdict


def test_without_words_of_both_texts_it_changes_nothing():
    """Also when it gave no answer at all."""
    verdict = first(Relation.UNDETERMINED, OPEN)
    assert (
        with_second_reading(verdict, second(Relation.EQUIVALENT, clause("subject", Finding.UNKNOWN, b=""))) == verdict
    )
    assert with_second_reading(verdict, second(Relation.EQUIVALENT, SUBJECT, problem="cut off")) == verdict


def test_it_lowers_the_same_bet_with_a_difference_it_can_show():
    """And to an abstention where it can show none."""
    verdict = first(Relation.EQUIVALENT, SUBJECT)
    shown = second(Relation.RELATED, clause("source", Finding.DIFFERENT, a="AP", b="Reuters"))
    assert with_second_reading(verdict, shown).relation is Relation.RELATED
    assert with_second_reading(verdict, second(Relation.RELATED, SUBJECT)).relation is Relation.UNDETERMINED


def test_it_never_turns_an_inverse_into_an_equivalent():
    """Nor the other way: two readers who differ on the side abstain."""
    for ours, theirs in ((Relation.INVERSE, Relation.EQUIVALENT), (Relation.EQUIVALENT, Relation.INVERSE)):
        assert with_second_reading(first(ours, SUBJECT), second(theirs, SUBJECT)).relation is Relation.UNDETERMINED


@pytest.mark.parametrize("relation", [Relation.RELATED, Relation.UNRELATED, Relation.EXCLUSIVE, Relation.A_IMPLIES_B])
def test_it_raises_nothing_that_was_decided(relation):
    """What the slots decided against stays decided."""
    verdict = first(relation, clause("threshold", Finding.DIFFERENT))
    assert with_second_reading(verdict, second(Relation.EQUIVALENT, SUBJECT)) == verdict


def test_an_inverse_needs_a_denial_shown():
    """By either reader."""
    verdict = first(Relation.UNDETERMINED, OPEN)
    bare = second(Relation.INVERSE, SUBJECT)
    assert with_second_reading(verdict, bare) == verdict
    shown = second(Relation.INVERSE, SUBJECT, clause("polarity", Finding.OPPOSITE))
    assert with_second_reading(verdict, shown).relation is Relation.INVERSE
