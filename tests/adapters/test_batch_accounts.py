"""A batch leaves nothing out: no market, no forecast and no payment, whatever breaks off after it was made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from edgeworth.adapters.storage.database import SqlSimulations, open_database
from edgeworth.simulation.forecast import forecast_of
from edgeworth.simulation.market_run import skipped
from edgeworth.simulation.record import MarketStatus, Usage
from edgeworth.units import UsdMicros
from tasks import wiring
from tasks.clock import utc_now
from tasks.settings import Settings
from tasks.simulation import market as market_step
from tasks.simulation.batch import frozen_market
from tasks.simulation.market import simulate_one
from tasks.simulation.plan import AuthorChoice, Budget, SimulatePlan
from tasks.simulation.steps import begin_simulation, gather_batch, paid_besides, publish_batch, simulate_plainly
from tasks.simulation.workshop import workshop
from tests.batches import a_model, a_record
from tests.fake_services import AUTHOR, INPUT_TOKENS, FakeServices, running_services
from tests.findings import an_opportunity
from tests.simulate_process import fill_folder, market_id, settings_over

PLAN = SimulatePlan(count=2, runs=40, fetch_books=False, research=False, author=AuthorChoice.LANGUAGE_MODEL)


@pytest.fixture
def services() -> Iterator[FakeServices]:
    with running_services() as services:
        yield services


@pytest.fixture
def settings(tmp_path: Path, services: FakeServices, monkeypatch: pytest.MonkeyPatch) -> Settings:
    fill_folder(tmp_path, 2)
    return settings_over(services, tmp_path, monkeypatch)


def registered(settings: Settings) -> dict[str, str]:
    """How each registered forecast ended, in a chain that holds."""
    engine = open_database(settings.database)
    store = SqlSimulations(engine)
    assert store.check_chain() is None
    found = {one.market_id: one.status.value for one in store.forecasts()}
    engine.dispose()
    return found


def test_a_market_whose_page_cannot_be_made_is_one_failed_market(settings, monkeypatch):
    """Its answer was kept by then; a report that shows it as well would link to nothing, with no forecast behind it."""
    made = market_step.market_files

    def breaks(record, **given):
        if record.market_id == market_id(1):
            raise ValueError("a page with a defect")
        return made(record, **given)

    monkeypatch.setattr(market_step, "market_files", breaks)
    report = simulate_plainly(settings, PLAN)
    assert (report["markets"], report["succeeded"], report["failed"]) == (2, 1, 1)
    [one] = [one for one in report["simulations"] if one["status"] == "failed"]
    assert one["market_id"] == market_id(1)
    assert "a defect of Edgeworth: ValueError: a page with a defect" in one["problem"]
    assert registered(settings) == {market_id(1): "failed", market_id(2): "succeeded"}
    assert report["usage"]["input_tokens"] == 2 * INPUT_TOKENS


def test_what_was_lost_on_the_way_back_from_its_process_is_found(settings):
    """A worker that dies after its market was settled loses the outcome, not the market."""
    run = begin_simulation(settings, PLAN)
    index = gather_batch(settings, run, PLAN)
    with workshop(run, PLAN) as shop:
        for market in index.markets:
            simulate_one(run, PLAN, index, market)
        closing = shop.closing
    report = publish_batch(settings, run, PLAN, index, closing, {market_id(1): "the worker is gone"})
    assert (report.succeeded, report.failed) == (2, 0)
    assert registered(settings) == {market_id(1): "succeeded", market_id(2): "succeeded"}


def test_an_answer_that_contradicts_its_forecast_is_not_shown_as_one(settings):
    run = begin_simulation(settings, PLAN)
    index = gather_batch(settings, run, PLAN)
    with wiring.open_storage(settings) as storage:
        other = skipped(frozen_market(storage.units, run.run_id, market_id(1)), "said before", at=utc_now())
        said = forecast_of(other, run_id=run.run_id, registered_at=utc_now(), code_version="1")
        storage.simulations.register(run.run_id, other, said)
    lost = {}
    with workshop(run, PLAN) as shop:
        for market in index.markets:
            try:
                simulate_one(run, PLAN, index, market)
            except Exception as error:  # noqa: BLE001 - what the flow is told of
                lost[market.market_id] = str(error)
        closing = shop.closing
    report = publish_batch(settings, run, PLAN, index, closing, lost)
    told = {one.market_id: (one.status, one.problem) for one in report.records}
    assert told[market_id(1)][0] is MarketStatus.FAILED
    assert "a registered forecast is never changed" in (told[market_id(1)][1] or "")
    assert registered(settings) == {market_id(1): "skipped", market_id(2): "succeeded"}


def test_what_was_paid_for_a_market_that_broke_off_is_in_the_sum(settings, services):
    """Its answer came and was paid for; what broke off came before its record."""
    run = begin_simulation(settings, PLAN)
    index = gather_batch(settings, run, PLAN)
    with workshop(run, PLAN) as shop:
        simulate_one(run, PLAN, index, index.markets[0])
        shop.count("the other", Usage(input_tokens=70, output_tokens=30, cost=UsdMicros(500), calls=1))
        closing = shop.closing
    told = publish_batch(settings, run, PLAN, index, closing, {market_id(2): "it broke off"})
    assert services.calls(AUTHOR) == {1: 1}
    assert (told.succeeded, told.failed) == (1, 1)
    # What the author here charges is not known, so nor is the sum.
    assert told.usage == Usage(input_tokens=70, output_tokens=30, cost=None, calls=1)
    assert told.total_usage.input_tokens == INPUT_TOKENS + 70


@pytest.mark.parametrize(
    ("used", "besides"),
    [
        (Usage(input_tokens=1, cost=UsdMicros(10), calls=1), Usage()),
        (
            Usage(input_tokens=150, cost=UsdMicros(3_000), calls=3),
            Usage(input_tokens=50, cost=UsdMicros(1_000), calls=1),
        ),
        (Usage(input_tokens=150, cost=None, calls=3), Usage(input_tokens=50, cost=None, calls=1)),
    ],
)
def test_what_no_record_tells_is_never_less_than_nothing(used, besides):
    """What other processes paid stands in the records and not here."""
    record = a_record(models=(a_model(usage=Usage(input_tokens=100, cost=UsdMicros(2_000), calls=2)),))
    assert paid_besides(used, [record]) == besides


def test_seconds_are_counted_anew_when_a_batch_is_taken_up(settings):
    """It was begun an hour ago and lay for most of it; ten minutes are ten minutes of this process."""
    plan = replace(PLAN, budget=Budget(seconds=600.0))
    run = begin_simulation(settings, plan)
    taken_up = replace(run, started_at=run.started_at - timedelta(hours=1), is_taken_up=True)
    index = gather_batch(settings, taken_up, plan)
    with workshop(taken_up, plan):
        statuses = {simulate_one(taken_up, plan, index, one).status for one in index.markets}
    assert statuses == {MarketStatus.SUCCEEDED}


def test_a_market_page_shows_what_had_been_found_by_its_instant(settings):
    known, later = (
        an_opportunity(market_id(number), as_of=utc_now() + timedelta(days=days)) for number, days in ((1, -1), (2, 1))
    )
    with wiring.open_storage(settings) as storage:
        storage.opportunities.save([known, later], examined=None, run_id="run", at=utc_now())
    simulate_plainly(settings, PLAN)
    first, second = (
        next(settings.results_dir.glob(f"*/will_team_{number}_win/result.html")).read_text() for number in (1, 2)
    )
    assert "<td>pair</td>" in first
    assert "not shown: found, or with other figures, only after" not in first
    assert "<td>pair</td>" not in second
    assert "1 is not shown: found, or with other figures, only after" in second


def test_a_batch_whose_folder_was_removed_goes_on_in_it(settings):
    run = begin_simulation(settings, PLAN)
    index = gather_batch(settings, run, PLAN)
    simulate_one(run, PLAN, index, index.markets[0])
    shutil.rmtree(settings.results_dir)
    with workshop(run, PLAN) as shop:
        for market in index.markets:
            simulate_one(run, PLAN, index, market)
        closing = shop.closing
    report = publish_batch(settings, run, PLAN, index, closing)
    [folder] = settings.results_dir.glob("*/")
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {one.slug for one in report.records}
    assert (folder / "summary.html").is_file()


def test_a_batch_that_is_taken_up_goes_on_where_results_are_kept_now(settings, tmp_path):
    """The first place may be the disk that was full; what was done by then is found in the new one as well."""
    run = begin_simulation(settings, PLAN)
    index = gather_batch(settings, run, PLAN)
    simulate_one(run, PLAN, index, index.markets[0])
    elsewhere = settings.model_copy(update={"results_dir": tmp_path / "elsewhere"})
    moved = gather_batch(elsewhere, run, PLAN)
    assert (moved.as_of, moved.markets) == (index.as_of, index.markets)
    assert gather_batch(elsewhere, run, PLAN) == moved
    with workshop(run, PLAN) as shop:
        for market in moved.markets:
            simulate_one(run, PLAN, moved, market)
        closing = shop.closing
    report = publish_batch(elsewhere, run, PLAN, moved, closing)
    [folder] = (tmp_path / "elsewhere").glob("*/")
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {one.slug for one in report.records}
    assert (folder / "summary.html").is_file()
