"""States beyond the modelled ones: calling off that strikes some legs and not the others, and refunds.

In the modelled void state all legs are called off together, because they are about one matter. That need not be so: two
exchanges judge for themselves, and so do the markets of one event. These states can lose; they are declared with what
they cost, never counted in the worst state, and make an opportunity conditional.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import structs

from edgeworth.discovery.opportunities.candidates import CALLED_OFF, HALF, Candidate, TerminalState, proposition
from edgeworth.discovery.opportunity import LegAction
from edgeworth.markets.venue import Venue


def declared_states(candidate: Candidate) -> tuple[TerminalState, ...]:
    """What can happen to legs that are held to the end beyond their modelled states."""
    if candidate.is_settled_at_once:
        return ()
    ids = list(dict.fromkeys(leg.market_id for leg in candidate.legs))
    venues = sorted({leg.venue for leg in candidate.legs})
    found = []
    if len(ids) > 1:
        names = {market.market_id: proposition(market) for market in candidate.markets}
        found = [_alone(candidate, {one}, f"only {names[one]} is called off") for one in ids]
    if 1 < len(venues) < len(ids):
        found += [
            _alone(candidate, _markets_of(candidate, venue), f"called off at {venue.value} only") for venue in venues
        ]
    if any(venue.exchange is Venue.KALSHI for venue in venues):
        found.append(_refunded(candidate))
    return tuple(found)


def _markets_of(candidate: Candidate, venue: Venue) -> set[str]:
    return {leg.market_id for leg in candidate.legs if leg.venue is venue}


def _alone(candidate: Candidate, ids: Collection[str], name: str) -> TerminalState:
    """``ids`` are called off and the other legs end in the state that is worst for them."""
    decided = [state for state in candidate.states if state.is_modelled and state.name != CALLED_OFF]
    mixed = [
        structs.replace(
            state,
            name=name,
            is_modelled=False,
            guard="",
            payouts=tuple(
                HALF if leg.market_id in ids else pays for leg, pays in zip(candidate.legs, state.payouts, strict=True)
            ),
        )
        for state in decided
    ]
    return min(mixed, key=lambda state: _worth(candidate, state))


def _worth(candidate: Candidate, state: TerminalState) -> int:
    return sum(leg.shares_per_set * pays for leg, pays in zip(candidate.legs, state.payouts, strict=True))


def _refunded(candidate: Candidate) -> TerminalState:
    """Kalshi gives back what its legs cost, without fees; elsewhere every share pays a half."""
    back = frozenset(
        at
        for at, leg in enumerate(candidate.legs)
        if leg.venue.exchange is Venue.KALSHI and leg.action is LegAction.BUY
    )
    return TerminalState(
        name="called off, and Kalshi gives back prices but not fees",
        payouts=tuple(0 if at in back else HALF for at in range(len(candidate.legs))),
        is_modelled=False,
        refunds=back,
    )
