"""Single values of Polymarket payloads: dates in all their forms, numbers in strings, JSON inside strings.

Absent stays ``None``; what cannot be read raises ``ParseError`` with the field's wire name. Knows no records.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from urllib.parse import quote

import msgspec

from edgeworth.errors import ParseError
from edgeworth.markets.categories import categorise, visible_tags
from edgeworth.markets.listing import Refusal
from edgeworth.units import LARGEST_MICROS, MICROS, PriceMicros, ShareMicros

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECONDS_FROM = 100_000_000_000
"""A unix time from here on is in milliseconds: as seconds it would lie in the year 5138."""

T = TypeVar("T")

LONGEST_ID = 100
LONGEST_SLUG = 500

SITE = "https://polymarket.com/event/"

_texts = msgspec.json.Decoder(list[str] | None)
_numbers = msgspec.json.Decoder(list[float | str] | None)
_ids = msgspec.json.Decoder(list[int | str] | None)


def number(value: float | str | None, field: str) -> float | None:
    """``value`` as a finite float.

    Raises:
        ParseError: ``bad_number``.
    """
    if value is None or value == "":
        return None
    try:
        result = float(value)
    except ValueError:
        result = math.nan
    if not math.isfinite(result):
        raise ParseError("bad_number", f"expected a number in {field}, found {_shown(value)}")
    return result


def price(value: float | str | None, field: str) -> PriceMicros | None:
    """``value`` in dollars per share.

    Raises:
        ParseError: ``bad_price``: not a number, or outside 0 to 1.
    """
    if value is None or value == "":
        return None
    try:
        result = float(value)
    except ValueError:
        result = math.nan
    if not 0.0 <= result <= 1.0:
        raise ParseError("bad_price", f"expected a price between 0 and 1 in {field}, found {_shown(value)}")
    return PriceMicros(round(result * MICROS))


def price_change(value: float | str | None, field: str) -> int | None:
    """``value`` in dollars per share as signed millionths.

    Raises:
        ParseError: ``bad_number``.
    """
    result = number(value, field)
    return None if result is None else _micros(result, field)


def shares(value: float | str | None, field: str) -> ShareMicros | None:
    """``value`` as a size in shares.

    Raises:
        ParseError: ``bad_number``, or ``bad_size`` when it is negative.
    """
    result = number(value, field)
    if result is None:
        return None
    if result < 0:
        raise ParseError("bad_size", f"expected a size of 0 or more in {field}, found {_shown(value)}")
    return ShareMicros(_micros(result, field))


def _micros(value: float, field: str) -> int:
    scaled = round(value * MICROS)
    if abs(scaled) > LARGEST_MICROS:
        raise ParseError("bad_number", f"expected at most {LARGEST_MICROS // MICROS:,} in {field}, found {value!r}")
    return scaled


def instant(value: float | str | None, field: str) -> datetime | None:
    """``value`` as an instant in UTC; a date without a zone is meant in UTC, a bare date is its midnight.

    Reads ISO 8601 with any number of fraction digits, ``2026-07-24 00:00:16+00``, bare dates, and unix seconds or
    milliseconds as numbers or strings. Go's zero time (year 1) means absent.

    Raises:
        ParseError: ``bad_date``.
    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str) and not value.isdigit():
            at = datetime.fromisoformat(value)
            if at.tzinfo is not UTC:
                at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        else:
            at = unix_instant(float(value))
    except (ValueError, OverflowError) as error:
        raise ParseError("bad_date", f"expected a date in {field}, found {_shown(value)}") from error
    return None if at.year == 1 else at


def unix_instant(stamp: float) -> datetime:
    """Unix seconds or milliseconds, told apart by size.

    Raises:
        OverflowError: No calendar holds it.
        ValueError: It is not a number.
    """
    return EPOCH + (timedelta(milliseconds=stamp) if stamp >= MILLISECONDS_FROM else timedelta(seconds=stamp))


def texts(value: str | list[str] | None, field: str) -> list[str]:
    """A list of strings, also as JSON inside a string; empty when absent.

    Raises:
        ParseError: ``bad_list``.
    """
    return (_inner(_texts, value, field) if isinstance(value, str) else value) or []


