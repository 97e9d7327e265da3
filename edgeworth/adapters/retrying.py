"""How often a service is asked again and how long is waited in between: the policy of every adapter, in one place.

Nothing here knows HTTP beyond the ``Retry-After`` header. Whoever uses ``Retrying`` is the one layer that retries: the
retries of a client library below it are off, and callers above it do not retry again.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import ParamSpec, TypeVar

import tenacity
from msgspec import Struct

from edgeworth.errors import RetriableSourceError

P = ParamSpec("P")
T = TypeVar("T")


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """How often to ask again, and how long to wait in between.

    Attributes:
        attempts: Requests in all, the first included.
        first_wait_seconds: Before the second request, when the server does not say; doubles each time.
        max_wait_seconds: Longest wait; a server that asks for more is not waited for.
        attempt_seconds: Longest time for one whole request, however steadily bytes drip in.
    """

    attempts: int = 5
    first_wait_seconds: float = 0.5
    max_wait_seconds: float = 60.0
    attempt_seconds: float = 120.0


class Retrying:
    """Repeats an attempt for as long as it raises ``RetriableSourceError`` and the policy allows.

    The wait is what the server asked for, else exponential. A server that asks for more than ``max_wait_seconds`` ends
    the attempts at once; the error of the last attempt is the one that is raised.

    Args:
        policy: How often and how long.
        sleep: Waits between attempts; tests pass one that does not.
        jitter: Spreads the waits of several processes; without it they are exact.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        self._policy = policy
        self._sleep = sleep
        self._jitter = jitter

    async def __call__(self, attempt: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``attempt`` returns.

        Raises:
            RetriableSourceError: It raised one on every attempt that the policy allows.
        """
        attempts = tenacity.AsyncRetrying(
            stop=self._must_stop,
            wait=self._wait_seconds,
            retry=tenacity.retry_if_exception_type(RetriableSourceError),
            sleep=self._sleep,
            reraise=True,
        )
        result: T = await attempts(attempt, *args, **kwargs)
        return result

    def _must_stop(self, state: tenacity.RetryCallState) -> bool:
        asked = _asked_by(state)
        return state.attempt_number >= self._policy.attempts or (
            asked is not None and asked > self._policy.max_wait_seconds
        )

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        asked = _asked_by(state)
        if asked is not None:
            return asked
        wait = min(self._policy.max_wait_seconds, self._policy.first_wait_seconds * 2.0 ** (state.attempt_number - 1))
        return float(wait if self._jitter is None else wait * self._jitter.uniform(0.5, 1.0))


def retry_after_seconds(header: str, now: datetime) -> float | None:
    """Seconds to wait by a ``Retry-After`` header; ``None`` when it cannot be read."""
    try:
        return usable_wait(float(header))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return max(0.0, (at - now).total_seconds())


def usable_wait(seconds: float) -> float | None:
    """``seconds`` if a wait can be that long, else ``None``."""
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _asked_by(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error.retry_after_seconds if isinstance(error, RetriableSourceError) else None
