"""The market stream as a plain WebSocket client sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from edgeworth.adapters.synthetic.events import Stage
from edgeworth.adapters.synthetic.server import RunningVenue, running_venue
from edgeworth.adapters.synthetic.stream import BURST
from edgeworth.adapters.synthetic.traps import NO_TRAPS, Traps
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)


@contextmanager
def streaming(traps: Traps = NO_TRAPS) -> Iterator[tuple[RunningVenue, ClientConnection, list[str]]]:
    """A venue, a connection to its stream, and the tokens of a market that trades in cents."""
    with (
        running_venue(World(as_of=AS_OF, event_count=60), traps) as venue,
        connect(venue.market_stream_url, proxy=None) as socket,
    ):
        yield venue, socket, tokens_of(venue)


def tokens_of(venue: RunningVenue) -> list[str]:
    world = venue.world
    return next(
        list(world.identity.token_ids(seen.market))
        for event in world.listed(Venue.SYNTHETIC_POLYMARKET)
        for seen in world.snapshots(event, Venue.SYNTHETIC_POLYMARKET)
        if seen.stage is Stage.OPEN and seen.tick == 10 and seen.bid > 100 and seen.ask < 900
    )


def subscribe(socket: ClientConnection, tokens: list[str], **more: Any) -> None:
    socket.send(json.dumps({"type": "market", "assets_ids": tokens, **more}))


def received(socket: ClientConnection, count: int) -> list[Any]:
    return [json.loads(socket.recv(timeout=10)) for _ in range(count)]


def until_pong(socket: ClientConnection) -> list[str]:
    """Everything that was sent before the answer to a PING."""
    socket.send("PING")
    texts: list[str] = []
    while (text := str(socket.recv(timeout=10))) != "PONG":
        texts.append(text)
    return texts


def test_a_ping_in_text_is_answered_in_text() -> None:
    with streaming() as (_, socket, __):
        assert until_pong(socket) == []


def test_the_handshake_says_that_it_is_synthetic() -> None:
    with streaming() as (_, socket, __):
        assert socket.response is not None
        assert socket.response.headers["x-edgeworth-synthetic"] == "seed=7"


def test_snapshots_come_first_and_equal_the_books_that_are_served() -> None:
    with streaming() as (venue, socket, tokens):
        before = httpx.post(venue.clob_url + "/books", json=[{"token_id": token} for token in tokens]).json()
        subscribe(socket, tokens)
        first = received(socket, 1)[0]
        assert [{key: value for key, value in book.items() if key != "event_type"} for book in first] == before


def test_messages_are_objects_and_now_and_then_arrays() -> None:
    with streaming() as (_, socket, tokens):
        subscribe(socket, tokens)
        assert {type(message) for message in received(socket, 1 + BURST)[1:]} == {dict, list}


def test_two_runs_send_the_same_bytes() -> None:
    runs = []
    for _ in range(2):
        with streaming() as (venue, socket, tokens):
            subscribe(socket, tokens, custom_feature_enabled=True)
            runs.append(until_pong(socket))
            venue.emit(30)
            runs[-1] += until_pong(socket)
    assert runs[0] == runs[1]


def test_top_of_book_is_told_only_to_those_who_ask_for_it() -> None:
    for wanted in (False, True):
        with streaming() as (venue, socket, tokens):
            subscribe(socket, tokens, custom_feature_enabled=wanted)
            received(socket, 1)
            venue.emit(40)
            kinds = set()
            for text in until_pong(socket):
                message = json.loads(text)
                kinds |= {one["event_type"] for one in (message if isinstance(message, list) else [message])}
            assert ("best_bid_ask" in kinds) is wanted


def test_after_an_unsubscription_nothing_more_is_sent() -> None:
    with streaming() as (venue, socket, tokens):
        subscribe(socket, tokens)
        received(socket, 1 + BURST)
        socket.send(json.dumps({"operation": "unsubscribe", "assets_ids": tokens}))
        until_pong(socket)
        venue.emit(10)
        assert until_pong(socket) == []


def test_the_connection_is_cut_where_the_trap_says_and_the_next_one_is_not() -> None:
    with streaming(Traps(stream_drop_after=3)) as (venue, socket, tokens):
        subscribe(socket, tokens)
        received(socket, 3)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        with connect(venue.market_stream_url, proxy=None) as second:
            subscribe(second, tokens)
            received(second, 1 + BURST)


def test_when_time_goes_on_new_snapshots_come_and_answers_are_told() -> None:
    with streaming() as (venue, socket, tokens):
        subscribe(socket, tokens, custom_feature_enabled=True)
        until_pong(socket)
        venue.advance(AS_OF + timedelta(hours=2))
        first = received(socket, 1)[0]
        assert (first["event_type"], first["asset_id"]) == ("book", tokens[0])
        received(socket, 1)
        venue.advance(AS_OF + timedelta(days=400))
        answer = received(socket, 1)[0]
        assert answer["event_type"] == "market_resolved"
        assert answer["winning_asset_id"] in tokens


def test_frames_that_make_no_sense_are_ignored() -> None:
    with streaming() as (_, socket, __):
        for frame in ("", "{", "[]", "null", json.dumps({"type": "market", "assets_ids": ["1", 2, None]})):
            socket.send(frame)
        assert until_pong(socket) == []
