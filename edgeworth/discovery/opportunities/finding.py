"""The search over a snapshot: every shape is tried, everything that is looked at is accounted for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct, structs

from edgeworth.discovery.opportunities.basket import basket_candidates
from edgeworth.discovery.opportunities.binary import binary_candidates
from edgeworth.discovery.opportunities.bound import bound_candidates
from edgeworth.discovery.opportunities.candidates import Considered
from edgeworth.discovery.opportunities.components import Component, ExclusiveSet, components_of
from edgeworth.discovery.opportunities.judging import Judge
from edgeworth.discovery.opportunities.logic import endings
from edgeworth.discovery.opportunities.orders import Books, orders_taken
from edgeworth.discovery.opportunities.sets import (
    has_lost,
    incompleteness,
    is_exclusive,
    is_over,
    is_tradable,
    set_candidates,
)
from edgeworth.discovery.opportunities.snapshot import MarketSnapshot, RelationEdge
from edgeworth.discovery.opportunity import Findings, NotTradable, Opportunity, OpportunityGates
from edgeworth.markets.market import Event, Market
from edgeworth.markets.relation import Relation

BINDING = frozenset(relation for relation in Relation if relation.is_binding)
"""Relations from which something follows; the others are passed over without a word."""

_CENT = 10_000


def find_opportunities(snapshot: MarketSnapshot, as_of: datetime, gates: OpportunityGates | None = None) -> Findings:
    """Everything in ``snapshot`` that can be traded for a profit in every modelled state.

    Args:
        snapshot: Markets, events, books and what binds the markets.
        as_of: The instant of the search; books that are younger are refused.
        gates: By default those of ``OpportunityGates()``.
    """
    return _Search(snapshot, as_of, gates or OpportunityGates()).findings()


class _Graph(Struct, frozen=True):
    components: list[Component]
    refused: list[NotTradable]


class _Search:
    def __init__(self, snapshot: MarketSnapshot, as_of: datetime, gates: OpportunityGates) -> None:
        self._as_of, self._gates = as_of, gates
        self._books = Books(snapshot.books)
        self._judge = Judge(self._books, gates, as_of)
        self._edges = snapshot.edges
        self._refused: list[NotTradable] = []
        self._markets = {one.market_id: one for one in self._of_two_outcomes(snapshot.markets)}
        self._exclusive = self._exclusive_events(snapshot)
        self._opportunities: dict[str, Opportunity] = {}
        self._earned: dict[str, int] = defaultdict(int)
        self._unprofitable = 0

    def findings(self) -> Findings:
        for market in self._markets.values():
            if is_tradable(market):
                self._consider(binary_candidates(market))
        for event, members in self._exclusive:
            self._consider(set_candidates(event, members, self._books))
        for component in self._components():
            self._consider(bound_candidates(component, self._gates.min_confidence))
            self._consider_basket(component)
        found = sorted(_with_shared_orders(self._opportunities.values()), key=lambda one: (-one.best_profit, one.key))
        considered = len(found) + len(self._refused) + self._unprofitable
        return Findings(
            opportunities=tuple(found), not_tradable=tuple(self._refused), unprofitable=self._unprofitable,
            considered=considered, as_of=self._as_of,
        )  # fmt: skip

    def _consider(self, candidates: Iterable[Considered]) -> None:
        for one in candidates:
            self._take(self._judge.judge(one))

    def _take(self, verdict: Opportunity | NotTradable | None) -> None:
        if verdict is None:
            self._unprofitable += 1
        elif isinstance(verdict, NotTradable):
            self._refused.append(verdict)
        else:
            self._opportunities[verdict.key] = verdict
            first = verdict.legs[0].market_id
            self._earned[first] = max(self._earned[first], verdict.best_profit)

    def _consider_basket(self, component: Component) -> None:
        """A basket is kept when it earns more than any simpler shape among the same markets."""
        # No shape reaches beyond its component, so that its first market tells where it belongs.
        simpler = max((self._earned[market.market_id] for market in component.markets), default=0)
        for considered in basket_candidates(component, self._books, self._as_of):
            verdict = self._judge.judge(considered)
            if isinstance(verdict, Opportunity) and verdict.best_profit <= simpler + _CENT:
                verdict = None
            self._take(verdict)

    def _of_two_outcomes(self, markets: Sequence[Market]) -> Iterator[Market]:
        for one in markets:
            if len(one.outcomes) == 2:
                yield one
            else:
                reason = f"expected two outcomes, found {len(one.outcomes)}"
                self._refuse("not_binary", reason, (one.market_id,))

    def _exclusive_events(self, snapshot: MarketSnapshot) -> list[tuple[Event, list[Market]]]:
        members: dict[str, list[Market]] = defaultdict(list)
        for market in self._markets.values():
            if market.event_id is not None:
                members[market.event_id].append(market)
        return [
            (event, members[key])
            for key, event in sorted(snapshot.events.items())
            if is_exclusive(event) and len(members[key]) > 1
        ]

    def _components(self) -> Iterator[Component]:
        edges = [edge for edge in self._edges if edge.relation in BINDING and self._is_usable(edge)]
        sets = [
            ExclusiveSet(
                market_ids=tuple(sorted(one.market_id for one in members if not has_lost(one))),
                is_complete=not incompleteness(event, members),
            )
            for event, members in self._exclusive
            if not is_over(members)
        ]
        tradable = {key: is_tradable(market) for key, market in self._markets.items()}
        for component in components_of(self._markets, edges, [one for one in sets if one.market_ids], tradable):
            if component.is_contradictory or endings_are_impossible(component):
                reason = "the relations among these markets contradict one another: none of them is relied on"
                self._refuse("contradictory_relations", reason, tuple(one.market_id for one in component.markets))
            else:
                yield component

    def _is_usable(self, edge: RelationEdge) -> bool:
        ids = (edge.market_a, edge.market_b)
        missing = [one for one in ids if one not in self._markets]
        if missing or edge.market_a == edge.market_b:
            self._refuse("unknown_market", f"expected two known markets, found {edge.market_a}, {edge.market_b}", ids)
        elif edge.confidence < self._gates.min_confidence:
            reason = (
                f"{edge.relation.value} with confidence {edge.confidence:.2f}, and {self._gates.min_confidence:.2f} is "
                "asked for"
            )
            self._refuse("low_confidence", reason, ids)
        else:
            return True
        return False

    def _refuse(self, code: str, reason: str, market_ids: tuple[str, ...]) -> None:
        self._refused.append(NotTradable(code=code, reason=reason, kind=None, market_ids=market_ids))


def endings_are_impossible(component: Component) -> bool:
    """Whether no ending agrees with all relations and complete sets."""
    # One ending is enough to know; ``None`` says that there are more.
    return endings(len(component.markets), component.reach, component.complete_sets, limit=1) == []


def _with_shared_orders(found: Iterable[Opportunity]) -> list[Opportunity]:
    """Each with the keys of those that would take some of its resting orders."""
    opportunities = list(found)
    takers: dict[tuple[str, bool], set[str]] = defaultdict(set)
    for one in opportunities:
        for orders in _orders(one):
            takers[orders].add(one.key)
    return [
        structs.replace(
            one, shares_orders_with=tuple(sorted(set().union(*(takers[orders] for orders in _orders(one))) - {one.key}))
        )
        for one in opportunities
    ]


def _orders(opportunity: Opportunity) -> set[tuple[str, bool]]:
    return {orders for leg in opportunity.legs if (orders := orders_taken(leg)) is not None}
