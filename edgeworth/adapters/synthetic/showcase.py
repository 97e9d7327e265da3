"""Events that every world has, so that even the smallest shows each odd way in which a market can look or end.

The odd endings are drawn for other events too, but rarely. A case fixes what is odd and leaves the rest to chance.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from edgeworth.adapters.synthetic.events import Shape
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.timing import Phase


class Case(Struct, frozen=True, kw_only=True):
    """What is fixed of one event; ``None`` leaves it to chance."""

    kind: Kind
    phase: Phase
    shape: Shape | None = None
    is_disputed: bool | None = None
    has_hostile_text: bool = False
    is_only_on_polymarket: bool = False


CASES: Final[dict[int, Case]] = {
    3: Case(kind=Kind.SINGLE, phase=Phase.PAST, shape=Shape.VOID),
    5: Case(kind=Kind.SINGLE, phase=Phase.PAST, shape=Shape.SCALAR),
    8: Case(kind=Kind.SINGLE, phase=Phase.PAST, shape=Shape.ZERO_ZERO, is_only_on_polymarket=True),
    11: Case(kind=Kind.GROUP, phase=Phase.JUST_CLOSED, shape=Shape.DECIDED, is_disputed=True),
    14: Case(kind=Kind.LEVELS, phase=Phase.CURRENT, has_hostile_text=True),
    17: Case(kind=Kind.DEADLINES, phase=Phase.NOT_YET_OPEN),
    19: Case(kind=Kind.SINGLE, phase=Phase.PAST, shape=Shape.DECIDED, is_disputed=True),
}
"""Event number -> what is fixed of it."""
