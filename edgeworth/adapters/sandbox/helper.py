"""Our end of the fork server: start it, give it jobs, end it. Knows nothing of programs and outcomes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import threading
from io import FileIO
from typing import IO

from msgspec import Struct

from edgeworth.adapters.sandbox.child.messages import JOB
from edgeworth.adapters.sandbox.levels import ENVIRONMENT, LocalLevel, fork_server_command
from edgeworth.simulation.sandbox import Limits

STOP_SECONDS = 5.0


class HelperGoneError(Exception):
    """The fork server does not take jobs (any more)."""


class JobEnds(Struct, frozen=True):
    """Our ends of the descriptors of one job. Whoever holds them closes them.

    Attributes:
        document: To be written. report, output, errors: To be read.
        status: A byte sent on it kills the job; its end comes as ``ENDED``.
    """

    document: FileIO
    report: FileIO
    output: FileIO
    errors: FileIO
    status: socket.socket

    def close(self) -> None:
        """Close what is left open; the fork server kills a job whose status nobody awaits."""
        for end in (self.status, self.document, self.report, self.output, self.errors):
            end.close()


class Helper:
    """A running fork server under ``level``. Start it in a thread that outlives it: bubblewrap dies with its thread.

    Raises:
        HelperGoneError: It cannot be started at all; why stands in the message.
    """

    def __init__(self, level: LocalLevel) -> None:
        self.level = level
        self._lock = threading.Lock()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed in stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._control = ours
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603
                    fork_server_command(level),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    env=ENVIRONMENT,
                    cwd="/",
                    start_new_session=True,
                    close_fds=True,
                )
            except OSError as error:
                ours.close()
                self._errors.close()
                raise HelperGoneError(str(error)) from error

    @property
    def pid(self) -> int:
        """The process that we started: the fork server, or bubblewrap around it."""
        return int(self._process.pid)

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def start_job(self, limits: Limits) -> JobEnds:
        """Have a job forked, whose document is to be written next.

        Raises:
            HelperGoneError: The fork server is gone.
        """
        ends, theirs = _descriptors()
        message = JOB.pack(limits.cpu_seconds, limits.memory_mb, limits.result_bytes)
        try:
            with self._lock:
                socket.send_fds(self._control, [message], theirs)
        except OSError as error:
            ends.close()
            raise HelperGoneError(self.last_words() or str(error)) from error
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        return ends

    def last_words(self) -> str:
        """What it wrote to its standard error, cut."""
        with self._lock:
            if self._errors.closed:
                return ""
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - 2000))
            return self._errors.read().decode("utf-8", errors="replace").strip()

    def stop(self) -> None:
        """End it and every job in it; returns when it is gone. Doing so again is harmless."""
        with self._lock:
            self._control.close()
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        # A killed process goes at once unless the kernel is stuck; then it is left to the kernel.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        with self._lock:
            self._errors.close()


def _descriptors() -> tuple[JobEnds, list[int]]:
    """A new set: our ends, and theirs in the order in which the fork server expects them."""
    document_read, document = os.pipe()
    (report, of_report), (output, of_output), (errors, of_errors) = os.pipe(), os.pipe(), os.pipe()
    status, of_server = socket.socketpair()
    ends = JobEnds(FileIO(document, "wb"), FileIO(report, "rb"), FileIO(output, "rb"), FileIO(errors, "rb"), status)
    return ends, [document_read, of_report, of_output, of_errors, of_server.detach()]
