"""The quantities that ladders of levels ask about, as whoever publishes them would show them: bars of the past.

A quantity belongs to one event: two events about the same coin are two worlds. Nothing after the world's instant is
shown, and of an open event nothing says where its quantity will end. Knows no HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import Struct

from edgeworth.adapters.synthetic.beliefs import Level
from edgeworth.adapters.synthetic.events import SyntheticEvent
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.identity import gamma_event_id, kalshi_event_ticker
from edgeworth.adapters.synthetic.instants import HOUR, STEP
from edgeworth.adapters.synthetic.world import World

MOST_BARS: Final = 20 * 24
"""Hours of a quantity that are shown at most."""
_STEPS_AN_HOUR: Final = HOUR // STEP
_DIGITS: Final = 6


class QuantityBar(Struct, frozen=True, array_like=True, gc=False):
    """One hour; ``opens_at`` in seconds since 1970."""

    opens_at: int
    open: float
    high: float
    low: float
    close: float


class Quantity(Struct, frozen=True, kw_only=True):
    """One quantity and its past.

    Attributes:
        index: Number of its event. polymarket, kalshi: The event as each exchange names it; ``None`` where it is not
            listed.
        unit: Empty for a plain number.
    """

    index: int
    name: str
    unit: str
    source: str
    bars: list[QuantityBar]
    polymarket: str | None = None
    kalshi: str | None = None


def scale_of(event: SyntheticEvent, belief: int) -> tuple[float, float] | None:
    """Where a quantity starts and its deviation, from two markets that ask about levels of it."""
    asked = {
        market.claim.argument: market.strike
        for market in (*event.polymarket, *event.kalshi)
        if market.claim.belief == belief and market.strike is not None
    }
    if len(asked) < 2:
        return None
    (low, low_strike), (high, high_strike) = min(asked.items()), max(asked.items())
    width = (high_strike - low_strike) / (high - low)
    return low_strike - low * width, width


def quantities(world: World, first: int = 0) -> Iterator[Quantity]:
    """Quantities of the events from number ``first`` on that run at the world's instant, by number."""
    for index in range(first, world.event_count):
        sketch = world.sketch(index)
        timing = sketch.timing
        if (
            sketch.kind is not Kind.LEVELS
            or not max(timing.created_at, timing.opens_at) <= world.now < timing.closes_at
        ):
            continue
        event = world.event(index)
        if event is not None and (found := _quantity(world, event)) is not None:
            yield found


def _quantity(world: World, event: SyntheticEvent) -> Quantity | None:
    belief, scale = event.beliefs[0], scale_of(event, 0)
    if not isinstance(belief, Level) or scale is None:
        return None
    return Quantity(
        index=event.index,
        name=event.title,
        unit=event.family.unit.strip() or ("USD" if event.family.series == "KXCOIND" else ""),
        source=event.family.source,
        bars=_bars(belief, scale, event.opens_at, world.now),
        polymarket=gamma_event_id(event.index) if event.polymarket else None,
        kalshi=kalshi_event_ticker(event) if event.kalshi else None,
    )


def _bars(belief: Level, scale: tuple[float, float], opens_at: int, now: int) -> list[QuantityBar]:
    """Whole hours from the event's opening, none of which ends after ``now``."""
    centre, width = scale
    end = now // HOUR * HOUR
    start = max(-(-opens_at // HOUR) * HOUR, end - MOST_BARS * HOUR)
    if start >= end:
        return []
    levels = centre + width * belief.level(np.arange(start, end + 1, STEP, dtype=np.int64))
    shown = np.round(levels, _DIGITS)
    within = np.lib.stride_tricks.sliding_window_view(shown, _STEPS_AN_HOUR + 1)[::_STEPS_AN_HOUR]
    return [
        QuantityBar(start + number * HOUR, float(hour[0]), float(hour.max()), float(hour.min()), float(hour[-1]))
        for number, hour in enumerate(within)
    ]
