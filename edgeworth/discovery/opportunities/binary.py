"""Both outcomes of one market: bought for less than a dollar, or made of a dollar and sold for more."""

from __future__ import annotations

from collections.abc import Iterator

from edgeworth.discovery.opportunities.candidates import (
    Candidate,
    Considered,
    TerminalState,
    called_off,
    leg,
    proposition,
)
from edgeworth.discovery.opportunity import LegAction, OpportunityKind
from edgeworth.markets.market import Market
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS

_NETS = (
    "Both outcomes of one market are worth a dollar at once: they merge at Polymarket and net at Kalshi. "
    "In a consistent book this price does not last: the exchange matches such orders itself."
)


def binary_candidates(market: Market) -> Iterator[Considered]:
    """The purchase of both outcomes and, where shares can be minted, the sale of both."""
    yield (_purchase(market),)
    if market.venue.exchange is Venue.POLYMARKET:
        yield (_sale(market),)


def _purchase(market: Market) -> Candidate:
    first, second = (outcome.label for outcome in market.outcomes)
    return Candidate(
        kind=OpportunityKind.BINARY_BUY, legs=(leg(market, 0), leg(market, 1)), markets=(market, market),
        states=(
            TerminalState(name=f"{proposition(market)} ends {first}", payouts=(MICROS, 0)),
            TerminalState(name=f"{proposition(market)} ends {second}", payouts=(0, MICROS)),
            called_off(2),
        ),
        assumptions=(_NETS,), is_settled_at_once=True,
    )  # fmt: skip


def _sale(market: Market) -> Candidate:
    legs = (leg(market, 0, LegAction.MINT), leg(market, 0, LegAction.SELL), leg(market, 1, LegAction.SELL))
    sold = TerminalState(name="however it ends: both shares are sold", payouts=(0, 0, 0))
    return Candidate(
        kind=OpportunityKind.BINARY_SELL, legs=legs, markets=(market,) * 3, states=(sold,), assumptions=(_NETS,),
        is_settled_at_once=True,
    )  # fmt: skip
