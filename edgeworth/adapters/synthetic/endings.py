"""How events end: decided, void, scalar, legacy 0/0, late or disputed.

An ending is drawn for the whole event, so that twins on two exchanges that ask the same thing are paid the same; each
exchange takes its own time to say so.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from edgeworth.adapters.synthetic.beliefs import Belief, Waiting
from edgeworth.adapters.synthetic.draws import Draws
from edgeworth.adapters.synthetic.events import Claim, Ending, Shape
from edgeworth.adapters.synthetic.instants import DAY, HOUR, MINUTE
from edgeworth.adapters.synthetic.timing import Timing
from edgeworth.markets.venue import Venue

VOID_PROBABILITY: Final = 0.03
SCALAR_PROBABILITY: Final = 0.04
ZERO_ZERO_PROBABILITY: Final = 0.06


class EventEnding:
    """What the ending of one event is like, before looking at a single market."""

    __slots__ = ("closes_early", "delay", "is_disputed", "kalshi_delay", "keeps_accepting", "scalar", "shape")

    def __init__(
        self, key: int, timing: Timing, *, is_on_kalshi: bool, count: int,
        shape: Shape | None = None, is_disputed: bool | None = None,
    ) -> None:  # fmt: skip
        draws = Draws(key)
        drawn = _draw_shape(draws, is_simple=count == 1, is_on_kalshi=is_on_kalshi)
        self.shape = shape or drawn
        self.scalar = round(draws.uniform(0.1, 0.9), 2)
        disputed = draws.chance(0.25 if timing.answers_late else 0.04)
        self.is_disputed = disputed if is_disputed is None else is_disputed
        self.delay = _delay(draws, timing, is_disputed=self.is_disputed)
        self.kalshi_delay = max(MINUTE, int(self.delay * draws.uniform(0.2, 1.0)))
        self.closes_early = draws.chance(0.4)
        self.keeps_accepting = draws.chance(0.03)


def _draw_shape(draws: Draws, *, is_simple: bool, is_on_kalshi: bool) -> Shape:
    """Scalar only for one-market events, 0/0 only for those without a twin; else they end as decided."""
    chance = draws.uniform()
    if chance < VOID_PROBABILITY:
        return Shape.VOID
    if chance < VOID_PROBABILITY + SCALAR_PROBABILITY and is_simple:
        return Shape.SCALAR
    if chance > 1.0 - ZERO_ZERO_PROBABILITY and is_simple and not is_on_kalshi:
        return Shape.ZERO_ZERO
    return Shape.DECIDED


def _delay(draws: Draws, timing: Timing, *, is_disputed: bool) -> int:
    if timing.answers_late:
        return int(draws.uniform(3.0, 14.0) * DAY)
    hours = min(math.exp(draws.normal(1.3, 0.8)), 48.0) + (72.0 if is_disputed else 0.0)
    return int(hours * HOUR) + draws.integer(0, 59)


def draw_ending(event: EventEnding, venue: Venue, claim: Claim, belief: Belief, deadline: int) -> Ending:
    """The ending of one market of the event."""
    ends_at = deadline
    if isinstance(belief, Waiting):
        ends_at = min(deadline, max(belief.decided_at(claim.argument) + 10 * MINUTE, belief.opens_at + HOUR))
    delay = event.kalshi_delay if venue is Venue.SYNTHETIC_KALSHI else event.delay
    is_polymarket = venue is Venue.SYNTHETIC_POLYMARKET
    return Ending(
        ends_at=ends_at, resolved_at=ends_at + delay, shape=event.shape, payouts=_payouts(event, claim, belief),
        is_disputed=event.is_disputed, is_closed_early=is_polymarket and event.closes_early,
        keeps_accepting=is_polymarket and event.keeps_accepting,
    )  # fmt: skip


def _payouts(event: EventEnding, claim: Claim, belief: Belief) -> tuple[float, float] | None:
    match event.shape:
        case Shape.ZERO_ZERO:
            return None
        case Shape.VOID:
            return 0.5, 0.5
        case Shape.SCALAR:
            first = 1.0 - event.scalar if claim.is_negated else event.scalar
            return round(first, 2), round(1.0 - first, 2)
        case _:
            answer = belief.outcomes(np.array([claim.argument]))[0]
            is_true = answer != claim.is_negated
            if claim.is_flipped:
                is_true = not (is_true or claim.is_stricter)
            return (1.0, 0.0) if is_true else (0.0, 1.0)
