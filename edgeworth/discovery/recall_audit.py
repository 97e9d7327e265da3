"""What recall loses: of pairs known to be the same bet, which ones no channel would have proposed, and why.

A pair that is not proposed can never be found by anything that comes after, so each loss is named with its cause: the
structural filters kept the two apart, they lie under the floor, or others stood nearer. Labels come from outside; how
good the decision is on proposed pairs is the business of ``evaluation``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import numpy as np
from msgspec import Struct

from edgeworth.discovery.neighbours import (
    MarketTraits,
    Neighbours,
    Similarity,
    StructuralFilters,
    Structure,
    nearest,
)

UNION = "union"
"""Name of the row that puts all channels together."""


class Loss(StrEnum):
    """Why a true pair is not proposed."""

    FILTERED = "kept apart by the structural filters"
    UNDER_FLOOR = "under the floor of similarity"
    OUTRANKED = "others stand nearer"


class Channel(Struct, frozen=True, kw_only=True):
    """One way of proposing: rows by the position of the markets, and the least similarity that counts."""

    name: str
    similarity: Similarity
    floor: float


class TruePair(Struct, frozen=True):
    """Positions of two markets that are known to be the same bet."""

    a: int
    b: int


class ChannelRecall(Struct, frozen=True, kw_only=True):
    """What one channel, or all together, finds of the true pairs.

    Attributes:
        pairs: True pairs asked for.
        found_at: k -> pairs proposed when each market proposes its k nearest (and what the second look adds, whatever
            k is); either of the two may propose.
        directed_at: k -> how many of the ``2 * pairs`` questions (find b from a, a from b) are answered.
        candidates_at: k -> pairs proposed over all, true or not: what the decision has to read.
        losses: At the largest k, why a pair is not proposed; empty for the union.
    """

    channel: str
    pairs: int
    found_at: Mapping[int, int]
    directed_at: Mapping[int, int]
    candidates_at: Mapping[int, int]
    losses: Mapping[Loss, int]

    def recall_at(self, k: int) -> float | None:
        """Share of the true pairs that is proposed; ``None`` without any."""
        return self.found_at[k] / self.pairs if self.pairs else None


class MissedPair(Struct, frozen=True, kw_only=True):
    """A true pair that no channel proposes at the largest k, with the cause in each channel."""

    market_a: str
    market_b: str
    causes: Mapping[str, Loss]


class RecallAudit(Struct, frozen=True, kw_only=True):
    """The figures of every channel and of their union, and what is lost for good."""

    channels: Sequence[ChannelRecall]
    missed: Sequence[MissedPair]


def audit_recall(
    traits: Sequence[MarketTraits],
    pairs: Sequence[TruePair],
    *,
    channels: Sequence[Channel],
    filters: StructuralFilters,
    ks: Sequence[int] = (1, 5, 10, 20),
) -> RecallAudit:
    """Look for every true pair among all of ``traits`` and say which are found.

    Args:
        traits: The pool: both markets of every pair, and whatever else they have to be told from.
        pairs: By positions in ``traits``.
        channels: Row i of each similarity belongs to ``traits[i]``.
        filters: As they would be in a run.
        ks: Numbers of neighbours to try.
    """
    structure = Structure(traits, filters)
    far = None if filters.far is None else Structure(traits, filters.far)
    runs = {one.name: _run(one, structure, far, max(ks)) for one in channels}
    losses = {one.name: _losses(one, far or structure, pairs, runs[one.name]) for one in channels}
    figures = [_figures(one.name, [runs[one.name]], pairs, ks, losses[one.name].values()) for one in channels]
    figures.append(_figures(UNION, list(runs.values()), pairs, ks, ()))
    missed = [
        MissedPair(
            market_a=traits[pair.a].market_id,
            market_b=traits[pair.b].market_id,
            causes={name: found[number] for name, found in losses.items()},
        )
        for number, pair in enumerate(pairs)
        if losses and all(number in found for found in losses.values())
    ]
    return RecallAudit(channels=figures, missed=missed)


class _Run(Struct, frozen=True):
    """What a channel proposes in its two looks."""

    near: Neighbours
    far: Neighbours | None

    def links(self, k: int) -> set[tuple[int, int]]:
        """(query row, neighbour) of the first ``k`` neighbours of each query row, and of the second look."""
        return {*_links(self.near, k), *(() if self.far is None else _links(self.far, len(self.far.rows)))}


def _run(channel: Channel, structure: Structure, far: Structure | None, k: int) -> _Run:
    seen = None
    if far is not None:
        seen = nearest(channel.similarity, far, k=far.filters.far_per_market, floor=channel.floor)
    return _Run(nearest(channel.similarity, structure, k=k, floor=channel.floor), seen)


def _figures(
    name: str, runs: Sequence[_Run], pairs: Sequence[TruePair], ks: Sequence[int], losses: Iterable[Loss]
) -> ChannelRecall:
    found, directed, candidates = {}, {}, {}
    for k in ks:
        proposed = {link for run in runs for link in run.links(k)}
        answered = [((pair.a, pair.b) in proposed, (pair.b, pair.a) in proposed) for pair in pairs]
        found[k] = sum(any(both) for both in answered)
        directed[k] = sum(map(sum, answered))
        candidates[k] = len({(min(link), max(link)) for link in proposed})
    counted = list(losses)
    return ChannelRecall(
        channel=name,
        pairs=len(pairs),
        found_at=found,
        directed_at=directed,
        candidates_at=candidates,
        losses={loss: counted.count(loss) for loss in Loss if loss in counted},
    )


def _links(run: Neighbours, k: int) -> Iterable[tuple[int, int]]:
    place: dict[int, int] = {}
    for row, column in zip(run.rows.tolist(), run.columns.tolist(), strict=True):
        place[row] = place.get(row, 0) + 1
        if place[row] <= k:
            yield row, column


def _losses(channel: Channel, structure: Structure, pairs: Sequence[TruePair], run: _Run) -> dict[int, Loss]:
    """Number of a pair that this channel does not propose in either direction -> why."""
    proposed = run.links(len(run.near.rows))
    a = np.array([pair.a for pair in pairs], dtype=np.int64)
    b = np.array([pair.b for pair in pairs], dtype=np.int64)
    scores = channel.similarity.exact(a, b)
    lost = {}
    for number, pair in enumerate(pairs):
        if (pair.a, pair.b) in proposed or (pair.b, pair.a) in proposed:
            continue
        if not structure.allows(pair.a, pair.b):
            lost[number] = Loss.FILTERED
        else:
            lost[number] = Loss.UNDER_FLOOR if scores[number] < channel.floor else Loss.OUTRANKED
    return lost
