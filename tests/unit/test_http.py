"""The HTTP edge against a scripted transport: what is retried, how long is waited, what a message says."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from edgeworth.adapters.http import RateLimit, VenueHttp, _limiter
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.markets.venue import Venue

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
Answer = httpx.Response | Exception


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Script:
    """A transport that gives the answers in order, the last one for ever, and notes the requests and the waits."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        # A fresh response each time: a transport's response can be read once.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def client(self, base_url: str = "https://venue.test", **options: object) -> VenueHttp:
        options = {"limits": (), "jitter": None, **options}
        return VenueHttp(
            base_url,
            name="Venue",
            venue=Venue.POLYMARKET,
            clock=lambda: NOW,
            sleep=self.sleep,
            transport=httpx.MockTransport(self.handle),
            **options,  # type: ignore[arg-type]
        )


def ok(body: bytes = b"[]", **headers: str) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "application/json", **headers}, content=body)


def status(code: int, body: bytes = b"", **headers: str) -> httpx.Response:
    return httpx.Response(code, headers=headers, content=body)


async def test_a_page_carries_what_was_asked_and_what_came_back() -> None:
    script = Script(ok(b'{"events":[]}'))
    async with script.client("https://venue.test/trade/v2") as http:
        page = await http.get("/events", [("limit", "5"), ("tag", "a"), ("tag", "b")], kind="events")
    assert str(script.requests[0].url) == "https://venue.test/trade/v2/events?limit=5&tag=a&tag=b"
    assert page.url == "https://venue.test/trade/v2/events"
    assert page.params == (("limit", "5"), ("tag", "a"), ("tag", "b"))
    assert (page.status, page.body, page.fetched_at) == (200, b'{"events":[]}', NOW)
    assert (page.venue, page.kind) == (Venue.POLYMARKET, "events")


async def test_a_post_keeps_its_payload_in_the_page() -> None:
    script = Script(ok())
    async with script.client() as http:
        page = await http.post("/books", [{"token_id": "1"}], kind="books")
    assert script.requests[0].content == b'[{"token_id":"1"}]'
    assert script.requests[0].headers["content-type"] == "application/json"
    assert page.params == (("json", '[{"token_id":"1"}]'),)


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504, 520])
async def test_a_status_that_may_pass_is_asked_again(code: int) -> None:
    script = Script(status(code), ok())
    async with script.client() as http:
        page = await http.get("/x", kind="x")
    assert page.status == 200
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut off")]
)
async def test_a_broken_connection_is_asked_again(error: Exception) -> None:
    script = Script(error, ok())
    async with script.client() as http:
        assert (await http.get("/x", kind="x")).status == 200


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 414, 422])
async def test_another_client_error_is_final_and_names_url_status_and_body(code: int) -> None:
    script = Script(status(code, b'{"error":"offset too large"}'))
    async with script.client() as http:
        with pytest.raises(FatalSourceError) as caught:
            await http.get("/markets", [("offset", "9000")], kind="markets")
    assert len(script.requests) == 1
    assert caught.value.status == code
    assert "GET https://venue.test/markets" in str(caught.value)
    assert str(code) in str(caught.value)
    assert "offset too large" in str(caught.value)


async def test_attempts_are_bounded_and_the_waits_double_up_to_the_longest() -> None:
    script = Script(status(503, b"busy"))
    policy = RetryPolicy(attempts=6, first_wait_seconds=1.0, max_wait_seconds=5.0)
    async with script.client(retry=policy) as http:
        with pytest.raises(RetriableSourceError, match="503"):
            await http.get("/x", kind="x")
    assert len(script.requests) == 6
    assert script.waits == [1.0, 2.0, 4.0, 5.0, 5.0]


