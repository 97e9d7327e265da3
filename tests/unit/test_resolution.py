"""Each way in which a market can end is its own case."""

from __future__ import annotations

import pytest

from edgeworth.markets.resolution import OutcomeResult, Resolution, ResolutionShape
from edgeworth.units import PriceMicros

ONE, HALF, NOTHING = PriceMicros(1_000_000), PriceMicros(500_000), PriceMicros(0)


@pytest.mark.parametrize(
    ("payouts", "winner", "results"),
    [
        ((ONE, NOTHING), 0, ["won", "lost"]),
        ((NOTHING, ONE), 1, ["lost", "won"]),
        ((NOTHING, NOTHING, ONE), 2, ["lost", "lost", "won"]),
    ],
)
def test_a_decided_market_has_one_winner(payouts, winner, results):
    resolution = Resolution(shape=ResolutionShape.DECIDED, payouts=payouts)
    assert resolution.winner == winner
    assert [resolution.for_outcome(index).value for index in range(len(payouts))] == results


@pytest.mark.parametrize(
    ("shape", "payouts", "result"),
    [
        (ResolutionShape.VOID, (HALF, HALF), OutcomeResult.VOID),
        (ResolutionShape.SCALAR, (PriceMicros(580_000), PriceMicros(420_000)), OutcomeResult.SCALAR),
        (ResolutionShape.ZERO_ZERO, None, OutcomeResult.UNKNOWN),
        (ResolutionShape.PENDING, None, OutcomeResult.UNKNOWN),
    ],
)
def test_an_ending_without_a_winner_never_names_one(shape, payouts, result):
    resolution = Resolution(shape=shape, payouts=payouts)
    assert resolution.winner is None
    assert [resolution.for_outcome(0), resolution.for_outcome(1)] == [result, result]


def test_a_decided_market_whose_payouts_are_not_known_names_no_winner_and_no_loser():
    resolution = Resolution(shape=ResolutionShape.DECIDED)
    assert resolution.winner is None
    assert resolution.for_outcome(0) is OutcomeResult.UNKNOWN
