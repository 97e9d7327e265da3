"""Sandboxes of Daytona: another machine, without network, for one market each.

The same ``child/boot.py`` runs there as here, so that one form of result and one set of limits hold everywhere. It is
uploaded once; a job is a document in and three files out. What may not leak is a sandbox: it costs money until its time
to live is over. So each carries the label of a lease (``leases.py``), and each way out deletes: closing, an error while
it is made, a cancellation, the end of the provider, and a reaper after a crash.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from daytona import AsyncDaytona, AsyncSandbox, DaytonaConfig
from msgspec import Struct

from edgeworth.adapters.sandbox.daytona_options import DaytonaOptions
from edgeworth.adapters.sandbox.daytona_sandbox import LEVEL, DaytonaSandbox, to_the_end
from edgeworth.adapters.sandbox.daytona_service import (
    CALL_SECONDS,
    DaytonaService,
    UnfinishedSandboxError,
    translated,
)
from edgeworth.adapters.sandbox.leases import Lease
from edgeworth.errors import ConfigurationError, EdgeworthError
from edgeworth.ports import Clock
from edgeworth.simulation.sandbox import Sandbox

_log = logging.getLogger(__name__)

NETWORK_PROBE = "python3 -c \"import socket; socket.create_connection(('1.1.1.1', 443), 3)\""
"""Succeeds where the network is open; nothing is sent."""


class DaytonaSandboxProvider:
    """Sandboxes of Daytona. Use as ``async with``, within one event loop.

    Args:
        api_key: Never shown.
        options: How it is used.
        leases: Folder of the leases.
        lease_id: Of this provider; unique.
        clock: Dates the lease.
    """

    def __init__(self, *, api_key: str, options: DaytonaOptions, leases: Path, lease_id: str, clock: Clock) -> None:
        self._config = DaytonaConfig(api_key=api_key, api_url=options.api_url, target=options.target)
        self._options = options
        self._folder = leases
        self._lease_id = lease_id
        self._clock = clock
        self._places = asyncio.Semaphore(options.sandboxes)
        self._open: set[DaytonaSandbox] = set()
        self._idle: list[AsyncSandbox] = []
        self._closing = AsyncExitStack()
        self._later: set[asyncio.Task[None]] = set()
        self._asked = 0
        self._is_network_checked = False
        self._is_uncertain = False

    @property
    def level(self) -> str:
        """Always ``daytona``."""
        return LEVEL

    @property
    def explanation(self) -> str:
        """Nothing is stronger."""
        return ""

    async def __aenter__(self) -> Self:
        self._client = await self._closing.enter_async_context(AsyncDaytona(self._config))
        self._service = DaytonaService(self._client)
        self._lease = Lease.begin(self._folder, self._lease_id, at=self._clock(), lifetime=self._lifetime)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await to_the_end(asyncio.create_task(self._leave()))

    @property
    def _lifetime(self) -> timedelta:
        return timedelta(minutes=self._options.wish.ttl_minutes, seconds=self._options.wish.create_seconds)

    async def create(self, *, run: str, market: str, own_code: bool = False) -> Sandbox:
        """A sandbox labelled with lease, run and market, when there is a place.

        Raises:
            SourceError: Daytona did not give one; nothing is left behind.
            ConfigurationError: The key is not accepted, or the network cannot be blocked.
        """
        del own_code
        await self._places.acquire()
        self._asked += 1
        labels = {
            **self._lease.labels,
            "edgeworth-run": run,
            "edgeworth-market": market,
            "edgeworth-number": str(self._asked),
        }
        sandbox = DaytonaSandbox(number=self._asked, give_back=self._give_back)
        making = asyncio.create_task(self._idle_or_new(labels))
        try:
            sandbox.remote = await asyncio.shield(making)
        except asyncio.CancelledError:
            # It goes on to its end behind us, so that it is known what to delete; its place is taken until then.
            self._do_later(self._unmake(making))
            raise
        except BaseException:
            self._places.release()
            raise
        self._open.add(sandbox)
        return sandbox

    async def _give_back(self, sandbox: DaytonaSandbox, is_clean: bool) -> None:  # noqa: FBT001
        """Delete what is closed, or keep it for the next market."""
        self._open.discard(sandbox)
        try:
            if self._options.is_reused and is_clean:
                self._idle.append(sandbox.remote)
            else:
                await self._delete([sandbox.remote.id])
        finally:
            self._places.release()

    async def _idle_or_new(self, labels: Mapping[str, str]) -> AsyncSandbox:
        """A sandbox; when this raises, there is none."""
        remote = self._idle.pop() if self._idle else None
        try:
            if remote is None:
                remote = await self._make(labels)
                await self._check_network(remote)
            else:
                with translated("label a sandbox"):
                    # The SDK's own label goes with the others when they are replaced.
                    await remote.set_labels({**labels, "code-toolbox-language": "python"}, request_timeout=CALL_SECONDS)
        except EdgeworthError:
            if remote is not None:
                await self._delete([remote.id])
            raise
        return remote

    async def _make(self, labels: Mapping[str, str]) -> AsyncSandbox:
        self._lease.extend(self._clock(), self._lifetime)
        try:
            return await self._service.create(self._options.wish, labels)
        except UnfinishedSandboxError as error:
            await self._clean_up(labels, error.sandbox_id)
            raise

    async def _check_network(self, remote: AsyncSandbox) -> None:
        """An organisation's rules may stand above our wish; so it is read back, and tried once."""
        is_blocked = remote.network_block_all is True
        if is_blocked and not self._is_network_checked:
            with translated("try the network from inside"):
                answer = await remote.process.exec(NETWORK_PROBE, timeout=15)
            is_blocked = answer.exit_code != 0
        if not is_blocked:
            raise ConfigurationError(
                "Daytona: expected a sandbox without network, found one with; the rules of the organisation stand "
                "above ours (its tier decides), so nothing is run there"
            )
        self._is_network_checked = True

    async def _unmake(self, making: asyncio.Task[AsyncSandbox]) -> None:
        try:
            remote = await making
        except EdgeworthError:
            return  # there is none
        else:
            await self._delete([remote.id])
        finally:
            self._places.release()

    async def _clean_up(self, labels: Mapping[str, str], sandbox_id: str | None) -> None:
        """Delete what an unfinished creation left: by its id, and by its labels."""
        known = {sandbox_id} if sandbox_id else set()
        try:
            known |= set(await self._service.find(labels))
        except EdgeworthError as error:
            _log.warning("sandboxes could not be listed: %s", error)
        if not known:
            self._is_uncertain = True  # it may still come: the lease stays for a reaper
        await self._delete(sorted(known))

    async def _delete(self, sandbox_ids: Sequence[str]) -> None:
        for sandbox_id in sandbox_ids:
            try:
                await self._service.delete(sandbox_id)
            except EdgeworthError as error:
                self._is_uncertain = True
                _log.warning("a sandbox is left for a reaper: %s", error)

    def _do_later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _leave(self) -> None:
        try:
            await asyncio.gather(*(sandbox.close() for sandbox in list(self._open)))
            while self._later:
                await asyncio.wait(set(self._later))
            await self._delete([remote.id for remote in self._idle])
            self._idle.clear()
            try:
                if self._asked:
                    await self._delete(await self._service.find(self._lease.labels))
            except EdgeworthError as error:
                self._is_uncertain = True
                _log.warning("sandboxes could not be listed: %s", error)
        finally:
            await self._closing.aclose()
            if self._is_uncertain:
                self._lease.let_go()
            else:
                self._lease.end()


class Reaped(Struct, frozen=True):
    """What a reaper did: sandboxes it deleted, and leases that it left because something under them may yet live."""

    deleted: int
    left: int


async def reap_sandboxes(*, api_key: str, options: DaytonaOptions, leases: Path, clock: Clock) -> Reaped:
    """Delete every sandbox whose process is gone.

    Raises:
        SourceError: Daytona did not answer as agreed; what was not deleted stays noted.
        ConfigurationError: The key is not accepted.
    """
    deleted = left = 0
    config = DaytonaConfig(api_key=api_key, api_url=options.api_url, target=options.target)
    async with AsyncDaytona(config) as client:
        service = DaytonaService(client)
        for lease in Lease.abandoned(leases):
            for sandbox_id in await service.find(lease.labels):
                await service.delete(sandbox_id)
                deleted += 1
            if lease.ends_at <= clock():
                lease.end()
            else:
                left += 1
    return Reaped(deleted, left)
