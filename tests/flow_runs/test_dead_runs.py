"""A run whose process was killed does not stay Running: the automation of the set-up ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tasks.orchestration.automations import BEATS_EVERY, end_dead_runs
from tasks.orchestration.prefect_server import CLIENT_SETTINGS, running_api
from tests.flow_runs.processes import Server, command, eventually


@contextmanager
def impatient_automation(server: Server, home: Path) -> Iterator[None]:
    """The automation as it is set up, but for its patience, which is 55 s there."""
    from prefect.client.orchestration import get_client

    from tasks.orchestration.automations import apply_automation

    async def make() -> str:
        async with get_client() as client:
            return await apply_automation(client, end_dead_runs(name="impatient", within=timedelta(seconds=10)))

    with running_api(home, default_url=server.url):
        assert asyncio.run(make()) == "created"
    (automation,) = [each for each in server.held()["automations"] if each["name"] == "impatient"]
    try:
        yield
    finally:
        server.delete(f"/automations/{automation['id']}")


def wait_for_heartbeat(server: Server, run_id: str) -> None:
    heartbeat = {
        "event": {"name": ["prefect.flow-run.heartbeat"]},
        "resource": {"id": [f"prefect.flow-run.{run_id}"]},
    }
    eventually(lambda: server.post("/events/filter", filter=heartbeat)["events"], what="a heartbeat")


def test_a_killed_run_is_marked_as_crashed_on_a_server_that_stays(server: Server, tmp_path):
    with impatient_automation(server, tmp_path), command("hold.py", str(tmp_path), server.url) as held:
        assert held.line() == "running"
        run_id = held.line()
        wait_for_heartbeat(server, run_id)
        held.process.send_signal(signal.SIGKILL)
        held.ends()
        assert server.get(f"/flow_runs/{run_id}")["state_name"] == "Running", "the dead cannot report"
        run = eventually(
            lambda: (found := server.get(f"/flow_runs/{run_id}"))["state_type"] == "CRASHED" and found, what="the end"
        )
        assert "no heartbeat" in run["state"]["message"]


def test_within_a_minute_the_dashboard_tells_the_truth():
    """A run may die right after a beat; the server looks at such triggers every five seconds."""
    automation = end_dead_runs()
    assert CLIENT_SETTINGS["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == str(int(BEATS_EVERY.total_seconds()))
    assert BEATS_EVERY < automation.trigger.within <= timedelta(seconds=55)
