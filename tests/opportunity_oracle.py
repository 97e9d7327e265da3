"""The slow way to say what legs earn: every way in which a synthetic event can end, one by one, and books taken order
by order with fractions. Shares no code with ``edgeworth.discovery``; fees are written down again from the venues' pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import chain, combinations, product
from math import ceil, floor

from edgeworth.adapters.synthetic.beliefs import Exclusive
from edgeworth.adapters.synthetic.events import SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.gamma_payloads import FEE_RATES
from edgeworth.adapters.synthetic.kalshi_payloads import kalshi_series
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

HALF = Fraction(1, 2)

Token = tuple[SyntheticMarket, int]
"""A market and one of its outcomes."""

Ending = Mapping[int, Fraction]
"""``id`` of a market -> dollars that a share of outcome 0 pays."""


def ways_to_end(event: SyntheticEvent) -> list[Ending]:
    """Every way, whatever the event's drawn answer: each winner, each interval of the quantity or of the time; rules of
    their own decide otherwise in up to two markets at once."""
    markets = (*event.polymarket, *event.kalshi)
    answers = [_answers(event, number) for number in range(len(event.beliefs))]
    ways: list[Ending] = [{id(market): HALF for market in markets}]
    if event.family.kind is Kind.SINGLE:
        ways += [
            {id(one): 1 - s if one.claim.is_negated else s for one in markets} for s in map(Fraction, (0.125, 0.75))
        ]
    flipping = [market for market in markets if market.claim.flip_probability]
    for flips in chain.from_iterable(combinations(flipping, count) for count in range(3)):
        flipped = {id(market) for market in flips}
        for chosen in product(*answers):
            ways.append({
                id(one): Fraction(_holds(one, bare=chosen[one.claim.belief](one), is_flipped=id(one) in flipped))
                for one in markets
            })  # fmt: skip
    return ways


def _holds(market: SyntheticMarket, *, bare: bool, is_flipped: bool) -> bool:
    holds = bare != market.claim.is_negated
    if not is_flipped:
        return holds
    return not holds and not market.claim.is_stricter


def _answers(event: SyntheticEvent, belief: int):
    """Functions from a market to whether its bare claim holds, one for each answer there can be."""
    shape = event.beliefs[belief]
    arguments = sorted({one.claim.argument for one in (*event.polymarket, *event.kalshi) if one.claim.belief == belief})
    if isinstance(shape, Exclusive):
        winners = range(len(shape._log_priors))
        return [lambda one, winner=winner: one.claim.argument == winner for winner in winners]
    is_waiting = event.family.kind is Kind.DEADLINES
    # ``count`` of the thresholds are exceeded, or of the deadlines missed.
    return [
        lambda one, count=count: (arguments.index(one.claim.argument) < count) != is_waiting
        for count in range(len(arguments) + 1)
    ]


def pays(token: Token, way: Ending) -> Fraction:
    """Dollars for one share."""
    first = way[id(token[0])]
    return first if token[1] == 0 else 1 - first


def least_payout(tokens: list[Token], ways: list[Ending]) -> Fraction:
    """Of one share of each."""
    return min(sum((pays(token, way) for token in tokens), Fraction(0)) for way in ways)


class Book:
    """The orders of one market of a world, taken one after the other."""

    def __init__(self, world: World, event: SyntheticEvent, market: SyntheticMarket) -> None:
        self._event, self._market = event, market
        ladder = world.ladder(event, market)
        assert ladder is not None
        asks = {Fraction(price, 1000): Fraction(size, 100) for price, size in ladder.asks.items()}
        bids = {Fraction(price, 1000): Fraction(size, 100) for price, size in ladder.bids.items()}
        self._offers = [sorted(asks.items()), sorted((1 - price, size) for price, size in bids.items())]
        self._bids = [sorted(bids.items(), reverse=True), sorted(((1 - p, s) for p, s in asks.items()), reverse=True)]

    def depth(self, outcome: int, *, is_sale: bool = False) -> Fraction:
        return sum((size for _, size in (self._bids if is_sale else self._offers)[outcome]), Fraction(0))

    def trade(self, outcome: int, shares: Fraction, *, is_sale: bool = False) -> tuple[Fraction, Fraction, int]:
        """Dollars paid or received, fees, and over how many price levels."""
        amount, fees, levels, wanted = Fraction(0), Fraction(0), 0, shares
        for price, size in (self._bids if is_sale else self._offers)[outcome]:
            taken = min(wanted, size)
            if taken <= 0:
                break
            amount += taken * price
            fees += self._fee(price, taken)
            wanted -= taken
            levels += 1
        assert wanted == 0
        return amount, fees, levels

    def _fee(self, price: Fraction, shares: Fraction) -> Fraction:
        spread = price * (1 - price) * shares
        if self._market.venue is Venue.SYNTHETIC_KALSHI:
            rate = Fraction(7, 100) * Fraction(kalshi_series(self._event.family)["fee_multiplier"])
            cost = price * shares
            # The other reading of the schedule: what a buyer pays, or a seller gets, is a multiple of $0.0001.
            of_buyer = Fraction(ceil((cost + rate * spread) * 10**4), 10**4) - cost
            of_seller = cost - Fraction(floor((cost - rate * spread) * 10**4), 10**4)
            return max(Fraction(ceil(rate * spread * 100), 100), of_buyer, of_seller)
        exact = Fraction(str(FEE_RATES.get(self._event.family.category, 0))) * spread
        return Fraction(max(floor(exact * 10**5 + HALF), 1), 10**5) if exact else Fraction(0)


def events_of(world: World) -> Iterator[SyntheticEvent]:
    """Listed events."""
    for index in range(world.event_count):
        event = world.event(index)
        if event is not None and event.created_at <= world.now:
            yield event
