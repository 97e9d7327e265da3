"""What the market says: the truth, mispriced by a known amount, on the tick grid.

In log-odds a market stands at truth + bias + noise. The noise reverts to zero within hours (an autoregression over
the last day's hourly shocks, so no state is carried); bias and noise are part of the truth that later work is scored
against. Prices are whole thousandths of a dollar ("mills"). A quote of 0 mills to buy, or 1000 to sell, is no quote.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from edgeworth.adapters.synthetic.draws import Floats, Integers, normals
from edgeworth.adapters.synthetic.events import SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.instants import HOUR
from edgeworth.markets.venue import Venue

MILLS: Final = 1_000
"""Thousandths in one dollar."""

MEMORY_HOURS: Final = 24
PERSISTENCE: Final = 0.85
"""Share of the noise that is left after an hour."""

_WEIGHTS: Final[Floats] = PERSISTENCE ** np.arange(MEMORY_HOURS, dtype=np.float64)
_NORMALISED: Final[Floats] = _WEIGHTS / np.sqrt((_WEIGHTS**2).sum())
_CLIP: Final = 0.0015
_FINE_BELOW: Final = 40
_FINE_ABOVE: Final = 960


class Quotes(Struct, frozen=True):
    """Markets by instants, in mills of outcome 0.

    Attributes:
        truth: True probabilities. price: What the market thinks, before the tick grid.
        bid, ask: Best prices; 0 and 1000 where that side has no orders. tick: Tick size.
        shown: The price a listing shows: the mid, or the thought price on the grid where a side is missing.
    """

    truth: Floats
    price: Floats
    bid: Integers
    ask: Integers
    tick: Integers
    shown: Floats


def mispricing(markets: tuple[SyntheticMarket, ...], instants: Integers) -> Floats:
    """Log-odds by which each market departs from the truth at each instant; markets by instants."""
    hours = instants // HOUR
    distinct, where = np.unique(hours, return_inverse=True)
    counters = (distinct[:, None] - np.arange(MEMORY_HOURS)[None, :]).astype(np.uint64)
    keys = np.array([market.mispricing.key for market in markets], dtype=np.uint64)[:, None, None]
    noise = normals(keys, counters[None, :, :]) @ _NORMALISED
    deviations = np.array([market.mispricing.deviation for market in markets])[:, None]
    biases = np.array([market.mispricing.bias for market in markets])[:, None]
    return np.asarray((biases + deviations * noise)[:, where], dtype=np.float64)


def market_prices(truth: Floats, departure: Floats) -> Floats:
    """The price in (0, 1) at which a market stands that departs from ``truth`` by ``departure`` log-odds."""
    clipped = np.clip(truth, _CLIP, 1.0 - _CLIP)
    odds = clipped / (1.0 - clipped) * np.exp(departure)
    return np.asarray(odds / (1.0 + odds), dtype=np.float64)


def quotes(event: SyntheticEvent, markets: tuple[SyntheticMarket, ...], instants: Integers) -> Quotes:
    """Truth, price and best quotes of ``markets`` (all of one exchange) at each instant."""
    truth = event.probabilities(markets, instants)
    price = market_prices(truth, mispricing(markets, instants))
    mills = price * MILLS
    tick = _ticks(markets, mills)
    spread = np.array([market.spread_ticks for market in markets])[:, None] * tick
    bid = np.maximum(np.floor((mills - spread / 2) / tick).astype(np.int64) * tick, 0)
    ask = np.minimum(bid + spread, MILLS)
    bid, ask = _without_missing_sides(markets, bid, ask)
    shown = np.where((bid > 0) & (ask < MILLS), (bid + ask) / 2, np.rint(mills / tick) * tick)
    dead = np.array([not market.has_bids and not market.has_asks for market in markets])[:, None]
    shown = np.where(dead, MILLS / 2, np.clip(shown, tick, MILLS - tick))
    return Quotes(truth, price, bid, ask, tick, shown)


def _ticks(markets: tuple[SyntheticMarket, ...], mills: Floats) -> Integers:
    if markets[0].venue is Venue.SYNTHETIC_KALSHI:
        column = np.array([1 if market.has_fine_ticks else 10 for market in markets], dtype=np.int64)
        return np.broadcast_to(column[:, None], mills.shape)
    extreme: NDArray[np.bool_] = (mills < _FINE_BELOW) | (mills > _FINE_ABOVE)
    return np.where(extreme, np.int64(1), np.int64(10))


def _without_missing_sides(
    markets: tuple[SyntheticMarket, ...], bid: Integers, ask: Integers
) -> tuple[Integers, Integers]:
    has_bids = np.array([market.has_bids for market in markets])[:, None]
    has_asks = np.array([market.has_asks for market in markets])[:, None]
    return np.where(has_bids, bid, 0), np.where(has_asks, ask, MILLS)
