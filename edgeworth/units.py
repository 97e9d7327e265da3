"""Money, shares and prices as whole millionths, so that sums are exact.

Polymarket settles in units of 1e-6 USDC and 1e-6 shares; Kalshi quotes up to six decimals. A millionth therefore holds
every price and size of both venues exactly. Prices are millionths of a dollar per share, from 0 to 1,000,000.
The three names are distinct types for the checker: dollars plus shares does not type-check.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import NewType

MICROS = 1_000_000
"""Millionths in one dollar or one share."""

LARGEST_MICROS = 2**63 - 1
"""What a 64-bit column holds: nine trillion dollars or shares. Parsers refuse more."""

_FLOAT_HOLDS_MICROS = 2**32
"""Below it, reading and scaling a float err by less than half a millionth together: 0.25 + 0.24."""

PriceMicros = NewType("PriceMicros", int)
"""Price of one share in millionths of a dollar, 0 to 1,000,000."""

UsdMicros = NewType("UsdMicros", int)
"""Dollars in millionths; may be negative."""

ShareMicros = NewType("ShareMicros", int)
"""Shares (contracts) in millionths; may be negative for a short position."""


def micros(value: str | float) -> int:
    """Whole millionths nearest to ``value`` (a number or a decimal string).

    Exact for every decimal string of at most six decimals and 28 digits. A float holds six decimals up to 2**32 only.

    Raises:
        ValueError: ``value`` is not a finite number.
    """
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number, found {value!r}")
    if abs(number) < _FLOAT_HOLDS_MICROS:
        return round(number * MICROS)
    return round(Decimal(value) * MICROS)


def price_micros(value: str | float) -> PriceMicros:
    """``value`` in dollars per share as a price in millionths.

    Raises:
        ValueError: not a number, or outside 0 to 1.
    """
    price = micros(value)
    if not 0 <= price <= MICROS:
        raise ValueError(f"expected a price between 0 and 1, found {value!r}")
    return PriceMicros(price)


def decimal_text(amount: int) -> str:
    """``amount`` millionths as a plain decimal string without trailing zeros (``520000`` -> ``"0.52"``)."""
    sign = "-" if amount < 0 else ""
    whole, fraction = divmod(abs(amount), MICROS)
    digits = f"{fraction:06d}".rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"
