"""The one HTTP edge for all venues: rate limits, time-outs, retries, and the response as a raw page.

Knows HTTP and nothing of any venue: paths, parameters, limits and payloads come from the venue adapters. It is the
only layer that retries; callers must not retry again. Bodies are returned undecoded (after content-encoding).

What becomes of an answer::

    2xx                         RawPage
    2xx with an HTML page       retried, then FatalSourceError (a login or block page, not an answer)
    2xx, JSON that breaks off   retried, then RetriableSourceError
    3xx to the same origin      followed (at most 3 hops); elsewhere FatalSourceError
    408, 425, 429, 5xx          retried, then RetriableSourceError
    other 4xx                   FatalSourceError at once
    no or a torn answer         retried, then RetriableSourceError

The wait before a retry is what the server asks for (``Retry-After`` as seconds or HTTP date, else the body field
``retry_after_seconds``), else exponential with jitter. A server that asks for more than ``max_wait_seconds`` ends the
attempts at once. No message carries parameters or user names and passwords.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

import httpx
import msgspec
from aiolimiter import AsyncLimiter
from msgspec import Struct

from edgeworth.adapters.retrying import Retrying, RetryPolicy, retry_after_seconds, usable_wait
from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.markets.venue import Venue
from edgeworth.ports import Clock, RawPage

SYNTHETIC_HEADER = "x-edgeworth-synthetic"
"""A server that invents its markets says so with this header on every answer."""

RETRIABLE_STATUSES = frozenset({408, 425, 429})
"""Besides all of 500 and above. 425: Polymarket's matching engine is restarting."""

DEFAULT_TIMEOUT = httpx.Timeout(connect=5.0, read=30.0, write=10.0, pool=None)
"""No pool time-out: waiting for a free connection is our own queue, not the server's fault."""

MAX_REDIRECTS = 3
MAX_CONNECTIONS = 10
"""httpx answers fewer requests a second with more of them in flight (260 at 10, 125 at 200)."""

EXCERPT_CHARACTERS = 200


class RateLimit(Struct, frozen=True, kw_only=True):
    """At most ``requests`` in any window of ``per_seconds``, over all paths that begin with ``path_prefix``.

    An empty prefix means the whole host. Several limits may apply to one request; all of them are kept.
    """

    requests: int
    per_seconds: float
    path_prefix: str = ""


