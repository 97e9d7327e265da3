"""How a closed market ended, read off Polymarket's records. A price near 1 is not a resolution: ``closed`` comes first.

Gamma shows no winner; a closed market's ``outcomePrices`` are its payouts::

    [1, 0]                        decided, also while orders are still accepted
    one >= 0.99, the rest <= 0.01 decided, unless an answer is still proposed or disputed
    ["0", "0"]                    zero_zero: a legacy record from which no winner can be derived
    about even, UMA resolved      void
    other fractions               scalar, unless an answer is still proposed or disputed
    none, or not summing to 1     pending

The exchange's list (CLOB) names winners. Without a winner its prices are only the last ones traded, so that fractions
say nothing there: an ending is pending unless a winner, prices of 1 and 0, or ``is_50_50_outcome`` says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.units import MICROS, PriceMicros

NEARLY = 10_000
"""One cent: how far a price may be from 1, 0 or an even split and still mean it (legacy pools rounded)."""

SUM_TOLERANCE = 20_000
"""Two cents: how far payouts may be from a dollar in sum."""

ANSWERED = frozenset({"resolved", "settled"})
CONTESTED = frozenset({"requested", "proposed", "disputed"})
"""Values of ``umaResolutionStatus``: with these the prices are still being traded or argued about."""

Prices = Sequence[PriceMicros]


def gamma_resolution(prices: Prices, uma_status: str | None, closed_at: datetime | None) -> Resolution:
    """The ending of a market that Gamma calls closed.

    Args:
        prices: ``outcomePrices``; empty when there are none.
        uma_status: ``umaResolutionStatus``, of which an empty string says nothing.
        closed_at: ``closedTime``, which is when the market was settled.
    """
    if not prices:
        return _PENDING
    if not any(prices):
        return _ZERO_ZERO
    winner = _winner_by_price(prices)
    contested = uma_status in CONTESTED
    if winner is not None and (prices[winner] == MICROS or not contested):
        return _decided(winner, len(prices), closed_at)
    if contested or abs(sum(prices) - MICROS) > SUM_TOLERANCE:
        return _PENDING
    if not _is_even(prices):
        return Resolution(shape=ResolutionShape.SCALAR, payouts=tuple(prices), resolved_at=closed_at)
    return _void(len(prices), closed_at) if uma_status in ANSWERED else _PENDING


def exchange_resolution(prices: Prices, winners: Sequence[int], *, outcomes: int, is_even_split: bool) -> Resolution:
    """The ending of a market that the exchange's list calls closed.

    Args:
        prices: Of the tokens; empty when there are none.
        winners: Indices of the tokens flagged as winner.
        outcomes: How many there are.
        is_even_split: ``is_50_50_outcome``.
    """
    if is_even_split or len(winners) == outcomes > 1:
        return _void(outcomes, None)
    if winners:
        return _decided(winners[0], outcomes, None) if len(winners) == 1 else _PENDING
    if not prices:
        return _PENDING
    if not any(prices):
        return _ZERO_ZERO
    # Nothing less than a whole dollar: a market that waits for its answer is last traded at 0.995, too.
    if sorted(prices) != [PriceMicros(0)] * (len(prices) - 1) + [PriceMicros(MICROS)]:
        return _PENDING
    return _decided(prices.index(PriceMicros(MICROS)), len(prices), None)


def _winner_by_price(prices: Prices) -> int | None:
    top = max(range(len(prices)), key=prices.__getitem__)
    rest_is_nothing = all(price <= NEARLY for index, price in enumerate(prices) if index != top)
    return top if prices[top] >= MICROS - NEARLY and rest_is_nothing else None


def _is_even(prices: Prices) -> bool:
    share = MICROS / len(prices)
    return all(abs(price - share) <= NEARLY for price in prices)


def _decided(winner: int, outcomes: int, at: datetime | None) -> Resolution:
    payouts = tuple(PriceMicros(MICROS if index == winner else 0) for index in range(outcomes))
    return Resolution(shape=ResolutionShape.DECIDED, payouts=payouts, resolved_at=at)


def _void(outcomes: int, at: datetime | None) -> Resolution:
    return Resolution(shape=ResolutionShape.VOID, payouts=(PriceMicros(MICROS // outcomes),) * outcomes, resolved_at=at)


_PENDING = Resolution(shape=ResolutionShape.PENDING)
_ZERO_ZERO = Resolution(shape=ResolutionShape.ZERO_ZERO)
