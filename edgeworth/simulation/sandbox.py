"""What simulation needs from a sandbox: limits in, a program and its inputs in, one outcome out.

Only the contract: the sandboxes themselves live in ``edgeworth.adapters.sandbox``. A sandbox bounds what a program
touches and how long it runs; it does not make the numbers right, so whoever reads a result checks its shape and range.

What a program is, in every sandbox: Python source with a function ``main(inputs)`` that returns a value of JSON
(numpy scalars and small arrays are converted; NaN and infinities are an error). The namespace holds ``files``, a dict
of names to bytes with what was ``put``; what the program adds or changes there can be fetched with ``get``. Each file
``NAME.py`` can be imported as ``NAME``, and so can numpy. All else outside the process is out of reach.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias

from msgspec import Struct

from edgeworth.errors import ConfigurationError

Json: TypeAlias = Any
"""``None``, bool, int, finite float, str, list or dict with str keys of the same: what JSON can say."""


class Limits(Struct, frozen=True, kw_only=True):
    """What one run may use. Whatever is exceeded ends that run and nothing else.

    Attributes:
        wall_seconds: From the start of the run, sleeping included.
        cpu_seconds: Processor time, whole seconds (the kernel counts no finer).
        memory_mb: Address space in MiB, more than what is resident: the interpreter with numpy takes about 120.
        output_bytes: Longest standard output, and longest standard error.
        result_bytes: Longest result with the changed files, as JSON.
    """

    wall_seconds: float = 60.0
    cpu_seconds: int = 60
    memory_mb: int = 1024
    output_bytes: int = 65_536
    result_bytes: int = 1_000_000

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigurationError(
                    f"limits of a sandbox: expected {name} above 0 and finite, found {getattr(self, name)}"
                )


class RunStatus(StrEnum):
    """How a run ended. Only ``INFRASTRUCTURE`` may be tried again: the rest is a fact about the program."""

    OK = "ok"
    CODE_ERROR = "code_error"
    """The program raised, did not compile, or returned what is not finite JSON."""
    TIMEOUT = "timeout"
    """The wall clock or the processor time ran out."""
    MEMORY = "memory"
    """More memory was asked for than the limit."""
    KILLED = "killed"
    """It crashed, or it was stopped for writing too much."""
    REFUSED = "refused"
    """It asked for what a sandbox does not give (a file, a socket, a process), or no sandbox would run it."""
    INFRASTRUCTURE = "infrastructure"
    """The sandbox itself failed; nothing was learnt about the program."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of one run. Every text in it was written by the program: escape it, never interpret it.

    Attributes:
        result: What ``main`` returned; ``None`` unless the status is ok.
        stdout: What was printed, up to the limit. stderr: Likewise.
        seconds: Wall time of the run, without waiting for a free place.
        truncated: Some output is missing.
        what_stopped_it: A sentence for a person; ``None`` when the status is ok.
        traceback: The failing lines with their numbers in ``program.py`` and the files, for whoever mends the program.
    """

    status: RunStatus
    seconds: float
    result: Json = None
    stdout: str = ""
    stderr: str = ""
    truncated: bool = False
    what_stopped_it: str | None = None
    traceback: str = ""


class Sandbox(Protocol):
    """One place in which programs of one market run, one after the other."""

    @property
    def level(self) -> str:
        """What confines the programs, as recorded with the run: ``local:landlock+seccomp``, ``daytona``, ..."""

    async def put(self, files: Mapping[str, bytes]) -> None:
        """Lay ``files`` ready for the runs that follow; a name that is there already is replaced.

        Raises:
            ConfigurationError: A name is not a plain file name.
            SourceError: The sandbox is a service and did not take them.
        """

    async def run(self, code: str, *, inputs: Json, limits: Limits) -> Outcome:
        """Run ``main(inputs)`` of ``code`` in a fresh process. Never raises for what the program does.

        Cancelling ends the program before the cancellation goes on.
        """

    async def get(self, names: Sequence[str], *, max_bytes: int) -> dict[str, bytes]:
        """The files of ``names`` that the last run added or changed; what it did not is left out.

        Raises:
            UnreadableInputError: They are longer than ``max_bytes`` together.
        """

    async def close(self) -> None:
        """End whatever runs and give the place back. Doing so again is harmless."""


class SandboxProvider(Protocol):
    """Gives sandboxes, as many at once as the machine or the service bears. Entered before use; leaving closes all."""

    @property
    def level(self) -> str:
        """What confines the programs of its sandboxes; known once entered. ``none`` where nothing can."""

    @property
    def explanation(self) -> str:
        """Why it is nothing stronger, for a person; empty when there is nothing to say. Known once entered."""

    async def create(self, *, run: str, market: str, own_code: bool = False) -> Sandbox:
        """A sandbox labelled with the run and the market it serves, once there is room.

        Args:
            run: Names the run.
            market: Names the market.
            own_code: The programs are our own (a built-in model), so they run also where nothing can confine them.
                Anything else is ``refused`` there.

        Raises:
            SourceError: The service did not give one. Nothing is left behind.
        """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@asynccontextmanager
async def open_sandbox(
    provider: SandboxProvider, *, run: str, market: str, own_code: bool = False
) -> AsyncIterator[Sandbox]:
    """A sandbox of ``provider`` for the time of the block; closed however the block ends."""
    sandbox = await provider.create(run=run, market=market, own_code=own_code)
    try:
        yield sandbox
    finally:
        await sandbox.close()