class VenueHttp:
    """Requests to one host of one venue. Use as ``async with``, within one event loop.

    Args:
        base_url: With or without a path (``https://host/trade-api/v2``).
        name: What messages call the service, for instance ``Polymarket Gamma``.
        venue: The real venue; pages become those of its synthetic twin once the server declares itself a stand-in.
        limits: The documented rate limits.
        clock: Stamps the pages.
        sleep: Waits between attempts; tests pass one that does not.
        transport: In place of the network, for tests.
        jitter: Spreads the waits of several clients; without it they are exact.
        known_as: What walks are filed under in place of the address, for a server whose port differs every time.

    Raises:
        ConfigurationError: ``base_url`` is not an http or https address.
    """

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        venue: Venue,
        limits: Sequence[RateLimit],
        clock: Clock,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        timeout: httpx.Timeout = DEFAULT_TIMEOUT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: httpx.AsyncBaseTransport | None = None,
        jitter: random.Random | None = None,
        known_as: str | None = None,
    ) -> None:
        self._base = _checked_base_url(base_url, name)
        self._name = name
        self._venue = venue
        self._clock = clock
        self._retry = retry
        self._retrying = Retrying(retry, sleep=sleep, jitter=jitter)
        self._known_as = known_as
        self._limiters = [(limit.path_prefix, _limiter(limit)) for limit in limits]
        self._slots = asyncio.Semaphore(MAX_CONNECTIONS)
        self._client = httpx.AsyncClient(
            base_url=self._base,
            timeout=timeout,
            transport=transport,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
            headers={"accept": "application/json", "user-agent": "edgeworth"},
        )

    def __repr__(self) -> str:
        return f"VenueHttp({self._name}, {_public_url(self._base)})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    @property
    def venue(self) -> Venue:
        """Whose answers these are; the synthetic twin from the first answer on in which the server said so."""
        return self._venue

    @property
    def base_url(self) -> str:
        """The address without user name and password, without a trailing slash."""
        return _public_url(self._base).rstrip("/")

    @property
    def known_as(self) -> str:
        """The address, or what stands for it where the address says nothing lasting."""
        return self._known_as or self.base_url

    async def get(self, path: str, params: Sequence[tuple[str, str]] = (), *, kind: str) -> RawPage:
        """The answer to ``GET path``, after limits and retries.

        Args:
            path: Relative to the base address, with a leading slash.
            params: Names and values as they are to be sent; a name may come several times.
            kind: Folder of the raw store under which the page is kept.

        Raises:
            RetriableSourceError: It failed on every attempt in a way that may pass.
            FatalSourceError: The same request would fail again.
        """
        request = self._client.build_request("GET", path, params=list(params) or None)
        return await self._fetch(request, path, tuple(params), kind)

    async def post(self, path: str, payload: object, *, kind: str) -> RawPage:
        """The answer to ``POST path`` with ``payload`` as JSON. Only for reading: it is retried like a GET.

        The page's ``params`` hold the payload under the name ``json``.

        Raises:
            RetriableSourceError: It failed on every attempt in a way that may pass.
            FatalSourceError: The same request would fail again.
        """
        body = msgspec.json.encode(payload)
        request = self._client.build_request("POST", path, content=body, headers={"content-type": "application/json"})
        return await self._fetch(request, path, (("json", body.decode()),), kind)

    async def identify(self, path: str, params: Sequence[tuple[str, str]] = ()) -> bool:
        """Ask once and say whether the server declares itself a stand-in (see ``venue``).

        Raises:
            SourceError: It could not be asked.
        """
        page = await self.get(path, params, kind="identify")
        return page.venue.is_synthetic

    async def _fetch(
        self, request: httpx.Request, path: str, params: tuple[tuple[str, str], ...], kind: str
    ) -> RawPage:
        try:
            response = await self._retrying(self._attempt, request, path)
        except _HtmlPageError as error:
            raise FatalSourceError(f"{error} (asked {self._retry.attempts} times)", status=error.status) from None
        return RawPage(
            venue=self._venue,
            kind=kind,
            url=_public_url(request.url),
            params=params,
            fetched_at=self._clock(),
            status=response.status_code,
            body=response.content,
        )

    async def _attempt(self, request: httpx.Request, path: str) -> httpx.Response:
        for prefix, limiter in self._limiters:
            if path.startswith(prefix):
                await limiter.acquire()
        async with self._slots:
            response = await self._send(request)
        self._check(request, response)
        if SYNTHETIC_HEADER in response.headers:
            self._venue = self._venue.synthetic
        return response

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            async with asyncio.timeout(self._retry.attempt_seconds):
                return await self._follow(request)
        except httpx.RequestError as error:
            what = f"{type(error).__name__} {_excerpt(str(error).encode())}".strip()
            raise RetriableSourceError(f"{self._asked(request)}: expected an answer, found {what}") from error
        except TimeoutError:
            seconds = self._retry.attempt_seconds
            raise RetriableSourceError(f"{self._asked(request)}: no complete answer within {seconds:g} s") from None

    async def _follow(self, request: httpx.Request) -> httpx.Response:
        response = await self._client.send(request)
        for _ in range(MAX_REDIRECTS):
            following = response.next_request
            if following is None or _origin(following.url) != _origin(request.url):
                break
            response = await self._client.send(following)
        return response

    def _check(self, request: httpx.Request, response: httpx.Response) -> None:
        status = response.status_code
        if status in RETRIABLE_STATUSES or status >= 500:
            raise self._retriable(request, response)
        if response.is_redirect:
            target = response.headers.get("location", "")
            host = httpx.URL(target).host if _is_url(target) else "an unreadable address"
            raise FatalSourceError(
                f"{self._asked(request)}: expected an answer, found a redirect (HTTP {status}) to {host}, not followed",
                status=status,
            )
        if not response.is_success:
            found = _excerpt(response.content)
            raise FatalSourceError(
                f"{self._asked(request)}: expected an answer, found HTTP {status}: {found}", status=status
            )
        if _breaks_off(response.content):
            raise RetriableSourceError(
                f"{self._asked(request)}: expected JSON, found JSON that breaks off after {len(response.content)} bytes"
            )
        if _is_html(response):
            found = _excerpt(response.content)
            raise _HtmlPageError(
                f"{self._asked(request)}: expected JSON, found an HTML page with HTTP {status}: {found}", status
            )

    def _retriable(self, request: httpx.Request, response: httpx.Response) -> RetriableSourceError:
        wait = self._asked_wait(response)
        message = (
            f"{self._asked(request)}: expected an answer, found HTTP {response.status_code}: "
            f"{_excerpt(response.content)}"
        )
        if wait is not None:
            message += f"; the server asks to wait {wait:g} s"
            if wait > self._retry.max_wait_seconds:
                message += f", more than the {self._retry.max_wait_seconds:g} s that we are willing to wait"
        return RetriableSourceError(message, retry_after_seconds=wait)

    def _asked_wait(self, response: httpx.Response) -> float | None:
        header = response.headers.get("retry-after")
        from_header = None if header is None else retry_after_seconds(header, self._clock())
        return _retry_after_in_body(response.content) if from_header is None else from_header

    def _asked(self, request: httpx.Request) -> str:
        return f"{self._name}: {request.method} {_public_url(request.url)}"


