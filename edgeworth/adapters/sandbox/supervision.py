"""Watches over one job from outside: feeds it, reads it up to the caps, ends it at the deadline, and judges its end.

Blocking; ``local.py`` runs it in a thread. Whatever the job wrote is hostile text: it is counted before it is kept and
decoded strictly.
"""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import socket
import threading
import time
from io import FileIO
from typing import Any, Literal, cast

import msgspec
from msgspec import Struct

from edgeworth.adapters.sandbox.child.messages import ENDED
from edgeworth.adapters.sandbox.helper import Helper, HelperGoneError, JobEnds
from edgeworth.simulation.sandbox import Limits, Outcome, RunStatus

PATIENCE_SECONDS = 5.0
"""How long a killed job may take to be gone before the whole fork server is ended."""
CHUNK = 65_536
DESCRIPTION_BYTES = 100_000
"""Room in a report besides the result: the sentence and the failing lines, escaped."""
USED_UP_SHARE = 0.5
"""A SIGKILL that is not ours counts as the processor limit from this share of it on. The kernel ends a process by ticks
and accounts for it by run time, which on a busy machine lies well below; nothing else tells the two kinds apart."""


class Ended(Struct, frozen=True):
    """How the process of a job ended: its status as of ``wait``, and the processor time it used."""

    status: int
    cpu_seconds: float


class Stop(Struct, frozen=True):
    """Why we ended a job."""

    status: RunStatus
    reason: str


class Report(Struct, frozen=True):
    """What a job says of itself; see ``child/boot.py``."""

    status: Literal["ok", "code_error", "memory", "refused", "infrastructure"]
    result: Any = None
    files: dict[str, bytes] = {}
    error: str = ""
    traceback: str = ""


class Supervised(Struct, frozen=True):
    """The outcome of a job and the files it changed."""

    outcome: Outcome
    files: dict[str, bytes] = {}


