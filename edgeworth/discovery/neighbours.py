"""Recall: which markets are near enough to be compared. Exact top-k by similarity, under structural filters.

Two channels propose: the cosine of vectors and the cosine of weighted words (``lexical``). Both run through one search.
It is exact: markets that the filters keep apart are never multiplied with one another (rows are cut by outcome count,
category and venue and, inside a cut, sorted by close time), and what is left goes through in blocks, so that memory
does not grow with the square of the catalogue. A self-join multiplies each pair once and reads it in both directions.

Proposing is all that happens here; a candidate is not a match. Texts, prices, HTTP and SQL never enter.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Protocol

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from edgeworth.discovery.ports import Vectors, VectorTable
from edgeworth.markets.market import Market

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]
Block = NDArray[np.float32]

DEFAULT_PER_MARKET = 10
DEFAULT_LEXICAL_FLOOR = 0.2
SECONDS_A_DAY = 86_400.0

ROW_BLOCK = 1_024
COLUMN_BLOCK = 2_048
"""A block of similarities is 8 MB: large enough for the matrix product, small enough for the cache's neighbourhood."""

MAX_WORKERS = 4

FETCH_COST = 2
"""What fetching a column for a block costs, in products of that column with one row."""

SLACK = 6
"""Kept beyond k while searching, so that rounding of the product cannot push a true neighbour out."""

QUANTUM = 1e-5
"""Similarities closer than this count as tied while searching; the final order uses exact values."""


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


class Candidate(Struct, frozen=True, kw_only=True):
    """Two markets worth comparing, ``market_a < market_b``; neither score where only a shared game proposed them.

    Attributes:
        cosine: Of their vectors; ``None`` when that channel did not propose them.
        lexical: Of their weighted words, in [0, 1]; ``None`` when that channel did not propose them.
    """

    market_a: str
    market_b: str
    cosine: float | None = None
    lexical: float | None = None


class Neighbours(Struct, frozen=True):
    """For each query row its nearest rows, best first: parallel arrays, sorted by query row."""

    rows: Rows
    columns: Rows
    scores: Scores


class Similarity(Protocol):
    """Rows that can be multiplied with one another."""

    def block(self, rows: Rows, columns: Rows) -> Block:
        """Similarity of every row with every column, in [-1, 1]."""

    def exact(self, rows: Rows, columns: Rows) -> Scores:
        """Similarity of ``rows[i]`` with ``columns[i]``, the same bits in whatever company it is worked out."""


