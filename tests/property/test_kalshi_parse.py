"""Whatever Kalshi sends: parsing never raises, and every row is either parsed or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edgeworth.adapters.kalshi.history import parse_book_item, parse_candles_item, parse_trade_item
from edgeworth.adapters.kalshi.pages import split_listing
from edgeworth.adapters.kalshi.parse import parse_event_item, parse_market_item, parse_series_item
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS

AS_OF = datetime(2026, 10, 6, tzinfo=UTC)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
plausible = st.sampled_from(
    ["0.5000", "1.0000", "0.0000", "12.50", "active", "finalized", "yes", "scalar", "", 0, 7, 100]
)

MARKET_FIELDS = [
    "ticker",
    "event_ticker",
    "title",
    "yes_sub_title",
    "status",
    "result",
    "close_time",
    "created_time",
    "settlement_value_dollars",
    "yes_bid",
    "yes_bid_dollars",
    "yes_ask",
    "yes_ask_dollars",
    "last_price",
    "last_price_dollars",
    "previous_price",
    "volume",
    "volume_fp",
    "liquidity",
    "tick_size",
    "price_ranges",
    "rules_primary",
    "rules_secondary",
    "mve_selected_legs",
]
EVENT_FIELDS = [
    "event_ticker",
    "ticker",
    "series_ticker",
    "title",
    "category",
    "tags",
    "settlement_sources",
    "markets",
    "last_updated_ts",
]
SERIES_FIELDS = ["ticker", "title", "category", "categories", "tags", "fee_type", "fee_multiplier"]
TRADE_FIELDS = [
    "trade_id",
    "ticker",
    "created_time",
    "count",
    "count_fp",
    "yes_price",
    "no_price_dollars",
    "taker_outcome_side",
]
CANDLE_FIELDS = ["end_period_ts", "price", "yes_bid", "yes_ask", "volume", "volume_fp"]


def objects(fields: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(fields), plausible | anything, max_size=len(fields))


def is_complete(parsed: ParsedItem) -> bool:
    return parsed.rows == parsed.parsed + len(parsed.refusals) and all(each.reason for each in parsed.refusals)


@given(objects(MARKET_FIELDS))
def test_a_market(market: dict[str, Any]) -> None:
    good = {"ticker": "A", "title": "Will it?", "status": "active"}
    for each in (market, good | market):
        (item,) = split_listing(json.dumps({"markets": [each]}).encode(), "markets").items
        parsed = parse_market_item(item, venue=Venue.KALSHI, as_of=AS_OF, include_combos=True)
        assert is_complete(parsed)
        for read in parsed.markets:
            assert read.question
            for price in (read.best_bid, read.best_ask, read.last_price):
                assert price is None or 0 < price <= MICROS
            assert read.resolution is None or read.resolution.payouts is None or sum(read.resolution.payouts) == MICROS


@given(objects(EVENT_FIELDS), st.lists(objects(MARKET_FIELDS), max_size=3))
def test_an_event(event: dict[str, Any], markets: list[dict[str, Any]]) -> None:
    for each in (event, event | {"event_ticker": "E", "markets": markets}, {"event": event, "markets": markets}):
        (item,) = split_listing(json.dumps({"events": [each]}).encode(), "events").items
        assert is_complete(parse_event_item(item, venue=Venue.KALSHI, as_of=AS_OF))


@given(objects(SERIES_FIELDS))
def test_a_series(series: dict[str, Any]) -> None:
    (item,) = split_listing(json.dumps({"series": [series]}).encode(), "series").items
    assert is_complete(parse_series_item(item, venue=Venue.KALSHI, as_of=AS_OF))


@given(objects(TRADE_FIELDS))
def test_a_trade(trade: dict[str, Any]) -> None:
    (item,) = split_listing(json.dumps({"trades": [trade]}).encode(), "trades").items
    assert is_complete(parse_trade_item(item, venue=Venue.KALSHI))


@given(st.lists(objects(CANDLE_FIELDS) | anything, max_size=4))
def test_candles(candles: list[Any]) -> None:
    (item,) = split_listing(json.dumps({"ticker": "A", "candlesticks": candles}).encode(), "candles").items
    parsed = parse_candles_item(item, venue=Venue.KALSHI, interval_seconds=60)
    assert is_complete(parsed)
    assert parsed.rows == len(candles)


levels = st.lists(
    st.tuples(st.integers(1, 99).map(lambda cents: f"{cents / 100:.4f}"), st.integers(1, 10**9).map(str)), max_size=8
)


@given(levels, levels)
def test_a_book_keeps_every_contract_and_lists_the_best_price_first(
    yes: list[tuple[str, str]], no: list[tuple[str, str]]
) -> None:
    body = json.dumps({"orderbook_fp": {"yes_dollars": yes, "no_dollars": no}}).encode()
    (item,) = split_listing(body, "books").items
    (book,) = parse_book_item(item, venue=Venue.KALSHI, as_of=AS_OF, ticker="A").books
    assert sum(level.size for level in book.bids) == sum(int(size) for _, size in yes) * MICROS
    assert sum(level.size for level in book.asks) == sum(int(size) for _, size in no) * MICROS
    assert [level.price for level in book.bids] == sorted((level.price for level in book.bids), reverse=True)
    assert [level.price for level in book.asks] == sorted(level.price for level in book.asks)
    if no:
        assert book.asks[0].price == MICROS - max(round(float(price) * MICROS) for price, _ in no)


@given(anything, st.sampled_from(["ticker", "orderbook", "orderbook_fp"]))
def test_any_book(value: Any, field: str) -> None:
    (item,) = split_listing(json.dumps({"orderbooks": [{"ticker": "A", field: value}]}).encode(), "books").items
    assert is_complete(parse_book_item(item, venue=Venue.KALSHI, as_of=AS_OF))
