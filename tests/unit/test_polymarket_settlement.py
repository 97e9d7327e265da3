"""How a closed market ended: each shape of the field notes is its own case."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgeworth.adapters.polymarket.settlement import exchange_resolution, gamma_resolution
from edgeworth.markets.resolution import ResolutionShape
from edgeworth.units import PriceMicros

AT = datetime(2026, 7, 24, 0, 0, 16, tzinfo=UTC)
DECIDED, VOID, SCALAR = ResolutionShape.DECIDED, ResolutionShape.VOID, ResolutionShape.SCALAR
ZERO_ZERO, PENDING = ResolutionShape.ZERO_ZERO, ResolutionShape.PENDING


def micros(*prices: float) -> tuple[PriceMicros, ...]:
    return tuple(PriceMicros(round(each * 1_000_000)) for each in prices)


@pytest.mark.parametrize(
    ("prices", "uma", "shape", "payouts"),
    [
        ((1, 0), "resolved", DECIDED, (1, 0)),
        ((0, 1), "resolved", DECIDED, (0, 1)),
        ((0, 1), None, DECIDED, (0, 1)),
        ((1, 0), "disputed", DECIDED, (1, 0)),
        ((0, 0, 1), "resolved", DECIDED, (0, 0, 1)),
        ((0.999995, 0.000005), None, DECIDED, (1, 0)),
        ((0.995, 0.005), "proposed", PENDING, None),
        ((0.995, 0.005), "disputed", PENDING, None),
        ((0.95, 0.05), "resolved", SCALAR, (0.95, 0.05)),
        ((0.584331, 0.415669), None, SCALAR, (0.584331, 0.415669)),
        ((0.58, 0.42), "proposed", PENDING, None),
        ((0, 0), None, ZERO_ZERO, None),
        ((0, 0), "resolved", ZERO_ZERO, None),
        ((0.5, 0.5), "resolved", VOID, (0.5, 0.5)),
        ((0.4999, 0.5001), "settled", VOID, (0.5, 0.5)),
        ((0.5, 0.5), None, PENDING, None),
        ((0.5, 0.5), "disputed", PENDING, None),
        ((0.25, 0.25, 0.25, 0.25), "resolved", VOID, (0.25, 0.25, 0.25, 0.25)),
        ((), "resolved", PENDING, None),
        ((1, 1), "resolved", PENDING, None),
        ((0.3, 0.2), "resolved", PENDING, None),
    ],
)
def test_the_shape_of_a_closed_gamma_market(
    prices: tuple[float, ...], uma: str | None, shape: ResolutionShape, payouts: tuple[float, ...] | None
) -> None:
    ending = gamma_resolution(micros(*prices), uma, AT)
    assert ending.shape is shape
    assert ending.payouts == (None if payouts is None else micros(*payouts))
    assert ending.resolved_at == (None if payouts is None else AT)


@pytest.mark.parametrize(
    ("prices", "winners", "even", "shape", "payouts"),
    [
        ((1, 0), [0], False, DECIDED, (1, 0)),
        ((0.5, 0.5), [1], False, DECIDED, (0, 1)),
        ((0, 1), [], False, DECIDED, (0, 1)),
        ((0.0004, 0.9996), [], False, PENDING, None),
        ((0.0004, 0.9996), [1], False, DECIDED, (0, 1)),
        ((0, 0), [], False, ZERO_ZERO, None),
        ((0.0739, 0.9261), [], False, PENDING, None),
        ((0.5, 0.5), [], False, PENDING, None),
        ((0.5, 0.5), [], True, VOID, (0.5, 0.5)),
        ((), [], False, PENDING, None),
    ],
)
def test_the_shape_of_a_closed_exchange_market(
    prices: tuple[float, ...],
    winners: list[int],
    even: bool,
    shape: ResolutionShape,
    payouts: tuple[float, ...] | None,
) -> None:
    """Without a winner, a fraction is only the last price that was traded."""
    ending = exchange_resolution(micros(*prices), winners, outcomes=2, is_even_split=even)
    assert ending.shape is shape
    assert ending.payouts == (None if payouts is None else micros(*payouts))
