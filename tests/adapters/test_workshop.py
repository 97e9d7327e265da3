"""The workshop of markets that are made in another process than their flow's: shared while anybody is there."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tasks.settings import Settings
from tasks.simulation.market import simulate_one
from tasks.simulation.plan import AuthorChoice, Budget, SimulatePlan
from tasks.simulation.steps import begin_simulation, gather_batch, publish_batch
from tasks.simulation.workshop import end_work, is_open, workshop, workshop_of_market
from tests.fake_services import AUTHOR, INPUT_TOKENS, OUTPUT_TOKENS, FakeServices, running_services
from tests.simulate_process import fill_folder, settings_over

PLAN = SimulatePlan(count=3, runs=40, fetch_books=False, research=False, author=AuthorChoice.LANGUAGE_MODEL)


@pytest.fixture
def services() -> Iterator[FakeServices]:
    with running_services() as services:
        yield services


@pytest.fixture
def settings(tmp_path: Path, services: FakeServices, monkeypatch: pytest.MonkeyPatch) -> Settings:
    fill_folder(tmp_path, 3)
    return settings_over(services, tmp_path, monkeypatch)


def test_the_last_market_to_leave_closes_it(settings):
    run = begin_simulation(settings, PLAN)
    with workshop_of_market(run, PLAN) as first:
        with workshop_of_market(run, PLAN) as second:
            assert second is first
        assert is_open(run)
    assert not is_open(run)
    with workshop_of_market(run, PLAN) as third:
        assert third is not first


def test_markets_of_several_threads_find_one_and_the_same(settings):
    run = begin_simulation(settings, PLAN)
    all_there = Barrier(4, timeout=60)

    def visit(_: int) -> int:
        with workshop_of_market(run, PLAN) as shop:
            all_there.wait()
            return id(shop)

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(visit, range(4)))) == 1
    assert not is_open(run)


def test_a_market_that_fails_leaves_the_others_their_workshop(settings):
    run = begin_simulation(settings, PLAN)
    with workshop_of_market(run, PLAN):
        with pytest.raises(ValueError, match="one market"), workshop_of_market(run, PLAN):
            raise ValueError("one market")
        with workshop_of_market(run, PLAN):
            pass


def test_once_its_work_is_ended_nothing_more_of_the_batch_begins_here(settings):
    run = begin_simulation(settings, PLAN)
    end_work(run)
    with pytest.raises(CancelledError), workshop_of_market(run, PLAN):
        pytest.fail("it began")


def test_in_the_process_of_the_flow_its_own_is_the_one(settings):
    run = begin_simulation(settings, PLAN)
    with workshop(run, PLAN) as shop:
        with workshop_of_market(run, PLAN) as found:
            assert found is shop
        assert is_open(run)


def test_a_budget_holds_for_all_processes_together(settings, services):
    """Each market is made as if it were alone in its process: what the one before paid is counted all the same."""
    budget = Budget(tokens=INPUT_TOKENS + OUTPUT_TOKENS)
    plan = SimulatePlan(count=2, runs=40, fetch_books=False, research=False, budget=budget)
    run = begin_simulation(settings, plan)
    index = gather_batch(settings, run, plan)
    outcomes = [simulate_one(run, plan, index, market) for market in index.markets]
    assert services.calls(AUTHOR) == {1: 1}
    assert {outcome.budget_note for outcome in outcomes} == {"the budget of 1,100 tokens is spent (1,100 were used)"}
    assert publish_batch(settings, run, plan, index).total_usage.input_tokens == INPUT_TOKENS


def test_a_budget_of_time_began_with_the_batch(settings):
    """A process that joins later has no more time than the others."""
    plan = SimulatePlan(count=3, fetch_books=False, research=False, budget=Budget(seconds=0.0))
    run = begin_simulation(settings, plan)
    index = gather_batch(settings, run, plan)
    outcome = simulate_one(run, plan, index, index.markets[0])
    assert (outcome.status.value, outcome.problem) == ("skipped", "not begun: the budget of 0 seconds is spent")
