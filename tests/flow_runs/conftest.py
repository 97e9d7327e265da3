"""One real Prefect server for the whole folder; every test here carries the marker ``server``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.orchestration.prefect_server import private_server, running_api
from tasks.orchestration.setup import set_up
from tests.flow_runs.processes import PROJECT, Server, private_servers


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A whole Prefect server with schedules, on a port and in a home of its own."""
    home = tmp_path_factory.mktemp("server")
    with private_server(home, whole=True) as url:
        yield Server(url, home)
    assert not private_servers(home)


@pytest.fixture(scope="session")
def first_report(server: Server) -> list[tuple[str, str]]:
    """What the first ``edgeworth setup`` said. The deployments are paused after it: no test may reach for a venue."""
    with running_api(server.home, default_url=server.url):
        report = set_up(PROJECT)
    for deployment in server.held()["deployments"]:
        server.patch(f"/deployments/{deployment['id']}", paused=True)
    return report
