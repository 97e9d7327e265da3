"""Processes under test: commands that are ended in every way, the server they talk to, and a look at what is left.

Commands run as processes of their own, as users run them. What the server holds is read over plain HTTP, so that no
test depends on Prefect's client, its background threads or their warnings.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

T = TypeVar("T")

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 90.0
"""For anything that a busy machine may take long over. Reached only by a failure."""


def eventually(look: Callable[[], T], *, within: float = PATIENCE_SECONDS, what: str = "") -> T:
    """The first truthy answer of ``look``; fails with the last one when there is none in time."""
    deadline = time.monotonic() + within
    while not (found := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {within:.0f} s for {what or look}, last seen: {found!r}")
        threading.Event().wait(0.1)
    return found


def private_servers(home: Path) -> list[int]:
    """Processes that serve ``home``, by the arguments they were started with."""
    wanted = ("tasks.orchestration.private_prefect", str(home))
    return [pid for pid, arguments in _processes() if all(word in arguments for word in wanted)]


def _processes() -> Iterator[tuple[int, str]]:
    """Processes that have not ended, with their arguments; a dead one that waits for its parent has none."""
    if not Path("/proc/self/cmdline").exists():
        listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            pid, _, arguments = line.strip().partition(" ")
            yield int(pid), arguments
        return
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(FileNotFoundError, ProcessLookupError):
                yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


@dataclass
class Command:
    """A command under test: its process, and the lines it has printed so far."""

    process: subprocess.Popen[str]
    lines: queue.Queue[str]

    def line(self) -> str:
        """The next line that the command prints."""
        try:
            return self.lines.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            pytest.fail("the command printed nothing")

    def ends(self) -> int:
        """Wait for the end; the exit code."""
        return self.process.wait(timeout=PATIENCE_SECONDS)


@contextmanager
def command(script: str, *arguments: str, **environment: str) -> Iterator[Command]:
    """Run ``tests/flow_runs/<script>``; whatever becomes of it, its process is gone at the end."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / script), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
    )
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in process.stdout:
            lines.put(line.strip())

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield Command(process, lines)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        reader.join()
        process.stdin.close()
        process.stdout.close()


def prefect(*arguments: str) -> list[str]:
    """Prefect's own command line."""
    return [sys.executable, "-m", "prefect", "--no-prompt", *arguments]


@contextmanager
def working(pool: str, environment: dict[str, str]) -> Iterator[None]:
    """A worker, started in a folder that has nothing to do with the project."""
    process = subprocess.Popen(
        prefect("worker", "start", "--pool", pool),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Server:
    """The server that all tests of this folder share."""

    url: str
    home: Path

    def get(self, path: str) -> Any:
        return self._ask("GET", path).json()

    def post(self, path: str, **body: Any) -> Any:
        return self._ask("POST", path, json=body).json()

    def patch(self, path: str, **body: Any) -> None:
        self._ask("PATCH", path, json=body)

    def put(self, path: str, **body: Any) -> None:
        self._ask("PUT", path, json=body)

    def delete(self, path: str) -> None:
        self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **content: Any) -> httpx.Response:
        """One answer. A server whose SQLite is locked waits for a minute, then says 503, and its own client asks again."""

        def ask() -> httpx.Response | None:
            answer = httpx.request(method, f"{self.url}{path}", timeout=PATIENCE_SECONDS, **content)
            return None if answer.status_code == 503 else answer.raise_for_status()

        return eventually(ask, what=f"{method} {path}")

    def flow_runs(self, **criteria: Any) -> list[dict[str, Any]]:
        return self.post("/flow_runs/filter", flow_runs=criteria)

    def flow_runs_of(self, deployment_id: str) -> list[dict[str, Any]]:
        """Runs that something other than the schedule has asked for."""
        runs = self.post("/flow_runs/filter", deployments={"id": {"any_": [deployment_id]}})
        return [run for run in runs if not run["auto_scheduled"]]

    def held(self) -> dict[str, Any]:
        """Everything that a set-up makes, as the server tells it, ids and stamps included."""
        return {
            "pools": self.post("/work_pools/filter"),
            "limits": self.post("/v2/concurrency_limits/filter"),
            "deployments": self.post("/deployments/filter"),
            "automations": self.post("/automations/filter"),
            "flows": self.post("/flows/filter"),
        }
