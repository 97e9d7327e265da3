"""From a candidate to a verdict on it: an opportunity with all its numbers, a refusal with its reason, or nothing.

Nothing means: priced, and not profitable at any size. A candidate that earns but for one state (called off, nobody of
an incomplete set wins) is refused in the name of that state.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs

from edgeworth.discovery.opportunities.candidates import Candidate, Considered, TerminalState
from edgeworth.discovery.opportunities.declared import declared_states
from edgeworth.discovery.opportunities.orders import Books, Conversion, Mint, Orders, Takeable, trading_day
from edgeworth.discovery.opportunities.sizing import Sizing
from edgeworth.discovery.opportunity import (
    Certainty,
    GateFailure,
    Leg,
    LegAction,
    NotTradable,
    Opportunity,
    OpportunityGates,
    StatePayoff,
    opportunity_key,
)
from edgeworth.errors import UnknownFeeError
from edgeworth.markets.book import BookLevel
from edgeworth.markets.market import Market
from edgeworth.units import MICROS, ShareMicros, UsdMicros, decimal_text

_SECONDS_A_DAY = 86_400.0
_YEAR = 365.0
_ROUNDING = 1e-9
"""Of sums of doubts."""


class Judge:
    """Prices candidates over the books of one instant."""

    def __init__(self, books: Books, gates: OpportunityGates, as_of: datetime) -> None:
        self._books, self._gates, self._as_of = books, gates, as_of

    def judge(self, considered: Considered) -> Opportunity | NotTradable | None:
        """The best variant; if none earns, the first refusal; ``None`` when all are priced and none earns."""
        if isinstance(considered, NotTradable):
            return considered
        verdicts = [self.judge_one(variant) for variant in considered]
        found = [one for one in verdicts if isinstance(one, Opportunity)]
        if found:
            return max(found, key=lambda one: one.best_profit)
        return next((one for one in verdicts if one is not None), None)

    def judge_one(self, candidate: Candidate) -> Opportunity | NotTradable | None:
        """The verdict on one set of legs."""
        levels = self._levels(candidate)
        if isinstance(levels, NotTradable):
            return levels
        if not all(levels) or not _earns_before_fees(candidate, levels):
            return None
        stale = self._staleness(candidate)
        if stale is not None:
            return stale
        try:
            takeables = [self._takeable(*each) for each in zip(candidate.legs, candidate.markets, levels, strict=True)]
        except UnknownFeeError as error:
            return _refusal(candidate, "unknown_fee", str(error))
        return self._priced(candidate, takeables)

    def _priced(self, candidate: Candidate, takeables: Sequence[Takeable]) -> Opportunity | NotTradable | None:
        sizing = Sizing(candidate, takeables)
        best = sizing.best()
        if best and self._is_doubtful(candidate):
            reason = f"its {len(candidate.edges)} verdicts are all right with {candidate.confidence:.2f} at least"
            return _refusal(candidate, "low_confidence", f"{reason}, and {self._gates.min_confidence:.2f} is asked for")
        if best:
            return self._opportunity(sizing, best)
        if sizing.depth < sizing.least:
            reason = (
                f"the books hold {decimal_text(sizing.depth)} sets, and the smallest orders come to "
                f"{decimal_text(sizing.least)}"
            )
            return _refusal(candidate, "below_smallest_order", reason)
        return _refused_for_a_state(candidate, takeables)

    def _is_doubtful(self, candidate: Candidate) -> bool:
        return candidate.confidence is not None and candidate.confidence < self._gates.min_confidence - _ROUNDING

    def _opportunity(self, sizing: Sizing, best: int) -> Opportunity:
        candidate, gates = sizing.candidate, self._gates
        point = sizing.point(0, sets=best)
        outlay = point.cost + point.fees
        point = structs.replace(point, budget=UsdMicros(outlay))
        states = self._payoffs(sizing, best)
        modelled = [one for one in states if one.is_modelled]
        days = self._days_locked(candidate)
        annualised = point.profit / outlay * _YEAR / days if outlay and days else None
        dies_at = sizing.dies_at(best)
        alive = sizing.point(gates.alive_at)
        is_alive = outlay >= gates.alive_at or (alive.is_filled and alive.profit > 0)
        opportunity = Opportunity(
            key=opportunity_key(candidate.kind, candidate.legs), kind=candidate.kind,
            certainty=Certainty.CONDITIONAL if any(one.profit < 0 for one in states) else Certainty.EVERY_STATE,
            legs=candidate.legs, states=states,
            worst_state=min(modelled, key=lambda one: one.profit).name,
            losing_states=tuple(one.name for one in states if one.profit < 0),
            capacity=tuple(sizing.point(budget) for budget in sorted(gates.budgets)), best=point,
            dies_at=None if dies_at is None else ShareMicros(dies_at),
            is_dead_at_size=not is_alive,
            days_locked=days, annualised_return=annualised, assumptions=self._assumptions(candidate), as_of=self._as_of,
            relation=candidate.relation, confidence=candidate.confidence,
            evidence=tuple(dict.fromkeys(edge.evidence_id for edge in candidate.edges if edge.evidence_id)),
        )  # fmt: skip
        return structs.replace(opportunity, failed_gates=tuple(gate_failures(opportunity, gates)))

    def _payoffs(self, sizing: Sizing, best: int) -> tuple[StatePayoff, ...]:
        fills = sizing.fills(best)
        net = sizing.net(fills)
        states = (*sizing.candidate.states, *declared_states(sizing.candidate))
        payoffs = []
        for state in states:
            payout = sizing.payout(state, fills)
            payoffs.append(
                StatePayoff(
                    name=state.name, payout=UsdMicros(payout * MICROS // best), profit=UsdMicros(net + payout),
                    is_modelled=state.is_modelled,
                )
            )  # fmt: skip
        return tuple(sorted(payoffs, key=lambda one: not one.is_modelled))

    def _assumptions(self, candidate: Candidate) -> tuple[str, ...]:
        filled = "Every leg is filled at the books as they stood; nothing is said of what happens between the legs."
        if candidate.is_settled_at_once:
            return (*candidate.assumptions, filled)
        lag = self._gates.settlement_lag.total_seconds() / _SECONDS_A_DAY
        paid = f"Payouts are taken to come {lag:g} days after the last market closes."
        return (*candidate.assumptions, filled, paid)

    def _days_locked(self, candidate: Candidate) -> float | None:
        if candidate.is_settled_at_once:
            return 0.0
        closes = [market.closes_at for market in candidate.markets]
        known = [one for one in closes if one is not None]
        if len(known) < len(closes):
            return None
        last = max(*known, self._as_of)
        return (last - self._as_of + self._gates.settlement_lag).total_seconds() / _SECONDS_A_DAY

    def _levels(self, candidate: Candidate) -> list[Sequence[BookLevel]] | NotTradable:
        levels: list[Sequence[BookLevel]] = []
        for leg in candidate.legs:
            if leg.action in {LegAction.BUY, LegAction.SELL}:
                found = self._books.levels(leg)
                if found is None:
                    return _refusal(candidate, "missing_book", f"expected a book of {leg.market_id}, found none")
                levels.append(found)
            else:
                levels.append(_ENDLESS)
        return levels

    def _staleness(self, candidate: Candidate) -> NotTradable | None:
        books = [
            book
            for leg in candidate.legs
            if leg.action in {LegAction.BUY, LegAction.SELL}
            and (book := self._books.book(leg.market_id, leg.outcome_index)) is not None
        ]
        oldest, newest = min(one.observed_at for one in books), max(one.observed_at for one in books)
        if newest > self._as_of:
            return _refusal(candidate, "book_of_the_future", f"expected books up to {self._as_of}, found {newest}")
        if self._as_of - oldest > self._gates.max_book_age:
            reason = f"a book is {self._as_of - oldest} old, and {self._gates.max_book_age} is allowed"
            return _refusal(candidate, "stale_book", reason)
        if newest - oldest > self._gates.max_book_skew:
            reason = f"the books are {newest - oldest} apart, and {self._gates.max_book_skew} is allowed"
            return _refusal(candidate, "books_apart", reason)
        return None

    def _takeable(self, leg: Leg, market: Market, levels: Sequence[BookLevel]) -> Takeable:
        if leg.action is LegAction.MINT:
            return Mint()
        if leg.action is LegAction.CONVERT:
            return Conversion(leg.shares_per_set // MICROS)
        return Orders(
            levels, venue=leg.venue, terms=market.fee_terms, on=trading_day(leg.venue, self._as_of),
            is_sale=leg.action is LegAction.SELL,
        )  # fmt: skip


_ENDLESS: Sequence[BookLevel] = (BookLevel(0, 0),)  # type: ignore[arg-type]


def gate_failures(opportunity: Opportunity, gates: OpportunityGates) -> list[GateFailure]:
    """Every wish in ``gates`` that ``opportunity`` does not meet."""
    failures = []
    best, days, annualised = opportunity.best, opportunity.days_locked, opportunity.annualised_return
    margin = best.profit / (best.cost + best.fees)
    if best.profit < gates.min_profit:
        text = f"earns ${decimal_text(best.profit)}, less than ${decimal_text(gates.min_profit)}"
        failures.append(GateFailure(code="profit", reason=text))
    if margin < gates.min_margin:
        text = f"earns {margin:.2%} of what is laid out, less than {gates.min_margin:.2%}"
        failures.append(GateFailure(code="margin", reason=text))
    if days is None:
        failures.append(GateFailure(code="days_locked", reason="a market does not say when it closes"))
        return failures
    if days > gates.max_days_locked:
        text = f"locks money for {days:.1f} days, longer than {gates.max_days_locked:g}"
        failures.append(GateFailure(code="days_locked", reason=text))
    if annualised is not None and annualised < gates.min_annualised_return:
        text = f"earns {annualised:.1%} a year, less than {gates.min_annualised_return:.1%}"
        failures.append(GateFailure(code="annualised_return", reason=text))
    return failures


def _earns_before_fees(candidate: Candidate, levels: Sequence[Sequence[BookLevel]]) -> bool:
    """Whether the first shares earn something in some state that no guard forbids, fees left out."""
    paid = 0
    for leg, side in zip(candidate.legs, levels, strict=True):
        match leg.action:
            case LegAction.BUY:
                paid += side[0].price * leg.shares_per_set
            case LegAction.SELL:
                paid -= side[0].price * leg.shares_per_set
            case LegAction.MINT:
                paid += MICROS * leg.shares_per_set
            case LegAction.CONVERT:
                paid -= MICROS * (leg.shares_per_set - MICROS)
    worst = min(
        sum(leg.shares_per_set * pays for leg, pays in zip(candidate.legs, state.payouts, strict=True))
        for state in _without_guards(candidate)
    )
    return worst > paid


def _without_guards(candidate: Candidate) -> list[TerminalState]:
    return [one for one in candidate.states if one.is_modelled and not one.guard]


def _refused_for_a_state(candidate: Candidate, takeables: Sequence[Takeable]) -> NotTradable | None:
    """A refusal when the legs would earn but for the guarded states; ``None`` when they would not even then."""
    free = Sizing(candidate, takeables, _without_guards(candidate))
    best = free.best()
    if not best:
        return None
    fills = free.fills(best)
    guarded = [one for one in candidate.states if one.is_modelled and one.guard]
    worst = min(guarded, key=lambda one: free.payout(one, fills))
    earned, lost = free.profit(best), free.net(fills) + free.payout(worst, fills)
    reason = (
        f"would earn ${earned / MICROS:,.2f} at {decimal_text(best)} sets, and {'loses' if lost < 0 else 'earns'} "
        f"${abs(lost) / MICROS:,.2f} in the state: {worst.name}"
    )
    return _refusal(candidate, worst.guard, reason)


def _refusal(candidate: Candidate, code: str, reason: str) -> NotTradable:
    ids = tuple(dict.fromkeys(leg.market_id for leg in candidate.legs))
    return NotTradable(code=code, reason=reason, kind=candidate.kind, market_ids=ids, legs=candidate.legs)
