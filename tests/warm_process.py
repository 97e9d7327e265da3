"""The process from which warm ones are forked; see ``tests/warm.py``.

Run as a script with the number of a socket, it imports the libraries once and forks a process for each request that
comes: a module, its arguments, an environment and a working folder in JSON, with three open files. The process imports
the module, runs its ``main``, writes to the last two files, and ends as it likes; the first one is told its id and, when
it has ended, its exit code.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

LIBRARIES = (
    *("aiolimiter", "alembic.command", "filelock", "httpx", "jinja2", "msgspec", "numpy", "polars", "psycopg"),
    *("pydantic_settings", "rich.live", "rich.markdown", "rich.progress", "rich.table", "scipy.optimize"),
    *("scipy.sparse.csgraph", "scipy.special", "sklearn.feature_extraction.text", "sqlalchemy.dialects.sqlite"),
    *("starlette.applications", "tenacity", "typer.rich_utils", "uvicorn", "websockets.asyncio.client"),
    *("xxhash", "yaml", "zstandard"),
)
"""None that reads settings from the environment when it is imported, as Prefect does, or starts threads that its end
waits for, as onnxruntime does."""

MOST_BYTES = 1_000_000
"""Of a request."""


def main(door: socket.socket) -> None:
    """Fork for each request until no more will come; in a forked process, run what it asks for."""
    told_of: dict[int, int] = {}
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        ready, _, _ = select.select([door, woken], [], [])
        if woken in ready:
            os.read(woken, 4096)
            tell_ended(told_of, os.WNOHANG)
            continue
        request, files, _, _ = socket.recv_fds(door, MOST_BYTES, 3)
        if not request:
            break
        told, *streams = files
        if (child := os.fork()) == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for file in (told, woken, wake, *told_of.values()):
                os.close(file)
            door.close()
            become(json.loads(request), *streams)
            return
        os.write(told, f"{child}\n".encode())
        told_of[child] = told
        for file in streams:
            os.close(file)
    tell_ended(told_of, 0)


def tell_ended(told_of: dict[int, int], flags: int) -> None:
    """Say of each process that has ended how it did; waiting for it counts its time as ours."""
    while told_of:
        child, status = os.waitpid(-1, flags)
        if child == 0:
            return
        with suppress(BrokenPipeError):
            os.write(told_of[child], str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told_of.pop(child))


def become(request: dict[str, Any], out: int, err: int) -> None:
    """Be a process that was started with this request."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for file, number in ((nothing, 0), (out, 1), (err, 2)):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.path[:0] = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    # The command goes by the name of its script.
    sys.argv = ["edgeworth" if request["module"] == "flows.cli" else request["module"], *request["arguments"]]
    import_module(request["module"]).main()


if __name__ == "__main__":
    for library in LIBRARIES:
        import_module(library)
    gc.freeze()
    main(socket.socket(fileno=int(sys.argv[1])))
