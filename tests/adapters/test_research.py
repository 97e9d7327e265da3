"""Exa over httpx and Perplexity's real client against a server on loopback; and answers that are paid for once."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import pytest

from edgeworth.adapters.research.exa import ExaResearch
from edgeworth.adapters.research.memory import FileResearchMemory, RememberedResearch
from edgeworth.adapters.research.perplexity import PerplexityResearch
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.ports import Research, ResearchAnswer
from tests.loopback import Answer, Loopback

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
THEN = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
KEY = "key-verysecret-0123456789"
QUICK = RetryPolicy(attempts=3, first_wait_seconds=1.0, attempt_seconds=20.0)
SERVICES = ("exa", "perplexity")


def research(service: str, server: Loopback, retry: RetryPolicy = QUICK) -> Research:
    kind = ExaResearch if service == "exa" else PerplexityResearch
    return kind(api_key=KEY, clock=lambda: NOW, base_url=server.url, retry=retry, sleep=server.sleep)


def exa_result(url: str, **fields: object) -> dict:
    return {"id": url, "url": url, "title": "T", "publishedDate": "2026-03-01T10:00:00.000Z", "author": None} | fields


EXA = Answer(
    {
        "requestId": "r",
        "resolvedSearchType": "neural",
        "costDollars": {"total": 0.0070001},
        "results": [
            exa_result("https://a.org/1", text="old news", snapshotAt="2026-03-02T00:00:01.000Z"),
            exa_result("https://a.org/2", text="rewritten since"),
            exa_result("https://a.org/3", text="tomorrow's", publishedDate="2026-03-11T10:00:00.000Z"),
            exa_result("https://a.org/4", text="some day", publishedDate=None),
            exa_result("https://kalshi.com/markets/x", text="YES 61c"),
            exa_result("https://a.org/5", text="broken \ud83d emoji", snapshotAt="2026-03-02T00:00:01.000Z"),
        ],
        "statuses": [],
    }
)
PERPLEXITY = Answer(
    {
        "id": "s1",
        "server_time": None,
        "results": [
            {
                "title": "T",
                "url": "https://a.org/1",
                "snippet": "old",
                "date": "2026-03-01",
                "last_updated": "2026-03-02",
            },
            {
                "title": "T",
                "url": "https://a.org/2",
                "snippet": "new",
                "date": "2026-03-01",
                "last_updated": "2026-04-01",
            },
            {"title": "T", "url": "https://a.org/3", "snippet": "no", "date": None, "last_updated": None},
            {"title": "T", "url": "https://a.org/4", "snippet": "unsure", "date": "2026-03-01", "last_updated": None},
        ],
    }
)
SUCCESS = {"exa": EXA, "perplexity": PERPLEXITY}


async def search(server: Loopback, service: str, as_of: datetime = THEN, retry: RetryPolicy = QUICK) -> ResearchAnswer:
    async with server.running():
        return await research(service, server, retry).search("Ann Lee Springfield", as_of, 5)


async def test_exa_is_asked_for_text_as_it_stood_then_and_its_answer_is_screened():
    server = Loopback(EXA)
    answer = await search(server, "exa")
    [request] = server.requests
    assert (request.method, request.path, request.headers["x-api-key"]) == ("POST", "/search", KEY)
    assert request.json == {
        "query": "Ann Lee Springfield",
        "type": "auto",
        "numResults": 10,
        "endPublishedDate": "2026-03-10T15:30:00.000Z",
        "excludeDomains": ["polymarket.com", "kalshi.com"],
        "contents": {"text": {"maxCharacters": 4000}, "snapshotAsOf": "2026-03-10T15:30:00.000Z"},
    }
    assert [snippet.text for snippet in answer.snippets] == ["old news", "broken ? emoji"]
    assert answer.rejected == {"version_unknown": 1, "later": 1, "undated": 1, "venue_page": 1}
    assert answer.cost == 7_001


async def test_exa_is_asked_for_the_page_of_today_when_today_is_the_instant():
    server = Loopback(EXA)
    answer = await search(server, "exa", as_of=NOW - timedelta(minutes=5))
    assert "snapshotAsOf" not in server.requests[0].json["contents"]
    assert [snippet.url[-1] for snippet in answer.snippets] == ["1", "2", "3", "5"]


async def test_perplexity_is_asked_in_its_own_spelling_and_its_answer_is_screened():
    server = Loopback(PERPLEXITY)
    answer = await search(server, "perplexity")
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/search")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json == {
        "query": "Ann Lee Springfield",
        "max_results": 10,
        "search_domain_filter": ["-polymarket.com", "-kalshi.com"],
        "search_before_date_filter": "3/11/2026",
        "last_updated_before_filter": "3/11/2026",
    }
    assert [snippet.text for snippet in answer.snippets] == ["old"]
    assert answer.rejected == {"version_later": 1, "undated": 1, "version_unknown": 1}
    assert answer.cost is None  # the price at another address is not known


@pytest.mark.parametrize("service", SERVICES)
async def test_a_wait_that_the_server_asks_for_is_kept(service):
    server = Loopback(Answer({"error": "slow down"}, 429, {"retry-after": "3"}), SUCCESS[service])
    assert (await search(server, service)).snippets
    assert (server.waits, len(server.requests)) == ([3.0], 2)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_failing_service_is_asked_as_often_as_the_policy_says_and_by_no_one_else(service):
    server = Loopback(Answer({"error": "down"}, 502))
    with pytest.raises(RetriableSourceError, match="HTTP 502"):
        await search(server, service)
    assert (server.waits, len(server.requests)) == ([1.0, 2.0], 3)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_that_hangs_is_given_up(service):
    server = Loopback(Answer(hangs=True))
    with pytest.raises(RetriableSourceError, match=r"no complete answer within 0\.1 s"):
        await search(server, service, retry=RetryPolicy(attempts=2, attempt_seconds=0.1))


@pytest.mark.parametrize("service", SERVICES)
async def test_torn_answers_are_asked_for_again_and_another_shape_is_final(service):
    whole = SUCCESS[service]
    server = Loopback(Answer(whole.body, cut=True), Answer(b'{"results": [{"url": "https://a'), whole)
    assert (await search(server, service)).snippets
    with pytest.raises(FatalSourceError, match="shape"):
        await search(Loopback(Answer({"results": "none"})), service)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_refused_key_names_its_setting_and_nothing_of_the_key(service, caplog):
    caplog.set_level(logging.DEBUG)
    server = Loopback(Answer({"error": f"bad key {KEY}"}, 401))
    with pytest.raises(ConfigurationError, match=f"{service.upper()}_API_KEY is refused") as caught:
        await search(server, service)
    assert len(server.requests) == 1
    assert "verysecret" not in f"{caught.value} {caplog.text} {research(service, server)!r}"


@pytest.mark.parametrize("service", SERVICES)
async def test_nobody_listening_is_no_answer(service):
    server = Loopback(SUCCESS[service])
    async with server.running():
        pass
    with pytest.raises(RetriableSourceError, match=r"found (ConnectError|APIConnectionError)"):
        await research(service, server).search("q", THEN, 5)


async def test_the_same_question_is_paid_for_once_also_in_another_process(tmp_path):
    server = Loopback(EXA)
    async with server.running():
        first = RememberedResearch(research("exa", server), FileResearchMemory(tmp_path))
        answers = await asyncio.gather(*(first.search("q", THEN, 5) for _ in range(3)))
        second = RememberedResearch(research("exa", server), FileResearchMemory(tmp_path))
        answers.append(await second.search("q", THEN, 5))
    assert len(server.requests) == 1
    assert [answer.cost for answer in answers] == [7_001, 0, 0, 0]
    assert {answer.snippets for answer in answers} == {answers[0].snippets}
    assert answers[-1].rejected == answers[0].rejected


@pytest.mark.parametrize(
    "other", [("q2", THEN, 5), ("q", THEN + timedelta(seconds=1), 5), ("q", THEN, 6)], ids=["query", "instant", "limit"]
)
async def test_another_question_instant_or_limit_is_another_search(tmp_path, other):
    server = Loopback(EXA)
    async with server.running():
        remembered = RememberedResearch(research("exa", server), FileResearchMemory(tmp_path))
        await remembered.search("q", THEN, 5)
        await remembered.search(*other)
    assert len(server.requests) == 2


async def test_a_memory_that_cannot_be_read_is_asked_for_again(tmp_path):
    server = Loopback(EXA)
    async with server.running():
        remembered = RememberedResearch(research("exa", server), FileResearchMemory(tmp_path))
        await remembered.search("q", THEN, 5)
        [file] = tmp_path.rglob("*.json")
        file.write_bytes(b"{torn")
        assert (await remembered.search("q", THEN, 5)).cost == 7_001
        assert (await remembered.search("q", THEN, 5)).cost == 0
    assert len(server.requests) == 2


async def test_a_failure_is_not_remembered(tmp_path):
    server = Loopback(Answer({"error": "bad query"}, 400), EXA)
    async with server.running():
        remembered = RememberedResearch(research("exa", server), FileResearchMemory(tmp_path))
        with pytest.raises(FatalSourceError, match="bad query"):
            await remembered.search("q", THEN, 5)
        assert (await remembered.search("q", THEN, 5)).snippets
