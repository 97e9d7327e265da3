"""The whole way on synthetic worlds: markets read by their words alone, relations decided, opportunities found, and what
they earn checked against what is really true."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

import pytest
from msgspec import structs

from edgeworth.adapters.synthetic.planted import planted_opportunities
from edgeworth.discovery.decision import decide
from edgeworth.discovery.matching import edge
from edgeworth.discovery.opportunities.finding import find_opportunities
from edgeworth.discovery.opportunities.snapshot import RelationEdge
from edgeworth.discovery.opportunity import Findings
from edgeworth.discovery.reading import read_question
from edgeworth.discovery.texts import text_of
from tests.studied_worlds import AS_OF, Studied, bought, earned, studied

SEEDS = (7, 2)


def read_edges(of: Studied) -> list[RelationEdge]:
    """What the texts of every two markets about one matter say of them; which matter it is, is given."""
    titles = {key: event.title for key, event in of.snapshot.events.items()}
    by_matter = defaultdict(dict)
    for market in of.snapshot.markets:
        reading = read_question(text_of(market, titles.get(market.event_id or "", "")))
        by_matter[of.place[market.market_id][0].index][market.market_id] = reading
    verdicts = (
        edge(a, b, decide(readings[a], readings[b]), evidence_id=f"{a}|{b}")
        for readings in by_matter.values()
        for a, b in combinations(sorted(readings), 2)
    )
    return [one for one in verdicts if one is not None]


@lru_cache
def found_from_texts(seed: int) -> Findings:
    of = studied(seed)
    return find_opportunities(structs.replace(of.snapshot, edges=read_edges(of)), AS_OF)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_texts_promise_is_kept_in_every_way_to_end(seed: int) -> None:
    found = found_from_texts(seed).opportunities
    assert len(found) > 20
    for one in found:
        shares = [Fraction(fill.shares, 10**6) for fill in one.best.fills]
        assert earned(studied(seed), one, shares) == Fraction(one.best_profit, 10**6), (one.kind, one.legs)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_planted_is_found_from_the_texts_and_no_trap_is(seed: int) -> None:
    legs_found = {bought(one) for one in found_from_texts(seed).opportunities}
    planted = [one for one in planted_opportunities(studied(seed).world) if one.kind != "set_buy_no"]
    for one in planted:
        legs = frozenset((f"{leg.venue.value}:{leg.native_id}", leg.outcome) for leg in one.legs)
        if one.pays:
            assert legs in legs_found, one.kind
        elif one.trap:
            assert legs not in legs_found, one.trap
