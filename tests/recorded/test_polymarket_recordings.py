"""Recorded answers of Polymarket: the counts and values that were read off them by hand must come out."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgeworth.adapters.polymarket import wire
from edgeworth.adapters.polymarket.feed import MarketFeed
from edgeworth.adapters.polymarket.parse import (
    parse_book,
    parse_item,
    parse_tags,
    parse_trades,
    split_listing,
)
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.history import Side
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.market import Market, MarketStatus
from edgeworth.markets.resolution import ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros

RECORDINGS = os.environ.get("EDGEWORTH_RECORDINGS")

pytestmark = pytest.mark.skipif(
    not RECORDINGS, reason="EDGEWORTH_RECORDINGS does not name a folder of recorded answers"
)

PM = Venue.POLYMARKET
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def body(name: str) -> bytes:
    content = (Path(RECORDINGS or "") / name).read_bytes()
    return gzip.decompress(content) if name.endswith(".gz") else content


def parsed(content: bytes, kind: str) -> ParsedItem:
    """All items of a page as one; every row of it is accounted for."""
    whole = ParsedItem()
    for item in split_listing(content, kind).items:
        one = parse_item(item, venue=PM, as_of=NOW)
        assert one.rows == one.parsed + len(one.refusals)
        for name in ("rows", "event_rows", "events", "markets", "refusals"):
            setattr(whole, name, getattr(whole, name) + getattr(one, name))
    return whole


def shapes(markets: list[Market]) -> Counter[str]:
    return Counter(each.resolution.shape.value for each in markets if each.resolution is not None)


def single(name: str, kind: str = "markets") -> Market:
    (found,) = parsed(b"[" + body(name) + b"]", kind).markets
    return found


def test_open_markets_of_february_7() -> None:
    found = parsed(body("gamma/gamma_markets_active_20260207.json.gz"), "markets")
    assert (found.rows, len(found.markets), found.refusals) == (500, 500, [])
    assert sum(each.is_neg_risk for each in found.markets) == 438
    assert sum(each.closes_at is None for each in found.markets) == 1
    assert sum(each.best_bid is None for each in found.markets) == 65
    assert sum(each.volume_24h_usd is None for each in found.markets) == 47
    seen = datetime(2026, 2, 7, 20, 57, tzinfo=UTC)
    assert sum(each.closes_at is not None and each.closes_at < seen for each in found.markets) == 26
    assert {each.status for each in found.markets} == {MarketStatus.OPEN}
    assert all(each.is_stub for each in found.events)


def test_the_first_market_of_february_7() -> None:
    market = parsed(body("gamma/gamma_markets_active_20260207.json.gz"), "markets").markets[0]
    assert market.native_id == "0xaf9d0e448129a9f657f851d49495ba4742055d80e0ef1166ba0ee81d4d594214"
    assert market.question == "Will Trump deport less than 250,000?"
    yes, no = market.outcomes
    assert yes.token_id == "101676997363687199724245607342877036148401850938023978421879460310389391082353"
    assert (yes.label, yes.price, no.label, no.price) == ("Yes", 45_000, "No", 955_000)
    assert (market.volume_usd, market.liquidity_usd) == (1067832.94112, 19209.42167)
    assert (market.best_bid, market.best_ask, market.last_price) == (40_000, 50_000, 50_000)
    assert (market.price_change_24h, market.tick_size, market.min_order_size) == (-11_500, 1_000, 5_000_000)
    assert market.closes_at == datetime(2025, 12, 31, 12, tzinfo=UTC)
    assert market.updated_at == datetime(2026, 2, 7, 20, 57, 4, 974481, tzinfo=UTC)
    assert (market.event_native_id, market.listing_id) == ("16282", "517310")
    assert market.fee_terms == FeeTerms(kind=FeeKind.NONE)


@pytest.mark.parametrize(
    ("name", "rows"),
    [("gamma_markets_active_20260213_n200.json.gz", 200), ("gamma_markets_active_20260213_n100.json.gz", 100)],
)
def test_later_snapshots_come_bare_and_wrapped(name: str, rows: int) -> None:
    found = parsed(body(f"gamma/{name}"), "markets")
    assert (found.rows, found.refusals) == (rows, [])


def test_basketball_events_with_their_markets() -> None:
    found = parsed(body("gamma/gamma_events_nba_20260109.json.gz"), "events")
    assert (len(found.events), found.rows, found.event_rows, found.refusals) == (50, 738, 0, [])
    assert shapes(found.markets) == {"decided": 218}
    assert sum(each.resolution is not None for each in found.markets) == 218
    assert len({tuple(outcome.label for outcome in each.outcomes) for each in found.markets}) == 58
    assert {each.category for each in found.markets} == {"sports"}
    assert sum(each.market_count or 0 for each in found.events) == 738
    assert sum(each.volume_usd is None for each in found.markets) == 395


def test_markets_that_were_just_created() -> None:
    found = parsed(body("gamma/gamma_events_20260104.json"), "events")
    assert (found.rows, len(found.events), found.refusals) == (10, 10, [])
    assert sum(each.outcomes[0].price is None for each in found.markets) == 9
    assert sum(each.is_accepting_orders is None for each in found.markets) == 7
    assert sum(each.updated_at is None for each in found.markets) == 7
    assert {each.category for each in found.markets} == {"crypto"}
    assert all("hide-from-new" not in each.tags and "recurring" not in each.tags for each in found.markets)


def test_five_minute_markets_all_resolved() -> None:
    lines = body("gamma/gamma_btc_updown_5m_resolved_20260724.jsonl.gz").splitlines()
    listed = (
        b"[" + b",".join(bytes(msgspec.json.decode(line, type=dict[str, msgspec.Raw])["raw"]) for line in lines) + b"]"
    )
    found = parsed(listed, "markets")
    assert (found.rows, found.refusals, shapes(found.markets)) == (292, [], {"decided": 292})
    winners = Counter(
        each.outcomes[each.resolution.winner].label
        for each in found.markets
        if each.resolution is not None and each.resolution.winner is not None
    )
    assert winners == {"Up": 140, "Down": 152}
    curve = FeeTerms(kind=FeeKind.CURVE, rate_ppm=70_000, exponent_ppm=1_000_000, is_taker_only=True)
    assert found.markets[0].fee_terms == curve
    assert found.markets[0].closed_at == datetime(2026, 7, 24, 0, 0, 16, tzinfo=UTC)


def test_markets_of_june_2026_state_their_fees() -> None:
    found = parsed(body("gamma/gamma_markets_202606_n5.json"), "markets")
    assert found.rows == 5
    curve = FeeTerms(kind=FeeKind.CURVE, rate_ppm=50_000, exponent_ppm=1_000_000, is_taker_only=True)
    assert {each.fee_terms for each in found.markets} == {curve}


def test_the_oldest_thousand_markets_of_the_exchange() -> None:
    content = body("clob/clob_markets_page0_20260213.json.gz")
    assert split_listing(content, "clob_markets").next_cursor == "MTAwMA=="
    found = parsed(content, "clob_markets")
    assert found.rows == 1000 == len(found.markets) + len(found.refusals)
    codes = Counter(each.code for each in found.refusals)
    assert codes["no_condition_id"] == 54
    # One more has a condition id but neither token ids nor outcomes: 55 empty token ids in all.
    assert codes == {"no_condition_id": 54, "no_outcomes": 1}
    # Every closed market that was kept has an ending, and no other has one.
    rows = json.loads(content)["data"]
    kept = {each.native_id for each in found.markets}
    closed = [row for row in rows if row["closed"] and row["condition_id"] in kept]
    assert sum(shapes(found.markets).values()) == len(closed)
    decided = sum(1 for row in closed if sum(token["winner"] for token in row["tokens"]) == 1)
    assert shapes(found.markets)["decided"] >= decided
    zero = sum(1 for row in closed if all(token["price"] == 0 for token in row["tokens"]))
    assert shapes(found.markets)["zero_zero"] == zero == 112
    assert shapes(found.markets)["void"] == sum(1 for row in closed if row["is_50_50_outcome"]) == 7


def test_a_hundred_markets_of_the_exchange_in_2023() -> None:
    content = body("clob/clob_markets_2023_n100.json.gz")
    assert split_listing(content, "clob_markets").next_cursor == "MTAw"
    found = parsed(content, "clob_markets")
    assert found.rows == 100 == len(found.markets) + len(found.refusals)


@pytest.mark.parametrize(
    ("name", "kind", "shape", "winner", "accepts"),
    [
        ("gamma/nautilus/gamma_market_closed_binary_accepting_true.json", "markets", ResolutionShape.DECIDED, "Yes", True),
        ("gamma/nautilus/gamma_market_closed_binary_accepting_false.json", "markets", ResolutionShape.DECIDED, "No", False),
        ("clob/nautilus/clob_market_closed_binary_accepting_true.json", "clob_markets", ResolutionShape.DECIDED, "Yes", True),
        ("clob/nautilus/clob_market_closed_binary_accepting_false.json", "clob_markets", ResolutionShape.DECIDED, "No", False),
        ("gamma/nautilus/gamma_market_closed_zero_zero_legacy.json", "markets", ResolutionShape.ZERO_ZERO, None, None),
        ("gamma/nautilus/gamma_market_closed_nonbinary_legacy.json", "markets", ResolutionShape.SCALAR, None, None),
        ("gamma/nautilus/gamma_market_sports_market_map_handicap.json", "markets", ResolutionShape.DECIDED, "FaZe", False),
        ("gamma/nautilus/gamma_market_sports_market_money_line.json", "markets", ResolutionShape.DECIDED, "FaZe", False),
    ],
)  # fmt: skip
def test_each_odd_ending_has_its_shape(
    name: str, kind: str, shape: ResolutionShape, winner: str | None, accepts: bool | None
) -> None:
    market = single(name, kind)
    assert market.resolution is not None
    assert market.resolution.shape is shape
    index = market.resolution.winner
    assert (None if index is None else market.outcomes[index].label) == winner
    assert market.is_accepting_orders is accepts


def test_a_scalar_market_pays_its_fractions() -> None:
    """0.58433116690776931463... and 0.41566883309223068536..., rounded to millionths."""
    market = single("gamma/nautilus/gamma_market_closed_nonbinary_legacy.json")
    assert market.resolution is not None
    assert market.resolution.payouts == (PriceMicros(584_331), PriceMicros(415_669))
    assert market.closed_at == datetime(2021, 1, 2, 21, 45, 52, tzinfo=UTC)
    assert market.category == "crypto"


def test_a_single_open_market_and_a_single_event() -> None:
    market = single("gamma/nautilus/gamma_market.json")
    assert [(each.label, each.price) for each in market.outcomes] == [("Up", 505_000), ("Down", 495_000)]
    found = parsed(body("gamma/nautilus/gamma_event.json"), "events")
    assert (found.events[0].native_id, found.events[0].is_neg_risk) == ("30829", True)
    assert len(found.markets) == found.rows == 2
    assert len(parsed(body("gamma/nautilus/search_response.json"), "events").events) == 1


def test_tags() -> None:
    assert [each.slug for each in parse_tags(body("gamma/nautilus/gamma_tags.json"))] == [
        "health-and-human-services", "sweeden", "attorney-general", "madrid-open", "crypto-summit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "bids", "asks", "best_bid", "best_ask"),
    [
        ("clob/nautilus/http_book.json", 5, 7, 100_000, 140_000),
        ("clob/nautilus/clob_book_response.json", 3, 3, 500_000, 510_000),
        ("clob/clob_book_20260104.json", 20, 20, None, None),
        ("clob/clob_book_202610.json", 3, 3, None, None),
        ("clob/clob_ws_book_20260104.json", None, None, None, None),
    ],
)
def test_recorded_books_are_turned_best_price_first(
    name: str, bids: int | None, asks: int | None, best_bid: int | None, best_ask: int | None
) -> None:
    """Where nobody read the prices by hand, the best of a side is the last level of the recording."""
    record = json.loads(body(name))
    (book,) = parse_book(body(name), venue=PM, tokens={record["asset_id"]: (record["market"], 0)}).books
    assert bids in {None, len(book.bids)}
    assert asks in {None, len(book.asks)}
    assert len(book.bids) == len(record["bids"])
    assert len(book.asks) == len(record["asks"])
    assert book.bids[0].price == (best_bid or round(float(record["bids"][-1]["price"]) * 1_000_000))
    assert book.asks[0].price == (best_ask or round(float(record["asks"][-1]["price"]) * 1_000_000))
    assert book.bids[0].price < book.asks[0].price


def test_recorded_trades_need_their_tokens_to_name_outcomes() -> None:
    content = body("dataapi/nautilus/data_api_trades_response.json")
    rows = json.loads(content)
    tokens = {row["asset"]: (row["conditionId"], index) for index, row in enumerate(reversed(rows))}
    found = parse_trades(content, venue=PM, tokens=tokens)
    assert [(each.price, each.size, each.side) for each in found.trades] == [
        (550_000, 100_000_000, Side.BUY),
        (530_000, 50_000_000, Side.SELL),
        (450_000, 75_000_000, Side.BUY),
    ]
    assert found.trades[0].wallet == "0x" + "1" * 40
    assert [each.code for each in parse_trades(content, venue=PM).refusals] == ["no_outcome"] * 3


STREAMED = {
    "ws_market_book_msg": (1, 0, 0), "ws_py_book": (1, 0, 0), "ws_book_snapshot": (1, 0, 0),
    "ws_market_price_change_msg": (0, 1, 0), "ws_py_price_change": (0, 1, 0), "ws_py_price_change_v2": (0, 3, 0),
    "ws_quotes": (0, 2, 0), "ws_market_last_trade_msg": (0, 0, 1), "ws_py_last_trade_price": (0, 0, 1),
    "ws_market_best_bid_ask_msg": (0, 0, 0), "ws_market_new_market_msg": (0, 0, 0), "ws_market_resolved_msg": (0, 0, 0),
    "ws_market_tick_size_msg": (0, 0, 0), "ws_py_tick_size_change": (0, 0, 0),
}  # fmt: skip
"""File -> snapshots, changes and trades in it."""


def assets(record: Any) -> list[str]:
    """Every asset id in a message."""
    if isinstance(record, list):
        return [found for each in record for found in assets(each)]
    own = [record["asset_id"]] if "asset_id" in record else []
    return own + [each["asset_id"] for each in record.get("price_changes", [])]


@pytest.mark.parametrize("name", STREAMED)
def test_every_recorded_message_of_the_stream_is_understood(name: str) -> None:
    content = body(f"clob/nautilus/{name}.json")
    record = json.loads(content)
    feed = MarketFeed(dict.fromkeys(assets(record), ("0xaa", 0)), venue=PM)
    assert feed.receive(content) == []
    counts = feed.counts
    assert (counts.snapshots, counts.changes, counts.trades, counts.refused) == (*STREAMED[name], 0)


def test_a_recorded_snapshot_takes_a_recorded_change() -> None:
    """Snapshot 0.48-0.50 / 0.51-0.53, then BUY 150 at 0.51 with best 0.51 / 0.52: the ask at 0.51 was taken.

    The change does not say that the ask is gone, so that the book would be crossed: it is held for lost.
    """
    feed = MarketFeed({assets(json.loads(body("clob/nautilus/ws_market_book_msg.json")))[0]: ("0xaa", 0)}, venue=PM)
    assert feed.receive(body("clob/nautilus/ws_market_book_msg.json")) == []
    assert len(feed.receive(body("clob/nautilus/ws_market_price_change_msg.json"))) == 1
    assert feed.counts.resyncs == 1


def test_wire_types_name_only_fields_that_some_recording_has() -> None:
    """A field that no recording has would be a guess."""
    rows = json.loads(body("gamma/gamma_markets_active_20260207.json.gz"))
    rows += [
        json.loads(line)["raw"] for line in body("gamma/gamma_btc_updown_5m_resolved_20260724.jsonl.gz").splitlines()
    ]
    rows += [json.loads(body("gamma/nautilus/gamma_market_closed_nonbinary_legacy.json"))]
    seen = {key for row in rows for key in row}
    assert set(wire.GammaMarket.__struct_encode_fields__) - seen == {"tags"}
