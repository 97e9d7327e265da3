"""Pages of Kalshi's listings split into items, not yet parsed. Pure.

A page is told by the key that holds its list. Some answers give one object instead of a list, or candles and books
under several names; each becomes items of one shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import xxhash
from msgspec import UNSET, Raw, UnsetType

from edgeworth.adapters.kalshi import values
from edgeworth.adapters.kalshi.wire import KeyWire, PageWire
from edgeworth.adapters.listing_pages import decode_page, listing_items
from edgeworth.errors import UnreadableInputError
from edgeworth.markets.listing import ListingPage, Series

PARSER_VERSION = 1
"""Raise it whenever parsing gives another result for the same bytes: it seeds the digests of all items."""

_page_decoder = msgspec.json.Decoder(PageWire)
_key_decoder = msgspec.json.Decoder(KeyWire)
_list_decoder = msgspec.json.Decoder(list[Raw])

_KEYS_BY_KIND = {
    "events": ("events", "event"),
    "markets": ("markets", "market"),
    "trades": ("trades",),
    "series": ("series",),
    "candles": ("markets", "candlesticks"),
    "books": ("orderbooks", "orderbook_fp", "orderbook"),
}
"""Where the objects of each kind of page stand: the list first, then the single object."""

_ITEM_KIND_BY_KIND = {
    "events": "event",
    "markets": "market",
    "trades": "trade",
    "series": "series",
    "candles": "candles",
    "books": "book",
}


def split_listing(body: bytes, kind: str, *, seed: int = PARSER_VERSION) -> ListingPage:
    """The items of a page, not yet parsed. An item of ``candles`` is all candles of one market.

    Args:
        body: As received.
        kind: ``events``, ``markets``, ``trades``, ``series``, ``candles`` or ``books``.
        seed: Of the digests. Another one where the same bytes are to be parsed another way.

    Raises:
        UnreadableInputError: The body is not such a page.
    """
    expected = f"a page of Kalshi {kind}"
    page = decode_page(body, _page_decoder, expected=expected)
    objects = _objects(page, body, kind)
    if objects is None:
        names = " or ".join(f"'{name}'" for name in _KEYS_BY_KIND[kind])
        raise UnreadableInputError(f"expected {expected} with the key {names}, found JSON without it")
    items = listing_items(objects, kind=_ITEM_KIND_BY_KIND[kind], native_id=native_id, seed=seed)
    return ListingPage(items=items, next_cursor=page.cursor or None)


def digest_seed(series: Mapping[str, Series], *, include_combos: bool) -> int:
    """The seed by which digests differ where the same bytes give another market.

    Args:
        series: Known series by ticker: other fees and tags make another market.
        include_combos: Whether combos are kept.
    """
    known = sorted(
        (
            each.native_id,
            each.fee_type or "",
            -1 if each.fee_multiplier_ppm is None else each.fee_multiplier_ppm,
            ",".join(each.tags),
        )
        for each in series.values()
    )
    if not known and not include_combos:
        return PARSER_VERSION
    return xxhash.xxh3_64_intdigest(msgspec.msgpack.encode([PARSER_VERSION, include_combos, known]))


def native_id(raw: bytes | Raw) -> str | None:
    """The ticker (or trade id) of an object, read without parsing the rest; ``None`` when it cannot be read."""
    try:
        keys = _key_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if keys.event is not UNSET:
        return native_id(keys.event)
    # An event of v2 has no ticker of its own, a trade has its id besides the ticker of its market.
    for key in (keys.trade_id, keys.ticker, keys.ticker_name, keys.market_ticker, keys.event_ticker):
        if key is not None:
            return values.text(key)
    return None


def _objects(page: PageWire, body: bytes, kind: str) -> Iterable[Raw | bytes] | None:
    for name in _KEYS_BY_KIND[kind]:
        value: Raw | UnsetType = getattr(page, name)
        if value is UNSET:
            continue
        if bytes(value).strip() == b"null":
            return []
        if bytes(value).lstrip()[:1] == b"[" and name != "candlesticks":
            return _list_decoder.decode(value)
        # The whole answer: an event's markets, a candle list's ticker and a book's type stand beside the key.
        return [body] if kind in {"events", "candles", "books"} else [bytes(value)]
    return None
