"""Opportunities between two markets and in baskets, worked by hand, and the verdicts that they rest on."""

from __future__ import annotations

import pytest

from edgeworth.discovery.opportunities.snapshot import LadderKind
from edgeworth.discovery.opportunity import (
    Certainty,
    Findings,
    OpportunityGates,
    OpportunityKind,
)
from edgeworth.markets.relation import Relation
from tests.worked_opportunities import (
    FOUR_PERCENT,
    KALSHI_FEE,
    THIRDS,
    a_book,
    a_free,
    a_set,
    at_kalshi,
    bound,
    codes,
    only,
    search,
    usd,
)

# --- two markets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ladder", "kind"),
    [
        (LadderKind.THRESHOLD, OpportunityKind.THRESHOLD_LADDER),
        (LadderKind.DATE, OpportunityKind.DATE_LADDER),
        (None, OpportunityKind.IMPLIED_PAIR),
    ],
)
def test_a_rung_that_is_harder_to_reach_is_dearer(ladder: LadderKind | None, kind: OpportunityKind) -> None:
    """Above 60 implies above 50. Yes of 50 at 0.40 and No of 60 at 0.50 pay a dollar at least, two in between."""
    high, low = a_free("60"), a_free("50")
    edge = bound(high, Relation.A_IMPLIES_B, low, ladder=ladder, evidence_id="e1")
    found = search([high, low], [a_book(high, [], [(0.50, 30)]), a_book(low, [(0.40, 20)])], edges=[edge])
    one = only(found, kind)
    assert {(leg.market_id, leg.outcome_index) for leg in one.legs} == {(high.market_id, 1), (low.market_id, 0)}
    assert (one.best_profit, one.evidence, one.confidence) == (usd(2), ("e1",), 1.0)
    assert sorted(state.payout for state in one.states if state.is_modelled) == [usd(1), usd(1), usd(1), usd(2)]


def test_a_ladder_in_order_earns_nothing() -> None:
    high, low = a_free("60"), a_free("50")
    edge = bound(high, Relation.A_IMPLIES_B, low, ladder=LadderKind.THRESHOLD)
    books = [a_book(high, [(0.41, 9)], [(0.40, 30)]), a_book(low, [(0.52, 20)], [(0.50, 9)])]
    assert search([high, low], books, edges=[edge]).opportunities == ()


def test_twins_on_two_exchanges_with_fees_on_both_legs_and_whole_contracts() -> None:
    """Yes at Polymarket at 0.40 (100.5 shares), No at Kalshi at 0.50 (200). Contracts are whole, so 100 sets: cost 90;
    fees 100 * 0.04 * 0.24 = 0.96 and 0.07 * 100 * 0.25 = 1.75; left of 100: 7.29."""
    here, there = a_free("A", fee_terms=FOUR_PERCENT), at_kalshi("A", fee_terms=KALSHI_FEE)
    books = [a_book(here, [(0.40, 100.5)]), a_book(there, [], [(0.50, 200)])]
    edge = bound(here, Relation.EQUIVALENT, there, 0.97, evidence_id="m1")
    found = search([here, there], books, edges=[edge])
    one = only(found, OpportunityKind.PAIR)
    assert (one.best.shares, one.best.cost, one.best.fees) == (usd(100), usd(90), usd(2.71))
    assert one.best_profit == usd(7.29)
    assert (one.relation, one.confidence, one.evidence) == (Relation.EQUIVALENT, pytest.approx(0.97), ("m1",))


