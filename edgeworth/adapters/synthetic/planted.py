"""Which mispricings of a world could be traded for a sure profit, and which only look like it. Never served over HTTP.

Reckoned here from scratch, with fractions and the published fee formulas, so that whoever looks for opportunities can
be checked against it: for ``SETS`` shares of each leg the offers of the world's own books are taken, best first, and
the payout is that of the worst way to end: every outcome that can win, and the event being called off on both exchanges
at once, when each share pays 0.50.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import Final

from msgspec import Struct

from edgeworth.adapters.synthetic.events import Relation, Stage, SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.gamma_payloads import FEE_RATES
from edgeworth.adapters.synthetic.kalshi_payloads import kalshi_series
from edgeworth.adapters.synthetic.prices import MILLS
from edgeworth.adapters.synthetic.showcase import CASES
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

SETS: Final = 5
"""Polymarket's smallest order."""

_KALSHI_RATE: Final = Fraction(7, 100)


class PlantedLeg(Struct, frozen=True, kw_only=True):
    """A purchase of ``SETS`` shares of one outcome."""

    venue: Venue
    native_id: str
    outcome: int


class Planted(Struct, frozen=True, kw_only=True):
    """Legs that look like an opportunity.

    Attributes:
        kind: The word that ``OpportunityKind`` has for it.
        cost: Dollars for ``SETS`` shares of each leg, fees included.
        payout: Dollars paid for them in the worst way to end.
        trap: Why it is none although it looks like it; empty otherwise.
    """

    kind: str
    legs: tuple[PlantedLeg, ...]
    cost: Fraction
    payout: Fraction
    trap: str = ""

    @property
    def pays(self) -> bool:
        """Whether something is earned in the worst way to end."""
        return not self.trap and self.payout > self.cost


def planted_opportunities(world: World) -> tuple[Planted, ...]:
    """Everything planted in ``world`` that can be traded now, whether it pays or not."""
    found = []
    for index, case in CASES.items():
        event = world.event(index)
        if case.plant is not None and event is not None and event.created_at <= world.now:
            found += list(_of_event(world, event))
    return tuple(found)


Leg = tuple[SyntheticMarket, int]


def _of_event(world: World, event: SyntheticEvent) -> Iterator[Planted]:
    """Groups by their Polymarket set, the others by every two markets of which one decides something for the other."""
    if event.family.kind is Kind.GROUP:
        yes: list[Leg] = [(market, 0) for market in event.polymarket]
        no: list[Leg] = [(market, 1) for market in event.polymarket]
        trap = "an outcome that no market is about may win" if event.is_augmented else ""
        yield from _priced(world, event, "set_buy_yes", yes, Fraction(1), trap)
        # Converted at once: no way to end matters.
        yield from _priced(world, event, "set_buy_no", no, Fraction(len(no) - 1))
        return
    ladder = {Kind.LEVELS: "threshold_ladder", Kind.DEADLINES: "date_ladder"}.get(event.family.kind)
    if ladder is not None:
        for low in range(len(event.polymarket)):
            for high in range(low + 1, len(event.polymarket)):
                likelier, rarer = (low, high) if event.family.kind is Kind.LEVELS else (high, low)
                legs: list[Leg] = [(event.polymarket[likelier], 0), (event.polymarket[rarer], 1)]
                yield from _priced(world, event, ladder, legs, Fraction(1))
    for twin in event.kalshi:
        if twin.twin is not None and twin.relation is not None:
            yield from _of_twins(world, event, event.polymarket[twin.twin], twin)


def _of_twins(world: World, event: SyntheticEvent, market: SyntheticMarket, twin: SyntheticMarket) -> Iterator[Planted]:
    """Twins with another threshold or date are left out: one of the two purchases is sure, and was not planted."""
    if twin.relation is Relation.NEAR and twin.difference != "rules":
        return
    kind = "inverse_pair" if twin.relation is Relation.INVERSE else "pair"
    trap = "a clause of the twin decides otherwise now and then" if twin.relation is Relation.NEAR else ""
    for outcome in (0, 1):
        other = outcome if twin.relation is Relation.INVERSE else 1 - outcome
        yield from _priced(world, event, kind, [(market, outcome), (twin, other)], Fraction(1), trap)


def _priced(
    world: World, event: SyntheticEvent, kind: str, legs: list[Leg], payout: Fraction, trap: str = ""
) -> Iterator[Planted]:
    costs = [_cost(world, event, *leg) for leg in legs]
    if any(cost is None for cost in costs):
        return
    yield Planted(
        kind=kind, cost=sum((cost for cost in costs if cost is not None), Fraction(0)), payout=payout * SETS, trap=trap,
        legs=tuple(
            PlantedLeg(venue=market.venue, native_id=world.native_id(event, market), outcome=outcome)
            for market, outcome in legs
        ),
    )  # fmt: skip


def _cost(world: World, event: SyntheticEvent, market: SyntheticMarket, outcome: int) -> Fraction | None:
    """Dollars for ``SETS`` shares, fees included; ``None`` when the market does not trade or has too few offers."""
    if world.snapshot(event, market).stage is not Stage.OPEN:
        return None
    ladder = world.ladder(event, market)
    assert ladder is not None
    offers = ladder.asks if outcome == 0 else {MILLS - price: size for price, size in ladder.bids.items()}
    cost, wanted = Fraction(0), SETS * 100
    for mills in sorted(offers):
        taken = min(wanted, offers[mills])
        price, shares = Fraction(mills, MILLS), Fraction(taken, 100)
        cost += price * shares + _fee(event, market, price, shares)
        wanted -= taken
        if not wanted:
            return cost
    return None


def _fee(event: SyntheticEvent, market: SyntheticMarket, price: Fraction, shares: Fraction) -> Fraction:
    """Polymarket: to five decimals, one of them at least. Kalshi: to the cent or to a total of $0.0001, the dearer."""
    if market.venue is Venue.SYNTHETIC_KALSHI:
        multiplier = Fraction(kalshi_series(event.family)["fee_multiplier"])
        exact = multiplier * _KALSHI_RATE * shares * price * (1 - price)
        cost = price * shares
        of_buyer = Fraction(ceil((cost + exact) * 10_000), 10_000) - cost
        of_seller = cost - Fraction(floor((cost - exact) * 10_000), 10_000)
        return max(Fraction(ceil(exact * 100), 100), of_buyer, of_seller)
    rate = Fraction(str(FEE_RATES.get(event.family.category, 0)))
    exact = rate * shares * price * (1 - price)
    return Fraction(max(floor(exact * 100_000 + Fraction(1, 2)), 1), 100_000) if exact else Fraction(0)
