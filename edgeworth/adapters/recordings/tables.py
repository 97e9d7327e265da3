"""CSV layouts: which are known, and one row of each as domain values. Pure.

A row is stored as the JSON object of its header and cells; columns that are not named here are ignored. These tables
are flattened copies of Polymarket's listings (``RecordDetail.FLAT``): few columns, never better than the real record.

Layouts: poly_data v1 and PolyMkt (``answer1``, ``token1``, ...), PolyMkt events, and two collections of closed markets
as published by their authors, one with pipes between outcomes and a resolved outcome, one with token ids only. Prices,
trades and on-chain fills name markets by Gamma's number or by tokens: read only where the condition id is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from edgeworth.adapters.polymarket import values
from edgeworth.errors import ParseError
from edgeworth.markets.categories import categorise, visible_tags
from edgeworth.markets.history import PricePoint, Side, Trade
from edgeworth.markets.listing import ListingItem, ParsedItem, Refusal
from edgeworth.markets.market import Event, Market, MarketStatus, Outcome, RecordDetail
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros, ShareMicros

Cells = dict[str, str]
Tokens = Mapping[str, tuple[str, int]]
"""Token id -> condition id and index of the outcome."""

_cells_decoder = msgspec.json.Decoder(Cells)

_PENDING = Resolution(shape=ResolutionShape.PENDING)


class RowContext(Struct, frozen=True, kw_only=True):
    """What a row does not say."""

    venue: Venue
    as_of: datetime
    tokens: Tokens


class Layout(Struct, frozen=True, kw_only=True):
    """One kind of table.

    Attributes:
        name: Kind of its items. row_kind: What one row is, for refusals.
        columns: All of these must be in the header.
        key: The column with the row's native id, if it has one.
        read: One row to what it holds.
    """

    name: str
    row_kind: str
    columns: frozenset[str]
    key: str | None
    read: Callable[[Cells, RowContext], ParsedItem]


def parse_row(item: ListingItem, layout: Layout, context: RowContext) -> ParsedItem:
    """One row of ``layout``; refused when a cell cannot be read.

    Args:
        item: The row as a JSON object.
        layout: Of the table.
        context: What the row does not say.
    """
    try:
        parsed = layout.read(_cells_decoder.decode(item.raw), context)
    except ParseError as error:
        refusal = Refusal(
            kind=layout.row_kind,
            native_id=item.native_id,
            code=error.code,
            reason=error.reason,
            item_index=item.index,
        )
        return ParsedItem(rows=1, refusals=[refusal])
    parsed.rows = 1
    return parsed


def layout_of(header: Sequence[str]) -> Layout | None:
    """The layout whose columns are all in ``header``; ``None`` for an unknown table."""
    columns = {name.strip() for name in header}
    return next((layout for layout in LAYOUTS if layout.columns <= columns), None)


def _piped_market(cells: Cells, context: RowContext) -> ParsedItem:
    labels = [label for label in cells["outcomes"].split("|") if label]
    outcomes = tuple(Outcome(label=label) for label in labels)
    closed_at = values.instant(cells.get("closed_time"), "closed_time")
    status, resolution = _ending(cells, labels, closed_at)
    tags = visible_tags(cells.get("tag_labels", "").split("|"))
    event_id = cells.get("event_id") or None
    slug = cells.get("event_slug") or None
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
        slug=cells.get("market_slug") or None,
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


def _token_market(cells: Cells, context: RowContext) -> ParsedItem:
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
        slug=cells.get("slug") or None,
        created_at=values.instant(cells.get("created_at"), "created_at"),
        closes_at=values.instant(cells.get("end_date"), "end_date"),
        volume_usd=values.number(cells.get("volume"), "volume"),
        liquidity_usd=values.number(cells.get("liquidity"), "liquidity"),
        resolution=resolution,
    )
    return ParsedItem(markets=[market])


def _answer_market(cells: Cells, context: RowContext) -> ParsedItem:
    """poly_data v1 and PolyMkt. Its ``neg_risk`` means "augmented or other" and is not ours: left alone."""
    outcomes = tuple(
        Outcome(label=cells[f"answer{number}"], token_id=values.token_id(cells[f"token{number}"]))
        for number in (1, 2)
        if cells[f"answer{number}"]
    )
    closed_at = values.instant(cells.get("closedTime"), "closedTime")
    event_id = cells.get("eventId") or None
    tags = visible_tags([cells["category"]]) if cells.get("category") else ()
    slug = cells.get("ticker") or None
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
        slug=cells.get("market_slug") or None,
        category=categorise(tags),
        tags=tags,
        created_at=values.instant(cells.get("createdAt"), "createdAt"),
        closed_at=closed_at,
        volume_usd=values.number(cells.get("volume"), "volume"),
        resolution=None if closed_at is None else _PENDING,
        url=values.page_url(slug, is_synthetic=context.venue.is_synthetic),
    )
    return ParsedItem(markets=[market])


def _event(cells: Cells, context: RowContext) -> ParsedItem:
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


def _price(cells: Cells, context: RowContext) -> ParsedItem:
    native_id, index = _token_owner(cells["token_id"], context)
    at = values.instant(cells["timestamp"], "timestamp")
    price = values.price(cells["price"], "price")
    if at is None or price is None:
        raise ParseError("no_price", "expected a timestamp and a price, found an empty cell")
    point = PricePoint(
        venue=context.venue,
        market_native_id=native_id,
        outcome_index=index,
        at=at,
        interval_seconds=0,
        price=price,
    )
    return ParsedItem(prices=[point])


def _trade(cells: Cells, context: RowContext) -> ParsedItem:
    """A row of ``processed/trades.csv``: poly_data v2 names the market by condition id, v1 by Gamma's number."""
    market = cells["market_id"]
    if not market.startswith("0x"):
        raise ParseError(
            "no_condition_id", f"expected the market's condition id in market_id, found {market[:40]!r}: Gamma's number"
        )
    index = {"token1": 0, "yes": 0, "token2": 1, "no": 1}.get(cells["nonusdc_side"].lower())
    side = {"buy": Side.BUY, "sell": Side.SELL}.get(cells["taker_direction"].lower())
    at = values.instant(cells["timestamp"], "timestamp")
    price = values.price(cells["price"], "price")
    size = values.shares(cells["token_amount"], "token_amount")
    if index is None or at is None or price is None or size is None:
        raise ParseError("incomplete_trade", "expected side, timestamp, price and token_amount, found one missing")
    trade = Trade(
        venue=context.venue,
        market_native_id=values.checked_id(market, "market", "market_id"),
        trade_id=":".join([cells["transactionHash"], cells["maker"], cells["nonusdc_side"], cells["token_amount"]]),
        outcome_index=index,
        at=at,
        price=price,
        size=size,
        side=side,
        wallet=cells["taker"] or None,
    )
    return ParsedItem(trades=[trade])


