"""Kalshi's books, candles and trades as domain values. Payloads follow recorded ones (2026-01-12 and 2026-10-06)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeworth.adapters.kalshi.history import parse_book_item, parse_candles_item, parse_trade_item
from edgeworth.adapters.kalshi.pages import split_listing
from edgeworth.markets.book import BookLevel
from edgeworth.markets.history import Side, Trade
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue

AS_OF = datetime(2026, 10, 6, 12, tzinfo=UTC)

# --- books ----------------------------------------------------------------------------------------------------------


def parse_book(answer: dict[str, Any], ticker: str | None = "KXA-1") -> ParsedItem:
    (item,) = split_listing(json.dumps(answer).encode(), "books").items
    return parse_book_item(item, venue=Venue.KALSHI, as_of=AS_OF, ticker=ticker)


def test_both_sides_are_bids_and_a_bid_for_no_is_an_offer_of_yes() -> None:
    """Yes bids 0.78 to 0.80, No bids 0.17 to 0.19, worst first: Yes is offered from 1 - 0.19 = 0.81 on."""
    parsed = parse_book(
        {
            "orderbook_fp": {
                "yes_dollars": [["0.7800", "45938.68"], ["0.7900", "33328.87"], ["0.8000", "16529.55"]],
                "no_dollars": [["0.1700", "2897298.68"], ["0.1800", "2630402.87"], ["0.1900", "375864.43"]],
            }
        }
    )
    (book,) = parsed.books
    assert (book.market_id, book.outcome_index, book.observed_at) == ("kalshi:KXA-1", 0, AS_OF)
    assert [level.price for level in book.bids] == [800_000, 790_000, 780_000]
    assert [level.price for level in book.asks] == [810_000, 820_000, 830_000]
    assert book.quote.best_bid == BookLevel(800_000, 16_529_550_000)
    assert book.quote.best_ask == BookLevel(810_000, 375_864_430_000)


def test_levels_in_cents_read_the_same() -> None:
    parsed = parse_book({"orderbook": {"yes": [[78, 10], [80, 5]], "no": [[19, 7]]}})
    (book,) = parsed.books
    assert book.bids == (BookLevel(800_000, 5_000_000), BookLevel(780_000, 10_000_000))
    assert book.asks == (BookLevel(810_000, 7_000_000),)


@pytest.mark.parametrize(
    "answer",
    [
        {"orderbook": {"no": None, "no_dollars": None, "yes": None, "yes_dollars": None}},
        {"orderbook_fp": {"yes_dollars": [], "no_dollars": []}},
        {"orderbook_fp": {"yes_dollars": [["0.5000", "0.00"]], "no_dollars": None}},
    ],
)
def test_a_book_without_orders_is_empty_and_no_error(answer: dict[str, Any]) -> None:
    (book,) = parse_book(answer).books
    assert (book.bids, book.asks, book.quote.mid) == ((), (), None)


def test_several_books_say_which_markets_they_are_of() -> None:
    answer = {
        "orderbooks": [
            {"ticker": "KXA-1", "orderbook_fp": {"yes_dollars": [["0.4000", "1.00"]], "no_dollars": []}},
            {"ticker": "KXA-2", "orderbook_fp": {"yes_dollars": [], "no_dollars": [["0.4000", "1.00"]]}},
        ]
    }
    items = split_listing(json.dumps(answer).encode(), "books").items
    books = [parse_book_item(item, venue=Venue.KALSHI, as_of=AS_OF).books[0] for item in items]
    assert [(book.market_native_id, len(book.bids), len(book.asks)) for book in books] == [
        ("KXA-1", 1, 0),
        ("KXA-2", 0, 1),
    ]


@pytest.mark.parametrize(
    ("answer", "ticker", "code"),
    [
        ({"orderbook_fp": {"yes_dollars": [["0.4", "1"]]}}, None, "no_ticker"),
        ({"orderbook_fp": {"yes_dollars": [["0.4"]]}}, "KXA-1", "bad_level"),
        ({"orderbook_fp": {"yes_dollars": [[None, "1"]]}}, "KXA-1", "bad_level"),
        ({"orderbook_fp": {"yes_dollars": [["4.0", "1"]]}}, "KXA-1", "bad_price"),
        ({"orderbook_fp": {"yes_dollars": 3}}, "KXA-1", "wrong_type"),
    ],
)
def test_a_book_that_cannot_be_read_is_refused(answer: dict[str, Any], ticker: str | None, code: str) -> None:
    parsed = parse_book(answer, ticker)
    assert (parsed.rows, [each.code for each in parsed.refusals]) == (1, [code])


# --- candles --------------------------------------------------------------------------------------------------------

END = 1_760_500_800  # 2025-10-15 04:00:00 UTC

LIVE_CENTS = {
    "end_period_ts": END,
    "volume": 4,
    "price": {"close": 9, "close_dollars": "0.0900"},
    "yes_bid": {"close": 8, "close_dollars": "0.0800"},
    "yes_ask": {"close": 11, "close_dollars": "0.1100"},
}
LIVE_DOLLARS = {
    "end_period_ts": END,
    "volume_fp": "4.00",
    "price": {"close_dollars": "0.0900"},
    "yes_bid": {"close_dollars": "0.0800"},
    "yes_ask": {"close_dollars": "0.1100"},
}
ARCHIVED = {
    "end_period_ts": END,
    "volume": "4.00",
    "price": {"close": "0.0900"},
    "yes_bid": {"close": "0.0800"},
    "yes_ask": {"close": "0.1100"},
}


def parse_candles(*candles: dict[str, Any], interval_seconds: int | None = 86_400) -> ParsedItem:
    body = json.dumps({"ticker": "KXA-1", "candlesticks": candles}).encode()
    (item,) = split_listing(body, "candles").items
    return parse_candles_item(item, venue=Venue.KALSHI, interval_seconds=interval_seconds)


@pytest.mark.parametrize("candle", [LIVE_CENTS, LIVE_DOLLARS, ARCHIVED], ids=["cents", "dollars", "archive"])
def test_live_and_archived_candles_read_the_same(candle: dict[str, Any]) -> None:
    (point,) = parse_candles(candle).prices
    assert (point.market_id, point.outcome_index, point.interval_seconds) == ("kalshi:KXA-1", 0, 86_400)
    assert point.at == datetime(2025, 10, 15, 4, tzinfo=UTC)
    assert (point.price, point.bid, point.ask, point.volume) == (90_000, 80_000, 110_000, 4_000_000)


def test_a_candle_without_trades_has_quotes_but_no_price() -> None:
    """The former price (``previous``) is that of another interval."""
    quiet = LIVE_CENTS | {"volume": 0, "price": {"close": None, "previous": 11, "previous_dollars": "0.1100"}}
    (point,) = parse_candles(quiet).prices
    assert (point.price, point.bid, point.ask, point.volume) == (None, 80_000, 110_000, 0)


def test_quotes_of_nothing_are_no_quotes() -> None:
    (point,) = parse_candles(
        LIVE_DOLLARS | {"yes_bid": {"close_dollars": "0"}, "yes_ask": {"close_dollars": "1"}}
    ).prices
    assert (point.bid, point.ask) == (None, None)


def test_a_broken_candle_costs_only_itself() -> None:
    parsed = parse_candles(LIVE_CENTS, LIVE_CENTS | {"end_period_ts": None}, LIVE_CENTS | {"price": 3})
    assert (parsed.rows, len(parsed.prices)) == (3, 1)
    assert [each.code for each in parsed.refusals] == ["no_time", "wrong_type"]


def test_candles_of_an_unknown_interval_are_refused() -> None:
    parsed = parse_candles(LIVE_CENTS, LIVE_CENTS, interval_seconds=None)
    assert (parsed.rows, [each.code for each in parsed.refusals]) == (2, ["no_interval", "no_interval"])


# --- trades ---------------------------------------------------------------------------------------------------------

TRADE = {
    "trade_id": "072530dc",
    "ticker": "KXA-1",
    "created_time": "2026-10-06T06:38:11.436559Z",
    "count_fp": "14.18",
    "yes_price_dollars": "0.8000",
    "no_price_dollars": "0.2000",
    "taker_outcome_side": "no",
    "taker_side": "no",
}


def parse_trade(trade: dict[str, Any]) -> ParsedItem:
    (item,) = split_listing(json.dumps({"trades": [trade], "cursor": ""}).encode(), "trades").items
    return parse_trade_item(item, venue=Venue.KALSHI)


def test_a_taker_of_no_bought_no_at_its_price() -> None:
    assert parse_trade(TRADE).trades == [
        Trade(
            venue=Venue.KALSHI,
            market_native_id="KXA-1",
            trade_id="072530dc",
            outcome_index=1,
            at=datetime(2026, 10, 6, 6, 38, 11, 436559, tzinfo=UTC),
            price=200_000,
            size=14_180_000,
            side=Side.BUY,
        )
    ]


def test_an_older_trade_in_cents_with_one_price_and_the_old_name_of_the_side() -> None:
    old = {"trade_id": "96", "ticker": "KXA-1", "created_time": "2026-01-12T15:00:20Z", "count": 1, "yes_price": 6}
    (trade,) = parse_trade(old | {"taker_side": "no"}).trades
    assert (trade.outcome_index, trade.price, trade.size) == (1, 940_000, 1_000_000)
    (trade,) = parse_trade(old | {"taker_side": "yes"}).trades
    assert (trade.outcome_index, trade.price, trade.side) == (0, 60_000, Side.BUY)
    (trade,) = parse_trade(old).trades
    assert (trade.outcome_index, trade.price, trade.side) == (0, 60_000, None)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("trade_id", None, "no_trade_id"),
        ("ticker", "", "no_ticker"),
        ("created_time", None, "no_created_time"),
        ("count_fp", None, "no_count"),
        ("taker_outcome_side", "maybe", "unknown_side"),
        ("no_price_dollars", "12", "bad_price"),
    ],
)
def test_a_trade_that_lacks_something_is_refused(field: str, value: object, code: str) -> None:
    parsed = parse_trade(TRADE | {field: value})
    assert (parsed.rows, [each.code for each in parsed.refusals]) == (1, [code])
