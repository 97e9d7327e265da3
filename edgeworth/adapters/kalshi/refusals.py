"""Why a Kalshi record was not taken, as one refusal for each way in which reading it can fail."""

from __future__ import annotations

import re

import msgspec

from edgeworth.adapters.kalshi import values
from edgeworth.adapters.kalshi.wire import Text
from edgeworth.errors import ParseError
from edgeworth.markets.listing import ListingItem, Refusal

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")

UNREADABLE = (ParseError, msgspec.DecodeError, UnicodeDecodeError)
"""What reading one record may raise; each becomes a refusal."""


def refusal(kind: str, item: ListingItem, error: Exception, *, native_id: str | None = None) -> Refusal:
    """The refusal of one row of ``item``.

    Args:
        kind: What kind of row it was.
        item: Where it came from.
        error: One of ``UNREADABLE``.
        native_id: The row's key where it is not the item's.
    """
    if isinstance(error, ParseError):
        code, reason = error.code, error.reason
    elif isinstance(error, msgspec.ValidationError):
        code, reason = "wrong_type", f"expected a Kalshi {kind}, found a field of another type: {error}"
    else:
        code, reason = "bad_json", f"expected a Kalshi {kind}, found JSON that cannot be read: {error}"
    key = item.native_id if native_id is None else native_id
    return Refusal(kind=kind, native_id=key, code=code, reason=reason, item_index=item.index)


def required(value: Text, field: str, *, of: str) -> str:
    """The key in a field without which a record cannot be used.

    Args:
        value: As received.
        field: Its name, for the message.
        of: What kind of record it is, for the message.

    Raises:
        ParseError: It is not there, or no ticker or id: letters, digits, dots, hyphens and underscores, because it
            becomes part of keys and of file names.
    """
    key = values.text(value)
    if key is None:
        raise ParseError(f"no_{field}", f"expected {of} to say its {field}, found none")
    if _KEY.fullmatch(key) is None:
        raise ParseError(f"bad_{field}", f"expected letters, digits, dots and hyphens as {field}, found {key[:60]!r}")
    return key
