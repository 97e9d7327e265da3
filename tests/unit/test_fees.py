"""Fees against hand-worked examples and published figures; what is unknown refuses."""

from __future__ import annotations

from datetime import date

import pytest

from edgeworth.errors import UnknownFeeError
from edgeworth.markets.fees import KALSHI_SCHEDULES, FeeKind, FeeTerms, maker_fee, taker_fee
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros, price_micros

OLD_KALSHI = date(2026, 7, 6)
"""Under the schedule of 2025-10-01: whole cents, no doubt about it."""
NOW = date(2026, 11, 1)
"""Under Kalshi's schedule of 2026-07-07 and Polymarket's Fee Structure V2."""

QUADRATIC = FeeTerms(kind=FeeKind.QUADRATIC, multiplier_ppm=1_000_000)
WITH_MAKER_FEES = FeeTerms(kind=FeeKind.QUADRATIC_WITH_MAKER_FEES, multiplier_ppm=1_000_000)
COMBO = FeeTerms(kind=FeeKind.QUADRATIC_WITH_COMBO_MAKER_FEES, multiplier_ppm=1_000_000)
FREE = FeeTerms(kind=FeeKind.NONE)


def curve(rate_ppm, exponent_ppm=1_000_000, is_taker_only=True):
    return FeeTerms(kind=FeeKind.CURVE, rate_ppm=rate_ppm, exponent_ppm=exponent_ppm, is_taker_only=is_taker_only)


def shares(number) -> ShareMicros:
    return ShareMicros(round(number * 1_000_000))


def kalshi(price, number, terms=QUADRATIC, on=OLD_KALSHI):
    return taker_fee(Venue.KALSHI, terms, price_micros(price), shares(number), on)


def polymarket(price, number, terms, on=NOW):
    return taker_fee(Venue.POLYMARKET, terms, price_micros(price), shares(number), on)


@pytest.mark.parametrize("on", [OLD_KALSHI, NOW])
@pytest.mark.parametrize(
    ("price", "contracts", "cents"),
    [
        # Kalshi's own examples: one contract at 50 c costs 2 c, a hundred cost $1.75.
        ("0.50", 1, 2),  # 0.07 * 1 * 0.25 = 0.0175 -> 2 c
        ("0.50", 100, 175),  # 0.07 * 100 * 0.25 = 1.75 exactly: a float ceiling would say 176
        ("0.01", 1, 1),  # 0.07 * 0.0099 = 0.000693 -> 1 c
        ("0.99", 1, 1),  # the same, seen from the other side
        ("0.24", 500, 639),  # 0.07 * 500 * 0.1824 = 6.384 -> 6.39
        ("0.10", 100, 63),  # 0.07 * 100 * 0.09 = 0.63 exactly
        ("0.25", 100, 132),  # 0.07 * 100 * 0.1875 = 1.3125 -> 1.32
    ],
)
def test_kalshi_takers_pay_seven_percent_of_the_variance_rounded_up_to_a_cent(price, contracts, cents, on):
    assert kalshi(price, contracts, on=on) == cents * 10_000


def test_a_multiplier_scales_before_rounding():
    half = FeeTerms(kind=FeeKind.QUADRATIC, multiplier_ppm=500_000)
    nothing = FeeTerms(kind=FeeKind.QUADRATIC, multiplier_ppm=0)
    assert kalshi("0.50", 100, half) == 880_000  # 1.75 / 2 = 0.875 -> 0.88
    assert kalshi("0.50", 100, nothing) == 0


def test_fractional_contracts_are_priced_exactly():
    # 0.07 * 0.25 * 0.16 = 0.0028 -> 1 c
    assert kalshi("0.20", 0.25) == 10_000


def test_kalshi_makers_pay_only_where_their_series_is_listed():
    args = (price_micros("0.50"), shares(100), OLD_KALSHI)
    assert maker_fee(Venue.KALSHI, QUADRATIC, *args) == 0
    assert maker_fee(Venue.KALSHI, WITH_MAKER_FEES, *args) == 440_000  # 0.0175 * 100 * 0.25 = 0.4375 -> 0.44


