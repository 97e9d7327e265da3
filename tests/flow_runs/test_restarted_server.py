"""The server is killed in the middle of a scheduled batch and started again: the batch, the worker and the truth."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from tests.fake_daytona import running_daytona
from tests.fake_services import AUTHOR, GOOD, Says, running_services
from tests.flow_runs.lasting import lasting_server
from tests.flow_runs.processes import Server, eventually, working
from tests.flow_runs.test_scheduled_batch import BATCH, check_chain, environment, scheduled_batch
from tests.simulate_process import fill_folder

TRUTH_WITHIN = 60.0
"""Seconds after which the server's pages may show nothing else than what is so."""

MOST_SECONDS = 240.0
"""For what is left of a batch; reached only by a failure."""


def test_a_batch_outlives_its_server_and_the_worker_goes_on(tmp_path):
    """Two markets are in the making when the server dies, and end while it is away; the third begins when it is back.

    Their slots cannot be given back to a dead server, nor can the third one's be had from it.
    """
    fill_folder(tmp_path, 3)
    (tmp_path / "remote").mkdir()
    with (
        lasting_server(tmp_path / "server") as lasting,
        running_services() as services,
        running_daytona(tmp_path / "remote") as daytona,
    ):
        server = lasting.server
        services.author = {1: [Says(GOOD.value, hangs=True)], 2: [Says(GOOD.value, hangs=True)]}
        settings = {
            **environment(tmp_path, server, services, daytona),
            "EDGEWORTH_SIMULATE_CONCURRENCY": "2",
            # Polls that fail make a worker wait longer and longer, and end it at last.
            "PREFECT_WORKER_QUERY_SECONDS": "5",
        }
        with scheduled_batch(server) as by_schedule, working("edgeworth", settings):
            services.wait_until_one_hangs()
            services.wait_until_one_hangs()
            server.patch(f"/deployments/{by_schedule}", paused=True)
            [interrupted] = runs_of(server, by_schedule, "Running")
            assert interrupted["auto_scheduled"]

            lasting.kill()
            services.release.set()
            eventually(lambda: len(list((tmp_path / "results").glob("*/*/result.html"))) == 2, what="two markets")
            lasting.start()
            # The batch's own end may take long on a busy machine; from then on the server has a minute to know of it.
            eventually(lambda: reports_in(tmp_path / "results"), within=MOST_SECONDS, what="the batch's report")

            ended = eventually(
                lambda: (run := server.get(f"/flow_runs/{interrupted['id']}"))["state_name"] == "Completed" and run,
                within=TRUTH_WITHIN,
                what="the end of the batch",
            )
            assert ended["state"]["message"] == "3 of 3 markets simulated, 0 skipped"
            eventually(
                lambda: markets_told(server, ended["id"]) == dict.fromkeys(MARKETS, "Completed"),
                within=TRUTH_WITHIN,
                what="the truth about each market",
            )
            assert runs_of(server, by_schedule, "Running") == []
            assert (daytona.alive, daytona.created) == ({}, daytona.deleted)
            check_chain(tmp_path, [1, 2, 3], times=1)

            made = server.post(f"/deployments/{by_schedule}/create_flow_run", parameters={"batch": BATCH})
            eventually(lambda: runs_of(server, by_schedule, "Completed", made["id"]), what="the next run")
        assert (daytona.alive, daytona.created) == ({}, daytona.deleted)
        assert services.calls(AUTHOR) == {1: 2, 2: 2, 3: 2}
    reports = reports_in(tmp_path / "results")
    assert [(report["succeeded"], report["failed"]) for report in reports] == [(3, 0), (3, 0)]
    check_chain(tmp_path, [1, 2, 3], times=2)
    assert datetime.fromisoformat(ended["start_time"]) <= datetime.fromisoformat(ended["end_time"])


MARKETS = tuple(f"will_team_{number}_win" for number in (1, 2, 3))


def reports_in(results: Path) -> list[dict]:
    """The reports of the batches that came to their end."""
    return [json.loads(path.read_text()) for path in results.glob("*/batch_report.json")]


def markets_told(server: Server, run: str) -> dict[str, str]:
    """How Prefect tells of each market of ``run``."""
    tasks = server.post("/task_runs/filter", task_runs={"flow_run_id": {"any_": [run]}})
    return {task["name"]: task["state_name"] for task in tasks if task["name"] in MARKETS}


def runs_of(server: Server, deployment: str, state: str, *ids: str) -> list[dict]:
    """Runs of ``deployment`` in ``state``; among ``ids`` where they are given."""
    criteria = {"deployment_id": {"any_": [deployment]}, "state": {"name": {"any_": [state]}}}
    return server.flow_runs(**criteria, **({"id": {"any_": list(ids)}} if ids else {}))
