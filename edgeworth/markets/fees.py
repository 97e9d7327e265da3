"""What a trade costs: dated, integer-exact fee schedules per venue. An unknown fee refuses the trade.

Two things decide a fee: what the venue states about the market (``FeeTerms``) and the venue's schedule on the day of
the trade. When either is missing, ``UnknownFeeError`` is raised: a trade that cannot be priced is not made. Terms
change, so give those that held on the day of the trade, not today's.

Kalshi, ``M * rate * C * P * (1 - P)``, rounded up. Its schedule of 2026-07-07 says in the text that fee and cost
together land on $0.0001, and shows whole cents in its table (the exchange's page on fee rounding knows both, for direct
members and for others); both readings are carried, and where the day leaves both open the dearer is charged. Not
charged: what the exchange keeps, and later rebates, to bring an account back to whole cents after a fill at a price
below a cent.

Polymarket, ``C * rate * (p * (1 - p)) ** exponent`` for takers, to five decimals, since Fee Structure V2 of 2026-03-30.
The page says "rounded"; half a unit goes up here, the dearer reading. Rebates are not counted. For the time before,
only markets of which the venue says that they charge nothing have a known fee.

All arithmetic is in whole numbers: no float ever decides a ceiling. Books, paths and fills never enter here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from msgspec import Struct

from edgeworth.errors import UnknownFeeError
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros, ShareMicros, UsdMicros


class FeeKind(StrEnum):
    """Which formula the venue says applies to a market."""

    NONE = "none"
    """The venue says that this market charges nothing."""
    CURVE = "curve"
    """Polymarket: ``shares * rate * (p * (1 - p)) ** exponent``."""
    QUADRATIC = "quadratic"
    """Kalshi: ``multiplier * 0.07 * contracts * p * (1 - p)`` for takers, nothing for makers."""
    QUADRATIC_WITH_MAKER_FEES = "quadratic_with_maker_fees"
    """Kalshi: as ``quadratic``, and makers pay a quarter of the taker's rate."""
    QUADRATIC_WITH_COMBO_MAKER_FEES = "quadratic_with_combo_maker_fees"
    """Kalshi: as ``quadratic``, and makers pay half of the taker's rate (multi-leg markets)."""


class FeeTerms(Struct, frozen=True, kw_only=True):
    """What the venue states about the fees of one market, as stated.

    Attributes:
        rate_ppm: Rate of a ``curve``, in millionths (0.05 -> 50,000).
        exponent_ppm: Exponent of a ``curve``, in millionths (1 -> 1,000,000).
        is_taker_only: Whether makers pay nothing, where stated.
        multiplier_ppm: Multiplier of a quadratic fee, in millionths (0.5 -> 500,000).
    """

    kind: FeeKind
    rate_ppm: int | None = None
    exponent_ppm: int | None = None
    is_taker_only: bool | None = None
    multiplier_ppm: int | None = None


class KalshiRounding(StrEnum):
    """How Kalshi rounds the exact fee of an order up."""

    TO_CENT = "to_cent"
    """The fee itself is a whole number of cents."""
    LANDS_ON_CENTICENT = "lands_on_centicent"
    """Cost plus fee of a buyer, or proceeds less fee of a seller, is a whole number of $0.0001."""


class KalshiSchedule(Struct, frozen=True, kw_only=True):
    """Kalshi's fee schedule from one day on.

    Attributes:
        effective_from: First day, in the venue's calendar (US Eastern).
        taker_ppm: Coefficient of takers, in millionths.
        maker_ppm: Coefficient of makers by kind; a kind that is missing is not in this schedule.
        roundings: Readings that are open; the dearer is charged.
    """

    effective_from: date
    taker_ppm: int
    maker_ppm: Mapping[FeeKind, int]
    roundings: tuple[KalshiRounding, ...]


class PolymarketSchedule(Struct, frozen=True, kw_only=True):
    """Polymarket's fee rules from one day on; rate and exponent stand in each market's terms.

    Attributes:
        effective_from: First day (UTC).
        unit: Fees are rounded to this many millionths of a dollar. minimum: Least fee that is not zero.
    """

    effective_from: date
    unit: int
    minimum: int


