"""Order books around the best quotes.

Levels are in mills of outcome 0 and sizes in hundredths of a share. The book of outcome 1 is the mirror image: a bid
for one at p is an offer of the other at 1 - p.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from edgeworth.adapters.synthetic.draws import mix
from edgeworth.adapters.synthetic.events import SyntheticMarket
from edgeworth.adapters.synthetic.instants import HOUR
from edgeworth.adapters.synthetic.prices import MILLS

LEVELS: Final = 12
_STRIDE: Final = 0x9E3779B97F4A7C15
_MASK: Final = (1 << 64) - 1


class Ladder(Struct):
    """Resting orders for outcome 0: price in mills -> size in hundredths of a share."""

    bids: dict[int, int]
    asks: dict[int, int]
    tick: int

    @property
    def best_bid(self) -> int | None:
        """Highest bid, if any."""
        return max(self.bids, default=None)

    @property
    def best_ask(self) -> int | None:
        """Lowest offer, if any."""
        return min(self.asks, default=None)

    def mirrored(self) -> Ladder:
        """The same orders as an owner of outcome 1 sees them."""
        return Ladder(
            bids={MILLS - price: size for price, size in self.asks.items()},
            asks={MILLS - price: size for price, size in self.bids.items()},
            tick=self.tick,
        )


def build_ladder(market: SyntheticMarket, bid: int, ask: int, tick: int, at: int) -> Ladder:
    """The book whose best quotes are ``bid`` and ``ask`` (0 and 1000: that side is empty)."""
    hour = at // HOUR
    bids = {price: _size(market, price, hour, (bid - price) // tick) for price in _rungs(bid, -tick)} if bid > 0 else {}
    asks = (
        {price: _size(market, price, hour, (price - ask) // tick) for price in _rungs(ask, tick)} if ask < MILLS else {}
    )
    return Ladder(bids, asks, tick)


def _rungs(best: int, step: int) -> list[int]:
    return [price for number in range(LEVELS) if 0 < (price := best + number * step) < MILLS]


def _size(market: SyntheticMarket, price: int, hour: int, distance: int) -> int:
    noise = mix((market.key + _STRIDE * (hour * MILLS + price + 1)) & _MASK) % 1_000
    return max(100, market.depth_cents * (500 + noise) * (2 + distance) // 2_000)


def best_sizes(market: SyntheticMarket, bid: int, ask: int, at: int) -> tuple[int, int]:
    """Hundredths of a share at the best bid and ask; 0 where there is none."""
    hour = at // HOUR
    return (
        _size(market, bid, hour, 0) if bid > 0 else 0,
        _size(market, ask, hour, 0) if ask < MILLS else 0,
    )


def depth_dollars(market: SyntheticMarket, bid: int, ask: int) -> float:
    """Roughly the dollars that rest in the book, as the listing's liquidity."""
    sides = (bid > 0) + (ask < MILLS)
    return round(market.depth_cents * LEVELS * LEVELS * sides / 400.0, 5)