def _fill(cells: Cells, context: RowContext) -> ParsedItem:
    """An on-chain fill seen from the taker. Asset ``0`` is USDC; whole numbers are millionths."""
    maker_pays = cells["makerAssetId"] == "0"
    token = cells["takerAssetId"] if maker_pays else cells["makerAssetId"]
    native_id, index = _token_owner(token, context)
    amounts = [_amount(cells[column], column) for column in ("makerAmountFilled", "takerAmountFilled")]
    cash, shares = amounts if maker_pays else reversed(amounts)
    at = values.instant(cells["timestamp"], "timestamp")
    if at is None or shares <= 0 or not 0 <= cash <= shares:
        raise ParseError("incomplete_trade", "expected a timestamp, shares and at most a dollar for each, found others")
    trade = Trade(
        venue=context.venue,
        market_native_id=native_id,
        trade_id=":".join([cells["transactionHash"], cells["maker"], token[:12], str(shares)]),
        outcome_index=index,
        at=at,
        price=PriceMicros(round(cash * MICROS / shares)),
        size=ShareMicros(shares),
        side=Side.SELL if maker_pays else Side.BUY,
        wallet=cells["taker"] or None,
    )
    return ParsedItem(trades=[trade])


def _amount(text: str, column: str) -> int:
    """Millionths: a whole number is them, a decimal one counts units."""
    if text.isdigit():
        return int(text)
    amount = values.shares(text, column)
    if amount is None:
        raise ParseError("incomplete_trade", f"expected an amount in {column}, found an empty cell")
    return amount


def _ending(cells: Cells, labels: list[str], closed_at: datetime | None) -> tuple[MarketStatus, Resolution | None]:
    """By the closed flag first, then by the named winner; closed without a winner is pending."""
    if not _flag(cells["closed"], "closed"):
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


def _flag(text: str, column: str) -> bool:
    flag = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.strip().lower())
    if flag is None:
        raise ParseError("bad_flag", f"expected true or false in {column}, found {text[:40]!r}")
    return flag


def _token_owner(token: str, context: RowContext) -> tuple[str, int]:
    owner = context.tokens.get(token)
    if owner is None:
        raise ParseError(
            "unknown_token",
            f"expected a token of a known market, found {token[:12]}...: ingest the markets first, this table does not "
            "name them by condition id",
        )
    return owner


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


def _layout(name: str, row_kind: str, columns: str, key: str | None, read: Callable[..., ParsedItem]) -> Layout:
    return Layout(name=name, row_kind=row_kind, columns=frozenset(columns.split()), key=key, read=read)


LAYOUTS = (
    _layout(
        "piped_market",
        "market",
        "market_id market_question condition_id closed outcomes resolved_outcome",
        "condition_id",
        _piped_market,
    ),
    _layout(
        "answer_market",
        "market",
        "id question answer1 answer2 token1 token2 condition_id",
        "condition_id",
        _answer_market,
    ),
    _layout(
        "token_market", "market", "market_id question closed clob_token_ids condition_id", "condition_id", _token_market
    ),
    _layout("event_row", "event", "eventId tags title", "eventId", _event),
    _layout("price_row", "price", "token_id timestamp price", None, _price),
    _layout(
        "trade_row",
        "trade",
        "timestamp market_id maker taker nonusdc_side taker_direction price token_amount transactionHash",
        None,
        _trade,
    ),
    _layout(
        "fill_row",
        "trade",
        "timestamp maker makerAssetId makerAmountFilled taker takerAssetId takerAmountFilled transactionHash",
        None,
        _fill,
    ),
)
"""Known tables; the first whose columns are all there."""

LAYOUTS_BY_NAME = {layout.name: layout for layout in LAYOUTS}
