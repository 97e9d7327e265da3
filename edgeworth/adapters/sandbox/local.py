"""The sandbox of this machine: confined child processes of a fork server that is ours.

The level is decided once, on entering, by running a real program that tries to get out. Which attacks each level stops,
and what none of them does, stands in ``docs/sandbox.md``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from edgeworth.adapters.sandbox.helper import Helper, HelperGoneError
from edgeworth.adapters.sandbox.jobs import check_file_names, job_document, taken_out
from edgeworth.adapters.sandbox.levels import CONFINED, UNSAFE, LocalLevel
from edgeworth.adapters.sandbox.probe import PROBE_LIMITS, probe_document, what_is_open
from edgeworth.adapters.sandbox.supervision import Supervised, Supervision
from edgeworth.errors import ConfigurationError, RetriableSourceError
from edgeworth.simulation.sandbox import Json, Limits, Outcome, RunStatus, Sandbox

_log = logging.getLogger(__name__)

NO_LEVEL = "none"
UNSAFE_WARNING = (
    "sandbox: unsafe was asked for. Generated programs get limits of time and memory and an empty environment, "
    "and can read and write every file of this user, use the network and see other processes"
)
_CAN_FORK = hasattr(os, "fork")


class LocalSandboxProvider:
    """Sandboxes on this machine. Use as ``async with``, within one event loop.

    Args:
        levels: To be tried, strongest first.
        require: The weakest level (its number) that will do; ``None`` takes what there is, also none at all.
        concurrency: Programs that run at once; ``None`` for one on each processor. There is no limit over processes.
    """

    def __init__(
        self,
        *,
        levels: Sequence[LocalLevel] = CONFINED,
        require: int | None = None,
        concurrency: int | None = None,
    ) -> None:
        self._levels = levels
        self._require = require
        places = concurrency or os.cpu_count() or 1
        self._places = asyncio.Semaphore(places)
        self._threads = ThreadPoolExecutor(places, thread_name_prefix="sandbox")
        self._chosen: LocalLevel | None = None
        self._helpers: dict[LocalLevel, Helper] = {}
        self._starting = asyncio.Lock()
        self._open: set[LocalSandbox] = set()
        self.findings: dict[str, str] = {}

    @property
    def level(self) -> str:
        """What confines the programs; ``none`` where nothing can."""
        return NO_LEVEL if self._chosen is None else self._chosen.name

    @property
    def explanation(self) -> str:
        """Why no stronger level was taken."""
        return "; ".join(f"{name}: {finding}" for name, finding in self.findings.items())

    async def __aenter__(self) -> Self:
        try:
            for level in self._levels:
                if await self._try(level):
                    break
            if self._chosen == UNSAFE:
                _log.warning(UNSAFE_WARNING)
            self._check_required()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sandbox in list(self._open):
            await sandbox.close()
        for helper in self._helpers.values():
            helper.stop()
        self._helpers.clear()
        self._threads.shutdown(wait=True)

    async def create(self, *, run: str, market: str, own_code: bool = False) -> Sandbox:
        """A sandbox; ``run`` and ``market`` need no label here, for everything ends with this process."""
        del run, market
        level = self._chosen
        if level is None and own_code and _CAN_FORK:
            level = UNSAFE
        sandbox = LocalSandbox(self, level, self.explanation)
        self._open.add(sandbox)
        return sandbox

    def forget(self, sandbox: LocalSandbox) -> None:
        """``sandbox`` is closed."""
        self._open.discard(sandbox)

    async def supervise(self, level: LocalLevel, document: bytes, limits: Limits) -> Supervised:
        """Run one job under ``level`` when there is room. A cancellation ends the job first."""
        async with self._places:
            supervision = Supervision(await self._helper(level), document, limits)
            running = asyncio.get_running_loop().run_in_executor(self._threads, supervision.run)
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                supervision.cancel()
                await asyncio.wait([running])
                raise

    async def _helper(self, level: LocalLevel) -> Helper:
        """The fork server of ``level``, started anew when it is gone."""
        async with self._starting:
            helper = self._helpers.get(level)
            if helper is not None and helper.is_alive:
                return helper
            if helper is not None:
                _log.warning("the sandbox's own process ended and is started anew", extra={"level": level.name})
                helper.stop()
            try:
                # In this thread, which lives as long as the loop: bubblewrap ends with the thread that started it.
                self._helpers[level] = Helper(level)
            except HelperGoneError as error:
                raise RetriableSourceError(f"the local sandbox ({level.name}) does not start: {error}") from error
            return self._helpers[level]

    async def _try(self, level: LocalLevel) -> bool:
        """Whether ``level`` confines a real program here; if so it is the one that is used."""
        if level != UNSAFE and sys.platform != "linux":
            self.findings[level.name] = f"it needs Linux, this is {sys.platform}"
            return False
        if not _CAN_FORK:
            self.findings[level.name] = "this system cannot fork"
            return False
        try:
            supervised = await self.supervise(level, probe_document(level), PROBE_LIMITS)
        except RetriableSourceError as error:
            self.findings[level.name] = str(error)
            return False
        wrong = what_is_open(supervised.outcome, level)
        if wrong is None:
            self._chosen = level
            return True
        self.findings[level.name] = wrong
        self._helpers.pop(level).stop()
        return False

    def _check_required(self) -> None:
        if self._require is None or (self._chosen is not None and self._chosen.number <= self._require):
            return
        raise ConfigurationError(
            f"expected a sandbox of level {self._require} or stronger (a lower number), found {self.level}. "
            + self.explanation
        )


class LocalSandbox:
    """One market's place: files kept here, each run in a process of its own."""

    def __init__(self, provider: LocalSandboxProvider, level: LocalLevel | None, explanation: str) -> None:
        self._provider = provider
        self._level = level
        self._explanation = explanation
        self._files: dict[str, bytes] = {}
        self._changed: dict[str, bytes] = {}
        self._running: set[asyncio.Task[Supervised]] = set()
        self._closed = asyncio.Event()

    @property
    def level(self) -> str:
        """What confines the programs."""
        return NO_LEVEL if self._level is None else self._level.name

    async def put(self, files: Mapping[str, bytes]) -> None:
        """Keep ``files`` for the runs that follow; there is no folder, they go in with the inputs."""
        check_file_names(files)
        self._files |= files

    async def run(self, code: str, *, inputs: Json, limits: Limits) -> Outcome:
        """Run ``main(inputs)`` of ``code``; see ``edgeworth.simulation.sandbox``."""
        if self._closed.is_set():
            raise RuntimeError("this sandbox is closed")
        self._changed = {}
        if self._level is None:
            reason = f"no sandbox on this machine can confine it, so it was not run. {self._explanation}"
            return Outcome(status=RunStatus.REFUSED, seconds=0.0, what_stopped_it=reason)
        document = job_document(code, inputs, self._files)
        task = asyncio.create_task(self._provider.supervise(self._level, document, limits))
        self._running.add(task)
        try:
            supervised = await task
        except RetriableSourceError as error:
            return Outcome(status=RunStatus.INFRASTRUCTURE, seconds=0.0, what_stopped_it=str(error))
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not self._closed.is_set() or (caller is not None and caller.cancelling()):
                raise
            return Outcome(status=RunStatus.KILLED, seconds=0.0, what_stopped_it="its sandbox was closed")
        finally:
            self._running.discard(task)
        self._changed = supervised.files
        return supervised.outcome

    async def get(self, names: Sequence[str], *, max_bytes: int) -> dict[str, bytes]:
        """Files that the last run added or changed."""
        return taken_out(self._changed, names, max_bytes=max_bytes)

    async def close(self) -> None:
        """End what runs."""
        self._closed.set()
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        self._provider.forget(self)
