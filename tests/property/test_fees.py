"""Fees against an independent reference in fractions, and what must hold for every trade."""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.errors import UnknownFeeError
from edgeworth.markets.fees import FeeKind, FeeTerms, maker_fee, taker_fee
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros

CENTS = date(2026, 7, 6)
NOW = date(2026, 11, 1)

prices = st.integers(0, 1_000_000).map(PriceMicros)
cent_prices = st.integers(0, 100).map(lambda cents: PriceMicros(cents * 10_000))
sizes = st.integers(0, 10**13).map(ShareMicros)
hundredths = st.integers(0, 10**8).map(lambda number: ShareMicros(number * 10_000))
multipliers = st.sampled_from([0, 500_000, 1_000_000, 2_000_000]) | st.integers(0, 3_000_000)
days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def ceil_to(amount: Fraction, unit: Fraction) -> Fraction:
    return math.ceil(amount / unit) * unit


def quadratic(multiplier):
    return FeeTerms(kind=FeeKind.QUADRATIC_WITH_MAKER_FEES, multiplier_ppm=multiplier)


def curve(rate, exponent):
    return FeeTerms(kind=FeeKind.CURVE, rate_ppm=rate, exponent_ppm=exponent * 1_000_000)


def reference_quadratic(coefficient: str, multiplier: int, price: int, size: int) -> Fraction:
    p = Fraction(price, 10**6)
    return Fraction(multiplier, 10**6) * Fraction(coefficient) * Fraction(size, 10**6) * p * (1 - p)


@given(prices, sizes, multipliers)
def test_kalshi_before_july_2026_is_the_exact_fee_rounded_up_to_a_cent(price, size, multiplier):
    terms = quadratic(multiplier)
    taker = ceil_to(reference_quadratic("0.07", multiplier, price, size), Fraction(1, 100))
    maker = ceil_to(reference_quadratic("0.0175", multiplier, price, size), Fraction(1, 100))
    assert taker_fee(Venue.KALSHI, terms, price, size, CENTS) == taker * 10**6
    assert maker_fee(Venue.KALSHI, terms, price, size, CENTS) == maker * 10**6


@given(prices, sizes, multipliers)
def test_kalshi_since_july_2026_is_the_dearest_open_reading(price, size, multiplier):
    exact = reference_quadratic("0.07", multiplier, price, size)
    cost = Fraction(price * size, 10**12)
    step = Fraction(1, 10_000)
    of_buyer = ceil_to(cost + exact, step) - cost
    of_seller = cost - (-ceil_to(-(cost - exact), step))
    dearest = max(ceil_to(exact, Fraction(1, 100)), of_buyer, of_seller) if exact else Fraction(0)
    assert taker_fee(Venue.KALSHI, quadratic(multiplier), price, size, NOW) == math.ceil(dearest * 10**6)


@given(prices, sizes, st.integers(0, 300_000), st.integers(0, 4))
def test_polymarket_is_the_curve_to_five_decimals_and_never_below_the_least_fee(price, size, rate, exponent):
    p = Fraction(price, 10**6)
    exact = Fraction(size, 10**6) * Fraction(rate, 10**6) * (p * (1 - p)) ** exponent
    nearest = math.floor(exact * 10**5 + Fraction(1, 2)) * 10
    expected = max(nearest, 10) if exact else 0
    assert taker_fee(Venue.POLYMARKET, curve(rate, exponent), price, size, NOW) == expected


@given(prices, sizes, multipliers, st.sampled_from([CENTS, NOW]))
def test_no_fee_is_negative_and_kalshi_never_takes_less_than_the_exact_fee(price, size, multiplier, on):
    exact = reference_quadratic("0.07", multiplier, price, size) * 10**6
    fee = taker_fee(Venue.KALSHI, quadratic(multiplier), price, size, on)
    assert 0 <= exact <= fee <= exact + 10_000


@given(prices, sizes, sizes, multipliers, st.integers(0, 300_000))
def test_more_shares_never_cost_less(price, one, other, multiplier, rate):
    fewer, more = sorted((one, other))
    for venue, terms, on in [
        (Venue.KALSHI, quadratic(multiplier), CENTS),
        (Venue.POLYMARKET, curve(rate, 1), NOW),
    ]:
        assert taker_fee(venue, terms, price, fewer, on) <= taker_fee(venue, terms, price, more, on)


@given(cent_prices, hundredths, hundredths, multipliers)
def test_more_contracts_at_whole_cents_never_cost_less_by_either_reading(price, one, other, multiplier):
    fewer, more = sorted((one, other))
    terms = quadratic(multiplier)
    assert taker_fee(Venue.KALSHI, terms, price, fewer, NOW) <= taker_fee(Venue.KALSHI, terms, price, more, NOW)


@given(prices, sizes, sizes, multipliers)
def test_below_a_cent_of_price_the_landing_may_save_less_than_its_own_step(price, one, other, multiplier):
    """A sum that lands better: the only way in which more contracts can cost less, by under $0.0001."""
    fewer, more = sorted((one, other))
    terms = quadratic(multiplier)
    saved = taker_fee(Venue.KALSHI, terms, price, fewer, NOW) - taker_fee(Venue.KALSHI, terms, price, more, NOW)
    assert saved <= 100


@given(prices, sizes, multipliers, st.integers(0, 300_000), st.integers(0, 3))
def test_yes_at_p_costs_as_much_as_no_at_one_minus_p(price, size, multiplier, rate, exponent):
    other = PriceMicros(1_000_000 - price)
    for venue, terms, on in [
        (Venue.KALSHI, quadratic(multiplier), CENTS),
        (Venue.POLYMARKET, curve(rate, exponent), NOW),
    ]:
        assert taker_fee(venue, terms, price, size, on) == taker_fee(venue, terms, other, size, on)


@given(prices, hundredths, multipliers)
def test_the_symmetry_holds_by_landing_too_for_every_size_kalshi_accepts(price, size, multiplier):
    """Buying Yes at p is selling No at 1 - p: the two roundings of cost and proceeds mirror each other."""
    other = PriceMicros(1_000_000 - price)
    terms = quadratic(multiplier)
    assert taker_fee(Venue.KALSHI, terms, price, size, NOW) == taker_fee(Venue.KALSHI, terms, other, size, NOW)


@given(st.sampled_from(list(Venue)), prices, sizes, days)
def test_unknown_terms_refuse_always(venue, price, size, on):
    for fee in (taker_fee, maker_fee):
        with pytest.raises(UnknownFeeError):
            fee(venue, None, price, size, on)


@given(prices, sizes, days)
def test_a_day_without_a_schedule_refuses_and_every_later_day_has_one(price, size, on):
    for venue, terms, first in [
        (Venue.KALSHI, quadratic(1_000_000), date(2025, 10, 1)),
        (Venue.POLYMARKET, curve(50_000, 1), date(2026, 3, 30)),
    ]:
        if on >= first:
            assert taker_fee(venue, terms, price, size, on) >= 0
        else:
            with pytest.raises(UnknownFeeError):
                taker_fee(venue, terms, price, size, on)
