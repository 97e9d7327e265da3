"""Hostile programs, to be run below a process of their own (``tests/sandbox_host.py``) at one level of confinement."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from tests.sandbox_host import SECRET

ROOT = Path(__file__).parents[1]


class Programs(dict[str, dict[str, Any]]):
    """The programs of one module of tests, by name."""

    def add(self, name: str, code: str, **limits: float) -> None:
        """Add a program; a body without ``def main`` is that of main."""
        code = textwrap.dedent(code).strip()
        if "def main" not in code:
            code = "def main(inputs):\n" + textwrap.indent(code, "    ")
        self[name] = {"code": code, "limits": limits}


def run_attacks(level: str, programs: Programs) -> dict[str, Any]:
    """What became of all ``programs`` at ``level`` (``outcomes`` by name), and what was left behind (``left``).

    Whatever they were, the host has lived through them. ``unavailable`` says why the machine does not have the level.
    """
    host = subprocess.run(
        [sys.executable, "-m", "tests.sandbox_host", level],
        cwd=ROOT,
        input=json.dumps(programs),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        start_new_session=True,
    )
    assert host.returncode == 0, host.stderr
    said: dict[str, Any] = json.loads(host.stdout)
    if "unavailable" not in said:
        check_unharmed(said)
    return said


def check_unharmed(said: dict[str, Any]) -> None:
    """No program of any kind left a process, wrote a file, called the host or learnt its secret."""
    assert SECRET not in json.dumps(said["outcomes"])
    assert said["left"] == {
        "while_open": [],
        "when_closed": [],
        "files": [],
        "canary": SECRET + "0o644",
        "callers": 0,
    }
