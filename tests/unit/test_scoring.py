"""Scores worked by hand, their decomposition, and what a difference of scores is worth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edgeworth.probability.log_odds import chance, log_odds, pool
from edgeworth.probability.resampling import paired_bootstrap
from edgeworth.probability.scoring import (
    brier_parts,
    brier_score,
    calibration_bins,
    calibration_error,
    log_score,
    skill,
)


def test_brier_by_hand():
    """(0.9 - 1)**2 = 0.01 and (0.4 - 0)**2 = 0.16; their mean is 0.085. Always 0.5 earns 0.25."""
    assert brier_score([0.9, 0.4], [1, 0]) == pytest.approx(0.085)
    assert brier_score([0.5, 0.5], [1, 0]) == 0.25


def test_log_score_by_hand_and_clipped():
    assert log_score([0.25], [1]) == pytest.approx(math.log(4))
    assert log_score([0.0], [1], clip=0.01) == pytest.approx(math.log(100))
    assert log_score([1.0], [1], clip=0.01) == pytest.approx(-math.log(0.99))


def test_murphy_by_hand():
    """Four forecasts of 0.8 of which three come true, four of 0.2 of which none does.

    Base rate 3/8. Reliability (0.05**2 + 0.2**2) / 2, resolution (0.375**2 + 0.375**2) / 2, uncertainty 15/64.
    """
    parts = brier_parts([0.8] * 4 + [0.2] * 4, [1, 1, 1, 0, 0, 0, 0, 0])
    assert parts.reliability == pytest.approx(0.02125)
    assert parts.resolution == pytest.approx(0.140625)
    assert parts.uncertainty == pytest.approx(15 / 64)
    assert parts.within == pytest.approx(0.0, abs=1e-15)
    assert parts.score == pytest.approx((3 * 0.04 + 0.64 + 4 * 0.04) / 8)


def test_bins_hold_equally_many_and_never_fewer_than_ten():
    p = np.linspace(0.01, 0.99, 25)
    bins = calibration_bins(p, (p > 0.5).astype(float), bins=10)
    assert [one.count for one in bins] == [13, 12]


def test_calibration_error_by_hand():
    """Ten forecasts of 0.3 of which five come true, ten of 0.9 of which all do: 0.2 and 0.1 off."""
    p = [0.3] * 10 + [0.9] * 10
    y = [1] * 5 + [0] * 5 + [1] * 10
    assert calibration_error(p, y, bins=2) == pytest.approx(0.15)


def test_skill_is_the_share_of_the_reference_that_is_saved():
    assert skill(0.2, 0.25) == pytest.approx(0.2)
    with pytest.raises(ValueError, match="above 0"):
        skill(0.2, 0.0)


@pytest.mark.parametrize(
    ("p", "y", "match"),
    [
        ([], [], "at least one"),
        ([0.5], [1, 0], "as many outcomes"),
        ([1.2], [1], "between 0 and 1"),
        ([0.5], [0.5], "void or a scalar"),
        ([float("nan")], [1], "between 0 and 1"),
    ],
)
def test_what_cannot_be_scored_is_refused(p, y, match):
    with pytest.raises(ValueError, match=match):
        brier_score(p, y)


def test_log_odds_and_back():
    assert log_odds(0.75) == pytest.approx(math.log(3))
    assert chance(math.log(3)) == pytest.approx(0.75)
    assert chance([-1e9, 1e9]).tolist() == [0.0, 1.0]
    assert np.isfinite(log_odds([0.0, 1.0])).all()


def test_pooling_is_the_mean_in_log_odds():
    """Odds of 3 and 1/3 pool to even odds; with weights 3 and 1 to the square root of 3."""
    assert pool([0.75, 0.25], [1, 1]) == pytest.approx(0.5)
    assert pool([0.75, 0.25], [3, 1]) == pytest.approx(math.sqrt(3) / (1 + math.sqrt(3)))
    with pytest.raises(ValueError, match="one weight"):
        pool([0.5], [-1])


def test_the_bootstrap_knows_the_standard_error_of_a_mean():
    """400 independent gaps of deviation 1 have a mean of standard error 0.05."""
    gaps = np.random.default_rng(3).standard_normal(400)
    found = paired_bootstrap(gaps, np.zeros(400), list(range(400)), np.random.default_rng(4))
    assert found.difference == pytest.approx(gaps.mean())
    assert found.standard_error == pytest.approx(gaps.std() / 20, rel=0.06)
    assert found.clusters == 400


def test_markets_of_one_event_count_once():
    """Each gap ten times over is no more evidence than the gap itself: clusters leave the error as it was."""
    gaps = np.random.default_rng(3).standard_normal(40)
    alone = paired_bootstrap(gaps, np.zeros(40), list(range(40)), np.random.default_rng(4))
    repeated = paired_bootstrap(
        np.repeat(gaps, 10), np.zeros(400), np.repeat(range(40), 10).tolist(), np.random.default_rng(4)
    )
    assert repeated.standard_error == pytest.approx(alone.standard_error)


def test_no_difference_is_never_surely_none():
    found = paired_bootstrap([1.0] * 20, [0.0] * 20, list(range(20)), np.random.default_rng(1), resamples=99)
    assert found.p_value == pytest.approx(0.02)
    same = paired_bootstrap([1.0] * 20, [1.0] * 20, list(range(20)), np.random.default_rng(1), resamples=99)
    assert same.p_value == 1.0


def test_one_cluster_says_nothing():
    with pytest.raises(ValueError, match="at least two"):
        paired_bootstrap([1.0, 2.0], [0.0, 0.0], ["a", "a"], np.random.default_rng(1))
