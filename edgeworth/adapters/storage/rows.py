"""Domain values to rows of the catalogue and back. Pure; no connection and no query enters.

Towards the database a row is a tuple of what both drivers take as it is: text, numbers, JSON and instants as text
(sessions on PostgreSQL run in UTC). Back from it SQLAlchemy's types apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct

from edgeworth.markets.change import Terms
from edgeworth.markets.fees import FeeTerms
from edgeworth.markets.listing import Refusal, Series
from edgeworth.markets.market import Event, Market, MarketStatus, Outcome, RecordDetail
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.ports import KnownItem, PageWrite

Row = tuple[Any, ...]

_json = msgspec.json.Encoder()


class Revision(Struct, frozen=True, kw_only=True):
    """One change of a market's terms.

    Attributes:
        revision: 1 for the first change. seen_at: When the new terms were first seen.
        changed: Names of the terms that differ. before, after: The terms up to then and from then on.
    """

    market_id: str
    revision: int
    seen_at: datetime
    changed: tuple[str, ...]
    before: Terms
    after: Terms


class RefusalNote(Struct, kw_only=True):
    """A refusal as it will be stored, with how often the page holds it."""

    refusal: Refusal
    item_digest: str
    times: int = 1


def text(value: str) -> str:
    """``value`` as both databases can hold it: PostgreSQL knows no NUL character, so it is replaced by U+FFFD."""
    return value.replace("\x00", "\ufffd") if "\x00" in value else value


def any_text(value: str) -> str:
    """``text`` of what a program wrote: half characters, which no encoding can say, are replaced too."""
    return text(value).encode("utf-8", "replace").decode("utf-8")


def optional_text(value: str | None) -> str | None:
    """``text`` of a value that may be missing."""
    return None if value is None else text(value)


def json(value: Any) -> str:
    """``value`` as JSON text that both databases can hold."""
    try:
        encoded = _json.encode(value)
    except UnicodeEncodeError:
        encoded = _json.encode(_storable(msgspec.to_builtins(value)))
    # PostgreSQL refuses an escaped NUL too.
    if b"\\u0000" in encoded:
        encoded = _json.encode(_storable(msgspec.json.decode(encoded)))
    return encoded.decode()


def _storable(value: Any) -> Any:
    match value:
        case str():
            return any_text(value)
        case list() | tuple():
            return [_storable(one) for one in value]
        case dict():
            return {any_text(key): _storable(one) for key, one in value.items()}
        case _:
            return value


def instant(value: datetime | None) -> str | None:
    """``value`` as UTC text with microseconds, the form that SQLite's own functions compare with."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(" ", "microseconds")[:26]


def event_row(event: Event, signature: str, first_seen_at: datetime) -> Row:
    """A row of ``venue_event``."""
    seen_at = instant(event.as_of)
    return (
        text(event.event_id),
        event.venue.value,
        event.venue.is_synthetic,
        text(event.native_id),
        text(event.title),
        optional_text(event.slug),
        optional_text(event.category),
        json(event.tags),
        optional_text(event.series_native_id),
        instant(event.created_at),
        instant(event.updated_at),
        instant(event.closes_at),
        event.is_closed,
        event.is_neg_risk,
        event.is_neg_risk_augmented,
        event.is_mutually_exclusive,
        event.volume_usd,
        event.volume_24h_usd,
        event.liquidity_usd,
        event.market_count,
        event.is_stub,
        optional_text(event.url),
        seen_at,
        seen_at if first_seen_at is event.as_of else instant(first_seen_at),
        signature,
        text(event.description),
    )


def market_row(market: Market, signature: str, first_seen_at: datetime, revision_count: int) -> Row:
    """A row of ``market``."""
    resolution, event_id = market.resolution, market.event_id
    payouts = None if resolution is None else resolution.payouts
    seen_at = instant(market.as_of)
    return (
        text(market.market_id),
        market.venue.value,
        market.venue.is_synthetic,
        text(market.native_id),
        optional_text(event_id),
        optional_text(market.listing_id),
        optional_text(market.slug),
        text(market.question),
        optional_text(market.category),
        json(market.tags),
        market.status.value,
        int(market.detail),
        instant(market.created_at),
        instant(market.updated_at),
        instant(market.opens_at),
        instant(market.closes_at),
        instant(market.closed_at),
        market.volume_usd,
        market.volume_24h_usd,
        market.liquidity_usd,
        market.volume_shares,
        market.volume_24h_shares,
        market.open_interest_shares,
        market.best_bid,
        market.best_ask,
        market.last_price,
        market.price_change_24h,
        market.tick_size,
        market.min_order_size,
        market.is_neg_risk,
        market.is_accepting_orders,
        None if market.fee_terms is None else json(market.fee_terms),
        None if resolution is None else resolution.shape.value,
        None if payouts is None else json(payouts),
        None if resolution is None else instant(resolution.resolved_at),
        optional_text(market.resolution_source),
        optional_text(market.url),
        seen_at,
        seen_at if first_seen_at is market.as_of else instant(first_seen_at),
        revision_count,
        signature,
        text(market.rules),
    )


def outcome_rows(market: Market) -> list[Row]:
    """The rows of ``outcome``, one for each outcome in the market's order."""
    market_id = text(market.market_id)
    return [
        (market_id, index, text(outcome.label), optional_text(outcome.token_id), outcome.price)
        for index, outcome in enumerate(market.outcomes)
    ]


def series_row(series: Series, signature: str, first_seen_at: datetime) -> Row:
    """A row of ``series``."""
    return (
        text(series.series_id),
        series.venue.value,
        series.venue.is_synthetic,
        text(series.native_id),
        text(series.title),
        optional_text(series.category),
        json(series.tags),
        optional_text(series.fee_type),
        series.fee_multiplier_ppm,
        instant(series.as_of),
        instant(first_seen_at),
        signature,
    )


