"""What recall proposes: candidates of two channels, under structural filters."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from msgspec.structs import replace

from edgeworth.discovery.lexical import LexicalSimilarity
from edgeworth.discovery.neighbours import Candidate, propose
from edgeworth.discovery.ports import VectorTable
from edgeworth.discovery.structure import MarketTraits, StructuralFilters, traits_of
from tests.builders import NOON, a_market

A = MarketTraits(market_id="a", venue="polymarket", closes_at=NOON)
B = MarketTraits(market_id="b", venue="kalshi", closes_at=NOON)


def table(**vectors) -> VectorTable:
    rows = np.array([vectors[name] for name in sorted(vectors)], dtype=np.float32)
    return VectorTable(market_ids=sorted(vectors), vectors=rows)


NEAR = table(a=[1, 0], b=[0.6, 0.8])


def cosines(one: MarketTraits, other: MarketTraits, **filters) -> list[Candidate]:
    return propose(
        [one, other],
        vectors=NEAR,
        lexical=None,
        filters=StructuralFilters(**filters),
        similarity_floor=0.5,
    )


def test_a_pair_is_proposed_once_with_the_cosine_of_its_vectors():
    [found] = cosines(B, A)
    assert (found.market_a, found.market_b, found.lexical) == ("a", "b", None)
    assert found.cosine == pytest.approx(0.6)


@pytest.mark.parametrize(
    "change",
    [
        {"outcome_count": 3},
        {"category": "sports"},
        {"closes_at": NOON + timedelta(days=90, seconds=1)},
        {"event_id": "e"},
    ],
)
def test_each_filter_keeps_two_markets_apart(change):
    one = replace(A, category="crypto", event_id="e")
    assert cosines(one, replace(B, **change)) == []


@pytest.mark.parametrize(
    ("filters", "change"),
    [
        ({"same_outcome_count": False}, {"outcome_count": 3}),
        ({"same_category": False}, {"category": "sports"}),
        ({"close_within_days": None}, {"closes_at": NOON + timedelta(days=700)}),
        ({"close_within_days": 30.0}, {"closes_at": NOON + timedelta(days=29)}),
        ({"same_event_allowed": True}, {"event_id": "e"}),
    ],
)
def test_each_filter_can_be_switched_off(filters, change):
    one = replace(A, category="crypto", event_id="e")
    assert len(cosines(one, replace(B, **change), **filters)) == 1


@pytest.mark.parametrize("unknown", [{"category": None}, {"closes_at": None}, {"event_id": None}])
def test_what_is_not_known_keeps_nothing_apart(unknown):
    known = replace(A, category="crypto", event_id="e")
    assert len(cosines(known, replace(B, **unknown))) == 1
    assert len(cosines(replace(A, **unknown), replace(B, category="crypto"))) == 1


def test_beyond_the_window_only_the_nearest_few_are_proposed():
    """Venues date one bet differently; a week out each market proposes ten, three months out only its best two."""
    later = [replace(B, market_id=f"b{number}", closes_at=NOON + timedelta(days=60)) for number in range(4)]
    vectors = table(a=[1, 0], b0=[0.6, 0.8], b1=[0.8, 0.6], b2=[0.96, 0.28], b3=[0.28, 0.96])
    rules = StructuralFilters(other_venue_only=True, far_per_market=1)
    found = propose([A, *later], vectors=vectors, lexical=None, filters=rules, similarity_floor=0.5)
    # a proposes b2 alone; b0, b1 and b2 each propose a, their only neighbour at another venue; b3 is under the floor.
    assert [one.market_b for one in found] == ["b0", "b1", "b2"]
    asked = propose([A, *later], vectors=vectors, lexical=None, filters=rules, similarity_floor=0.5, changed={"a"})
    assert [one.market_b for one in asked] == ["b2"]
    assert cosines(A, replace(B, closes_at=NOON + timedelta(days=8)), far_within_days=None) == []


def test_exactly_seven_days_are_within_seven_days():
    for days, expected in ((timedelta(days=7), 1), (timedelta(days=7, seconds=1), 0)):
        assert len(cosines(A, replace(B, closes_at=NOON + days), far_within_days=None)) == expected


def test_other_venues_only_when_asked():
    same_venue = replace(B, venue="polymarket")
    assert len(cosines(A, same_venue)) == 1
    assert cosines(A, same_venue, other_venue_only=True) == []
    assert len(cosines(A, B, other_venue_only=True)) == 1


def test_under_the_floor_nothing_is_proposed():
    found = propose([A, B], vectors=NEAR, lexical=None, filters=StructuralFilters(), similarity_floor=0.61)
    assert found == []


def test_channels_are_put_together_and_say_which_of_them_proposed():
    texts = ["Will Zelenskyy visit Ankara?", "Will Zelenskyy visit Ankara?", "Bitcoin above 100k?"]
    traits = [A, B, replace(B, market_id="c")]
    found = propose(
        traits,
        vectors=table(a=[1, 0], b=[0, 1], c=[1, 0]),
        lexical=LexicalSimilarity(texts),
        filters=StructuralFilters(),
        similarity_floor=0.5,
    )
    by_words, by_vectors = found
    assert (by_words.market_a, by_words.market_b, by_words.cosine) == ("a", "b", None)
    assert by_words.lexical == pytest.approx(1.0)
    assert by_vectors == Candidate(market_a="a", market_b="c", cosine=1.0)


def test_a_market_without_a_vector_still_meets_others_by_its_words():
    texts = ["Will it rain in Oslo?", "Will it rain in Oslo?"]
    found = propose(
        [A, B],
        vectors=table(a=[1, 0]),
        lexical=LexicalSimilarity(texts),
        filters=StructuralFilters(),
        similarity_floor=0.5,
    )
    assert [(one.market_a, one.market_b, one.cosine) for one in found] == [("a", "b", None)]


def test_only_the_neighbours_of_what_changed():
    traits = [replace(A, market_id=name) for name in "abc"]
    vectors = table(a=[1, 0], b=[1, 0], c=[1, 0])
    found = propose(
        traits, vectors=vectors, lexical=None, filters=StructuralFilters(), similarity_floor=0.5, changed={"b"}
    )
    assert [(one.market_a, one.market_b) for one in found] == [("a", "b"), ("b", "c")]


def test_each_market_proposes_its_nearest_only():
    vectors = table(a=[1, 0], b=[0.8, 0.6], c=[0.96, 0.28])
    traits = [replace(A, market_id=name) for name in "abc"]
    found = propose(
        traits,
        vectors=vectors,
        lexical=None,
        filters=StructuralFilters(far_within_days=None),
        similarity_floor=0.5,
        per_market=1,
    )
    # a's nearest is c (0.96), b's is c (0.768 + 0.168 = 0.936), c's is a.
    assert [(one.market_a, one.market_b) for one in found] == [("a", "c"), ("b", "c")]


@pytest.mark.parametrize("traits", [[], [A]])
def test_none_or_one_market_has_no_neighbours(traits):
    found = propose(
        traits,
        vectors=NEAR,
        lexical=LexicalSimilarity(["text"] * len(traits)),
        filters=StructuralFilters(),
        similarity_floor=0.5,
    )
    assert found == []


def test_the_traits_of_a_market_are_its_own():
    market = a_market()
    traits = traits_of(market)
    assert traits.market_id == market.market_id
    assert traits.venue == market.venue.value
    assert traits.closes_at == market.closes_at
    assert traits_of(replace(market, outcomes=())).outcome_count == 2


class TestWords:
    def test_equal_texts_have_one_and_strangers_nothing(self):
        similarity = LexicalSimilarity(["Rain in Oslo", "Rain in Oslo", "Euro jump"])
        block = similarity.block(np.arange(3), np.arange(3))
        assert block[0, 1] == pytest.approx(1.0)
        assert block[0, 2] == 0.0

    def test_the_number_tells_more_than_the_template(self):
        texts = [f"Will Bitcoin close above ${price}k on Friday?" for price in (90, 95, 100, 105, 110)]
        similarity = LexicalSimilarity([*texts, "Bitcoin above 100k on Friday"])
        scores = similarity.block(np.array([5]), np.arange(5))[0]
        assert scores.argmax() == 2

    @pytest.mark.parametrize("texts", [[], [""], ["", ""], ["!?", "--"], ["\ud800", "a"], ["x" * 100_000, "x"]])
    def test_texts_without_words_are_no_neighbours_and_no_error(self, texts):
        similarity = LexicalSimilarity(texts)
        rows = np.arange(len(texts))
        scores = similarity.exact(rows, rows[::-1])
        assert np.isfinite(scores).all()
