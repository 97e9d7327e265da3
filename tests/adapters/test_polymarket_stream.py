"""The market channel over a real websocket on loopback: subscribe, keep alive, reconnect, resynchronise, hand over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from edgeworth.adapters.polymarket.stream import MarketStream, StreamTiming
from edgeworth.errors import ConfigurationError, RetriableSourceError, StorageFullError
from edgeworth.markets.venue import Venue
from edgeworth.ports import FetchedRows

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TOKENS = {"111": ("0xaa", 0), "222": ("0xaa", 1)}
STAMP = "1766789469958"
NEVER = 1e9


def snapshot(token: str, bid: str = "0.50", ask: str = "0.52") -> dict[str, Any]:
    return {"event_type": "book", "market": "0xaa", "asset_id": token, "timestamp": STAMP,
            "bids": [{"price": bid, "size": "15"}], "asks": [{"price": ask, "size": "25"}]}  # fmt: skip


def change(token: str, price: str, size: str, **fields: str) -> dict[str, Any]:
    one = {"asset_id": token, "price": price, "size": size, "side": "BUY", **fields}
    return {"event_type": "price_change", "market": "0xaa", "timestamp": STAMP, "price_changes": [one]}


class FakeTime:
    """A clock that runs ahead by what is slept, so that half a minute passes in an instant."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.waits.append(seconds)
        await asyncio.sleep(0.001)


class Exchange:
    """The server's side: snapshots for what is subscribed, PONG for PING, and whatever a test sends besides."""

    def __init__(
        self, *, answers_ping: bool = True, scripts: list[Callable[[ServerConnection], Awaitable[None]]] | None = None
    ) -> None:
        self.answers_ping = answers_ping
        self.scripts = scripts or []
        self.frames: list[list[Any]] = []
        self.pings = 0

    async def serve(self, connection: ServerConnection) -> None:
        number = len(self.frames)
        self.frames.append([])
        script = self.scripts[number] if number < len(self.scripts) else None
        async for message in connection:
            if message == "PING":
                self.pings += 1
                if self.answers_ping:
                    await connection.send("PONG")
                continue
            frame = json.loads(message)
            self.frames[number].append(frame)
            if frame.get("operation") != "unsubscribe":
                await connection.send(json.dumps([snapshot(token) for token in frame["assets_ids"]]))
            if script is not None:
                script, running = None, script
                await running(connection)


