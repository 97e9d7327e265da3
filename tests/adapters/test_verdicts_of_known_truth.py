"""Verdicts over a whole synthetic world: what binds two markets is never read where the world binds nothing.

Events of a world have nothing to do with one another, and no two of them ask the same, so between markets of two events
every relation from which something follows is false. Twins on the other exchange are known, near ones too.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import combinations, groupby

import pytest

from edgeworth.adapters.synthetic.truth import truths
from edgeworth.adapters.synthetic.world import World
from edgeworth.discovery.decision import decide
from edgeworth.discovery.reading import read_question
from edgeworth.discovery.texts import text_of
from edgeworth.markets.relation import Relation
from tests.synthetic_markets import read_events

BINDING = {
    Relation.EQUIVALENT,
    Relation.INVERSE,
    Relation.A_IMPLIES_B,
    Relation.B_IMPLIES_A,
    Relation.EXCLUSIVE,
}


@pytest.fixture(scope="module", params=[7, 4], ids="seed {}".format)
def world(request):
    return World(seed=request.param, as_of=datetime(2026, 11, 21, 12, tzinfo=UTC), event_count=80)


@pytest.fixture(scope="module")
def readings(world):
    """Every market of the world by category: (market id, number of its event, reading)."""
    read = read_events(world)
    titles = {event.event_id: event.title for event in read.events}
    numbers = {f"{one.venue.value}:{world.native_id(event, one)}": event.index for event, one in world.markets()}
    ordered = sorted(read.markets, key=lambda market: (market.category or "", market.market_id))
    return [
        [
            (market.market_id, numbers[market.market_id], read_question(text_of(market, titles[market.event_id])))
            for market in markets
        ]
        for _, markets in groupby(ordered, key=lambda market: market.category or "")
    ]


def test_nothing_binds_markets_of_two_events(readings):
    compared, wrong = 0, []
    for markets in readings:
        for (id_a, event_a, a), (id_b, event_b, b) in combinations(markets, 2):
            if event_a != event_b:
                compared += 1
                relation = decide(a, b).relation
                if relation in BINDING:
                    wrong.append((id_a, relation.value, id_b))
    assert compared > 5_000
    assert wrong == []


def test_twins_are_the_same_bet_with_the_right_polarity_and_near_ones_never(world, readings):
    by_id = {market_id: reading for markets in readings for market_id, _, reading in markets}
    said: Counter[tuple[str, bool]] = Counter()
    for truth in truths(world):
        a = by_id.get(f"{truth.venue.value}:{truth.native_id}")
        for twin in truth.twins:
            b = by_id.get(f"{twin.venue.value}:{twin.native_id}")
            if a is None or b is None:
                continue  # In the archive, which lists no market within its event.
            relation = decide(a, b).relation
            said[twin.relation.value, relation.is_same_bet] += 1
            if relation.is_same_bet:
                assert relation.value == twin.relation.value
    assert said["equivalent", True] > 50
    assert said["inverse", True] > 5
    assert said["near", False] > 5
    assert (said["equivalent", False], said["inverse", False], said["near", True]) == (0, 0, 0)
