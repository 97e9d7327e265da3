"""Books, midpoints, price histories and trades: worst price first becomes best first, and every row is accounted for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeworth.adapters.polymarket.parse import (
    parse_book,
    parse_books,
    parse_midpoints,
    parse_price_history,
    parse_trades,
)
from edgeworth.errors import UnreadableInputError
from edgeworth.markets.book import BookLevel
from edgeworth.markets.history import Side
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros

PM = Venue.POLYMARKET
NOW = datetime(2026, 11, 21, tzinfo=UTC)
TOKENS = {"111": ("0xaa", 0), "222": ("0xaa", 1)}
BOOK: dict[str, Any] = {
    "market": "0xaa",
    "asset_id": "111",
    "timestamp": "1766789469958",
    "hash": "abc",
    "bids": [{"price": "0.01", "size": "5"}, {"price": "0.39", "size": "10"}],
    "asks": [{"price": "0.99", "size": "1"}, {"price": "0.41", "size": "7.25"}],
    "tick_size": "0.01",
}


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def level(price: int, size: int) -> BookLevel:
    return BookLevel(PriceMicros(price), ShareMicros(size))


def test_a_book_is_turned_best_price_first() -> None:
    (book,) = parse_book(encoded(BOOK), venue=PM, tokens=TOKENS).books
    assert book.bids == (level(390_000, 10_000_000), level(10_000, 5_000_000))
    assert book.asks == (level(410_000, 7_250_000), level(990_000, 1_000_000))
    assert (book.market_id, book.outcome_index, book.token_id) == ("polymarket:0xaa", 0, "111")
    assert book.observed_at == datetime(2025, 12, 26, 22, 51, 9, 958000, tzinfo=UTC)
    assert (book.tick_size, book.hash) == (10_000, "abc")
    assert book.quote.mid == 400_000


def test_a_book_may_have_one_side_or_none() -> None:
    (book,) = parse_book(encoded({**BOOK, "bids": [], "asks": None}), venue=PM, tokens=TOKENS).books
    assert book.bids == book.asks == ()
    assert book.quote.mid is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"asset_id": "333"}, "unknown_token"),
        ({"asset_id": None}, "unknown_token"),
        ({"timestamp": None}, "no_time"),
        ({"bids": [{"price": "0.5", "size": "1"}]}, "crossed_book"),
        ({"bids": [{"price": "1.5", "size": "1"}]}, "bad_price"),
        ({"bids": [{"price": "0.1", "size": "-1"}]}, "bad_size"),
        ({"bids": [{"price": "0.1"}]}, "bad_level"),
        ({"bids": "none"}, "wrong_type"),
    ],
)
def test_one_bad_book_does_not_cost_the_others(changes: dict[str, Any], code: str) -> None:
    found = parse_books(encoded([{**BOOK, **changes}, {**BOOK, "asset_id": "222"}]), venue=PM, tokens=TOKENS)
    assert [each.outcome_index for each in found.books] == [1]
    assert [(each.code, each.item_index) for each in found.refusals] == [(code, 0)]
    assert found.rows == 2


def test_levels_of_size_zero_are_no_orders() -> None:
    bids = [{"price": "0.1", "size": "0"}, {"price": "0.2", "size": "3"}]
    (book,) = parse_book(encoded({**BOOK, "bids": bids}), venue=PM, tokens=TOKENS).books
    assert book.bids == (level(200_000, 3_000_000),)


def test_midpoints_are_prices_of_the_moment_they_were_fetched() -> None:
    found = parse_midpoints(b'{"111":"0.0215","333":"0.5","222":"?"}', venue=PM, tokens=TOKENS, as_of=NOW)
    assert [(each.outcome_index, each.price, each.at, each.interval_seconds) for each in found.prices] == [
        (0, 21_500, NOW, 0)
    ]
    assert [each.code for each in found.refusals] == ["unknown_token", "bad_price"]
    assert found.rows == 3


def test_a_price_history_is_points_in_time() -> None:
    body = b'{"history":[{"t":1710000000,"p":0.5},{"t":1710003600,"p":"0.25"},{"t":null,"p":0.1},{"t":1,"p":null},7]}'
    found = parse_price_history(body, venue=PM, market_native_id="0xaa", outcome_index=1, interval_seconds=3600)
    assert [(each.at, each.price) for each in found.prices] == [
        (datetime(2024, 3, 9, 16, tzinfo=UTC), 500_000),
        (datetime(2024, 3, 9, 17, tzinfo=UTC), 250_000),
    ]
    assert {each.outcome_index for each in found.prices} == {1}
    assert [each.code for each in found.refusals] == ["no_time", "no_price", "wrong_type"]
    assert found.rows == 5


def test_an_empty_history_is_no_error_but_no_history_is() -> None:
    arguments: dict[str, Any] = {"venue": PM, "market_native_id": "0xaa", "outcome_index": 0, "interval_seconds": 60}
    assert parse_price_history(b'{"history":[]}', **arguments).rows == 0
    for body in (b'{"error":"no"}', b"[]", b"<html>"):
        with pytest.raises(UnreadableInputError, match="price history"):
            parse_price_history(body, **arguments)


V1: dict[str, Any] = {
    "asset": "222", "conditionId": "0xaa", "side": "BUY", "price": 0.55, "size": 100.0, "timestamp": 1710000000,
    "transactionHash": "0xdd", "proxyWallet": "0x11", "outcomeIndex": 1,
}  # fmt: skip
V2: dict[str, Any] = {
    "token_id": "222", "condition_id": "0xaa", "side": "BUY", "price": 0.55, "size": 100.0, "timestamp": 1710000000,
    "transaction_hash": "0xdd", "proxy_wallet": "0x11", "outcome_index": 1,
}  # fmt: skip


def test_both_generations_of_the_data_api_say_the_same() -> None:
    (first,) = parse_trades(encoded([V1]), venue=PM).trades
    (second,) = parse_trades(
        encoded({"data": [V2], "pagination": {"has_more": False, "next_cursor": None}}), venue=PM
    ).trades
    assert first == second
    assert (first.price, first.size, first.side, first.wallet) == (550_000, 100_000_000, Side.BUY, "0x11")
    assert (first.market_id, first.outcome_index) == ("polymarket:0xaa", 1)
    assert first.at == datetime(2024, 3, 9, 16, tzinfo=UTC)


def test_equal_fills_of_one_transaction_stay_two_and_are_the_same_two_when_read_again() -> None:
    once = [each.trade_id for each in parse_trades(encoded([V1, V1, {**V1, "size": 1}]), venue=PM).trades]
    assert len(set(once)) == 3
    assert [each.trade_id for each in parse_trades(encoded([V1, V1, {**V1, "size": 1}]), venue=PM).trades] == once


def test_equal_fills_on_two_pages_of_a_walk_stay_two() -> None:
    seen: dict[str, int] = {}
    ids = {each.trade_id for _ in range(2) for each in parse_trades(encoded([V1]), venue=PM, seen=seen).trades}
    assert len(ids) == 2


def test_the_outcome_of_a_trade_is_told_by_its_token_when_it_does_not_say() -> None:
    record = {key: value for key, value in V1.items() if key != "outcomeIndex"}
    assert parse_trades(encoded([record]), venue=PM, tokens=TOKENS).trades[0].outcome_index == 1
    (refused,) = parse_trades(encoded([record]), venue=PM).refusals
    assert refused.code == "no_outcome"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"conditionId": ""}, "no_id"),
        ({"price": None}, "incomplete_trade"),
        ({"timestamp": None}, "incomplete_trade"),
        ({"side": "HOLD"}, "bad_side"),
        ({"size": -1}, "bad_size"),
        ({"price": []}, "wrong_type"),
    ],
)
def test_a_trade_that_cannot_be_read_is_refused(changes: dict[str, Any], code: str) -> None:
    found = parse_trades(encoded([{**V1, **changes}, V1]), venue=PM)
    assert (found.rows, len(found.trades)) == (2, 1)
    assert [each.code for each in found.refusals] == [code]
