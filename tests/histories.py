"""Rows of the history, for tests."""

from __future__ import annotations

from datetime import timedelta

from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.history import PricePoint, Side, Trade
from edgeworth.markets.venue import Venue
from tests.builders import NOON


def a_point(minute: int, *, market: str = "m", outcome: int = 0, venue: Venue = Venue.KALSHI, **changes) -> PricePoint:
    plain = {"interval_seconds": 60, "price": 520_000}
    return PricePoint(
        venue=venue,
        market_native_id=market,
        outcome_index=outcome,
        at=NOON + timedelta(minutes=minute),
        **(plain | changes),
    )


def a_trade(number: int, *, market: str = "m", **changes) -> Trade:
    plain = {"price": 520_000, "size": 1_000_000, "side": Side.BUY, "wallet": "0xabc"}
    return Trade(
        venue=Venue.POLYMARKET,
        market_native_id=market,
        trade_id=f"t{number}",
        outcome_index=0,
        at=NOON + timedelta(seconds=number),
        **(plain | changes),
    )


def a_book(second: int = 0, *, market: str = "m", bids=((510_000, 5),), asks=((530_000, 7),)) -> OrderBook:
    return OrderBook(
        venue=Venue.POLYMARKET,
        market_native_id=market,
        outcome_index=0,
        bids=tuple(BookLevel(*level) for level in bids),
        asks=tuple(BookLevel(*level) for level in asks),
        observed_at=NOON + timedelta(seconds=second),
        token_id="7" * 78,
        tick_size=10_000,
    )
