"""``edgeworth setup`` against a real server: what it makes, and that a second call changes nothing at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tasks.orchestration.prefect_server import running_api
from tasks.orchestration.setup import set_up
from tests.flow_runs.processes import PROJECT, Server

ITEMS = [
    "work pool edgeworth",
    "limit polymarket (1)",
    "limit kalshi (1)",
    "limit daytona (10)",
    "limit anthropic (10)",
    "limit openai (10)",
    "limit openrouter (10)",
    "limit exa (10)",
    "limit perplexity (10)",
    "deployment ingest/active",
    "deployment ingest/full",
    "deployment freshness/hourly",
    "deployment discover/hourly",
    "deployment main-job/daily",
    "deployment simulate-batch/daily",
    "deployment simulate-batch/trending",
    "deployment simulate-batch/manual",
    "deployment screen/manual",
    "deployment replay/manual",
    "deployment parity/manual",
    "deployment sweep/manual",
    "deployment reap-sandboxes/hourly",
    "automation edgeworth: end dead runs",
    "automation edgeworth: read stale venues",
]


def run_set_up(server: Server) -> list[tuple[str, str]]:
    with running_api(server.home, default_url=server.url):
        return set_up(PROJECT)


def stamped(held: dict[str, list[dict[str, object]]]) -> str:
    """What a set-up would change, with ids and stamps; not what the server moves by itself (polls, statuses)."""
    moving = {"status", "last_polled", "default_queue_id"}
    return json.dumps(
        {kind: sorted(({k: v for k, v in row.items() if k not in moving} for row in rows), key=lambda row: row["id"])
         for kind, rows in held.items()},
        sort_keys=True,
    )  # fmt: skip


def test_the_first_call_makes_everything_and_says_so(first_report):
    assert first_report == [(item, "created") for item in ITEMS]


def test_a_second_call_changes_nothing(server: Server, first_report):
    before = stamped(server.held())
    assert run_set_up(server) == [(item, "unchanged") for item in ITEMS]
    assert stamped(server.held()) == before


def test_the_server_holds_what_the_files_say(server: Server, first_report):
    deployment = server.get("/deployments/name/ingest/active")
    (schedule,) = deployment["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"]) == ("*/15 * * * *", "UTC")
    assert deployment["global_concurrency_limit"]["limit"] == 1
    assert deployment["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    assert deployment["parameters"] == {"sources": ["polymarket", "kalshi"], "full": False, "history": True}
    assert server.get("/work_pools/edgeworth")["type"] == "process"
    assert server.get("/v2/concurrency_limits/kalshi")["limit"] == 1


def test_only_what_was_altered_is_put_right(server: Server, first_report):
    hourly = server.get("/deployments/name/freshness/hourly")
    server.patch("/v2/concurrency_limits/kalshi", limit=7)
    server.patch(f"/deployments/{hourly['id']}", parameters={"target_minutes": 5})
    changed = {item for item, outcome in run_set_up(server) if outcome != "unchanged"}
    assert changed == {"limit kalshi (1)", "deployment freshness/hourly"}
    assert server.get("/v2/concurrency_limits/kalshi")["limit"] == 1
    again = server.get("/deployments/name/freshness/hourly")
    assert again["parameters"] == {"venues": ["polymarket", "kalshi"], "target_minutes": 60}
    assert (again["id"], again["schedules"][0]["id"]) == (hourly["id"], hourly["schedules"][0]["id"])


def test_an_automation_that_was_altered_is_put_right_and_stays_switched_off(server: Server, first_report):
    (held,) = [each for each in server.held()["automations"] if each["name"] == "edgeworth: end dead runs"]
    server.patch(f"/automations/{held['id']}", enabled=False)
    assert ("automation edgeworth: end dead runs", "unchanged") in run_set_up(server)
    altered = {key: held[key] for key in ("name", "trigger", "actions")} | {"description": "altered", "enabled": False}
    server.put(f"/automations/{held['id']}", **altered)
    assert ("automation edgeworth: end dead runs", "changed") in run_set_up(server)
    again = server.get(f"/automations/{held['id']}")
    assert (again["description"], again["enabled"]) == (held["description"], False)
    server.patch(f"/automations/{held['id']}", enabled=True)


def test_what_the_user_paused_stays_paused(server: Server, first_report):
    hourly = server.get("/deployments/name/freshness/hourly")
    server.patch(f"/deployments/{hourly['id']}", paused=True)
    server.patch(f"/deployments/{hourly['id']}", description="altered")
    assert ("deployment freshness/hourly", "changed") in run_set_up(server)
    again = server.get("/deployments/name/freshness/hourly")
    assert (again["paused"], again["description"]) == (True, hourly["description"])


def test_a_schedule_that_was_altered_is_put_right(server: Server, first_report):
    full = server.get("/deployments/name/ingest/full")
    (schedule,) = full["schedules"]
    weekly = {"cron": "0 0 * * 0", "timezone": "UTC"}
    server.patch(f"/deployments/{full['id']}/schedules/{schedule['id']}", schedule=weekly)
    assert ("deployment ingest/full", "changed") in run_set_up(server)
    (again,) = server.get("/deployments/name/ingest/full")["schedules"]
    assert (again["schedule"]["cron"], again["slug"]) == ("7 3 * * *", "nightly")


def test_prefects_own_command_reads_the_file_the_same_way(server: Server, first_report):
    """``prefect deploy --all`` and ours must agree, or they would undo each other's work."""
    environment = {**os.environ, "PREFECT_API_URL": server.url, "EDGEWORTH_ROOT": str(PROJECT.resolve())}
    deployed = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert run_set_up(server) == [(item, "unchanged") for item in ITEMS]
