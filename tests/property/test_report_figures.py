"""Whatever the number and its error: what a page shows is near it, and certain only when it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edgeworth.reports.figures import MINUS, aligned, decimals_of, per_cent, points

probabilities = st.floats(0.0, 1.0)
errors = st.one_of(st.none(), st.floats(0.0, 0.5))


@given(probabilities, errors)
def test_a_probability_is_shown_within_half_of_its_last_digit_or_as_beyond_it(probability, error):
    text = per_cent(probability, error, unit=False)
    last = 10.0 ** -decimals_of(error)
    if text.startswith("<"):
        assert 0.0 < probability * 100 <= last
    elif text.startswith(">"):
        assert 100.0 - last <= probability * 100 < 100.0
    else:
        assert abs(float(text) - probability * 100) <= last / 2 + 1e-9


@given(probabilities, errors)
def test_certainty_is_never_made_by_rounding(probability, error):
    text = per_cent(probability, error, unit=False)
    if text in {"0", "0.0", "0.00"}:
        assert probability == 0.0
    if text in {"100", "100.0", "100.00"}:
        assert probability == 1.0


@given(st.floats(-1.0, 1.0), errors)
def test_a_difference_keeps_its_sign_and_its_size(difference, error):
    text = points(difference, error)
    shown = float(text.replace(MINUS, "-"))
    assert abs(shown - difference * 100) <= 10.0 ** -decimals_of(error) / 2 + 1e-9
    assert shown * difference >= 0


@given(st.floats(1e-12, 0.5))
def test_the_last_digit_is_no_finer_than_a_tenth_of_the_error(error):
    """Down to the hundredth of a point, which is the finest; a whole point is the coarsest."""
    last = 10.0 ** -decimals_of(error) / 100
    assert last >= min(error, 0.01) * 0.1 or last == 0.0001


@given(probabilities, errors)
def test_aligning_changes_no_digit_and_gives_every_text_the_same_decimals(probability, error):
    text = per_cent(probability, error)
    shown = aligned(text)
    assert shown.rstrip("\u2007\u2008") == text
    number = text.split(" ")[0]
    decimals = len(number.partition(".")[2])
    assert shown.count("\u2007") == 2 - decimals
    assert shown.count("\u2008") == (0 if "." in number else 1)
