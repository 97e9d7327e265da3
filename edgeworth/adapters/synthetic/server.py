"""Puts the synthetic venue on a port: four APIs and a data feed under one address, with faults and a log around them.

Every answer carries ``x-edgeworth-synthetic: seed=<seed>``, so that no client can take it for a real exchange.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import Final

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from edgeworth.adapters.synthetic.clob_routes import clob_routes
from edgeworth.adapters.synthetic.data_routes import data_routes
from edgeworth.adapters.synthetic.faults import FaultsAndLog
from edgeworth.adapters.synthetic.feed_routes import feed_routes
from edgeworth.adapters.synthetic.gamma_routes import gamma_routes
from edgeworth.adapters.synthetic.kalshi_routes import kalshi_routes
from edgeworth.adapters.synthetic.service import RequestSeen, Service, UnreadableRequestError, refused
from edgeworth.adapters.synthetic.stream import market_stream_routes
from edgeworth.adapters.synthetic.traps import NO_TRAPS, Traps
from edgeworth.adapters.synthetic.world import World

GAMMA_PATH: Final = "/gamma"
CLOB_PATH: Final = "/clob"
DATA_PATH: Final = "/data"
KALSHI_PATH: Final = "/trade-api/v2"
STREAM_PATH: Final = "/ws/market"
FEED_PATH: Final = "/feed"
_START_SECONDS: Final = 20.0


def create_app(world: World, traps: Traps = NO_TRAPS) -> Starlette:
    """The venue as an ASGI application; its ``state.service`` is the ``Service`` behind it."""
    service = Service(world, traps)
    routes = [
        Mount(GAMMA_PATH, routes=gamma_routes(service)),
        Mount(CLOB_PATH, routes=clob_routes(service)),
        Mount(DATA_PATH, routes=data_routes(service)),
        Mount(KALSHI_PATH, routes=kalshi_routes(service)),
        Mount(FEED_PATH, routes=feed_routes(service)),
        *market_stream_routes(service, STREAM_PATH),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(FaultsAndLog, service=service)],
        exception_handlers={msgspec.DecodeError: _unreadable, UnreadableRequestError: _unreadable},
    )
    app.state.service = service
    return app


async def _unreadable(_: Request, error: Exception) -> Response:
    return refused(400, f"invalid request: {error}")


class RunningVenue:
    """A venue that answers on loopback.

    Attributes:
        origin: ``http://127.0.0.1:<port>``.
    """

    def __init__(self, service: Service, port: int, loop: asyncio.AbstractEventLoop) -> None:
        self._service = service
        self._loop = loop
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"

    @property
    def gamma_url(self) -> str:
        """Base URL of the Gamma API."""
        return self.origin + GAMMA_PATH

    @property
    def clob_url(self) -> str:
        """Base URL of the CLOB."""
        return self.origin + CLOB_PATH

    @property
    def data_api_url(self) -> str:
        """Base URL of the Data API."""
        return self.origin + DATA_PATH

    @property
    def kalshi_url(self) -> str:
        """Base URL of Kalshi's trade API."""
        return self.origin + KALSHI_PATH

    @property
    def feed_url(self) -> str:
        """Base URL of the feed of quantities."""
        return self.origin + FEED_PATH

    @property
    def market_stream_url(self) -> str:
        """URL of the CLOB's market WebSocket."""
        return f"ws://127.0.0.1:{self.port}{STREAM_PATH}"

    @property
    def world(self) -> World:
        """The world as the venue shows it now."""
        return self._service.world

    @property
    def requests(self) -> list[RequestSeen]:
        """Every HTTP request so far, oldest first."""
        return self._service.requests

    def advance(self, to: datetime) -> None:
        """Let the world go on to ``to``; requests that follow see it so."""
        self._inside(lambda: self._service.move_to(to))

    def emit(self, count: int) -> None:
        """Make ``count`` changes to the books that clients of the market stream follow, and tell them."""
        self._inside(lambda: self._service.emit(count))

    def _inside(self, action: Callable[[], None]) -> None:
        """Run ``action`` in the venue's own thread and wait for it."""
        done: Future[None] = Future()

        def run() -> None:
            try:
                action()
                done.set_result(None)
            except BaseException as error:  # noqa: BLE001  it is raised again in the caller's thread
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        done.result(_START_SECONDS)


def _configured(app: Starlette, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, lifespan="off", ws="websockets-sansio",
        timeout_graceful_shutdown=1, timeout_keep_alive=30,
    )  # fmt: skip


class _StoppingServer(uvicorn.Server):
    """Returns after a signal instead of raising it again, so that the caller ends as it sees fit."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.should_exit = True


@contextmanager
def running_venue(world: World, traps: Traps = NO_TRAPS) -> Iterator[RunningVenue]:
    """Serve ``world`` on 127.0.0.1 at a free port, from a thread of this process, for as long as the block runs."""
    app = create_app(world, traps)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        server = uvicorn.Server(_configured(app, "127.0.0.1", 0))
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_run, args=(loop, server, listener), name="synthetic-venue", daemon=True)
        thread.start()
        try:
            yield RunningVenue(app.state.service, listener.getsockname()[1], loop)
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)


def _run(loop: asyncio.AbstractEventLoop, server: uvicorn.Server, listener: socket.socket) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(server.serve(sockets=[listener]))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def serve(
    world: World, host: str = "127.0.0.1", port: int = 8765, traps: Traps = NO_TRAPS, *, stream_seconds: float = 1.0
) -> None:
    """Serve ``world`` until SIGINT or SIGTERM arrives; prints nothing. Must be called from the main thread.

    Every ``stream_seconds`` one change is made to a book that a client of the market stream follows.
    """
    # Events are made and dropped by the thousand and hold no cycles: looking for some costs a fifth of the time.
    gc.set_threshold(50_000, 20, 50)
    app = create_app(world, traps)
    asyncio.run(_serve(app, _StoppingServer(_configured(app, host, port)), stream_seconds))


async def _serve(app: Starlette, server: uvicorn.Server, stream_seconds: float) -> None:
    streaming = asyncio.create_task(_stream(app.state.service, stream_seconds))
    try:
        await server.serve()
    finally:
        streaming.cancel()


async def _stream(service: Service, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        service.emit(1)