KALSHI_SCHEDULES: Final = (
    # "Last updated and effective: Oct 1, 2025"; before it the notes hold no schedule, so an earlier day refuses.
    KalshiSchedule(
        effective_from=date(2025, 10, 1),
        taker_ppm=70_000,
        maker_ppm={FeeKind.QUADRATIC: 0, FeeKind.QUADRATIC_WITH_MAKER_FEES: 17_500},
        roundings=(KalshiRounding.TO_CENT,),
    ),
    KalshiSchedule(
        effective_from=date(2026, 7, 7),
        taker_ppm=70_000,
        maker_ppm={
            FeeKind.QUADRATIC: 0,
            FeeKind.QUADRATIC_WITH_MAKER_FEES: 17_500,
            FeeKind.QUADRATIC_WITH_COMBO_MAKER_FEES: 35_000,
        },
        roundings=(KalshiRounding.TO_CENT, KalshiRounding.LANDS_ON_CENTICENT),
    ),
)
"""Oldest first. A change adds an entry; old ones are never edited."""

POLYMARKET_SCHEDULES: Final = (PolymarketSchedule(effective_from=date(2026, 3, 30), unit=10, minimum=10),)
"""Oldest first. A change adds an entry; old ones are never edited."""

MAX_EXPONENT: Final = 8
"""Curves steeper than any venue has used are taken for an error in the terms."""

_CENT: Final = 10_000
_CENTICENT: Final = 100

_QUADRATIC_KINDS: Final = frozenset(
    {FeeKind.QUADRATIC, FeeKind.QUADRATIC_WITH_MAKER_FEES, FeeKind.QUADRATIC_WITH_COMBO_MAKER_FEES}
)


def taker_fee(venue: Venue, terms: FeeTerms | None, price: PriceMicros, shares: ShareMicros, on: date) -> UsdMicros:
    """Dollars, in millionths, that the venue takes when ``shares`` at ``price`` are taken from the book.

    The same for a buyer and a seller. One order filled at several prices costs the sum over its fills at most.

    Args:
        venue: A synthetic venue charges what the exchange charges that it imitates.
        terms: What the venue states about the market; ``None`` when it is not known.
        price: Of one share, in millionths of a dollar.
        shares: In millionths; not negative.
        on: Day of the trade, in the venue's calendar (UTC for Polymarket, US Eastern for Kalshi).

    Raises:
        UnknownFeeError: The terms are unknown or incomplete, or no schedule covers the day.
        ValueError: A price outside 0 to 1, or a negative number of shares.
    """
    known = _check_trade(venue, terms, price, shares)
    if known.kind is FeeKind.NONE:
        return UsdMicros(0)
    if venue.exchange is Venue.KALSHI:
        kalshi = _kalshi_schedule(known, on)
        return _kalshi_fee(kalshi, kalshi.taker_ppm, known, price, shares)
    polymarket = _polymarket_schedule(known, on)
    return _polymarket_fee(polymarket, known, price, shares)


def maker_fee(venue: Venue, terms: FeeTerms | None, price: PriceMicros, shares: ShareMicros, on: date) -> UsdMicros:
    """Dollars, in millionths, that the venue takes when a resting order for ``shares`` at ``price`` is filled.

    Arguments and errors as in ``taker_fee``. Rebates are not counted, so the result is never negative.
    """
    known = _check_trade(venue, terms, price, shares)
    if known.kind is FeeKind.NONE:
        return UsdMicros(0)
    if venue.exchange is Venue.KALSHI:
        kalshi = _kalshi_schedule(known, on)
        coefficient = kalshi.maker_ppm.get(known.kind)
        if coefficient is None:
            raise UnknownFeeError(
                f"expected a maker rate for {known.kind.value!r} in Kalshi's schedule of {kalshi.effective_from}, "
                "found none: the trade is refused"
            )
        return _kalshi_fee(kalshi, coefficient, known, price, shares)
    _polymarket_schedule(known, on)
    if known.is_taker_only is False:
        raise UnknownFeeError("the market's terms say that makers pay too, and no rate of theirs is published")
    return UsdMicros(0)


