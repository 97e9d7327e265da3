"""From the body of a Polymarket answer to its items: each object's bytes, digest and id. Nothing else is read.

Digests are seeded with ``PARSER_VERSION``: raising it makes every stored item count as changed, so that a better
parser sees all of them again.
"""

from __future__ import annotations

import re

import msgspec

from edgeworth.adapters.listing_pages import decode_page, listing_items
from edgeworth.adapters.polymarket import wire
from edgeworth.errors import UnreadableInputError
from edgeworth.markets.listing import ListingPage

PARSER_VERSION = 1
"""Raise it whenever parsing gives another result for the same bytes."""

LAST_CURSORS = frozenset({"", "LTE="})
"""Cursors that mean the end: CLOB's is base64 of ``-1``."""

ITEM_KINDS = {
    "events": "event",
    "markets": "market",
    "clob_markets": "exchange_market",
    "trades": "trade",
    "tags": "tag",
    "books": "book",
}
"""Kind of a listing (also its folder in the raw store) -> kind of its items."""

_WRAPPER_KEYS = {"events": "events", "markets": "markets"}
"""Name of the list in the wrapper object; ``data`` for the others."""


class _NumericId(msgspec.Struct):
    id: wire.Id = None


class _ConditionId(msgspec.Struct):
    condition_id: str | None = None


_LEADING_ID = re.compile(rb'\{\s*"id"\s*:\s*"([0-9]+)"')
"""Gamma writes the id first: then nothing else of the object need be read to know it."""

_array = msgspec.json.Decoder(list[msgspec.Raw])
_wrapper = msgspec.json.Decoder(wire.Wrapper)
_numeric_id = msgspec.json.Decoder(_NumericId)
_condition_id = msgspec.json.Decoder(_ConditionId)


def split_listing(body: bytes, kind: str) -> ListingPage:
    """The items of a page, not yet parsed.

    Args:
        body: As received: a bare array, or an object that wraps one (``{"events": [...], "next_cursor": ...}``,
            ``{"data": [...], "pagination": {...}}``). A UTF-8 byte order mark is accepted.
        kind: ``events``, ``markets``, ``clob_markets``, ``trades``, ``tags`` or ``books``.

    Raises:
        UnreadableInputError: It is no such page: HTML, another encoding, cut off, or without the list.
    """
    expected = f"a page of Polymarket {kind}"
    if body.lstrip(b" \t\r\n\xef\xbb\xbf")[:1] == b"{":
        wrapper = decode_page(body, _wrapper, expected=expected)
        objects = _listed(wrapper, kind, expected)
        cursor = wrapper.pagination.next_cursor if wrapper.pagination is not None else wrapper.next_cursor
    else:
        objects = decode_page(body, _array, expected=expected)
        cursor = None
    item_kind = ITEM_KINDS[kind]
    read_id = _exchange_id if item_kind == "exchange_market" else _listing_id if item_kind in _WITH_ID else _no_id
    items = listing_items(objects, kind=item_kind, native_id=read_id, seed=PARSER_VERSION)
    return ListingPage(items=items, next_cursor=None if cursor in LAST_CURSORS else cursor)


_WITH_ID = frozenset({"event", "market", "tag"})


def _listed(wrapper: wire.Wrapper, kind: str, expected: str) -> list[msgspec.Raw]:
    name = _WRAPPER_KEYS.get(kind, "data")
    listed = getattr(wrapper, name)
    if listed is msgspec.UNSET:
        raise UnreadableInputError(f'expected {expected} with a list under "{name}", found an object without it')
    return listed or []


def _listing_id(raw: bytes) -> str | None:
    if (first := _LEADING_ID.match(raw)) is not None:
        return first[1].decode()
    try:
        identity = _numeric_id.decode(raw).id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if identity is None or identity == "" else str(identity)


def _exchange_id(raw: bytes) -> str | None:
    try:
        return _condition_id.decode(raw).condition_id or None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _no_id(raw: bytes) -> str | None:  # noqa: ARG001 - the signature of an id reader
    return None
