"""The chooser takes the most independent evidence there is, and says why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeworth.markets.relation import Relation
from edgeworth.simulation.builtin import BuiltinModel, choose
from edgeworth.simulation.context import KnownEvent, KnownOutcome, MatchedMarket, Sibling
from tests.contexts import AS_OF, above, changed, context, hourly, quote, spot

MONTH = AS_OF + timedelta(days=30)


def sibling(days: float = 30, price: float | None = 0.3) -> Sibling:
    return Sibling(
        market_id=f"s{days}",
        question="",
        label="",
        observed_at=AS_OF,
        closes_at=AS_OF + timedelta(days=days),
        price=price,
    )


def event(*siblings: Sibling, is_exclusive: bool = True, is_complete: bool = True) -> KnownEvent:
    return KnownEvent(title="", is_exclusive=is_exclusive, is_complete=is_complete, siblings=siblings)


def match(relation: Relation, confidence: float = 0.95, price: float | None = 0.4) -> MatchedMarket:
    return MatchedMarket(
        market_id="m", question="", relation=relation, confidence=confidence, observed_at=AS_OF, price=price
    )


EVERYTHING = context(
    closes_at=MONTH,
    quote=quote(0.4, 0.42),
    history=hourly([0.4] * 20),
    spot=spot(range(50)),
    claim=above(60),
    matched=(match(Relation.EQUIVALENT),),
    event=event(sibling()),
    is_by_date=True,
)


def test_from_the_most_independent_evidence_to_the_least():
    """Each model in turn, as the evidence for the one before is taken away."""
    given, seen = EVERYTHING, []
    for taken in (
        {"spot": None},
        {"matched": ()},
        {"event": event(sibling(60), is_exclusive=False)},
        {"event": None},
        {"quote": None, "history": None},
    ):
        seen.append(choose(given).model)
        given = changed(given, **taken)
    seen.append(choose(given).model)
    assert seen == [
        BuiltinModel.PRICE_THRESHOLD,
        BuiltinModel.BOUNDS,
        BuiltinModel.EXCLUSIVE,
        BuiltinModel.HAZARD,
        BuiltinModel.BELIEF_WALK,
        None,
    ]


@pytest.mark.parametrize(
    ("given", "why", "is_fallback"),
    [
        (EVERYTHING, "asks whether Coin is above 60 at the close, and 50 past values of it are known", False),
        (changed(EVERYTHING, spot=None), "1 market elsewhere with a price is about the same bet", False),
        (
            changed(EVERYTHING, spot=None, matched=(match(Relation.A_IMPLIES_B),)),
            "1 market elsewhere with a price must stand above or below this one",
            False,
        ),
        (
            changed(EVERYTHING, spot=None, matched=()),
            "exactly one of 2 priced markets of the event comes true",
            False,
        ),
        (
            changed(EVERYTHING, spot=None, matched=(), event=event(sibling(), sibling(31, None))),
            "at most one of 2 priced markets of the event comes true",
            False,
        ),
        (
            changed(EVERYTHING, spot=None, matched=(), event=event(sibling(60), sibling(90), is_exclusive=False)),
            "asks whether something happens by a date, and 2 other dates of it have a price",
            False,
        ),
        (context(quote=quote(0.4, 0.42)), "nothing but its own price to go by, with 0 past prices", True),
        (context(), "no price, no related market and no past of a quantity to go by", True),
        (
            context(outcomes=tuple(KnownOutcome(label=label) for label in "abc")),
            "the built-in models know markets of two outcomes; this one has 3",
            True,
        ),
    ],
)
def test_it_says_why(given, why, is_fallback):
    found = choose(given)
    assert (found.why, found.is_fallback) == (why, is_fallback)


@pytest.mark.parametrize(
    "poorer",
    [
        {"spot": spot(range(10))},
        {"claim": None},
        {"closes_at": AS_OF - timedelta(hours=1)},
    ],
)
def test_a_past_too_short_or_a_level_not_read_is_no_ground_for_a_level_model(poorer):
    assert choose(changed(EVERYTHING, **poorer)).model is not BuiltinModel.PRICE_THRESHOLD


@pytest.mark.parametrize(
    "matched",
    [match(Relation.EQUIVALENT, confidence=0.5), match(Relation.EQUIVALENT, price=None), match(Relation.RELATED)],
)
def test_what_is_unsure_unpriced_or_merely_related_is_not_built_upon(matched):
    assert choose(changed(EVERYTHING, spot=None, matched=(matched,))).model is BuiltinModel.EXCLUSIVE


def test_the_same_date_is_no_other_date():
    given = changed(EVERYTHING, spot=None, matched=(), event=event(sibling(30), is_exclusive=False))
    assert choose(given).model is BuiltinModel.BELIEF_WALK
