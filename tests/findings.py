"""Findings of discovery for tests: a plain match and a plain opportunity, and what differs said by name."""

from __future__ import annotations

from typing import Any

from edgeworth.discovery.opportunity import (
    CapacityPoint,
    Certainty,
    Leg,
    LegAction,
    LegFill,
    Opportunity,
    OpportunityKind,
    StatePayoff,
    opportunity_key,
)
from edgeworth.discovery.ports import FoundMatch
from edgeworth.markets.relation import Clause, Finding, Quotation, Relation, TextField, Verdict
from edgeworth.markets.venue import Venue
from tests.builders import NOON

RAIN_A = "kalshi:RAIN-A"
RAIN_B = "polymarket:0xb"


def a_verdict(relation: Relation = Relation.EQUIVALENT, **changes: Any) -> Verdict:
    """Rain in Oslo on two venues; ``changes`` are its other fields."""
    same_day = Clause(
        name="window",
        finding=Finding.SAME,
        note="Both mean the same day.",
        a=(Quotation(field=TextField.QUESTION, start=21, end=31, text="2 November"),),
        b=(Quotation(field=TextField.RULES, start=0, end=5, text="Nov 2"),),
    )
    return Verdict(**({"relation": relation, "confidence": 0.97, "clauses": (same_day,)} | changes))


def a_match(market_a: str = RAIN_A, market_b: str = RAIN_B, **changes: Any) -> FoundMatch:
    """Two markets that are the same bet; ``changes`` are its other fields."""
    plain = {
        "market_a": market_a,
        "market_b": market_b,
        "verdict": a_verdict(),
        "space_id": "words-64",
        "similarity": 0.875,
        "lexical": 0.5,
        "price_a": 520_000,
        "price_b": None,
    }
    return FoundMatch(**(plain | changes))


def point(budget_usd: int, *, sets: int, cost: int, fees: int, profit: int, is_filled: bool = True) -> CapacityPoint:
    """What a budget in whole dollars gives; the other amounts in millionths. Each leg costs half."""
    fill = LegFill(average_price=480_000, worst_price=490_000, shares=sets, amount=(cost - fees) // 2, fees=fees // 2)
    return CapacityPoint(
        budget=budget_usd * 1_000_000,
        shares=sets,
        cost=cost,
        proceeds=0,
        fees=fees,
        profit=profit,
        fills=(fill, fill),
        is_filled=is_filled,
    )


def an_opportunity(market_a: str = RAIN_A, market_b: str = RAIN_B, **changes: Any) -> Opportunity:
    """Yes here and No there for 96 cents a set; ``changes`` are its other fields."""
    legs = tuple(
        Leg(venue=Venue(market_id.partition(":")[0]), market_id=market_id, outcome_index=index, action=LegAction.BUY)
        for index, market_id in enumerate((market_a, market_b))
    )
    best = point(96, sets=100_000_000, cost=97_000_000, fees=1_000_000, profit=3_000_000)
    plain = {
        "key": opportunity_key(OpportunityKind.PAIR, legs),
        "kind": OpportunityKind.PAIR,
        "certainty": Certainty.CONDITIONAL,
        "legs": legs,
        "states": (
            StatePayoff(name="it rains", payout=1_000_000, profit=3_000_000),
            StatePayoff(name="it stays dry", payout=1_000_000, profit=3_000_000),
            StatePayoff(name="one venue calls it off", payout=0, profit=-97_000_000, is_modelled=False),
        ),
        "worst_state": "it rains",
        "losing_states": ("one venue calls it off",),
        "capacity": (
            point(10, sets=10_000_000, cost=9_700_000, fees=100_000, profit=300_000),
            point(100, sets=100_000_000, cost=97_000_000, fees=1_000_000, profit=3_000_000),
            point(1_000, sets=100_000_000, cost=97_000_000, fees=1_000_000, profit=3_000_000, is_filled=False),
            point(10_000, sets=100_000_000, cost=97_000_000, fees=1_000_000, profit=3_000_000, is_filled=False),
        ),
        "best": best,
        "dies_at": 250_000_000,
        "is_dead_at_size": False,
        "days_locked": 31.5,
        "annualised_return": 0.358,
        "assumptions": ("Both venues pay on the same reading.",),
        "as_of": NOON,
        "relation": Relation.EQUIVALENT,
        "confidence": 0.97,
        "evidence": (f"{market_a}|{market_b}",),
    }
    return Opportunity(**(plain | changes))
