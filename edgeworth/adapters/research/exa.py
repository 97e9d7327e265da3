"""Exa's search, asked through httpx: ``POST /search`` with the page text as it stood at the instant asked about.

Not through ``exa-py``: it turns every failure into a ``ValueError`` that carries neither status nor headers, so neither
``Retry-After`` nor a refused key could be told apart. A published-date filter alone does not keep later text out, since
the text returned is that of today; for an instant in the past the stored version (``snapshotAsOf``) is asked for.
Seen on 2026-11-21: ten requests a second; up to ten results for one price.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import msgspec
from aiolimiter import AsyncLimiter
from msgspec import Struct

from edgeworth.adapters.research.screening import MAX_TEXT_CHARACTERS, VENUE_HOSTS, Found, is_present, screen
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.adapters.service_calls import (
    CONNECT_SECONDS,
    BadStatusError,
    NoAnswerError,
    ServiceCalls,
    certificates,
    host_of,
)
from edgeworth.ports import Clock, ResearchAnswer
from edgeworth.units import MICROS, UsdMicros

DEFAULT_BASE_URL: Final = "https://api.exa.ai"
RESULTS_FOR_ONE_PRICE: Final = 10
SEARCHING: Final = RetryPolicy(attempts=4, first_wait_seconds=1.0, attempt_seconds=60.0)


class _Result(Struct, frozen=True, rename="camel"):
    url: str | None = None
    title: str | None = None
    text: str | None = None
    published_date: str | None = None
    snapshot_at: str | None = None


class _Cost(Struct, frozen=True):
    total: float | None = None


class _Results(Struct, frozen=True, rename="camel"):
    results: list[_Result]
    cost_dollars: _Cost | None = None


class ExaResearch:
    """Exa behind the ``Research`` port, to be used within one event loop.

    Args:
        api_key: Kept inside; no repr and no message shows it.
        clock: Tells the present from the past, and reads a ``Retry-After`` that is a date.
        base_url: Exa's own address or a stand-in's.
        retry: How often, and how long an attempt may take.
        sleep: Waits between attempts; tests pass one that does not.
        jitter: Spreads the waits of several processes; without it they are exact.
    """

    def __init__(
        self,
        *,
        api_key: str,
        clock: Clock,
        base_url: str = DEFAULT_BASE_URL,
        retry: RetryPolicy = SEARCHING,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        self._api_key = api_key
        self._clock = clock
        self._base_url = base_url.rstrip("/")
        self._attempt_seconds = retry.attempt_seconds
        self._limiter = AsyncLimiter(5, 0.5)
        self._calls = ServiceCalls(
            f"Exa ({host_of(self._base_url)})",
            key_setting="EXA_API_KEY",
            api_key=api_key,
            clock=clock,
            retry=retry,
            sleep=sleep,
            jitter=jitter,
        )

    def __repr__(self) -> str:
        return f"ExaResearch({self.name})"

    @property
    def name(self) -> str:
        """The service, with its host when it is a stand-in."""
        return "exa" if self._base_url == DEFAULT_BASE_URL else f"exa@{host_of(self._base_url)}"

    @property
    def has_known_price(self) -> bool:
        """Exa states the cost of each answer."""
        return True

    async def search(self, query: str, as_of: datetime, limit: int) -> ResearchAnswer:
        """See ``edgeworth.ports.Research.search``."""
        present = is_present(as_of, self._clock())
        body = msgspec.json.encode(self._request(query, as_of, limit, present=present))
        async with httpx.AsyncClient(
            verify=certificates(), timeout=httpx.Timeout(self._attempt_seconds, connect=CONNECT_SECONDS)
        ) as client:

            async def send() -> bytes:
                await self._limiter.acquire()
                return await self._post(client, body)

            answer = await self._calls.ask(send, _Results)
        found = [
            Found(
                url=one.url,
                title=one.title,
                text=one.text,
                published=one.published_date,
                version=one.snapshot_at,
            )
            for one in answer.results
        ]
        screened = screen(found, as_of=as_of, present=present, limit=limit)
        return ResearchAnswer(
            service=self.name,
            query=query,
            as_of=as_of,
            snippets=screened.snippets,
            rejected=screened.rejected,
            cost=_cost(answer.cost_dollars),
        )

    def _request(self, query: str, as_of: datetime, limit: int, *, present: bool) -> dict[str, Any]:
        instant = as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        contents: dict[str, Any] = {"text": {"maxCharacters": MAX_TEXT_CHARACTERS}}
        if not present:
            contents["snapshotAsOf"] = instant
        return {
            "query": query,
            "type": "auto",
            "numResults": max(limit, RESULTS_FOR_ONE_PRICE),
            "endPublishedDate": instant,
            "excludeDomains": list(VENUE_HOSTS),
            "contents": contents,
        }

    async def _post(self, client: httpx.AsyncClient, body: bytes) -> bytes:
        headers = {"x-api-key": self._api_key, "content-type": "application/json", "user-agent": "edgeworth"}
        try:
            response = await client.post(f"{self._base_url}/search", content=body, headers=headers)
        except httpx.RequestError as error:
            raise NoAnswerError(f"{type(error).__name__} {error}") from None
        if not response.is_success:
            raise BadStatusError(response.status_code, response.headers, response.content)
        return response.content


def _cost(stated: _Cost | None) -> UsdMicros | None:
    """What the service says it charged, rounded up."""
    total = None if stated is None else stated.total
    return None if total is None or not 0 <= total < math.inf else UsdMicros(math.ceil(total * MICROS))
