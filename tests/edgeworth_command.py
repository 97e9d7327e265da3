"""The real command ``edgeworth`` as a process, as a user starts it: its own folders, keys in the environment.

``run`` and ``start`` begin from cold, as a user does. ``run_warm`` forks a process in which the libraries are imported
already (``tests/warm.py``): for tests of what a command says and does, and not of how it starts or ends.

Every process has keys set that must never be shown; ``run`` looks for them in everything that the command wrote to its
two streams, and ``leaked`` in everything that it wrote to files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.warm import WarmProcess

COMMAND = str(Path(sys.executable).with_name("edgeworth"))

SECRET = "sk-never-to-be-shown"
KEYS = {
    f"{name}_API_KEY": f"{SECRET}-{name.lower()}"
    for name in ("OPENAI", "ANTHROPIC", "DAYTONA", "EXA", "PERPLEXITY", "OPENROUTER")
}

TERMINAL = ("COLUMNS", "LINES", "FORCE_COLOR", "TTY_COMPATIBLE", "PYTHONWARNINGS")
"""What a terminal or a runner of tests says of itself and a pipe does not."""

MOST_SECONDS = 120


@dataclass(frozen=True)
class Ended:
    """What a command left behind when it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which has to be one JSON document."""
        return json.loads(self.out)

    def says(self, code: int, *words: str) -> None:
        """It ended with ``code`` and one message on standard error that holds ``words``; never a traceback."""
        assert self.code == code, (self.out, self.err)
        assert "Traceback" not in self.err
        assert len(self.err.strip().splitlines()) == 1, self.err
        for word in words:
            assert word in self.err


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command whose data and results are in ``folder``."""
    places = {"EDGEWORTH_DATA_DIR": str(folder / "data"), "EDGEWORTH_RESULTS_DIR": str(folder / "results")}
    ours = {name: value for name, value in os.environ.items() if name not in TERMINAL}
    return {**ours, **KEYS, **places, **settings}


def start(folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    """``edgeworth arguments`` with ``folder`` as its working folder, not waited for."""
    return subprocess.Popen(
        [COMMAND, *arguments],
        cwd=folder,
        env=environment(folder, settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def end(process: subprocess.Popen[str]) -> Ended:
    """What ``process`` left behind, once it has ended."""
    out, err = process.communicate(timeout=MOST_SECONDS)
    return _ended(process.returncode, out, err)


def _ended(code: int, out: str, err: str) -> Ended:
    assert SECRET not in out + err
    return Ended(code, out, err)


def run(folder: Path, *arguments: str, **settings: str) -> Ended:
    """``edgeworth arguments``, to its end."""
    return end(start(folder, *arguments, **settings))


def run_warm(folder: Path, *arguments: str, **settings: str) -> Ended:
    """``edgeworth arguments``, to its end, in a process whose libraries are imported already."""
    return _ended(*WarmProcess("flows.cli", arguments, cwd=folder, environment=environment(folder, settings)).end())


def ingest(folder: Path, *arguments: str, **settings: str) -> Ended:
    """``edgeworth ingest`` without Prefect, to its end."""
    return run_warm(folder, "ingest", "--no-prefect", *arguments, **settings)


def ingested(folder: Path, *arguments: str, **settings: str) -> dict[str, Any]:
    """The report of an ingest that took all it was given, after checking that nothing was dropped in silence."""
    done = ingest(folder, *arguments, "--json", **settings)
    assert (done.code, done.err) == (0, "")
    report = done.json
    check_sums(report)
    return report


def check_sums(report: dict[str, Any]) -> None:
    """Every row read was taken or refused for a reason, and every row taken was new, changed, the same or older."""
    for counts in (report, *report["sources"]):
        assert counts["fetched"] == counts["parsed"] + counts["refused"]
        assert counts["refused"] == sum(counts["refusals"].values())
        assert counts["parsed"] == sum(counts[name] for name in ("created", "changed", "unchanged", "superseded"))
    assert report["refusals"].keys() == report["refusal_reasons"].keys()


def catalogue(folder: Path, *filters: str) -> list[dict[str, Any]]:
    """Every market that ``edgeworth markets list`` gives."""
    listed = run_warm(folder, "markets", "list", "--json", "--limit", "1000000", *filters)
    assert (listed.code, listed.err) == (0, "")
    assert listed.json["total"] == len(listed.json["markets"])
    return listed.json["markets"]


def leaked(folder: Path, text: str) -> list[str]:
    """Files in ``folder`` in which ``text`` stands."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]