class Supervision:
    """One job. ``run`` blocks; ``cancel`` may be called from another thread."""

    def __init__(self, helper: Helper, document: bytes, limits: Limits) -> None:
        self._helper = helper
        self._unsent = memoryview(document)
        self._limits = limits
        self._lock = threading.Lock()
        self._ends: JobEnds | None = None
        self._stop: Stop | None = None
        self._ended: Ended | None = None
        self._deadline = math.inf

    def cancel(self) -> None:
        """End the job as soon as can be, or never begin it."""
        with self._lock:
            self._kill(RunStatus.KILLED, "it was cancelled")

    def run(self) -> Supervised:
        """Run the job to its end."""
        began = time.monotonic()
        try:
            with self._lock:
                if self._stop is not None:
                    return Supervised(Outcome(status=self._stop.status, seconds=0.0, what_stopped_it=self._stop.reason))
                self._ends = self._helper.start_job(self._limits)
                self._deadline = began + self._limits.wall_seconds
        except HelperGoneError as error:
            return _infrastructure(f"the sandbox's own process is gone: {error}", 0.0)
        texts = _Texts(self._ends, self._limits)
        try:
            self._watch(self._ends, texts)
        finally:
            with self._lock:
                self._ends.close()
                self._ends = None
        return self._judged(texts, time.monotonic() - began)

    def _kill(self, status: RunStatus, reason: str) -> None:
        """Have the job killed, for the first reason that is given. The caller holds the lock."""
        if self._stop is not None:
            return
        self._stop = Stop(status, reason)
        self._deadline = time.monotonic() + PATIENCE_SECONDS
        if self._ends is not None:
            # It may have ended just now, and the fork server closed its side.
            with contextlib.suppress(OSError):
                self._ends.status.send(b"K")

    def _watch(self, ends: JobEnds, texts: _Texts) -> None:
        os.set_blocking(ends.document.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(ends.document, selectors.EVENT_WRITE)
            for source in (ends.status, *texts.sources):
                selector.register(source, selectors.EVENT_READ)
            while selector.get_map():
                left = self._deadline - time.monotonic()
                if left > 0:
                    for key, _ in selector.select(left):
                        self._serve(key.fileobj, ends, texts, selector)
                elif self._stop is None:
                    with self._lock:
                        self._kill(RunStatus.TIMEOUT, f"it ran longer than {self._limits.wall_seconds:g} s")
                else:
                    return  # it cannot even be killed: the fork server does not answer

    def _serve(self, ready: object, ends: JobEnds, texts: _Texts, selector: selectors.BaseSelector) -> None:
        if ready is ends.document:
            is_done = self._feed(ends.document)
        elif ready is ends.status:
            self._ended = _end_told(ends.status)
            is_done = True
        else:
            source = cast("FileIO", ready)
            is_done = not texts.take(source)
            if too_long := texts.too_long(source):
                with self._lock:
                    self._kill(RunStatus.KILLED, too_long)
        if is_done:
            selector.unregister(cast("FileIO", ready))
            if ready is ends.document:
                ends.document.close()

    def _feed(self, document: FileIO) -> bool:
        """Write on; true when there is nothing more to write."""
        try:
            written = document.write(self._unsent[:CHUNK])
        except BrokenPipeError:
            return True  # it ended or closed its input; how it ended is told elsewhere
        self._unsent = self._unsent[written or 0 :]
        return not self._unsent

    def _judged(self, texts: _Texts, seconds: float) -> Supervised:
        if self._ended is None:
            reason = f"the sandbox's own process is gone or does not answer: {self._helper.last_words()}"
            self._helper.stop()  # the next job gets another
            return _infrastructure(reason, seconds)
        verdict = judge(self._ended, bytes(texts.report), self._stop, self._limits)
        outcome = Outcome(
            status=verdict.status,
            seconds=seconds,
            result=verdict.report.result if verdict.status is RunStatus.OK else None,
            stdout=texts.output.decode("utf-8", errors="replace"),
            stderr=texts.errors.decode("utf-8", errors="replace"),
            truncated=texts.is_truncated,
            what_stopped_it=verdict.reason,
            traceback=verdict.report.traceback,
        )
        return Supervised(outcome, verdict.report.files if verdict.status is RunStatus.OK else {})


class _Texts:
    """What a job has written so far, never more than its caps."""

    def __init__(self, ends: JobEnds, limits: Limits) -> None:
        self.report, self.output, self.errors = bytearray(), bytearray(), bytearray()
        self.is_truncated = False
        self.sources = (ends.report, ends.output, ends.errors)
        self._kept = {
            ends.report: (self.report, limits.result_bytes + DESCRIPTION_BYTES, "as its result"),
            ends.output: (self.output, limits.output_bytes, "to standard output"),
            ends.errors: (self.errors, limits.output_bytes, "to standard error"),
        }
        self._too_long: set[FileIO] = set()

    def take(self, source: FileIO) -> bool:
        """Read once; false at the end."""
        part = source.read(CHUNK)
        if not part:
            return False
        kept, most, _ = self._kept[source]
        room = most - len(kept)
        kept += part[:room]
        if len(part) > room:
            self._too_long.add(source)
            self.is_truncated = True
        return True

    def too_long(self, source: FileIO) -> str | None:
        """A sentence when more came from ``source`` than may come."""
        _, most, where = self._kept[source]
        return f"it wrote more than {most} bytes {where}" if source in self._too_long else None


class Verdict(Struct, frozen=True):
    """What is made of an end: how it counts, why (``None`` when all is well), and the report as far as there is one."""

    status: RunStatus
    reason: str | None
    report: Report = Report("code_error")


def judge(ended: Ended, report: bytes, stop: Stop | None, limits: Limits) -> Verdict:
    """What ended a job: we did, the kernel did, or it came to its end and said so. Pure."""
    if stop is not None:
        return Verdict(stop.status, stop.reason)
    if os.WIFSIGNALED(ended.status):
        return _signalled(os.WTERMSIG(ended.status), ended, limits)
    if not report:
        code = os.waitstatus_to_exitcode(ended.status)
        return Verdict(RunStatus.CODE_ERROR, f"it ended its process without a result (exit code {code})")
    try:
        said = msgspec.json.decode(report, type=Report)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        return Verdict(RunStatus.CODE_ERROR, f"its result is not what a result looks like: {error}")
    status = RunStatus(said.status)
    return Verdict(status, None if status is RunStatus.OK else said.error or status.value, said)


def _signalled(number: int, ended: Ended, limits: Limits) -> Verdict:
    if number == signal.SIGXCPU:  # where the soft limit is below the hard one
        return Verdict(RunStatus.TIMEOUT, f"it used more than {limits.cpu_seconds} s of processor time")
    if number == signal.SIGKILL and ended.cpu_seconds >= limits.cpu_seconds * USED_UP_SHARE:
        return Verdict(RunStatus.TIMEOUT, f"it used more than {limits.cpu_seconds} s of processor time")
    if number == signal.SIGKILL:
        return Verdict(RunStatus.KILLED, "the system killed it, most likely for want of memory")
    return Verdict(RunStatus.KILLED, f"it crashed with {signal.Signals(number).name}")


def _end_told(status: socket.socket) -> Ended | None:
    """What the fork server says of the end of the job; ``None`` when it went without a word."""
    try:
        told = status.recv(ENDED.size)
    except ConnectionError:
        return None
    return Ended(*ENDED.unpack(told)) if len(told) == ENDED.size else None


def _infrastructure(reason: str, seconds: float) -> Supervised:
    return Supervised(Outcome(status=RunStatus.INFRASTRUCTURE, seconds=seconds, what_stopped_it=reason))
