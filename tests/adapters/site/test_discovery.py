"""Opportunities and matches as a browser meets them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS
from tests.builders import NOON, a_market
from tests.findings import RAIN_A, a_match, a_verdict, an_opportunity
from tests.sites import RUN, a_client, a_site, text_of
from tests.stored import open_stores, save_markets


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> TestClient:
    """Opportunities alive, dead and gone; matches of several relations within and across venues."""
    folder = tmp_path_factory.mktemp("found")
    names = [RAIN_A, "kalshi:RAIN-B", "polymarket:0xb", "polymarket:0xc", "synthetic-kalshi:S"]
    with open_stores(folder) as storage:
        save_markets(
            storage,
            [
                a_market(name.partition(":")[2], venue=Venue(name.partition(":")[0]), question=f"Is it {name}?")
                for name in names
            ],
        )
        storage.opportunities.save([an_opportunity("kalshi:OLD")], examined=None, run_id="r", at=NOON)
        storage.opportunities.save(
            [an_opportunity(), an_opportunity("kalshi:RAIN-B", is_dead_at_size=True)],
            examined=None,
            run_id="r",
            at=NOON + timedelta(hours=1),
        )
        storage.matches.save(
            [
                a_match(),
                a_match(RAIN_A, "kalshi:RAIN-B", verdict=a_verdict(Relation.EXCLUSIVE, confidence=0.5)),
                a_match("kalshi:RAIN-B", "polymarket:0xc", verdict=a_verdict(Relation.RELATED, confidence=0.25)),
                a_match(RAIN_A, "synthetic-kalshi:S", verdict=a_verdict(Relation.UNRELATED, confidence=1.0)),
            ],
            examined=None,
            run_id="r",
            at=NOON,
        )
    return a_client(a_site(folder))


@pytest.mark.parametrize(
    ("query", "total"),
    [("", 3), ("life=alive", 1), ("life=dead", 1), ("life=gone", 1), ("kind=pair&life=alive", 1), ("kind=basket", 0)],
)
def test_opportunities_by_kind_and_what_is_left_of_them(found, query, total):
    told = text_of(found.get(f"/discovery?{query}").text)
    assert (f"{total} of {total} opportunities" in told) is (total > 0)
    assert ("None fits" in told) is (total == 0)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 3),
        ("relation=equivalent", 1),
        ("relation=unrelated", 1),
        ("between=across", 2),
        ("between=within", 1),
        ("venue=polymarket", 2),
        ("venue=synthetic-kalshi", 0),
        ("confidence=0.5", 2),
        ("confidence=0.98", 0),
        ("venue=kalshi&between=within&confidence=0.1", 1),
    ],
)
def test_matches_by_relation_venue_and_confidence(found, query, total):
    told = text_of(found.get(f"/discovery?show=matches&{query}").text)
    assert (f"{total} of {total} matches" in told) is (total > 0)
    assert ("None fits" in told) is (total == 0)


@pytest.mark.parametrize(
    "query", ["show=all", "kind=free_money", "life=undead", "relation=x", "confidence=2", "between=x"]
)
def test_a_filter_that_cannot_be_meant_is_told_so(found, query):
    assert found.get(f"/discovery?{query}").status_code == 400


def test_matches_from_which_most_follows_come_first(found):
    page = found.get("/discovery?show=matches").text
    order = [page.index(f"<strong>{relation}</strong>") for relation in ("equivalent", "exclusive", "related")]
    assert order == sorted(order)


def test_amounts_are_in_dollars(client):
    """3,000,000 millionths are three dollars."""
    assert MICROS == 1_000_000
    assert "$3.00" in client.get("/discovery").text
    assert RUN not in client.get("/discovery").text
