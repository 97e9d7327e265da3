"""Pictures of Prefect's pages for ``docs/first-scheduled-run.md``: ``python -m tests.browser.take_prefect_pictures FOLDER``.

A server, a set-up, a worker and a browser as a newcomer starts them, all on loopback and in a folder that is deleted at
the end, over a small catalogue of the synthetic world. A picture is taken when the words of its page are to be seen.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.browser.devtools import Browser, Tab
from tests.flow_runs.processes import PROJECT, Server, eventually, prefect, working

COMMAND = str(Path(sys.executable).with_name("edgeworth"))
MARKETS = 5
BATCH = {"mode": "top_volume", "count": MARKETS, "fetch_books": False, "author": "builtin"}
NOBODY = "http://127.0.0.1:9"
WIDTH, HEIGHT = 1360, 820
MOST_LOOKS = 12
CLICK = """(name => {
    const found = [...document.querySelectorAll('button, a, [role=tab], li')].find(e => e.innerText.trim() === name);
    if (found) found.click();
    return Boolean(found);
})(%s)"""


def main(folder: Path) -> None:
    """Write every picture into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, serving(Path(scratch)) as (server, environment):
        browser = Browser(Path(scratch))
        try:
            with browser.tab(width=WIDTH, height=HEIGHT) as tab:
                take(Camera(tab, server.url.removesuffix("/api"), folder), server, environment)
        finally:
            browser.close()


class Camera:
    """Takes pictures of the pages of one site."""

    def __init__(self, tab: Tab, site: str, folder: Path) -> None:
        self._tab, self._site, self._folder = tab, site, folder

    def take(self, name: str, path: str, *words: str, tab: str = "", height: int = HEIGHT) -> None:
        """The page at ``path``, opened at ``tab``, once it shows ``words``: ``<name>.webp``, without loss."""
        size = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._tab.ask("Emulation.setDeviceMetricsOverride", **size)
        self._tab.ask("Page.navigate", url=f"{self._site}{path}")
        if tab:
            eventually(lambda: self._tab.run(CLICK % json.dumps(tab)), within=60, what=f"the tab {tab} on {path}")
        eventually(lambda: self._shows(words), within=90, what=f"{words} on {path}")
        self._settle()
        taken = self._tab.ask("Page.captureScreenshot", format="webp", quality=100)
        file = self._folder / f"{name}.webp"
        file.write_bytes(base64.b64decode(taken["data"]))
        sys.stdout.write(f"{file.name}: {file.stat().st_size // 1000} kB\n")
        sys.stdout.flush()
        if "EDGEWORTH_PNG" in os.environ:
            file.with_suffix(".png").write_bytes(self._tab.picture(whole=False))

    def _shows(self, words: Sequence[str]) -> bool:
        text = str(self._tab.run("document.body ? document.body.innerText : ''"))
        if "EDGEWORTH_PNG" in os.environ:
            (self._folder / "now.png").write_bytes(self._tab.picture(whole=False))
        return all(word in text for word in words)

    def _settle(self) -> None:
        """Until nothing moves any more: two pictures that are the same; a page that counts seconds never does."""
        last = b""
        for _ in range(MOST_LOOKS):
            now = self._tab.picture(whole=False)
            if now == last:
                return
            last = now
            threading.Event().wait(0.5)


def take(camera: Camera, server: Server, environment: dict[str, str]) -> None:
    """Walk through the pages in the order of the documentation."""
    manual = server.get("/deployments/name/simulate-batch/manual")["id"]
    pause(server)
    with working("edgeworth", environment):
        camera.take("prefect-form", f"/deployments/deployment/{manual}/run", "Markets at most", "Run Name")
        run = server.post(f"/deployments/{manual}/create_flow_run", parameters={"batch": BATCH})["id"]

        def state() -> str:
            return str(server.get(f"/flow_runs/{run}")["state_name"])

        eventually(lambda: state() in {"Completed", "Failed", "Crashed"}, within=240, what="the end of the run")
        assert state() == "Completed", state()
        pause(server, paused=False)
        camera.take("prefect-deployments", "/deployments", "manual", "trending", "Ready")
        trending = server.get("/deployments/name/simulate-batch/trending")["id"]
        scheduled = f"/deployments/deployment/{trending}"
        camera.take("prefect-scheduled", scheduled, "Next Run", "Scheduled for", "Ready", height=520)
    camera.take("prefect-run", f"/runs/flow-run/{run}", "Completed", "Task Runs", tab="Details", height=530)
    camera.take("prefect-artifacts", "/artifacts", "batch-report", "batch-markets", "batch-progress", height=400)
    made = server.post("/artifacts/filter", artifacts={"flow_run_id": {"any_": [run]}})
    pages = {one["key"]: f"/artifacts/artifact/{one['id']}" for one in made}
    camera.take("prefect-batch-progress", pages["batch-progress"], "5 of 5", height=400)
    camera.take("prefect-batch-report", pages["batch-report"], "with an estimate", height=800)
    camera.take("prefect-batch-markets", pages["batch-markets"], "verdict", height=640)


def pause(server: Server, *, paused: bool = True) -> None:
    """Stop every schedule while a picture is prepared, or let them go on."""
    for one in server.held()["deployments"]:
        server.patch(f"/deployments/{one['id']}", paused=paused)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[Server, dict[str, str]]]:
    """A Prefect server after ``edgeworth setup``, and the environment of whoever talks to it."""
    home = folder / "prefect"
    home.mkdir()
    url = f"http://127.0.0.1:{free_port()}/api"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "EDGEWORTH_"))},
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_API_PORT": url.split(":")[2].removesuffix("/api"),
        "EDGEWORTH_DATA_DIR": str(folder / "data"),
        "EDGEWORTH_RESULTS_DIR": str(folder / "results"),
        # A schedule that comes due meanwhile reaches no venue.
        **{f"EDGEWORTH_{name}_URL": NOBODY for name in ("GAMMA", "CLOB", "DATA_API", "KALSHI")},
    }
    edgeworth("ingest", "--no-prefect", "--source", "synthetic", "--limit", "120", environment=environment)
    process = subprocess.Popen(
        prefect("server", "start"),
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: answers(url), what="the server")
        edgeworth("setup", environment=environment)
        yield Server(url, home), environment
    finally:
        process.terminate()
        process.wait(timeout=30)


def answers(url: str) -> Any:
    """Whether a server is there."""
    try:
        return httpx.get(f"{url}/health", timeout=5).json()
    except httpx.TransportError:
        return False


def edgeworth(*arguments: str, environment: dict[str, str]) -> None:
    """A command of ours, to its end."""
    subprocess.run([COMMAND, *arguments], cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)


def free_port() -> int:
    """One on which nothing listens now."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
