"""The third channel of recall: markets that bet on the same thing of the same game.

One venue names the clubs and the other the towns ("Bucks vs. Lakers", "Milwaukee at Los Angeles L"): no vector and no
word brings the two together, but their readings do. A game proposes and nothing more; days and sides are for the
decision.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from edgeworth.discovery.neighbours import Candidate
from edgeworth.discovery.reading.slots import Game
from edgeworth.discovery.structure import MarketTraits, StructuralFilters, Structure

MOST_OPTIONS = 4
"""Clubs that one side may be ("Los Angeles"); a side that may be more than these says too little."""


def game_keys(game: Game | None) -> frozenset[str]:
    """What two markets on the same bet of the same two clubs share; several where a name fits several clubs."""
    if game is None or any(len(side) > MOST_OPTIONS for side in game.teams):
        return frozenset()
    line = "" if game.line is None else f"{abs(game.line).normalize():f}"
    return frozenset(
        "|".join((*sorted((first, second)), game.part.value, game.period, line))
        for first, second in itertools.product(*game.teams)
        if first != second
    )


def with_same_games(
    candidates: Sequence[Candidate],
    traits: Sequence[MarketTraits],
    keys: Sequence[Collection[str]],
    *,
    filters: StructuralFilters,
    per_market: int,
    changed: Collection[str] | None = None,
) -> list[Candidate]:
    """``candidates`` and, where they lack it, each pair of markets that share a key; by ids.

    Args:
        candidates: What the other channels propose.
        traits: The markets.
        keys: Of ``traits[i]``, from ``game_keys``.
        filters: As for the other channels; the second look's window, for one venue closes weeks after the game.
        per_market: Among markets with one key each is paired with so many that close next to it, on either side.
        changed: Only pairs with one of these; ``None`` for all.
    """
    structure = Structure(traits, filters.far or filters)
    found = {(one.market_a, one.market_b): one for one in candidates}
    for row, other in _pairs(traits, keys, per_market):
        a, b = sorted((traits[row].market_id, traits[other].market_id))
        is_asked = changed is None or a in changed or b in changed
        if is_asked and (a, b) not in found and structure.allows(row, other):
            found[a, b] = Candidate(market_a=a, market_b=b)
    return [found[pair] for pair in sorted(found)]


def _pairs(
    traits: Sequence[MarketTraits], keys: Sequence[Collection[str]], per_market: int
) -> Iterator[tuple[int, int]]:
    """Rows with a key in common, each with those that follow it in order of close time: linear in their number."""
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, shared in enumerate(keys):
        for key in shared:
            rows_of[key].append(row)
    for rows in rows_of.values():
        rows.sort(key=lambda row: (_close(traits[row]), traits[row].market_id))
        for place, row in enumerate(rows):
            yield from ((row, other) for other in rows[place + 1 : place + 1 + per_market])


def _close(one: MarketTraits) -> float:
    return float("inf") if one.closes_at is None else one.closes_at.timestamp()
