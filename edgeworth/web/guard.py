"""Around every answer: only reading is allowed, only under the names of this machine, and headers shut the page in.

The name is checked because a page of a stranger can make its own name point to 127.0.0.1 and then read what is here as
if it were its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgeworth.web.policy import NOTHING

METHODS = ("GET", "HEAD")
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

MARK, MARK_VALUE = "x-edgeworth", "site"
"""By this header a site of ours is known to whoever wants to link to it."""

HEADERS = {
    MARK: MARK_VALUE,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-cache",
}

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9.\-]+)(?::[0-9]{1,5})?", re.ASCII)


class Guard:
    """Lets requests through that only read and that name this machine.

    Args:
        app: What answers them.
        names: Host names to answer under; ``None`` for any, when the site is public anyway.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] | None = LOOPBACK_NAMES) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("content-security-policy", NOTHING)
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        if not self._is_named(scope):
            told = "This site answers only under the names of this machine, such as 127.0.0.1 or localhost.\n"
            return PlainTextResponse(told, status_code=421)
        if scope["method"] not in METHODS:
            allowed = {"allow": ", ".join(METHODS)}
            return PlainTextResponse("This site can only be read: GET or HEAD.\n", status_code=405, headers=allowed)
        return None

    def _is_named(self, scope: Scope) -> bool:
        if self._names is None:
            return True
        given = [value for name, value in scope["headers"] if name == b"host"]
        if len(given) != 1:
            return False
        found = _HOST.fullmatch(given[0].decode("latin-1").lower())
        return found is not None and found["name"] in self._names
