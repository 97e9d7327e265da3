"""CSV layouts: which are known, and one row of each as domain values. Pure.

A row is stored as the JSON object of its header and cells; columns that are not named here are ignored. Most of these
tables are flattened copies of Polymarket's listings (``RecordDetail.FLAT``): few columns, never better than the record.

Layouts: poly_data v1 and PolyMkt (``answer1``, ``token1``, ...), poly_data v2 (the exchange's own record, nested values
as JSON in a cell: as good as that record, ``RecordDetail.EXCHANGE``), PolyMkt events, and two collections of closed
markets as published by their authors, one with pipes between outcomes and a resolved outcome, one with token ids only.
Prices, trades and fills name markets by Gamma's number or by tokens: read only where the condition id is known. Tables
of bars (``bar_tables``) belong to no market.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from edgeworth.adapters.polymarket import values
from edgeworth.adapters.recordings.bar_tables import bar_row, is_bar_header
from edgeworth.adapters.recordings.cells import Cells, RowContext, Tokens
from edgeworth.adapters.recordings.history_tables import fill_row, price_row, trade_row
from edgeworth.adapters.recordings.market_tables import (
    answer_market,
    event_row,
    exchange_market,
    piped_market,
    token_market,
)
from edgeworth.errors import ParseError
from edgeworth.markets.listing import ListingItem, ParsedItem, Refusal
from edgeworth.markets.venue import Venue

__all__ = ["BARS", "LAYOUTS", "LAYOUTS_BY_NAME", "Layout", "RowContext", "Tokens", "layout_of", "parse_row"]

_cells_decoder = msgspec.json.Decoder(Cells)


class Layout(Struct, frozen=True, kw_only=True):
    """One kind of table.

    Attributes:
        name: Kind of its items. row_kind: What one row is, for refusals.
        columns: All of these must be in the header.
        key: The column with the row's native id, if it has one.
        read: One row to what it holds.
        venue: Whose rows they are.
    """

    name: str
    row_kind: str
    columns: frozenset[str]
    key: str | None
    read: Callable[[Cells, RowContext], ParsedItem]
    venue: Venue = Venue.POLYMARKET


def parse_row(item: ListingItem, layout: Layout, context: RowContext) -> ParsedItem:
    """One row of ``layout``; refused when a cell cannot be read.

    Args:
        item: The row as a JSON object.
        layout: Of the table.
        context: What the row does not say.
    """
    try:
        cells = _cells_decoder.decode(item.raw)
        values.check_no_nul(*cells.values())
        parsed = layout.read(cells, context)
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
    found = next((layout for layout in LAYOUTS if layout.columns <= columns), None)
    return BARS if found is None and is_bar_header(header) else found


def _layout(name: str, row_kind: str, columns: str, key: str | None, read: Callable[..., ParsedItem]) -> Layout:
    return Layout(name=name, row_kind=row_kind, columns=frozenset(columns.split()), key=key, read=read)


LAYOUTS = (
    _layout(
        "piped_market",
        "market",
        "market_id market_question condition_id closed outcomes resolved_outcome",
        "condition_id",
        piped_market,
    ),
    _layout(
        "answer_market",
        "market",
        "id question answer1 answer2 token1 token2 condition_id",
        "condition_id",
        answer_market,
    ),
    _layout(
        "token_market", "market", "market_id question closed clob_token_ids condition_id", "condition_id", token_market
    ),
    _layout("exchange_row", "market", "condition_id question tokens closed", "condition_id", exchange_market),
    _layout("event_row", "event", "eventId tags title", "eventId", event_row),
    _layout("price_row", "price", "token_id timestamp price", None, price_row),
    _layout(
        "trade_row",
        "trade",
        "timestamp market_id maker taker nonusdc_side taker_direction price token_amount transactionHash",
        None,
        trade_row,
    ),
    _layout(
        "fill_row",
        "trade",
        "timestamp maker makerAssetId makerAmountFilled taker takerAssetId takerAmountFilled transactionHash",
        None,
        fill_row,
    ),
)
"""Known tables; the first whose columns are all there."""

BARS = Layout(
    name="bar_row",
    row_kind="bar",
    columns=frozenset({"date", "open", "high", "low", "close"}),
    key=None,
    read=bar_row,
    venue=Venue.SPOT,
)
"""Told by ``is_bar_header``: its columns have several names."""

LAYOUTS_BY_NAME = {layout.name: layout for layout in (*LAYOUTS, BARS)}
