"""Listening to Polymarket's market channel: connect, subscribe, keep alive, reconnect, hand over batches.

What the messages mean is ``feed``'s business. The channel, as seen on 2026-11-21: no key; the first frame subscribes,
later ones say ``operation``; a snapshot of every book follows a subscription; the client sends the text ``PING`` every
10 s and the server answers the text ``PONG``; a connection that was lost remembers nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidURI, WebSocketException

from edgeworth.adapters.polymarket.books import Tokens
from edgeworth.adapters.polymarket.feed import FeedCounts, MarketFeed
from edgeworth.errors import ConfigurationError, RetriableSourceError
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from edgeworth.ports import Clock, FetchedRows, RawPage

MARKET_STREAM_URL = "wss://ws-subscriptions-clob.polymarket.com/ws/market"

TOKENS_PER_FRAME = 500
"""Tokens in one subscription; the venue names no limit, this is our own."""

LARGEST_MESSAGE = 16 * 1024 * 1024


class StreamTiming(Struct, frozen=True, kw_only=True):
    """When things are due, in seconds.

    Attributes:
        tick: How often anything is looked at.
        ping: Between two ``PING``. dead: Without any ``PONG`` after which the connection is given up.
        batch: Longest time that rows wait to be handed over. batch_rows: Rows that are handed over at once.
        first_wait, max_wait: Before connecting again; doubles, and starts over when a message came.
        attempts: Connections in a row without one message before giving up.
    """

    tick: float = 0.5
    ping: float = 10.0
    dead: float = 30.0
    batch: float = 5.0
    batch_rows: int = 1000
    first_wait: float = 1.0
    max_wait: float = 60.0
    attempts: int = 8


class MarketStream:
    """The market channel for chosen tokens.

    Args:
        url: ``wss://...`` or ``ws://...``.
        tokens: Token id -> market and outcome.
        venue: Whose markets; the caller knows whether it is a stand-in, the channel does not say.
        clock: Stamps the batches.
        on_batch: Takes each batch (received messages, one a line, and the rows read from them). Called in a thread,
            one batch at a time, so that writing does not hold up listening.
        sleep, monotonic: Replaced in tests.
        jitter: Spreads reconnections; without it waits are exact.
    """

    def __init__(
        self,
        url: str,
        tokens: Tokens,
        *,
        venue: Venue,
        clock: Clock,
        on_batch: Callable[[FetchedRows], None],
        timing: StreamTiming = StreamTiming(),  # noqa: B008 - frozen
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: random.Random | None = None,
    ) -> None:
        self._url = url
        self._names = list(tokens)
        self._venue = venue
        self._clock = clock
        self._on_batch = on_batch
        self._timing = timing
        self._sleep = sleep
        self._monotonic = monotonic
        self._jitter = jitter
        self._feed = MarketFeed(tokens, venue=venue)
        self._messages: list[bytes] = []
        self._lost: dict[str, None] = {}
        self._handing_over = asyncio.Lock()
        self._last_pong = self._last_ping = self._last_batch = 0.0
        self._failures = 0
        self._failure: BaseException | None = None
        self.connections = 0

    @property
    def counts(self) -> FeedCounts:
        """What came in so far."""
        return self._feed.counts

    @property
    def feed(self) -> MarketFeed:
        """The books now."""
        return self._feed

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until ``stop`` is set; connections that break are made again. What is pending is handed over.

        Raises:
            ConfigurationError: The address is not one of a websocket.
            RetriableSourceError: No connection gave a message in ``attempts`` tries.
        """
        self._last_batch = self._monotonic()
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await _first_of(stopped, self._connect_and_listen())
                if not stop.is_set():
                    await _first_of(stopped, self._wait_to_reconnect())
        finally:
            stopped.cancel()
            await self._hand_over()
            if self._failure is not None:
                raise self._failure

    async def _connect_and_listen(self) -> None:
        events = self._feed.counts.events
        failure: Exception | None = None
        try:
            async with connect(self._url, ping_interval=None, max_size=LARGEST_MESSAGE) as connection:
                self.connections += 1
                await self._listen(connection)
        except InvalidURI:
            raise ConfigurationError("expected a market stream address like wss://host/path, found another") from None
        except (OSError, WebSocketException) as error:
            failure = error
        finally:
            await self._hand_over()
            # Whatever was known is stale from here on, and a new connection sends everything again.
            self._feed.forget()
            self._lost.clear()
        if self._feed.counts.events == events:
            self._note_failure(failure)

    async def _listen(self, connection: ClientConnection) -> None:
        self._last_pong = self._last_ping = self._monotonic()
        await self._subscribe(connection)
        keeper = asyncio.create_task(self._keep(connection))
        reader = asyncio.create_task(self._read(connection))
        try:
            await asyncio.wait({keeper, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (keeper, reader):
                task.cancel()
            results = await asyncio.gather(keeper, reader, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _subscribe(self, connection: ClientConnection) -> None:
        batches = _batches(self._names)
        await _send(connection, {"type": "market", "assets_ids": batches[0], "custom_feature_enabled": False})
        for names in batches[1:]:
            await _send(connection, _operation("subscribe", names))

    async def _read(self, connection: ClientConnection) -> None:
        async for message in connection:
            if message in {"PONG", b"PONG"}:
                self._last_pong = self._monotonic()
                continue
            if message in {"PING", b"PING"}:
                await connection.send("PONG")
                continue
            self._failures = 0
            self._lost.update(dict.fromkeys(self._feed.receive(message)))
            self._messages.append(message.encode() if isinstance(message, str) else message)
            if self._feed.pending_rows >= self._timing.batch_rows:
                await self._hand_over()

    async def _keep(self, connection: ClientConnection) -> None:
        """Ping, notice death, ask for lost books again, hand over what has waited; until the connection ends."""
        while True:
            await self._sleep(self._timing.tick)
            now = self._monotonic()
            if now - self._last_pong >= self._timing.dead:
                raise TimeoutError(f"no PONG within {self._timing.dead:g} s")
            if now - self._last_ping >= self._timing.ping:
                self._last_ping = now
                await connection.send("PING")
            if self._lost:
                names, self._lost = list(self._lost), {}
                for part in _batches(names):
                    await _send(connection, _operation("unsubscribe", part))
                    await _send(connection, _operation("subscribe", part))
            if now - self._last_batch >= self._timing.batch:
                await self._hand_over()

    async def _hand_over(self) -> None:
        async with self._handing_over:
            self._last_batch = self._monotonic()
            messages, self._messages = self._messages, []
            parsed = self._feed.drain()
            if messages:
                writing = asyncio.create_task(
                    asyncio.to_thread(self._on_batch, self._batch(messages, parsed or ParsedItem()))
                )
                try:
                    await asyncio.shield(writing)
                except asyncio.CancelledError:
                    # What was begun is finished, so that nobody closes the store under it.
                    await asyncio.wait({writing})
                    raise
                finally:
                    # Kept, because being stopped at the same moment must not hide it.
                    self._failure = self._failure or writing.exception()

    def _batch(self, messages: Sequence[bytes], parsed: ParsedItem) -> FetchedRows:
        page = RawPage(
            venue=self._venue,
            kind="stream",
            url=self._url.partition("?")[0],
            params=(),
            fetched_at=self._clock(),
            status=101,
            body=b"\n".join(messages),
        )
        return FetchedRows(page=page, parsed=parsed)

    def _note_failure(self, error: Exception | None) -> None:
        self._failures += 1
        if self._failures >= self._timing.attempts:
            cause = "it was closed" if error is None else type(error).__name__
            raise RetriableSourceError(
                f"market stream: expected messages, found {self._failures} connections in a row without one; "
                f"the last one: {cause}"
            ) from error

    async def _wait_to_reconnect(self) -> None:
        wait = min(self._timing.max_wait, self._timing.first_wait * 2.0 ** max(0, self._failures - 1))
        await self._sleep(wait if self._jitter is None else wait * self._jitter.uniform(0.5, 1.0))


async def _first_of(stopped: asyncio.Task[Any], work: Coroutine[Any, Any, None]) -> None:
    """Do ``work`` to its end or until stopped; its error is raised."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({stopped, task}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _operation(name: str, names: Sequence[str]) -> dict[str, object]:
    return {"operation": name, "assets_ids": names, "custom_feature_enabled": False}


def _batches(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[first : first + TOKENS_PER_FRAME] for first in range(0, len(names), TOKENS_PER_FRAME)] or [()]


async def _send(connection: ClientConnection, frame: dict[str, object]) -> None:
    await connection.send(msgspec.json.encode(frame).decode())
