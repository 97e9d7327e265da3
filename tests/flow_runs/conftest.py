"""One real Prefect server for the whole folder; every test here carries the marker ``server``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.prefect_server import private_server
from tests.flow_runs.processes import Server, private_servers


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
