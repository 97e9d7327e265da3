"""Slots of a service across processes: one Prefect global concurrency limit a service, made by ``edgeworth setup``.

Requests are throttled inside the process; a slot only keeps two runs from asking one venue at the same time. A private
server has no limits, because nobody shares it.

A server that is restarted in the middle of a run costs the run nothing, however long the run had waited for its turn by
then: a slot is asked for until the server is back, and what was done with one is not thrown away because the slot could
not be given back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol, TypeAlias

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectNotFound

LEASE_SECONDS = 60
"""A killed holder's slot is free again after this."""

SERVER_BACK_WITHIN_SECONDS = 120.0
"""A server that was there is waited for so long; Prefect's own client gives up after about a minute."""
ASKED_EVERY_SECONDS = 1.0

logger = logging.getLogger(__name__)


Hold: TypeAlias = Callable[[str], AbstractContextManager[object]]
"""Waits for a slot of a service and holds it for the time of a block."""


class Clock(Protocol):
    """What is asked of ``time``."""

    def monotonic(self) -> float:
        """Seconds since some instant."""

    def sleep(self, seconds: float, /) -> None:
        """Wait."""


@contextmanager
def hold_slot(service: str) -> Iterator[None]:
    """Hold a slot of ``service``, where the server has a limit for it.

    Raises:
        Exception: The server does not answer; as Prefect says it.
    """
    if not _has_limit(service):
        yield
        return
    # A lease that cannot be renewed must not end the work that is done meanwhile and paid for.
    with concurrency(service, lease_duration=LEASE_SECONDS, strict=True, raise_on_lease_renewal_failure=False):
        yield


@contextmanager
def service_slot(service: str, *, hold: Hold = hold_slot, clock: Clock = time) -> Iterator[None]:
    """Hold a slot of ``service`` for the time of the block, waiting for one, and for a server that was there.

    Raises:
        Exception: The server does not answer; as Prefect says it.
    """
    slot = _entered(service, hold, clock)
    try:
        yield
    finally:
        _leave(slot, service)


def _entered(service: str, hold: Hold, clock: Clock) -> ExitStack:
    away_since: float | None = None
    while True:
        slot, asked_at = ExitStack(), clock.monotonic()
        try:
            slot.enter_context(hold(service))
        except Exception as error:
            if not server_is_away(error):
                raise
            now = clock.monotonic()
            # Who waited longer than a dead server is asked was waiting for a turn: the server went away only now.
            if away_since is None or now - asked_at >= SERVER_BACK_WITHIN_SECONDS:
                away_since = now
            if now - away_since >= SERVER_BACK_WITHIN_SECONDS:
                raise
            clock.sleep(ASKED_EVERY_SECONDS)
        else:
            return slot


def _leave(slot: ExitStack, service: str) -> None:
    try:
        slot.close()
    except Exception as error:
        if not server_is_away(error):
            raise
        logger.warning(
            "Prefect's server does not answer; the slot of %s is free again within %d s", service, LEASE_SECONDS
        )


def server_is_away(error: BaseException | None) -> bool:
    """Whether ``error`` says, in whatever it is wrapped, that nobody answers at the address of the server."""
    import httpx

    while error is not None:
        if isinstance(error, httpx.TransportError):
            return True
        error = error.__cause__
    return False


def _has_limit(service: str) -> bool:
    with get_client(sync_client=True) as client:
        try:
            client.read_global_concurrency_limit_by_name(service)
        except ObjectNotFound:
            return False
    return True
