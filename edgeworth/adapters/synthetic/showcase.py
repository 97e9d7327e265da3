"""Events that every world has, so that even the smallest shows each odd way in which a market can look or end.

The odd endings are drawn for other events too, but rarely. A case fixes what is odd and leaves the rest to chance.
Planted cases are mispriced for good, so that something can be earned whatever happens, or so that it looks like it;
what exactly is said by ``planted``.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from edgeworth.adapters.synthetic.events import Relation, Shape
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.timing import Phase
from edgeworth.markets.venue import Venue


class Plant(Struct, frozen=True, kw_only=True):
    """How a case is mispriced: bias in log-odds of each market by its position, over and over; empty: by chance."""

    polymarket: tuple[float, ...] = ()
    kalshi: tuple[float, ...] = ()

    def bias(self, venue: Venue, position: int) -> float | None:
        """The bias of the market at ``position``; ``None`` leaves it to chance."""
        biases = self.kalshi if venue is Venue.SYNTHETIC_KALSHI else self.polymarket
        return biases[position % len(biases)] if biases else None


class Case(Struct, frozen=True, kw_only=True):
    """What is fixed of one event; ``None`` leaves it to chance.

    Attributes:
        is_augmented: Of a group. relation: Of the twins of a single event.
        is_on_both: It is listed on both exchanges.
    """

    kind: Kind
    phase: Phase
    shape: Shape | None = None
    is_disputed: bool | None = None
    has_hostile_text: bool = False
    is_only_on_polymarket: bool = False
    is_on_both: bool = False
    is_augmented: bool | None = None
    relation: Relation | None = None
    plant: Plant | None = None


CASES: Final[dict[int, Case]] = {
    3: Case(kind=Kind.SINGLE, phase=Phase.PAST, shape=Shape.VOID),
    5: Case(kind=Kind.SINGLE, phase=Phase.PAST, shape=Shape.SCALAR),
    8: Case(kind=Kind.SINGLE, phase=Phase.PAST, shape=Shape.ZERO_ZERO, is_only_on_polymarket=True),
    11: Case(kind=Kind.GROUP, phase=Phase.JUST_CLOSED, shape=Shape.DECIDED, is_disputed=True),
    14: Case(kind=Kind.LEVELS, phase=Phase.CURRENT, has_hostile_text=True),
    17: Case(kind=Kind.DEADLINES, phase=Phase.NOT_YET_OPEN),
    19: Case(kind=Kind.SINGLE, phase=Phase.PAST, shape=Shape.DECIDED, is_disputed=True),
    # Yes of all is cheap; the same in an augmented event, where an unlisted outcome may win; Yes of all is dear.
    23: Case(kind=Kind.GROUP, phase=Phase.CURRENT, is_augmented=False, plant=Plant(polymarket=(-0.8,))),
    26: Case(kind=Kind.GROUP, phase=Phase.CURRENT, is_augmented=True, plant=Plant(polymarket=(-0.8,))),
    29: Case(kind=Kind.GROUP, phase=Phase.CURRENT, plant=Plant(polymarket=(0.8,), kalshi=(0.8,)), is_on_both=True),
    # Every other rung is too dear for the one below it, or for the later one.
    32: Case(kind=Kind.LEVELS, phase=Phase.CURRENT, plant=Plant(polymarket=(-1.2, 1.2))),
    35: Case(kind=Kind.DEADLINES, phase=Phase.CURRENT, plant=Plant(polymarket=(1.5, -1.5))),
    50: Case(kind=Kind.DEADLINES, phase=Phase.CURRENT, plant=Plant(polymarket=(1.5, -1.5))),
    53: Case(kind=Kind.DEADLINES, phase=Phase.CURRENT, plant=Plant(polymarket=(1.5, -1.5))),
    # Twins at two prices; the last differs in a clause of its rules, so that nothing is certain.
    38: Case(
        kind=Kind.SINGLE,
        phase=Phase.CURRENT,
        relation=Relation.EQUIVALENT,
        is_on_both=True,
        plant=Plant(polymarket=(0.9,), kalshi=(-0.9,)),
    ),
    41: Case(
        kind=Kind.SINGLE,
        phase=Phase.CURRENT,
        relation=Relation.INVERSE,
        is_on_both=True,
        plant=Plant(polymarket=(-0.9,), kalshi=(-0.9,)),
    ),
    44: Case(
        kind=Kind.SINGLE,
        phase=Phase.CURRENT,
        relation=Relation.NEAR,
        is_on_both=True,
        plant=Plant(polymarket=(0.9,), kalshi=(-0.9,)),
    ),
    47: Case(kind=Kind.GAME, phase=Phase.CURRENT, is_on_both=True, plant=Plant(polymarket=(-0.9,), kalshi=(0.9, -0.9))),
}
"""Event number -> what is fixed of it."""
