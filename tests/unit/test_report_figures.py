"""Numbers of a page: no more digits than their error allows."""

import pytest

from edgeworth.reports.figures import (
    aligned,
    decimals_of,
    difference_interval,
    distance,
    duration,
    interval,
    model_error,
    per_cent,
    points,
)
from tests.batches import an_estimate

DASH, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("error", "decimals"),
    [(0.2, 0), (0.03, 0), (0.0096, 0), (0.003, 1), (0.00096, 1), (0.0003, 2), (1e-9, 2), (0.0, 1), (None, 1)],
)
def test_the_last_digit_of_a_percentage_is_of_the_size_of_its_error(error, decimals):
    assert decimals_of(error) == decimals


@pytest.mark.parametrize(
    ("probability", "error", "text"),
    [
        (0.4718, 0.03, "47 %"),
        (0.4718, 0.003, "47.2 %"),
        (0.4718, 0.0003, "47.18 %"),
        (0.4718, 0.0, "47.2 %"),
        (0.002, 0.03, "<1 %"),
        (0.0002, 0.004, "<0.1 %"),
        (0.998, 0.03, ">99 %"),
        (0.0, 0.03, "0 %"),
        (1.0, 0.03, "100 %"),
        (None, 0.03, DASH),
    ],
)
def test_a_probability_is_rounded_to_its_error_and_never_becomes_certain(probability, error, text):
    assert per_cent(probability, error) == text


@pytest.mark.parametrize(
    ("difference", "error", "text"),
    [(0.0421, 0.03, "+4"), (-0.0421, 0.004, f"{MINUS}4.2"), (0.001, 0.03, "0"), (None, 0.03, DASH)],
)
def test_a_difference_is_in_points_with_its_sign(difference, error, text):
    assert points(difference, error) == text


def test_an_interval_has_both_ends_or_is_a_dash():
    assert interval(0.412, 0.531, 0.03) == "41 to 53 %"
    assert interval(None, 0.5, 0.03) == DASH


def test_blanks_stand_for_the_decimals_that_are_not_there():
    """Two figure spaces for two digits, a punctuation space for the point: 99.85 % and 90 % end at the same width."""
    assert aligned("99.85 %") == "99.85 %"
    assert aligned("90.1 %") == "90.1 %\u2007"
    assert aligned("90 %") == "90 %\u2007\u2007\u2008"
    assert aligned("+4") == "+4\u2007\u2007\u2008"
    assert aligned(DASH) == DASH


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (14.25, "14.2 s"),
        (125, "2 min 05 s"),
        (3720, "1 h 02 min"),
        (90_000, "25 h 00 min"),
        (3 * 86400, "3 days"),
    ],
)
def test_durations_are_read_in_the_unit_of_their_size(seconds, text):
    assert duration(seconds) == text


def test_the_models_error_is_sampling_belief_and_their_spread():
    """sqrt(0.03² + 0.04²) = 0.05; between two models 0.12 / sqrt 2 more, of the mean: sqrt(0.05² + 0.0072) = 0.0985."""
    assert model_error(an_estimate("m", sampling_error=0.03, belief_deviation=0.04)) == pytest.approx(0.05)
    two = an_estimate("m", models=2, sampling_error=0.03, belief_deviation=0.04, between_models=0.12)
    assert model_error(two) == pytest.approx(0.09849, abs=1e-5)


def test_the_interval_of_a_difference_is_ninety_per_cent_of_a_normal_one():
    """0.07 ± 1.645 x 0.02."""
    assert difference_interval(an_estimate("m")) == pytest.approx((0.0371, 0.1029), abs=1e-4)
    assert distance(an_estimate("m")) == pytest.approx(3.5)
    alone = an_estimate("m", difference=None, difference_error=None)
    assert difference_interval(alone) is None
    assert distance(alone) is None
