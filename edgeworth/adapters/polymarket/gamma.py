"""Gamma payloads to events and markets. Pure: the same bytes give the same values.

Rows are markets, and events that were listed without markets. A defect in one market refuses that market alone; a
defect in an event refuses the event (one row more) and keeps its markets.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import Struct

from edgeworth.adapters.polymarket import wire
from edgeworth.adapters.polymarket.settlement import gamma_resolution
from edgeworth.adapters.polymarket.values import (
    check_no_nul,
    checked_id,
    checked_slug,
    decode_failure,
    instant,
    number,
    optional_prices,
    page_url,
    price,
    price_change,
    refusal,
    shares,
    tags_and_category,
    texts,
    token_ids,
)
from edgeworth.errors import ParseError, UnreadableInputError
from edgeworth.markets.categories import tag_slug
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.market import Event, Market, MarketStatus, Outcome
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros

T = TypeVar("T")

_event = msgspec.json.Decoder(wire.GammaEvent)
_event_fields = msgspec.json.Decoder(wire.GammaEventFields)
_event_markets = msgspec.json.Decoder(wire.GammaEventMarkets)
_market = msgspec.json.Decoder(wire.GammaMarket)
_tags = msgspec.json.Decoder(list[wire.Tag])

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)
_SETTLED = frozenset({ResolutionShape.DECIDED, ResolutionShape.VOID, ResolutionShape.SCALAR})


class Tag(Struct, frozen=True, kw_only=True):
    """A tag as the venue names it: the number to filter by, and what a reader sees."""

    native_id: str
    label: str
    slug: str


def parse_event_item(item: ListingItem, *, venue: Venue, as_of: datetime) -> ParsedItem:
    """An event of ``/events`` with its markets; never raises for bad data."""
    reading = _Reading(item, venue, as_of)
    try:
        record = _event.decode(item.raw)
    except _UNREADABLE as error:
        reading.salvage_event(error)
    else:
        reading.take_event_with_markets(record, record.markets)
    return reading.parsed


def parse_market_item(item: ListingItem, *, venue: Venue, as_of: datetime) -> ParsedItem:
    """A market of ``/markets`` with short references to its events; never raises for bad data."""
    reading = _Reading(item, venue, as_of)
    try:
        record = _market.decode(item.raw)
    except _UNREADABLE as error:
        reading.refuse("market", item.native_id, decode_failure(error, "a market"))
    else:
        parents = [reading.take_stub(raw) for raw in record.events or ()]
        reading.take_market(record, parents[0] if parents else _NO_PARENT)
    return reading.parsed


def parse_tags(body: bytes) -> tuple[Tag, ...]:
    """The tags of a page of ``/tags``; those without id or words are left out, they cannot be used.

    Raises:
        UnreadableInputError: It is no list of tags.
    """
    try:
        rows = _tags.decode(body)
    except _UNREADABLE as error:
        raise UnreadableInputError(f"expected a list of Polymarket tags, found something else: {error}") from error
    return tuple(
        Tag(native_id=str(row.id), label=row.label or row.slug or "", slug=row.slug or tag_slug(row.label or ""))
        for row in rows
        if row.id not in {None, ""} and (row.label or row.slug)
    )


class _Parent(Struct):
    """What a market takes from its event."""

    native_id: str | None = None
    url: str | None = None
    tag_slugs: tuple[str, ...] = ()


_NO_PARENT = _Parent()


class _Reading:
    """One item on its way to a ``ParsedItem``: every row of it is taken or refused."""

    def __init__(self, item: ListingItem, venue: Venue, as_of: datetime) -> None:
        self.item = item
        self.venue = venue
        self.as_of = as_of
        self.parsed = ParsedItem()

    def refuse(self, kind: str, native_id: str | None, error: ParseError) -> None:
        self.parsed.rows += 1
        self.parsed.refusals.append(refusal(kind, native_id, error, self.item.index))

    def take_event_with_markets(
        self, record: wire.GammaEventFields, markets: Sequence[wire.GammaMarket] | None
    ) -> None:
        parent = self.take_event(record, market_count=None if markets is None else len(markets))
        if not markets and parent is not None:
            self.parsed.rows += 1
            self.parsed.event_rows += 1
        for market in markets or ():
            self.take_market(market, parent or _NO_PARENT)

    def take_event(self, record: wire.GammaEventFields, *, market_count: int | None) -> _Parent | None:
        try:
            event, parent = _build_event(record, self.venue, self.as_of, market_count=market_count)
        except ParseError as error:
            self.refuse("event", _text_id(record.id) or self.item.native_id, error)
            return None
        self.parsed.events.append(event)
        return parent

    def take_stub(self, raw: msgspec.Raw) -> _Parent:
        try:
            event, parent = _stub(bytes(raw), self.venue, self.as_of)
        except ParseError as error:
            self.refuse("event", None, error)
            return _NO_PARENT
        self.parsed.events.append(event)
        return parent

    def take_market(self, record: wire.GammaMarket, parent: _Parent) -> None:
        try:
            market = _build_market(record, parent, self.venue, self.as_of)
        except ParseError as error:
            self.refuse("market", record.condition_id or _text_id(record.id), error)
        else:
            self.parsed.rows += 1
            self.parsed.markets.append(market)

    def salvage_event(self, error: Exception) -> None:
        """Something in the event cannot be read: refuse that part and take the others."""
        fields = self.decoded(_event_fields)
        holder = self.decoded(_event_markets)
        if fields is None or holder is None:
            self.refuse("event", self.item.native_id, decode_failure(error, "an event"))
        raws = holder.markets if holder is not None else None
        parent = None
        if fields is not None:
            parent = self.take_event(fields, market_count=None if raws is None else len(raws))
            if holder is not None and not raws and parent is not None:
                self.parsed.rows += 1
                self.parsed.event_rows += 1
        for raw in raws or ():
            self.salvage_market(raw, parent or _NO_PARENT)

    def salvage_market(self, raw: msgspec.Raw, parent: _Parent) -> None:
        try:
            record = _market.decode(raw)
        except _UNREADABLE as error:
            self.refuse("market", _id_alone(raw), decode_failure(error, "a market"))
        else:
            self.take_market(record, parent)

    def decoded(self, decoder: msgspec.json.Decoder[T]) -> T | None:
        try:
            return decoder.decode(self.item.raw)
        except _UNREADABLE:
            return None


@lru_cache(maxsize=1024)
def _stub(raw: bytes, venue: Venue, as_of: datetime) -> tuple[Event, _Parent]:
    """The event inside a market record; the markets of one event repeat it, so that most calls find it read."""
    try:
        record = _event_fields.decode(raw)
    except _UNREADABLE as error:
        raise decode_failure(error, "the event of a market") from error
    return _build_event(record, venue, as_of, market_count=None, is_stub=True)


def _build_event(
    record: wire.GammaEventFields, venue: Venue, as_of: datetime, *, market_count: int | None, is_stub: bool = False
) -> tuple[Event, _Parent]:
    native_id = checked_id(_text_id(record.id), "event", "id")
    title = record.title
    if title is None or not title.strip():
        raise ParseError("no_title", f"expected event {native_id} to have a title, found none")
    check_no_nul(title, record.description, record.slug)
    slugs = _tag_slugs(record.tags, record.category)
    tags, category = tags_and_category(slugs)
    is_neg_risk = bool(record.neg_risk or record.enable_neg_risk)
    event = Event(
        venue=venue,
        native_id=native_id,
        title=title,
        as_of=as_of,
        slug=checked_slug(record.slug),
        description=record.description or "",
        category=category,
        tags=tags,
        created_at=instant(record.created_at, "createdAt"),
        updated_at=instant(record.updated_at, "updatedAt"),
        closes_at=instant(record.end_date, "endDate"),
        is_closed=record.closed,
        is_neg_risk=is_neg_risk,
        is_neg_risk_augmented=record.neg_risk_augmented is True,
        is_mutually_exclusive=True if is_neg_risk else None,
        volume_usd=number(record.volume, "volume"),
        volume_24h_usd=number(record.volume24hr, "volume24hr"),
        liquidity_usd=number(record.liquidity, "liquidity"),
        market_count=market_count,
        is_stub=is_stub,
        url=page_url(record.slug, is_synthetic=venue.is_synthetic),
    )
    return event, _Parent(native_id, event.url, slugs)


def _build_market(record: wire.GammaMarket, parent: _Parent, venue: Venue, as_of: datetime) -> Market:
    if not record.condition_id:
        raise ParseError("no_condition_id", f"expected market {_text_id(record.id)} to have a condition id, found none")
    question = record.question
    if question is None or not question.strip():
        raise ParseError("no_question", f"expected market {record.condition_id} to have a question, found none")
    check_no_nul(question, record.description, record.slug)
    listed = optional_prices(record.outcome_prices, "outcomePrices")
    closed_at = instant(record.closed_time, "closedTime")
    resolution = _resolution(record, listed, closed_at)
    slugs = _tag_slugs(record.tags, None) or parent.tag_slugs or _tag_slugs(None, record.category)
    tags, category = tags_and_category(slugs)
    return Market(
        venue=venue,
        native_id=checked_id(record.condition_id, "market", "condition id"),
        question=question,
        rules=record.description or "",
        outcomes=_outcomes(record, listed),
        status=_status(record, resolution),
        as_of=as_of,
        event_native_id=parent.native_id,
        listing_id=_text_id(record.id),
        slug=checked_slug(record.slug),
        category=category,
        tags=tags,
        created_at=instant(record.created_at, "createdAt"),
        updated_at=instant(record.updated_at, "updatedAt"),
        opens_at=instant(record.start_date, "startDate"),
        closes_at=instant(record.end_date, "endDate"),
        closed_at=closed_at,
        # The plain names are text columns that go missing; the ``Num`` ones are the same numbers.
        volume_usd=number(record.volume if record.volume_num is None else record.volume_num, "volume"),
        volume_24h_usd=number(record.volume24hr, "volume24hr"),
        liquidity_usd=number(record.liquidity if record.liquidity_num is None else record.liquidity_num, "liquidity"),
        best_bid=_unless_filler(price(record.best_bid, "bestBid")),
        best_ask=_unless_filler(price(record.best_ask, "bestAsk")),
        last_price=price(record.last_trade_price, "lastTradePrice") or None,
        price_change_24h=price_change(record.one_day_price_change, "oneDayPriceChange"),
        tick_size=price(record.order_price_min_tick_size, "orderPriceMinTickSize") or None,
        min_order_size=shares(record.order_min_size, "orderMinSize"),
        is_neg_risk=record.neg_risk is True,
        is_accepting_orders=record.accepting_orders,
        fee_terms=_fee_terms(record),
        resolution=resolution,
        resolution_source=record.resolution_source or None,
        url=parent.url or page_url(record.slug, is_synthetic=venue.is_synthetic),
    )


def _resolution(
    record: wire.GammaMarket, listed: Sequence[PriceMicros | None], closed_at: datetime | None
) -> Resolution | None:
    if record.closed is not True:
        return None
    known = tuple([each for each in listed if each is not None])
    return gamma_resolution(known if len(known) == len(listed) else (), record.uma_resolution_status, closed_at)


def _status(record: wire.GammaMarket, resolution: Resolution | None) -> MarketStatus:
    if resolution is not None:
        return MarketStatus.RESOLVED if resolution.shape in _SETTLED else MarketStatus.CLOSED
    if record.closed is None and record.active is None:
        raise ParseError(
            "no_status", f'expected market {record.condition_id} to say "closed" or "active", found neither'
        )
    return MarketStatus.UNOPENED if record.active is False else MarketStatus.OPEN


def _outcomes(record: wire.GammaMarket, listed: Sequence[PriceMicros | None]) -> tuple[Outcome, ...]:
    labels = texts(record.outcomes, "outcomes")
    tokens = token_ids(record.clob_token_ids, "clobTokenIds")
    if not labels or not all(labels):
        raise ParseError("no_outcomes", f"expected market {record.condition_id} to name its outcomes, found {labels}")
    check_no_nul("".join(labels))
    for name, found in (("prices", listed), ("token ids", tokens)):
        if found and len(found) != len(labels):
            raise ParseError(
                "outcomes_mismatch",
                f"market {record.condition_id}: expected {len(labels)} {name}, one an outcome, found {len(found)}",
            )
    # Zeros all over stand for "no price", at legacy and at fresh markets alike.
    known = listed if any(listed) else (None,) * len(labels)
    return tuple(
        [
            Outcome(label=label, token_id=token, price=each)
            for label, token, each in zip(labels, tokens or (None,) * len(labels), known, strict=True)
        ]
    )


def _fee_terms(record: wire.GammaMarket) -> FeeTerms | None:
    """``feesEnabled`` and ``feeSchedule`` are the authority; base fees on the market are not rates."""
    if record.fees_enabled is False:
        return _NO_FEES
    schedule = record.fee_schedule
    if schedule is None:
        return None
    rate, exponent = number(schedule.rate, "feeSchedule.rate"), number(schedule.exponent, "feeSchedule.exponent")
    if rate is None or exponent is None:
        return None
    return FeeTerms(
        kind=FeeKind.CURVE,
        rate_ppm=round(rate * 1_000_000),
        exponent_ppm=round(exponent * 1_000_000),
        is_taker_only=schedule.taker_only,
    )


_NO_FEES = FeeTerms(kind=FeeKind.NONE)


def _unless_filler(quote: PriceMicros | None) -> PriceMicros | None:
    """No order can rest at 0 or 1; Gamma writes them where a side of the book is empty."""
    return quote if quote is not None and 0 < quote < MICROS else None


def _tag_slugs(tags: Sequence[wire.Tag] | None, category: str | None) -> tuple[str, ...]:
    """Slugs of ``tags``; of old records without any, the ``category`` word."""
    if tags:
        return tuple([tag.slug or tag.label or "" for tag in tags])
    return (category,) if category else ()


def _text_id(value: int | str | None) -> str | None:
    return None if value is None or value == "" else str(value)


def _id_alone(raw: msgspec.Raw) -> str | None:
    """Some id of a market that cannot be read otherwise."""
    try:
        fields = msgspec.json.decode(raw)
    except _UNREADABLE:
        return None
    if not isinstance(fields, dict):
        return None
    found = fields.get("conditionId") or fields.get("id")
    return str(found)[:100] if isinstance(found, (str, int)) else None
