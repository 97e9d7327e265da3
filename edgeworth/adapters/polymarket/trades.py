"""Data API trades, first and second generation, to domain trades. Pure.

The venue gives a trade no id. One is derived from the record's own fields, so that the same trade has the same id
whenever it is read; fills that are equal in every field are told apart by their order (see ``Occurrences``).
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import xxhash

from edgeworth.adapters.polymarket import wire
from edgeworth.adapters.polymarket.books import Tokens
from edgeworth.adapters.polymarket.splitting import split_listing
from edgeworth.adapters.polymarket.values import checked_id, decode_failure, instant, price, refusal, shares, token_id
from edgeworth.errors import ParseError
from edgeworth.markets.history import Side, Trade
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros

Occurrences = dict[str, int]
"""How often each derived id has been seen in one walk; carried from page to page."""

_v1 = msgspec.json.Decoder(wire.TradeV1)
_v2 = msgspec.json.Decoder(wire.TradeV2)
_SIDES = {"buy": Side.BUY, "sell": Side.SELL}


def parse_trades(
    body: bytes, *, venue: Venue, tokens: Tokens | None = None, seen: Occurrences | None = None
) -> ParsedItem:
    """All trades of a page of ``/trades`` or ``/v2/trades``.

    Args:
        body: A bare array (v1) or an envelope with ``data`` (v2).
        venue: Whose trades.
        tokens: Which outcome a token stands for, where the records do not say.
        seen: See ``Occurrences``; pass the same one for all pages of a walk.

    Raises:
        UnreadableInputError: The body is no such page.
    """
    known = {} if seen is None else seen
    parsed = ParsedItem()
    for item in split_listing(body, "trades").items:
        one = parse_trade_item(item, venue=venue, tokens=tokens, seen=known)
        parsed.rows += one.rows
        parsed.trades += one.trades
        parsed.refusals += one.refusals
    return parsed


def parse_trade_item(
    item: ListingItem, *, venue: Venue, tokens: Tokens | None = None, seen: Occurrences | None = None
) -> ParsedItem:
    """One trade; never raises for bad data."""
    parsed = ParsedItem(rows=1)
    try:
        # The generations differ in the spelling of their keys; no key of one occurs in the other.
        record = _v1.decode(item.raw)
        trade = _v2.decode(item.raw) if record.condition_id is None else record
        parsed.trades.append(_build_trade(trade, venue, tokens or {}, {} if seen is None else seen))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        parsed.refusals.append(refusal("trade", None, decode_failure(error, "a trade"), item.index))
    except ParseError as error:
        parsed.refusals.append(refusal("trade", None, error, item.index))
    return parsed


def _build_trade(record: wire.TradeV1 | wire.TradeV2, venue: Venue, tokens: Tokens, seen: Occurrences) -> Trade:
    native_id = checked_id(record.condition_id, "trade", "condition id")
    token = token_id(record.asset if isinstance(record, wire.TradeV1) else record.token_id)
    at = instant(record.timestamp, "timestamp")
    paid, size = price(record.price, "price"), shares(record.size, "size")
    if at is None or paid is None or size is None:
        raise ParseError(
            "incomplete_trade", f"expected time, price and size in a trade of {native_id}, found one missing"
        )
    side, wallet = trade_side(record.side), record.proxy_wallet or None
    return Trade(
        venue=venue,
        market_native_id=native_id,
        trade_id=derived_trade_id(record.transaction_hash, token, side, paid, size, at, wallet, seen=seen),
        outcome_index=_outcome_index(record, token, tokens),
        at=at,
        price=paid,
        size=size,
        side=side,
        wallet=wallet,
    )


def _outcome_index(record: wire.TradeV1 | wire.TradeV2, token: str | None, tokens: Tokens) -> int:
    known = tokens.get(token) if token is not None else None
    index = record.outcome_index if known is None else known[1]
    if index is None or index < 0:
        raise ParseError("no_outcome", f"expected a trade to say which outcome was traded, found only token {token}")
    return index


def trade_side(text: str | None) -> Side | None:
    """``BUY`` or ``SELL`` in either case; ``None`` when nothing is said.

    Raises:
        ParseError: ``bad_side``.
    """
    if not text:
        return None
    side = _SIDES.get(text.lower())
    if side is None:
        raise ParseError("bad_side", f"expected BUY or SELL as side, found {text!r:.40}")
    return side


def derived_trade_id(
    transaction_hash: str | None,
    token: str | None,
    side: Side | None,
    price: PriceMicros,
    size: ShareMicros,
    at: datetime,
    wallet: str | None,
    *,
    seen: Occurrences,
) -> str:
    """An id that a trade has wherever it is read.

    With a transaction it rests on what stream and Data API both tell, so that both give one trade one id. Without one
    it rests on time and wallet as well.
    """
    fields: tuple[object, ...] = (transaction_hash, token, side, price, size)
    if not transaction_hash:
        fields = (*fields, at.isoformat(), wallet)
    derived = xxhash.xxh3_128_hexdigest("|".join(map(str, fields)))
    seen[derived] = seen.get(derived, 0) + 1
    return derived if seen[derived] == 1 else f"{derived}-{seen[derived]}"