def _check_trade(venue: Venue, terms: FeeTerms | None, price: int, shares: int) -> FeeTerms:
    if not 0 <= price <= MICROS:
        raise ValueError(f"expected a price from 0 to {MICROS} millionths, found {price}")
    if shares < 0:
        raise ValueError(f"expected a number of shares that is not negative, found {shares} millionths")
    if terms is None:
        raise UnknownFeeError(f"the fee terms of this {venue.value} market are not known: the trade is refused")
    return terms


_Schedule = TypeVar("_Schedule", KalshiSchedule, PolymarketSchedule)


def _in_force(schedules: Sequence[_Schedule], on: date, venue: Venue) -> _Schedule:
    """The latest of ``schedules`` that had begun on the day ``on``."""
    begun = [schedule for schedule in schedules if schedule.effective_from <= on]
    if not begun:
        raise UnknownFeeError(
            f"expected a day from {schedules[0].effective_from} on, found {on}: no fee schedule of {venue.value} is "
            "known for it, and the trade is refused"
        )
    return begun[-1]


def _kalshi_schedule(terms: FeeTerms, on: date) -> KalshiSchedule:
    if terms.kind not in _QUADRATIC_KINDS:
        raise UnknownFeeError(f"expected a quadratic fee at Kalshi, found {terms.kind.value!r}: the trade is refused")
    return _in_force(KALSHI_SCHEDULES, on, Venue.KALSHI)


def _polymarket_schedule(terms: FeeTerms, on: date) -> PolymarketSchedule:
    if terms.kind is not FeeKind.CURVE:
        raise UnknownFeeError(f"expected a fee curve at Polymarket, found {terms.kind.value!r}: the trade is refused")
    return _in_force(POLYMARKET_SCHEDULES, on, Venue.POLYMARKET)


def _kalshi_fee(schedule: KalshiSchedule, coefficient_ppm: int, terms: FeeTerms, price: int, shares: int) -> UsdMicros:
    multiplier = _stated(terms.multiplier_ppm, "a multiplier")
    # Millionths of a dollar, times 1e24: five factors in millionths.
    exact = multiplier * coefficient_ppm * shares * price * (MICROS - price)
    if exact == 0:
        return UsdMicros(0)
    return UsdMicros(max(_rounded(rounding, exact, price * shares) for rounding in schedule.roundings))


def _rounded(rounding: KalshiRounding, exact: int, cost: int) -> int:
    """``exact`` (1e-30 dollars) rounded up to millionths; ``cost`` (1e-12 dollars) is price times shares."""
    scale = MICROS**4
    if rounding is KalshiRounding.TO_CENT:
        return _ceil_div(exact, _CENT * scale) * _CENT
    step = _CENTICENT * scale
    paid = cost * MICROS**3
    of_buyer = _ceil_div(paid + exact, step) * step - paid
    of_seller = paid - (paid - exact) // step * step
    return _ceil_div(max(of_buyer, of_seller), scale)


def _polymarket_fee(schedule: PolymarketSchedule, terms: FeeTerms, price: int, shares: int) -> UsdMicros:
    rate = _stated(terms.rate_ppm, "a rate")
    exponent = _whole_exponent(terms)
    exact = shares * rate * (price * (MICROS - price)) ** exponent
    if exact == 0:
        return UsdMicros(0)
    scale = MICROS * (MICROS * MICROS) ** exponent * schedule.unit
    # Half a unit up: floor(x + 1/2) = floor((2x + 1) / 2).
    units = (2 * exact + scale) // (2 * scale)
    return UsdMicros(max(units * schedule.unit, schedule.minimum))


def _whole_exponent(terms: FeeTerms) -> int:
    """The exponent as a whole number; a fractional one has no exact integer arithmetic and no known use: refused."""
    exponent, rest = divmod(_stated(terms.exponent_ppm, "an exponent"), MICROS)
    if rest or exponent > MAX_EXPONENT:
        raise UnknownFeeError(
            f"expected a whole exponent of at most {MAX_EXPONENT} in the fee terms, found {terms.exponent_ppm} "
            "millionths: the trade is refused"
        )
    return exponent


def _stated(value: int | None, what: str) -> int:
    if value is None or value < 0:
        found = "none" if value is None else f"{value} millionths"
        raise UnknownFeeError(f"expected {what} of zero or more in the fee terms, found {found}: the trade is refused")
    return value


def _ceil_div(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
