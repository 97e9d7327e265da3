"""The simulation flow on a real server: what its run shows, and what becomes of one that is cancelled half-way."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.authoring import BROKEN, answer
from tests.fake_daytona import running_daytona
from tests.fake_services import AUTHOR, GOOD, Says, running_services
from tests.flow_runs.processes import Server, command, eventually, working
from tests.simulate_process import at_services, fill_folder, market_id

KEYS = {"ANTHROPIC_API_KEY": "sk-author", "EXA_API_KEY": "sk-research"}


def places(folder: Path) -> dict[str, str]:
    return {"EDGEWORTH_DATA_DIR": str(folder / "data"), "EDGEWORTH_RESULTS_DIR": str(folder / "results")}


def test_a_run_has_a_task_a_market_and_ends_completed_with_its_failures_named(server: Server, tmp_path):
    fill_folder(tmp_path, 3)
    with running_services() as services:
        services.author = {2: [Says(answer(BROKEN))]}
        settings = {**places(tmp_path), **at_services(services), **KEYS, "PREFECT_API_URL": server.url}
        batch = json.dumps({"count": 3, "runs": 40, "fetch_books": False, "category": None})
        with command("batch.py", str(tmp_path), server.url, batch, **settings) as simulating:
            assert simulating.line() == "Completed"
            message = simulating.line()
            folder = Path(simulating.line())
            assert simulating.ends() == 0
    assert message.startswith(f"1 failed ({market_id(2)})")
    assert "2 of 3 markets simulated" in message
    assert (folder / "summary.html").exists()
    (run,) = server.flow_runs(name={"any_": ["simulate 3 by top volume"]})
    assert run["state_name"] == "Completed"
    tasks = server.post("/task_runs/filter", task_runs={"flow_run_id": {"any_": [run["id"]]}})
    assert {f"will_team_{number}_win" for number in (1, 2, 3)} <= {task["name"] for task in tasks}
    assert len(tasks) <= 3 + 20

    artifacts = server.post("/artifacts/filter", artifacts={"flow_run_id": {"any_": [run["id"]]}})
    (progress,) = [each for each in artifacts if each["type"] == "progress"]
    assert progress["data"] == 100.0
    assert progress["description"].startswith("3 of 3 markets")


def test_a_run_that_is_cancelled_leaves_no_sandbox_and_the_next_one_takes_it_up(server: Server, first_report, tmp_path):
    """Two markets are in the making, one in a sandbox and one at its author, when the run is cancelled."""
    fill_folder(tmp_path, 2)
    (tmp_path / "remote").mkdir()
    deployment = server.get("/deployments/name/simulate-batch/manual")["id"]
    with running_services() as services, running_daytona(tmp_path / "remote") as daytona:
        services.author = {2: [Says(hangs=True), GOOD]}
        daytona.hangs_on = "boot.py"
        prefect_settings = {"PREFECT_API_URL": server.url, "PREFECT_HOME": str(tmp_path / "home")}
        settings = {**places(tmp_path), **at_services(services, daytona), **KEYS, **prefect_settings}

        def begin() -> str:
            batch = {"count": 2, "runs": 40, "fetch_books": False}
            made = server.post(f"/deployments/{deployment}/create_flow_run", parameters={"batch": batch})
            return str(made["id"])

        def state(run_id: str) -> str:
            return str(server.get(f"/flow_runs/{run_id}")["state_name"])

        with working("edgeworth", {**os.environ, **settings}):
            first = begin()
            services.wait_until_one_hangs()
            eventually(lambda: daytona.alive, what="a sandbox")
            server.post(f"/flow_runs/{first}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
            eventually(lambda: state(first) == "Cancelled", what="the end of the run")
            eventually(lambda: not daytona.alive, what="the end of the sandbox")
            daytona.hangs_on = ""
            second = begin()
            eventually(lambda: state(second) in {"Completed", "Failed", "Crashed"}, what="the end of the second run")
        assert state(second) == "Completed"
        assert (daytona.alive, daytona.created) == ({}, daytona.deleted)
        assert services.calls(AUTHOR) == {1: 1, 2: 2}
    [batch] = (tmp_path / "results").glob("*/")
    assert json.loads((batch / "batch_report.json").read_text())["succeeded"] == 2