def test_one_exchange_that_calls_it_off_alone_is_a_declared_state_that_loses() -> None:
    """The Polymarket leg pays 0.50 and the Kalshi leg may pay nothing: 50 of the 90 spent. If Kalshi gives 50 back and
    Polymarket pays 0.50 a share, 100 come back. Neither counts in the worst state, both are shown."""
    here, there = a_free("A"), at_kalshi("A")
    books = [a_book(here, [(0.40, 100)]), a_book(there, [], [(0.50, 100)])]
    one = only(search([here, there], books, edges=[bound(here, Relation.EQUIVALENT, there)]), OpportunityKind.PAIR)
    declared = {state.name: state.profit for state in one.states if not state.is_modelled}
    assert declared == {
        "only “Will A win?” is called off": usd(-40),
        "only “A wins?” is called off": usd(-40),
        "called off, and Kalshi gives back prices but not fees": usd(10),
    }
    assert one.certainty is Certainty.CONDITIONAL
    assert "only “A wins?” is called off" in one.losing_states
    assert one.worst_state in {"all come true", "none comes true", "called off: every share pays 0.50"}


def test_an_inverse_twin_is_bought_on_the_same_side() -> None:
    here, there = a_free("A"), at_kalshi("notA")
    books = [a_book(here, [(0.40, 10)]), a_book(there, [(0.50, 10)])]
    one = only(search([here, there], books, edges=[bound(here, Relation.INVERSE, there)]), OpportunityKind.INVERSE_PAIR)
    assert [leg.outcome_index for leg in one.legs] == [0, 0]
    assert one.best_profit == usd(1)


def test_two_that_exclude_each_other_are_denied_both() -> None:
    a, b = a_free("A"), a_free("B")
    books = [a_book(a, [], [(0.60, 10)]), a_book(b, [], [(0.55, 10)])]
    one = only(search([a, b], books, edges=[bound(a, Relation.EXCLUSIVE, b)]), OpportunityKind.EXCLUSIVE_PAIR)
    assert (one.best_profit, [leg.outcome_index for leg in one.legs]) == (usd(1.5), [1, 1])


@pytest.mark.parametrize("relation", [Relation.RELATED, Relation.UNRELATED, Relation.UNDETERMINED])
def test_nothing_follows_from_a_loose_relation(relation: Relation) -> None:
    a, b = a_free("A"), a_free("B")
    books = [a_book(a, [(0.10, 10)], [(0.05, 10)]), a_book(b, [(0.95, 10)], [(0.90, 10)])]
    assert search([a, b], books, edges=[bound(a, relation, b)]).opportunities == ()


def test_what_follows_over_two_verdicts_counts_with_their_doubts_added() -> None:
    """A implies B, B is the same as C: A at 0.60 against C at 0.30. The doubts of 0.03 and 0.04 make 0.93."""
    a, b, c = a_free("A"), a_free("B"), at_kalshi("B")
    books = [a_book(a, [], [(0.60, 10)]), a_book(b, [(0.7, 5)], [(0.6, 5)]), a_book(c, [(0.30, 10)])]
    edges = [bound(a, Relation.A_IMPLIES_B, b, 0.97), bound(b, Relation.EQUIVALENT, c, 0.96)]
    found = search([a, b, c], books, edges=edges)
    one = only(found, OpportunityKind.IMPLIED_PAIR)
    assert (one.best_profit, one.confidence) == (usd(3), pytest.approx(0.93))
    stricter = search([a, b, c], books, edges=edges, gates=OpportunityGates(min_confidence=0.95))
    assert OpportunityKind.IMPLIED_PAIR not in {one.kind for one in stricter.opportunities}


def test_a_doubtful_verdict_is_not_relied_on_and_said_so() -> None:
    here, there = a_free("A"), at_kalshi("A")
    books = [a_book(here, [(0.40, 100)]), a_book(there, [], [(0.50, 100)])]
    found = search([here, there], books, edges=[bound(here, Relation.EQUIVALENT, there, 0.6)])
    assert found.opportunities == ()
    assert codes(found) == ["low_confidence"]


