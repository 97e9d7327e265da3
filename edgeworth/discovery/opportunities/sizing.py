"""What is left of a candidate at every size: the books of all legs walked together, in exact whole millionths.

Profit is that of the worst modelled state. Up to the rounding of fees it is concave in the size, because each further
share costs more: so its maximum stands where a price level of some leg ends, and beyond it profit falls until it dies.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgeworth.discovery.opportunities.candidates import Candidate, TerminalState
from edgeworth.discovery.opportunities.orders import LOTS, Takeable
from edgeworth.discovery.opportunity import CapacityPoint, LegAction, LegFill
from edgeworth.markets.market import Market
from edgeworth.units import MICROS, ShareMicros, UsdMicros

_PAID = frozenset({LegAction.BUY, LegAction.MINT})


class Sizing:
    """A candidate over the books of its legs.

    Args:
        takeables: One a leg, in the order of the legs.
        states: Those that count; by default the modelled ones.
    """

    def __init__(
        self, candidate: Candidate, takeables: Sequence[Takeable], states: Sequence[TerminalState] | None = None
    ) -> None:
        self.candidate = candidate
        self._takeables = takeables
        self._states = [one for one in candidate.states if one.is_modelled] if states is None else list(states)
        self._lots = [LOTS[leg.venue.exchange] for leg in candidate.legs]
        self._is_even = all(leg.shares_per_set % MICROS == 0 for leg in candidate.legs)
        self.lot = max(self._lots) if self._is_even else min(self._lots)
        """Sets go in steps of this many millionths."""

    @property
    def depth(self) -> int:
        """Sets for which every leg has orders."""
        return min(self._sets(one.depth, at) for at, one in enumerate(self._takeables))

    @property
    def least(self) -> int:
        """Sets from which on no leg is below the market's smallest order."""
        needed = [
            -(-(_least_order(market) + (0 if self._is_even else lot)) * MICROS // leg.shares_per_set)
            for leg, market, lot in zip(self.candidate.legs, self.candidate.markets, self._lots, strict=True)
            if leg.action in {LegAction.BUY, LegAction.SELL}
        ]
        return -(-max([self.lot, *needed]) // self.lot) * self.lot

    def _sets(self, shares: int, at: int) -> int:
        """Whole lots of sets that ``shares`` of leg ``at`` suffice for."""
        return shares * MICROS // self.candidate.legs[at].shares_per_set // self.lot * self.lot

    def fills(self, sets: int) -> tuple[LegFill, ...]:
        """What each leg costs or brings when ``sets`` are traded; legs of odd size are rounded down to their lot."""
        return tuple(
            takeable.fill(sets * leg.shares_per_set // MICROS // lot * lot)
            for takeable, leg, lot in zip(self._takeables, self.candidate.legs, self._lots, strict=True)
        )

    def payout(self, state: TerminalState, fills: Sequence[LegFill]) -> int:
        """What ``fills`` pay in ``state``, rounded down."""
        held = sum(fill.shares * pays for fill, pays in zip(fills, state.payouts, strict=True)) // MICROS
        return held + sum(fills[at].amount for at in state.refunds)

    def net(self, fills: Sequence[LegFill]) -> int:
        """Received less paid when ``fills`` are made, before anything is paid out."""
        legs = self.candidate.legs
        paid = sum(fill.amount if leg.action in _PAID else -fill.amount for fill, leg in zip(fills, legs, strict=True))
        return -paid - sum(fill.fees for fill in fills)

    def profit(self, sets: int) -> int:
        """In the worst of the states that count."""
        fills = self.fills(sets)
        return self.net(fills) + min(self.payout(state, fills) for state in self._states)

    def outlay(self, sets: int) -> int:
        """Dollars that have to be there: purchases, mints and all fees."""
        fills = self.fills(sets)
        paid = sum(fill.amount for fill, leg in zip(fills, self.candidate.legs, strict=True) if leg.action in _PAID)
        return paid + sum(fill.fees for fill in fills)

    def best(self) -> int:
        """The size that earns most, the smallest of them; 0 when no size that can be ordered earns anything."""
        depth, least = self.depth, self.least
        if depth < least:
            return 0
        ends = {self._sets(end, at) for at, one in enumerate(self._takeables) for end in one.ends}
        # A step further takes the first shares of the next level, where a level does not end with a whole lot.
        sizes = {size for end in ends for size in (end, end + self.lot) if least <= size <= depth} | {least, depth}
        earned = {size: self.profit(size) for size in sizes}
        best = max(sizes, key=lambda size: (earned[size], -size))
        return best if earned[best] > 0 else 0

    def dies_at(self, best: int) -> int | None:
        """The least size from ``best`` on at which nothing is earned; ``None`` when the books end before."""
        alive, dead = best // self.lot, self.depth // self.lot
        if self.profit(dead * self.lot) > 0:
            return None
        while dead - alive > 1:
            middle = (alive + dead) // 2
            if self.profit(middle * self.lot) > 0:
                alive = middle
            else:
                dead = middle
        return dead * self.lot

    def point(self, budget: int, sets: int | None = None) -> CapacityPoint:
        """What ``budget`` buys when it is spent in full, or the given size whatever it costs."""
        size = self._affordable(budget) if sets is None else sets
        fills = self.fills(size)
        legs = self.candidate.legs
        cost = sum(fill.amount for fill, leg in zip(fills, legs, strict=True) if leg.action in _PAID)
        proceeds = sum(fill.amount for fill, leg in zip(fills, legs, strict=True) if leg.action not in _PAID)
        fees = sum(fill.fees for fill in fills)
        is_filled = size > 0 and (sets is not None or self.outlay(self.depth) >= budget)
        return CapacityPoint(
            budget=UsdMicros(budget), shares=ShareMicros(size), cost=UsdMicros(cost), proceeds=UsdMicros(proceeds),
            fees=UsdMicros(fees), profit=UsdMicros(self.profit(size)), fills=fills, is_filled=is_filled,
        )  # fmt: skip

    def _affordable(self, budget: int) -> int:
        """The most sets that ``budget`` pays for; 0 when that is less than can be ordered."""
        fits, exceeds = 0, self.depth // self.lot + 1
        while exceeds - fits > 1:
            middle = (fits + exceeds) // 2
            if self.outlay(middle * self.lot) <= budget:
                fits = middle
            else:
                exceeds = middle
        return fits * self.lot if fits * self.lot >= self.least else 0


def _least_order(market: Market) -> int:
    return max(market.min_order_size or 0, LOTS[market.venue.exchange])
