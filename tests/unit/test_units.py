"""Money, shares and prices in whole millionths."""

from __future__ import annotations

import pytest

from edgeworth.units import MICROS, decimal_text, micros, price_micros


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.52", 520_000),
        (0.1, 100_000),
        ("0.000001", 1),
        (" 1 ", 1_000_000),
        ("1e-3", 1_000),
        (-3, -3_000_000),
        ("0.0000014", 1),
        ("4294967296.000001", 4_294_967_296_000_001),  # a float alone cannot hold this
        ("-8999999999.999999", -8_999_999_999_999_999),
        (1e15, 10**21),
    ],
)
def test_numbers_and_decimal_strings_become_whole_millionths(value, expected):
    assert micros(value) == expected


@pytest.mark.parametrize("value", ["", "abc", "nan", "inf", float("nan"), float("-inf"), "1e999"])
def test_what_is_not_a_finite_number_is_refused(value):
    with pytest.raises(ValueError):
        micros(value)


@pytest.mark.parametrize("value", ["-0.01", "1.01", 2, "nan"])
def test_a_price_outside_zero_to_one_is_refused(value):
    with pytest.raises(ValueError):
        price_micros(value)


@pytest.mark.parametrize(("value", "expected"), [("0", 0), ("1", MICROS), ("0.0005", 500)])
def test_the_ends_of_the_price_range_belong_to_it(value, expected):
    assert price_micros(value) == expected


@pytest.mark.parametrize(
    ("amount", "text"),
    [(520_000, "0.52"), (0, "0"), (1, "0.000001"), (-1_500_000, "-1.5"), (10_000_000, "10"), (-1, "-0.000001")],
)
def test_an_amount_is_shown_as_a_plain_decimal(amount, text):
    assert decimal_text(amount) == text
