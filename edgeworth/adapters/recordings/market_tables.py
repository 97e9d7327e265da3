"""Rows of recorded tables that are markets or events. Pure; see ``tables`` for the layouts."""

from __future__ import annotations

from datetime import datetime

import msgspec

from edgeworth.adapters.polymarket import values
from edgeworth.adapters.polymarket.parse import parse_exchange_market_item
from edgeworth.adapters.recordings.cells import Cells, RowContext, flag
from edgeworth.errors import ParseError
from edgeworth.markets.categories import categorise, visible_tags
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.market import Event, Market, MarketStatus, Outcome, RecordDetail
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.units import MICROS, PriceMicros

_PENDING = Resolution(shape=ResolutionShape.PENDING)

_NESTED_CELLS = frozenset({"tokens", "tags"})
_FLAG_CELLS = frozenset({"active", "closed", "archived", "accepting_orders", "neg_risk", "is_50_50_outcome"})
_NUMBER_CELLS = frozenset({"minimum_order_size", "minimum_tick_size"})
_TEXT_CELLS = frozenset({"condition_id", "question", "description", "market_slug", "end_date_iso", "game_start_time"})
_EXCHANGE_CELLS = sorted(_NESTED_CELLS | _FLAG_CELLS | _NUMBER_CELLS | _TEXT_CELLS)


def piped_market(cells: Cells, context: RowContext) -> ParsedItem:
    """A flattened market with pipes between its outcomes, and the short reference to its event."""
    labels = [label for label in cells["outcomes"].split("|") if label]
    outcomes = tuple(Outcome(label=label) for label in labels)
    closed_at = values.instant(cells.get("closed_time"), "closed_time")
    status, resolution = _ending(cells, labels, closed_at)
    tags = visible_tags(cells.get("tag_labels", "").split("|"))
    event_id = cells.get("event_id") or None
    slug = values.checked_slug(cells.get("event_slug"))
    url = values.page_url(slug, is_synthetic=context.venue.is_synthetic)
    market = Market(
        venue=context.venue,
        native_id=_condition_id(cells),
        question=_question(cells["market_question"]),
        rules="",
        outcomes=outcomes,
        status=status,
        as_of=context.as_of,
        detail=RecordDetail.FLAT,
        event_native_id=event_id,
        listing_id=cells.get("market_id") or None,
        slug=values.checked_slug(cells.get("market_slug")),
        category=categorise(tags),
        tags=tags,
        opens_at=values.instant(cells.get("start_date"), "start_date"),
        closes_at=values.instant(cells.get("end_date"), "end_date"),
        closed_at=closed_at,
        volume_usd=values.number(cells.get("volume_usd"), "volume_usd"),
        liquidity_usd=values.number(cells.get("liquidity_usd"), "liquidity_usd"),
        resolution=resolution,
        resolution_source=cells.get("resolution_source") or None,
        url=url,
    )
    return ParsedItem(
        markets=[market],
        events=[] if event_id is None else [_stub(event_id, cells.get("event_title"), slug, tags, context)],
    )


def token_market(cells: Cells, context: RowContext) -> ParsedItem:
    """A table without outcomes: tokens are known, what they stand for is not, so the labels stay empty."""
    tokens = values.token_ids(cells["clob_token_ids"], "clob_token_ids")
    status, resolution = _ending(cells, [], None)
    market = Market(
        venue=context.venue,
        native_id=_condition_id(cells),
        question=_question(cells["question"]),
        rules=cells.get("description", ""),
        outcomes=tuple(Outcome(label="", token_id=token) for token in tokens),
        status=status,
        as_of=context.as_of,
        detail=RecordDetail.FLAT,
        listing_id=cells.get("market_id") or None,
        slug=values.checked_slug(cells.get("slug")),
        created_at=values.instant(cells.get("created_at"), "created_at"),
        closes_at=values.instant(cells.get("end_date"), "end_date"),
        volume_usd=values.number(cells.get("volume"), "volume"),
        liquidity_usd=values.number(cells.get("liquidity"), "liquidity"),
        resolution=resolution,
    )
    return ParsedItem(markets=[market])


