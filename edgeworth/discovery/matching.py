"""From candidates to matches, and from matches to what a search for opportunities reads.

Joins the stages and decides nothing itself: a candidate's two readings go to ``Decide``, in the order of the ids. Also
which markets hang together (one event, or a verdict from which something follows), so that a large catalogue can be
searched piece by piece. Vectors, books and SQL never enter.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from scipy.sparse import coo_array  # type: ignore[import-untyped]
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

from edgeworth.discovery.neighbours import Candidate
from edgeworth.discovery.opportunities.finding import BINDING
from edgeworth.discovery.opportunities.snapshot import LadderKind, RelationEdge
from edgeworth.discovery.ports import FoundMatch
from edgeworth.discovery.reading import QuestionReading
from edgeworth.markets.market import Event, Market
from edgeworth.markets.relation import Finding, Relation, Verdict
from edgeworth.units import PriceMicros

Decide = Callable[[QuestionReading, QuestionReading], Verdict]
"""What two texts say about each other; the first is A."""

SILENT: Final = frozenset({Relation.UNRELATED})
"""Verdicts that are counted and not kept."""

MOST_RUNGS: Final = 40
"""Members of an event that are compared each with each; of a larger one those that stand near in the listing."""

_AGREEING: Final = {Finding.SAME, Finding.UNKNOWN}
_NARROWER: Final = {Finding.A_NARROWER, Finding.B_NARROWER}
_LADDERS: Final = {"threshold": LadderKind.THRESHOLD, "window": LadderKind.DATE}


class Listed(Struct, frozen=True, kw_only=True):
    """A market as far as comparing needs it."""

    reading: QuestionReading
    price: PriceMicros | None = None


def compared(
    candidates: Iterable[Candidate], markets: Mapping[str, Listed], decide: Decide, *, space_id: str | None
) -> Iterator[FoundMatch]:
    """Every candidate with its verdict, unrelated ones included, in their order."""
    for candidate in candidates:
        a, b = markets[candidate.market_a], markets[candidate.market_b]
        yield FoundMatch(
            market_a=candidate.market_a,
            market_b=candidate.market_b,
            verdict=decide(a.reading, b.reading),
            space_id=space_id if candidate.cosine is not None else None,
            similarity=candidate.cosine,
            lexical=candidate.lexical,
            price_a=a.price,
            price_b=b.price,
        )


def essential(found: FoundMatch) -> FoundMatch:
    """``found`` as it is worth storing: of two markets that are merely related only what sets them apart.

    They are four of five pairs in a large catalogue, and nothing follows from them.
    """
    if found.verdict.relation is not Relation.RELATED:
        return found
    apart = tuple(clause for clause in found.verdict.clauses if clause.finding not in _AGREEING)
    return replace(found, verdict=replace(found.verdict, clauses=apart))


def edge_of(found: FoundMatch) -> RelationEdge | None:
    """What follows from a match; ``None`` when nothing does."""
    return edge(found.market_a, found.market_b, found.verdict, evidence_id=f"{found.market_a}|{found.market_b}")


def edge(market_a: str, market_b: str, verdict: Verdict, *, evidence_id: str = "") -> RelationEdge | None:
    """What follows from ``verdict``; ``None`` when nothing does."""
    if verdict.relation not in BINDING:
        return None
    return RelationEdge(
        market_a=market_a,
        market_b=market_b,
        relation=verdict.relation,
        confidence=verdict.confidence,
        evidence_id=evidence_id,
        ladder=ladder_of(verdict),
    )


def ladder_of(verdict: Verdict) -> LadderKind | None:
    """In what two rungs differ, when one clause alone sets them apart and one follows from the other."""
    if verdict.relation not in {Relation.A_IMPLIES_B, Relation.B_IMPLIES_A}:
        return None
    narrower = {clause.name.removeprefix("rules: ") for clause in verdict.clauses if clause.finding in _NARROWER}
    return _LADDERS.get(narrower.pop()) if len(narrower) == 1 else None


def pairs_within(event: Event, members: Sequence[Market]) -> Iterator[tuple[Market, Market]]:
    """Members of ``event`` whose texts are worth comparing, the smaller id first: rungs of ladders.

    None where the venue states itself that they exclude one another.
    """
    if event.is_neg_risk or event.is_mutually_exclusive:
        return
    rungs = sorted(members, key=lambda market: market.market_id)
    reach = len(rungs) if len(rungs) <= MOST_RUNGS else MOST_RUNGS // 2
    for position, market in enumerate(rungs):
        for other in rungs[position + 1 : position + 1 + reach]:
            yield market, other


def pieces(
    events: Mapping[str, str | None], links: Iterable[tuple[str, str]], *, size: int, around: Collection[str] = ()
) -> list[list[str]]:
    """Markets in groups that have nothing to do with one another, small ones put together up to ``size``.

    Args:
        events: Event by market id; members of one event hang together.
        links: Pairs that hang together; those of unknown markets are passed over.
        size: Markets in a group; one that hangs together is never cut, however large.
        around: Only groups that hold one of these; empty for all.
    """
    ids = sorted(events)
    groups = _grouped(ids, events, links)
    wanted = [group for group in groups if not around or not set(around).isdisjoint(group)]
    packed: list[list[str]] = []
    for group in wanted:
        if packed and len(packed[-1]) + len(group) <= size:
            packed[-1] += group
        else:
            packed.append(list(group))
    return packed


def _grouped(ids: Sequence[str], events: Mapping[str, str | None], links: Iterable[tuple[str, str]]) -> list[list[str]]:
    position = {market_id: number for number, market_id in enumerate(ids)}
    first_of: dict[str, str] = {}
    tied = [
        (market_id, first_of.setdefault(event_id, market_id))
        for market_id in ids
        if (event_id := events[market_id]) is not None
    ]
    known = [(position[a], position[b]) for a, b in itertools.chain(tied, links) if a in position and b in position]
    rows, columns = np.array(known, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(len(ids), len(ids)))
    _, labels = connected_components(graph, directed=False)
    groups: dict[int, list[str]] = {}
    for market_id, label in zip(ids, labels.tolist(), strict=True):
        groups.setdefault(label, []).append(market_id)
    return list(groups.values())
