"""The canary of the pinned versions: a schedule really creates runs, and a worker really takes one and ends it.

With SQLAlchemy 2.1 everything else works (deploying, runs by hand, every page) while no scheduled run is ever created,
and only the server's log tells. So the whole chain is walked here, with Prefect's own commands.
"""

from __future__ import annotations

import os
import subprocess

from tests.flow_runs.processes import Server, eventually, prefect, working

FLOW = """
from pathlib import Path
from prefect import flow

@flow
def leave_a_mark(folder: str):
    (Path(folder) / "mark").write_text("was here")
"""

DEPLOYMENT = """
pull:
  - prefect.deployments.steps.set_working_directory:
      directory: "{folder}"
deployments:
  - name: soon
    entrypoint: canary.py:leave_a_mark
    parameters: {{folder: "{folder}"}}
    work_pool: {{name: edgeworth}}
    concurrency_limit: {{limit: 1, collision_strategy: CANCEL_NEW}}
    schedules:
      - {{interval: 15, slug: soon}}
"""


def test_a_scheduled_run_is_created_by_the_server_and_completed_by_a_worker(server: Server, first_report, tmp_path):
    environment = {**os.environ, "PREFECT_API_URL": server.url, "PREFECT_HOME": str(tmp_path / "home")}
    (tmp_path / "canary.py").write_text(FLOW)
    (tmp_path / "prefect.yaml").write_text(DEPLOYMENT.format(folder=tmp_path))
    deployed = subprocess.run(
        prefect("deploy", "--all"), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    deployment_id = server.get("/deployments/name/leave-a-mark/soon")["id"]

    def runs(state: str) -> list[str]:
        found = server.flow_runs(deployment_id={"any_": [deployment_id]}, state={"name": {"any_": [state]}})
        assert all(run["auto_scheduled"] for run in found)
        return [run["id"] for run in found]

    try:
        eventually(lambda: runs("Scheduled"), what="a scheduled run")
        with working("edgeworth", environment):
            eventually(lambda: runs("Completed"), what="a completed run")
        assert (tmp_path / "mark").read_text() == "was here"
    finally:
        server.delete(f"/deployments/{deployment_id}")
