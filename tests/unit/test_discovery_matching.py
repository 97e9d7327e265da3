"""Joining the stages of discovery: candidates become matches, matches become edges, markets fall into pieces."""

from __future__ import annotations

import pytest

from edgeworth.discovery.matching import (
    MOST_RUNGS,
    Listed,
    compared,
    edge_of,
    essential,
    ladder_of,
    pairs_within,
    pieces,
)
from edgeworth.discovery.neighbours import Candidate
from edgeworth.discovery.opportunities.snapshot import LadderKind
from edgeworth.discovery.reading import QuestionReading, read_question
from edgeworth.discovery.texts import QuestionText
from edgeworth.markets.relation import Clause, Finding, Relation, Verdict
from tests.builders import a_market, an_event
from tests.findings import a_match, a_verdict


def test_each_candidate_is_decided_in_the_order_of_its_ids_and_keeps_what_proposed_it():
    markets = {
        "kalshi:A": Listed(reading=read_question(QuestionText(question="a?")), price=520_000),
        "kalshi:B": Listed(reading=read_question(QuestionText(question="b?"))),
    }
    asked = []

    def decide(a: QuestionReading, b: QuestionReading) -> Verdict:
        asked.append((a.text.question, b.text.question))
        return a_verdict()

    candidates = [
        Candidate(market_a="kalshi:A", market_b="kalshi:B", cosine=0.75),
        Candidate(market_a="kalshi:A", market_b="kalshi:B", lexical=0.5),
    ]
    by_vector, by_words = compared(candidates, markets, decide, space_id="words-64")
    assert asked == [("a?", "b?")] * 2
    assert (by_vector.similarity, by_vector.lexical, by_vector.space_id) == (0.75, None, "words-64")
    assert (by_words.similarity, by_words.lexical, by_words.space_id) == (None, 0.5, None)
    assert (by_vector.price_a, by_vector.price_b) == (520_000, None)


def test_of_merely_related_markets_only_what_sets_them_apart_is_kept():
    clauses = tuple(
        Clause(name=finding.value, finding=finding)
        for finding in (Finding.DIFFERENT, Finding.A_NARROWER, Finding.UNKNOWN, Finding.SAME)
    )
    related = essential(a_match(verdict=a_verdict(Relation.RELATED, clauses=clauses)))
    assert [clause.name for clause in related.verdict.clauses] == ["different", "a_narrower"]
    bound = a_match(verdict=a_verdict(Relation.A_IMPLIES_B, clauses=clauses))
    assert essential(bound) == bound


@pytest.mark.parametrize("relation", [Relation.RELATED, Relation.UNRELATED, Relation.UNDETERMINED])
def test_from_a_verdict_without_consequence_nothing_follows(relation):
    assert edge_of(a_match(verdict=a_verdict(relation))) is None


def test_an_edge_names_its_evidence():
    edge = edge_of(a_match("kalshi:A", "kalshi:B", verdict=a_verdict(Relation.INVERSE, confidence=0.9)))
    assert (edge.market_a, edge.market_b, edge.relation, edge.confidence) == (
        "kalshi:A",
        "kalshi:B",
        Relation.INVERSE,
        0.9,
    )
    assert edge.evidence_id == "kalshi:A|kalshi:B"


@pytest.mark.parametrize(
    ("relation", "narrower", "kind"),
    [
        (Relation.A_IMPLIES_B, ["threshold"], LadderKind.THRESHOLD),
        (Relation.B_IMPLIES_A, ["window"], LadderKind.DATE),
        (Relation.B_IMPLIES_A, ["window", "rules: window"], LadderKind.DATE),
        (Relation.A_IMPLIES_B, ["threshold", "window"], None),
        (Relation.A_IMPLIES_B, ["scope"], None),
        (Relation.EQUIVALENT, ["window"], None),
    ],
)
def test_two_rungs_differ_in_one_clause_alone(relation, narrower, kind):
    clauses = tuple(Clause(name=name, finding=Finding.A_NARROWER) for name in narrower)
    same = Clause(name="subject", finding=Finding.SAME)
    assert ladder_of(a_verdict(relation, clauses=(same, *clauses))) is kind


def test_members_of_an_event_are_compared_each_with_each():
    members = [a_market(name) for name in ("c", "a", "b")]
    pairs = [(a.native_id, b.native_id) for a, b in pairs_within(an_event(), members)]
    assert pairs == [("a", "b"), ("a", "c"), ("b", "c")]


@pytest.mark.parametrize("stated", [{"is_neg_risk": True}, {"is_mutually_exclusive": True}])
def test_members_that_the_venue_calls_exclusive_are_not(stated):
    assert list(pairs_within(an_event(**stated), [a_market("a"), a_market("b")])) == []


def test_the_pairs_of_a_large_event_grow_with_its_members_and_not_with_their_square():
    members = [a_market(f"{number:05d}") for number in range(1_000)]
    assert len(list(pairs_within(an_event(), members))) < 1_000 * MOST_RUNGS


def test_markets_hang_together_by_event_and_by_link():
    events = {"a1": "a", "a2": "a", "b1": "b", "c1": None, "d1": None}
    links = [("a2", "b1"), ("d1", "unknown")]
    assert pieces(events, links, size=1) == [["a1", "a2", "b1"], ["c1"], ["d1"]]
    assert pieces(events, links, size=4) == [["a1", "a2", "b1", "c1"], ["d1"]]
    assert pieces(events, links, size=1, around=["b1"]) == [["a1", "a2", "b1"]]
    assert pieces({}, [], size=10) == []
