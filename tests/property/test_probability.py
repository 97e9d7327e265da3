"""Whatever the prices: probabilities lie in [0, 1], sum to one, and keep the order of the prices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edgeworth.probability.devig import Devig, devig
from edgeworth.probability.intervals import wilson
from edgeworth.probability.log_odds import chance, log_odds
from edgeworth.probability.scoring import brier_parts

price = st.floats(0.001, 0.999)
books = st.lists(price, min_size=2, max_size=12)


@pytest.mark.parametrize("method", list(Devig))
@given(books)
def test_devigged_prices_are_probabilities_in_the_order_of_the_prices(method, book):
    assume(method is not Devig.SHIN or sum(book) >= 1.0)
    found = devig(book, method)
    assert found.sum() == pytest.approx(1.0, abs=1e-9)
    assert ((found >= 0) & (found <= 1)).all()
    order = np.argsort(book)
    assert (np.diff(found[order]) >= -1e-9).all()


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0.5, 0.999))
def test_wilson_holds_the_share_and_stays_a_probability(hits, more, confidence):
    count = hits + more
    found = wilson(hits / count, count, confidence)
    assert 0.0 <= found.low <= hits / count + 1e-12
    assert hits / count - 1e-12 <= found.high <= 1.0


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=80), st.integers(1, 10))
def test_the_parts_of_brier_always_add_up(pairs, bins):
    p, y = zip(*pairs, strict=True)
    for parts in (brier_parts(p, y), brier_parts(p, y, bins)):
        total = parts.reliability - parts.resolution + parts.uncertainty + parts.within
        assert total == pytest.approx(parts.score, abs=1e-12)


@given(st.floats(1e-5, 1 - 1e-5))
def test_log_odds_are_undone_by_chance(p):
    assert float(chance(log_odds(p))) == pytest.approx(p, rel=1e-9)
