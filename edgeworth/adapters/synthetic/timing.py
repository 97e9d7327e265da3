"""When events open and close, relative to the start of their world.

The usual instant to look at a world is day 150 after its start (``LOOKING_DAY``): by then three events in ten are long
over, a few have just closed and await their answer, most are open, and some have yet to be listed.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from edgeworth.adapters.synthetic.draws import Draws
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.instants import DAY, HOUR

LOOKING_DAY: Final = 150


class Timing(Struct, frozen=True, kw_only=True):
    """Instants of one event. Between creation and opening it is listed but cannot be traded."""

    created_at: int
    opens_at: int
    closes_at: int
    answers_late: bool


def draw_timing(key: int, start: int, kind: Kind) -> Timing:
    """When the event of this kind takes place."""
    draws = Draws(key)
    phase = draws.uniform()
    opens, closes = _days(draws, phase, is_game=kind is Kind.GAME)
    closes_at = start + int(closes * 24) * HOUR
    opens_at = start + int(opens * 24) * HOUR
    created_at = opens_at - int(draws.uniform(0.05, 1.5) * DAY)
    return Timing(created_at=created_at, opens_at=opens_at, closes_at=closes_at, answers_late=0.60 <= phase < 0.65)


def _days(draws: Draws, phase: float, *, is_game: bool) -> tuple[float, float]:
    length = draws.uniform(3.0, 9.0) if is_game else draws.uniform(14.0, 140.0)
    if phase < 0.60:
        closes = LOOKING_DAY + draws.uniform(0.2, length * 0.9)
        return closes - length, closes
    if phase < 0.65:
        closes = LOOKING_DAY - draws.uniform(0.05, 2.0)
        return closes - length, closes
    if phase < 0.93:
        closes = draws.uniform(10.0, LOOKING_DAY - 2.0)
        return closes - length, closes
    opens = LOOKING_DAY + draws.uniform(-0.5, 60.0)
    return opens, opens + length
