"""The CLOB's market WebSocket: a snapshot of each book, then changes that lead to the book that ``/book`` serves.

Nothing moves by itself: after a subscription a short burst of changes is sent, and more on demand (``emit``), or at a
steady interval when the venue was started with one. What is sent is a function of the world and of how many changes
were made to the market before, so that two runs are alike.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from edgeworth.adapters.synthetic.clob_payloads import (
    Payload,
    best_text,
    book_hash,
    clob_book,
    last_price_text,
    side_of,
    size_text,
    timestamp,
)
from edgeworth.adapters.synthetic.draws import derive
from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.gamma_payloads import dollars_text
from edgeworth.adapters.synthetic.live_books import LevelChange, LiveBook, LiveBooks
from edgeworth.adapters.synthetic.prices import MILLS
from edgeworth.adapters.synthetic.service import Service, encode
from edgeworth.adapters.synthetic.world import Found

BURST: Final = 8
"""Changes sent of their own accord after a connection's first subscription."""

_TRADE_EVERY: Final = 7
_TICK_EVERY: Final = 11
_ARRAY_EVERY: Final = 5
_FINE_TICK: Final = 1
_GOING_AWAY: Final = 1012


class Connection:
    """One client: what it subscribed to, and what waits to be sent."""

    def __init__(self) -> None:
        self.tokens: dict[str, None] = {}
        self.wants_extras = False
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue()

    def send(self, payload: Payload | list[Payload]) -> None:
        """Queue one message."""
        self.waiting.put_nowait(encode(payload))