class _HtmlPageError(RetriableSourceError):
    """An HTML page came with a status of success; may pass, becomes fatal when it does not."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class _WaitField(Struct):
    retry_after_seconds: float | None = None


def _limiter(limit: RateLimit) -> AsyncLimiter:
    """A bucket that never lets more than the limit through in any window.

    A bucket of the full size would let twice the limit through in one window (a burst, and then the refill); so a
    tenth is the burst and the rest is the steady rate.
    """
    burst = max(1, limit.requests // 10)
    per_second = max(1, limit.requests - burst) / limit.per_seconds
    return AsyncLimiter(burst, burst / per_second)


def _checked_base_url(base_url: str, name: str) -> httpx.URL:
    if not _is_url(base_url):
        raise ConfigurationError(f"{name}: expected an address like https://host, found one that cannot be read")
    url = httpx.URL(base_url)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError(f"{name}: expected an address like https://host, found {_public_url(url)!r}")
    return url


def _is_url(text: str) -> bool:
    try:
        httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return True


def _public_url(url: httpx.URL) -> str:
    """Scheme, host and path only: no user name, no password, no parameters."""
    return str(url.copy_with(username=None, password=None, query=None, fragment=None))


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _is_html(response: httpx.Response) -> bool:
    content_type = response.headers.get("content-type", "")
    return "html" in content_type.lower() or response.content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _breaks_off(body: bytes) -> bool:
    """Whether ``body`` begins as a JSON object or array and does not end as one."""
    text = body.removeprefix(b"\xef\xbb\xbf").strip()
    return text[:1] in {b"{", b"["} and text[-1:] not in {b"}", b"]"}


def _excerpt(body: bytes) -> str:
    """The beginning of ``body`` as one printable line, safe to show in a terminal; credentials in addresses cut out."""
    text = " ".join(body[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace").split())
    printable = "".join(character if character.isprintable() else "?" for character in text)
    public = re.sub(r"//[^/@\s]*@", "//", printable)
    return public if len(public) <= EXCERPT_CHARACTERS else public[:EXCERPT_CHARACTERS] + "..."


def _retry_after_in_body(body: bytes) -> float | None:
    try:
        seconds = msgspec.json.decode(body, type=_WaitField, strict=False).retry_after_seconds
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return None if seconds is None else usable_wait(seconds)