def test_makers_of_combos_pay_since_july_2026_and_before_it_nobody_knows():
    args = (price_micros("0.50"), shares(100))
    assert maker_fee(Venue.KALSHI, COMBO, *args, NOW) == 880_000  # 0.035 * 100 * 0.25 = 0.875 -> 0.88
    with pytest.raises(UnknownFeeError, match="maker rate"):
        maker_fee(Venue.KALSHI, COMBO, *args, OLD_KALSHI)


def test_where_two_readings_of_the_rounding_are_open_the_dearer_is_charged():
    """Since 2026-07-07: whole cents, or cost plus fee on $0.0001. Below a cent of price the second can be dearer.

    0.400008 shares at $0.025: raw fee 0.07 * 0.400008 * 0.024375 = 0.00068251365 and cost 0.0100002.
    By the cent: 0.01. By landing: 0.01068271365 -> 0.0107, fee 0.0006998. The cent is dearer.
    """
    price, size = PriceMicros(25_000), ShareMicros(400_008)
    assert taker_fee(Venue.KALSHI, QUADRATIC, price, size, NOW) == 10_000


def test_landing_on_a_hundredth_of_a_cent_is_charged_when_it_is_the_dearer():
    """16 contracts at $0.125 with multiplier 1/12.25: the raw fee is just a cent, the cost of one share more is not.

    multiplier 0.081632 * 0.07 * 16 * 0.109375 = 0.00999991... -> a cent by either reading of whole-cent costs.
    With 16.00004 shares the cost is 2.000005, the raw fee 0.0099999..., the sum 2.0100049... lands on 2.0101, and the
    fee is 0.010095: more than the cent.
    """
    terms = FeeTerms(kind=FeeKind.QUADRATIC, multiplier_ppm=81_632)
    fee = taker_fee(Venue.KALSHI, terms, PriceMicros(125_000), ShareMicros(16_000_040), NOW)
    assert fee == 10_095
    assert taker_fee(Venue.KALSHI, terms, PriceMicros(125_000), ShareMicros(16_000_040), OLD_KALSHI) == 10_000


@pytest.mark.parametrize(
    ("rate", "price", "number", "micros"),
    [
        (70_000, "0.50", 100, 1_750_000),  # 100 * 0.07 * 0.25
        (50_000, "0.50", 100, 1_250_000),
        (30_000, "0.30", 10, 63_000),  # 10 * 0.03 * 0.21
        (50_000, "0.37", 3, 34_970),  # 3 * 0.05 * 0.2331 = 0.034965 -> 0.03497: half a unit goes up
        (40_000, "0.001", 0.01, 10),  # 0.01 * 0.04 * 0.000999 = 0.0000003996 -> the minimum of 0.00001
        (0, "0.50", 100, 0),  # geopolitics: a rate of zero, stated
        (50_000, "0", 100, 0),
        (50_000, "1", 100, 0),
    ],
)
def test_polymarket_takers_pay_the_rate_of_the_market_to_five_decimals(rate, price, number, micros):
    assert polymarket(price, number, curve(rate)) == micros


def test_the_exponent_of_the_curve_is_used():
    # 100 * 0.25 * (0.25)^2 = 1.5625
    assert polymarket("0.50", 100, curve(250_000, exponent_ppm=2_000_000)) == 1_562_500
    # 100 * 0.01 * (...)^0 = 1
    assert polymarket("0.10", 100, curve(10_000, exponent_ppm=0)) == 1_000_000


def test_polymarket_makers_pay_nothing():
    assert maker_fee(Venue.POLYMARKET, curve(50_000), price_micros("0.5"), shares(100), NOW) == 0
    assert maker_fee(Venue.POLYMARKET, curve(50_000, is_taker_only=None), price_micros("0.5"), shares(1), NOW) == 0


@pytest.mark.parametrize("on", [date(2022, 1, 1), NOW])
@pytest.mark.parametrize("venue", list(Venue))
def test_nothing_is_charged_where_the_venue_says_so_on_any_day(venue, on):
    assert taker_fee(venue, FREE, price_micros("0.5"), shares(100), on) == 0
    assert maker_fee(venue, FREE, price_micros("0.5"), shares(100), on) == 0


def test_a_synthetic_venue_charges_what_its_exchange_charges():
    args = (price_micros("0.5"), shares(100), NOW)
    assert taker_fee(Venue.SYNTHETIC_KALSHI, QUADRATIC, *args) == 1_750_000
    assert taker_fee(Venue.SYNTHETIC_POLYMARKET, curve(50_000), *args) == 1_250_000


