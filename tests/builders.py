"""Domain values for tests: a plain one, and what differs said by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from edgeworth.markets.bars import Bar
from edgeworth.markets.market import Event, Market, MarketStatus, Outcome
from edgeworth.markets.venue import Venue

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def a_market(native_id: str = "0x1", **changes: Any) -> Market:
    """An open Polymarket market seen at noon; ``changes`` are its other fields."""
    plain: dict[str, Any] = {
        "venue": Venue.POLYMARKET,
        "native_id": native_id,
        "question": "Will it rain in Oslo on 2 November?",
        "rules": "Resolves Yes if the airport reports at least 0.1 mm.",
        "outcomes": (Outcome(label="Yes"), Outcome(label="No")),
        "status": MarketStatus.OPEN,
        "as_of": NOON,
        "closes_at": datetime(2026, 11, 30, tzinfo=UTC),
    }
    return Market(**(plain | changes))


def an_event(native_id: str = "77", **changes: Any) -> Event:
    """A Polymarket event seen at noon; ``changes`` are its other fields."""
    plain: dict[str, Any] = {
        "venue": Venue.POLYMARKET,
        "native_id": native_id,
        "title": "Oslo weather",
        "as_of": NOON,
    }
    return Event(**(plain | changes))


def a_bar(hour: int, close: float = 100.0, **changes: Any) -> Bar:
    """An hour of BTC that opens at 100 so many hours after noon; ``changes`` are its other fields."""
    plain: dict[str, Any] = {
        "asset": "BTC",
        "interval_seconds": 3600,
        "opens_at": NOON + timedelta(hours=hour),
        "open": 100.0,
        "high": max(100.0, close),
        "low": min(100.0, close),
        "volume": 7.5,
        "unit": "USDT",
        "source": "file:bars.csv",
    }
    return Bar(close=close, **(plain | changes))
