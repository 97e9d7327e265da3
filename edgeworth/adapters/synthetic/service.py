"""What the routes share: the world as it is now, the traps, the pages already rendered, the log of requests.

HTTP types end here; the world knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from edgeworth.adapters.synthetic.live_books import LiveBooks
from edgeworth.adapters.synthetic.paging import PageCache
from edgeworth.adapters.synthetic.traps import Traps
from edgeworth.adapters.synthetic.world import World

_ENCODER: Final = msgspec.json.Encoder()
_MIDDLE: Final = 2


class UnreadableRequestError(Exception):
    """A parameter or cursor cannot be read; answered with 400."""


class RequestSeen(Struct, frozen=True):
    """One request, as the venue received it; ``params`` in order, repeats kept."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.method, self.path, self.params))


class Service:
    """The state of a running venue.

    Args:
        world: What is true. traps: What goes wrong on purpose.
    """

    def __init__(self, world: World, traps: Traps) -> None:
        self.world = world
        self.traps = traps
        self.requests: list[RequestSeen] = []
        self.pages = PageCache()
        self.books = LiveBooks(world)
        self.orders: dict[str, list[Any]] = {}
        self.stream_connections = 0
        self.on_move: list[Callable[[], None]] = []
        """Called after the world went on."""
        self.emit: Callable[[int], None] = lambda _: None
        """Makes that many changes to the books that are being streamed."""

    def move_to(self, instant: datetime) -> None:
        """Go on to ``instant``; whatever was rendered before is forgotten."""
        self.world = self.world.at(instant)
        self.pages.clear()
        self.orders.clear()
        self.books.restart(self.world)
        for moved in self.on_move:
            moved()

    def cached(self, request: Request, render: Callable[[], bytes]) -> Response:
        """The body for this URL, rendered at most once for each instant."""
        key = f"{request.url.path}?{request.url.query}"
        body = self.pages.get(key)
        if body is None:
            body = render()
            self.pages.put(key, body)
        return Response(body, media_type="application/json")


def ok(payload: object) -> Response:
    """200 with a JSON body."""
    return Response(_ENCODER.encode(payload), media_type="application/json")


def refused(status: int, message: str, **more: object) -> Response:
    """An error as Polymarket's services word it."""
    return Response(_ENCODER.encode({"error": message, **more}), status_code=status, media_type="application/json")


def encode(payload: object) -> bytes:
    """JSON bytes."""
    return _ENCODER.encode(payload)


def middle(count: int) -> int:
    """Which of ``count`` markets on a page is the broken one."""
    return count // _MIDDLE


def whole_number(text: str | None, default: int, most: int) -> int:
    """A limit or offset: ``default`` when absent or not a number, at most ``most``, at least 0."""
    if text is None or not text.lstrip("-").isdecimal():
        return default
    return max(0, min(int(text), most))
