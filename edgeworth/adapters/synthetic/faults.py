"""Stands before every route: marks the answer as synthetic, keeps the log, strikes with the declared faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgeworth.adapters.synthetic.service import RequestSeen, Service
from edgeworth.adapters.synthetic.traps import HTML_PAGE, Traps

MARK: Final = b"x-edgeworth-synthetic"


class FaultsAndLog:
    """ASGI middleware; see ``Traps`` for what it can do."""

    def __init__(self, app: ASGIApp, service: Service, clock: Callable[[], float] = time.time) -> None:
        # The one clock in the venue: an HTTP date has to be in the future of whoever reads it.
        self._clock = clock
        self._app = app
        self._service = service
        self._number = 0
        self._mark = (MARK, f"seed={service.world.seed}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        self._service.requests.append(RequestSeen(scope["method"], path, _params(scope)))
        traps = self._service.traps
        marked = self._marking(send)
        if not traps.counts(path):
            await self._app(scope, receive, marked)
            return
        self._number += 1
        await self._struck(traps, self._number, scope, receive, marked)

    async def _struck(self, traps: Traps, number: int, scope: Scope, receive: Receive, send: Send) -> None:
        if traps.strikes(traps.slow_every, number):
            await asyncio.sleep(traps.slow_seconds)
        if traps.strikes(traps.rate_limit_every, number):
            after = traps.retry_after(self._clock())
            headers = [] if after is None else [(b"retry-after", after.encode())]
            await _answer(send, 429, b'{"error":"too many requests"}', b"application/json", headers)
        elif traps.strikes(traps.server_error_every, number, traps.server_error_burst):
            await _answer(send, traps.server_error_status, b'{"error":"internal error"}', b"application/json", [])
        elif traps.strikes(traps.html_page_every, number):
            await _answer(send, 200, HTML_PAGE, b"text/html; charset=utf-8", [])
        elif traps.strikes(traps.truncated_body_every, number):
            await self._app(scope, receive, _truncating(send))
        else:
            await self._app(scope, receive, send)

    def _marking(self, send: Send) -> Send:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), self._mark]
            await send(message)

        return marked


def _params(scope: Scope) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))


async def _answer(send: Send, status: int, body: bytes, kind: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    fixed = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fixed + headers})
    await send({"type": "http.response.body", "body": body})


def _truncating(send: Send) -> Send:
    """Sends half of the body as if it were whole."""
    started: list[Message] = []

    async def halved(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
            return
        body = message.get("body", b"")
        body = body[: len(body) // 2]
        start = started[0]
        kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send({**start, "headers": [*kept, (b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": body})

    return halved