def answer_market(cells: Cells, context: RowContext) -> ParsedItem:
    """poly_data v1 and PolyMkt. Its ``neg_risk`` means "augmented or other" and is not ours: left alone."""
    outcomes = tuple(
        Outcome(label=cells[f"answer{number}"], token_id=values.token_id(cells[f"token{number}"]))
        for number in (1, 2)
        if cells[f"answer{number}"]
    )
    closed_at = values.instant(cells.get("closedTime"), "closedTime")
    event_id = cells.get("eventId") or None
    tags = visible_tags([cells["category"]]) if cells.get("category") else ()
    slug = values.checked_slug(cells.get("ticker"))
    market = Market(
        venue=context.venue,
        native_id=_condition_id(cells),
        question=_question(cells["question"]),
        rules=cells.get("description", ""),
        outcomes=outcomes,
        status=MarketStatus.OPEN if closed_at is None else MarketStatus.CLOSED,
        as_of=context.as_of,
        detail=RecordDetail.FLAT,
        event_native_id=event_id,
        listing_id=cells.get("id") or None,
        slug=values.checked_slug(cells.get("market_slug")),
        category=categorise(tags),
        tags=tags,
        created_at=values.instant(cells.get("createdAt"), "createdAt"),
        closed_at=closed_at,
        volume_usd=values.number(cells.get("volume"), "volume"),
        resolution=None if closed_at is None else _PENDING,
        url=values.page_url(slug, is_synthetic=context.venue.is_synthetic),
    )
    return ParsedItem(markets=[market])


def exchange_market(cells: Cells, context: RowContext) -> ParsedItem:
    """poly_data v2: every field of the exchange's market as a cell."""
    record = {name: _cell_value(name, cells[name]) for name in _EXCHANGE_CELLS if cells.get(name)}
    native_id = cells["condition_id"] or None
    raw = msgspec.json.encode(record)
    item = ListingItem(kind="exchange_market", native_id=native_id, raw=raw, digest="", index=0)
    parsed = parse_exchange_market_item(item, venue=context.venue, as_of=context.as_of)
    for refusal in parsed.refusals:
        raise ParseError(refusal.code, refusal.reason)
    return parsed


def event_row(cells: Cells, context: RowContext) -> ParsedItem:
    """An event of PolyMkt."""
    tags = visible_tags(values.texts(cells.get("tags"), "tags"))
    event = Event(
        venue=context.venue,
        native_id=values.checked_id(cells["eventId"], "event", "eventId"),
        title=cells["title"],
        as_of=context.as_of,
        description=cells.get("description", ""),
        category=categorise(tags),
        tags=tags,
        created_at=values.instant(cells.get("createdAt"), "createdAt"),
        # Thinner than the venue's own record, which it must not replace.
        is_stub=True,
    )
    return ParsedItem(event_rows=1, events=[event])


def _ending(cells: Cells, labels: list[str], closed_at: datetime | None) -> tuple[MarketStatus, Resolution | None]:
    """By the closed flag first, then by the named winner; closed without a winner is pending."""
    if not flag(cells["closed"], "closed"):
        return MarketStatus.OPEN, None
    winner = cells.get("resolved_outcome") or None
    if winner is None:
        return MarketStatus.CLOSED, _PENDING
    if winner not in labels:
        raise ParseError("unknown_winner", f"expected one of {labels} as resolved_outcome, found {winner!r}")
    payouts = tuple(PriceMicros(MICROS if label == winner else 0) for label in labels)
    return MarketStatus.RESOLVED, Resolution(shape=ResolutionShape.DECIDED, payouts=payouts, resolved_at=closed_at)


def _condition_id(cells: Cells) -> str:
    return values.checked_id(cells["condition_id"], "market", "condition_id")


def _question(text: str) -> str:
    question = " ".join(text.split())
    if not question:
        raise ParseError("no_question", "expected a question, found an empty cell")
    return question


def _stub(native_id: str, title: str | None, slug: str | None, tags: tuple[str, ...], context: RowContext) -> Event:
    return Event(
        venue=context.venue,
        native_id=values.checked_id(native_id, "event", "event_id"),
        title=title or "",
        as_of=context.as_of,
        slug=slug,
        category=categorise(tags),
        tags=tags,
        is_stub=True,
        url=values.page_url(slug, is_synthetic=context.venue.is_synthetic),
    )


def _cell_value(name: str, cell: str) -> object:
    if name in _NESTED_CELLS:
        try:
            return msgspec.json.decode(cell, type=msgspec.Raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ParseError("bad_list", f"expected JSON in {name}, found {cell[:40]!r}") from error
    if name in _FLAG_CELLS:
        return flag(cell, name)
    return values.number(cell, name) if name in _NUMBER_CELLS else cell