class Cosines:
    """Vectors of length 1 behind ``Similarity``."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = np.ascontiguousarray(vectors, dtype=np.float32)

    def block(self, rows: Rows, columns: Rows) -> Block:
        return np.asarray(self._vectors[rows] @ self._vectors[columns].T)

    def exact(self, rows: Rows, columns: Rows) -> Scores:
        scores = np.empty(len(rows))
        for start in range(0, len(rows), ROW_BLOCK):
            part = slice(start, start + ROW_BLOCK)
            left = self._vectors[rows[part]].astype(np.float64)
            scores[part] = (left * self._vectors[columns[part]]).sum(axis=1)
        return scores


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


def propose(
    traits: Sequence[MarketTraits],
    *,
    vectors: VectorTable | None,
    lexical: Similarity | None,
    filters: StructuralFilters,
    similarity_floor: float,
    lexical_floor: float = DEFAULT_LEXICAL_FLOOR,
    per_market: int = DEFAULT_PER_MARKET,
    changed: Collection[str] | None = None,
) -> list[Candidate]:
    """The union of what both channels propose, each pair once, by ids.

    Args:
        traits: The markets to compare, in any order.
        vectors: Those of the markets that have one; ``None`` to go without this channel.
        lexical: Row i belongs to ``traits[i]``; ``None`` to go without this channel.
        filters: What keeps markets apart.
        similarity_floor: Least cosine.
        lexical_floor: Least score of the lexical channel.
        per_market: Most neighbours that each market proposes in each channel, besides those of the second look.
        changed: Only neighbours of these; ``None`` for all markets.
    """
    found: dict[tuple[str, str], list[float | None]] = {}
    queries = None if changed is None else np.array([one.market_id in changed for one in traits], dtype=bool)
    if vectors is not None and len(vectors.market_ids):
        held, similarity = _with_vectors(traits, vectors)
        _search(found, 0, held, similarity, traits, filters, queries, floor=similarity_floor, k=per_market)
    if lexical is not None:
        everything = np.arange(len(traits))
        _search(found, 1, everything, lexical, traits, filters, queries, floor=lexical_floor, k=per_market)
    return [
        Candidate(market_a=a, market_b=b, cosine=cosine, lexical=words)
        for (a, b), (cosine, words) in sorted(found.items())
    ]


def _with_vectors(traits: Sequence[MarketTraits], table: VectorTable) -> tuple[Rows, Cosines]:
    """Rows of ``traits`` that have a vector, and those vectors in the same order."""
    position = {market_id: row for row, market_id in enumerate(table.market_ids)}
    held = [row for row, one in enumerate(traits) if one.market_id in position]
    return np.array(held, dtype=np.int64), Cosines(table.vectors[[position[traits[row].market_id] for row in held]])


def _search(
    found: dict[tuple[str, str], list[float | None]],
    channel: int,
    held: Rows,
    similarity: Similarity,
    traits: Sequence[MarketTraits],
    filters: StructuralFilters,
    queries: NDArray[np.bool_] | None,
    *,
    floor: float,
    k: int,
) -> None:
    """Note what one channel finds among the rows ``held``, in both looks."""
    markets = [traits[row] for row in held]
    asked = None if queries is None else np.flatnonzero(queries[held])
    looks = [(filters, k)] if filters.far is None else [(filters, k), (filters.far, filters.far_per_market)]
    for rules, count in looks:
        near = nearest(similarity, Structure(markets, rules), k=count, floor=floor, queries=asked)
        for row, column, score in zip(near.rows.tolist(), near.columns.tolist(), near.scores.tolist(), strict=True):
            a, b = sorted((markets[row].market_id, markets[column].market_id))
            found.setdefault((a, b), [None, None])[channel] = score


# --- the cut ----------------------------------------------------------------------------------------------------------


class _Segment(Struct, frozen=True):
    """Positions ``start:end`` of the order; their close times are known up to ``unknown`` and ascend."""

    key: tuple[int, int, int]
    start: int
    unknown: int
    end: int


class _Strip(Struct, frozen=True):
    """Rows and the columns they are multiplied with, as positions of the order.

    Attributes:
        both: Columns from here on also learn of the rows; those before it learn elsewhere.
    """

    rows: Rows
    start: int
    end: int
    both: int | None


class _Task(Struct, frozen=True):
    """One block of a strip."""

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

    def strips(self, queries: Rows | None) -> Iterator[_Strip]:
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

    def _join(self, one: _Segment, other: _Segment) -> Iterator[_Strip]:
        """Each pair of the two segments once; ``one`` may be ``other``."""
        known, unknown = np.arange(one.start, one.unknown), np.arange(one.unknown, one.end)
        if one is other:
            for strip in self._within_window(known, one.start, one.unknown):
                first, last = int(strip.rows[0]), int(strip.rows[-1])
                yield _Strip(strip.rows, first, strip.end, last + 1)
            yield from _both(_whole(known, one.unknown, one.end))
            for strip in _whole(unknown, one.unknown, one.end):
                first, last = int(strip.rows[0]), int(strip.rows[-1])
                yield _Strip(strip.rows, first, strip.end, last + 1)
            return
        yield from _both(self._within_window(known, other.start, other.unknown))
        yield from _both(_whole(known, other.unknown, other.end))
        yield from _both(_whole(unknown, other.start, other.end))

    def _within_window(self, rows: Rows, start: int, end: int) -> Iterator[_Strip]:
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
                yield _Strip(rows[first:last], int(lows[first]), int(highs[last - 1]), None)

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


def _whole(rows: Rows, start: int, end: int) -> Iterator[_Strip]:
    """``rows`` by all of ``start:end``."""
    if start < end:
        for first in range(0, len(rows), ROW_BLOCK):
            yield _Strip(rows[first : first + ROW_BLOCK], start, end, None)


def _both(strips: Iterator[_Strip]) -> Iterator[_Strip]:
    """The same strips, read in both directions."""
    for strip in strips:
        yield _Strip(strip.rows, strip.start, strip.end, strip.start)


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


# --- the search -------------------------------------------------------------------------------------------------------


def nearest(
    similarity: Similarity,
    structure: Structure,
    *,
    k: int,
    floor: float,
    queries: Rows | None = None,
    workers: int | None = None,
) -> Neighbours:
    """For every row (or every one of ``queries``) the ``k`` most similar rows that it may meet.

    Args:
        similarity: Row i is market i of ``structure``.
        structure: The order and the filters.
        k: Most neighbours of a row.
        floor: Least similarity.
        queries: Rows to ask for; ``None`` for all.
        workers: Threads; ``None`` for as many as there are cores, up to four.

    Ties are broken by market id; the result depends neither on the order of the markets nor on who else is asked for
    nor on the number of threads.
    """
    if structure.count == 0 or k <= 0:
        nothing = np.zeros(0, dtype=np.int64)
        return Neighbours(nothing, nothing, np.zeros(0))
    best = _Best(structure, k + SLACK, floor)

    def examine(task: _Task) -> list[Rows]:
        rows, columns = structure.order[task.rows], structure.order[task.start : task.end]
        block = similarity.block(rows, columns)
        found = [best.promising(block, rows, columns)]
        if task.both is not None and task.both < task.end:
            part = slice(max(0, task.both - task.start), None)
            found.append(best.promising(block[:, part].T, columns[part], rows))
        return found

    for found in _side_by_side(examine, _tasks(structure.strips(queries)), workers or _default_workers()):
        best.add(found)
    return _ranked(*best.pairs(), similarity, structure, k=k, floor=floor)


def _tasks(strips: Iterable[_Strip]) -> Iterator[_Task]:
    """Strips cut into blocks."""
    for strip in strips:
        for start in range(strip.start, strip.end, COLUMN_BLOCK):
            yield _Task(strip.rows, start, min(start + COLUMN_BLOCK, strip.end), strip.both)


@cache
def _product_threads() -> ThreadpoolController:
    """Looks through the loaded libraries, which takes longer than a small search; numpy's is loaded by now."""
    return ThreadpoolController()


