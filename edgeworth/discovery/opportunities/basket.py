"""Baskets: the purchases over all books of a component that earn most in its worst state, by a linear program.

Variables are shares bought at each price level of each outcome, and the profit of the worst state; for every state s

    sum of shares * (payout in s - price - fee a share)  >=  worst

and ``worst`` is made as large as it goes. A sale needs no variable of its own: selling Yes takes the bids that offer
No. The program only proposes legs and their ratio. Its fees are without rounding; what counts is the exact walk
afterwards, like that of every other candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.optimize import linprog  # type: ignore[import-untyped]
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from edgeworth.discovery.opportunities.candidates import (
    HALF,
    Candidate,
    Considered,
    TerminalState,
    called_off,
    leg,
    reliance,
    state_name,
)
from edgeworth.discovery.opportunities.components import Component
from edgeworth.discovery.opportunities.logic import endings
from edgeworth.discovery.opportunities.needed import needed_edges
from edgeworth.discovery.opportunities.orders import Books, trading_day
from edgeworth.discovery.opportunities.snapshot import RelationEdge
from edgeworth.discovery.opportunity import Leg, NotTradable, OpportunityKind
from edgeworth.errors import UnknownFeeError
from edgeworth.markets.fees import taker_fee
from edgeworth.markets.market import Market
from edgeworth.units import MICROS, PriceMicros, ShareMicros

MOST_STATES: Final = 2_000
MOST_LEVELS: Final = 40
"""Price levels of one outcome that the program sees."""

_LARGE: Final = ShareMicros(1_000_000 * MICROS)
_DUST: Final = 1e-3
_VOID: Final = "When one of the markets is called off all are, and every share pays 0.50."


class _Column(Struct, frozen=True):
    """Shares at one price level. ``cost`` in dollars with fee, ``size`` in shares."""

    market: int
    outcome: int
    cost: float
    size: float


def basket_candidates(component: Component, books: Books, as_of: datetime) -> tuple[Considered, ...]:
    """The best basket of three legs or more of ``component``, if the program finds one."""
    if sum(component.trades) < 3:
        return ()
    states = endings(len(component.markets), component.reach, component.complete_sets, limit=MOST_STATES)
    if states is None:
        return (_too_many(component),)
    columns = _columns(component, books, as_of)
    if not columns or not states:
        return ()
    bought = _solve(columns, _payouts(columns, states))
    ratio = _ratio(columns, bought)
    if len(ratio) < 3:
        return ()
    return ((_candidate(component, ratio, states),),)


def _too_many(component: Component) -> NotTradable:
    return NotTradable(
        code="too_many_states", kind=OpportunityKind.BASKET,
        reason=f"{len(component.markets)} markets can end in more than {MOST_STATES} ways: no basket was looked for",
        market_ids=tuple(market.market_id for market in component.markets),
    )  # fmt: skip


def _columns(component: Component, books: Books, as_of: datetime) -> list[_Column]:
    columns: list[_Column] = []
    for number, market in enumerate(component.markets):
        if not component.trades[number]:
            continue
        for outcome in (0, 1):
            columns += _columns_of(market, number, outcome, books, as_of)
    return columns


def _columns_of(market: Market, number: int, outcome: int, books: Books, as_of: datetime) -> list[_Column]:
    """Nothing where the book is missing or the fee unknown: the other shapes have refused it already."""
    levels = (books.levels(leg(market, outcome)) or ())[:MOST_LEVELS]
    try:
        fees = [_fee_a_share(market, level.price, as_of) for level in levels]
    except UnknownFeeError:
        return []
    return [
        _Column(number, outcome, level.price / MICROS + fee, level.size / MICROS)
        for level, fee in zip(levels, fees, strict=True)
    ]


def _fee_a_share(market: Market, price: PriceMicros, as_of: datetime) -> float:
    """In dollars, of a trade so large that rounding does not matter."""
    return taker_fee(market.venue, market.fee_terms, price, _LARGE, trading_day(market.venue, as_of)) / _LARGE


def _payouts(columns: Sequence[_Column], states: Sequence[tuple[bool, ...]]) -> NDArray[np.float64]:
    """Dollars that one share of each column pays, states by columns; the last state is called off."""
    truths = np.array(states, dtype=bool)
    markets = np.array([column.market for column in columns])
    is_first = np.array([column.outcome == 0 for column in columns])
    pays = np.where(is_first[None, :], truths[:, markets], ~truths[:, markets]).astype(np.float64)
    return np.vstack([pays, np.full((1, len(columns)), HALF / MICROS)])


def _solve(columns: Sequence[_Column], pays: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of each column; all zero when nothing earns in every state."""
    costs = np.array([column.cost for column in columns])
    count = len(columns)
    rows = csr_matrix(np.hstack([costs[None, :] - pays, np.ones((len(pays), 1))]))
    bounds = [(0.0, column.size) for column in columns] + [(0.0, None)]
    objective = np.zeros(count + 1)
    objective[-1] = -1.0
    # Buying nothing is feasible and the sizes are bounded, so there always is an optimum.
    solved = linprog(objective, A_ub=rows, b_ub=np.zeros(len(pays)), bounds=bounds, method="highs")
    if solved.x is None or solved.x[-1] < _DUST:
        return np.zeros(count)
    return np.asarray(solved.x[:count], dtype=np.float64)


def _ratio(columns: Sequence[_Column], bought: NDArray[np.float64]) -> dict[tuple[int, int], int]:
    """Shares of each leg for one set, in millionths; a set holds one share of its largest leg."""
    totals: dict[tuple[int, int], float] = {}
    for column, shares in zip(columns, bought.tolist(), strict=True):
        totals[column.market, column.outcome] = totals.get((column.market, column.outcome), 0.0) + shares
    largest = max(totals.values())
    if largest <= 0.0:
        return {}
    ratio = {key: round(total / largest * MICROS) for key, total in totals.items()}
    return {key: shares for key, shares in ratio.items() if shares > MICROS // 1_000}


def _candidate(
    component: Component, ratio: dict[tuple[int, int], int], states: Sequence[tuple[bool, ...]]
) -> Candidate:
    legs: tuple[Leg, ...] = tuple(
        leg(component.markets[number], outcome, shares=shares) for (number, outcome), shares in ratio.items()
    )
    numbers = [number for number, _ in ratio]
    used = sorted(set(numbers))
    ends = sorted({tuple(state[number] for number in used) for state in states}, reverse=True)
    place = {number: at for at, number in enumerate(used)}
    markets = [component.markets[number] for number in used]
    terminal = [
        TerminalState(
            name=state_name(markets, end),
            payouts=tuple(MICROS * (end[place[number]] == (outcome == 0)) for number, outcome in ratio),
        )
        for end in ends
    ]
    edges = needed_edges(component, ratio)
    doubt = sum(1.0 - edge.confidence for edge in edges)
    return Candidate(
        kind=OpportunityKind.BASKET, legs=legs, markets=tuple(component.markets[number] for number in numbers),
        states=(*terminal, called_off(len(legs))), edges=edges,
        confidence=max(0.0, 1.0 - doubt) if edges else None, assumptions=(*_reliance(component, edges), _VOID),
    )  # fmt: skip


def _reliance(component: Component, edges: Sequence[RelationEdge]) -> tuple[str, ...]:
    words = []
    if edges:
        words.append(reliance(edges))
    if component.complete_sets:
        words.append("Exactly one market of each complete negRisk set comes true.")
    return tuple(words)
