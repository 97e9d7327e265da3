"""The exchange's own list of markets (CLOB ``/markets``) to domain markets. Pure.

It is the complete list, but a thin one: tokens and winners, no volumes and no events (``RecordDetail.EXCHANGE``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from edgeworth.adapters.polymarket import wire
from edgeworth.adapters.polymarket.settlement import exchange_resolution
from edgeworth.adapters.polymarket.values import (
    check_no_nul,
    checked_id,
    checked_slug,
    decode_failure,
    instant,
    page_url,
    price,
    refusal,
    shares,
    tags_and_category,
    token_id,
)
from edgeworth.errors import ParseError
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.market import Market, MarketStatus, Outcome, RecordDetail
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue

_market = msgspec.json.Decoder(wire.ClobMarket)

_UNSETTLED = frozenset({ResolutionShape.PENDING, ResolutionShape.ZERO_ZERO})


def parse_exchange_market_item(item: ListingItem, *, venue: Venue, as_of: datetime) -> ParsedItem:
    """A row of CLOB ``/markets``; never raises for bad data."""
    parsed = ParsedItem(rows=1)
    try:
        parsed.markets.append(_build_market(_market.decode(item.raw), venue, as_of))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        parsed.refusals.append(
            refusal("market", item.native_id, decode_failure(error, "a market"), item.index),
        )
    except ParseError as error:
        parsed.refusals.append(refusal("market", item.native_id, error, item.index))
    return parsed


def _build_market(record: wire.ClobMarket, venue: Venue, as_of: datetime) -> Market:
    if not record.condition_id:
        raise ParseError(
            "no_condition_id", f"expected market {record.market_slug!r:.80} to have a condition id, found none"
        )
    if not record.question or not record.question.strip():
        raise ParseError("no_question", f"expected market {record.condition_id} to have a question, found none")
    check_no_nul(record.question, record.description, record.market_slug)
    outcomes = _outcomes(record)
    resolution = _resolution(record, outcomes)
    tags, category = tags_and_category(tuple(record.tags or ()))
    return Market(
        venue=venue,
        native_id=checked_id(record.condition_id, "market", "condition id"),
        question=record.question,
        rules=record.description or "",
        outcomes=outcomes,
        status=_status(record, resolution),
        as_of=as_of,
        detail=RecordDetail.EXCHANGE,
        slug=checked_slug(record.market_slug),
        category=category,
        tags=tags,
        closes_at=instant(record.end_date_iso, "end_date_iso"),
        tick_size=price(record.minimum_tick_size, "minimum_tick_size") or None,
        min_order_size=shares(record.minimum_order_size, "minimum_order_size"),
        is_neg_risk=record.neg_risk is True,
        is_accepting_orders=record.accepting_orders,
        resolution=resolution,
        url=page_url(record.market_slug, is_synthetic=venue.is_synthetic),
    )


def _outcomes(record: wire.ClobMarket) -> tuple[Outcome, ...]:
    listed = record.tokens or ()
    if not listed or not all(token.outcome for token in listed):
        raise ParseError("no_outcomes", f"expected market {record.condition_id} to name its outcomes, found none")
    check_no_nul(*(token.outcome for token in listed))
    prices = [price(token.price, "price") for token in listed]
    # Zeros all over stand for "no price".
    known = prices if any(prices) else [None] * len(prices)
    return tuple(
        Outcome(label=token.outcome or "", token_id=token_id(token.token_id), price=each)
        for token, each in zip(listed, known, strict=True)
    )


def _resolution(record: wire.ClobMarket, outcomes: Sequence[Outcome]) -> Resolution | None:
    if record.closed is not True:
        return None
    tokens = record.tokens or ()
    prices = [price(token.price, "price") for token in tokens]
    known = [each for each in prices if each is not None]
    winners = [index for index, token in enumerate(tokens) if token.winner is True]
    return exchange_resolution(
        known if len(known) == len(prices) else (),
        winners,
        outcomes=len(outcomes),
        is_even_split=record.is_50_50_outcome is True,
    )


def _status(record: wire.ClobMarket, resolution: Resolution | None) -> MarketStatus:
    if resolution is not None:
        return MarketStatus.CLOSED if resolution.shape in _UNSETTLED else MarketStatus.RESOLVED
    if record.closed is None and record.active is None:
        raise ParseError(
            "no_status", f'expected market {record.condition_id} to say "closed" or "active", found neither'
        )
    return MarketStatus.UNOPENED if record.active is False else MarketStatus.OPEN
