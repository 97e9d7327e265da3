"""Slots of a service across processes: one Prefect global concurrency limit a service, made by ``edgeworth setup``.

Requests are throttled inside the process; a slot only keeps two runs from asking one venue at the same time. A private
server has no limits, because nobody shares it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectNotFound

LEASE_SECONDS = 60
"""A killed holder's slot is free again after this."""


@contextmanager
def service_slot(service: str) -> Iterator[None]:
    """Hold a slot of ``service`` for the time of the block, waiting for one, where the server has a limit for it."""
    if not _has_limit(service):
        yield
        return
    with concurrency(service, lease_duration=LEASE_SECONDS, strict=True):
        yield


def _has_limit(service: str) -> bool:
    with get_client(sync_client=True) as client:
        try:
            client.read_global_concurrency_limit_by_name(service)
        except ObjectNotFound:
            return False
    return True
