"""A process that has imported numpy and forks a confined child for each job, because that import is the start time.

It holds no secrets (its environment is empty), runs nothing of a job itself, and ends when its parent closes the
control socket, which is its standard input. Each message on it is one job: limits, and five descriptors: the document
to read, the report to write, standard output and error of the job, and a socket on which the server is told to kill the
job and says how it ended.

Started as ``python -P -s -S -B -c BOOTSTRAP settings`` by ``adapters/sandbox/helper.py``.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import os
import selectors
import signal
import socket
import sys
import types
from collections.abc import Mapping, Sequence
from typing import NoReturn, TextIO

from edgeworth.adapters.sandbox.child import boot
from edgeworth.adapters.sandbox.child.confinement import Confinement, ConfinementError, confine, limit_resources
from edgeworth.adapters.sandbox.child.messages import ENDED, JOB

DESCRIPTORS = 5

PRELOADED = (
    *("numpy", "numpy.fft", "numpy.linalg", "numpy.ma", "numpy.polynomial", "numpy.random"),
    *("_strptime", "abc", "argparse", "array", "bisect", "calendar", "cmath", "collections", "contextlib", "copy"),
    *("csv", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "heapq", "inspect", "io"),
    *("itertools", "json", "logging", "math", "numbers", "operator", "pprint", "random", "re", "statistics", "string"),
    *("textwrap", "time", "traceback", "typing", "unicodedata", "uuid", "warnings", "zlib"),
)
"""Where no file may be opened at all, these are what a program can import."""


def main() -> None:
    """Serve until the parent goes."""
    settings = json.loads(sys.argv[1])
    confinement = Confinement(
        landlock=settings["landlock"],
        seccomp=settings["seccomp"],
        paths=settings["paths"],
        readable=tuple(settings["readable"]),
    )
    sys.path[:] = [entry for entry in sys.path if entry not in settings["bootstrap"]]
    sys.meta_path.append(_PackagesFinder(settings["packages"]))
    for name in PRELOADED:
        importlib.import_module(name)
    os.environ.pop("PWD", None)  # bubblewrap's own; a program sees the same variables at every level
    _Server(confinement).serve(socket.socket(fileno=os.dup(0)))


class _PackagesFinder(importlib.abc.MetaPathFinder):
    """Finds the few packages by their folders, so that the folder they share with all others need not be readable."""

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = folders

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        folder = self._folders.get(fullname)
        if folder is None:
            return None
        return importlib.util.spec_from_file_location(
            fullname, f"{folder}/__init__.py", submodule_search_locations=[folder]
        )


class _Server:
    """The loop: new jobs, jobs to kill, jobs that ended."""

    def __init__(self, confinement: Confinement) -> None:
        self._confinement = confinement
        self._running: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()

    def serve(self, control: socket.socket) -> None:
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        self._selector.register(control, selectors.EVENT_READ)
        self._selector.register(wake, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is control:
                    if not self._take_job(control):
                        return self._kill_all()
                elif key.fileobj == wake:
                    os.read(wake, 4096)
                    self._reap()
                else:
                    self._kill(key.data)

    def _take_job(self, control: socket.socket) -> bool:
        """Fork for the next message; false when the parent is gone."""
        message, descriptors, _, _ = socket.recv_fds(control, JOB.size, DESCRIPTORS)
        if len(message) < JOB.size or len(descriptors) < DESCRIPTORS:
            return False
        *of_job, status = descriptors
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become_job(of_job, JOB.unpack(message), self._confinement, server)
        for descriptor in of_job:
            os.close(descriptor)
        self._running[pid] = socket.socket(fileno=status)
        self._selector.register(self._running[pid], selectors.EVENT_READ, pid)
        return True

    def _kill(self, pid: int) -> None:
        """Its parent asked for it, or let go of it. While it is not reaped, the number is still its own."""
        if pid not in self._running:
            return
        self._selector.unregister(self._running[pid])
        os.kill(pid, signal.SIGKILL)

    def _kill_all(self) -> None:
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        for pid in list(self._running):
            ended, status, usage = os.wait4(pid, os.WNOHANG)
            if ended == 0:
                continue
            connection = self._running.pop(pid)
            with contextlib.suppress(KeyError):
                self._selector.unregister(connection)
            with connection, contextlib.suppress(OSError):
                connection.send(ENDED.pack(status, usage.ru_utime + usage.ru_stime))


def _become_job(descriptors: Sequence[int], limits: Sequence[int], confinement: Confinement, server: int) -> NoReturn:
    """Read the document, run it confined, write the report. Never returns."""
    cpu_seconds, memory_mb, result_bytes = limits
    try:
        output, errors = _take_descriptors(descriptors)
        limit_resources(cpu_seconds=cpu_seconds, memory_mb=memory_mb)
        confine(confinement, parent=server)
        report = boot.run(_read_all(0), result_bytes=result_bytes)
        _flush(output, errors)
    except (ConfinementError, OSError) as error:
        report = json.dumps({"status": "infrastructure", "error": str(error)}).encode("ascii")
    try:
        _write_all(3, report)
    finally:
        os._exit(0)


def _take_descriptors(descriptors: Sequence[int]) -> tuple[TextIO, TextIO]:
    """The four of the job become 0 to 3, and nothing else stays open. Gives its output and errors as texts."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    document, report, output, errors = (fcntl.fcntl(descriptor, fcntl.F_DUPFD, 4) for descriptor in descriptors)
    for place, descriptor in enumerate((document, output, errors, report)):
        os.dup2(descriptor, place)
    os.closerange(4, 1 << 20)
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), _text(1), _text(2)
    return sys.stdout, sys.stderr


def _text(descriptor: int) -> TextIO:
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _read_all(descriptor: int) -> bytes:
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write_all(descriptor: int, report: bytes) -> None:
    while report:
        report = report[os.write(descriptor, report) :]


def _flush(*streams: TextIO) -> None:
    for stream in streams:
        # The program may have closed it, or its reader has had enough.
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
