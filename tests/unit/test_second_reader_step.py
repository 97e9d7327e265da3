"""A language model reads some pairs again: what it changes is told, what it said is not asked again, an end keeps the rest."""

from __future__ import annotations

import pytest

from edgeworth.discovery.texts import QuestionText
from edgeworth.errors import RetriableSourceError
from edgeworth.markets.relation import Clause, Finding, Relation
from tasks.discovery.second_reader import _Read, read_matches, reread
from tests.findings import a_match, a_verdict
from tests.scripted import ScriptedModel

pytestmark = pytest.mark.anyio

TEXTS = {
    "kalshi:A": QuestionText(question="Will it rain in Oslo on 2 November?"),
    "polymarket:B": QuestionText(question="Will it rain in Bergen on 2 November?"),
}


def answer(relation: str, finding: str, a: str = "Oslo", b: str = "Bergen") -> dict:
    return {
        "points": [{"name": "place", "from_a": a, "from_b": b, "finding": finding}],
        "relation": relation,
    }


def the_match(**changes):
    return a_match("kalshi:A", "polymarket:B", **changes)


async def read_with(*answers, matches=None) -> _Read:
    read = _Read()
    await read_matches(matches or [the_match()], TEXTS, ScriptedModel(*answers), read)
    return read


async def test_a_difference_that_it_quotes_lowers_the_same_bet():
    read = await read_with(answer("unrelated", "different"))
    (found,) = read.matches
    assert not found.verdict.relation.is_same_bet
    assert found.verdict.reader == "slots+scripted/model"
    assert read.shifts == {"equivalent": -1, found.verdict.relation.value: 1}
    assert str(read) == "1 pairs read, 1 verdicts changed; 110 tokens for $0.0010"


async def test_agreement_changes_nothing_but_is_remembered():
    read = await read_with(answer("equivalent", "same", "rain in", "rain in"))
    (found,) = read.matches
    assert (found.verdict.relation, found.verdict.confidence) == (Relation.EQUIVALENT, 0.97)
    assert found.verdict.reader == "slots+scripted/model"
    assert (read.changed, read.shifts) == (0, {})


async def test_words_that_do_not_occur_change_nothing():
    read = await read_with(answer("unrelated", "different", "Trondheim", "Paris"))
    assert read.matches[0].verdict.relation is Relation.EQUIVALENT


async def test_what_was_read_before_the_service_failed_is_kept():
    read = _Read()
    model = ScriptedModel(answer("unrelated", "different"), RetriableSourceError("no answer"))
    with pytest.raises(RetriableSourceError):
        await read_matches([the_match(), the_match()], TEXTS, model, read)
    assert len(read.matches) == 1
    assert read.tokens == 110


def test_a_verdict_of_both_stands_while_our_own_part_of_it_is_the_same():
    ours = a_verdict()
    added = Clause(name="place", finding=Finding.DIFFERENT)
    both = a_verdict(Relation.RELATED, reader="slots+scripted/model", clauses=(added, *ours.clauses))
    first = the_match(verdict=ours)
    assert reread(first, the_match(verdict=both)).verdict == both
    assert reread(first, None) == first
    assert reread(first, the_match(verdict=ours)) == first
    changed = the_match(verdict=a_verdict(clauses=(Clause(name="window", finding=Finding.UNKNOWN),)))
    assert reread(changed, the_match(verdict=both)) == changed
