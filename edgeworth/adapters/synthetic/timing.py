"""When events open and close, relative to the start of their world.

The usual instant to look at a world is day 150 after its start (``LOOKING_DAY``): by then three events in ten are long
over, a few have just closed and await their answer, most are open, and some have yet to be listed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct

from edgeworth.adapters.synthetic.draws import Draws
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.instants import DAY, HOUR

LOOKING_DAY: Final = 150


class Timing(Struct, frozen=True, kw_only=True, gc=False):
    """Instants of one event. Between creation and opening it is listed but cannot be traded."""

    created_at: int
    opens_at: int
    closes_at: int
    answers_late: bool


class Phase(StrEnum):
    """Where an event stands on the looking day."""

    CURRENT = "current"
    JUST_CLOSED = "just_closed"
    PAST = "past"
    FUTURE = "future"
    NOT_YET_OPEN = "not_yet_open"
    """Listed, but trading has not begun; only given on purpose."""


_SHARES: Final = ((0.60, Phase.CURRENT), (0.65, Phase.JUST_CLOSED), (0.93, Phase.PAST), (1.0, Phase.FUTURE))


def draw_timing(key: int, start: int, kind: Kind, phase: Phase | None = None) -> Timing:
    """When the event of this kind takes place; its phase is drawn unless it is given."""
    draws = Draws(key)
    chance = draws.uniform()
    phase = phase or next(phase for bound, phase in _SHARES if chance < bound)
    opens, closes = _days(draws, phase, is_game=kind is Kind.GAME)
    closes_at = start + int(closes * 24) * HOUR
    opens_at = start + int(opens * 24) * HOUR
    lead = 1.5 if phase is Phase.NOT_YET_OPEN else draws.uniform(0.05, 1.5)
    return Timing(
        created_at=opens_at - int(lead * DAY),
        opens_at=opens_at,
        closes_at=closes_at,
        answers_late=phase is Phase.JUST_CLOSED,
    )


def _days(draws: Draws, phase: Phase, *, is_game: bool) -> tuple[float, float]:
    """Days after the start at which it opens and closes."""
    length = draws.uniform(3.0, 9.0) if is_game else draws.uniform(14.0, 140.0)
    match phase:
        case Phase.CURRENT:
            closes = LOOKING_DAY + draws.uniform(0.2, length * 0.9)
        case Phase.JUST_CLOSED:
            closes = LOOKING_DAY - draws.uniform(0.05, 2.0)
        case Phase.PAST:
            closes = draws.uniform(10.0, LOOKING_DAY - 2.0)
        case Phase.FUTURE:
            closes = LOOKING_DAY + draws.uniform(-0.5, 60.0) + length
        case Phase.NOT_YET_OPEN:
            closes = LOOKING_DAY + 1.2 + length
    return closes - length, closes
