"""Findings of discovery for tests: a plain match and a plain opportunity, and what differs said by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from edgeworth.discovery.opportunity import (
    CapacityPoint,
    Certainty,
    Leg,
    LegAction,
    LegFill,
    NotTradable,
    Opportunity,
    OpportunityKind,
    StatePayoff,
    opportunity_key,
)
from edgeworth.discovery.ports import FoundMatch
from edgeworth.markets.relation import Clause, Finding, Quotation, Relation, TextField, Verdict
from edgeworth.markets.venue import Venue
from edgeworth.reports.discovery import BookUse, DiscoveryReport, MarketView, Stage
from tests.builders import NOON

RAIN_A = "kalshi:RAIN-A"
RAIN_B = "polymarket:0xb"
NASTY = '</td><script>alert("x")</script><img src=x onerror=alert(1)> {{ 7*7 }} \u202e'


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


def a_view(market_id: str = RAIN_A, **changes: object) -> MarketView:
    """What a page shows of a market; ``changes`` are its other fields."""
    plain = {
        "market_id": market_id,
        "venue": Venue(market_id.partition(":")[0]),
        "question": "Will it rain in Oslo on 2 November?",
        "rules": "Nov 2 counts from midnight to midnight, local time.",
        "outcomes": ("Yes", "No"),
        "event": "Oslo weather",
        "closes_at": datetime(2026, 11, 3, tzinfo=UTC),
        "price": 520_000,
    }
    return MarketView(**(plain | changes))  # type: ignore[arg-type]


def a_report(**changes: object) -> DiscoveryReport:
    """A run that compared two markets; ``changes`` are its other fields."""
    plain = {
        "run_id": "r1",
        "started_at": NOON,
        "finished_at": NOON,
        "markets": 2,
        "events": 1,
        "stages": [Stage(name="decide", did="1 pair compared", seconds=0.25)],
        "relations": {"equivalent": 1, "unrelated": 7},
        "matches": [a_match()],
        "opportunities": [an_opportunity()],
        "considered": 5,
        "unprofitable": 3,
        "refused": {"unknown_fee": 1},
        "not_tradable": [NotTradable(code="unknown_fee", reason="no fee is known", kind=None, market_ids=(RAIN_A,))],
        "views": {RAIN_A: a_view(RAIN_A), RAIN_B: a_view(RAIN_B)},
        "books": [BookUse(venue="kalshi", fresh=2, oldest_at=NOON, newest_at=NOON)],
    }
    return DiscoveryReport(**(plain | changes))  # type: ignore[arg-type]