def revision_row(revision: Revision, run_id: str) -> Row:
    """A row of ``market_revision``: the terms from then on, and of the earlier ones only what differs."""
    after = revision.after
    return (
        text(revision.market_id),
        revision.revision,
        instant(revision.seen_at),
        text(run_id),
        json(revision.changed),
        after.question,
        after.rules,
        json(after.outcomes),
        instant(after.closes_at),
        json({name: getattr(revision.before, name) for name in revision.changed}),
    )


def revision_of(row: sa.Row[Any]) -> Revision:
    """The revision that ``revision_row`` stored; ``row`` holds every column of ``market_revision``."""
    after = Terms(question=row.question, rules=row.rules, outcomes=tuple(row.outcomes), closes_at=row.closes_at)
    return Revision(
        market_id=row.market_id,
        revision=row.revision,
        seen_at=row.seen_at,
        changed=tuple(row.changed),
        before=msgspec.convert(msgspec.to_builtins(after) | row.previous, Terms),
        after=after,
    )


def refusal_row(note: RefusalNote, refusal_id: str, run_id: str, write: PageWrite) -> Row:
    """A row of ``refusal``, seen once by this page or as often as it stands on it."""
    refusal, seen_at = note.refusal, instant(write.fetched_at)
    return (
        refusal_id,
        write.venue.value,
        write.venue.is_synthetic,
        text(refusal.kind),
        optional_text(refusal.native_id),
        text(refusal.code),
        text(refusal.reason),
        write.position.path,
        write.position.offset,
        refusal.item_index,
        note.item_digest,
        text(run_id),
        seen_at,
        seen_at,
        note.times,
    )


def item_row(venue: Venue, kind: str, native_id: str, known: KnownItem) -> Row:
    """A row of ``listing_item``."""
    return (
        venue.value,
        text(kind),
        text(native_id),
        known.digest,
        known.rows,
        known.refused,
        json(known.refusals) if known.refusals else None,
        known.events,
    )


def stored_terms(terms: Terms) -> Terms:
    """``terms`` as they will be read back."""
    return Terms(
        question=text(terms.question),
        rules=text(terms.rules),
        outcomes=tuple(map(text, terms.outcomes)),
        closes_at=terms.closes_at,
    )


def market_of(row: sa.Row[Any], outcomes: Sequence[Outcome]) -> Market:
    """The market that ``market_row`` stored; ``row`` holds every column of ``market``."""
    venue = Venue(row.venue)
    return Market(
        venue=venue,
        native_id=row.native_id,
        question=row.question,
        rules=row.rules,
        outcomes=tuple(outcomes),
        status=MarketStatus(row.status),
        as_of=row.as_of,
        detail=RecordDetail(row.detail),
        event_native_id=None if row.event_id is None else row.event_id.removeprefix(f"{venue.value}:"),
        listing_id=row.listing_id,
        slug=row.slug,
        category=row.category,
        tags=tuple(row.tags),
        created_at=row.created_at,
        updated_at=row.updated_at,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        closed_at=row.closed_at,
        volume_usd=row.volume_usd,
        volume_24h_usd=row.volume_24h_usd,
        liquidity_usd=row.liquidity_usd,
        volume_shares=row.volume_shares,
        volume_24h_shares=row.volume_24h_shares,
        open_interest_shares=row.open_interest_shares,
        best_bid=row.best_bid_micros,
        best_ask=row.best_ask_micros,
        last_price=row.last_price_micros,
        price_change_24h=row.price_change_24h_micros,
        tick_size=row.tick_size_micros,
        min_order_size=row.min_order_size_micros,
        is_neg_risk=row.is_neg_risk,
        is_accepting_orders=row.is_accepting_orders,
        fee_terms=None if row.fee_terms is None else msgspec.convert(row.fee_terms, FeeTerms),
        resolution=_resolution(row),
        resolution_source=row.resolution_source,
        url=row.url,
    )


def _resolution(row: sa.Row[Any]) -> Resolution | None:
    if row.resolution_shape is None:
        return None
    payouts = row.resolution_payouts_micros
    return Resolution(
        shape=ResolutionShape(row.resolution_shape),
        payouts=None if payouts is None else tuple(payouts),
        resolved_at=row.resolved_at,
    )


def event_of(row: sa.Row[Any]) -> Event:
    """The event that ``event_row`` stored; ``row`` holds every column of ``venue_event``."""
    return Event(
        venue=Venue(row.venue),
        native_id=row.native_id,
        title=row.title,
        as_of=row.as_of,
        slug=row.slug,
        description=row.description,
        category=row.category,
        tags=tuple(row.tags),
        series_native_id=row.series_native_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        closes_at=row.closes_at,
        is_closed=row.is_closed,
        is_neg_risk=row.is_neg_risk,
        is_neg_risk_augmented=row.is_neg_risk_augmented,
        is_mutually_exclusive=row.is_mutually_exclusive,
        volume_usd=row.volume_usd,
        volume_24h_usd=row.volume_24h_usd,
        liquidity_usd=row.liquidity_usd,
        market_count=row.market_count,
        is_stub=row.is_stub,
        url=row.url,
    )


def series_of(row: sa.Row[Any]) -> Series:
    """The series that ``series_row`` stored; ``row`` holds every column of ``series``."""
    return Series(
        venue=Venue(row.venue),
        native_id=row.native_id,
        title=row.title,
        as_of=row.as_of,
        category=row.category,
        tags=tuple(row.tags),
        fee_type=row.fee_type,
        fee_multiplier_ppm=row.fee_multiplier_ppm,
    )
