"""A book kept by any sequence of snapshots and changes equals two plain dictionaries of totals."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edgeworth.adapters.polymarket.book_state import BookState
from edgeworth.adapters.polymarket.feed import MarketFeed
from edgeworth.markets.history import Side
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros

AT = datetime(2026, 11, 21, tzinfo=UTC)

cents = st.integers(1, 99)
sizes = st.integers(0, 5)
sides = st.sampled_from([Side.BUY, Side.SELL])
snapshots = st.tuples(st.dictionaries(cents, st.integers(1, 5)), st.dictionaries(cents, st.integers(1, 5)))
steps = st.one_of(snapshots, st.tuples(sides, cents, sizes))


def micros(side: dict[int, int]) -> dict[PriceMicros, ShareMicros]:
    return {PriceMicros(price * 10_000): ShareMicros(size * 1_000_000) for price, size in side.items()}


@given(snapshots, st.lists(steps))
def test_a_state_equals_the_naive_model(first: Any, following: list[Any]) -> None:
    state = BookState()
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for step in [first, *following]:
        if len(step) == 2:
            bids, asks = dict(step[0]), dict(step[1])
            state.snapshot(micros(bids), micros(asks), at=AT)
        else:
            side, price, size = step
            model = bids if side is Side.BUY else asks
            model[price] = size
            state.change(side, PriceMicros(price * 10_000), ShareMicros(size * 1_000_000), at=AT)
    book = state.book(venue=Venue.POLYMARKET, market_native_id="0xaa", outcome_index=0, token_id="1")
    assert book is not None
    found_bids = [(level.price // 10_000, level.size // 1_000_000) for level in book.bids]
    found_asks = [(level.price // 10_000, level.size // 1_000_000) for level in book.asks]
    assert found_bids == sorted(((price, size) for price, size in bids.items() if size), reverse=True)
    assert found_asks == sorted((price, size) for price, size in asks.items() if size)
    best = (found_bids[0][0], found_asks[0][0]) if found_bids and found_asks else None
    assert state.is_crossed == (best is not None and best[0] >= best[1])


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    [
        "event_type",
        "asset_id",
        "timestamp",
        "bids",
        "asks",
        "price_changes",
        "changes",
        "price",
        "size",
        "side",
        "new_tick_size",
    ]
)
likely = st.sampled_from(
    ["book", "price_change", "last_trade_price", "tick_size_change", "1", "0.5", "BUY", "1766789469958", []]
)


@given(st.lists(st.dictionaries(fields, likely | json_values), max_size=4))
def test_no_message_breaks_the_feed_and_no_book_is_ever_crossed(messages: list[dict[str, Any]]) -> None:
    feed = MarketFeed({"1": ("0xaa", 0)}, venue=Venue.POLYMARKET)
    for message in messages:
        feed.receive(json.dumps(message))
        assert not (feed.state("1").is_known and feed.state("1").is_crossed)
    parsed = feed.drain()
    if parsed is not None:
        assert parsed.rows == parsed.parsed + len(parsed.refusals)