def _default_workers() -> int:
    return min(MAX_WORKERS, os.cpu_count() or 1)


def _side_by_side(examine: Callable[[_Task], list[Rows]], tasks: Iterator[_Task], workers: int) -> Iterator[list[Rows]]:
    """What ``examine`` says of each task, in order, with few tasks under way at a time, so that memory stays bounded.

    The product's own threads are switched off: they wait for one another at the end of every block, which costs many
    times the product itself once anything else runs on the machine.
    """
    with _product_threads().limit(limits=1, user_api="blas"), ThreadPoolExecutor(workers) as pool:
        under_way: deque[Future[list[Rows]]] = deque()
        for task in tasks:
            under_way.append(pool.submit(examine, task))
            if len(under_way) > workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _ranked(
    rows: Rows, columns: Rows, similarity: Similarity, structure: Structure, *, k: int, floor: float
) -> Neighbours:
    """The first k of every row by exact similarity, then id; what lies under the floor is left out."""
    scores = similarity.exact(rows, columns)
    order = np.lexsort((structure.rank[columns], -scores, rows))
    order = order[scores[order] >= floor]
    order = order[_place_in_row(rows[order]) < k]
    return Neighbours(rows[order], columns[order], scores[order])


def _place_in_row(rows: Rows) -> Rows:
    """0, 1, 2, ... within each run of equal values."""
    if not len(rows):
        return rows
    is_first = np.r_[True, rows[1:] != rows[:-1]]
    first = np.flatnonzero(is_first)
    return np.arange(len(rows)) - np.repeat(first, np.diff(np.r_[first, len(rows)]))


