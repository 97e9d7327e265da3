"""A Prefect server as a user starts it, which can be killed and started again at the same address and database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tasks.orchestration.prefect_server import CLIENT_SETTINGS, SERVER_SETTINGS, running_api
from tasks.orchestration.setup import set_up
from tests.flow_runs.processes import PROJECT, Server, eventually, prefect

START_SECONDS = 180.0
"""A first start makes the tables: half a minute of a core."""


class LastingServer:
    """``prefect server start`` in a home of its own.

    Attributes:
        server: How it is asked.
    """

    def __init__(self, home: Path, settings: dict[str, str]) -> None:
        home.mkdir(parents=True)
        self._port = _free_port()
        self._home, self._settings = home, settings
        self._process: subprocess.Popen[bytes] | None = None
        self.server = Server(f"http://127.0.0.1:{self._port}/api", home)

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {**SERVER_SETTINGS, **CLIENT_SETTINGS, **self._settings}
        with (self._home / "said.txt").open("ab") as said:
            self._process = subprocess.Popen(
                prefect("server", "start", "--port", str(self._port)),
                env={
                    **{name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"},
                    **settings,
                    "PREFECT_HOME": str(self._home),
                    "PREFECT_SERVER_API_PORT": str(self._port),
                },
                stdout=said,
                stderr=subprocess.STDOUT,
                # It has children; they are killed with it, as by a machine that goes down.
                start_new_session=True,
            )
        eventually(self._answers, within=START_SECONDS, what="the server")

    def kill(self) -> None:
        """Without a word to it, and to what it had started."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        eventually(lambda: not self._listens(), what="the end of the server")

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            pytest.fail(f"the server ended: {(self._home / 'said.txt').read_text()[-2000:]}")
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.server.url}/health", timeout=5).is_success
        return False

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


@contextmanager
def lasting_server(home: Path, **settings: str) -> Iterator[LastingServer]:
    """A server that was set up as ``edgeworth setup`` does, with its deployments paused: no test may reach a venue.

    Args:
        home: Prefect's home; made.
        settings: Of the server besides, as environment variables.
    """
    lasting = LastingServer(home, settings)
    try:
        lasting.start()
        with running_api(home, default_url=lasting.server.url):
            set_up(PROJECT)
        for deployment in lasting.server.held()["deployments"]:
            lasting.server.patch(f"/deployments/{deployment['id']}", paused=True)
        yield lasting
    finally:
        lasting.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
