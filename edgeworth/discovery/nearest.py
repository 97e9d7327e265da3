"""Exact top-k by similarity, under structural filters.

Markets that the filters keep apart are never multiplied with one another, and what is left goes through in blocks, so
that memory does not grow with the square of the catalogue. A self-join multiplies each pair once and reads it in both
directions.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from edgeworth.discovery.similarity import Block, Rows, Scores, Similarity
from edgeworth.discovery.structure import Strip, Structure

COLUMN_BLOCK = 2_048
"""A block of similarities is 8 MB: large enough for the matrix product, small enough for the cache's neighbourhood."""

MAX_WORKERS = 4

SLACK = 6
"""Kept beyond k while searching, so that rounding of the product cannot push a true neighbour out."""

QUANTUM = 1e-5
"""Similarities closer than this count as tied while searching; the final order uses exact values."""


class Neighbours(Struct, frozen=True):
    """For each query row its nearest rows, best first: parallel arrays, sorted by query row."""

    rows: Rows
    columns: Rows
    scores: Scores


class _Task(Struct, frozen=True):
    """One block of a strip."""

    rows: Rows
    start: int
    end: int
    both: int | None


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


def _tasks(strips: Iterable[Strip]) -> Iterator[_Task]:
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