def optional_prices(value: str | list[float | str] | None, field: str) -> tuple[PriceMicros | None, ...]:
    """A list of prices, also as JSON inside a string; empty when absent, ``None`` for an empty string in it.

    Raises:
        ParseError: ``bad_list`` or ``bad_price``.
    """
    listed = (_inner(_numbers, value, field) if isinstance(value, str) else value) or []
    return tuple([price(each, field) for each in listed])


def token_ids(value: str | list[int | str] | None, field: str) -> list[str | None]:
    """A list of token ids as decimal strings, also as JSON inside a string; empty when absent.

    Raises:
        ParseError: ``bad_list`` or ``bad_token_id``.
    """
    listed = (_inner(_ids, value, field) if isinstance(value, str) else value) or []
    return [token_id(each) for each in listed]


def token_id(value: int | str | None) -> str | None:
    """A token id as its decimal string; up to 78 digits, so never a number.

    Raises:
        ParseError: ``bad_token_id``.
    """
    if value is None or value == "":
        return None
    text = str(value)
    if not (text.isascii() and text.isdigit()):
        raise ParseError("bad_token_id", f"expected a token id of decimal digits, found {_shown(text)}")
    return text


def checked_id(value: str | None, what: str, field: str) -> str:
    """``value`` as a key: ASCII letters and digits only, because it becomes part of keys and of file names.

    Raises:
        ParseError: ``bad_id``, or ``no_id`` when it is absent.
    """
    if not value:
        raise ParseError("no_id", f"expected the {field} of the {what}, found none")
    if not (value.isascii() and value.isalnum() and len(value) <= LONGEST_ID):
        raise ParseError("bad_id", f"expected letters and digits as {field} of the {what}, found {_shown(value)}")
    return value


def checked_slug(value: str | None) -> str | None:
    """``value`` as the name of a page at the venue; ``None`` when it is absent.

    Raises:
        ParseError: ``bad_slug``: longer than an index of a database takes.
    """
    if value is not None and len(value) > LONGEST_SLUG:
        raise ParseError("bad_slug", f"expected a slug of at most {LONGEST_SLUG} characters, found {len(value):,}")
    return value or None


def check_no_nul(*values: str | None) -> None:
    """Refuse text that no database stores.

    Raises:
        ParseError: ``nul_character``.
    """
    if any(value is not None and "\x00" in value for value in values):
        raise ParseError("nul_character", "expected text, found a NUL character in it, which no database stores")


def tags_and_category(slugs: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    """Tags that a reader should see, and the category they name."""
    return _tags_and_category(slugs)


@lru_cache(maxsize=4096)
def _tags_and_category(slugs: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
    return visible_tags(slugs), categorise(slugs)


def page_url(slug: str | None, *, is_synthetic: bool) -> str | None:
    """The venue's own page; ``None`` for an invented market, which has none."""
    if not slug or is_synthetic:
        return None
    return SITE + (slug if slug.isascii() and slug.replace("-", "").isalnum() else quote(slug, safe=""))


def decode_failure(error: Exception, what: str) -> ParseError:
    """A decoder's error as a refusal: ``wrong_type`` for a field, ``unreadable`` for broken JSON or text."""
    if isinstance(error, msgspec.ValidationError):
        return ParseError("wrong_type", f"expected {what} as documented, found another type: {error}")
    return ParseError("unreadable", f"expected {what} as JSON in UTF-8, found something that cannot be read: {error}")


def refusal(kind: str, native_id: str | None, error: ParseError, index: int) -> Refusal:
    """``error`` as the refusal of the row at ``index`` of its page."""
    return Refusal(kind=kind, native_id=native_id, code=error.code, reason=error.reason, item_index=index)


def _inner(decoder: msgspec.json.Decoder[T], value: str, field: str) -> T | None:
    if not value:
        return None
    try:
        return decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ParseError("bad_list", f"expected a JSON list in {field}, found {_shown(value)}") from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