def test_relations_that_contradict_one_another_are_all_dropped() -> None:
    here, there = a_free("A"), at_kalshi("A")
    books = [a_book(here, [(0.40, 100)]), a_book(there, [], [(0.50, 100)])]
    edges = [bound(here, Relation.EQUIVALENT, there), bound(here, Relation.INVERSE, there)]
    found = search([here, there], books, edges=edges)
    assert (found.opportunities, codes(found)) == ((), ["contradictory_relations"])


def test_a_verdict_on_a_market_that_is_not_here_is_refused() -> None:
    here, there = a_free("A"), at_kalshi("A")
    found = search([here], [], edges=[bound(here, Relation.EQUIVALENT, there)])
    assert "unknown_market" in codes(found)


# --- baskets ----------------------------------------------------------------------------------------------------------


def test_a_complete_set_is_bought_where_each_outcome_is_cheapest() -> None:
    """Neither exchange sells the set below a dollar, and no twin is cheap enough for a pair; A and C here and B there cost
    0.90, 30 times."""
    here, event = a_set("ABC")
    there = [at_kalshi(name) for name in "ABC"]
    books = [
        a_book(market, [(price, 30)])
        for market, price in zip([*here, *there], [0.30, 0.45, 0.30, 0.45, 0.30, 0.45], strict=True)
    ]
    edges = [bound(*pair) for pair in zip(here, [Relation.EQUIVALENT] * 3, there, strict=True)]
    found = search([*here, *there], books, event=event, edges=edges)
    one = only(found, OpportunityKind.BASKET)
    assert {(leg.market_id, leg.outcome_index) for leg in one.legs} == {
        (here[0].market_id, 0), (there[1].market_id, 0), (here[2].market_id, 0),
    }  # fmt: skip
    assert (one.best.shares, one.best_profit) == (usd(30), usd(3))
    assert len(found.opportunities) == 1


def cheapest_of_both(confidence: float) -> Findings:
    """As above; the twins of A and C are not needed, that of B is."""
    here, event = a_set("ABC")
    there = [at_kalshi(name) for name in "ABC"]
    books = [
        a_book(market, [(price, 30)])
        for market, price in zip([*here, *there], [0.30, 0.45, 0.30, 0.45, 0.30, 0.45], strict=True)
    ]
    doubts = [0.81, confidence, 0.81]
    edges = [bound(a, Relation.EQUIVALENT, b, doubt) for a, b, doubt in zip(here, there, doubts, strict=True)]
    return search([*here, *there], books, event=event, edges=edges)


def test_a_basket_answers_only_for_the_verdicts_that_it_needs() -> None:
    one = only(cheapest_of_both(0.9), OpportunityKind.BASKET)
    assert one.confidence == pytest.approx(0.9)
    assert "polymarket:0xB, kalshi:KX-B" in one.assumptions[0]
    assert "KX-A" not in one.assumptions[0]


def test_a_basket_on_doubts_that_add_up_is_refused() -> None:
    """Two needed twins at 0.88 are both right with 0.76 at least, and 0.80 is asked for."""
    here, event = a_set("ABC")
    there = [at_kalshi(name) for name in "ABC"]
    books = [
        a_book(market, [(price, 30)])
        for market, price in zip([*here, *there], [0.30, 0.45, 0.45, 0.45, 0.30, 0.30], strict=True)
    ]
    edges = [bound(a, Relation.EQUIVALENT, b, 0.88) for a, b in zip(here, there, strict=True)]
    found = search([*here, *there], books, event=event, edges=edges)
    assert found.opportunities == ()
    [refused] = found.not_tradable
    assert (refused.code, refused.kind, len(refused.legs)) == ("low_confidence", OpportunityKind.BASKET, 3)
    assert "0.76" in refused.reason


def test_a_basket_that_earns_no_more_than_a_simple_shape_is_not_shown_again() -> None:
    markets, event = a_set("ABC")
    found = search(markets, [a_book(*each) for each in zip(markets, THIRDS, strict=True)], event=event)
    assert [one.kind for one in found.opportunities] == [OpportunityKind.SET_BUY_YES]
