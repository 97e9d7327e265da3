"""The official client against a service on loopback that speaks real HTTP: what every answer becomes."""

from __future__ import annotations

import base64
import json
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edgeworth.adapters.embeddings import openai as module
from edgeworth.adapters.embeddings.openai import OpenAIEmbedder
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError, SourceError
from tests.builders import NOON

pytestmark = pytest.mark.anyio

KEY = "sk-test-do-not-show-0123456789"
MODEL = "tiny"

Answer = tuple[int, dict[str, str], object]


def vector(text: str) -> list[float]:
    """Three numbers, not of length 1, that tell texts of different lengths apart."""
    return [3.0 * len(text), 4.0, 0.0]


def embeddings(texts: list[str], *, encode: bool = True, tokens: int | None = None, backwards: bool = False) -> Answer:
    """An answer as the documentation shows it; base64 of little-endian floats is what the client asks for."""
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(struct.pack("<3f", *vector(text))).decode() if encode else vector(text),
        }
        for index, text in enumerate(texts)
    ]
    count = 5 * len(texts) if tokens is None else tokens
    usage = {"prompt_tokens": count, "total_tokens": count}
    return 200, {}, {"object": "list", "data": data[::-1] if backwards else data, "model": MODEL, "usage": usage}


def failure(status: int, code: str = "", kind: str = "", message: str = "", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, {"error": {"message": message, "type": kind or None, "param": None, "code": code or None}}


class Service:
    """Answers what it is told to, one answer a request, then as an honest service would; keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer | Callable[[list[str]], Answer]] = []
        self.requests: list[dict] = []
        self.headers: list[dict[str, str]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                service.requests.append({"path": self.path, **body})
                service.headers.append({name.lower(): value for name, value in self.headers.items()})
                answer = service.answers.pop(0) if service.answers else embeddings
                status, headers, content = answer(body["input"]) if callable(answer) else answer
                self._send(status, headers, content)

            def _send(self, status: int, headers: dict[str, str], content: object) -> None:
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"content-type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    thread = threading.Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()
    thread.join()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def make(service, waits):
    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    def build(**options) -> OpenAIEmbedder:
        defaults = {"model": MODEL, "dimensions": 3, "base_url": service.url, "retry": RetryPolicy(attempts=3)}
        return OpenAIEmbedder(api_key=KEY, clock=lambda: NOON, sleep=sleep, **(defaults | options))

    return build


class TestAnswers:
    @pytest.mark.parametrize("encode", [True, False], ids=["base64", "floats"])
    @pytest.mark.parametrize("backwards", [True, False], ids=["backwards", "in order"])
    async def test_rows_have_length_one_and_the_order_of_the_texts(self, service, make, encode, backwards):
        service.answers = [lambda texts: embeddings(texts, encode=encode, backwards=backwards)]
        batch = await make().embed(["a", "bb"])
        # (3, 4, 0) / 5 and (6, 4, 0) / sqrt(52)
        assert batch.vectors[0] == pytest.approx([0.6, 0.8, 0.0], abs=1e-6)
        assert batch.vectors[1] == pytest.approx([0.83205, 0.5547, 0.0], abs=1e-5)
        assert batch.tokens == 10

    async def test_what_is_sent(self, service, make):
        await make().embed(["a", "bb"])
        [request] = service.requests
        assert request["path"] == "/v1/embeddings"
        assert (request["model"], request["input"], request["dimensions"]) == (MODEL, ["a", "bb"], 3)
        assert service.headers[0]["authorization"] == f"Bearer {KEY}"

    async def test_a_known_model_is_not_told_its_own_dimensions(self, service, make):
        embedder = make(model="text-embedding-3-small", dimensions=None)
        with pytest.raises(FatalSourceError):  # the fake answers with three numbers
            await embedder.embed(["a"])
        assert "dimensions" not in service.requests[0]

    async def test_texts_go_in_batches(self, service, make):
        batch = await make(batch_size=2).embed(["a", "bb", "ccc", "dddd", "eeeee"])
        assert [request["input"] for request in service.requests] == [["a", "bb"], ["ccc", "dddd"], ["eeeee"]]
        assert batch.vectors.shape == (5, 3)
        assert batch.tokens == 25

    async def test_empty_texts_are_not_sent_and_have_a_fixed_row(self, service, make):
        batch = await make().embed(["", "a", " \n"])
        assert [request["input"] for request in service.requests] == [["a"]]
        assert batch.vectors[0].tolist() == batch.vectors[2].tolist() == [1.0, 0.0, 0.0]
        assert (await make().embed([""])).tokens == 0

    async def test_long_and_torn_texts_are_sent_as_the_service_takes_them(self, service, make):
        await make().embed(["\ud83d half", "é" * 10_000])
        [request] = service.requests
        assert request["input"] == ["? half", "é" * 4_000]


class TestCost:
    def test_prices_are_those_announced(self):
        """0.02, 0.13 and 0.10 dollars a million tokens; openai.com/index/new-embedding-models-and-api-updates."""
        assert {name: terms.price for name, terms in module.MODELS.items()} == {
            "text-embedding-3-small": 20_000,
            "text-embedding-3-large": 130_000,
            "text-embedding-ada-002": 100_000,
        }

    async def test_micro_dollars_are_rounded_up(self, service, make, monkeypatch):
        monkeypatch.setattr(module, "DEFAULT_BASE_URL", service.url)
        monkeypatch.setitem(module.MODELS, MODEL, module.ModelTerms(dimensions=3, price=20_000))
        service.answers = [lambda texts: embeddings(texts, tokens=12_345)]
        # 12,345 tokens at 0.02 dollars a million are 246.9 micro-dollars
        assert (await make().embed(["a"])).cost == 247

    async def test_what_an_unknown_model_or_another_service_costs_is_not_known(self, make):
        assert (await make().embed(["a"])).cost is None

    async def test_without_a_count_of_tokens_the_cost_is_not_known(self, service, make, monkeypatch):
        monkeypatch.setattr(module, "DEFAULT_BASE_URL", service.url)
        monkeypatch.setitem(module.MODELS, MODEL, module.ModelTerms(dimensions=3, price=20_000))
        status, headers, body = embeddings(["a"])
        service.answers = [(status, headers, {name: body[name] for name in body if name != "usage"})]
        batch = await make().embed(["a"])
        assert (batch.tokens, batch.cost) == (0, None)


class TestRetries:
    async def test_the_service_says_how_long_to_wait(self, service, make, waits):
        service.answers = [failure(429, "rate_limit_exceeded", Retry_After="7")]
        assert (await make().embed(["a"])).tokens == 5
        assert (waits, len(service.requests)) == ([7.0], 2)

    async def test_or_says_until_when(self, service, make, waits):
        service.answers = [failure(429, Retry_After=format_datetime(NOON + timedelta(seconds=20), usegmt=True))]
        await make().embed(["a"])
        assert waits == [20.0]

    async def test_waits_double_when_it_says_nothing(self, service, make, waits):
        service.answers = [failure(500), failure(503)]
        await make().embed(["a"])
        assert waits == [0.5, 1.0]

    async def test_after_the_last_attempt_it_may_pass_later(self, service, make):
        service.answers = [failure(503, kind="server_error")] * 3
        with pytest.raises(RetriableSourceError, match=r"expected embeddings, found HTTP 503 \(server_error\)"):
            await make().embed(["a"])
        assert len(service.requests) == 3

    async def test_the_client_itself_does_not_retry(self, service, make):
        service.answers = [failure(500, x_should_retry="true")]
        with pytest.raises(RetriableSourceError):
            await make(retry=RetryPolicy(attempts=1)).embed(["a"])
        assert len(service.requests) == 1

    async def test_a_wait_longer_than_we_are_willing_ends_the_attempts(self, service, make, waits):
        service.answers = [failure(429, Retry_After="3600")]
        with pytest.raises(RetriableSourceError) as caught:
            await make().embed(["a"])
        assert caught.value.retry_after_seconds == 3600
        assert (waits, len(service.requests)) == ([], 1)

    async def test_nobody_there_may_pass_later(self, service, make, waits):
        service.server.server_close()
        with pytest.raises(RetriableSourceError, match="expected an answer, found APIConnectionError"):
            await make().embed(["a"])
        assert len(waits) == 2

    @pytest.mark.parametrize(
        ("status", "code"), [(429, "insufficient_quota"), (400, "invalid_request"), (404, "model")]
    )
    async def test_what_would_fail_again_is_not_asked_again(self, service, make, status, code):
        service.answers = [failure(status, code)]
        with pytest.raises(FatalSourceError, match=f"HTTP {status} .{code}.") as caught:
            await make().embed(["a"])
        assert (caught.value.status, len(service.requests)) == (status, 1)


class TestKey:
    @pytest.mark.parametrize("status", [401, 403])
    async def test_a_refused_key_is_the_user_s_to_mend_and_is_not_shown(self, service, make, status):
        service.answers = [failure(status, KEY, "auth", f"Incorrect API key provided: {KEY}")]
        with pytest.raises(ConfigurationError, match="OPENAI_API_KEY is refused for the model tiny") as caught:
            await make().embed(["a"])
        assert KEY not in str(caught.value)
        assert len(service.requests) == 1

    async def test_no_message_repeats_what_the_service_says_of_it(self, service, make):
        service.answers = [failure(400, KEY, "", f"You sent {KEY}")]
        with pytest.raises(SourceError) as caught:
            await make().embed(["a"])
        assert "sk-test" not in str(caught.value)
        assert KEY not in repr(make())


class TestAnswersOfAnotherShape:
    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (embeddings(["a"]), "expected 2 vectors of 3 dimensions, found 1"),
            (embeddings(["a", "b", "c"]), "found 3 vectors"),
            ((200, {}, {"object": "list", "data": [], "model": MODEL}), "another shape"),
            ((200, {}, {"choices": []}), "another shape|found"),
            ((200, {}, {"error": {"code": 400, "message": "no"}}), "another shape|found"),
            ((200, {"content-type": "text/html"}, b"<html>blocked</html>"), "another shape"),
            ((200, {}, b"{"), "another shape"),
        ],
        ids=["too few", "too many", "none", "something else", "an error inside", "a page", "torn"],
    )
    async def test_it_is_fatal_and_nothing_is_returned(self, service, make, answer, message):
        service.answers = [answer]
        with pytest.raises(FatalSourceError, match=message):
            await make().embed(["a", "b"])

    @pytest.mark.parametrize("bad", [[1.0, 2.0], [0.0, 0.0, 0.0], [float("nan"), 1.0, 1.0], "text", None, [[1, 2, 3]]])
    async def test_a_vector_that_is_none_of_ours_is_refused(self, service, make, bad):
        status, headers, body = embeddings(["a"], encode=False)
        body["data"][0]["embedding"] = bad
        service.answers = [(status, headers, body)]
        with pytest.raises(FatalSourceError, match="expected"):
            await make().embed(["a"])

    async def test_the_number_of_dimensions_found_is_told(self, service, make):
        service.answers = [embeddings]
        with pytest.raises(FatalSourceError, match="expected 1 vectors of 4 dimensions, found 3 dimensions"):
            await make(dimensions=4).embed(["a"])
