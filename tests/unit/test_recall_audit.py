"""The audit of recall: what is found at k, and why the rest is lost. Four markets on a line of angles."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from msgspec.structs import replace

from edgeworth.discovery.recall_audit import (
    GAMES,
    UNION,
    Channel,
    Loss,
    TruePair,
    audit_recall,
    candidates_at,
    search_channel,
    search_games,
)
from edgeworth.discovery.similarity import Cosines
from edgeworth.discovery.structure import MarketTraits, StructuralFilters
from tests.builders import NOON

MARKETS = [MarketTraits(market_id=name, venue="p", closes_at=NOON) for name in "abcd"]
NEAR_ONLY = StructuralFilters(far_within_days=None)


def at_degrees(*angles: float) -> Cosines:
    """Vectors in a plane: the nearer the angles, the more alike."""
    radians = np.radians(angles)
    return Cosines(np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32))


def channel(*angles: float, name: str = "one", floor: float = 0.0) -> Channel:
    return Channel(name=name, similarity=at_degrees(*angles), floor=floor)


def searched(*channels, markets=MARKETS, filters=NEAR_ONLY, ks=(1, 2)):
    return [search_channel(one, markets, filters=filters, ks=ks) for one in channels]


def audit(pairs, *channels, **how):
    return audit_recall(pairs, searched(*channels, **how))


def test_a_pair_is_found_when_either_market_proposes_the_other():
    # a's nearest is b; b's and d's is c. (b, a) is found by a alone at 1, by both at 2.
    found = audit([TruePair(0, 1)], channel(0, 20, 30, 45)).channels[0]
    assert (found.found_at, found.directed_at) == ({1: 1, 2: 1}, {1: 1, 2: 2})
    assert (found.recall_at(1), found.losses) == (1.0, {})


def test_all_candidates_are_counted_true_or_not():
    # at 1: a-b, b-c, d-c; at 2 also a-c, b-d
    proposals = searched(channel(0, 20, 30, 45), channel(0, 120, 240, 5, name="other"))
    # the other adds a-d; what else it has stands at more than a right angle, under its floor
    assert candidates_at(proposals[:1]) == {"one": {1: 3, 2: 5}, UNION: {1: 3, 2: 5}}
    assert candidates_at(proposals)[UNION][2] == 6
    assert audit_recall([], proposals).channels[0].recall_at(1) is None


@pytest.mark.parametrize(
    ("markets", "floor", "loss"),
    [
        ([*MARKETS[:3], replace(MARKETS[3], closes_at=NOON + timedelta(days=8))], 0.0, Loss.FILTERED),
        ([*MARKETS[:3], replace(MARKETS[3], outcome_count=3)], 0.0, Loss.FILTERED),
        (MARKETS, math.cos(math.radians(44)), Loss.UNDER_FLOOR),
        (MARKETS, 0.0, Loss.OUTRANKED),
    ],
)
def test_each_loss_is_named(markets, floor, loss):
    found = audit([TruePair(0, 3)], channel(0, 20, 30, 45, floor=floor), markets=markets)
    assert found.channels[0].losses == {loss: 1}
    [missed] = found.missed
    assert (missed.pair, missed.causes, missed.cause) == (0, {"one": loss}, loss)
    assert found.channels[-1].losses == {loss: 1}


def test_the_second_look_counts():
    markets = [*MARKETS[:3], replace(MARKETS[3], closes_at=NOON + timedelta(days=30))]
    found = audit(
        [TruePair(2, 3)], channel(0, 20, 30, 45), markets=markets, filters=StructuralFilters(far_per_market=1)
    )
    assert found.channels[0].found_at == {1: 1, 2: 1}
    assert found.missed == []


def test_what_one_channel_loses_another_may_find():
    blind, sharp = channel(0, 20, 30, 45, name="blind"), channel(0, 120, 240, 5, name="sharp")
    found = audit([TruePair(0, 3)], blind, sharp)
    by_name = {one.channel: one.found_at for one in found.channels}
    assert by_name == {"blind": {1: 0, 2: 0}, "sharp": {1: 1, 2: 1}, UNION: {1: 1, 2: 1}}
    assert found.missed == []


def test_of_several_causes_the_one_to_mend_first_is_named():
    """A rank is nearer to being found than a floor, and a floor than a game that is not there."""
    narrow, strict = channel(0, 20, 30, 45), channel(0, 20, 30, 45, name="strict", floor=0.99)
    games = search_games([()] * 4, MARKETS, filters=NEAR_ONLY, ks=(1, 2))
    found = audit_recall([TruePair(0, 3)], [games, *searched(strict, narrow)])
    assert found.missed[0].causes == {GAMES: Loss.NO_GAME, "strict": Loss.UNDER_FLOOR, "one": Loss.OUTRANKED}
    assert found.channels[-1].losses == {Loss.OUTRANKED: 1}


def test_games_propose_by_keys_and_the_filters_still_hold():
    later = [*MARKETS[:3], replace(MARKETS[3], closes_at=NOON + timedelta(days=8))]
    keys = [("x",), ("x", "y"), ("z",), ("x",)]
    found = audit_recall(
        [TruePair(0, 1), TruePair(0, 2), TruePair(0, 3)], [search_games(keys, later, filters=NEAR_ONLY, ks=(2,))]
    ).channels[0]
    assert (found.found_at, found.directed_at) == ({2: 1}, {2: 2})
    assert found.losses == {Loss.NO_GAME: 1, Loss.FILTERED: 1}
