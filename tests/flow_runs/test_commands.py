"""A command uses the server that is running, a private one otherwise, and leaves no process behind in either case."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
from pathlib import Path

import httpx
import pytest

from edgeworth.errors import ConfigurationError
from tasks.orchestration.prefect_server import prefect_api
from tests.flow_runs.processes import Server, command, eventually, private_servers


@pytest.fixture(scope="module")
def nowhere() -> str:
    """An address where nothing listens, so that the user's own server is never used."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/api"


@pytest.fixture(scope="module")
def used_home(tmp_path_factory: pytest.TempPathFactory, nowhere: str) -> Path:
    """A home in which two commands have started at once, while it was still empty, and have ended normally."""
    home = tmp_path_factory.mktemp("home")
    with command("hold.py", str(home), nowhere) as one, command("hold.py", str(home), nowhere) as other:
        for each in (one, other):
            assert each.line() == "ephemeral"
            each.line()
        assert len(private_servers(home)) == 2
        for each in (one, other):
            each.process.stdin.write("\n")
            each.process.stdin.flush()
        for each in (one, other):
            assert [each.line(), each.line(), each.ends()] == ["12", "done", 0]
    return home


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(home / "prefect.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_two_commands_at_once_on_one_new_home_both_end_well_and_leave_no_process(used_home):
    assert private_servers(used_home) == []
    assert rows(used_home, "select state_name from flow_run where name is not null") == [("Completed",)] * 2


def test_what_a_private_server_was_told_is_kept(used_home):
    """Runs, tasks and log lines are in the home, for the page of a server that is started there later."""
    assert rows(used_home, "select count(*) from task_run where state_name = 'Completed'") == [(6,)]
    assert rows(used_home, "select count(*) from log where message = 'a line of the library'") == [(2,)]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_private_server_ends_with_its_command_however_that_ends(used_home, nowhere, ending):
    with command("hold.py", str(used_home), nowhere) as held:
        assert held.line() == "ephemeral"
        held.line()
        (server_pid,) = private_servers(used_home)
        held.process.send_signal(ending)
        assert held.ends() != 0
        eventually(lambda: not private_servers(used_home), within=30, what=f"the end of process {server_pid}")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_workers_that_outlive_a_killed_command_do_not_hold_its_server_up(used_home, nowhere):
    with command("hold.py", str(used_home), nowhere, "fork") as held:
        assert held.line() == "ephemeral"
        held.line()
        worker = int(held.line())
        try:
            held.process.send_signal(signal.SIGKILL)
            held.ends()
            os.kill(worker, 0)
            eventually(lambda: not private_servers(used_home), within=30, what="the end of the server")
        finally:
            os.kill(worker, signal.SIGKILL)


def test_a_command_killed_while_its_server_starts_leaves_no_process(used_home, nowhere):
    with command("hold.py", str(used_home), nowhere) as held:
        eventually(lambda: private_servers(used_home), what="the start of the server")
        held.process.send_signal(signal.SIGKILL)
        held.ends()
        eventually(lambda: not private_servers(used_home), within=30, what="the end of the server")


def test_a_running_server_is_used_and_goes_on_when_the_command_has_ended(server: Server, tmp_path):
    with command("hold.py", str(tmp_path), server.url) as held:
        assert held.line() == "running"
        run_id = held.line()
        assert private_servers(tmp_path) == []
        held.process.stdin.write("\n")
        held.process.stdin.flush()
        assert [held.line(), held.line(), held.ends()] == ["12", "done", 0]
    assert server.get(f"/flow_runs/{run_id}")["state_name"] == "Completed"
    assert list(tmp_path.iterdir()) == [], "Prefect's home of the data folder was not needed"


def test_a_configured_server_is_used_too(server: Server, tmp_path, nowhere):
    with command("hold.py", str(tmp_path), nowhere, PREFECT_API_URL=server.url) as held:
        assert held.line() == "running"
        run_id = held.line()
        held.process.send_signal(signal.SIGTERM)
        assert held.ends() != 0
    eventually(lambda: server.get(f"/flow_runs/{run_id}")["state_name"] == "Crashed", what="the run's end")
    assert httpx.get(f"{server.url}/health").json() is True


def test_a_private_server_that_cannot_start_says_why(tmp_path, nowhere):
    (tmp_path / "prefect.db").write_text("this is not a database")
    with (
        pytest.raises(ConfigurationError, match=r"did not start.*not a database"),
        prefect_api(tmp_path, default_url=nowhere),
    ):
        pytest.fail("there is no server to be used")
    assert private_servers(tmp_path) == []
    assert "PREFECT_API_URL" not in os.environ
