"""One sandbox of Daytona: programs go up as documents, and what they wrote comes down and is judged as anywhere."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path

from daytona import (
    AsyncSandbox,
    DaytonaConnectionTimeoutError,
    DaytonaError,
    DaytonaTimeoutError,
    FileDownloadRequest,
    FileUpload,
)

from edgeworth.adapters.sandbox.daytona_service import CALL_SECONDS
from edgeworth.adapters.sandbox.jobs import check_file_names, job_document, taken_out
from edgeworth.adapters.sandbox.supervision import DESCRIPTION_BYTES, Ended, Stop, judge
from edgeworth.simulation.sandbox import Json, Limits, Outcome, RunStatus

LEVEL = "daytona"
FOLDER = "edgeworth"
BOOT = Path(__file__).with_name("child") / "boot.py"


class DaytonaSandbox:
    """One sandbox; each run is a process of its own in it.

    Args:
        number: Unique among those of its provider.
        give_back: Told once when this one is closed, and whether it is as it should be.
    """

    remote: AsyncSandbox
    """Known before anyone else sees this object."""

    def __init__(
        self, *, number: int, give_back: Callable[[DaytonaSandbox, bool], Coroutine[None, None, None]]
    ) -> None:
        self._number = number
        self._give_back = give_back
        self._files: dict[str, bytes] = {}
        self._changed: dict[str, bytes] = {}
        self._runs = 0
        self._is_clean = True
        self._closing: asyncio.Task[None] | None = None

    @property
    def level(self) -> str:
        """Always ``daytona``."""
        return LEVEL

    async def put(self, files: Mapping[str, bytes]) -> None:
        """Keep ``files`` for the runs that follow; they go in with the inputs."""
        check_file_names(files)
        self._files |= files

    async def run(self, code: str, *, inputs: Json, limits: Limits) -> Outcome:
        """Run ``main(inputs)`` of ``code``; see ``edgeworth.simulation.sandbox``."""
        if self._closing is not None:
            raise RuntimeError("this sandbox is closed")
        self._changed = {}
        document = job_document(code, inputs, self._files)
        was_clean, self._is_clean = self._is_clean, False
        began = time.monotonic()
        try:
            job = await self._upload(document)
            began = time.monotonic()
            answer = await self.remote.process.exec(_command(job, limits), timeout=math.ceil(limits.wall_seconds))
            seconds = time.monotonic() - began
            texts = await self._download(job)
        except DaytonaTimeoutError as error:
            seconds = time.monotonic() - began
            if isinstance(error, DaytonaConnectionTimeoutError):
                return _failed(str(error), seconds)
            reason = f"it ran longer than {limits.wall_seconds:g} s"
            return Outcome(status=RunStatus.TIMEOUT, seconds=seconds, what_stopped_it=reason)
        except DaytonaError as error:
            return _failed(str(error), time.monotonic() - began)
        self._is_clean = was_clean
        return self._judged(int(answer.exit_code), texts, seconds, limits)

    async def get(self, names: Sequence[str], *, max_bytes: int) -> dict[str, bytes]:
        """Files that the last run added or changed."""
        return taken_out(self._changed, names, max_bytes=max_bytes)

    async def close(self) -> None:
        """Delete it, or give it back for the next market; a cancellation waits for that."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._give_back(self, self._is_clean))
        await to_the_end(self._closing)

    async def _upload(self, document: bytes) -> str:
        self._runs += 1
        # Never a folder that was there before: what an earlier program left must not pass for this one's report.
        job = f"{FOLDER}/{self._number}-{self._runs}"
        files = [FileUpload(document, f"{job}/job.json")]
        if self._runs == 1:
            files.append(FileUpload(BOOT.read_bytes(), f"{FOLDER}/boot.py"))
        await self.remote.fs.upload_files(files, int(CALL_SECONDS))
        return job

    async def _download(self, job: str) -> list[bytes]:
        names = [f"{job}/{name}" for name in ("report.txt", "out.txt", "err.txt")]
        asked = [FileDownloadRequest(source=name) for name in names]
        answers = await self.remote.fs.download_files(asked, int(CALL_SECONDS))
        texts = {answer.source: answer.result for answer in answers}
        for name in names:
            if texts.get(name) is None:
                raise DaytonaError(f"{name} could not be fetched")
        return [text.encode() if isinstance(text := texts[name], str) else text or b"" for name in names]

    def _judged(self, exit_code: int, texts: Sequence[bytes], seconds: float, limits: Limits) -> Outcome:
        report, output, errors = texts
        if exit_code < 0:
            return _failed(f"the program could not be started: {errors[:500]!r}", seconds)
        # A shell says 128 + number for a process that a signal ended; ``wait`` says it in other bits.
        ended = Ended(exit_code - 128 if exit_code > 128 else exit_code << 8, 0.0)
        verdict = judge(ended, report, _too_long(report, output, errors, limits), limits)
        is_ok = verdict.status is RunStatus.OK
        self._changed = verdict.report.files if is_ok else {}
        most = limits.output_bytes
        return Outcome(
            status=verdict.status,
            seconds=seconds,
            result=verdict.report.result if is_ok else None,
            stdout=output[:most].decode("utf-8", errors="replace"),
            stderr=errors[:most].decode("utf-8", errors="replace"),
            truncated=len(output) > most or len(errors) > most,
            what_stopped_it=verdict.reason,
            traceback=verdict.report.traceback,
        )


async def to_the_end(task: asyncio.Task[None]) -> None:
    """Wait for ``task``, which deletes what costs money: a first cancellation of the caller is held back until then."""
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _command(job: str, limits: Limits) -> str:
    """Run the boot program in the folder of the job; what it wrote is cut there, one byte past what may come."""
    report_bytes = limits.result_bytes + DESCRIPTION_BYTES
    file_bytes = max(report_bytes, limits.output_bytes) + 1
    boot = f"../boot.py job.json report.json {limits.cpu_seconds} {limits.memory_mb} {limits.result_bytes} {file_bytes}"
    return (
        f"cd {job} && PYTHONHASHSEED=0 OPENBLAS_NUM_THREADS=1 python3 -s -B {boot} >out.all 2>err.all; code=$?; "
        f"head -c {report_bytes + 1} report.json >report.txt; "
        f"head -c {limits.output_bytes + 1} out.all >out.txt; "
        f"head -c {limits.output_bytes + 1} err.all >err.txt; exit $code"
    )


def _too_long(report: bytes, output: bytes, errors: bytes, limits: Limits) -> Stop | None:
    for text, most, where in (
        (report, limits.result_bytes + DESCRIPTION_BYTES, "as its result"),
        (output, limits.output_bytes, "to standard output"),
        (errors, limits.output_bytes, "to standard error"),
    ):
        if len(text) > most:
            return Stop(RunStatus.KILLED, f"it wrote more than {most} bytes {where}")
    return None


def _failed(reason: str, seconds: float) -> Outcome:
    return Outcome(status=RunStatus.INFRASTRUCTURE, seconds=seconds, what_stopped_it=f"Daytona: {reason[:500]}")
