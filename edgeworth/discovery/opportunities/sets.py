"""Events of which at most one market comes true: Yes of all, No of several, and the conversion of No shares.

In a complete set of n, exactly one wins: Yes of all pays 1. No on any m of them pays m - 1 at least, complete or not,
but only m / 2 when the event is called off, so for m > 2 the void state is the worst. On Polymarket's negRisk events m
No shares turn at once into m - 1 dollars (and Yes of the other markets), or one No share into Yes of all the others;
what is converted and sold at once meets no end at all, so that neither calling off nor an unlisted outcome matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from edgeworth.discovery.opportunities.candidates import (
    Candidate,
    Considered,
    TerminalState,
    called_off,
    leg,
    proposition,
)
from edgeworth.discovery.opportunities.orders import Books
from edgeworth.discovery.opportunity import LegAction, NotTradable, OpportunityKind
from edgeworth.markets.market import Event, Market, MarketStatus
from edgeworth.markets.resolution import OutcomeResult, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS

_FREE: Final = "Converting costs nothing but gas, which is not counted; a fee of the event for it is not known to us."
_TOGETHER: Final = "When the event is called off, all its markets are, and every share pays 0.50."


def is_exclusive(event: Event) -> bool:
    """Whether the venue says that at most one market of the event comes true."""
    return event.is_neg_risk or event.is_mutually_exclusive is True


def is_tradable(market: Market) -> bool:
    """Whether orders can be sent now."""
    return market.status is MarketStatus.OPEN and market.is_accepting_orders is not False


def incompleteness(event: Event, members: Sequence[Market]) -> str:
    """The code under which the set is refused as incomplete; empty when exactly one of ``members`` wins."""
    if event.is_neg_risk_augmented:
        return "augmented_event"
    if not event.is_neg_risk or event.market_count != len(members):
        return "set_not_known_complete"
    return ""


def set_candidates(event: Event, members: Sequence[Market], books: Books) -> Iterator[Considered]:
    """What an exclusive event offers. ``members``: all its markets that are known, in any status."""
    reason = is_over(members)
    if reason and not any(is_tradable(one) for one in members):
        return
    if reason:
        yield NotTradable(
            code="event_decided", reason=reason, kind=None, market_ids=tuple(one.market_id for one in members)
        )
        return
    alive = [one for one in members if not has_lost(one)]
    tradable = [one for one in alive if is_tradable(one)]
    if len(tradable) < 2:
        return
    yield (_buy_yes(event, members, alive, tradable),)
    dearest = _by_bid(tradable, books)
    if len(dearest) < 2:
        return
    prefixes = [dearest[:size] for size in range(2, len(dearest) + 1)]
    can_convert = event.is_neg_risk and event.venue.exchange is Venue.POLYMARKET
    yield tuple(_buy_no(chosen, is_converted=can_convert) for chosen in prefixes)
    if can_convert:
        yield tuple(_convert(chosen) for chosen in prefixes)


def is_over(members: Sequence[Market]) -> str:
    """Why nothing is open in the event any more; empty while something is."""
    for one in members:
        if one.resolution is None or one.resolution.shape is ResolutionShape.PENDING or has_lost(one):
            continue
        return f"{proposition(one)} has ended {one.resolution.shape.value}: the event is over"
    return ""


def has_lost(market: Market) -> bool:
    """Whether the market's proposition is known to be false."""
    return market.resolution is not None and market.resolution.for_outcome(0) is OutcomeResult.LOST


def _buy_yes(event: Event, members: Sequence[Market], alive: Sequence[Market], tradable: Sequence[Market]) -> Candidate:
    size = len(tradable)
    states = [
        TerminalState(name=f"{proposition(one)} wins", payouts=tuple(MICROS * (at == which) for at in range(size)))
        for which, one in enumerate(tradable)
    ]
    states += [
        TerminalState(
            name=f"{proposition(one)} wins, which cannot be bought now", payouts=(0,) * size, guard="member_not_trading"
        )
        for one in alive
        if not is_tradable(one)
    ]
    missing = incompleteness(event, members)
    states.append(
        TerminalState(name="none of them wins", payouts=(0,) * size, is_modelled=bool(missing), guard=missing)
    )
    states.append(called_off(size))
    assumption = (
        f"Exactly one of the {len(members)} listed markets comes true: the event is a negRisk set, is not "
        "augmented, and all its markets are known."
    )
    return Candidate(
        kind=OpportunityKind.SET_BUY_YES, legs=tuple(leg(one, 0) for one in tradable), markets=tuple(tradable),
        states=tuple(states), assumptions=(assumption, _TOGETHER),
    )  # fmt: skip


def _by_bid(markets: Sequence[Market], books: Books) -> list[Market]:
    """Those whose No can be bought, the cheapest No first: whichever are left out, the cheaper ones earn more."""
    priced = []
    for one in markets:
        offers = books.levels(leg(one, 1))
        if offers:
            priced.append((offers[0].price, one.market_id, one))
    return [one for *_, one in sorted(priced, key=lambda each: each[:2])]


def _buy_no(chosen: Sequence[Market], *, is_converted: bool) -> Candidate:
    size = len(chosen)
    legs = tuple(leg(one, 1) for one in chosen)
    if is_converted:
        turned = leg(chosen[0], 1, LegAction.CONVERT, shares=size * MICROS)
        state = TerminalState(
            name=f"however it ends: the shares are converted into ${size - 1} a set", payouts=(0,) * (size + 1)
        )
        return Candidate(
            kind=OpportunityKind.SET_BUY_NO, legs=(*legs, turned), markets=(*chosen, chosen[0]), states=(state,),
            assumptions=(_FREE,), is_settled_at_once=True,
        )  # fmt: skip
    states = [
        TerminalState(name=f"{proposition(one)} wins", payouts=tuple(MICROS * (at != which) for at in range(size)))
        for which, one in enumerate(chosen)
    ]
    none = TerminalState(name="none of them wins", payouts=(MICROS,) * size)
    assumption = "At most one market of the event comes true, as the exchange states."
    return Candidate(
        kind=OpportunityKind.SET_BUY_NO, legs=legs, markets=tuple(chosen),
        states=(*states, none, called_off(size, guard="worst_state_loses")), assumptions=(assumption, _TOGETHER),
    )  # fmt: skip


def _convert(chosen: Sequence[Market]) -> Candidate:
    """No of the first becomes Yes of all others; those of the rest of ``chosen`` are sold, what is left is a gift."""
    source, *others = chosen
    legs = (leg(source, 1), leg(source, 1, LegAction.CONVERT), *(leg(one, 0, LegAction.SELL) for one in others))
    state = TerminalState(name="however it ends: the shares are converted and sold", payouts=(0,) * len(legs))
    return Candidate(
        kind=OpportunityKind.CONVERSION, legs=legs, markets=(source, source, *others), states=(state,),
        assumptions=(_FREE,), is_settled_at_once=True,
    )  # fmt: skip
