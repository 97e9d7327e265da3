"""Trades and traded volume.

One trade falls into each slot of a market's life, at a random moment of the slot. Sizes are differences of a total
that is known in closed form, so that the volume at any instant is exactly the sum of the trades before it and costs
nothing to compute, whether a market has ten trades or ten thousand.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct

from edgeworth.adapters.synthetic.draws import Floats, Integers, Words, derive, mix, uniforms, words
from edgeworth.adapters.synthetic.events import SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.prices import MILLS, Quotes, quotes
from edgeworth.adapters.synthetic.wallets import Population
from edgeworth.markets.venue import Venue

BURST_EVERY: Final = 16
BUY_SHARE: Final = 0.7
HALF: Final = 0.5
_MASK: Final = (1 << 64) - 1
_STRIDE: Final = 0x9E3779B97F4A7C15
_SPREAD: Final = 9
_OF: Final = 10


class Fill(Struct, frozen=True, gc=False):
    """One trade, seen from the taker.

    Attributes:
        number: Its number in the market, from 0. at: Second. microsecond: Within it.
        toward_yes: Whether the taker's position moved toward outcome 0.
        outcome: Which outcome's shares changed hands. is_buy: What the taker did with them.
        price_mills: Price of that outcome. yes_mills: Price of outcome 0.
        cents: Dollars (Polymarket) or contracts (Kalshi), in hundredths.
        wallet: Index in the population.
    """

    number: int
    at: int
    microsecond: int
    toward_yes: bool
    outcome: int
    is_buy: bool
    price_mills: int
    yes_mills: int
    cents: int
    wallet: int

    @property
    def shares_micros(self) -> int:
        """Shares in millionths, when ``cents`` are dollars."""
        return self.cents * 10_000 * MILLS // self.price_mills


def trade_time(market: SyntheticMarket, number: int) -> int:
    """Second at which trade ``number`` takes place."""
    slot = market.activity.slot_seconds
    return market.opens_at + number * slot + _scalar(market.activity.key, 2 * number) % slot


def trade_count(market: SyntheticMarket, at: int) -> int:
    """How many trades took place at or before ``at``."""
    at = min(at, market.ending.ends_at - 1)
    if not market.activity.has_trades or at < market.opens_at:
        return 0
    slot = (at - market.opens_at) // market.activity.slot_seconds
    return slot + (trade_time(market, slot) <= at)


def traded_cents(market: SyntheticMarket, count: int) -> int:
    """Total of the first ``count`` trades, in hundredths."""
    return _total(market, count) - _total(market, 0)


def volume_cents(market: SyntheticMarket, at: int) -> int:
    """Everything traded at or before ``at``, in hundredths of a dollar (Polymarket) or of a contract (Kalshi)."""
    return traded_cents(market, trade_count(market, at))


def _total(market: SyntheticMarket, count: int) -> int:
    activity = market.activity
    burst = count // BURST_EVERY
    ordinary = activity.base_cents * (count * _OF + _scalar(activity.key, 2 * count + 1) % _SPREAD)
    extra = activity.burst_cents * (burst * _OF + _scalar(activity.key ^ 1, burst) % _SPREAD)
    return (ordinary + extra) // _OF


def _scalar(key: int, counter: int) -> int:
    return mix((key + _STRIDE * (counter + 1)) & _MASK) >> 11


def fills(event: SyntheticEvent, market: SyntheticMarket, population: Population, first: int, count: int) -> list[Fill]:
    """Trades ``first`` to ``first + count - 1``, oldest first. The caller makes sure that they have taken place."""
    if count <= 0:
        return []
    numbers = np.arange(first, first + count, dtype=np.int64)
    instants = np.array([trade_time(market, int(number)) for number in numbers], dtype=np.int64)
    seen = quotes(event, (market,), instants)
    chances = _fill_chances(np.uint64(_fill_key(market)), numbers)
    wallets, toward_yes = _takers(population, chances, seen.truth[0] - seen.price[0])
    yes_mills = _prices(seen.bid[0], seen.ask[0], seen.shown[0], toward_yes)
    buys = (chances[3] < BUY_SHARE) | (market.venue is Venue.SYNTHETIC_KALSHI)
    micro = words(derive(market.activity.key, "micro"), numbers.astype(np.uint64)) % np.uint64(1_000_000)
    rows = zip(numbers.tolist(), instants.tolist(), micro.tolist(), toward_yes.tolist(), buys.tolist(),
               yes_mills.tolist(), wallets.tolist(), strict=True)  # fmt: skip
    return [_fill(market, *row) for row in rows]


def last_prices(
    markets: tuple[SyntheticMarket, ...], population: Population, numbers: list[int], seen: Quotes, columns: list[int]
) -> list[int]:
    """Price of outcome 0 in trade ``numbers[i]`` of market i, ``seen`` at its time in column ``columns[i]``."""
    rows, at = np.arange(len(markets)), np.array(columns)
    keys = np.array([_fill_key(market) for market in markets], dtype=np.uint64)
    chances = _fill_chances(keys, np.array(numbers, dtype=np.int64))
    _, toward_yes = _takers(population, chances, seen.truth[rows, at] - seen.price[rows, at])
    prices: list[int] = _prices(seen.bid[rows, at], seen.ask[rows, at], seen.shown[rows, at], toward_yes).tolist()
    return prices


def _fill_key(market: SyntheticMarket) -> int:
    return market.activity.key ^ 0xF111


def _fill_chances(keys: np.uint64 | Words, numbers: Integers) -> Floats:
    counters = numbers.astype(np.uint64)[None, :] * np.uint64(4) + np.arange(4, dtype=np.uint64)[:, None]
    return uniforms(np.asarray(keys, dtype=np.uint64), counters)


def _takers(population: Population, chances: Floats, edge: Floats) -> tuple[Integers, Integers]:
    """Who takes, and whether toward outcome 0: a wallet of skill s knows the truth with probability s."""
    wallets = population.pick(chances[0])
    toward_yes = np.where(chances[1] < population.skills[wallets], edge > 0, chances[2] < HALF)
    return wallets, toward_yes.astype(np.int64)


def _prices(bid: Integers, ask: Integers, shown: Floats, toward_yes: Integers) -> Integers:
    """Takers toward outcome 0 pay the ask, the others get the bid; without that side, the price shown."""
    paid = np.where(toward_yes == 1, ask, bid)
    is_missing = (paid <= 0) | (paid >= MILLS)
    return np.where(is_missing, np.clip(np.rint(shown), 1, MILLS - 1), paid).astype(np.int64)


def _fill(
    market: SyntheticMarket,
    number: int,
    at: int,
    micro: int,
    toward_yes: int,
    is_buy: bool,  # noqa: FBT001
    yes_mills: int,
    wallet: int,
) -> Fill:
    outcome = 0 if bool(toward_yes) == bool(is_buy) else 1
    cents = _total(market, number + 1) - _total(market, number)
    price = yes_mills if outcome == 0 else MILLS - yes_mills
    return Fill(number, at, micro, bool(toward_yes), outcome, bool(is_buy), price, yes_mills, cents, wallet)
