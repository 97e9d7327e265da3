"""What recall loses: of pairs known to be the same bet, which ones no channel would have proposed, and why.

A pair that is not proposed can never be found by anything that comes after, so each loss is named with its cause: the
structural filters kept the two apart, they lie under the floor, or others stood nearer. Labels come from outside; how
good the decision is on proposed pairs is the business of ``evaluation``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Final

import numpy as np
from msgspec import Struct

from edgeworth.discovery.nearest import Neighbours, nearest
from edgeworth.discovery.same_game import with_same_games
from edgeworth.discovery.similarity import Similarity
from edgeworth.discovery.structure import MarketTraits, StructuralFilters, Structure

UNION: Final = "union"
"""Name of the row that puts all channels together."""
GAMES: Final = "same game"
"""Name of the channel of markets on the same game."""

Link = tuple[int, int]
"""Positions of a market and of one that it proposes."""


class Loss(StrEnum):
    """Why a true pair is not proposed; the first that a channel names is the cause of the pair."""

    FILTERED = "kept apart by the structural filters"
    OUTRANKED = "others stand nearer"
    UNDER_FLOOR = "under the floor of similarity"
    NO_GAME = "no game in common"


class Channel(Struct, frozen=True, kw_only=True):
    """One way of proposing: rows by the position of the markets, and the least similarity that counts."""

    name: str
    similarity: Similarity
    floor: float


class TruePair(Struct, frozen=True):
    """Positions of two markets that are known to be the same bet."""

    a: int
    b: int


class Proposed(Struct, frozen=True, kw_only=True):
    """What one channel proposes over a pool.

    Attributes:
        links: k -> what is proposed when each market proposes its k nearest, and what the second look adds.
        cause: Why it does not propose a pair that it does not propose.
    """

    name: str
    links: Mapping[int, frozenset[Link]]
    cause: Callable[[TruePair], Loss]

    def has(self, pair: TruePair, k: int) -> bool:
        """Whether either of the two proposes the other."""
        return (pair.a, pair.b) in self.links[k] or (pair.b, pair.a) in self.links[k]


class ChannelRecall(Struct, frozen=True, kw_only=True):
    """What one channel, or all together, finds of the true pairs.

    Attributes:
        pairs: True pairs asked for.
        found_at: k -> pairs proposed; either of the two may propose.
        directed_at: k -> how many of the ``2 * pairs`` questions (find b from a, a from b) are answered.
        losses: At the largest k, why a pair is not proposed.
    """

    channel: str
    pairs: int
    found_at: Mapping[int, int]
    directed_at: Mapping[int, int]
    losses: Mapping[Loss, int]

    def recall_at(self, k: int) -> float | None:
        """Share of the true pairs that is proposed; ``None`` without any."""
        return self.found_at[k] / self.pairs if self.pairs else None


class MissedPair(Struct, frozen=True, kw_only=True):
    """A true pair that no channel proposes at the largest k. ``pair``: its place among those asked for."""

    pair: int
    causes: Mapping[str, Loss]

    @property
    def cause(self) -> Loss:
        """The one to mend first: what filters forbid no channel can find, and a rank is nearer than a floor."""
        return next(loss for loss in Loss if loss in self.causes.values())


class RecallAudit(Struct, frozen=True, kw_only=True):
    """The figures of every channel and of their union, and what is lost for good."""

    channels: Sequence[ChannelRecall]
    missed: Sequence[MissedPair]


def search_channel(
    channel: Channel, traits: Sequence[MarketTraits], *, filters: StructuralFilters, ks: Sequence[int]
) -> Proposed:
    """What ``channel`` proposes in both looks.

    Args:
        channel: Row i of its similarity belongs to ``traits[i]``.
        traits: The pool: both markets of every pair, and whatever else they have to be told from.
        filters: As they would be in a run.
        ks: Numbers of neighbours to try.
    """
    near = nearest(channel.similarity, Structure(traits, filters), k=max(ks), floor=channel.floor)
    wide = Structure(traits, filters.far or filters)
    far: frozenset[Link] = frozenset()
    if filters.far is not None:
        seen = nearest(channel.similarity, wide, k=filters.far_per_market, floor=channel.floor)
        far = frozenset(_links(seen, filters.far_per_market))

    def cause(pair: TruePair) -> Loss:
        if not wide.allows(pair.a, pair.b):
            return Loss.FILTERED
        score = channel.similarity.exact(np.array([pair.a]), np.array([pair.b]))[0]
        return Loss.UNDER_FLOOR if score < channel.floor else Loss.OUTRANKED

    return Proposed(name=channel.name, links={k: far.union(_links(near, k)) for k in ks}, cause=cause)


def search_games(
    keys: Sequence[Collection[str]],
    traits: Sequence[MarketTraits],
    *,
    filters: StructuralFilters,
    ks: Sequence[int],
) -> Proposed:
    """What sharing a game proposes; ``keys[i]`` are those of ``traits[i]``, from ``game_keys``."""
    row_of = {one.market_id: row for row, one in enumerate(traits)}
    wide = Structure(traits, filters.far or filters)

    def links(k: int) -> frozenset[Link]:
        found = with_same_games([], traits, keys, filters=filters, per_market=k)
        rows = [(row_of[one.market_a], row_of[one.market_b]) for one in found]
        return frozenset(rows).union((b, a) for a, b in rows)

    def cause(pair: TruePair) -> Loss:
        if not wide.allows(pair.a, pair.b):
            return Loss.FILTERED
        return Loss.NO_GAME if set(keys[pair.a]).isdisjoint(keys[pair.b]) else Loss.OUTRANKED

    return Proposed(name=GAMES, links={k: links(k) for k in ks}, cause=cause)


def audit_recall(pairs: Sequence[TruePair], proposals: Sequence[Proposed]) -> RecallAudit:
    """Look for every true pair among what is proposed and say which are found.

    Args:
        pairs: By positions in the pool.
        proposals: Of every channel, at least one, over one pool and for the same numbers of neighbours.
    """
    ks = sorted(proposals[0].links)
    lost = {one.name: [number for number, pair in enumerate(pairs) if not one.has(pair, ks[-1])] for one in proposals}
    causes = {one.name: {number: one.cause(pairs[number]) for number in lost[one.name]} for one in proposals}
    missed = [
        MissedPair(pair=number, causes={name: found[number] for name, found in causes.items()})
        for number in range(len(pairs))
        if all(number in found for found in causes.values())
    ]
    figures = [_figures(one.name, [one], pairs, ks, list(causes[one.name].values())) for one in proposals]
    figures.append(_figures(UNION, proposals, pairs, ks, [one.cause for one in missed]))
    return RecallAudit(channels=figures, missed=missed)


def candidates_at(proposals: Sequence[Proposed]) -> dict[str, dict[int, int]]:
    """Channel, or union, to k to the number of pairs proposed over all, true or not: what the decision has to read."""
    groups = {one.name: [one] for one in proposals} | {UNION: list(proposals)}
    return {name: {k: _pairs_of(group, k) for k in sorted(group[0].links)} for name, group in groups.items()}


def _pairs_of(group: Sequence[Proposed], k: int) -> int:
    return len({(min(link), max(link)) for one in group for link in one.links[k]})


def _figures(
    name: str, proposals: Sequence[Proposed], pairs: Sequence[TruePair], ks: Sequence[int], losses: Sequence[Loss]
) -> ChannelRecall:
    found, directed = {}, {}
    for k in ks:
        forth = [any((pair.a, pair.b) in one.links[k] for one in proposals) for pair in pairs]
        back = [any((pair.b, pair.a) in one.links[k] for one in proposals) for pair in pairs]
        found[k] = sum(map(max, forth, back))
        directed[k] = sum(forth) + sum(back)
    return ChannelRecall(
        channel=name,
        pairs=len(pairs),
        found_at=found,
        directed_at=directed,
        losses={loss: losses.count(loss) for loss in Loss if loss in losses},
    )


def _links(run: Neighbours, k: int) -> Iterator[Link]:
    """(query row, neighbour) of the first ``k`` neighbours of each query row."""
    place: dict[int, int] = {}
    for row, column in zip(run.rows.tolist(), run.columns.tolist(), strict=True):
        place[row] = place.get(row, 0) + 1
        if place[row] <= k:
            yield row, column
