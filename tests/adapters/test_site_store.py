"""What the site asks of the store, on both databases, through an engine that can only read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from edgeworth.adapters.storage.connection import writing
from edgeworth.adapters.storage.database import SqlCatalogue, SqlMatches, SqlOpportunities, SqlSimulations
from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.adapters.storage.read_only import open_read_only
from edgeworth.adapters.storage.site import SqlSite
from edgeworth.errors import ConfigurationError, StorageError
from edgeworth.markets.listing import Refusal
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.web.ports import ForecastFilter, Life, MarketCount, MarketFilter, MatchFilter, OpportunityFilter
from tests.builders import NOON, a_market
from tests.findings import RAIN_A, a_match, a_verdict, an_opportunity
from tests.pages import Walk, of_markets
from tests.simulations import a_forecast, a_record


@pytest.fixture
def site(engine: sa.Engine, database_url: str, tmp_path: Path) -> Iterator[SqlSite]:
    """Three markets, three pairs, three opportunities, two forecasts, two refusals; read through a door of its own."""
    refusals = [
        Refusal(kind="market", native_id=str(n), code="bad", reason=f"reason {n}", item_index=n) for n in range(2)
    ]
    markets = [a_market(f"0x{n}", question=f"100% of {n}?", volume_usd=float(n)) for n in range(3)]
    Walk(SqlCatalogue(engine)).page(of_markets(*markets, refusals=refusals), last=True)
    SqlCatalogue(engine).start_run("run", kind="simulate", parameters={"a": 1}, started_at=NOON, code_version="1")
    matches = [
        a_match(),
        a_match(RAIN_A, "kalshi:RAIN-AA", verdict=a_verdict(Relation.EXCLUSIVE, confidence=0.5)),
        a_match("kalshi:RAIN-AA", "synthetic-kalshi:S", verdict=a_verdict(Relation.RELATED, confidence=0.25)),
    ]
    SqlMatches(engine).save(matches, examined=None, run_id="run", at=NOON)
    opportunities = SqlOpportunities(engine)
    opportunities.save([an_opportunity("kalshi:OLD")], examined=None, run_id="run", at=NOON)
    alive, dead = an_opportunity(), an_opportunity("kalshi:RAIN-AA", is_dead_at_size=True)
    opportunities.save([alive, dead], examined=None, run_id="run", at=NOON + timedelta(hours=1))
    for market_id in ("kalshi:A", "synthetic-kalshi:S"):
        record = a_record(market_id)
        SqlSimulations(engine).register("run", record, a_forecast(record))
    reader = open_read_only(database_url)
    assert reader is not None
    yield SqlSite(reader, ParquetHistory(tmp_path))
    reader.dispose()


def test_markets_by_their_filters(site):
    assert [one.native_id for one in site.find_markets(MarketFilter(search="100%"), limit=2).rows] == ["0x2", "0x1"]
    assert site.find_markets(MarketFilter(search="100%"), limit=2).total == 3
    assert site.find_markets(MarketFilter(), limit=2, offset=2).rows[0].native_id == "0x0"
    assert site.find_markets(MarketFilter(venue=Venue.KALSHI), limit=2).total == 0
    assert site.market_counts() == [MarketCount("polymarket", "open", 3)]


@pytest.mark.parametrize(
    ("asked", "relations"),
    [
        ({}, ["equivalent", "exclusive", "related"]),
        ({"venue": Venue.KALSHI}, ["equivalent", "exclusive", "related"]),
        ({"venue": Venue.SYNTHETIC_KALSHI}, ["related"]),
        ({"venue": Venue.POLYMARKET}, ["equivalent"]),
        ({"across": True}, ["equivalent", "related"]),
        ({"across": False}, ["exclusive"]),
        ({"least_confidence": 0.5}, ["equivalent", "exclusive"]),
        ({"relation": Relation.RELATED}, ["related"]),
        ({"market_id": RAIN_A}, ["equivalent", "exclusive"]),
    ],
)
def test_pairs_by_their_filters(site, asked, relations):
    found = site.find_matches(MatchFilter(**asked), limit=10)
    assert [one.match.verdict.relation.value for one in found.rows] == relations
    assert found.total == len(relations)


def test_a_page_of_pairs_is_a_part_of_all(site):
    found = site.find_matches(MatchFilter(), limit=1, offset=1)
    assert ([one.match.verdict.relation.value for one in found.rows], found.total) == (["exclusive"], 3)
    assert site.find_matches(MatchFilter(), limit=10, offset=99).rows == []


@pytest.mark.parametrize(
    ("asked", "legs"),
    [
        ({"life": Life.ALIVE}, [RAIN_A]),
        ({"life": Life.DEAD}, ["kalshi:RAIN-AA"]),
        ({"life": Life.GONE}, ["kalshi:OLD"]),
        ({"market_id": RAIN_A}, [RAIN_A]),
        ({"market_id": "kalshi:RAIN"}, []),
        ({"market_id": "%"}, []),
    ],
)
def test_opportunities_by_what_is_left_of_them_and_by_market(site, asked, legs):
    """An id that begins like another is not that other: RAIN-A is no leg of what takes RAIN-AA."""
    found = site.find_opportunities(OpportunityFilter(**asked), limit=10)
    assert [one.opportunity.legs[0].market_id for one in found.rows] == legs
    assert found.total == len(legs)


def test_forecasts_by_their_filters_the_last_first(site):
    found = site.find_forecasts(ForecastFilter(), limit=10)
    assert [one.market_id for one in found.rows] == ["synthetic-kalshi:S", "kalshi:A"]
    assert [one.market_id for one in site.find_forecasts(ForecastFilter(is_synthetic=False), limit=10).rows] == [
        "kalshi:A"
    ]
    assert site.find_forecasts(ForecastFilter(market_id="kalshi:A"), limit=0).total == 1
    assert site.find_forecasts(ForecastFilter(run_id="other"), limit=10).total == 0
    assert site.synthetic_runs(["run", "other"]) == {"run"}


def test_the_chain_is_looked_through(site):
    state = site.chain()
    assert state.end is not None
    assert (state.end.position, state.fault) == (2, None)


def test_runs_and_refusals(site):
    (run,) = site.runs(10)
    assert (run.run_id, run.kind, run.status, dict(run.parameters), run.counts) == (
        "run",
        "simulate",
        "running",
        {"a": 1},
        None,
    )
    (refused,) = site.refusals(10)
    assert (refused.venue, refused.code, refused.rows) == ("polymarket", "bad", 2)
    assert refused.example.startswith("reason")


def test_what_was_opened_to_be_read_refuses_a_write(site):
    engine = site._engine
    with pytest.raises(StorageError), writing(engine) as connection:
        connection.execute(sa.text("DELETE FROM market"))
    assert site.find_markets(MarketFilter(), limit=1).total == 3


def test_a_database_without_our_tables_holds_nothing_and_gets_none(database_url, tmp_path):
    """PostgreSQL has its schema, SQLite an empty file; neither is migrated by a look."""
    if database_url.startswith("sqlite"):
        (tmp_path / "edgeworth.db").touch()
    for _ in range(2):
        assert open_read_only(database_url) is None


def test_a_schema_of_another_version_is_left_as_it_is(engine, database_url):
    for version, words in (("0001", "older Edgeworth"), ("9999", "newer Edgeworth")):
        with writing(engine) as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = :v"), {"v": version})
        with pytest.raises(ConfigurationError, match=words):
            open_read_only(database_url)


def test_a_database_that_is_written_to_meanwhile_is_read_all_the_same(site, engine):
    with writing(engine) as connection:
        connection.execute(sa.text("UPDATE market SET volume_usd = 9"))
        assert site.find_markets(MarketFilter(), limit=10).total == 3
    assert {one.volume_usd for one in site.find_markets(MarketFilter(), limit=10).rows} == {9.0}


def test_an_offset_beyond_the_end_asks_for_no_rows(site):
    assert site.find_markets(MarketFilter(), limit=10, offset=10**9) == replace(
        site.find_markets(MarketFilter(), limit=10), rows=()
    )


def test_the_chain_is_looked_through_again_when_a_minute_has_passed(site, engine):
    now = [0.0]
    reader = SqlSite(site._engine, ParquetHistory(Path()), monotonic=lambda: now[0])
    assert reader.chain().fault is None
    tamper(engine, "UPDATE forecast SET probability = 0.99 WHERE position = 1")
    assert reader.chain().fault is None, "told again"
    now[0] = 61.0
    fault = reader.chain().fault
    assert fault is not None
    assert fault.position == 1


def test_the_chain_is_looked_through_again_when_it_has_grown(site, engine):
    reader = SqlSite(site._engine, ParquetHistory(Path()), monotonic=lambda: 0.0)
    assert reader.chain().fault is None
    tamper(engine, "UPDATE forecast SET probability = 0.99 WHERE position = 1")
    record = a_record("kalshi:B")
    SqlSimulations(engine).register("run", record, a_forecast(record))
    state = reader.chain()
    assert state.end is not None
    assert state.end.position == 3
    assert state.fault is not None


def tamper(engine: sa.Engine, *statements: str) -> None:
    """As whoever owns the database may: without the triggers."""
    triggers = {
        "sqlite": ["DROP TRIGGER forecast_no_update", "DROP TRIGGER forecast_no_delete"],
        "postgresql": ["ALTER TABLE forecast DISABLE TRIGGER USER"],
    }[engine.dialect.name]
    with writing(engine) as connection:
        for statement in (*triggers, *statements):
            connection.exec_driver_sql(statement)
