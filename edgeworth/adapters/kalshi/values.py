"""Kalshi's prices, sizes and instants as ours.

Pure conversions, each of which raises ``ParseError`` for what it cannot read and gives ``None`` for what is not there.
No default is filled in.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from edgeworth.adapters.kalshi.wire import Number, Text
from edgeworth.errors import ParseError
from edgeworth.units import LARGEST_MICROS, MICROS, PriceMicros, ShareMicros, micros

MICROS_PER_CENT = 10_000

_YEAR_ONE = "0001-"
"""Kalshi writes an instant that it does not know as the first second of year 1 (seen 2026-01-12)."""


def dollars(stated: Number, cents: Number, field: str) -> PriceMicros | None:
    """A price from its ``*_dollars`` form, else from its older form in cents; ``None`` when neither is there.

    Args:
        stated: Decimal string of dollars.
        cents: Whole cents.
        field: Name for the message.

    Raises:
        ParseError: Not a number, or not between 0 and 1 dollar.
    """
    if stated is not None and stated != "":
        return _price(stated, field)
    if cents is None or cents == "":
        return None
    if isinstance(cents, str):
        # Archived candles carry dollar strings under the name that held cents before.
        return _price(cents, field)
    return _checked_price(round(cents * MICROS_PER_CENT), cents, field)


def bid(stated: Number, cents: Number, field: str) -> PriceMicros | None:
    """As ``dollars``; a bid of zero means that nobody bids and is ``None``."""
    return dollars(stated, cents, field) or None


def ask(stated: Number, cents: Number, field: str) -> PriceMicros | None:
    """As ``dollars``; an ask of zero or of a whole dollar means that nobody offers and is ``None``."""
    price = dollars(stated, cents, field)
    return None if price in {0, MICROS} else price


def traded(stated: Number, cents: Number, field: str) -> PriceMicros | None:
    """As ``dollars``; a last price of zero means that nothing was traded and is ``None``."""
    return dollars(stated, cents, field) or None


def contracts(stated: Number, whole: Number, field: str) -> float | None:
    """A number of contracts from its ``*_fp`` form, else from the older whole number; ``None`` when neither is there.

    Raises:
        ParseError: Not a finite number.
    """
    value = whole if stated is None or stated == "" else stated
    if value is None or value == "":
        return None
    return _micros(value, field) / MICROS


def size(stated: Number, whole: Number, field: str) -> ShareMicros | None:
    """As ``contracts``, exact in millionths of a contract."""
    value = whole if stated is None or stated == "" else stated
    if value is None or value == "":
        return None
    return ShareMicros(_micros(value, field))


def ppm(value: str | float, field: str) -> int:
    """A factor in millionths.

    Raises:
        ParseError: Not a finite number.
    """
    return _micros(value, field)


@lru_cache(maxsize=16_384)
def instant(value: Text, field: str) -> datetime | None:
    """An instant from ISO text or Unix seconds; ``None`` when it is not there or is the first second of year 1.

    Raises:
        ParseError: It is there and cannot be read.
    """
    if value is None or value == "":
        return None
    try:
        if not isinstance(value, str):
            return datetime.fromtimestamp(value, UTC)
        if value.startswith(_YEAR_ONE):
            return None
        at = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        raise ParseError("bad_time", f"{field}: expected an instant, found {value!r}") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def text(value: Text) -> str | None:
    """An id or a text, without blanks around it; ``None`` when nothing is left."""
    if value is None:
        return None
    return str(value).strip() or None


@lru_cache(maxsize=4_096)
def _price(value: str | float, field: str) -> PriceMicros:
    return _checked_price(_micros(value, field), value, field)


def _checked_price(price: int, value: object, field: str) -> PriceMicros:
    if not 0 <= price <= MICROS:
        raise ParseError("bad_price", f"{field}: expected a price between 0 and 1 dollar, found {value!r}")
    return PriceMicros(price)


def _micros(value: str | float, field: str) -> int:
    try:
        scaled = micros(value)
    except (ValueError, OverflowError):
        raise ParseError("bad_number", f"{field}: expected a number, found {value!r}") from None
    if abs(scaled) > LARGEST_MICROS:
        raise ParseError("bad_number", f"{field}: expected at most {LARGEST_MICROS // MICROS:,}, found {value!r:.60}")
    return scaled
