"""The little that can be said of an event without making it: kind, family, when it runs, and where it is listed.

A listing of a large world passes over what it need not show by looking at the sketch alone.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from edgeworth.adapters.synthetic.draws import Draws, derive
from edgeworth.adapters.synthetic.families import FAMILIES_BY_KIND, Family, Kind
from edgeworth.adapters.synthetic.instants import DAY
from edgeworth.adapters.synthetic.showcase import CASES
from edgeworth.adapters.synthetic.timing import Timing, draw_timing
from edgeworth.markets.venue import Venue

LONGEST_ANSWER: Final = 18 * DAY
"""No market is resolved later than this after the event closes (see ``endings``)."""

_KINDS: Final = (
    (0.30, Kind.SINGLE),
    (0.50, Kind.GROUP),
    (0.70, Kind.LEVELS),
    (0.82, Kind.DEADLINES),
    (1.00, Kind.GAME),
)
_ONLY_POLYMARKET: Final = 0.42
_ONLY_KALSHI: Final = 0.55


class Sketch(Struct, frozen=True, gc=False):
    """An event in outline. ``key`` is what everything else about it is drawn from."""

    key: int
    kind: Kind
    family: Family
    timing: Timing
    is_on_polymarket: bool
    is_on_kalshi: bool

    def is_on(self, venue: Venue) -> bool:
        """Whether the event has markets on ``venue``."""
        return self.is_on_kalshi if venue is Venue.SYNTHETIC_KALSHI else self.is_on_polymarket

    def is_surely_closed(self, at: int) -> bool | None:
        """Whether all its markets have their answer at ``at``; ``None`` when only the event itself can say."""
        if at > self.timing.closes_at + LONGEST_ANSWER:
            return True
        if at < self.timing.closes_at and self.kind is not Kind.DEADLINES:
            return False
        return None


def sketch_event(seed: int, start: int, index: int) -> Sketch:
    """Event number ``index`` of the world ``seed`` that begins at ``start``, in outline."""
    key = derive(seed, "event", index)
    draws = Draws(derive(key, "kind"))
    chance = draws.uniform()
    case = CASES.get(index)
    kind = case.kind if case else next(kind for bound, kind in _KINDS if chance < bound)
    family = draws.choice(FAMILIES_BY_KIND[kind])
    timing = draw_timing(derive(key, "timing"), start, kind, case.phase if case else None)
    where = draws.uniform()
    is_only_polymarket = where < _ONLY_POLYMARKET
    if case is not None:
        is_only_polymarket = case.is_only_on_polymarket or (is_only_polymarket and not case.is_on_both)
    is_only_kalshi = _ONLY_POLYMARKET <= where < _ONLY_KALSHI and case is None
    return Sketch(key, kind, family, timing, not is_only_kalshi, not is_only_polymarket)
