"""Price histories of one token: the points that a request for a window and a bucket gets."""

from __future__ import annotations

from typing import Final

from edgeworth.adapters.synthetic.events import SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.instants import DAY, HOUR, MINUTE
from edgeworth.adapters.synthetic.prices import MILLS
from edgeworth.adapters.synthetic.world import World

INTERVALS: Final = {"1h": HOUR, "6h": 6 * HOUR, "1d": DAY, "1w": 7 * DAY, "1m": 30 * DAY, "max": 0, "all": 0}
"""Length of each named window in seconds; 0 means everything. ``1m`` is a month."""

LONGEST_WINDOW: Final = 15 * DAY
MOST_POINTS: Final = 20_000


def window_of(world: World, market: SyntheticMarket, interval: str) -> tuple[int, int]:
    """First and last second of a named window that ends now (or when trading ended)."""
    end = min(world.now, market.ending.ends_at)
    length = INTERVALS[interval]
    return (market.opens_at if length == 0 else end - length), end


def price_points(
    world: World, event: SyntheticEvent, market: SyntheticMarket, outcome: int, start: int, end: int, bucket: int
) -> list[tuple[int, float]]:
    """(second, price) on the grid of ``bucket`` seconds within [start, end] while the market traded."""
    first = max(start, market.opens_at)
    last = min(end, world.now, market.ending.ends_at - 1)
    bucket = max(bucket, MINUTE, (last - first) // MOST_POINTS)
    instants = list(range(-(-first // bucket) * bucket, last + 1, bucket))
    if not instants:
        return []
    shown = world.prices(event, market, instants)
    return [
        (at, round((mills if outcome == 0 else MILLS - mills) / MILLS, 4))
        for at, mills in zip(instants, shown, strict=True)
    ]
