"""Trades of one or many markets as a feed, newest first, resumable anywhere.

A place in the feed is (second, event, position, number); the feed from a place holds only what is older. Which trades
belong to it is decided from their times alone; prices and wallets are computed for the page that is served.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice

from msgspec import Struct

from edgeworth.adapters.synthetic.events import SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.trading import Fill
from edgeworth.adapters.synthetic.world import Found, World


class Place(Struct, frozen=True, order=True):
    """A trade's place in the feed; larger is newer."""

    at: int
    event: int
    position: int
    number: int

    def text(self) -> str:
        """For a cursor."""
        return f"{self.at}.{self.event}.{self.position}.{self.number}"


def parse_place(text: str) -> Place:
    """The place that ``Place.text`` wrote.

    Raises:
        ValueError: It did not.
    """
    at, event, position, number = (int(part) for part in text.split("."))
    return Place(at, event, position, number)


class Tape:
    """The trades of some markets between two instants.

    Args:
        since, until: Seconds since 1970; both included.
    """

    def __init__(self, world: World, found: Iterable[Found], *, since: int, until: int) -> None:
        self._world = world
        self._found = {(event.index, market.position): (event, market) for event, market in found}
        self._since, self._until = since, min(until, world.now)

    def count(self) -> int:
        """How many trades there are."""
        counts = (self._range(market) for _, market in self._found.values())
        return sum(max(0, last - first) for first, last in counts)

    def places(self, before: Place | None = None) -> Iterator[Place]:
        """Places, newest first, older than ``before``."""
        feeds = [self._market_places(event, market, before) for event, market in self._found.values()]
        return heapq.merge(*feeds, reverse=True) if len(feeds) > 1 else iter(feeds[0] if feeds else ())

    def page(
        self, limit: int, before: Place | None = None, skip: int = 0
    ) -> tuple[list[tuple[Found, Fill]], Place | None]:
        """Up to ``limit`` trades, newest first, and the place of the last one when older ones follow."""
        taken = list(islice(self.places(before), skip, skip + limit + 1))
        shown = taken[:limit]
        more = shown[-1] if len(taken) > limit and shown else None
        return self._fills(shown), more

    def _range(self, market: SyntheticMarket) -> tuple[int, int]:
        return self._world.trade_count(market, self._since - 1), self._world.trade_count(market, self._until)

    def _market_places(self, event: SyntheticEvent, market: SyntheticMarket, before: Place | None) -> Iterator[Place]:
        first, last = self._range(market)
        if before is not None:
            last = min(last, self._world.trade_count(market, before.at))
        for number in range(last - 1, first - 1, -1):
            place = Place(self._world.trade_time(market, number), event.index, market.position, number)
            if before is None or place < before:
                yield place

    def _fills(self, places: list[Place]) -> list[tuple[Found, Fill]]:
        numbers: dict[tuple[int, int], list[int]] = {}
        for place in places:
            numbers.setdefault((place.event, place.position), []).append(place.number)
        fills: dict[tuple[int, int, int], Fill] = {}
        for key, wanted in numbers.items():
            first = min(wanted)
            for fill in self._world.trades(*self._found[key], first, max(wanted) - first + 1):
                fills[(*key, fill.number)] = fill
        return [
            (self._found[place.event, place.position], fills[place.event, place.position, place.number])
            for place in places
        ]
