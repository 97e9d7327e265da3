"""Simulations and forecasts on both databases: appended once, never changed, and a chain that shows who tried."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta, timezone

import pytest
import sqlalchemy as sa
from msgspec.structs import asdict, replace

from edgeworth.adapters.storage import migrate
from edgeworth.adapters.storage.connection import writing
from edgeworth.adapters.storage.database import SqlSimulations, open_database
from edgeworth.adapters.storage.schema import forecast as forecasts
from edgeworth.adapters.storage.schema import simulation
from edgeworth.errors import DataError, StorageError
from edgeworth.simulation.chain import ChainEnd
from edgeworth.simulation.record import AuthorKind, MarketSimulation, MarketStatus, Usage
from tests.contexts import AS_OF, context
from tests.simulations import SOURCE, a_forecast, a_model, a_record, an_abstention

LATER = AS_OF + timedelta(hours=1)


@pytest.fixture
def store(engine) -> SqlSimulations:
    return SqlSimulations(engine)


def register(store: SqlSimulations, record: MarketSimulation, run_id: str = "run", **changes) -> bool:
    return store.register(run_id, record, a_forecast(record, run_id, **changes))


def register_all(store: SqlSimulations, *names: str) -> None:
    for name in names:
        assert register(store, a_record(f"kalshi:{name}"))


def rows(engine, table) -> list[dict]:
    with engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]


# --- what is stored ---------------------------------------------------------------------------------------------------


def test_a_forecast_comes_back_as_it_was_registered(store):
    record = a_record()
    assert register(store, record) is True
    assert store.forecasts() == [a_forecast(record)]


def test_columns_of_a_simulation_say_what_can_be_asked_for_in_sql(store, engine):
    register(store, a_record(models=(a_model(), a_model(number=1, author="builtin/hazard@1", result=None, source=""))))
    first, second = rows(engine, simulation)
    detail = first.pop("detail")
    assert first == {
        "run_id": "run",
        "market_id": "kalshi:KXTEST",
        "number": 0,
        "is_synthetic": False,
        "as_of": AS_OF,
        "author": "anthropic/x",
        "author_kind": "written",
        "anchoring": "independent",
        "status": "ok",
        "runs": 200,
        "probability": 0.5,
        "standard_error": 0.01,
        "wilson_low": 0.0,
        "wilson_high": 1.0,
        "belief_low": 0.25,
        "belief_high": 0.75,
        "belief_deviation": 0.125,
        "sandbox": "local: landlock",
        "repairs": 1,
        "input_tokens": 1_000,
        "output_tokens": 200,
        "cost_micros": 4_500,
        "seconds": 1.5,
        "problem": None,
        "source_digest": hashlib.sha256(SOURCE.encode()).hexdigest(),
    }
    assert (detail["source"], detail["result"]["belief"]["draws"]) == (SOURCE, 40)
    assert "context" not in detail
    unread = {"number": 1, "status": None, "probability": None, "runs": None, "source_digest": None}
    assert {name: second[name] for name in unread} == unread


def test_an_abstention_and_a_market_without_any_model_are_forecasts_too(store, engine):
    silent = a_record("kalshi:A", models=(a_model(result=an_abstention(), problem="no history"),))
    failed = a_record("kalshi:B", models=(), status=MarketStatus.FAILED, problem="the sandbox died")
    for record in (silent, failed):
        assert register(store, record)
    kept = store.forecasts()
    assert [(one.status, one.probability, one.models) for one in kept] == [
        (MarketStatus.SKIPPED, None, 0),
        (MarketStatus.FAILED, None, 0),
    ]
    assert [(one.kind, one.reason) for one in kept] == [
        (AuthorKind.WRITTEN, "every model abstained: no history"),
        (None, "the sandbox died"),
    ]
    # What the market said is on the record all the same: (0.39 + 0.41) / 2.
    assert [one.market_probability for one in kept] == [pytest.approx(0.4)] * 2
    (row,) = rows(engine, simulation)
    assert (row["status"], row["probability"], row["problem"]) == ("abstained", None, "no history")


def test_what_is_not_known_stays_unknown(store, engine):
    record = a_record(context=context(market_id="kalshi:KXTEST"), models=(a_model(usage=Usage(cost=None)),))
    register(store, record)
    (kept,) = store.forecasts()
    assert (kept.market_probability, kept.difference, kept.closes_at) == (None, None, None)
    assert rows(engine, simulation)[0]["cost_micros"] is None


def test_text_that_no_database_likes_is_stored_with_what_it_cannot_hold_replaced(store, engine):
    nasty = "x\x00'; DROP TABLE forecast;-- \u202e€\ud800"
    model = a_model(author=nasty, source=nasty, log=nasty, problem=nasty, result=None)
    record = a_record("kalshi:\x00€", models=(model,), problem=nasty)
    assert register(store, record) is True
    assert register(store, record) is False
    (kept,) = store.forecasts(market_id="kalshi:\x00€")
    clean = "x\ufffd'; DROP TABLE forecast;-- \u202e€?"
    assert (kept.market_id, kept.reason, kept.author) == ("kalshi:\ufffd€", clean, clean)
    assert store.check_chain() is None
    (row,) = rows(engine, simulation)
    assert (row["author"], row["problem"], row["detail"]["source"], row["detail"]["log"]) == (clean,) * 4


def test_instants_of_any_zone_and_whole_numbers_hold_in_the_chain(store):
    record = a_record()
    east = timezone(timedelta(hours=5, minutes=30))
    given = replace(
        a_forecast(record), registered_at=LATER.astimezone(east), probability=1, difference=-0.0, closes_at=LATER
    )
    assert store.register("run", record, given)
    (kept,) = store.forecasts()
    assert (kept.registered_at, kept.registered_at.utcoffset(), kept.probability) == (LATER, timedelta(0), 1.0)
    assert store.check_chain() is None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(store, value):
    record = a_record()
    with pytest.raises(DataError, match="low: expected a finite number"):
        store.register("run", record, replace(a_forecast(record), low=value))
    assert store.forecasts() == []


def test_forecasts_are_found_by_run_market_and_world_the_last_ones_when_limited(store):
    for run_id, market_id in (("a", "kalshi:1"), ("a", "synthetic-kalshi:2"), ("b", "kalshi:1"), ("b", "kalshi:3")):
        register(store, a_record(market_id), run_id)

    def found(**filters) -> list[str]:
        return [one.forecast_id for one in store.forecasts(**filters)]

    assert found() == ["a/kalshi:1", "a/synthetic-kalshi:2", "b/kalshi:1", "b/kalshi:3"]
    assert found(run_id="a") == ["a/kalshi:1", "a/synthetic-kalshi:2"]
    assert found(market_id="kalshi:1") == ["a/kalshi:1", "b/kalshi:1"]
    assert found(is_synthetic=True) == ["a/synthetic-kalshi:2"]
    assert found(limit=2) == ["b/kalshi:1", "b/kalshi:3"]
    assert found(run_id="c") == []


def test_a_forecast_outlasts_a_lost_power_supply_where_a_page_need_not(sqlite_url):
    engine = open_database(sqlite_url)
    levels: list[int] = []

    def note(connection: sa.Connection) -> None:
        levels.append(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    sa.event.listen(engine, "commit", note)
    register(SqlSimulations(engine), a_record())
    with writing(engine) as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    assert levels == [2, 1], "FULL: the log is on the disk at each commit; NORMAL: at its next checkpoint"


# --- once, and never changed ------------------------------------------------------------------------------------------


def test_a_batch_that_is_taken_up_again_registers_nothing_twice(store, engine):
    record = a_record()
    register(store, record)
    before = rows(engine, forecasts), rows(engine, simulation)
    assert register(store, record, registered_at=LATER, code_version="1.1") is False
    assert (rows(engine, forecasts), rows(engine, simulation)) == before


def test_another_forecast_under_the_same_id_is_refused_and_the_first_stands(store):
    register(store, a_record())
    other = a_record(models=(a_model(result=an_abstention()),))
    with pytest.raises(DataError, match=r"forecast run/kalshi:KXTEST: .* never changed"):
        register(store, other)
    assert store.forecasts() == [a_forecast(a_record())]


@pytest.mark.parametrize("changes", [{"run_id": "x"}, {"market_id": "kalshi:X"}, {"forecast_id": "run/kalshi:X"}])
def test_a_forecast_of_another_market_or_run_is_refused(store, changes):
    record = a_record()
    with pytest.raises(DataError, match="its own run and market"):
        store.register("run", record, replace(a_forecast(record), **changes))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE forecast SET probability = 0.9",
        "DELETE FROM forecast",
        "INSERT INTO forecast SELECT * FROM forecast ON CONFLICT (forecast_id) DO UPDATE SET probability = 0.9",
    ],
)
def test_the_database_itself_refuses_to_change_or_remove_a_forecast(store, engine, statement):
    if "ON CONFLICT" in statement and engine.dialect.name == "sqlite":
        statement = statement.replace(" ON CONFLICT", " WHERE true ON CONFLICT")  # SQLite's grammar asks for it.
    register_all(store, "A", "B")
    before = rows(engine, forecasts)
    with pytest.raises(StorageError, match="never changed or removed"), writing(engine) as connection:
        connection.exec_driver_sql(statement)
    assert rows(engine, forecasts) == before


def test_no_other_way_round_it_that_one_database_has(store, engine):
    register_all(store, "A")
    statement = {
        "sqlite": "INSERT OR REPLACE INTO forecast SELECT * FROM forecast",
        "postgresql": "TRUNCATE forecast",
    }[engine.dialect.name]
    with pytest.raises(StorageError, match="never changed or removed"), writing(engine) as connection:
        connection.exec_driver_sql(statement)
    assert len(store.forecasts()) == 1


# --- the chain --------------------------------------------------------------------------------------------------------


def test_a_chain_can_be_made_again_from_the_page_that_describes_it(store, engine):
    """docs/schemas.md: JSON of what is not missing, keys sorted, no spaces, instants as in SQLite."""
    register_all(store, "A", "B", "C")
    before = None
    for row in sorted(rows(engine, forecasts), key=lambda row: row["position"]):
        digest, _ = row.pop("digest"), row.pop("position")
        assert row["previous_digest"] == before
        texts = {
            name: value.strftime("%Y-%m-%d %H:%M:%S.%f") if hasattr(value, "strftime") else value
            for name, value in row.items()
            if value is not None
        }
        body = json.dumps(texts, sort_keys=True, separators=(",", ":"))
        assert digest == hashlib.sha256(body.encode()).hexdigest()
        before = digest
    assert store.chain_end() == ChainEnd(position=3, digest=before)


def test_an_empty_chain_and_an_untouched_one_hold(store):
    assert (store.check_chain(), store.chain_end()) == (None, None)
    register_all(store, "A", "B", "C")
    assert store.check_chain() is None
    assert store.check_chain(store.chain_end()) is None


def tamper(engine, *statements: str) -> None:
    """As whoever owns the database may: without the triggers."""
    triggers = {
        "sqlite": ["DROP TRIGGER forecast_no_update", "DROP TRIGGER forecast_no_delete"],
        "postgresql": ["ALTER TABLE forecast DISABLE TRIGGER USER"],
    }[engine.dialect.name]
    with writing(engine) as connection:
        for statement in (*triggers, *statements):
            connection.exec_driver_sql(statement)


CHANGES = {
    name: f"UPDATE forecast SET {name} = {value} WHERE position = 2"
    for name, value in {
        "probability": "probability + 1e-15",
        "combined": "NULL",
        "as_of": "'2026-11-21 11:59:59.000000'",
        "registered_at": "'2026-11-20 00:00:00.000000'",
        "is_synthetic": "NOT is_synthetic",
        "status": "'very good'",
        "models": "2",
        "reason": "'because'",
        "market_id": "'kalshi:Z'",
        "digest": "previous_digest",
    }.items()
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_forecast_is_named(store, engine, name):
    register_all(store, "A", "B", "C")
    tamper(engine, CHANGES[name])
    fault = store.check_chain()
    assert fault is not None
    assert (fault.position, fault.forecast_id) == (2, "run/kalshi:B")
    assert "changed" in fault.problem


def test_an_instant_that_is_none_any_more_is_named_too(sqlite_url):
    engine = open_database(sqlite_url)
    store = SqlSimulations(engine)
    register_all(store, "A", "B")
    tamper(engine, "UPDATE forecast SET as_of = 'yesterday' WHERE position = 1")
    fault = store.check_chain()
    assert fault is not None
    assert fault.forecast_id == "run/kalshi:A"
    with pytest.raises(DataError, match="expected a forecast"):
        store.forecasts()
    engine.dispose()


def test_a_removed_forecast_leaves_the_next_without_its_predecessor(store, engine):
    register_all(store, "A", "B", "C", "D")
    tamper(engine, "DELETE FROM forecast WHERE position = 2")
    fault = store.check_chain()
    assert fault is not None
    assert (fault.position, fault.forecast_id) == (2, "run/kalshi:C")
    assert "removed" in fault.problem
    tamper_again = "UPDATE forecast SET position = position - 1 WHERE position = {}"
    with writing(engine) as connection:
        for position in (3, 4):
            connection.exec_driver_sql(tamper_again.format(position))
    fault = store.check_chain()
    assert fault is not None
    assert (fault.position, fault.forecast_id) == (2, "run/kalshi:C")
    assert "removed" in fault.problem


def test_the_first_forecast_cannot_be_removed_either(store, engine):
    register_all(store, "A", "B")
    tamper(engine, "DELETE FROM forecast WHERE position = 1", "UPDATE forecast SET position = 1")
    fault = store.check_chain()
    assert fault is not None
    assert (fault.position, fault.forecast_id) == (1, "run/kalshi:B")


def test_an_inserted_forecast_is_named(store, engine):
    register_all(store, "A", "B", "C")
    columns = ", ".join(column.name for column in forecasts.columns)
    copied = columns.replace("forecast_id", "'run/kalshi:X'").replace("position", "2")
    tamper(
        engine,
        "UPDATE forecast SET position = 4 WHERE position = 3",
        "UPDATE forecast SET position = 3 WHERE position = 2",
        f"INSERT INTO forecast ({columns}) SELECT {copied} FROM forecast WHERE position = 3",
    )
    fault = store.check_chain()
    assert fault is not None
    assert (fault.position, fault.forecast_id) == (2, "run/kalshi:X")


def test_only_a_noted_end_shows_that_the_last_were_removed_or_all_were_made_anew(store, engine):
    register_all(store, "A", "B", "C")
    end = store.chain_end()
    tamper(engine, "DELETE FROM forecast WHERE position = 3")
    assert store.check_chain() is None
    fault = store.check_chain(end)
    assert fault is not None
    assert (fault.position, fault.forecast_id) == (3, None)
    assert "expected 3 forecasts, found 2" in fault.problem

    register_all(store, "D", "E")
    assert store.check_chain() is None
    fault = store.check_chain(end)
    assert fault is not None
    assert (fault.position, fault.forecast_id) == (3, "run/kalshi:D")


def test_forecasts_after_a_noted_end_are_no_fault(store):
    register_all(store, "A", "B")
    end = store.chain_end()
    register_all(store, "C")
    assert store.check_chain(end) is None


def test_a_forecast_has_a_column_for_each_field(store):
    assert set(asdict(a_forecast(a_record()))) == {column.name for column in forecasts.columns} - {
        "position",
        "digest",
        "previous_digest",
    }


def test_the_tables_can_be_taken_back_and_made_again(store, engine):
    from alembic import command
    from alembic.config import Config

    register_all(store, "A")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(migrate.MIGRATIONS))
        command.downgrade(config, "0002")
        assert not sa.inspect(connection).has_table("forecast")
        command.upgrade(config, "head")
    register_all(store, "A")
    assert len(store.forecasts()) == 1
