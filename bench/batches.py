"""Cases of whole batches: the command over a catalogue of made-up markets, against the slowest market alone.

With ``sleep`` each author thinks for two seconds and the model is cheap; with ``compute`` each model computes for one.
The time of a batch is what its report says: from its beginning to its report, without the start of the command.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "flows.cli"]
SLEEP_SECONDS = 2.0
COMPUTE_SECONDS = 1.0
LOOK_EVERY_SECONDS = 0.02
"""For the page of a market; how exact its time is."""

Figures = dict[str, float]


def batch(kind: str, markets: str, api_url: str = "") -> Figures:
    """A batch of so many markets and one of a single market; with Prefect where a server is named."""
    number = int(markets)
    seconds = SLEEP_SECONDS if kind == "sleep" else COMPUTE_SECONDS
    with tempfile.TemporaryDirectory() as folder, _author(seconds, kind) as author:
        catalogue = Path(folder) / "markets.json"
        catalogue.write_text(json.dumps([_market(index) for index in range(number)]))
        environment = _environment(folder, author, at_once=number, api_url=api_url)
        _run(environment, "ingest", "--no-prefect", "--source", f"file:{catalogue}")
        # The first run of a day compiles and reads files that later ones find in the cache of the system.
        _simulate(environment, 1, "warm", is_in_prefect=False)
        singles = [_simulate(environment, 1, f"alone-{turn}", is_in_prefect=bool(api_url)) for turn in range(2)]
        alone = min(singles, key=lambda single: float(single["seconds"]))
        whole = _simulate(environment, number, "whole", is_in_prefect=bool(api_url))
    assert whole["succeeded"] == number, whole
    figures = {
        "markets": float(number),
        "one market alone, s": alone["seconds"],
        "the batch, s": whole["seconds"],
        "the batch / one market alone": whole["seconds"] / alone["seconds"],
        "one market alone, CPU s of the command": alone["cpu"],
        "the batch, CPU s of the command": whole["cpu"],
        "each further market, wall ms": 1_000 * (whole["seconds"] - alone["seconds"]) / (number - 1),
        "each further market, CPU ms of the command": 1_000 * (whole["cpu"] - alone["cpu"]) / (number - 1),
    }
    if kind == "compute":
        bare = _computing(number, seconds)
        figures["the same computing by bare processes on all cores, s"] = bare
        figures["the batch / bare processes"] = whole["seconds"] / bare
    if api_url:
        figures["goal: 1.15 times one market + 0.1 s a market, s"] = 1.15 * alone["seconds"] + 0.1 * number
        figures["task runs beyond one a market"] = float(_task_runs(api_url) - number)
    return figures


def first_market(markets: str, api_url: str) -> Figures:
    """From the start of the command until the first market's page stands in the folder, and until the last one's.

    With the built-in models, as without any key. Beside the bare command for one market and for all of them stands the
    same in Prefect with the server at ``api_url``; what either takes to import is told apart.
    """
    number = int(markets)
    with tempfile.TemporaryDirectory() as folder:
        catalogue = Path(folder) / "markets.json"
        catalogue.write_text(json.dumps([_market(index) for index in range(number)]))
        environment = _environment(folder, "http://127.0.0.1:9", at_once=number, api_url=api_url)
        _run(environment, "ingest", "--no-prefect", "--source", f"file:{catalogue}")
        _pages_over_time(environment, 1, "warm", is_in_prefect=True)
        told = {
            "one market, bare": _pages_over_time(environment, 1, "one", is_in_prefect=False),
            "all, bare": _pages_over_time(environment, number, "bare", is_in_prefect=False),
            "all, in Prefect": _pages_over_time(environment, number, "prefect", is_in_prefect=True),
        }
    figures = {"markets, all at once": float(number)}
    imported = _importing("flows.cli, tasks.simulation.steps"), _importing("flows.cli, flows.simulate")
    figures["importing what the bare command needs, s"] = imported[0]
    figures["importing what the command needs in Prefect, s"] = imported[1]
    own = told["all, in Prefect"]["the batch begins"] - imported[1]
    figures["Prefect's own start: from there to the beginning of the batch, s"] = own
    for name, pages in told.items():
        figures |= {f"{name}: {what}, s": seconds for what, seconds in pages.items()}
    alone, bare, whole = (pages["first page"] for pages in told.values())
    figures["first page of all / of one market, bare"] = bare / alone
    figures["first page in Prefect / of one market, bare"] = whole / alone
    return figures


def _pages_over_time(environment: dict[str, str], number: int, name: str, *, is_in_prefect: bool) -> Figures:
    """Seconds since the command was started; a market's folder appears whole, so its page is whole when it is there."""
    bare = () if is_in_prefect else ("--no-prefect",)
    options = ("--top-volume", str(number), "--no-fetch", "--author", "builtin", "--name", name, "--json")
    results = Path(environment["EDGEWORTH_RESULTS_DIR"])
    began, began_at = time.perf_counter(), time.time()
    seen: list[float] = []
    with subprocess.Popen(
        [*COMMAND, "simulate", *bare, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        while len(seen) < number and process.poll() is None:
            pages = len(list(results.glob(f"{name}_*/*/result.html")))
            seen += [time.perf_counter() - began] * (pages - len(seen))
            time.sleep(LOOK_EVERY_SECONDS)
        output, _ = process.communicate(timeout=600)
        ended = time.perf_counter() - began
    report = json.loads(output)
    assert (process.returncode, report["succeeded"], len(seen)) == (0, number, number), report
    whole = json.loads((Path(report["results_dir"]) / "batch_report.json").read_text(encoding="utf-8"))
    begun = datetime.fromisoformat(whole["started_at"]).timestamp() - began_at
    return {"the batch begins": begun, "first page": seen[0], "last page": seen[-1], "the command ends": ended}


def _importing(modules: str) -> float:
    """Wall time of a fresh interpreter that imports ``modules`` and ends, the best of three."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {modules}"], check=True)
        return time.perf_counter() - began

    return min(once() for _ in range(3))


def _computing(number: int, seconds: float) -> float:
    """Wall time of so many processes that compute for ``seconds`` each, as many at once as there are cores."""
    code = f"import time\nwhile time.process_time() < {seconds}: pass"
    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count() or 1) as places:
        list(places.map(lambda _: subprocess.run([sys.executable, "-c", code], check=True), range(number)))
    return time.perf_counter() - began


def _market(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "conditionId": f"0x{number:064x}",
        "slug": f"market-{number}",
        "question": f"Will team {number} win?",
        "description": "Yes if so.",
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["0.25", "0.75"]',
        "clobTokenIds": f'["{number}1", "{number}2"]',
        "active": True,
        "closed": False,
        "endDate": "2099-12-01T00:00:00Z",
        "updatedAt": "2026-11-01T00:00:00Z",
        "volumeNum": 1_000_000 - number,
        "tags": [{"slug": "sports", "label": "sports"}],
    }


@contextmanager
def _author(seconds: float, kind: str) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.slow_author", str(seconds), kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait(10)


def _environment(folder: str, author: str, *, at_once: int, api_url: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return {
        **clean,
        "EDGEWORTH_DATA_DIR": f"{folder}/data",
        "EDGEWORTH_RESULTS_DIR": f"{folder}/results",
        "EDGEWORTH_SIMULATE_CONCURRENCY": str(at_once),
        "EDGEWORTH_SANDBOX": "local",
        "ANTHROPIC_API_KEY": "none",
        "ANTHROPIC_BASE_URL": author,
        **({"PREFECT_API_URL": api_url} if api_url else {}),
    }


def _simulate(environment: dict[str, str], number: int, name: str, *, is_in_prefect: bool) -> dict[str, Any]:
    bare = () if is_in_prefect else ("--no-prefect",)
    # Another seed each time, so that no answer is found among those of an earlier batch.
    seed = str(abs(hash((name, number))) % 10_000)
    options = ("--top-volume", str(number), "--no-fetch", "--name", name, "--seed", seed, "--json")
    before = _cpu_seconds()
    report: dict[str, Any] = json.loads(_run(environment, "simulate", *bare, *options))
    return {**report, "cpu": _cpu_seconds() - before}


def _cpu_seconds() -> float:
    """Of all processes that this one waited for; sandboxes are nobody's children by then."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment, check=True, capture_output=True, text=True, timeout=600
    )
    return done.stdout


def _task_runs(api_url: str) -> int:
    """Of the last batch."""

    def ask(path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{api_url}{path}", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    [last] = ask("/flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 1})
    return int(ask("/task_runs/count", {"task_runs": {"flow_run_id": {"any_": [last["id"]]}}}))