@asynccontextmanager
async def listening(
    exchange: Exchange, *, timing: StreamTiming | None = None, on_batch: Callable[[FetchedRows], None] | None = None
) -> AsyncIterator[tuple[MarketStream, list[FetchedRows], FakeTime]]:
    """A stream that listens to ``exchange`` for the time of the block, and is stopped after it."""
    batches: list[FetchedRows] = []
    clock = FakeTime()
    async with serve(exchange.serve, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        stream = MarketStream(
            f"ws://127.0.0.1:{port}/ws/market",
            TOKENS,
            venue=Venue.SYNTHETIC_POLYMARKET,
            clock=lambda: NOW,
            on_batch=on_batch or batches.append,
            timing=timing or StreamTiming(dead=NEVER),
            sleep=clock.sleep,
            monotonic=lambda: clock.now,
        )
        stop = asyncio.Event()
        running = asyncio.create_task(stream.run(stop))
        try:
            yield stream, batches, clock
        finally:
            stop.set()
            await running


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for is the state of a server and a client
            await asyncio.sleep(0.002)


def bid_of(stream: MarketStream, token: str) -> int | None:
    return stream.feed.state(token).best_bid


async def test_all_tokens_are_subscribed_and_what_came_is_handed_over_with_its_bytes() -> None:
    async def trade(connection: ServerConnection) -> None:
        await connection.send(json.dumps(change("111", "0.51", "3")))
        await connection.send(json.dumps({"event_type": "last_trade_price", "asset_id": "222", "price": "0.49", "size": "5",
                                          "side": "SELL", "timestamp": STAMP}))  # fmt: skip

    exchange = Exchange(scripts=[trade])
    async with listening(exchange, timing=StreamTiming(dead=NEVER, batch=NEVER)) as (stream, batches, _):
        await until(lambda: stream.counts.trades == 1)
    assert exchange.frames == [[{"type": "market", "assets_ids": ["111", "222"], "custom_feature_enabled": False}]]
    books = {book.token_id: book for batch in batches for book in batch.parsed.books}
    assert {token: book.bids[0].price for token, book in books.items()} == {"111": 510_000, "222": 500_000}
    assert [trade.price for batch in batches for trade in batch.parsed.trades] == [490_000]
    lines = [line for batch in batches for line in batch.page.body.split(b"\n")]
    assert len(lines) == 3
    assert json.loads(lines[0])[0]["event_type"] == "book"
    page = batches[0].page
    assert (page.venue, page.kind, page.fetched_at) == (Venue.SYNTHETIC_POLYMARKET, "stream", NOW)


async def test_rows_are_handed_over_when_they_are_many_or_have_waited() -> None:
    async with listening(Exchange(), timing=StreamTiming(dead=NEVER, batch=NEVER, batch_rows=2)) as (
        _,
        batches,
        _clock,
    ):
        await until(lambda: len(batches) == 1)
        assert len(batches[0].parsed.books) == 2
    async with listening(Exchange(), timing=StreamTiming(dead=NEVER, batch=5.0)) as (_, batches, clock):
        await until(lambda: len(batches) == 1)
        assert clock.now >= 1005.0


async def test_a_connection_that_breaks_is_made_again_and_everything_is_subscribed_again() -> None:
    async def hang_up(connection: ServerConnection) -> None:
        await connection.send(json.dumps(change("111", "0.51", "3")))
        await connection.close(1012)

    exchange = Exchange(scripts=[hang_up])
    async with listening(exchange, timing=StreamTiming(dead=NEVER, batch=NEVER)) as (stream, batches, clock):
        await until(lambda: stream.connections == 2 and bid_of(stream, "222") is not None)
        # What was pending was handed over before the books were forgotten.
        assert {book.bids[0].price for book in batches[0].parsed.books} == {510_000, 500_000}
        assert bid_of(stream, "111") == 500_000
    assert [frames[0]["assets_ids"] for frames in exchange.frames] == [["111", "222"]] * 2
    assert 1.0 in clock.waits


async def test_a_book_that_differs_is_asked_for_again_and_is_unknown_meanwhile() -> None:
    async def contradict(connection: ServerConnection) -> None:
        await connection.send(json.dumps(change("111", "0.49", "3", best_bid="0.51", best_ask="0.52")))

    exchange = Exchange(scripts=[contradict])
    async with listening(exchange) as (stream, _, _clock):
        await until(lambda: stream.counts.snapshots == 3)
        await until(lambda: bid_of(stream, "111") == 500_000)
        assert stream.counts.resyncs == 1
    assert [(frame.get("operation"), frame["assets_ids"]) for frame in exchange.frames[0][1:]] == [
        ("unsubscribe", ["111"]),
        ("subscribe", ["111"]),
    ]


async def test_the_connection_is_kept_alive_by_ping_every_ten_seconds() -> None:
    exchange = Exchange()
    async with listening(exchange) as (stream, _, clock):
        started = clock.now
        await until(lambda: exchange.pings == 3)
        assert clock.now - started >= 29
        assert stream.connections == 1


async def test_thirty_seconds_without_pong_are_the_end_of_a_connection() -> None:
    exchange = Exchange(answers_ping=False)
    async with listening(exchange, timing=StreamTiming()) as (stream, _, clock):
        started = clock.now
        await until(lambda: stream.connections == 2)
        assert clock.now - started >= 30


async def test_connections_without_a_message_are_given_up_with_a_count() -> None:
    async def hang_up(connection: ServerConnection) -> None:
        await connection.close()

    clock = FakeTime()
    async with serve(hang_up, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        stream = quiet_stream(f"ws://127.0.0.1:{port}", clock)
        with pytest.raises(RetriableSourceError, match="8 connections in a row without one"):
            await stream.run(asyncio.Event())
    assert stream.connections == 8
    assert [wait for wait in clock.waits if wait != 0.5] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
    # Nobody listens there any more.
    with pytest.raises(RetriableSourceError, match="8 connections"):
        await quiet_stream(f"ws://127.0.0.1:{port}", FakeTime()).run(asyncio.Event())


def quiet_stream(url: str, clock: FakeTime) -> MarketStream:
    return MarketStream(
        url,
        TOKENS,
        venue=Venue.POLYMARKET,
        clock=lambda: NOW,
        on_batch=lambda _: None,
        sleep=clock.sleep,
        monotonic=lambda: clock.now,
    )


async def test_an_address_that_is_none_is_a_setting_to_mend() -> None:
    with pytest.raises(ConfigurationError, match="wss://"):
        await quiet_stream("https://venue.test", FakeTime()).run(asyncio.Event())


async def test_a_store_that_fails_ends_the_stream() -> None:
    def full(_: FetchedRows) -> None:
        raise StorageFullError("no space left")

    with pytest.raises(StorageFullError):
        async with listening(Exchange(), timing=StreamTiming(dead=NEVER, batch_rows=1), on_batch=full) as (
            stream,
            _,
            _clock,
        ):
            await until(lambda: stream.counts.snapshots >= 2)


async def test_a_stream_that_is_cancelled_hands_over_what_it_has() -> None:
    batches: list[FetchedRows] = []
    async with serve(Exchange().serve, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        clock = FakeTime()
        stream = MarketStream(
            f"ws://127.0.0.1:{port}", TOKENS, venue=Venue.POLYMARKET, clock=lambda: NOW, on_batch=batches.append,
            timing=StreamTiming(dead=NEVER, batch=NEVER), sleep=clock.sleep, monotonic=lambda: clock.now,
        )  # fmt: skip
        running = asyncio.create_task(stream.run(asyncio.Event()))
        await until(lambda: stream.counts.snapshots == 2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert [len(batch.parsed.books) for batch in batches] == [2]
