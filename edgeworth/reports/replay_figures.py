"""Numbers of the replay room as a page shows them: money, shares, ratios, prices, times. Values in, texts out."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import NamedTuple

from edgeworth.reports.figures import MINUS, MISSING, counted
from edgeworth.reports.rendering import percent

PRICE_DIGITS = 7

_LENGTHS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


class Figure(NamedTuple):
    """A number as it is written, and what it is sorted by (empty: always last)."""

    text: str
    key: str = ""


def money(amount: float | None) -> str:
    """``$1,234.50``, with a minus sign where it is lost."""
    if amount is None or not math.isfinite(amount):
        return MISSING
    text = f"{abs(amount):,.2f}"
    return f"{MINUS if amount < 0.0 and text != '0.00' else ''}${text}"


def gained(amount: float | None) -> str:
    """The same, always signed."""
    text = money(amount)
    return text if amount is None or amount <= 0.0 or text == "$0.00" else f"+{text}"


def share(value: float | None, *, signed: bool = False) -> str:
    """``12.3 %``; ``+12.3 %`` where a sign says something."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = percent(abs(value))
    if not text.strip("0. %"):
        return text
    return f"{MINUS if value < 0.0 else '+' if signed else ''}{text}"


def ratio(value: float | None) -> str:
    """``1.24``."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{abs(value):,.2f}"
    return f"{MINUS if value < 0.0 and text != '0.00' else ''}{text}"


def price(value: float | None) -> str:
    """Seven digits, whatever its size: ``102,345.7``, ``0.4512``."""
    if value is None or not math.isfinite(value):
        return MISSING
    decimals = 2 if value == 0.0 else min(8, max(0, PRICE_DIGITS - 1 - math.floor(math.log10(abs(value)))))
    text = f"{abs(value):,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{MINUS}{text}" if value < 0.0 else text


def scored(score: float) -> Figure:
    """The score of a candidate, signed."""
    return Figure(f"{MINUS if score < 0.0 else '+'}{abs(score):.2f}", f"{score:.4g}")


def length(seconds: int) -> str:
    """``1 hour``, ``15 minutes``."""
    size, word = next(((size, word) for size, word in _LENGTHS if seconds % size == 0), (1, "second"))
    return counted(seconds // size, word)


def moment(at: datetime) -> str:
    """An instant in UTC, to the minute unless it lies within one; for tables that say once that all are UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if at.second else f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def day_text(seconds: float) -> str:
    """The day of an instant in seconds since 1970."""
    return f"{datetime.fromtimestamp(seconds, tz=UTC):%Y-%m-%d}"
