"""Vectors on both databases: what was saved comes back to the bit, replaced when the text changed."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from edgeworth.adapters.storage.database import SqlEmbeddings
from edgeworth.discovery.ports import EmbeddingRow, EmbeddingSpace
from edgeworth.errors import DataError
from tests.builders import NOON

SPACE = EmbeddingSpace(space_id="words-4", model="words", dimensions=4, similarity_floor=0.6)
OTHER = EmbeddingSpace(space_id="words-2", model="words", dimensions=2, similarity_floor=0.6)


@pytest.fixture
def vectors(engine) -> SqlEmbeddings:
    return SqlEmbeddings(engine)


def row(market_id: str, *numbers: float, signature: str = "s1") -> EmbeddingRow:
    return EmbeddingRow(market_id=market_id, signature=signature, vector=np.array(numbers, np.float32))


def test_vectors_come_back_to_the_bit_in_the_order_of_their_ids(vectors):
    smallest = float(np.finfo(np.float32).tiny)
    vectors.save(SPACE, [row("b", 0.1, -0.2, 1e-30, smallest), row("a", 1, 0, 0, 0)], NOON)
    table = vectors.load(SPACE.space_id)
    assert list(table.market_ids) == ["a", "b"]
    assert table.vectors.dtype == np.float32
    assert table.vectors.tobytes() == np.array([[1, 0, 0, 0], [0.1, -0.2, 1e-30, smallest]], np.float32).tobytes()


def test_only_what_is_asked_for_comes_back_and_what_is_unknown_is_left_out(vectors):
    vectors.save(SPACE, [row(name, 1, 0, 0, 0) for name in "abcd"], NOON)
    assert list(vectors.load(SPACE.space_id, ["d", "nobody", "b", "d"]).market_ids) == ["b", "d"]
    assert vectors.load(SPACE.space_id, []).vectors.shape == (0, 0)


def test_an_empty_space_is_an_empty_table(vectors):
    table = vectors.load("nothing")
    assert (list(table.market_ids), table.vectors.shape) == ([], (0, 0))
    assert vectors.signatures("nothing") == {}


def test_spaces_do_not_mix(vectors):
    vectors.save(SPACE, [row("a", 1, 0, 0, 0)], NOON)
    vectors.save(OTHER, [row("a", 0, 1, signature="s2")], NOON)
    assert vectors.load(OTHER.space_id).vectors.tolist() == [[0, 1]]
    assert vectors.signatures(SPACE.space_id) == {"a": "s1"}


def test_a_changed_text_replaces_the_vector(vectors):
    vectors.save(SPACE, [row("a", 1, 0, 0, 0), row("b", 0, 1, 0, 0)], NOON)
    vectors.save(SPACE, [row("a", 0, 0, 1, 0, signature="s2")], NOON + timedelta(hours=1))
    assert vectors.signatures(SPACE.space_id) == {"a": "s2", "b": "s1"}
    assert vectors.load(SPACE.space_id).vectors.tolist() == [[0, 0, 1, 0], [0, 1, 0, 0]]


def test_a_batch_with_a_vector_of_another_length_is_not_stored_at_all(vectors):
    with pytest.raises(DataError, match="expected a vector of 4 numbers for words, found shape"):
        vectors.save(SPACE, [row("a", 1, 0, 0, 0), row("b", 1, 0)], NOON)
    assert vectors.signatures(SPACE.space_id) == {}


def test_many_more_markets_than_a_statement_has_parameters(vectors):
    ids = [f"m{number:06d}" for number in range(70_000)]
    vectors.save(OTHER, [row(one, 0, 1) for one in ids], NOON)
    assert len(vectors.load(OTHER.space_id, ids).market_ids) == 70_000
