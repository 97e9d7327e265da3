"""Perplexity's search through its official client: ``POST /search``, ranked pages with dates, no written answer.

Its filters know days only, spelled month/day/year, and take a ``-`` before a host to leave it out; what comes back is
screened again here. It has no stored versions of pages: for an instant in the past only pages whose last change it
states, and before that instant, can be used. Exa finds more there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from msgspec import Struct

from edgeworth.adapters.research.screening import DAY, VENUE_HOSTS, Found, is_present, screen
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.adapters.service_calls import CONNECT_SECONDS, ServiceCalls, body_through, certificates, host_of
from edgeworth.ports import Clock, ResearchAnswer
from edgeworth.units import UsdMicros

DEFAULT_BASE_URL: Final = "https://api.perplexity.ai"
MAX_RESULTS: Final = 20
PRICE: Final = UsdMicros(5_000)
"""Of one search, whatever it finds: $5 a thousand (docs.perplexity.ai/guides/pricing)."""
PRICE_AS_OF: Final = date(2026, 11, 21)
SEARCHING: Final = RetryPolicy(attempts=4, first_wait_seconds=1.0, attempt_seconds=60.0)


class _Result(Struct, frozen=True):
    url: str | None = None
    title: str | None = None
    snippet: str | None = None
    date: str | None = None
    last_updated: str | None = None


class _Results(Struct, frozen=True):
    results: list[_Result]


class PerplexityResearch:
    """Perplexity behind the ``Research`` port.

    Args:
        api_key: Kept inside; no repr and no message shows it.
        clock: Tells the present from the past, and reads a ``Retry-After`` that is a date.
        base_url: Perplexity's own address or a stand-in's. The price is known for its own only.
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
        self._calls = ServiceCalls(
            f"Perplexity ({host_of(self._base_url)})",
            key_setting="PERPLEXITY_API_KEY",
            api_key=api_key,
            clock=clock,
            retry=retry,
            sleep=sleep,
            jitter=jitter,
        )

    def __repr__(self) -> str:
        return f"PerplexityResearch({self.name})"

    @property
    def name(self) -> str:
        """The service, with its host when it is a stand-in."""
        return "perplexity" if self._is_own else f"perplexity@{host_of(self._base_url)}"

    @property
    def has_known_price(self) -> bool:
        """For its own address alone."""
        return self._is_own

    @property
    def _is_own(self) -> bool:
        return self._base_url == DEFAULT_BASE_URL

    async def search(self, query: str, as_of: datetime, limit: int) -> ResearchAnswer:
        """See ``edgeworth.ports.Research.search``."""
        import perplexity

        present = is_present(as_of, self._clock())
        request = self._request(query, as_of, limit, present=present)
        async with perplexity.AsyncPerplexity(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=perplexity.Timeout(self._attempt_seconds, connect=CONNECT_SECONDS),
            http_client=perplexity.DefaultAsyncHttpxClient(verify=certificates()),
        ) as client:

            async def send() -> bytes:
                return await body_through(perplexity, client.search.with_raw_response.create(**request))

            answer = await self._calls.ask(send, _Results)
        found = [
            Found(url=one.url, title=one.title, text=one.snippet, published=one.date, version=one.last_updated)
            for one in answer.results
        ]
        screened = screen(found, as_of=as_of, present=present, limit=limit)
        return ResearchAnswer(
            service=self.name,
            query=query,
            as_of=as_of,
            snippets=screened.snippets,
            rejected=screened.rejected,
            cost=PRICE if self._is_own else None,
        )

    def _request(self, query: str, as_of: datetime, limit: int, *, present: bool) -> dict[str, Any]:
        # Whether its "before" includes the day itself is not documented: one day more is asked for, and screened.
        day = _spelled(as_of + DAY)
        request: dict[str, Any] = {
            "query": query,
            "max_results": min(MAX_RESULTS, 2 * limit),
            "search_domain_filter": [f"-{host}" for host in VENUE_HOSTS],
            "search_before_date_filter": day,
        }
        if not present:
            request["last_updated_before_filter"] = day
        return request


def _spelled(instant: datetime) -> str:
    at = instant.astimezone(UTC)
    return f"{at.month}/{at.day}/{at.year}"
