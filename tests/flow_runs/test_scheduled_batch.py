"""Batches that nobody starts by hand: by schedule, on several workers, and after everything of one was killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from edgeworth.adapters.storage.database import SqlSimulations, open_database
from tests.fake_daytona import FakeDaytona, running_daytona
from tests.fake_services import AUTHOR, GOOD, FakeServices, Says, running_services
from tests.flow_runs.processes import Server, eventually
from tests.flow_runs.test_dead_runs import wait_for_heartbeat
from tests.flow_runs.test_other_processes import needs_proc, processes_of
from tests.flow_runs.test_scheduling import working
from tests.flow_runs.test_simulate_flow import KEYS, places
from tests.simulate_process import at_services, fill_folder, market_id

COPIED = ("flow_id", "entrypoint", "pull_steps", "work_pool_name", "work_queue_name", "job_variables", "tags")
BATCH = {"count": 7, "runs": 40, "fetch_books": False}


@contextmanager
def scheduled_batch(server: Server) -> Iterator[str]:
    """``simulate-batch/manual`` once more, due every few seconds; one at a time, as those of the set-up. Its id."""
    manual = server.get("/deployments/name/simulate-batch/manual")
    interval = {"interval": 15, "anchor_date": datetime.now(UTC).isoformat(), "timezone": "UTC"}
    made = server.post(
        "/deployments/",
        **{key: manual[key] for key in COPIED},
        name="soon",
        parameters={"batch": BATCH},
        schedules=[{"schedule": interval, "active": True}],
        concurrency_limit=1,
        concurrency_options={"collision_strategy": "CANCEL_NEW"},
    )
    try:
        yield made["id"]
    finally:
        server.delete(f"/deployments/{made['id']}")


def environment(folder: Path, server: Server, services: FakeServices, daytona: FakeDaytona | None = None) -> dict:
    prefect = {"PREFECT_API_URL": server.url, "PREFECT_HOME": str(folder / "home"), "PREFECT_WORKER_QUERY_SECONDS": "2"}
    return {**os.environ, **places(folder), **at_services(services, daytona), **KEYS, **prefect}


def check_chain(folder: Path, markets: list[int], *, times: int) -> None:
    """Every market has so many forecasts, in a chain that holds."""
    engine = open_database(f"sqlite:///{folder / 'data' / 'edgeworth.db'}")
    store = SqlSimulations(engine)
    assert sorted(one.market_id for one in store.forecasts()) == sorted(map(market_id, markets * times))
    assert store.check_chain() is None
    engine.dispose()


def test_one_by_schedule_and_one_by_hand_on_two_workers_at_once(server: Server, first_report, tmp_path):
    """Each waits at an author until both are on their way, so neither worker can have done both."""
    fill_folder(tmp_path, 2)
    with running_services() as services, scheduled_batch(server) as by_schedule:
        services.author = {1: [Says(GOOD.value, hangs=True)]}
        settings = environment(tmp_path, server, services)
        by_hand = server.get("/deployments/name/simulate-batch/manual")["id"]

        def runs(state: str) -> list[dict]:
            wanted = {"deployment_id": {"any_": [by_schedule, by_hand]}, "state": {"name": {"any_": [state]}}}
            return [run for run in server.flow_runs(**wanted) if run["parameters"].get("batch") == BATCH]

        with working("edgeworth", settings), working("edgeworth", settings):
            server.post(f"/deployments/{by_hand}/create_flow_run", parameters={"batch": BATCH})
            services.wait_until_one_hangs()
            services.wait_until_one_hangs()
            assert len(runs("Running")) == 2
            server.patch(f"/deployments/{by_schedule}", paused=True)
            services.release.set()
            eventually(lambda: len(runs("Completed")) == 2, what="the end of both")
        assert sorted(run["auto_scheduled"] for run in runs("Completed")) == [False, True]
        assert {run["name"] for run in runs("Completed")} == {"simulate 7 by top volume"}
    folders = list((tmp_path / "results").glob("*/"))
    reports = [json.loads((folder / "batch_report.json").read_text()) for folder in folders]
    assert [report["succeeded"] for report in reports] == [2, 2]
    assert len({report["run_id"] for report in reports}) == 2
    check_chain(tmp_path, [1, 2], times=2)


@needs_proc
def test_after_a_worker_and_its_run_were_killed_the_next_run_takes_the_batch_up(server: Server, first_report, tmp_path):
    """One market is in a sandbox and one at its author. What became of the run is told by the automation of the set-up."""
    fill_folder(tmp_path, 2)
    (tmp_path / "remote").mkdir()
    with (
        running_services() as services,
        running_daytona(tmp_path / "remote") as daytona,
    ):
        deployment = server.get("/deployments/name/simulate-batch/manual")["id"]
        services.author = {2: [Says(hangs=True), GOOD]}
        daytona.hangs_on = "boot.py"
        settings = environment(tmp_path, server, services, daytona)

        def begin() -> str:
            return str(server.post(f"/deployments/{deployment}/create_flow_run", parameters={"batch": BATCH})["id"])

        with working("edgeworth", settings):
            killed = begin()
            services.wait_until_one_hangs()
            eventually(lambda: daytona.alive, what="a sandbox")
            wait_for_heartbeat(server, killed)
            for pid in processes_of(tmp_path):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        assert server.get(f"/flow_runs/{killed}")["state_name"] == "Running", "the dead cannot report"
        assert len(daytona.alive) == 1, "what a killed process held is not given back by anybody yet"
        daytona.hangs_on = ""
        with working("edgeworth", settings):
            second = begin()
            eventually(
                lambda: server.get(f"/flow_runs/{second}")["state_type"] in {"COMPLETED", "FAILED", "CRASHED"},
                what="the end of the second run",
            )
        assert server.get(f"/flow_runs/{second}")["state_name"] == "Completed"
        assert (daytona.alive, daytona.created) == ({}, daytona.deleted)
        assert services.calls(AUTHOR) == {1: 1, 2: 2}
    [batch] = (tmp_path / "results").glob("*/")
    assert json.loads((batch / "batch_report.json").read_text())["succeeded"] == 2
    check_chain(tmp_path, [1, 2], times=1)
    eventually(
        lambda: server.get(f"/flow_runs/{killed}")["state_name"] == "Crashed", what="the truth about the killed run"
    )
