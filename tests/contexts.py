"""Contexts for tests of simulation: the smallest that is valid, and what can be added."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from edgeworth.simulation.context import (
    KnownOutcome,
    KnownQuote,
    PriceClaim,
    Series,
    SimulationContext,
    SpotHistory,
    SpotScale,
    Timing,
)

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = 3600.0


def context(**more: Any) -> SimulationContext:
    """A market of which nothing is known but its question."""
    given = {
        "market_id": "kalshi:KXTEST",
        "question": "Will it happen by December 21, 2026?",
        "outcomes": (KnownOutcome(label="Yes"), KnownOutcome(label="No")),
        "as_of": AS_OF,
        **more,
    }
    return SimulationContext(**given)


def quote(bid: float, ask: float, age_seconds: float = 0.0) -> KnownQuote:
    at = AS_OF - timedelta(seconds=age_seconds)
    return KnownQuote(bid=bid, ask=ask, observed_at=at, age_seconds=age_seconds)


def hourly(values: Any, end: datetime = AS_OF) -> Series:
    """One value an hour, the last at ``end``."""
    count = len(values)
    first = end.timestamp() - (count - 1) * HOUR
    return Series(at_seconds=tuple(first + number * HOUR for number in range(count)), values=tuple(map(float, values)))


def spot(values: Any, scale: SpotScale = SpotScale.LINEAR) -> SpotHistory:
    return SpotHistory(name="Coin", unit="USD", source="a feed", scale=scale, series=hourly(values))


def above(threshold: float, timing: Timing = Timing.AT) -> PriceClaim:
    return PriceClaim(threshold=threshold, is_above=True, timing=timing)


def changed(given: SimulationContext, **more: Any) -> SimulationContext:
    return msgspec.structs.replace(given, **more)
