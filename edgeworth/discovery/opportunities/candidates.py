"""A candidate: legs, and what each pays in every way to end. Prices and sizes are not known here yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from edgeworth.discovery.opportunities.snapshot import RelationEdge
from edgeworth.discovery.opportunity import Leg, LegAction, NotTradable, OpportunityKind
from edgeworth.markets.market import Market
from edgeworth.markets.relation import Relation
from edgeworth.units import MICROS, ShareMicros

HALF: Final = MICROS // 2
"""What every share of a market pays that is called off."""

CALLED_OFF: Final = "called off: every share pays 0.50"
_LONGEST_NAME: Final = 70
_SHOWN_EDGES: Final = 6


class TerminalState(Struct, frozen=True, kw_only=True):
    """One way to end.

    Attributes:
        payouts: Of one share of each leg, in millionths of a dollar, in the order of the legs; 0 for what is sold.
        is_modelled: Counts in the worst state; else only declared.
        guard: When it is this state alone that makes the legs lose, the code under which they are refused.
        refunds: The legs of which the price paid comes back instead of a payout.
    """

    name: str
    payouts: tuple[int, ...]
    is_modelled: bool = True
    guard: str = ""
    refunds: frozenset[int] = frozenset()


class Candidate(Struct, frozen=True, kw_only=True):
    """Legs that may be an opportunity, depending on prices.

    Attributes:
        markets: Of each leg, in the order of the legs.
        is_settled_at_once: Nothing is held to the end.
        relation: Between the markets of a pair. edges: Verdicts it relies on.
        confidence: That all of them are right; ``None`` when it relies on none.
    """

    kind: OpportunityKind
    legs: tuple[Leg, ...]
    markets: tuple[Market, ...]
    states: tuple[TerminalState, ...]
    assumptions: tuple[str, ...] = ()
    is_settled_at_once: bool = False
    relation: Relation | None = None
    edges: tuple[RelationEdge, ...] = ()
    confidence: float | None = None


Considered = tuple[Candidate, ...] | NotTradable
"""Variants of one idea, of which the best is taken; or why there is none."""


def leg(market: Market, outcome: int, action: LegAction = LegAction.BUY, *, shares: int = MICROS) -> Leg:
    """A leg of ``shares`` a set in ``market``."""
    return Leg(
        venue=market.venue, market_id=market.market_id, outcome_index=outcome, action=action,
        shares_per_set=ShareMicros(shares),
    )  # fmt: skip


def proposition(market: Market) -> str:
    """The claim of outcome 0 in a line short enough for a table, quoted."""
    label = market.outcomes[0].label
    text = market.question if label.casefold() == "yes" else f"{market.question}: {label}"
    text = re.sub(r"\s+", " ", text).strip()
    return f"“{text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + '…'}”"


def state_name(markets: Sequence[Market], truths: Sequence[bool]) -> str:
    """``"Rain" comes true, "Snow" does not``, or a count where there are many."""
    true = [proposition(market) for market, truth in zip(markets, truths, strict=True) if truth]
    if not true:
        return "none comes true" if len(markets) > 1 else f"{proposition(markets[0])} does not come true"
    if len(true) == len(markets) > 1:
        return "all come true"
    shown = ", ".join(true[:2])
    if len(true) > 2:
        shown += f" and {len(true) - 2} more"
    return f"{shown} {'comes' if len(true) == 1 else 'come'} true"


def called_off(count: int, *, guard: str = "") -> TerminalState:
    """All markets of the legs are called off together."""
    return TerminalState(name=CALLED_OFF, payouts=(HALF,) * count, guard=guard)


def reliance(edges: Sequence[RelationEdge]) -> str:
    """The verdicts that an opportunity stands on, in a sentence."""
    shown = [
        f"{edge.relation.value} ({edge.market_a}, {edge.market_b}) with confidence {edge.confidence:.2f}"
        for edge in edges[:_SHOWN_EDGES]
    ]
    if len(edges) > _SHOWN_EDGES:
        shown.append(f"and {len(edges) - _SHOWN_EDGES} more")
    return f"Relies on what the texts say of the markets: {'; '.join(shown)}."
