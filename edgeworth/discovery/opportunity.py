"""What an opportunity is: legs, what they pay in every state, and what is left of it at a given size.

Values only. ``edgeworth.discovery.opportunities`` finds them, the store follows them from run to run by ``key``, pages
show them. An *opportunity* is a set of trades that earns in every state that was modelled. States that were left out of
that (one exchange calls the event off and the other does not) are not hidden: they are listed with what they cost, and
``certainty`` says so. What could not be judged becomes a ``NotTradable`` with its reason. Books and prices of the
moment enter through those who find; HTTP and SQL never do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros, ShareMicros, UsdMicros


class OpportunityKind(StrEnum):
    """What the legs have to do with one another."""

    BINARY_BUY = "binary_buy"
    """Both outcomes of one market for less than a dollar."""
    BINARY_SELL = "binary_sell"
    """A dollar split into both outcomes, which are sold for more."""
    SET_BUY_YES = "set_buy_yes"
    """Yes of every market of a complete set, of which exactly one wins."""
    SET_BUY_NO = "set_buy_no"
    """No of markets that exclude one another, held to the end, or converted into dollars at once where that is done."""
    CONVERSION = "conversion"
    """No shares of a negRisk event, turned at once into dollars and Yes shares of the other markets."""
    THRESHOLD_LADDER = "threshold_ladder"
    """A level that is harder to reach is dearer than one that is easier."""
    DATE_LADDER = "date_ladder"
    """An earlier deadline is dearer than a later one."""
    PAIR = "pair"
    """The same proposition at two prices."""
    INVERSE_PAIR = "inverse_pair"
    """The same bet from two sides for less than a dollar."""
    IMPLIED_PAIR = "implied_pair"
    """One proposition follows from the other, and is cheaper."""
    EXCLUSIVE_PAIR = "exclusive_pair"
    """Two propositions that never come true together, each dear."""
    BASKET = "basket"
    """More legs than these shapes have, chosen by a linear program over all states."""


class LegAction(StrEnum):
    """What is done with the shares of a leg."""

    BUY = "buy"
    SELL = "sell"
    MINT = "mint"
    """A dollar becomes one share of each outcome."""
    CONVERT = "convert"
    """No shares of a negRisk event become Yes shares of the other markets, and dollars where several are given."""


class Certainty(StrEnum):
    """How far the promise of an opportunity reaches."""

    EVERY_STATE = "every_state"
    """It earns in every state that is known of, those that were assumed away included."""
    CONDITIONAL = "conditional"
    """It earns in every modelled state; there are declared states beyond them in which it loses."""


class Leg(Struct, frozen=True, kw_only=True):
    """One trade of an opportunity.

    Attributes:
        outcome_index: Of a mint, 0: it makes both.
        shares_per_set: Shares for one set, in millionths; one share each but for baskets.
    """

    venue: Venue
    market_id: str
    outcome_index: int
    action: LegAction
    shares_per_set: ShareMicros = ShareMicros(MICROS)


class StatePayoff(Struct, frozen=True, kw_only=True):
    """What the legs bring in one way in which things can end, at the best size.

    Attributes:
        name: For a person: ``"Rain" comes true``, ``called off: every share pays 0.50``.
        payout: Paid at the end for one set of shares.
        profit: Of the best size, after all costs and fees.
        is_modelled: ``False``: declared, but not counted in the worst state; see ``Opportunity.assumptions``.
    """

    name: str
    payout: UsdMicros
    profit: UsdMicros
    is_modelled: bool = True


class LegFill(Struct, frozen=True, kw_only=True):
    """What one leg costs when its book is walked.

    Attributes:
        average_price, worst_price: Per share; the average is rounded against us (up when buying).
        amount: Paid (buy, mint) or received (sell), before fees.
    """

    average_price: PriceMicros
    worst_price: PriceMicros
    shares: ShareMicros
    amount: UsdMicros
    fees: UsdMicros


class CapacityPoint(Struct, frozen=True, kw_only=True):
    """What is left of an opportunity when a budget is spent on it in full.

    Attributes:
        budget: Dollars for purchases, mints and fees. shares: Sets that it buys.
        cost: Paid for purchases and mints. proceeds: Received at once for sales and conversions. fees: Of all legs.
        profit: In the worst modelled state. fills: One a leg, in the order of the legs.
        is_filled: ``False``: the books end before the budget does.
    """

    budget: UsdMicros
    shares: ShareMicros
    cost: UsdMicros
    proceeds: UsdMicros
    fees: UsdMicros
    profit: UsdMicros
    fills: tuple[LegFill, ...]
    is_filled: bool


class GateFailure(Struct, frozen=True, kw_only=True):
    """A wish of the user that an opportunity does not meet; it is shown all the same."""

    code: str
    reason: str


class Opportunity(Struct, frozen=True, kw_only=True):
    """Trades that together earn in every modelled state.

    Attributes:
        key: The same for the same kind and legs, whatever the prices: follow an opportunity over runs by it.
        states: Every way to end that was looked at, declared ones last.
        worst_state: Name of the modelled state that pays least. losing_states: Names of all that lose.
        capacity: At each budget of the gates, ascending. best: The size that earns most.
        dies_at: Sets from which on nothing is earned in the worst state; ``None`` when the books end before.
        is_dead_at_size: It earns only at the top of the book: nothing is left at the budget that counts, and its best
            size costs less than that.
        days_locked: From ``as_of`` to the last payout, settlement lag included; 0 when everything is settled at once,
            ``None`` when a market does not say when it closes.
        annualised_return: Simple, at the best size: profit over money laid out, times 365 over days locked; ``None``
            when that is not defined.
        relation: Between the markets of the first and the second leg of a pair.
        confidence: That all the verdicts it relies on are right, their doubts added up; ``None`` when it needs none.
        assumptions: Sentences, all that has to be true besides the prices.
        evidence: Ids of the verdicts it relies on.
        failed_gates: Wishes of the user that it does not meet.
        shares_orders_with: Keys of others that would take the same resting orders: their profits do not add up.
    """

    key: str
    kind: OpportunityKind
    certainty: Certainty
    legs: tuple[Leg, ...]
    states: tuple[StatePayoff, ...]
    worst_state: str
    losing_states: tuple[str, ...]
    capacity: tuple[CapacityPoint, ...]
    best: CapacityPoint
    dies_at: ShareMicros | None
    is_dead_at_size: bool
    days_locked: float | None
    annualised_return: float | None
    assumptions: tuple[str, ...]
    as_of: datetime
    relation: Relation | None = None
    confidence: float | None = None
    evidence: tuple[str, ...] = ()
    failed_gates: tuple[GateFailure, ...] = ()
    shares_orders_with: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether every gate is met."""
        return not self.failed_gates

    @property
    def best_profit(self) -> UsdMicros:
        """Dollars earned in the worst modelled state at the best size."""
        return self.best.profit

    @property
    def market_ids(self) -> tuple[str, ...]:
        """Its markets, each once, in the order of the legs."""
        return tuple(dict.fromkeys(leg.market_id for leg in self.legs))


