"""Messages of the market channel: every spelling, what a book is afterwards, and when a book is held for lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeworth.adapters.polymarket.feed import MarketFeed
from edgeworth.markets.book import OrderBook
from edgeworth.markets.history import Side
from edgeworth.markets.venue import Venue

AT = datetime(2025, 12, 26, 22, 51, 9, 958000, tzinfo=UTC)
STAMP = "1766789469958"
TOKENS = {"111": ("0xaa", 0), "222": ("0xaa", 1)}
SNAPSHOT: dict[str, Any] = {
    "event_type": "book", "market": "0xaa", "asset_id": "111", "timestamp": STAMP, "hash": "h1",
    "bids": [{"price": "0.48", "size": "30"}, {"price": "0.49", "size": "20"}, {"price": "0.50", "size": "15"}],
    "asks": [{"price": "0.54", "size": "10"}, {"price": "0.53", "size": "40"}, {"price": "0.52", "size": "25"}],
}  # fmt: skip


def new_feed(*messages: object) -> MarketFeed:
    feed = MarketFeed(TOKENS, venue=Venue.POLYMARKET)
    for message in messages:
        assert feed.receive(json.dumps(message)) == []
    return feed


def changes(*each: dict[str, Any], **fields: Any) -> dict[str, Any]:
    listed = [{"asset_id": "111", "side": "BUY", **change} for change in each]
    return {"event_type": "price_change", "market": "0xaa", "timestamp": STAMP, "price_changes": listed, **fields}


def the_book(feed: MarketFeed, token: str = "111") -> OrderBook:
    found = feed.state(token).book(venue=Venue.POLYMARKET, market_native_id="0xaa", outcome_index=0, token_id=token)
    assert found is not None
    return found


def levels(feed: MarketFeed) -> tuple[dict[int, int], dict[int, int]]:
    book = the_book(feed)
    return (
        {each.price // 10_000: each.size // 1_000_000 for each in book.bids},
        {each.price // 10_000: each.size // 1_000_000 for each in book.asks},
    )


def test_a_snapshot_is_the_book_best_price_first() -> None:
    feed = new_feed(SNAPSHOT)
    book = the_book(feed)
    assert [each.price for each in book.bids] == [500_000, 490_000, 480_000]
    assert [each.price for each in book.asks] == [520_000, 530_000, 540_000]
    assert (book.observed_at, book.hash) == (AT, "h1")


def test_a_change_states_the_new_total_and_zero_removes_the_level() -> None:
    feed = new_feed(
        SNAPSHOT,
        changes(
            {"price": "0.50", "size": "7"},
            {"price": "0.49", "size": "0"},
            {"price": "0.52", "size": "0", "side": "SELL"},
        ),
        changes({"price": "0.51", "size": "3"}),
    )
    assert levels(feed) == ({51: 3, 50: 7, 48: 30}, {53: 40, 54: 10})


@pytest.mark.parametrize(
    "message",
    [
        {"event_type": "price_change", "asset_id": "111", "price": "0.5", "size": "7", "side": "BUY", "timestamp": STAMP},
        {"event_type": "price_change", "asset_id": "111", "timestamp": STAMP,
         "changes": [{"price": "0.50", "size": "7", "side": "buy"}]},
        changes({"price": "0.5", "size": "7"}),
        {"price_changes": [{"asset_id": "111", "price": "0.5", "size": "7", "side": "BUY"}], "timestamp": STAMP},
        [changes({"price": "0.5", "size": "7"})],
    ],
)  # fmt: skip
def test_a_change_comes_in_several_spellings(message: object) -> None:
    feed = new_feed(SNAPSHOT, message)
    assert levels(feed)[0] == {50: 7, 49: 20, 48: 30}
    assert feed.counts.changes == 1


def test_nothing_is_known_before_the_first_snapshot() -> None:
    feed = new_feed(changes({"price": "0.5", "size": "7"}))
    assert not feed.state("111").is_known
    assert feed.drain() is None
    assert feed.counts.ignored == 1


def test_a_message_may_pass_through_a_crossed_book() -> None:
    """A bid rises onto the ask that the same message removes."""
    feed = new_feed(
        SNAPSHOT,
        changes({"price": "0.52", "size": "5"}, {"price": "0.52", "size": "0", "side": "SELL"}),
    )
    assert the_book(feed).quote.spread == 10_000


@pytest.mark.parametrize(
    "message",
    [
        changes({"price": "0.52", "size": "5"}),
        changes({"price": "0.50", "size": "7", "best_bid": "0.49", "best_ask": "0.52"}),
        changes({"price": "0.50", "size": "7", "best_bid": "0.50", "best_ask": "0.53"}),
        changes({"price": "0.50", "size": "many"}),
        changes({"price": "0.50"}),
        {**SNAPSHOT, "bids": [{"price": "0.60", "size": "1"}]},
        {**SNAPSHOT, "bids": [{"price": "1.60", "size": "1"}]},
    ],
)
def test_a_book_that_cannot_be_right_is_lost_until_the_next_snapshot(message: object) -> None:
    feed = new_feed(SNAPSHOT)
    assert feed.receive(json.dumps(message)) == ["111"]
    assert not feed.state("111").is_known
    assert [book for parsed in [feed.drain()] if parsed for book in parsed.books] == []
    assert feed.receive(json.dumps(changes({"price": "0.1", "size": "1"}))) == []
    assert feed.receive(json.dumps(SNAPSHOT)) == []
    assert levels(feed)[0] == {50: 15, 49: 20, 48: 30}
    assert feed.counts.resyncs == 1


@pytest.mark.parametrize(("bid", "ask"), [("0", "1"), ("", ""), (None, None), ("0", "0")])
def test_an_empty_side_is_stated_as_nothing_zero_or_one(bid: str | None, ask: str | None) -> None:
    empty = {**SNAPSHOT, "bids": [{"price": "0.5", "size": "1"}], "asks": []}
    feed = new_feed(empty)
    assert feed.receive(json.dumps(changes({"price": "0.5", "size": "0", "best_bid": bid, "best_ask": ask}))) == []
    assert the_book(feed).bids == ()


def test_a_batch_holds_the_last_state_of_each_changed_book_and_every_trade() -> None:
    trade = {"event_type": "last_trade_price", "market": "0xaa", "asset_id": "222", "price": "0.491", "size": "85.36",
             "side": "SELL", "timestamp": STAMP, "fee_rate_bps": ""}  # fmt: skip
    feed = new_feed(SNAPSHOT, changes({"price": "0.50", "size": "7"}), trade, {**trade, "size": "1"})
    assert feed.pending_rows == 3
    parsed = feed.drain()
    assert parsed is not None
    (book,) = parsed.books
    assert (book.bids[0].size, book.outcome_index, book.market_native_id) == (7_000_000, 0, "0xaa")
    assert [(each.price, each.size, each.side, each.outcome_index) for each in parsed.trades] == [
        (491_000, 85_360_000, Side.SELL, 1),
        (491_000, 1_000_000, Side.SELL, 1),
    ]
    assert {each.at for each in parsed.trades} == {AT}
    assert parsed.rows == parsed.parsed == 3
    assert feed.drain() is None


def test_a_trade_has_the_id_that_the_data_api_gives_it() -> None:
    from edgeworth.adapters.polymarket.parse import parse_trades

    feed = new_feed({"event_type": "last_trade_price", "asset_id": "222", "price": "0.55", "size": "100", "side": "BUY",
                     "timestamp": "1710000000123", "transaction_hash": "0xdd"})  # fmt: skip
    streamed = feed.drain()
    assert streamed is not None
    record = {"asset": "222", "conditionId": "0xaa", "side": "BUY", "price": 0.55, "size": 100.0, "timestamp": 1710000000,
              "transactionHash": "0xdd", "proxyWallet": "0x11", "outcomeIndex": 1}  # fmt: skip
    (listed,) = parse_trades(json.dumps([record]).encode(), venue=Venue.POLYMARKET).trades
    assert streamed.trades[0].trade_id == listed.trade_id


def test_a_tick_size_change_is_kept_through_snapshots_that_do_not_say() -> None:
    tick = {
        "event_type": "tick_size_change",
        "asset_id": "111",
        "old_tick_size": "0.01",
        "new_tick_size": "0.001",
        "timestamp": STAMP,
    }
    feed = new_feed({**SNAPSHOT, "tick_size": "0.01"}, tick, SNAPSHOT)
    assert the_book(feed).tick_size == 1_000


@pytest.mark.parametrize("kind", ["best_bid_ask", "new_market", "market_resolved"])
def test_other_events_are_counted_and_change_nothing(kind: str) -> None:
    feed = new_feed({"event_type": kind, "market": "0xaa", "timestamp": STAMP, "id": "1", "tags": ["a"]})
    assert (feed.counts.others, feed.drain()) == (1, None)


def test_tokens_that_were_not_asked_for_are_ignored_and_counted() -> None:
    feed = new_feed({**SNAPSHOT, "asset_id": "999"}, changes({"asset_id": "999", "price": "0.1", "size": "1"}))
    assert (feed.counts.ignored, feed.drain()) == (2, None)


@pytest.mark.parametrize("message", ["", "{", "[1]", "null", '{"event_type":"who"}', '{"event_type":5}', "[{]", "PONG"])
def test_a_message_that_cannot_be_read_is_a_refusal_and_not_an_error(message: str) -> None:
    feed = new_feed(SNAPSHOT)
    feed.drain()
    assert feed.receive(message) == []
    parsed = feed.drain()
    assert parsed is not None
    assert len(parsed.refusals) == parsed.rows == feed.counts.refused == 1
    assert feed.state("111").is_known


def test_a_lost_connection_forgets_all_books() -> None:
    feed = new_feed(SNAPSHOT, {**SNAPSHOT, "asset_id": "222"})
    feed.forget()
    assert not feed.state("111").is_known
    assert not feed.state("222").is_known
