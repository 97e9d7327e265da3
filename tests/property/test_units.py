"""Whole millionths are exact, and text made of them reads back."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from edgeworth.units import MICROS, decimal_text, micros, price_micros

amounts = st.integers(-(10**21), 10**21)


@given(amounts)
def test_an_amount_as_text_reads_back_as_itself(amount):
    assert micros(decimal_text(amount)) == amount


@given(amounts)
def test_the_text_of_an_amount_is_the_decimal_number_without_trailing_zeros(amount):
    text = decimal_text(amount)
    assert Decimal(text) * MICROS == amount
    assert "e" not in text.lower()
    assert "." not in text or not text.endswith("0")


@given(st.integers(-(2**31) * MICROS, 2**31 * MICROS))
def test_a_float_of_six_decimals_is_read_exactly(amount):
    assert micros(amount / MICROS) == amount


@given(st.integers(0, MICROS))
def test_every_price_on_the_grid_is_read_exactly_from_text_and_from_a_float(price):
    assert price_micros(f"{price / MICROS:.6f}") == price
    assert price_micros(price / MICROS) == price


@given(st.lists(amounts, max_size=50))
def test_sums_are_exact_in_any_order(values):
    assert sum(values) == sum(reversed(values)) == micros(str(sum(Decimal(value) for value in values) / MICROS))
