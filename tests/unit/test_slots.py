"""A slot is asked for again while Prefect's server is away, and for so long; any other error ends the wait at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from prefect.concurrency.sync import concurrency
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import temporary_settings

from tasks.orchestration.slots import SERVER_BACK_WITHIN_SECONDS, server_is_away, service_slot

ASKED = httpx.Request("POST", "http://127.0.0.1/api")


def wrapped(error: Exception) -> Exception:
    """As Prefect hands on what its client was told."""
    outer = RuntimeError("Unable to acquire concurrency slots")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        wrapped(httpx.ConnectError("refused")),
        wrapped(wrapped(httpx.ReadError("reset"))),
        httpx.RemoteProtocolError("gone in the middle of an answer"),
        httpx.ReadTimeout("no answer"),
    ],
)
def test_nobody_answers(error):
    assert server_is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        None,
        ValueError("a defect"),
        wrapped(ValueError("a defect")),
        httpx.HTTPStatusError("no", request=ASKED, response=httpx.Response(500, request=ASKED)),
        PrefectHTTPStatusError("no", request=ASKED, response=httpx.Response(422, request=ASKED)),
    ],
)
def test_somebody_answers_or_something_else_is_wrong(error):
    assert not server_is_away(error)


def test_prefect_hands_on_why_it_could_not_ask():
    """Whatever it wraps the error in, in this version: nobody listens on the first port."""
    with (
        temporary_settings(updates={"api.url": "http://127.0.0.1:1/api"}),
        pytest.raises(Exception) as refused,
        concurrency("kalshi", strict=True),
    ):
        pass
    assert server_is_away(refused.value)


class Hours:
    """A clock that goes on when somebody waits."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Queue:
    """Turns at a service, in order: how long each is waited for, and what ends the waiting; the last one for ever."""

    def __init__(self, clock: Hours, *turns: tuple[float, Exception | None]) -> None:
        self.clock = clock
        self.turns = list(turns)
        self.asked = 0

    @contextmanager
    def hold(self, service: str) -> Iterator[None]:
        self.asked += 1
        seconds, error = self.turns[0] if len(self.turns) == 1 else self.turns.pop(0)
        self.clock.sleep(seconds)
        if error is not None:
            raise error
        yield


GONE = httpx.ConnectError("refused")
AN_HOUR = 3600.0


@pytest.mark.parametrize(
    "turns",
    [
        [(AN_HOUR, GONE), (0, None)],
        [(AN_HOUR, wrapped(GONE)), (60, GONE), (0, None)],
        [(AN_HOUR, GONE), (5, GONE), (AN_HOUR, GONE), (60, GONE), (AN_HOUR, None)],
    ],
    ids=["once", "for a while", "twice"],
)
def test_who_waited_long_for_a_turn_waits_for_a_restarted_server_as_anybody(turns):
    clock = Hours()
    queue = Queue(clock, *turns)
    with service_slot("kalshi", hold=queue.hold, clock=clock):
        assert queue.asked == len(turns)


@pytest.mark.parametrize("had_waited", [0.0, AN_HOUR])
@pytest.mark.parametrize("seconds", [0.0, 55.0])
def test_a_server_that_stays_away_is_given_up_after_a_bounded_time(had_waited, seconds):
    """However long each asking takes: what counts is how long nobody has answered."""
    clock = Hours()
    queue = Queue(clock, (had_waited, GONE), (seconds, GONE))
    with pytest.raises(httpx.ConnectError), service_slot("kalshi", hold=queue.hold, clock=clock):
        pass
    assert SERVER_BACK_WITHIN_SECONDS <= clock.now - had_waited <= SERVER_BACK_WITHIN_SECONDS + 60


def test_an_error_of_another_kind_ends_the_wait_at_once():
    clock = Hours()
    queue = Queue(clock, (0, ValueError("a defect")))
    with pytest.raises(ValueError, match="a defect"), service_slot("kalshi", hold=queue.hold, clock=clock):
        pass
    assert (queue.asked, clock.now) == (1, 0.0)


def test_work_that_is_done_counts_though_the_slot_could_not_be_given_back(caplog):
    @contextmanager
    def hold(service: str) -> Iterator[None]:
        yield
        raise GONE

    with service_slot("kalshi", hold=hold, clock=Hours()):
        pass
    assert "the slot of kalshi is free again within" in caplog.text
