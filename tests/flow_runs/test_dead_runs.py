"""A run whose process was killed does not stay Running: the automation of the set-up ends it."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta

from tasks.prefect_server import running_api
from tests.flow_runs.processes import Server, command, eventually


def test_a_killed_run_is_marked_as_crashed_on_a_server_that_stays(server: Server, tmp_path):
    """The automation as it is set up, but for its patience, which is 75 s there."""
    from prefect.client.orchestration import get_client

    from tasks.automations import apply_automation, end_dead_runs

    async def make() -> str:
        async with get_client() as client:
            return await apply_automation(client, end_dead_runs(name="impatient", within=timedelta(seconds=10)))

    with running_api(tmp_path, default_url=server.url):
        assert asyncio.run(make()) == "created"
    (automation,) = [each for each in server.held()["automations"] if each["name"] == "impatient"]
    try:
        with command("hold.py", str(tmp_path), server.url) as held:
            assert held.line() == "running"
            run_id = held.line()
            heartbeat = {
                "event": {"name": ["prefect.flow-run.heartbeat"]},
                "resource": {"id": [f"prefect.flow-run.{run_id}"]},
            }
            eventually(lambda: server.post("/events/filter", filter=heartbeat)["events"], what="a heartbeat")
            held.process.send_signal(signal.SIGKILL)
            held.ends()
        assert server.get(f"/flow_runs/{run_id}")["state_name"] == "Running", "the dead cannot report"
        run = eventually(
            lambda: (found := server.get(f"/flow_runs/{run_id}"))["state_type"] == "CRASHED" and found, what="the end"
        )
        assert "no heartbeat" in run["state"]["message"]
    finally:
        server.delete(f"/automations/{automation['id']}")
