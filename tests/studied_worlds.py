"""A synthetic world, the opportunities found in it, and what their legs really earn in the worst way to end."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache

from edgeworth.adapters.synthetic.events import SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.world import World
from edgeworth.discovery.opportunities.finding import find_opportunities
from edgeworth.discovery.opportunity import Findings, LegAction, Opportunity
from tests.opportunity_oracle import Book, events_of, pays, ways_to_end
from tests.synthetic_markets import read_world

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Studied:
    """A world, what was found in it, and where its markets are."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed=seed, as_of=AS_OF)
        self.snapshot = read_world(self.world)
        self.findings: Findings = find_opportunities(self.snapshot, AS_OF)
        self.place: dict[str, tuple[SyntheticEvent, SyntheticMarket]] = {
            f"{market.venue.value}:{self.world.native_id(event, market)}": (event, market)
            for event in events_of(self.world)
            for market in (*event.polymarket, *event.kalshi)
        }
        self.books = {
            key: Book(self.world, event, market)
            for key, (event, market) in self.place.items()
            if self.world.ladder(event, market) is not None
        }

    def market_id(self, market: SyntheticMarket, event: SyntheticEvent) -> str:
        return f"{market.venue.value}:{self.world.native_id(event, market)}"


@lru_cache
def studied(seed: int) -> Studied:
    return Studied(seed)


def bought(found: Opportunity) -> frozenset[tuple[str, int]]:
    return frozenset((leg.market_id, leg.outcome_index) for leg in found.legs if leg.action is LegAction.BUY)


def earned(of: Studied, found: Opportunity, shares: list[Fraction]) -> Fraction:
    """Dollars earned in the worst way to end when ``shares`` of each leg are traded, conversions carried out."""
    event = of.place[found.legs[0].market_id][0]
    cash = Fraction(0)
    held: dict[tuple[str, int], Fraction] = {}
    for leg, count in zip(found.legs, shares, strict=True):
        token = (leg.market_id, leg.outcome_index)
        if leg.action is LegAction.CONVERT:
            cash += convert(of, found, event, held)
            continue
        is_sale = leg.action is LegAction.SELL
        amount, fees, _ = of.books[leg.market_id].trade(leg.outcome_index, count, is_sale=is_sale)
        cash += (amount if is_sale else -amount) - fees
        held[token] = held.get(token, Fraction(0)) + (-count if is_sale else count)
    assert all(count >= 0 for count in held.values())
    return cash + min(
        sum((count * pays((of.place[key][1], outcome), way) for (key, outcome), count in held.items()), Fraction(0))
        for way in ways_to_end(event)
    )


def convert(of: Studied, found: Opportunity, event: SyntheticEvent, held: dict[tuple[str, int], Fraction]) -> Fraction:
    """m No shares become m - 1 dollars, and Yes of every market of the event whose No was not given."""
    count = next(iter(held.values()))
    assert event.is_exclusive
    assert all(outcome == 1 and size == count for (_, outcome), size in held.items())
    given = {key for key, _ in held}
    cash = count * (len(given) - 1)
    held.clear()
    for market in event.polymarket:
        key = of.market_id(market, event)
        if key not in given:
            held[key, 0] = count
    return cash
