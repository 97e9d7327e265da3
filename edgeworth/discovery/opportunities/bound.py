"""Two markets bound by what is known of them: twins, opposites, rungs of a ladder, propositions that exclude others.

All are one shape. Where the truth of one literal forces another, a share of the forced literal and a share against the
forcing one pay a dollar at least, whatever happens; when both are called off they pay 0.50 each, a dollar again. What
follows over several verdicts counts too, with the doubts of the chain added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from edgeworth.discovery.opportunities.candidates import (
    Candidate,
    Considered,
    TerminalState,
    called_off,
    leg,
    reliance,
    state_name,
)
from edgeworth.discovery.opportunities.components import Component
from edgeworth.discovery.opportunities.logic import Chain, chains_from, denial
from edgeworth.discovery.opportunities.snapshot import LadderKind
from edgeworth.discovery.opportunity import OpportunityKind
from edgeworth.markets.market import Market
from edgeworth.markets.relation import Relation
from edgeworth.units import MICROS

_LADDERS: Final = {
    LadderKind.THRESHOLD: OpportunityKind.THRESHOLD_LADDER,
    LadderKind.DATE: OpportunityKind.DATE_LADDER,
}
_VOID_TOGETHER: Final = "When one market is called off so is the other, and every share of both pays 0.50."
_CERTAIN: Final = 1.0


class _Found(Struct, frozen=True):
    """One of two literals comes true at least; why."""

    first: int
    second: int
    chain: Chain


def bound_candidates(component: Component, min_confidence: float) -> Iterator[Considered]:
    """A candidate for every two tradable markets of which one literal forces another."""
    seen: set[tuple[int, int]] = set()
    for source in range(2 * len(component.markets)):
        for target, chain in sorted(chains_from(source, component.by_source, _CERTAIN - min_confidence).items()):
            first, second = sorted((denial(source), target))
            if first >> 1 == second >> 1 or (first, second) in seen or not chain.edges:
                continue
            seen.add((first, second))
            if component.trades[first >> 1] and component.trades[second >> 1]:
                yield (_candidate(component, _Found(first, second, chain)),)


def _candidate(component: Component, found: _Found) -> Candidate:
    numbers = (found.first >> 1, found.second >> 1)
    markets = tuple(component.markets[number] for number in numbers)
    relation, kind = _kind(component, numbers, found.chain)
    return Candidate(
        kind=kind, legs=tuple(leg(component.markets[one >> 1], one & 1) for one in (found.first, found.second)),
        markets=markets, states=_states(component, found, markets), relation=relation, edges=found.chain.edges,
        confidence=_CERTAIN - found.chain.doubt, assumptions=(reliance(found.chain.edges), _VOID_TOGETHER),
    )  # fmt: skip


def _kind(component: Component, numbers: tuple[int, int], chain: Chain) -> tuple[Relation | None, OpportunityKind]:
    a, b = (2 * number for number in numbers)
    follows = component.follows
    if follows(a, b) and follows(b, a):
        return Relation.EQUIVALENT, OpportunityKind.PAIR
    if follows(a, denial(b)) and follows(denial(a), b):
        return Relation.INVERSE, OpportunityKind.INVERSE_PAIR
    if follows(a, denial(b)):
        return Relation.EXCLUSIVE, OpportunityKind.EXCLUSIVE_PAIR
    relation = Relation.A_IMPLIES_B if follows(a, b) else Relation.B_IMPLIES_A if follows(b, a) else None
    ladders = {edge.ladder for edge in chain.edges if not edge.relation.is_same_bet}
    ladder = ladders.pop() if len(ladders) == 1 else None
    return relation, OpportunityKind.IMPLIED_PAIR if ladder is None else _LADDERS[ladder]


def _states(component: Component, found: _Found, markets: Sequence[Market]) -> tuple[TerminalState, ...]:
    literals = (found.first, found.second)
    states = []
    for truths in ((True, True), (True, False), (False, True), (False, False)):
        held = [2 * (literal >> 1) + (not truth) for literal, truth in zip(literals, truths, strict=True)]
        if component.follows(held[0], denial(held[1])):
            continue
        payouts = tuple(MICROS * (one == literal) for one, literal in zip(held, literals, strict=True))
        states.append(TerminalState(name=state_name(markets, truths), payouts=payouts))
    return (*states, called_off(2))
