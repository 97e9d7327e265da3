"""A process that may die: it holds a secret, listens, and has hostile programs run in a sandbox of one level.

``python -m tests.sandbox_host LEVEL`` with programs as JSON on standard input, outcomes as JSON on standard output. The
tests' own process never is the parent of a hostile program.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
from pathlib import Path

import msgspec

from edgeworth.adapters.sandbox.levels import CONFINED
from edgeworth.adapters.sandbox.local import LocalSandboxProvider
from edgeworth.simulation.sandbox import Limits, open_sandbox

SECRET = "canary-7d1f0c"


def descendants(pid: int) -> set[int]:
    """Every process below ``pid``, zombies too."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except OSError:  # gone meanwhile
                continue
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


async def attack(level_name: str, programs: dict[str, dict]) -> dict:
    level = next(level for level in CONFINED if level.name == level_name)
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        outside = Path(folder)
        (outside / "canary.txt").write_text(SECRET)
        (outside / "empty").mkdir()
        tcp, udp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        by_path, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        by_path.bind(str(outside / "socket"))
        abstract.bind(f"\0edgeworth-{os.getpid()}")
        by_path.listen()
        abstract.listen()
        inputs = {
            "canary": str(outside / "canary.txt"),
            "folder": str(outside / "empty"),
            "host": os.getpid(),
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "unix": str(outside / "socket"),
            "abstract": f"\0edgeworth-{os.getpid()}",
        }
        outcomes, left = {}, {}
        async with LocalSandboxProvider(levels=[level], concurrency=2) as provider:
            if provider.level != level.name:
                return {"unavailable": provider.findings[level.name]}
            servers = descendants(os.getpid())

            async def one(name: str, program: dict) -> None:
                async with open_sandbox(provider, run="attacks", market=name) as sandbox:
                    limits = Limits(**{"wall_seconds": 15, "cpu_seconds": 5, "memory_mb": 512, **program["limits"]})
                    outcomes[name] = await sandbox.run(program["code"], inputs=inputs, limits=limits)

            await asyncio.gather(*(one(name, program) for name, program in programs.items()))
            left["while_open"] = sorted(descendants(os.getpid()) ^ servers)
        left["when_closed"] = sorted(descendants(os.getpid()))
        left["files"] = sorted(path.name for path in (outside / "empty").iterdir())
        left["canary"] = (outside / "canary.txt").read_text() + oct((outside / "canary.txt").stat().st_mode & 0o777)
        for listener in (tcp, udp, by_path, abstract):
            listener.setblocking(False)
        left["callers"] = sum(_was_called(listener) for listener in (tcp, udp, by_path, abstract))
    return {"outcomes": json.loads(msgspec.json.encode(outcomes)), "left": left}


def _was_called(listener: socket.socket) -> bool:
    with listener:
        try:
            listener.recv(100) if listener.type is socket.SOCK_DGRAM else listener.accept()
        except BlockingIOError:
            return False
        return True


if __name__ == "__main__":
    os.environ["OPENAI_API_KEY"] = SECRET
    json.dump(asyncio.run(attack(sys.argv[1], json.load(sys.stdin))), sys.stdout)
