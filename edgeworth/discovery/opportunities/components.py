"""Markets that are bound to one another, directly or over others, and what is certain among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from edgeworth.discovery.opportunities.logic import Implication, closure, denial, exclusion, implications_of
from edgeworth.discovery.opportunities.snapshot import RelationEdge
from edgeworth.markets.market import Market

MANY_MARKETS: Final = 64
"""In larger components chains of reasoning are followed over verdicts only, not over the sets of exchanges."""


class ExclusiveSet(Struct, frozen=True, kw_only=True):
    """Markets of one event of which at most one comes true; exactly one where ``is_complete``."""

    market_ids: tuple[str, ...]
    is_complete: bool


class Component(Struct, frozen=True, kw_only=True):
    """A connected part of the graph of markets. Literals are those of ``logic``.

    Attributes:
        trades: Whether each market takes orders now.
        by_source: Implications by the literal that forces; those of sets carry no verdict.
        reach: For each literal, the mask of what follows from it.
        complete_sets: Numbers of markets of which exactly one comes true.
        edges: The verdicts among them.
    """

    markets: tuple[Market, ...]
    trades: tuple[bool, ...]
    by_source: tuple[tuple[Implication, ...], ...]
    reach: tuple[int, ...]
    complete_sets: tuple[tuple[int, ...], ...]
    edges: tuple[RelationEdge, ...]

    def follows(self, source: int, target: int) -> bool:
        """Whether ``source`` cannot come true without ``target``."""
        return bool(self.reach[source] >> target & 1)

    @property
    def is_contradictory(self) -> bool:
        """Whether some market would be decided by the relations alone: then one of them is wrong."""
        return any(self.follows(literal, denial(literal)) for literal in range(2 * len(self.markets)))


def components_of(
    markets: Mapping[str, Market],
    edges: Sequence[RelationEdge],
    sets: Sequence[ExclusiveSet],
    tradable: Mapping[str, bool],
) -> list[Component]:
    """The connected parts that hold at least two markets, in the order of their first market's id."""
    links = [(edge.market_a, edge.market_b) for edge in edges]
    links += [(one.market_ids[0], other) for one in sets for other in one.market_ids[1:]]
    groups = _connected(links)
    home = {market_id: at for at, group in enumerate(groups) for market_id in group}
    edges_of: list[list[RelationEdge]] = [[] for _ in groups]
    sets_of: list[list[ExclusiveSet]] = [[] for _ in groups]
    for edge in edges:
        edges_of[home[edge.market_a]].append(edge)
    for one in sets:
        sets_of[home[one.market_ids[0]]].append(one)
    return [
        _component([markets[one] for one in group], edges_of[at], sets_of[at], tradable)
        for at, group in enumerate(groups)
    ]


def _connected(links: Iterable[tuple[str, str]]) -> list[list[str]]:
    parent: dict[str, str] = {}

    def root(one: str) -> str:
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for a, b in links:
        parent[root(a)] = root(b)
    groups: dict[str, list[str]] = {}
    for one in sorted(parent):
        groups.setdefault(root(one), []).append(one)
    return sorted(groups.values())


def _component(
    markets: Sequence[Market], edges: Sequence[RelationEdge], sets: Sequence[ExclusiveSet], tradable: Mapping[str, bool]
) -> Component:
    number = {market.market_id: at for at, market in enumerate(markets)}
    members = [tuple(number[one] for one in each.market_ids) for each in sets]
    implications = [
        one for edge in edges for one in implications_of(edge, number[edge.market_a], number[edge.market_b])
    ]
    implications += [one for each in members for one in exclusion(each)]
    by_source: list[list[Implication]] = [[] for _ in range(2 * len(markets))]
    for one in implications:
        if one.edge is not None or len(markets) <= MANY_MARKETS:
            by_source[one.source].append(one)
    return Component(
        markets=tuple(markets),
        trades=tuple(tradable[market.market_id] for market in markets),
        by_source=tuple(tuple(each) for each in by_source),
        reach=tuple(closure(len(markets), implications)),
        complete_sets=tuple(each for each, one in zip(members, sets, strict=True) if one.is_complete),
        edges=tuple(edges),
    )
