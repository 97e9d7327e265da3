"""Wilson's interval as Newcombe published it, and central intervals of draws."""

from __future__ import annotations

import pytest

from edgeworth.probability.intervals import Interval, central, wilson


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_four_examples_of_newcombe_1998(hits, count, low, high):
    """Statistics in Medicine 17, table I, method 3: the score method without continuity correction."""
    found = wilson(hits / count, count)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_all_hits_mirror_no_hits():
    none, all_hits = wilson(0.0, 20), wilson(1.0, 20)
    assert all_hits.high == 1.0
    assert all_hits.low == pytest.approx(1.0 - none.high)


def test_a_central_interval_leaves_out_as_many_draws_below_as_above():
    assert central(list(range(101)), 0.90) == pytest.approx((5.0, 95.0))


@pytest.mark.parametrize("bad", [(-0.1, 10, 0.9), (1.1, 10, 0.9), (0.5, 0, 0.9), (0.5, 10, 1.0)])
def test_wilson_refuses_what_is_no_share_of_a_count(bad):
    with pytest.raises(ValueError, match="expected a share"):
        wilson(*bad)


def test_an_interval_knows_what_lies_in_it():
    assert 0.5 in Interval(0.5, 0.6)
    assert 0.7 not in Interval(0.5, 0.6)
    assert Interval(0.5, 0.75).width == 0.25


def test_no_draws_have_no_interval():
    with pytest.raises(ValueError, match="expected draws"):
        central([])
