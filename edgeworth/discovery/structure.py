"""Which markets may be compared at all, and an order in which those that may stand together.

Rows are cut by outcome count, category and venue and, inside a cut, sorted by close time, so that markets which the
filters keep apart are never multiplied with one another. How alike markets are never enters.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from edgeworth.discovery.similarity import ROW_BLOCK, Rows, Scores
from edgeworth.markets.market import Market

SECONDS_A_DAY = 86_400.0

FETCH_COST = 2
"""What fetching a column for a block costs, in products of that column with one row."""


class StructuralFilters(Struct, frozen=True, kw_only=True):
    """What two markets must have in common to be compared at all. What is not known keeps nothing apart.

    Attributes:
        same_outcome_count: Equally many outcomes.
        same_category: The same category, or one of them has none.
        close_within_days: Close at most so many days apart; ``None`` for any. Unknown close times pass.
        far_within_days: A second look, further out, of which each market keeps only ``far_per_market``: venues date one
            bet differently (the event, the deadline, weeks of grace). ``None`` for no second look.
        other_venue_only: Only pairs across venues.
        same_event_allowed: Also pairs inside one event; its listing says already how those are related.
    """

    same_outcome_count: bool = True
    same_category: bool = True
    close_within_days: float | None = 7.0
    far_within_days: float | None = 90.0
    far_per_market: int = 2
    other_venue_only: bool = False
    same_event_allowed: bool = False

    @property
    def far(self) -> StructuralFilters | None:
        """The filters of the second look; ``None`` when the first sees as far already."""
        near, far = self.close_within_days, self.far_within_days
        return None if near is None or far is None or far <= near else replace(self, close_within_days=far)


class MarketTraits(Struct, frozen=True, kw_only=True):
    """What the filters look at. ``market_id`` is also what breaks ties."""

    market_id: str
    venue: str
    outcome_count: int = 2
    category: str | None = None
    event_id: str | None = None
    closes_at: datetime | None = None


def traits_of(market: Market) -> MarketTraits:
    """What the filters look at in ``market``; no outcomes are read as Yes and No."""
    return MarketTraits(
        market_id=market.market_id,
        venue=market.venue.value,
        outcome_count=len(market.outcomes) or 2,
        category=market.category,
        event_id=market.event_id,
        closes_at=market.closes_at,
    )


class _Segment(Struct, frozen=True):
    """Positions ``start:end`` of the order; their close times are known up to ``unknown`` and ascend."""

    key: tuple[int, int, int]
    start: int
    unknown: int
    end: int


class Strip(Struct, frozen=True):
    """Rows and the columns they are multiplied with, as positions of the order.

    Attributes:
        both: Columns from here on also learn of the rows; those before it learn elsewhere.
    """

    rows: Rows
    start: int
    end: int
    both: int | None


class Structure:
    """The markets in an order in which those that may be compared stand together."""

    def __init__(self, traits: Sequence[MarketTraits], filters: StructuralFilters) -> None:
        self.filters = filters
        self.count = len(traits)
        by_id = sorted(range(self.count), key=lambda row: traits[row].market_id)
        self.rank = np.empty(self.count, dtype=np.int64)
        self.rank[by_id] = np.arange(self.count)
        self.row_of_rank = np.array(by_id, dtype=np.int64)
        outcomes = np.array([one.outcome_count if filters.same_outcome_count else 0 for one in traits], dtype=np.int64)
        categories = _codes([one.category if filters.same_category else None for one in traits])
        venues = _codes([one.venue if filters.other_venue_only else None for one in traits])
        self.event = _codes([None if filters.same_event_allowed else one.event_id for one in traits])
        self.close = _days(traits, filters)
        self._keys = np.stack([outcomes, categories, venues], axis=1)
        self.order = np.lexsort((self.rank, self.close, venues, categories, outcomes))
        self.segments = self._cut(self._keys)
        self._sorted_close = self.close[self.order]

    def _cut(self, keys: NDArray[np.int64]) -> list[_Segment]:
        ordered = keys[self.order]
        close = self.close[self.order]
        starts = [0, *(np.flatnonzero((ordered[1:] != ordered[:-1]).any(axis=1)) + 1).tolist(), self.count]
        segments = []
        for start, end in itertools.pairwise(starts):
            if start < end:
                unknown = start + int(np.count_nonzero(~np.isnan(close[start:end])))
                key = tuple(ordered[start].tolist())
                segments.append(_Segment((key[0], key[1], key[2]), start, unknown, end))
        return segments

    def strips(self, queries: Rows | None) -> Iterator[Strip]:
        """Everything that has to be multiplied: each pair once in a self-join, each query's row once otherwise."""
        if queries is None:
            for number, segment in enumerate(self.segments):
                for other in self.segments[number:]:
                    if self._comparable(segment.key, other.key):
                        yield from self._join(segment, other)
            return
        asked = np.zeros(self.count, dtype=bool)
        asked[queries] = True
        positions = np.flatnonzero(asked[self.order])
        for segment, other in itertools.product(self.segments, repeat=2):
            if self._comparable(segment.key, other.key):
                known = positions[(positions >= segment.start) & (positions < segment.unknown)]
                unknown = positions[(positions >= segment.unknown) & (positions < segment.end)]
                yield from self._within_window(known, other.start, other.unknown)
                yield from _whole(known, other.unknown, other.end)
                yield from _whole(unknown, other.start, other.end)

    def allows(self, row: int, other: int) -> bool:
        """Whether two rows of ``traits`` may be compared at all."""
        (a, b), pair = self._keys[[row, other]].tolist(), np.array([row, other])
        return self._comparable(tuple(a), tuple(b)) and bool(self.may_meet(pair[:1], pair[1:])[0])

    def _comparable(self, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        (outcomes, category, venue), (outcomes_2, category_2, venue_2) = one, other
        categories_fit = category == category_2 or -1 in {category, category_2}
        venues_fit = venue != venue_2 or not self.filters.other_venue_only
        return outcomes == outcomes_2 and categories_fit and venues_fit

    def _join(self, one: _Segment, other: _Segment) -> Iterator[Strip]:
        """Each pair of the two segments once; ``one`` may be ``other``."""
        known, unknown = np.arange(one.start, one.unknown), np.arange(one.unknown, one.end)
        if one is other:
            for strip in self._within_window(known, one.start, one.unknown):
                first, last = int(strip.rows[0]), int(strip.rows[-1])
                yield Strip(strip.rows, first, strip.end, last + 1)
            yield from _both(_whole(known, one.unknown, one.end))
            for strip in _whole(unknown, one.unknown, one.end):
                first, last = int(strip.rows[0]), int(strip.rows[-1])
                yield Strip(strip.rows, first, strip.end, last + 1)
            return
        yield from _both(self._within_window(known, other.start, other.unknown))
        yield from _both(_whole(known, other.unknown, other.end))
        yield from _both(_whole(unknown, other.start, other.end))

    def _within_window(self, rows: Rows, start: int, end: int) -> Iterator[Strip]:
        """``rows`` (ascending positions with known close times) by those of ``start:end`` that close near them."""
        if not len(rows) or start == end:
            return
        days = self.filters.close_within_days
        assert days is not None, "without a window no close time counts as known"
        close = self._sorted_close
        lows = start + np.searchsorted(close[start:end], close[rows] - days, side="left")
        highs = start + np.searchsorted(close[start:end], close[rows] + days, side="right")
        for first, last in _groups(lows, highs):
            if lows[first] < highs[last - 1]:
                yield Strip(rows[first:last], int(lows[first]), int(highs[last - 1]), None)

    def may_meet(self, rows: Rows, columns: Rows) -> NDArray[np.bool_]:
        """Whether the pairs (rows of ``traits``) pass what the cut leaves open; the two arrays are broadcast."""
        event = self.event
        fits = (rows != columns) & ((event[rows] != event[columns]) | (event[rows] < 0))
        days = self.filters.close_within_days
        if days is not None:
            fits &= ~(np.abs(self.close[rows] - self.close[columns]) > days)
        return np.asarray(fits)


def _groups(lows: Rows, highs: Rows) -> Iterator[tuple[int, int]]:
    """Neighbouring rows taken together, as long as they drag in few columns that each of them can do without."""
    first, spent = 0, 0
    for row in range(len(lows)):
        alone = (1 + FETCH_COST) * int(highs[row] - lows[row])
        together = (row - first + 1 + FETCH_COST) * int(highs[row] - lows[first])
        if row > first and (row - first == ROW_BLOCK or together > spent + alone):
            yield first, row
            first, together = row, alone
        spent = together
    yield first, len(lows)


def _whole(rows: Rows, start: int, end: int) -> Iterator[Strip]:
    """``rows`` by all of ``start:end``."""
    if start < end:
        for first in range(0, len(rows), ROW_BLOCK):
            yield Strip(rows[first : first + ROW_BLOCK], start, end, None)


def _both(strips: Iterator[Strip]) -> Iterator[Strip]:
    """The same strips, read in both directions."""
    for strip in strips:
        yield Strip(strip.rows, strip.start, strip.end, strip.start)


def _codes(values: Sequence[str | None]) -> NDArray[np.int64]:
    """Equal values have equal numbers; ``None`` is -1."""
    numbers: dict[str, int] = {}
    return np.array([-1 if v is None else numbers.setdefault(v, len(numbers)) for v in values], dtype=np.int64)


def _days(traits: Sequence[MarketTraits], filters: StructuralFilters) -> Scores:
    """Close times in days; not a number where unknown or where the filter is off."""
    if filters.close_within_days is None:
        return np.full(len(traits), np.nan)
    return np.array(
        [np.nan if one.closes_at is None else one.closes_at.timestamp() / SECONDS_A_DAY for one in traits], dtype=float
    )
