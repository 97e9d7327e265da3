"""Markets of a batch in other processes than its flow: the batch is as whole as in one, and none outlives its flow."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgeworth.adapters.storage.database import SqlSimulations, open_database
from tests.authoring import BROKEN, answer
from tests.edgeworth_command import run, start
from tests.fake_daytona import FakeDaytona, running_daytona
from tests.fake_services import AUTHOR, GOOD, FakeServices, Says, running_services
from tests.flow_runs.processes import Server, eventually
from tests.simulate_process import at_services, fill_folder, market_id

BATCH = ("simulate", "--top-volume", "6", "--runs", "40", "--no-fetch", "--json")

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")


def processes_of(folder: Path) -> set[int]:
    """Living processes whose environment names ``folder``."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes()
                is_living = b"\nState:\tZ" not in (entry / "status").read_bytes()
            except OSError:
                continue
            if is_living and str(folder).encode() in environment:
                found.add(int(entry.name))
    return found - {os.getpid()}


def settings_of(folder: Path, server: Server, services: FakeServices, daytona: FakeDaytona, runner: str) -> dict:
    prefect = {"PREFECT_API_URL": server.url, "PREFECT_HOME": str(folder / "home"), "EDGEWORTH_TASK_RUNNER": runner}
    return {**at_services(services, daytona), **prefect}


@needs_proc
def test_a_dask_cluster_on_this_machine(server: Server, tmp_path):
    """Three markets, one of which fails; what its processes did, logged and held is told and given back."""
    fill_folder(tmp_path, 3)
    (tmp_path / "remote").mkdir()
    with running_services() as services, running_daytona(tmp_path / "remote") as daytona:
        services.author = {2: [Says(answer(BROKEN))]}
        ended = run(tmp_path, *BATCH, **settings_of(tmp_path, server, services, daytona, "dask"))
        assert (daytona.alive, daytona.created) == ({}, daytona.deleted)
        assert daytona.created >= 2
    assert (ended.code, ended.json["succeeded"], ended.json["failed"]) == (1, 2, 1)
    run_id = ended.json["run_id"]
    engine = open_database(f"sqlite:///{tmp_path / 'data' / 'edgeworth.db'}")
    store = SqlSimulations(engine)
    assert sorted(one.market_id for one in store.forecasts(run_id=run_id)) == [market_id(n) for n in (1, 2, 3)]
    assert store.check_chain() is None
    engine.dispose()
    check_told(server, [1, 2, 3], failed=2)
    assert processes_of(tmp_path) == set()


def check_told(server: Server, numbers: list[int], *, failed: int) -> None:
    """What Prefect holds of the newest batch: each market's task with its end, and its log line."""
    runs = server.post("/flow_runs/filter", sort="START_TIME_DESC", limit=1)
    of_run = {"flow_run_id": {"any_": [runs[0]["id"]]}}

    def ended() -> bool:
        tasks = server.post("/task_runs/filter", task_runs=of_run)
        states = {task["name"]: task["state_name"] for task in tasks}
        return all(states.get(f"will_team_{number}_win") == "Completed" for number in numbers)

    eventually(ended, what="the end of every market's task")

    def lines() -> list[str]:
        return [line["message"] for line in server.post("/logs/filter", logs=of_run, limit=200)]

    for number in numbers:
        begins = f"{market_id(number)} failed" if number == failed else f"{market_id(number)}: "
        eventually(lambda begins=begins: any(line.startswith(begins) for line in lines()), what=f"a line {begins}")


@needs_proc
def test_processes_end_with_a_killed_flow_give_their_sandboxes_back_and_the_next_batch_goes_on(
    server: Server, tmp_path
):
    """Two markets are in the making in processes of their own, one in a sandbox and one at its author."""
    fill_folder(tmp_path, 2)
    (tmp_path / "remote").mkdir()
    with running_services() as services, running_daytona(tmp_path / "remote") as daytona:
        services.author = {2: [Says(hangs=True), GOOD]}
        daytona.hangs_on = "boot.py"
        settings = settings_of(tmp_path, server, services, daytona, "processes")
        killed = start(tmp_path, *BATCH, **settings)
        services.wait_until_one_hangs()
        eventually(lambda: daytona.alive, what="a sandbox")
        assert len(processes_of(tmp_path)) >= 3, "the flow's and one for each market"
        killed.kill()
        killed.communicate()
        eventually(lambda: not daytona.alive, within=40, what="the end of the sandbox")
        eventually(lambda: not processes_of(tmp_path), within=40, what="the end of the processes")
        daytona.hangs_on = ""
        again = run(tmp_path, *BATCH, **settings)
        assert (again.code, again.json["succeeded"]) == (0, 2)
        assert (daytona.alive, daytona.created) == ({}, daytona.deleted)
        assert services.calls(AUTHOR) == {1: 1, 2: 2}
    assert len(list((tmp_path / "results").glob("*/"))) == 1
    check_told(server, [1, 2], failed=0)