@pytest.mark.parametrize("fee", [taker_fee, maker_fee])
@pytest.mark.parametrize(
    ("venue", "terms", "on", "says"),
    [
        (Venue.POLYMARKET, None, NOW, "terms of this polymarket market are not known"),
        (Venue.KALSHI, None, NOW, "terms of this kalshi market are not known"),
        (Venue.KALSHI, QUADRATIC, date(2025, 9, 30), "from 2025-10-01 on, found 2025-09-30"),
        (Venue.POLYMARKET, curve(50_000), date(2026, 3, 29), "from 2026-03-30 on, found 2026-03-29"),
        (Venue.POLYMARKET, QUADRATIC, NOW, "fee curve at Polymarket"),
        (Venue.KALSHI, curve(50_000), NOW, "quadratic fee at Kalshi"),
    ],
)
def test_an_unknown_fee_refuses_the_trade(fee, venue, terms, on, says):
    with pytest.raises(UnknownFeeError, match=says):
        fee(venue, terms, price_micros("0.5"), shares(1), on)


@pytest.mark.parametrize(
    ("venue", "terms", "says"),
    [
        (Venue.KALSHI, FeeTerms(kind=FeeKind.QUADRATIC), "expected a multiplier"),
        (Venue.KALSHI, FeeTerms(kind=FeeKind.QUADRATIC, multiplier_ppm=-1), "found -1 millionths"),
        (Venue.POLYMARKET, FeeTerms(kind=FeeKind.CURVE, exponent_ppm=1_000_000), "expected a rate"),
        (Venue.POLYMARKET, FeeTerms(kind=FeeKind.CURVE, rate_ppm=50_000), "expected an exponent"),
        (Venue.POLYMARKET, curve(50_000, exponent_ppm=1_500_000), "whole exponent"),
        (Venue.POLYMARKET, curve(50_000, exponent_ppm=9_000_000), "at most 8"),
    ],
)
def test_incomplete_or_odd_terms_refuse_the_trade(venue, terms, says):
    with pytest.raises(UnknownFeeError, match=says):
        taker_fee(venue, terms, price_micros("0.5"), shares(1), NOW)


def test_makers_are_refused_where_the_terms_say_that_they_pay_too():
    with pytest.raises(UnknownFeeError, match="makers pay too"):
        maker_fee(Venue.POLYMARKET, curve(50_000, is_taker_only=False), price_micros("0.5"), shares(1), NOW)


@pytest.mark.parametrize(("price", "number"), [(-1, 1), (1_000_001, 1), (500_000, -1)])
def test_a_trade_that_cannot_be_is_an_error_of_the_caller(price, number):
    with pytest.raises(ValueError, match="expected"):
        taker_fee(Venue.KALSHI, QUADRATIC, PriceMicros(price), ShareMicros(number), NOW)


def test_no_shares_cost_nothing():
    assert kalshi("0.455", 0, on=NOW) == 0
    assert polymarket("0.455", 0, curve(50_000)) == 0


@pytest.mark.parametrize(
    ("legs", "cents"),
    [
        (["kalshi", "kalshi"], "3.50"),
        (["kalshi", 50_000], "3.00"),
        (["kalshi", 40_000], "2.75"),
        ([40_000, 40_000], "2.00"),
    ],
)
def test_the_published_fee_frontier_near_one_half(legs, cents):
    """Break-even gaps per pair of shares as published by oracle3; a hundred shares a leg keep rounding out of it."""
    total = sum(kalshi("0.5", 100, on=NOW) if leg == "kalshi" else polymarket("0.5", 100, curve(leg)) for leg in legs)
    assert total / 100 == float(cents) * 10_000


def test_buying_every_outcome_costs_the_rate_times_one_minus_the_sum_of_squares():
    """Ten equal outcomes: 0.07 * (1 - 10 * 0.01) = 6.3 c a set; the published bound is 7 c."""
    assert 10 * kalshi("0.10", 1000, on=NOW) / 1000 == 63_000


def test_schedules_are_in_order_of_their_days():
    days = [schedule.effective_from for schedule in KALSHI_SCHEDULES]
    assert days == sorted(days) == [date(2025, 10, 1), date(2026, 7, 7)]
