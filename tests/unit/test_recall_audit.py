"""The audit of recall: what is found at k, and why the rest is lost. Four markets on a line of angles."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from msgspec.structs import replace

from edgeworth.discovery.neighbours import Cosines, MarketTraits, StructuralFilters
from edgeworth.discovery.recall_audit import UNION, Channel, Loss, TruePair, audit_recall
from tests.builders import NOON

MARKETS = [MarketTraits(market_id=name, venue="p", closes_at=NOON) for name in "abcd"]
NEAR_ONLY = StructuralFilters(far_within_days=None)


def at_degrees(*angles: float) -> Cosines:
    """Vectors in a plane: the nearer the angles, the more alike."""
    radians = np.radians(angles)
    return Cosines(np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32))


def channel(*angles: float, name: str = "one", floor: float = 0.0) -> Channel:
    return Channel(name=name, similarity=at_degrees(*angles), floor=floor)


def audit(pairs, *channels, markets=MARKETS, filters=NEAR_ONLY, ks=(1, 2)):
    return audit_recall(markets, pairs, channels=channels, filters=filters, ks=ks)


def test_a_pair_is_found_when_either_market_proposes_the_other():
    # a's nearest is b; b's and d's is c. (b, a) is found by a alone at 1, by both at 2.
    found = audit([TruePair(0, 1)], channel(0, 20, 30, 45)).channels[0]
    assert (found.found_at, found.directed_at) == ({1: 1, 2: 1}, {1: 1, 2: 2})
    assert (found.recall_at(1), found.losses) == (1.0, {})


def test_all_candidates_are_counted_true_or_not():
    # at 1: a-b, b-c, d-c; at 2 also a-c, b-d
    found = audit([], channel(0, 20, 30, 45)).channels[0]
    assert found.candidates_at == {1: 3, 2: 5}
    assert found.recall_at(1) is None


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
    assert (missed.market_a, missed.market_b, missed.causes) == ("a", "d", {"one": loss})


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


def test_without_channels_everything_is_missed_by_nobody():
    found = audit([TruePair(0, 1)])
    assert [(one.channel, one.found_at) for one in found.channels] == [(UNION, {1: 0, 2: 0})]
