"""Slots of a service across processes: one Prefect global concurrency limit a service, made by ``edgeworth setup``.

Requests are throttled inside the process; a slot only keeps two runs from asking one venue at the same time. A private
server has no limits, because nobody shares it.

A server that is restarted in the middle of a run costs the run nothing: a slot is asked for until it is back, and what
was done with one is not thrown away because the slot could not be given back.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectNotFound

LEASE_SECONDS = 60
"""A killed holder's slot is free again after this."""

SERVER_BACK_WITHIN_SECONDS = 120.0
"""A server that was there is waited for so long; Prefect's own client gives up after about a minute."""
ASKED_EVERY_SECONDS = 1.0

logger = logging.getLogger(__name__)


@contextmanager
def service_slot(service: str) -> Iterator[None]:
    """Hold a slot of ``service`` for the time of the block, waiting for one, where the server has a limit for it.

    Raises:
        Exception: The server does not answer; as Prefect says it.
    """
    slot = _entered(service)
    try:
        yield
    finally:
        _leave(slot, service)


def _entered(service: str) -> ExitStack:
    give_up_at = time.monotonic() + SERVER_BACK_WITHIN_SECONDS
    while True:
        slot = ExitStack()
        try:
            if _has_limit(service):
                # A lease that cannot be renewed must not end the work that is done meanwhile and paid for.
                held = concurrency(
                    service, lease_duration=LEASE_SECONDS, strict=True, raise_on_lease_renewal_failure=False
                )
                slot.enter_context(held)
        except Exception as error:
            if not server_is_away(error) or time.monotonic() >= give_up_at:
                raise
            time.sleep(ASKED_EVERY_SECONDS)
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
