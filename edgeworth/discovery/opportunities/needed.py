"""Which verdicts a basket stands on: those without which its worst state would pay less.

A component may hold many more verdicts than a basket needs, and the doubts of all of them together would condemn every
basket. First the least doubtful chains between its legs are taken, then every verdict is tried without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from edgeworth.discovery.opportunities.candidates import HALF
from edgeworth.discovery.opportunities.components import Component
from edgeworth.discovery.opportunities.logic import chains_from, closure, endings
from edgeworth.discovery.opportunities.snapshot import RelationEdge
from edgeworth.units import MICROS

Ratio = Mapping[tuple[int, int], int]
"""Market number and outcome -> shares for one set, in millionths."""

_MOST_STATES: Final = 500
_ANY_DOUBT: Final = 1e9


def needed_edges(component: Component, ratio: Ratio) -> tuple[RelationEdge, ...]:
    """Verdicts of ``component`` that suffice for the worst payout of ``ratio``, none of which can be spared."""
    promised = worst_payout(component, component.edges, ratio)
    if promised is None:
        return component.edges
    kept = _on_chains(component, ratio)
    if worst_payout(component, kept, ratio) != promised:
        kept = component.edges
    for edge in sorted(kept, key=lambda one: one.confidence):
        without = tuple(one for one in kept if one is not edge)
        if worst_payout(component, without, ratio) == promised:
            kept = without
    return kept


def worst_payout(component: Component, edges: Sequence[RelationEdge], ratio: Ratio) -> int | None:
    """The least that ``ratio`` pays when only ``edges`` and the sets hold; ``None``: too many ways to end to say."""
    relied = {id(edge) for edge in edges}
    implications = [one for each in component.by_source for one in each if one.edge is None or id(one.edge) in relied]
    numbers = sorted({number for number, _ in ratio} | {one for each in component.complete_sets for one in each})
    place = {number: at for at, number in enumerate(numbers)}
    reach = _projected(closure(len(component.markets), implications), numbers)
    sets = [[place[one] for one in each] for each in component.complete_sets]
    ways = endings(len(numbers), reach, sets, limit=_MOST_STATES)
    if not ways:
        return None
    decided = min(
        sum(shares for (number, outcome), shares in ratio.items() if way[place[number]] == (outcome == 0))
        for way in ways
    )
    return min(decided, sum(ratio.values()) * HALF // MICROS)


def _on_chains(component: Component, ratio: Ratio) -> tuple[RelationEdge, ...]:
    """The verdicts on the least doubtful chains between the markets of the legs and of the complete sets."""
    numbers = {number for number, _ in ratio} | {one for each in component.complete_sets for one in each}
    literals = [literal for number in sorted(numbers) for literal in (2 * number, 2 * number + 1)]
    found: dict[int, RelationEdge] = {}
    for source in literals:
        chains = chains_from(source, component.by_source, _ANY_DOUBT)
        for target in literals:
            if target in chains:
                found.update({id(edge): edge for edge in chains[target].edges})
    return tuple(edge for edge in component.edges if id(edge) in found)


def _projected(reach: Sequence[int], numbers: Sequence[int]) -> list[int]:
    """What follows from what among the markets ``numbers`` only, numbered anew."""
    literals = [literal for number in numbers for literal in (2 * number, 2 * number + 1)]
    return [sum(1 << at for at, target in enumerate(literals) if reach[source] >> target & 1) for source in literals]
