"""Prefect's own database on PostgreSQL: set up, a scheduled batch by a worker, and the server killed and back."""

from __future__ import annotations

import json

import psycopg

from tests.fake_services import AUTHOR, GOOD, Says, running_services
from tests.flow_runs.lasting import lasting_server
from tests.flow_runs.processes import eventually, working
from tests.flow_runs.test_restarted_server import runs_of
from tests.flow_runs.test_scheduled_batch import check_chain, environment, scheduled_batch
from tests.installed_postgresql import installed_postgresql
from tests.simulate_process import fill_folder


def test_a_scheduled_batch_with_prefect_on_postgresql(tmp_path):
    """What Prefect holds of it is looked for in the database itself, after the server was killed and started again."""
    fill_folder(tmp_path, 2)
    with installed_postgresql("pg_trgm") as database:
        url = f"postgresql+asyncpg://{database}"
        with (
            lasting_server(tmp_path / "server", PREFECT_SERVER_DATABASE_CONNECTION_URL=url) as lasting,
            running_services() as services,
        ):
            server = lasting.server
            services.author = {2: [Says(GOOD.value, hangs=True)]}
            settings = {**environment(tmp_path, server, services), "PREFECT_WORKER_QUERY_SECONDS": "5"}
            with scheduled_batch(server) as by_schedule, working("edgeworth", settings):
                services.wait_until_one_hangs()
                server.patch(f"/deployments/{by_schedule}", paused=True)
                lasting.kill()
                lasting.start()
                services.release.set()
                [run] = eventually(lambda: runs_of(server, by_schedule, "Completed"), what="the end of the batch")
            assert services.calls(AUTHOR) == {1: 1, 2: 1}
        with psycopg.connect(f"postgresql://{database}") as connection:
            held = connection.execute("SELECT state_name, auto_scheduled FROM flow_run WHERE id = %s", [run["id"]])
            assert held.fetchall() == [("Completed", True)]
    assert not (tmp_path / "server" / "prefect.db").exists()
    [report] = (tmp_path / "results").glob("*/batch_report.json")
    assert json.loads(report.read_text())["succeeded"] == 2
    check_chain(tmp_path, [1, 2], times=1)
