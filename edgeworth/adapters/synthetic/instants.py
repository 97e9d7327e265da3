"""Instants of the synthetic world: whole seconds since 1970 in UTC, and how each exchange writes them.

No clock is read here or anywhere in the world.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
STEP: Final = 900
"""The world moves every quarter of an hour; between two steps true probabilities and prices stand still."""

_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def to_seconds(instant: datetime) -> int:
    """Whole seconds since 1970, rounded down.

    Raises:
        ValueError: ``instant`` has no time zone.
    """
    if instant.tzinfo is None:
        raise ValueError("expected an instant with a time zone, found a naive one")
    return int(instant.timestamp() // 1)


def to_instant(seconds: int) -> datetime:
    """The aware instant, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=65_536)
def iso(seconds: int) -> str:
    """``2026-07-31T12:00:00Z``."""
    return to_instant(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_fraction(seconds: int, microseconds: int) -> str:
    """``2026-07-31T12:00:00.12345Z``: with as many digits as needed, as the exchanges write it."""
    digits = f"{microseconds:06d}".rstrip("0")
    return f"{iso(seconds)[:-1]}.{digits}Z" if digits else iso(seconds)


@lru_cache(maxsize=65_536)
def gamma_time(seconds: int) -> str:
    """``2026-07-24 00:00:16+00``: Gamma's form for closing and game times, which is not ISO 8601."""
    return to_instant(seconds).strftime("%Y-%m-%d %H:%M:%S+00")


@lru_cache(maxsize=8_192)
def day_code(seconds: int) -> str:
    """``26NOV30``: Kalshi's form inside tickers."""
    at = to_instant(seconds)
    return f"{at.year % 100:02d}{_MONTHS[at.month - 1]}{at.day:02d}"


@lru_cache(maxsize=8_192)
def long_date(seconds: int) -> str:
    """``November 30, 2026``."""
    at = to_instant(seconds)
    return f"{at:%B} {at.day}, {at.year}"


@lru_cache(maxsize=8_192)
def short_date(seconds: int) -> str:
    """``Nov 30, 2026``."""
    at = to_instant(seconds)
    return f"{at:%b} {at.day}, {at.year}"
