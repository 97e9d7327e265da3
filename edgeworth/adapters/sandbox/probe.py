"""A program that tries to get out, run once for each level before it is trusted. Says what it could do."""

from __future__ import annotations

from pathlib import Path

import msgspec

from edgeworth.adapters.sandbox.levels import LocalLevel
from edgeworth.simulation.sandbox import Limits, Outcome, RunStatus

PROBE_LIMITS = Limits(wall_seconds=30, cpu_seconds=20, memory_mb=1024)

_PROGRAM = """
import os, socket, numpy

def tried(attempt):
    try:
        attempt()
    except OSError:
        return False
    return True

def fork():
    if os.fork() == 0:
        os._exit(0)

def main(inputs):
    mean = float(numpy.array([1.0, 2.0, 3.0]).mean())
    if not inputs["attack"]:
        return {"mean": mean, "done": [], "seen": True}
    done = {
        "open a file": tried(lambda: open(inputs["file"]).close()),
        "list a folder": tried(lambda: os.listdir("/")),
        "open a socket": tried(lambda: socket.socket().close()),
        "fork": tried(fork),
        "run a program": tried(lambda: os.execv("/bin/true", ["true"])),
    }
    return {"mean": mean, "done": [name for name, was_done in done.items() if was_done],
            "seen": tried(lambda: os.stat(inputs["file"]))}
"""


def probe_document(level: LocalLevel) -> bytes:
    """The probe as a job; it looks for a file that is certainly there: this one."""
    inputs = {"file": str(Path(__file__).resolve()), "attack": level.seccomp}
    return msgspec.json.encode({"code": _PROGRAM, "inputs": inputs, "files": {}})


def what_is_open(outcome: Outcome, level: LocalLevel) -> str | None:
    """Why ``level`` must not be used here, or ``None`` when the probe was held."""
    if outcome.status is not RunStatus.OK:
        return f"a first program did not run: {outcome.what_stopped_it} {outcome.stderr}".strip()
    if level.seccomp and outcome.result["done"]:
        return f"a first program could {', '.join(outcome.result['done'])}"
    if level.namespaces and outcome.result["seen"]:
        return "a first program could see files outside"
    return None
