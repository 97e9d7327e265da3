"""Daytona's API through its official SDK: sandboxes made, found and deleted, and its errors in our family.

Seen in SDK 0.226: creating that times out leaves a sandbox; its id is on the error once the service has answered, else
only its labels are known. The asynchronous client itself retries failed connections twice, a quarter of a second apart,
and never a status. Every call here has a time-out.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NoReturn

from daytona import (
    AsyncDaytona,
    AsyncSandbox,
    CreateSandboxFromSnapshotParams,
    DaytonaAuthenticationError,
    DaytonaConnectionError,
    DaytonaError,
    DaytonaForbiddenError,
    DaytonaNotFoundError,
    DaytonaRateLimitError,
    DaytonaTimeoutError,
    ListSandboxesQuery,
)

from edgeworth.adapters.sandbox.daytona_options import SandboxWish
from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError, SourceError

CALL_SECONDS = 60.0
DELETE_ATTEMPTS = 4
DELETE_WAIT_SECONDS = 1.0


class UnfinishedSandboxError(RetriableSourceError):
    """A sandbox was asked for and did not come in time; it may exist.

    Args:
        message: What was asked and what came back.
        sandbox_id: Which, where the service had said so.
    """

    def __init__(self, message: str, *, sandbox_id: str | None) -> None:
        super().__init__(message)
        self.sandbox_id = sandbox_id


class DaytonaService:
    """Lifecycle of sandboxes. ``client`` is entered and left by whoever made it."""

    def __init__(self, client: AsyncDaytona, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._client = client
        self._sleep = sleep

    async def create(self, wish: SandboxWish, labels: Mapping[str, str]) -> AsyncSandbox:
        """A started sandbox without network, deleted by the service when it stops.

        Raises:
            UnfinishedSandboxError: It is not known whether there is one now.
            SourceError: There is none.
            ConfigurationError: The key is not accepted.
        """
        params = CreateSandboxFromSnapshotParams(
            language="python",
            snapshot=wish.snapshot,
            labels=dict(labels),
            network_block_all=True,
            ephemeral=True,
            auto_stop_interval=15,
            ttl_minutes=wish.ttl_minutes,
        )
        try:
            with translated("create a sandbox"):
                return await self._client.create(params, timeout=wish.create_seconds)
        except SourceError as error:
            cause = error.__cause__
            status = cause.status_code if isinstance(cause, DaytonaError) else None
            if status is not None and 400 <= status < 500 and not isinstance(cause, DaytonaTimeoutError):
                raise  # refused, so there is none
            sandbox_id = cause.sandbox_id if isinstance(cause, DaytonaTimeoutError) else None
            raise UnfinishedSandboxError(str(error), sandbox_id=sandbox_id) from error

    async def find(self, labels: Mapping[str, str]) -> list[str]:
        """Ids of all sandboxes that carry ``labels``."""
        query = ListSandboxesQuery(labels=dict(labels))
        with translated("list sandboxes"):
            return [sandbox.id async for sandbox in self._client.list(query, request_timeout=CALL_SECONDS)]

    async def delete(self, sandbox_id: str) -> None:
        """Delete one; one that is gone is no error. Tried a few times, for one in the making cannot be deleted yet."""
        for attempt in range(1, DELETE_ATTEMPTS + 1):
            try:
                await self._delete_once(sandbox_id)
            except (RetriableSourceError, FatalSourceError):
                if attempt == DELETE_ATTEMPTS:
                    raise
                await self._sleep(DELETE_WAIT_SECONDS * attempt)
            else:
                return

    async def _delete_once(self, sandbox_id: str) -> None:
        with translated(f"delete sandbox {sandbox_id}"), contextlib.suppress(DaytonaNotFoundError):
            sandbox = await self._client.get(sandbox_id, request_timeout=CALL_SECONDS)
            await self._client.delete(sandbox, timeout=CALL_SECONDS)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """The SDK's errors in our family: configuration, retriable with the wait that is asked for, fatal."""
    try:
        yield
    except DaytonaError as error:
        _raise_ours(error, what)


def _raise_ours(error: DaytonaError, what: str) -> NoReturn:
    message = f"Daytona: {what}: {str(error)[:500] or type(error).__name__}"
    status = error.status_code
    if isinstance(error, DaytonaAuthenticationError | DaytonaForbiddenError):
        raise ConfigurationError(f"{message} (look at DAYTONA_API_KEY)") from error
    if isinstance(error, DaytonaRateLimitError):
        raise RetriableSourceError(message, retry_after_seconds=_retry_after(error.headers)) from error
    if isinstance(error, DaytonaTimeoutError | DaytonaConnectionError) or (status is not None and status >= 500):
        raise RetriableSourceError(message) from error
    raise FatalSourceError(message, status=status) from error


def _retry_after(headers: Mapping[str, object] | None) -> float | None:
    """Seconds, from ``Retry-After`` or ``Retry-After-<throttler>``."""
    for name, value in (headers or {}).items():
        if name.lower().startswith("retry-after"):
            with contextlib.suppress(ValueError):
                seconds = float(str(value))
                return seconds if math.isfinite(seconds) and seconds >= 0 else None
    return None
