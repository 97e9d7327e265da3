"""Which errors say that Prefect's server is away, so that a slot is asked for again; all others end the wait at once."""

from __future__ import annotations

import httpx
import pytest
from prefect.concurrency.sync import concurrency
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import temporary_settings

from tasks.orchestration.slots import server_is_away

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
