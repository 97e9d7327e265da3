"""Margins come off as the published examples say."""

from __future__ import annotations

import numpy as np
import pytest

from edgeworth.probability.devig import Devig, devig, insider_share, overround, power, proportional, shin


def prices(*odds: float) -> list[float]:
    return [1 / one for one in odds]


def test_proportional_matches_the_introduction_of_the_r_package_implied():
    """Lindstrøm, "Introduction to the implied package", first row; margin 0.02118602."""
    book = prices(4.20, 3.70, 1.95)
    assert overround(book) == pytest.approx(0.02118602, abs=5e-9)
    np.testing.assert_allclose(proportional(book), [0.2331556, 0.2646631, 0.5021813], atol=5e-8)


def test_power_matches_the_documentation_of_penaltyblog():
    """penaltyblog, "Implied Odds": odds 2.7, 2.3, 4.4."""
    np.testing.assert_allclose(power(prices(2.7, 2.3, 4.4)), [0.3591711, 0.42373075, 0.21709815], atol=5e-9)


def test_shin_matches_the_documentation_of_penaltyblog():
    np.testing.assert_allclose(shin(prices(2.7, 2.3, 4.4)), [0.35934392, 0.42324385, 0.21741223], atol=5e-9)
    assert insider_share(prices(2.7, 2.3, 4.4)) == pytest.approx(0.016236442857, abs=1e-10)


def test_shin_matches_the_readme_of_the_package_shin():
    """mberk/shin: three outcomes by iteration, two by its closed form."""
    expected = [0.37299406033208965, 0.4047794109200184, 0.2222265287474275]
    np.testing.assert_allclose(shin(prices(2.6, 2.4, 4.3)), expected, atol=1e-9)
    assert insider_share(prices(2.6, 2.4, 4.3)) == pytest.approx(0.01694251276407055, abs=1e-9)
    np.testing.assert_allclose(shin(prices(1.5, 2.74)), [0.6508515815085157, 0.3491484184914841], atol=1e-9)
    assert insider_share(prices(1.5, 2.74)) == pytest.approx(0.03172728540646625, abs=1e-9)


def test_with_two_outcomes_shin_takes_the_same_amount_off_each():
    """Clarke, Kovalchik and Ingram 2017: Shin equals the additive method there; 0.6 + 0.5 loses 0.05 twice."""
    np.testing.assert_allclose(shin([0.6, 0.5]), [0.55, 0.45], atol=1e-12)


def test_the_power_method_by_hand():
    """0.9**2 = 0.81 and 0.19**0.5 squared is 0.19: prices whose squares sum to one."""
    np.testing.assert_allclose(power([0.9, 0.19**0.5]), [0.81, 0.19], atol=1e-12)


@pytest.mark.parametrize("method", list(Devig))
def test_a_book_without_margin_stays_as_it_is(method):
    np.testing.assert_allclose(devig([0.5, 0.3, 0.2], method), [0.5, 0.3, 0.2], atol=1e-12)


def test_a_book_below_one_has_a_power_answer_and_no_shin_answer():
    assert power([0.4, 0.4]).tolist() == pytest.approx([0.5, 0.5])
    with pytest.raises(ValueError, match="at least 1 for Shin"):
        shin([0.4, 0.4])


@pytest.mark.parametrize("book", [[0.5], [0.5, 0.0], [0.5, 1.0], [0.5, float("nan")], [[0.5, 0.5]]])
def test_what_is_no_book_is_refused(book):
    for method in Devig:
        with pytest.raises(ValueError, match="at least two prices above 0 and below 1"):
            devig(book, method)
