"""The cut search finds exactly what comparing everything with everything finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.discovery import nearest as search
from edgeworth.discovery import similarity, structure
from edgeworth.discovery.nearest import nearest
from edgeworth.discovery.similarity import Cosines
from edgeworth.discovery.structure import MarketTraits, StructuralFilters, Structure

DAY_ZERO = datetime(2026, 1, 1, tzinfo=UTC)

traits = st.builds(
    MarketTraits,
    market_id=st.integers(0, 10**6).map("m{:07}".format),
    venue=st.sampled_from(["polymarket", "kalshi"]),
    outcome_count=st.sampled_from([2, 2, 3]),
    category=st.sampled_from([None, "sports", "crypto"]),
    event_id=st.sampled_from([None, "e1", "e2", "e3"]),
    closes_at=st.none() | st.integers(0, 40).map(lambda half_days: DAY_ZERO + timedelta(days=half_days / 2)),
)
catalogues = st.lists(traits, max_size=60, unique_by=lambda one: one.market_id)
filters = st.builds(
    StructuralFilters,
    same_outcome_count=st.booleans(),
    same_category=st.booleans(),
    close_within_days=st.sampled_from([None, 0.0, 3.0, 7.0]),
    other_venue_only=st.booleans(),
    same_event_allowed=st.booleans(),
)


def vectors(count: int, seed: int) -> np.ndarray:
    """Few directions, so that many similarities are exactly tied."""
    rows = np.random.default_rng(seed).integers(-1, 2, size=(count, 4)).astype(np.float64)
    rows[~rows.any(axis=1)] = 1.0
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def allowed(a: MarketTraits, b: MarketTraits, rules: StructuralFilters) -> bool:
    """The filters, read off their description."""
    known = {name for name in ("category", "event_id", "closes_at") if None not in {getattr(a, name), getattr(b, name)}}
    too_far = rules.close_within_days is not None and (
        "closes_at" in known and abs(a.closes_at - b.closes_at) > timedelta(days=rules.close_within_days)
    )
    apart = [
        a.market_id == b.market_id,
        rules.same_outcome_count and a.outcome_count != b.outcome_count,
        rules.same_category and "category" in known and a.category != b.category,
        rules.other_venue_only and a.venue == b.venue,
        not rules.same_event_allowed and "event_id" in known and a.event_id == b.event_id,
        too_far,
    ]
    return not any(apart)


def by_brute_force(markets, rows, rules, k, floor):
    """For each market the ids of its neighbours: every pair compared, in exact arithmetic of the same vectors."""
    found = {}
    for a, one in enumerate(markets):
        scores = {}
        for b, other in enumerate(markets):
            score = float((rows[a].astype(np.float64) * rows[b]).sum())
            if a != b and score >= floor and allowed(one, other, rules):
                scores[other.market_id] = score
        found[one.market_id] = sorted(scores, key=lambda market_id: (-scores[market_id], market_id))[:k]
    return found


def by_search(markets, rows, rules, k, floor, queries=None):
    run = nearest(Cosines(rows), Structure(markets, rules), k=k, floor=floor, queries=queries)
    asked = range(len(markets)) if queries is None else queries
    found = {markets[row].market_id: [] for row in asked}
    for row, column in zip(run.rows, run.columns, strict=True):
        found[markets[row].market_id].append(markets[column].market_id)
    return found


@pytest.fixture(params=[(1024, 2048), (4, 7), (1, 1)], ids=["one block", "small blocks", "blocks of one"])
def _blocks(request, monkeypatch):
    for module in (similarity, structure):
        monkeypatch.setattr(module, "ROW_BLOCK", request.param[0])
    monkeypatch.setattr(search, "COLUMN_BLOCK", request.param[1])


@cache
def many_markets(seed: int, days: float | None):
    """Markets with their vectors and filters, and the neighbours that comparing every pair finds."""
    generator = np.random.default_rng(seed)
    markets = [
        MarketTraits(
            market_id=f"m{generator.integers(10**9):010}",
            venue="pk"[generator.integers(2)],
            category=[None, "sports", "crypto"][generator.integers(3)],
            event_id=f"e{generator.integers(40)}",
            closes_at=None if generator.integers(9) == 0 else DAY_ZERO + timedelta(days=int(generator.integers(60))),
        )
        for _ in range(120)
    ]
    rows, rules = vectors(len(markets), seed), StructuralFilters(close_within_days=days)
    return markets, rows, rules, by_brute_force(markets, rows, rules, 5, 0.1)


class TestSelfJoin:
    @given(catalogues, filters, st.integers(1, 12), st.sampled_from([-1.0, 0.0, 0.5]), st.integers(0, 9))
    def test_it_agrees_with_comparing_every_pair(self, markets, rules, k, floor, seed):
        rows = vectors(len(markets), seed)
        assert by_search(markets, rows, rules, k, floor) == by_brute_force(markets, rows, rules, k, floor)

    @pytest.mark.usefixtures("_blocks")
    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("days", [None, 1.0, 7.0])
    def test_it_agrees_whatever_the_size_of_the_blocks(self, seed, days):
        markets, rows, rules, expected = many_markets(seed, days)
        assert by_search(markets, rows, rules, 5, 0.1) == expected


@given(catalogues, filters, st.integers(0, 9), st.data())
def test_asking_for_some_gives_what_asking_for_all_gives_them(markets, rules, seed, data):
    rows = vectors(len(markets), seed)
    some = data.draw(st.lists(st.sampled_from(range(len(markets))), unique=True)) if markets else []
    everything = by_search(markets, rows, rules, 5, 0.0)
    found = by_search(markets, rows, rules, 5, 0.0, queries=np.array(some, dtype=np.int64))
    assert found == {markets[row].market_id: everything[markets[row].market_id] for row in some}


@given(catalogues, filters, st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_order_of_the_markets_does_not_matter(markets, rules, seed, random):
    rows = vectors(len(markets), seed)
    order = list(range(len(markets)))
    random.shuffle(order)
    shuffled = by_search([markets[row] for row in order], rows[order], rules, 4, 0.0)
    assert shuffled == by_search(markets, rows, rules, 4, 0.0)


def test_many_equal_vectors_are_told_apart_by_their_ids_alone():
    """A thousand markets with one text: the neighbours are those with the least ids, and memory stays bounded."""
    markets = [MarketTraits(market_id=f"m{number:04}", venue="p") for number in reversed(range(1000))]
    rows = np.tile(vectors(1, 0), (1000, 1))
    found = by_search(markets, rows, StructuralFilters(), 3, 0.5)
    assert found["m0500"] == ["m0000", "m0001", "m0002"]
    assert found["m0001"] == ["m0000", "m0002", "m0003"]
