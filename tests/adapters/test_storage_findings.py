"""Matches and opportunities on both databases: since when they are known, and what is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from edgeworth.adapters.storage.database import SqlMatches, SqlOpportunities
from edgeworth.adapters.storage.schema import match, opportunity
from edgeworth.discovery.opportunity import Opportunity
from edgeworth.discovery.ports import SavedCounts
from edgeworth.errors import DataError
from edgeworth.markets.relation import Clause, Finding, Relation
from tests.builders import NOON
from tests.findings import RAIN_A, RAIN_B, a_match, a_verdict, an_opportunity

LATER = NOON + timedelta(hours=1)
LATEST = NOON + timedelta(hours=2)


@pytest.fixture
def matches(engine) -> SqlMatches:
    return SqlMatches(engine)


@pytest.fixture
def opportunities(engine) -> SqlOpportunities:
    return SqlOpportunities(engine)


def save(store, *found, examined=None, run_id="run", at=NOON) -> SavedCounts:
    return store.save(found, examined=examined, run_id=run_id, at=at)


def rows(engine, table) -> list[dict]:
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]


# --- matches ----------------------------------------------------------------------------------------------------------


def test_matches_of_several_markets_are_asked_for_at_once(matches):
    save(matches, a_match("kalshi:a", "kalshi:b"), a_match("kalshi:b", "kalshi:c"), a_match("kalshi:c", "kalshi:d"))
    found = matches.list_matches(market_ids=["kalshi:a", "kalshi:d", "kalshi:nowhere"])
    assert sorted((one.match.market_a, one.match.market_b) for one in found) == [
        ("kalshi:a", "kalshi:b"),
        ("kalshi:c", "kalshi:d"),
    ]
    assert matches.list_matches(market_ids=[]) == []


def test_a_match_comes_back_as_it_was_given(matches):
    assert save(matches, a_match()) == SavedCounts(created=1)
    (stored,) = matches.list_matches()
    assert stored.match == a_match()
    assert (stored.first_seen_at, stored.decided_at, stored.last_seen_at) == (NOON, NOON, NOON)
    assert (stored.gone_at, stored.run_id) == (None, "run")


def test_text_that_no_database_likes_comes_back_with_nul_replaced(matches):
    hostile = a_verdict(reader="x\x00y", clauses=(Clause(name="\x00", finding=Finding.SAME),))
    save(matches, a_match("kalshi:'; DROP TABLE match;--", "polymarket:\x00€", verdict=hostile))
    (stored,) = matches.list_matches()
    assert (stored.match.market_a, stored.match.market_b) == ("kalshi:'; DROP TABLE match;--", "polymarket:\ufffd€")
    assert (stored.match.verdict.reader, stored.match.verdict.clauses[0].name) == ("x\ufffdy", "\ufffd")


def test_the_same_verdict_again_only_moves_the_last_sighting(matches, engine):
    save(matches, a_match())
    (before,) = rows(engine, match)
    assert save(matches, a_match(price_a=999_999, similarity=0.1), at=LATER, run_id="next") == SavedCounts(unchanged=1)
    (after,) = rows(engine, match)
    assert after == before | {"last_seen_at": LATER, "run_id": "next"}


def test_another_verdict_replaces_the_old_one_and_its_evidence(matches):
    save(matches, a_match())
    changed = a_match(verdict=a_verdict(Relation.RELATED, confidence=0.5), price_a=100_000, similarity=0.25)
    assert save(matches, changed, at=LATER) == SavedCounts(changed=1)
    (stored,) = matches.list_matches()
    assert stored.match == changed
    assert (stored.first_seen_at, stored.decided_at, stored.last_seen_at) == (NOON, LATER, LATER)


def test_what_is_not_found_again_is_gone_and_comes_back_with_its_first_sighting(matches):
    save(matches, a_match())
    assert save(matches, at=LATER) == SavedCounts(gone=1)
    assert matches.list_matches() == []
    (gone,) = matches.list_matches(with_gone=True)
    assert (gone.gone_at, gone.last_seen_at) == (LATER, NOON)
    assert save(matches, at=LATEST) == SavedCounts(), "gone once, not again with every run"
    assert matches.list_matches(with_gone=True)[0].gone_at == LATER
    assert save(matches, a_match(), at=LATEST) == SavedCounts(unchanged=1, returned=1)
    (back,) = matches.list_matches()
    assert (back.first_seen_at, back.last_seen_at, back.gone_at) == (NOON, LATEST, None)


def test_only_a_pair_of_two_examined_markets_can_be_missed(matches):
    save(matches, a_match("kalshi:A", "kalshi:B"), a_match("kalshi:B", "kalshi:C"))
    assert save(matches, examined=["kalshi:A", "kalshi:C"], at=LATER) == SavedCounts()
    assert save(matches, examined=["kalshi:A", "kalshi:B"], at=LATER) == SavedCounts(gone=1)
    assert [(one.match.market_a, one.match.market_b) for one in matches.list_matches()] == [("kalshi:B", "kalshi:C")]


def test_a_neighbour_that_was_not_examined_itself_is_known_again(matches):
    save(matches, a_match("kalshi:A", "kalshi:B"))
    assert save(matches, a_match("kalshi:A", "kalshi:B"), examined=["kalshi:A"], at=LATER) == SavedCounts(unchanged=1)


def test_matches_are_found_by_market_and_relation_those_of_consequence_first_then_the_surest(matches):
    save(
        matches,
        a_match("kalshi:C", "kalshi:D", verdict=a_verdict(Relation.RELATED, confidence=0.99)),
        a_match("kalshi:C", "kalshi:E", verdict=a_verdict(Relation.B_IMPLIES_A, confidence=0.1)),
        a_match("kalshi:A", "kalshi:B", verdict=a_verdict(confidence=0.5)),
        a_match("kalshi:A", "kalshi:C", verdict=a_verdict(Relation.INVERSE, confidence=0.9)),
        a_match("kalshi:B", "kalshi:C", verdict=a_verdict(confidence=0.7)),
    )

    def found(**filters) -> list[str]:
        return [one.match.market_a[-1] + one.match.market_b[-1] for one in matches.list_matches(**filters)]

    assert found() == ["AC", "BC", "AB", "CE", "CD"]
    assert found(limit=1) == ["AC"]
    assert found(market_id="kalshi:B") == ["BC", "AB"]
    assert found(relations=[Relation.INVERSE]) == ["AC"]
    assert found(relations=[]) == []


def test_matches_and_opportunities_of_one_run_are_those_that_it_saw_last(matches, opportunities):
    for store, one, other in (
        (matches, a_match(), a_match("kalshi:A")),
        (opportunities, an_opportunity(), an_opportunity("kalshi:A")),
    ):
        save(store, one, other, run_id="first")
        save(store, other, examined=[], run_id="second")
    assert [found.match for found in matches.list_matches(run_id="second")] == [a_match("kalshi:A")]
    assert [found.match for found in matches.list_matches(run_id="first")] == [a_match()]
    assert [found.opportunity for found in opportunities.list_opportunities(run_id="first")] == [an_opportunity()]
    assert opportunities.list_opportunities(run_id="third", limit=None) == []


def test_a_match_of_an_invented_market_says_so(matches, engine):
    save(matches, a_match(), a_match("kalshi:A", "synthetic-kalshi:A"))
    assert {row["market_b"]: row["is_synthetic"] for row in rows(engine, match)} == {
        RAIN_B: False,
        "synthetic-kalshi:A": True,
    }


@pytest.mark.parametrize("pair", [("kalshi:B", "kalshi:A"), ("kalshi:A", "kalshi:A")])
def test_a_pair_in_the_wrong_order_is_refused(matches, pair):
    with pytest.raises(DataError, match="the smaller id first"):
        save(matches, a_match(*pair))


def test_a_pair_that_stands_twice_is_refused_and_nothing_is_stored(matches):
    with pytest.raises(DataError, match="1 of 3 repeated"):
        save(matches, a_match(), a_match("kalshi:A", "kalshi:B"), a_match())
    assert matches.list_matches() == []


def test_thousands_of_pairs_are_seen_again_and_missed_at_once(matches):
    many = [a_match("kalshi:A", f"kalshi:B{number:05d}") for number in range(20_000)]
    assert save(matches, *many).created == 20_000
    assert save(matches, *many[:15_000], at=LATER) == SavedCounts(unchanged=15_000, gone=5_000)


# --- opportunities ----------------------------------------------------------------------------------------------------


def test_an_opportunity_comes_back_as_it_was_given(opportunities):
    assert save(opportunities, an_opportunity()) == SavedCounts(created=1)
    (stored,) = opportunities.list_opportunities()
    assert stored.opportunity == an_opportunity()
    assert (stored.first_seen_at, stored.last_seen_at, stored.gone_at, stored.run_id) == (NOON, NOON, None, "run")


def test_its_columns_say_what_can_be_asked_for_in_sql(opportunities, engine):
    save(opportunities, an_opportunity())
    (row,) = rows(engine, opportunity)
    assert (row["kind"], row["certainty"], row["market_ids"]) == ("pair", "conditional", [RAIN_A, RAIN_B])
    assert (row["best_profit_micros"], row["best_cost_micros"], row["dies_at_micros"]) == (
        3_000_000,
        97_000_000,
        250_000_000,
    )
    assert (row["is_dead_at_size"], row["passes_gates"], row["is_synthetic"]) == (False, True, False)
    assert (row["days_locked"], row["annualised_return"], row["as_of"]) == (31.5, 0.358, NOON)


def test_the_same_opportunity_at_a_later_instant_only_gets_a_new_sighting(opportunities, engine):
    save(opportunities, an_opportunity())
    (before,) = rows(engine, opportunity)
    assert save(opportunities, an_opportunity(as_of=LATER), at=LATER) == SavedCounts(unchanged=1)
    assert rows(engine, opportunity) == [before | {"last_seen_at": LATER}]


def test_other_prices_replace_what_was_known_of_it(opportunities):
    save(opportunities, an_opportunity())
    changed = an_opportunity(is_dead_at_size=True, as_of=LATER)
    assert save(opportunities, changed, at=LATER) == SavedCounts(changed=1)
    (stored,) = opportunities.list_opportunities()
    assert (stored.opportunity, stored.first_seen_at, stored.last_seen_at) == (changed, NOON, LATER)


def test_an_opportunity_is_gone_only_when_all_of_its_markets_were_examined(opportunities):
    save(opportunities, an_opportunity())
    assert save(opportunities, examined=[RAIN_A], at=LATER) == SavedCounts()
    assert save(opportunities, examined=[RAIN_A, RAIN_B, "kalshi:C"], at=LATER) == SavedCounts(gone=1)
    assert opportunities.list_opportunities() == []
    assert opportunities.list_opportunities(with_gone=True)[0].gone_at == LATER
    assert save(opportunities, an_opportunity(), at=LATEST) == SavedCounts(unchanged=1, returned=1)
    assert opportunities.list_opportunities()[0].first_seen_at == NOON


def test_opportunities_are_found_by_market_the_largest_profit_first(opportunities):
    def earning(profit: int, market_b: str) -> Opportunity:
        plain = an_opportunity(market_b=market_b)
        return replace(plain, best=replace(plain.best, profit=profit))

    save(opportunities, earning(5, "kalshi:X"), earning(7, "kalshi:Y"), earning(6, "kalshi:Z"))

    def found(**filters) -> list[str]:
        return [one.opportunity.market_ids[1][-1] for one in opportunities.list_opportunities(**filters)]

    assert found() == ["Y", "Z", "X"]
    assert found(limit=2) == ["Y", "Z"]
    assert found(market_id="kalshi:Z") == ["Z"]
    assert found(market_id=RAIN_A, limit=1) == ["Y"]
