"""Cells of recorded tables: what every reader of a row shares. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from edgeworth.errors import ParseError
from edgeworth.markets.venue import Venue

Cells = dict[str, str]
"""A row by its header."""

Tokens = Mapping[str, tuple[str, int]]
"""Token id -> condition id and index of the outcome."""


class BarTerms(Struct, frozen=True, kw_only=True):
    """What all bars of a table have in common; see ``edgeworth.markets.bars.Bar``."""

    asset: str
    unit: str
    interval_seconds: int
    source: str


class RowContext(Struct, frozen=True, kw_only=True):
    """What a row does not say. ``bars``: of a table of bars."""

    venue: Venue
    as_of: datetime
    tokens: Tokens
    bars: BarTerms | None = None


def flag(text: str, column: str) -> bool:
    """The truth value in ``text``.

    Args:
        text: Of the cell.
        column: For the message.

    Raises:
        ParseError: It is neither true nor false.
    """
    value = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.strip().lower())
    if value is None:
        raise ParseError("bad_flag", f"expected true or false in {column}, found {text[:40]!r}")
    return value