class MarketStream:
    """All connections of one venue, and the changes that are told to them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.connections: list[Connection] = []
        self._emitted = 0

    # --- subscriptions ----------------------------------------------------------------------------------------------

    def subscribe(self, connection: Connection, message: dict[str, Any]) -> None:
        """Act on one frame of a client; frames that make no sense are ignored."""
        tokens = [token for token in message.get("assets_ids", ()) if isinstance(token, str)]
        connection.wants_extras = bool(message.get("custom_feature_enabled", connection.wants_extras))
        if message.get("operation") == "unsubscribe":
            for token in tokens:
                connection.tokens.pop(token, None)
            return
        added = [token for token in tokens if token not in connection.tokens]
        connection.tokens.update(dict.fromkeys(added))
        books = [book for token in added if (book := self._snapshot(token)) is not None]
        if books:
            connection.send(books if len(books) > 1 else books[0])
        if message.get("type") == "market":
            self.emit(BURST, connection)

    def _snapshot(self, token: str) -> Payload | None:
        claim = self._service.world.by_token(token)
        book = self._service.books.hold(claim[0], claim[1]) if claim else None
        if book is None or claim is None:
            return None
        return {"event_type": "book"} | clob_book(self._service.world, book, claim[2])

    # --- changes ----------------------------------------------------------------------------------------------------

    def emit(self, count: int, only: Connection | None = None) -> None:
        """Make ``count`` changes, in turn over the markets that someone (or ``only``) subscribed to."""
        books = self._subscribed_books([only] if only else self.connections)
        for number in range(count if books else 0):
            self._change(books[number % len(books)])

    def _subscribed_books(self, connections: list[Connection]) -> list[LiveBook]:
        tokens = {token: None for connection in connections for token in connection.tokens}
        books: dict[int, LiveBook] = {}
        for token in tokens:
            claim = self._service.world.by_token(token)
            book = self._service.books.hold(claim[0], claim[1]) if claim else None
            if book is not None:
                books[book.market.key] = book
        return list(books.values())

    def _change(self, book: LiveBook) -> None:
        self._emitted += 1
        if book.version % _TRADE_EVERY == _TRADE_EVERY - 1:
            self._tell(book, self._trade(book))
        elif book.version % _TICK_EVERY == _TICK_EVERY - 1 and book.ladder.tick != _FINE_TICK:
            self._tell_each(self._finer_ticks(book))
        else:
            before = (book.ladder.best_bid, book.ladder.best_ask)
            self._tell(book, self._price_change(book, LiveBooks.touch(book)))
            if before != (book.ladder.best_bid, book.ladder.best_ask):
                self._tell_each(self._best(book), extras=True)

    def _tell(self, book: LiveBook, payload: Payload) -> None:
        """To everyone who follows either outcome; now and then wrapped in an array, as the real stream does."""
        message = [payload] if self._emitted % _ARRAY_EVERY == 0 else payload
        tokens = self._service.world.identity.token_ids(book.market)
        for connection in self.connections:
            if any(token in connection.tokens for token in tokens):
                connection.send(message)

    def _tell_each(self, payloads: list[Payload], *, extras: bool = False) -> None:
        """To those who follow the outcome that each message is about."""
        for connection in self.connections:
            for payload in payloads:
                if payload["asset_id"] in connection.tokens and (connection.wants_extras or not extras):
                    connection.send(payload)

    def _head(self, book: LiveBook, kind: str) -> Payload:
        world = self._service.world
        return {
            "event_type": kind,
            "market": world.identity.condition_id(book.market),
            "timestamp": timestamp(world, book),
        }

    def _price_change(self, book: LiveBook, change: LevelChange) -> Payload:
        tokens = self._service.world.identity.token_ids(book.market)
        changes = []
        for outcome, token in enumerate(tokens):
            ladder = side_of(book, outcome)
            is_bid = change.is_bid == (outcome == 0)
            price = change.price if outcome == 0 else MILLS - change.price
            changes.append({
                "asset_id": token, "price": dollars_text(price), "size": size_text(change.cents),
                "side": "BUY" if is_bid else "SELL", "hash": book_hash(book, outcome),
                "best_bid": best_text(ladder.best_bid), "best_ask": best_text(ladder.best_ask),
            })  # fmt: skip
        return self._head(book, "price_change") | {"price_changes": changes}

    def _trade(self, book: LiveBook) -> Payload:
        word = derive(book.market.key, "streamed trade", book.version)
        book.version += 1
        price = book.ladder.best_ask if word & 1 else book.ladder.best_bid
        book.last = price if price is not None else book.last or MILLS // 2
        return self._head(book, "last_trade_price") | {
            "asset_id": self._service.world.identity.token_ids(book.market)[0],
            "price": last_price_text(book, 0),
            "size": size_text(100 + (word >> 8) % 50_000),
            "side": "BUY" if word & 1 else "SELL",
            "fee_rate_bps": "0",
            "transaction_hash": self._service.world.identity.hexadecimal(4, "streamed", book.market.key, book.version),
        }

    def _finer_ticks(self, book: LiveBook) -> list[Payload]:
        old, book.ladder.tick = book.ladder.tick, _FINE_TICK
        book.version += 1
        sizes = {"old_tick_size": dollars_text(old), "new_tick_size": dollars_text(_FINE_TICK)}
        tokens = self._service.world.identity.token_ids(book.market)
        return [self._head(book, "tick_size_change") | {"asset_id": token} | sizes for token in tokens]

    def _best(self, book: LiveBook) -> list[Payload]:
        payloads = []
        for outcome, token in enumerate(self._service.world.identity.token_ids(book.market)):
            ladder = side_of(book, outcome)
            spread = (ladder.best_ask or MILLS) - (ladder.best_bid or 0)
            payloads.append(self._head(book, "best_bid_ask") | {
                "asset_id": token, "best_bid": best_text(ladder.best_bid), "best_ask": best_text(ladder.best_ask),
                "spread": dollars_text(spread),
            })  # fmt: skip
        return payloads

    # --- time -------------------------------------------------------------------------------------------------------

    def world_moved(self) -> None:
        """After the world went on: new snapshots, and who asked for it is told of answers."""
        for connection in self.connections:
            told: set[int] = set()
            for token in connection.tokens:
                book = self._snapshot(token)
                if book is not None:
                    connection.send(book)
                claim = self._service.world.by_token(token)
                if claim is not None and book is None and connection.wants_extras and claim[1].key not in told:
                    told.add(claim[1].key)
                    self._tell_answer(connection, (claim[0], claim[1]))

    def _tell_answer(self, connection: Connection, found: Found) -> None:
        event, market = found
        world = self._service.world
        payouts = market.ending.payouts
        if market.stage(world.now, event.created_at) is not Stage.RESOLVED or payouts is None or 1.0 not in payouts:
            return
        winner = payouts.index(1.0)
        tokens = world.identity.token_ids(market)
        connection.send({
            "event_type": "market_resolved", "id": str(market.key), "market": world.identity.condition_id(market),
            "assets_ids": list(tokens), "winning_asset_id": tokens[winner], "winning_outcome": market.outcomes[winner],
            "timestamp": str(world.now * 1_000), "tags": [slug for _, slug in event.tags],
        })  # fmt: skip


def market_stream_routes(service: Service, path: str) -> list[WebSocketRoute]:
    """The stream's one route; the stream itself is put on ``service``."""
    stream = MarketStream(service)
    service.on_move.append(stream.world_moved)
    service.emit = stream.emit

    async def serve(socket: WebSocket) -> None:
        await socket.accept(headers=[(b"x-edgeworth-synthetic", f"seed={service.world.seed}".encode())])
        connection = Connection()
        stream.connections.append(connection)
        service.stream_connections += 1
        sender = asyncio.create_task(_send_all(socket, connection, _dropped_after(service)))
        try:
            await _receive_all(socket, stream, connection, sender)
        finally:
            stream.connections.remove(connection)
            sender.cancel()

    return [WebSocketRoute(path, serve)]


def _dropped_after(service: Service) -> int | None:
    traps = service.traps
    return traps.stream_drop_after if service.stream_connections <= traps.stream_drops else None


async def _receive_all(
    socket: WebSocket, stream: MarketStream, connection: Connection, sender: asyncio.Task[None]
) -> None:
    while True:
        try:
            text = await socket.receive_text()
        except (WebSocketDisconnect, RuntimeError):
            return
        if text == "PING":
            connection.waiting.put_nowait(b"PONG")
            continue
        try:
            message = msgspec.json.decode(text)
        except msgspec.DecodeError:
            continue
        if isinstance(message, dict) and not sender.done():
            stream.subscribe(connection, message)


async def _send_all(socket: WebSocket, connection: Connection, drop_after: int | None) -> None:
    sent = 0
    while drop_after is None or sent < drop_after:
        await socket.send_text((await connection.waiting.get()).decode())
        sent += 1
    await socket.close(code=_GOING_AWAY)