_ID_BITS = 22
_DISTANCE_BITS = 18
MAX_ROWS = 1 << _ID_BITS


class _Best:
    """The best columns of every row so far.

    A pair is one whole number: row, then distance (1 - similarity) in quanta, then the rank of the column's id. So the
    order of the numbers is the order that is wanted, and one sort of plain integers keeps the best of every row.
    """

    def __init__(self, structure: Structure, keep: int, floor: float) -> None:
        if structure.count > MAX_ROWS:
            raise ValueError(f"expected at most {MAX_ROWS:,} markets, found {structure.count:,}")
        self._structure = structure
        self._keep = keep
        self._kept = np.zeros(0, dtype=np.int64)
        self._new: list[Rows] = []
        self._new_count = 0
        self._patience = max(250_000, structure.count * keep // 4)
        self._bar = np.full(structure.count, floor - QUANTUM, dtype=np.float32)

    def promising(self, block: Block, rows: Rows, columns: Rows) -> Rows:
        """Pairs of ``block`` that may be among the best of ``rows``. Threads may ask side by side: bars only rise."""
        bar = self._bar[rows]
        is_hit = block >= bar[:, None]
        hits = int(np.count_nonzero(is_hit))
        if hits > 4 * self._keep * len(rows) and block.shape[1] > 4 * self._keep:
            is_hit = self._raised(block, bar, rows, columns)
        row, column = np.divmod(np.flatnonzero(is_hit), block.shape[1])
        fits = self._structure.may_meet(rows[row], columns[column])
        row, column = row[fits], column[fits]
        return self._keys(block[row, column], rows[row], columns[column])

    def add(self, found: Sequence[Rows]) -> None:
        """Take note of promising pairs."""
        self._new.extend(keys for keys in found if len(keys))
        self._new_count += sum(map(len, found))
        if self._new_count > self._patience:
            self._settle()

    def _raised(self, block: Block, bar: Block, rows: Rows, columns: Rows) -> NDArray[np.bool_]:
        """Hits over a bar that this block alone sets, for the beginning, when there is none and everything is a hit."""
        allowed = np.where(self._structure.may_meet(rows[:, None], columns[None, :]), block, np.float32(-2))
        place = allowed.shape[1] - self._keep
        own = np.partition(allowed, place, axis=1)[:, place] - np.float32(2 * QUANTUM)
        return np.asarray(allowed >= np.maximum(bar, own)[:, None])

    def _keys(self, scores: Block, rows: Rows, columns: Rows) -> Rows:
        distance = np.rint((1.0 - scores.astype(np.float64)) / QUANTUM).astype(np.int64)
        distance = np.clip(distance, 0, (1 << _DISTANCE_BITS) - 1)
        rank = self._structure.rank[columns]
        return np.asarray((((rows << _DISTANCE_BITS) | distance) << _ID_BITS) | rank)

    def _settle(self) -> None:
        """Keep the best of every row and raise its bar."""
        keys = np.sort(np.concatenate([self._kept, *self._new]))
        rows = keys >> (_DISTANCE_BITS + _ID_BITS)
        place = _place_in_row(rows)
        self._kept = keys[place < self._keep]
        last = keys[place == self._keep - 1]
        distance = (last >> _ID_BITS) & ((1 << _DISTANCE_BITS) - 1)
        # A pair as far as the last one kept may still go before it by its id: half a quantum, and some for rounding.
        self._bar[last >> (_DISTANCE_BITS + _ID_BITS)] = 1.0 - (distance + 0.6) * QUANTUM
        self._new, self._new_count = [], 0

    def pairs(self) -> tuple[Rows, Rows]:
        """Rows and columns of what was kept."""
        self._settle()
        rank = self._kept & ((1 << _ID_BITS) - 1)
        return self._kept >> (_DISTANCE_BITS + _ID_BITS), self._structure.row_of_rank[rank]
