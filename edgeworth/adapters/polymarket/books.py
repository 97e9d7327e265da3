"""CLOB books, midpoints and price histories to domain values. Pure.

Books list the worst price first. Token ids say nothing of the outcome they stand for; callers pass what they know of
the tokens they asked for (``Tokens``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from edgeworth.adapters.listing_pages import decode_page
from edgeworth.adapters.polymarket import wire
from edgeworth.adapters.polymarket.values import decode_failure, instant, price, refusal, shares, token_id
from edgeworth.errors import ParseError, UnreadableInputError
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.history import PricePoint
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros

Tokens = Mapping[str, tuple[str, int]]
"""Token id -> the market's native id and the index of the outcome."""

_book = msgspec.json.Decoder(wire.Book)
_raws: msgspec.json.Decoder[Sequence[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_midpoints = msgspec.json.Decoder(dict[str, float | str | None])
_history = msgspec.json.Decoder(wire.PriceHistory)
_point = msgspec.json.Decoder(wire.PricePoint)

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)


def parse_book(body: bytes, *, venue: Venue, tokens: Tokens) -> ParsedItem:
    """The book of ``/book``.

    Raises:
        UnreadableInputError: The body is no book.
    """
    record = decode_page(body, _book, expected="a Polymarket book")
    parsed = ParsedItem(rows=1)
    _take_book(record, 0, parsed, venue, tokens)
    return parsed


def parse_books(body: bytes, *, venue: Venue, tokens: Tokens) -> ParsedItem:
    """The books of ``POST /books``.

    Raises:
        UnreadableInputError: The body is no array.
    """
    raws = decode_page(body, _raws, expected="a list of Polymarket books")
    parsed = ParsedItem(rows=len(raws))
    for index, raw in enumerate(raws):
        try:
            record = _book.decode(raw)
        except _UNREADABLE as error:
            parsed.refusals.append(refusal("book", None, decode_failure(error, "a book"), index))
        else:
            _take_book(record, index, parsed, venue, tokens)
    return parsed


def _take_book(record: wire.Book, index: int, parsed: ParsedItem, venue: Venue, tokens: Tokens) -> None:
    try:
        parsed.books.append(build_book(record, venue=venue, tokens=tokens))
    except ParseError as error:
        parsed.refusals.append(refusal("book", str(record.asset_id or "")[:100] or None, error, index))


def build_book(record: wire.Book, *, venue: Venue, tokens: Tokens) -> OrderBook:
    """A book of the wire as a book of the domain, best price first.

    Raises:
        ParseError: It cannot be read, is crossed, or is of a token that is not in ``tokens``.
    """
    token = token_id(record.asset_id)
    native_id, outcome_index = _asked_for(token, tokens)
    observed_at = instant(record.timestamp, "timestamp")
    if observed_at is None:
        raise ParseError("no_time", f"expected the book of token {token} to carry its time, found none")
    bids = tuple([BookLevel(*each) for each in sorted(levels(record.bids, "bids").items(), reverse=True)])
    asks = tuple([BookLevel(*each) for each in sorted(levels(record.asks, "asks").items())])
    if bids and asks and bids[0].price >= asks[0].price:
        raise ParseError(
            "crossed_book",
            f"token {token}: expected the best bid below the best ask, found {bids[0].price} and {asks[0].price} "
            "millionths",
        )
    return OrderBook(
        venue=venue,
        market_native_id=native_id,
        outcome_index=outcome_index,
        bids=bids,
        asks=asks,
        observed_at=observed_at,
        token_id=token,
        tick_size=price(record.tick_size, "tick_size"),
        hash=record.hash or None,
    )


def levels(side: Sequence[wire.Level] | None, field: str) -> dict[PriceMicros, ShareMicros]:
    """Sizes by price; levels of size 0 are no orders, sizes at one price add up.

    Raises:
        ParseError: A level without price or size, or with one that cannot be read.
    """
    found: dict[PriceMicros, ShareMicros] = {}
    for level in side or ():
        at, size = price(level.price, field), shares(level.size, field)
        if at is None or size is None:
            raise ParseError("bad_level", f"expected price and size at every level of {field}, found one without")
        if size:
            found[at] = ShareMicros(found.get(at, 0) + size)
    return found


def parse_midpoints(body: bytes, *, venue: Venue, tokens: Tokens, as_of: datetime) -> ParsedItem:
    """The answer of ``POST /midpoints`` as price points of the instant ``as_of`` (the venue states no time).

    Raises:
        UnreadableInputError: The body is no object of token ids and prices.
    """
    mids = decode_page(body, _midpoints, expected="Polymarket midpoints by token id")
    parsed = ParsedItem(rows=len(mids))
    for index, (token, mid) in enumerate(mids.items()):
        try:
            native_id, outcome_index = _asked_for(token, tokens)
            point = _point_at(as_of, price(mid, "mid"), venue, native_id, outcome_index, 0)
        except ParseError as error:
            parsed.refusals.append(refusal("price", token[:100], error, index))
        else:
            parsed.prices.append(point)
    return parsed


def parse_price_history(
    body: bytes, *, venue: Venue, market_native_id: str, outcome_index: int, interval_seconds: int
) -> ParsedItem:
    """The points of ``/prices-history`` for one token.

    Raises:
        UnreadableInputError: The body is not ``{"history": [...]}``.
    """
    expected = "a Polymarket price history"
    history = decode_page(body, _history, expected=expected).history
    if isinstance(history, msgspec.UnsetType):
        raise UnreadableInputError(f'expected {expected} with a list under "history", found an object without it')
    parsed = ParsedItem(rows=len(history or ()))
    for index, raw in enumerate(history or ()):
        try:
            record = _point.decode(raw)
            point = _point_at(
                instant(record.t, "t"), price(record.p, "p"), venue, market_native_id, outcome_index, interval_seconds
            )
        except _UNREADABLE as error:
            failure = decode_failure(error, "a price point")
            parsed.refusals.append(refusal("price", market_native_id, failure, index))
        except ParseError as error:
            parsed.refusals.append(refusal("price", market_native_id, error, index))
        else:
            parsed.prices.append(point)
    return parsed


def _point_at(
    at: datetime | None,
    found: PriceMicros | None,
    venue: Venue,
    native_id: str,
    outcome_index: int,
    interval_seconds: int,
) -> PricePoint:
    if at is None:
        raise ParseError("no_time", "expected a price point to carry its time, found none")
    if found is None:
        raise ParseError("no_price", "expected a price point to carry a price, found none")
    return PricePoint(
        venue=venue,
        market_native_id=native_id,
        outcome_index=outcome_index,
        at=at,
        interval_seconds=interval_seconds,
        price=found,
    )


def _asked_for(token: str | None, tokens: Tokens) -> tuple[str, int]:
    if token is None or token not in tokens:
        raise ParseError("unknown_token", f"expected a token that was asked for, found {token!r:.90}")
    return tokens[token]