class NotTradable(Struct, frozen=True, kw_only=True):
    """Something that was looked at and could not be called an opportunity, with the reason.

    Attributes:
        code: A short, stable word to count by: ``unknown_fee``, ``missing_book``, ``stale_book``,
            ``set_not_known_complete``, ``worst_state_loses``, ``low_confidence``, ...
        reason: A sentence for a person.
        kind: What it would have been; ``None`` when it concerns a market or an event as a whole.
        market_ids: The markets concerned. legs: The trades, where they were known.
    """

    code: str
    reason: str
    kind: OpportunityKind | None
    market_ids: tuple[str, ...]
    legs: tuple[Leg, ...] = ()


class Findings(Struct, frozen=True, kw_only=True):
    """All that a search gave: ``considered == len(opportunities) + len(not_tradable) + unprofitable``.

    Attributes:
        opportunities: The largest profit first; those that miss a gate are among them.
        unprofitable: Sets of legs that were priced and earn nothing at any size.
        considered: Sets of legs, markets and events that were looked at.
    """

    opportunities: tuple[Opportunity, ...]
    not_tradable: tuple[NotTradable, ...]
    unprofitable: int
    considered: int
    as_of: datetime


class OpportunityGates(Struct, frozen=True, kw_only=True):
    """What makes an opportunity worth a look, and how old its books may be.

    Attributes:
        min_profit: In the worst state at the best size. min_margin: Of that profit over the money laid out.
        min_annualised_return: Not asked of what is settled at once. max_days_locked: Until the last payout.
        min_confidence: Verdicts below it are not relied on at all.
        budgets: Of the capacity curve. alive_at: Budget at which something must be left, else it is dead at size.
        settlement_lag: Assumed between the close of trading and the payout.
        max_book_age: Older books refuse. max_book_skew: Between the oldest and the newest book of the legs.
    """

    min_profit: UsdMicros = UsdMicros(1 * MICROS)
    min_margin: float = 0.01
    min_annualised_return: float = 0.15
    max_days_locked: float = 30.0
    min_confidence: float = 0.8
    budgets: tuple[UsdMicros, ...] = tuple(UsdMicros(usd * MICROS) for usd in (10, 100, 1_000, 10_000))
    alive_at: UsdMicros = UsdMicros(100 * MICROS)
    settlement_lag: timedelta = timedelta(days=2)
    max_book_age: timedelta = timedelta(hours=1)
    max_book_skew: timedelta = timedelta(minutes=5)


def opportunity_key(kind: OpportunityKind, legs: Sequence[Leg]) -> str:
    """Sixteen hex digits that name ``kind`` and ``legs``, whatever their order, sizes and prices."""
    parts = sorted(f"{leg.market_id}\x1f{leg.outcome_index}\x1f{leg.action.value}" for leg in legs)
    return hashlib.sha256("\x1e".join([kind.value, *parts]).encode()).hexdigest()[:16]