async def test_jitter_shortens_a_wait_by_at_most_a_half() -> None:
    script = Script(status(503))
    async with script.client(retry=RetryPolicy(attempts=9, max_wait_seconds=4.0), jitter=random.Random(7)) as http:
        with pytest.raises(RetriableSourceError):
            await http.get("/x", kind="x")
    full = [0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    assert all(wait / 2 <= given <= wait for wait, given in zip(full, script.waits, strict=True))
    assert script.waits != full


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (status(429, b"", **{"retry-after": "7"}), 7.0),
        (status(429, b"", **{"retry-after": "Sat, 21 Nov 2026 12:00:09 GMT"}), 9.0),
        (status(429, b"", **{"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}), 0.0),
        (status(429, b'{"error":"slow down","retry_after_seconds":3}'), 3.0),
        (status(429, b'{"retry_after_seconds":"2.5"}'), 2.5),
        (status(503, b'{"retry_after_seconds":3}', **{"retry-after": "4"}), 4.0),
        (status(429, b"", **{"retry-after": "soon"}), 0.5),
        (status(429, b"", **{"retry-after": "-3"}), 0.5),
        (status(429, b"", **{"retry-after": "nan"}), 0.5),
        (status(429, b'{"retry_after_seconds":"never"}'), 0.5),
        (status(429, b'{"retry_after_seconds":'), 0.5),
        (status(429, b"\xff\xfe"), 0.5),
    ],
)
async def test_the_server_says_how_long_to_wait(answer: httpx.Response, wait: float) -> None:
    script = Script(answer, ok())
    async with script.client() as http:
        await http.get("/x", kind="x")
    assert script.waits == [wait]


async def test_a_wait_beyond_what_we_allow_gives_up_at_once_and_names_it() -> None:
    script = Script(status(429, b"", **{"retry-after": "3600"}))
    async with script.client() as http:
        with pytest.raises(RetriableSourceError, match="3600 s") as caught:
            await http.get("/x", kind="x")
    assert caught.value.retry_after_seconds == 3600
    assert len(script.requests) == 1
    assert script.waits == []


@pytest.mark.parametrize(
    "page",
    [
        httpx.Response(200, headers={"content-type": "text/html; charset=utf-8"}, content=b"Just a moment"),
        httpx.Response(200, headers={"content-type": "application/json"}, content=b"\n <!DOCTYPE html><html>"),
        httpx.Response(200, content=b"\xef\xbb\xbf<html>"),
    ],
)
async def test_an_html_page_is_asked_again_then_final(page: httpx.Response) -> None:
    script = Script(page, ok())
    async with script.client() as http:
        assert (await http.get("/x", kind="x")).body == b"[]"
    script = Script(page)
    async with script.client() as http:
        with pytest.raises(FatalSourceError, match="expected JSON, found an HTML page") as caught:
            await http.get("/x", kind="x")
    assert caught.value.status == 200
    assert len(script.requests) == 5


async def test_json_that_breaks_off_is_asked_again() -> None:
    script = Script(ok(b'{"events":[{"id":"1"},'), ok(b'{"events":[]}\n'))
    async with script.client() as http:
        assert (await http.get("/x", kind="x")).body == b'{"events":[]}\n'
    script = Script(ok(b'[{"id":"1"},'))
    async with script.client() as http:
        with pytest.raises(RetriableSourceError, match="breaks off after 12 bytes"):
            await http.get("/x", kind="x")


async def test_a_redirect_is_followed_on_the_same_host_only() -> None:
    script = Script(status(308, location="/v2/x"), ok())
    async with script.client() as http:
        assert (await http.get("/x", kind="x")).status == 200
    assert script.requests[1].url == "https://venue.test/v2/x"
    script = Script(status(302, location="https://evil.test/x"))
    async with script.client() as http:
        with pytest.raises(FatalSourceError, match=r"redirect \(HTTP 302\) to evil.test, not followed"):
            await http.get("/x", kind="x")
    assert len(script.requests) == 1


async def test_endless_redirects_end() -> None:
    script = Script(status(302, location="/x"))
    async with script.client() as http:
        with pytest.raises(FatalSourceError, match="redirect"):
            await http.get("/x", kind="x")
    assert len(script.requests) == 4


async def test_messages_hold_no_control_characters_no_credentials_and_little_of_the_body() -> None:
    body = b"\x1b[31mboo\x00\r\n" + "\u202e".encode() + b" https://user:secret@host/ " + b"x" * 10_000
    script = Script(status(404, body))
    async with script.client("https://me:hunter2@venue.test") as http:
        with pytest.raises(FatalSourceError) as caught:
            await http.get("/x", [("api_key", "hunter2")], kind="x")
        assert "hunter2" not in repr(http)
        assert http.base_url == "https://venue.test"
    message = str(caught.value)
    assert message.isprintable()
    assert "secret" not in message
    assert "hunter2" not in message
    assert len(message) < 400


async def test_a_server_that_declares_itself_a_stand_in_gives_synthetic_pages() -> None:
    script = Script(ok(**{"x-edgeworth-synthetic": "seed=1"}), ok())
    async with script.client() as http:
        assert http.venue is Venue.POLYMARKET
        assert await http.identify("/ok")
        assert http.venue is Venue.SYNTHETIC_POLYMARKET
        assert (await http.get("/x", kind="x")).venue is Venue.SYNTHETIC_POLYMARKET
    async with Script(ok()).client() as http:
        assert not await http.identify("/ok")


@pytest.mark.parametrize("url", ["", "venue.test", "ftp://venue.test", "http://", "https://host:port"])
def test_a_base_url_that_is_no_address_is_a_setting_to_mend(url: str) -> None:
    with pytest.raises(ConfigurationError, match="https://host"):
        Script(ok()).client(url)


async def test_a_body_is_kept_as_sent_but_for_the_content_encoding() -> None:
    text = "\ufeff[1]".encode("utf-16")
    async with Script(ok(text)).client() as http:
        assert (await http.get("/x", kind="x")).body == text


async def test_a_torn_compressed_body_is_asked_again() -> None:
    answers: list[Callable[[], httpx.Response]] = [
        lambda: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip")),
        ok,
    ]
    client = VenueHttp(
        "https://venue.test",
        name="Venue",
        venue=Venue.KALSHI,
        limits=(),
        clock=lambda: NOW,
        sleep=Script(ok()).sleep,
        transport=httpx.MockTransport(lambda _: answers.pop(0)()),
    )
    async with client as http:
        assert (await http.get("/x", kind="x")).body == b"[]"


@pytest.mark.parametrize(("requests", "per_seconds"), [(20, 1.0), (300, 10.0), (1, 1.0), (3, 1.0)])
def test_a_limit_holds_in_every_window(requests: int, per_seconds: float) -> None:
    """The burst plus what refills within one window never exceeds the documented limit."""
    limiter = _limiter(RateLimit(requests=requests, per_seconds=per_seconds))
    refill = limiter.max_rate / limiter.time_period * per_seconds
    assert limiter.max_rate + refill <= max(requests, 2)
    assert limiter.max_rate >= 1


async def test_a_limit_applies_to_its_own_paths_only() -> None:
    """Twenty requests elsewhere pass although /markets allows one an hour."""
    script = Script(ok())
    limits = [RateLimit(requests=1, per_seconds=3600.0, path_prefix="/markets")]
    async with script.client(limits=limits) as http:
        for _ in range(20):
            await http.get("/events", kind="events")
    assert len(script.requests) == 20


async def test_requests_beyond_the_limit_wait() -> None:
    limits = [RateLimit(requests=1, per_seconds=0.02, path_prefix="/markets")]
    async with Script(ok()).client(limits=limits) as http:
        loop = asyncio.get_running_loop()
        started = loop.time()
        for _ in range(3):
            await http.get("/markets", kind="markets")
        assert loop.time() - started >= 0.039
