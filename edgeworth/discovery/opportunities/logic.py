"""What follows from what between markets, and every way in which they can end together.

A *literal* is the proposition of a market (``2 * i``) or its denial (``2 * i + 1``). Relations are implications between
literals; sets of markets that exclude one another are such implications too, and a complete set adds that one of them
comes true. Sets of literals are bit masks. Only truth is treated here: calling off, prices and venues are not.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final

from msgspec import Struct

from edgeworth.discovery.opportunities.snapshot import RelationEdge
from edgeworth.markets.relation import Relation

_STEPS_A_STATE: Final = 20
"""Implications leave no dead ends, complete sets may; this many steps a state and market are allowed for them."""


class Implication(Struct, frozen=True):
    """``source`` cannot come true without ``target``; on whose word (``None``: the venue's)."""

    source: int
    target: int
    edge: RelationEdge | None = None


def denial(literal: int) -> int:
    """The literal that is true when ``literal`` is not."""
    return literal ^ 1


def implications_of(edge: RelationEdge, a: int, b: int) -> tuple[Implication, ...]:
    """What ``edge`` says about the markets numbered ``a`` and ``b``, with contrapositives."""
    yes_a, yes_b = 2 * a, 2 * b
    forward, backward = (yes_a, yes_b), (yes_b, yes_a)
    pairs: dict[Relation, tuple[tuple[int, int], ...]] = {
        Relation.EQUIVALENT: (forward, backward),
        Relation.INVERSE: ((yes_a, denial(yes_b)), (denial(yes_a), yes_b)),
        Relation.A_IMPLIES_B: (forward,),
        Relation.B_IMPLIES_A: (backward,),
        Relation.EXCLUSIVE: ((yes_a, denial(yes_b)),),
    }
    return tuple(
        one
        for source, target in pairs.get(edge.relation, ())
        for one in (Implication(source, target, edge), Implication(denial(target), denial(source), edge))
    )


def exclusion(members: Sequence[int]) -> Iterable[Implication]:
    """At most one of ``members`` (market numbers) comes true."""
    for a in members:
        for b in members:
            if a != b:
                yield Implication(2 * a, denial(2 * b))


def closure(size: int, implications: Iterable[Implication]) -> list[int]:
    """For each literal, the mask of all that follows from it, itself included."""
    reach = [1 << literal for literal in range(2 * size)]
    for one in implications:
        reach[one.source] |= 1 << one.target
    for middle in range(2 * size):
        bit = 1 << middle
        through = reach[middle]
        for literal, mask in enumerate(reach):
            if mask & bit:
                reach[literal] = mask | through
    return reach


def endings(
    size: int, reach: Sequence[int], complete_sets: Sequence[Sequence[int]] = (), *, limit: int
) -> list[tuple[bool, ...]] | None:
    """Every assignment of truth to ``size`` markets that agrees with ``reach`` and with the complete sets.

    ``None`` when there are more than ``limit``, or when that takes too long to say; empty when the relations contradict
    one another.
    """
    truths = sum(1 << (2 * i) for i in range(size))
    denied = [sum(1 << (2 * i + 1) for i in members) for members in complete_sets]
    found: list[tuple[bool, ...]] = []
    steps = _STEPS_A_STATE * (limit + 1) * max(size, 1)
    open_ends = [(0, 0)]
    while open_ends:
        mask, market = open_ends.pop()
        steps -= 1
        if steps < 0:
            return None
        if mask & (mask >> 1) & truths or any(mask & none == none for none in denied):
            continue
        while market < size and mask >> (2 * market) & 3:
            market += 1
        if market < size:
            open_ends.append((mask | reach[2 * market + 1], market + 1))
            open_ends.append((mask | reach[2 * market], market + 1))
            continue
        found.append(tuple(bool(mask >> (2 * i) & 1) for i in range(size)))
        if len(found) > limit:
            return None
    return found


class Chain(Struct, frozen=True):
    """A way from one literal to another: the verdicts on it, and the chance at most that one of them is wrong."""

    doubt: float
    edges: tuple[RelationEdge, ...]


def chains_from(source: int, implications: Sequence[Sequence[Implication]], most_doubt: float) -> dict[int, Chain]:
    """The least doubtful chain from ``source`` to every literal that follows from it, within ``most_doubt``.

    Args:
        source: The literal that is taken to be true.
        most_doubt: Chains that are more doubtful are not followed.
        implications: By source. The doubts of a chain add up: at most that often is any of its verdicts wrong.
    """
    reached: dict[int, Chain] = {}
    # The number of the entry comes before its verdicts, which have no order of their own.
    entries = count()
    queue: list[tuple[float, int, int, int, tuple[RelationEdge, ...]]] = [(0.0, 0, source, next(entries), ())]
    while queue:
        doubt, length, literal, _, edges = heapq.heappop(queue)
        if literal in reached:
            continue
        reached[literal] = Chain(doubt, edges)
        for one in implications[literal]:
            further = doubt + (1.0 - one.edge.confidence if one.edge else 0.0)
            if one.target not in reached and further <= most_doubt + 1e-12:
                passed = (*edges, one.edge) if one.edge else edges
                heapq.heappush(queue, (further, length + 1, one.target, next(entries), passed))
    return reached
