"""The real clients of Anthropic and OpenAI against a server on loopback: answers, failures, retries, money, secrets."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import msgspec
import pytest

from edgeworth.adapters.language_models.anthropic import AnthropicModel
from edgeworth.adapters.language_models.openai import (
    OPENAI_SERVICE,
    OpenAIModel,
    openai_at,
    openrouter_at,
)
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.ports import Finish, LanguageModel, Prompt, Reply
from tests.loopback import Answer, Loopback

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
KEY = "sk-loopback-verysecret-0123456789"
QUICK = RetryPolicy(attempts=3, first_wait_seconds=1.0, max_wait_seconds=60.0, attempt_seconds=20.0)
QUESTION = Prompt(prompt_id="weather_v1", system="You judge.", text="Will it rain?")
SCHEMA = {
    "type": "object",
    "properties": {"rain": {"type": "boolean"}, "chance": {"type": "number", "minimum": 0, "maximum": 1}},
    "required": ["rain", "chance"],
    "additionalProperties": False,
}
ANSWER = {"rain": True, "chance": 0.25}

PROVIDERS = ("anthropic", "openai", "openrouter")


def model(provider: str, server: Loopback, retry: RetryPolicy = QUICK) -> LanguageModel:
    options = {"api_key": KEY, "clock": lambda: NOW, "retry": retry, "sleep": server.sleep}
    if provider == "anthropic":
        return AnthropicModel(model="claude-opus-5-5", base_url=server.url, **options)
    if provider == "openai":
        return OpenAIModel(model="gpt-6.1-sol", service=openai_at(f"{server.url}/v1"), **options)
    return OpenAIModel(model="vendor/name", service=openrouter_at(f"{server.url}/v1"), **options)


def said(provider: str, text: str | None, **changes: object) -> Answer:
    """A success in the shape of the vendor's documentation."""
    if provider == "anthropic":
        content = [] if text is None else [{"type": "thinking", "thinking": "..."}, {"type": "text", "text": text}]
        message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5"}
        message |= {"content": content, "stop_reason": "end_turn", "stop_sequence": None}
        return Answer({**message, "usage": {"input_tokens": 1000, "output_tokens": 200}, **changes})
    choice = {"index": 0, "message": {"role": "assistant", "content": text, "refusal": None}, "finish_reason": "stop"}
    choice |= changes
    usage = {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200}
    if provider == "openrouter":
        usage["cost"] = 0.0123456789
    return Answer(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    )


def failed(provider: str, status: int, kind: str, message: str = "no", **headers: str) -> Answer:
    error = {"type": kind, "message": message} if provider == "anthropic" else {"code": kind, "message": message}
    return Answer({"type": "error", "error": error}, status=status, headers=headers)


async def ask(server: Loopback, provider: str, retry: RetryPolicy = QUICK) -> Reply:
    async with server.running():
        return await model(provider, server, retry).ask(QUESTION, schema=SCHEMA, max_tokens=30_000)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_answer_is_read_with_its_tokens(provider):
    reply = await ask(Loopback(said(provider, json.dumps(ANSWER))), provider)
    assert (reply.finish, reply.value, reply.problem) == (Finish.COMPLETE, ANSWER, None)
    assert (reply.input_tokens, reply.output_tokens) == (1000, 200)


async def test_anthropic_is_asked_for_json_without_the_bounds_that_it_refuses():
    server = Loopback(said("anthropic", json.dumps(ANSWER)))
    await ask(server, "anthropic")
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/v1/messages")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert (request.json["model"], request.json["max_tokens"]) == ("claude-opus-5-5", 30_000)
    assert request.json["system"] == "You judge."
    assert request.json["messages"] == [{"role": "user", "content": "Will it rain?"}]
    [form] = request.json["output_config"].values()
    assert form["type"] == "json_schema"
    assert form["schema"]["properties"]["chance"] == {
        "type": "number",
        "description": '{"maximum": 1, "minimum": 0}',
    }
    assert "temperature" not in request.json


@pytest.mark.parametrize("provider", ["openai", "openrouter"])
async def test_openai_and_openrouter_are_asked_for_a_strict_schema(provider):
    server = Loopback(said(provider, json.dumps(ANSWER)))
    await ask(server, provider)
    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    form = request.json["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    assert form["json_schema"]["schema"]["additionalProperties"] is False
    assert [message["role"] for message in request.json["messages"]] == ["system", "user"]
    assert request.json["max_tokens"] == 30_000


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_wait_that_the_server_asks_for_is_kept(provider):
    busy = failed(provider, 429, "rate_limit_error", **{"retry-after": "7"})
    server = Loopback(busy, said(provider, json.dumps(ANSWER)))
    reply = await ask(server, provider)
    assert (reply.finish, server.waits, len(server.requests)) == (Finish.COMPLETE, [7.0], 2)


async def test_a_wait_in_milliseconds_or_as_a_date_is_understood():
    soon = failed("openai", 429, "rate_limit", **{"retry-after-ms": "1500", "retry-after": "2"})
    later = failed("openai", 429, "rate_limit", **{"retry-after": "Sat, 21 Nov 2026 12:00:20 GMT"})
    server = Loopback(soon, later, said("openai", json.dumps(ANSWER)))
    await ask(server, "openai")
    assert server.waits == [1.5, 20.0]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_wait_that_is_too_long_ends_the_attempts(provider):
    server = Loopback(failed(provider, 429, "rate_limit_error", **{"retry-after": "3600"}))
    with pytest.raises(RetriableSourceError, match="HTTP 429") as caught:
        await ask(server, provider)
    assert caught.value.retry_after_seconds == 3600
    assert (server.waits, len(server.requests)) == ([], 1)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("status", [500, 503, 529])
async def test_a_failing_service_is_asked_as_often_as_the_policy_says_and_by_no_one_else(provider, status):
    server = Loopback(failed(provider, status, "api_error", "overloaded"))
    with pytest.raises(RetriableSourceError, match=f"HTTP {status}.*overloaded"):
        await ask(server, provider)
    assert (server.waits, len(server.requests)) == ([1.0, 2.0], 3)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_service_that_hangs_is_given_up(provider):
    server = Loopback(Answer(hangs=True))
    with pytest.raises(RetriableSourceError, match=r"no complete answer within 0\.1 s"):
        await ask(server, provider, RetryPolicy(attempts=2, attempt_seconds=0.1))
    assert len(server.requests) == 2


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_answer_torn_on_the_way_is_asked_for_again(provider):
    whole = said(provider, json.dumps(ANSWER))
    torn = Answer(whole.body, cut=True)
    broken = Answer(whole.bytes().partition(b"\r\n\r\n")[2][:-20])
    server = Loopback(torn, broken, whole)
    assert (await ask(server, provider)).value == ANSWER
    assert len(server.requests) == 3


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_page_in_place_of_an_answer_is_no_answer(provider):
    server = Loopback(Answer(b"<html>login</html>", headers={"content-type": "text/html"}))
    with pytest.raises(RetriableSourceError, match=r"expected JSON.*<html>login"):
        await ask(server, provider)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_another_shape_is_final(provider):
    server = Loopback(Answer({"content": "text", "choices": "none", "stop_reason": 1}))
    with pytest.raises(FatalSourceError, match="shape"):
        await ask(server, provider)
    assert len(server.requests) == 1


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_refused_key_names_its_setting_and_nothing_of_the_key(provider, caplog):
    caplog.set_level(logging.DEBUG)
    server = Loopback(failed(provider, 401, "authentication_error", f"Incorrect API key provided: {KEY[:12]}"))
    with pytest.raises(ConfigurationError, match=f"{provider.upper()}_API_KEY is refused") as caught:
        await ask(server, provider)
    assert len(server.requests) == 1
    assert "verysecret" not in str(caught.value) + caplog.text + repr(model(provider, server))
    assert KEY[:12] not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_key_that_a_complaint_repeats_is_cut_out(provider):
    server = Loopback(failed(provider, 400, "invalid_request_error", f"cannot use {KEY} here"))
    with pytest.raises(FatalSourceError, match=r"cannot use \(the key\) here") as caught:
        await ask(server, provider)
    assert "verysecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("provider", "status", "kind"),
    [("openai", 429, "insufficient_quota"), ("anthropic", 402, "billing_error"), ("openrouter", 402, "402")],
)
async def test_an_empty_account_is_not_asked_again(provider, status, kind):
    server = Loopback(failed(provider, status, kind))
    with pytest.raises(FatalSourceError, match="no credit left"):
        await ask(server, provider)
    assert len(server.requests) == 1


async def test_openrouter_reports_failures_inside_answers_that_look_like_successes():
    busy = Answer({"error": {"code": 503, "message": "no instance available"}})
    server = Loopback(busy, said("openrouter", json.dumps(ANSWER)))
    assert (await ask(server, "openrouter")).value == ANSWER
    assert len(server.requests) == 2


async def test_a_prompt_that_openrouter_flags_is_no_matter_of_the_key():
    server = Loopback(failed("openrouter", 403, "moderation", "input was flagged"))
    with pytest.raises(FatalSourceError, match="input was flagged"):
        await ask(server, "openrouter")


@pytest.mark.parametrize(
    ("provider", "changes"),
    [
        ("anthropic", {"stop_reason": "refusal", "stop_details": {"type": "refusal", "category": "cyber"}}),
        ("openai", {"message": {"role": "assistant", "content": None, "refusal": "I will not"}}),
        ("openrouter", {"finish_reason": "content_filter"}),
    ],
)
async def test_a_refusal_is_an_answer_without_a_value_that_was_paid_for(provider, changes):
    server = Loopback(said(provider, None, **changes))
    reply = await ask(server, provider)
    assert (reply.finish, reply.value) == (Finish.REFUSED, None)
    assert (reply.input_tokens, len(server.requests)) == (1000, 1)
    assert reply.problem


@pytest.mark.parametrize(
    ("provider", "changes"),
    [("anthropic", {"stop_reason": "max_tokens"}), ("openai", {"finish_reason": "length"})],
)
async def test_an_answer_that_ran_out_of_tokens_is_not_read(provider, changes):
    reply = await ask(Loopback(said(provider, '{"rain": true, "cha', **changes)), provider)
    assert (reply.finish, reply.value) == (Finish.TRUNCATED, None)
    assert "tokens were used up" in reply.problem
    assert reply.text.startswith('{"rain"')


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty answer"),
        (None, "empty answer"),
        ('{"rain": true, "cha', "text that is none"),
        ("It will rain.", "text that is none"),
        ('{"rain": true}', "expected the properties chance"),
        ('{"rain": true, "chance": 2}', "chance: expected maximum 1, found a int"),
        ("[1]", 'expected type "object", found a list'),
        ("[" * 50_000 + "]" * 50_000, "text that is none"),
    ],
)
async def test_an_answer_that_is_not_what_was_asked_for_says_why(provider, text, problem):
    reply = await ask(Loopback(said(provider, text)), provider)
    assert (reply.finish, reply.value) == (Finish.MALFORMED, None)
    assert problem in reply.problem


async def test_json_inside_a_code_fence_is_read():
    reply = await ask(Loopback(said("openrouter", f"```json\n{json.dumps(ANSWER)}\n```")), "openrouter")
    assert reply.value == ANSWER


async def test_half_characters_are_sent_as_question_marks():
    server = Loopback(said("anthropic", json.dumps(ANSWER)))
    async with server.running():
        question = Prompt(prompt_id="p_v1", system="s", text="broken \ud83d text")
        await model("anthropic", server).ask(question, schema=SCHEMA, max_tokens=10)
    assert server.requests[0].json["messages"][0]["content"] == "broken ? text"


async def test_openrouter_says_what_a_call_cost_and_it_is_rounded_up():
    reply = await ask(Loopback(said("openrouter", json.dumps(ANSWER))), "openrouter")
    assert reply.cost == 12_346


@pytest.mark.parametrize("provider", ["anthropic", "openai"])
async def test_the_price_at_another_address_is_not_known(provider):
    assert (await ask(Loopback(said(provider, json.dumps(ANSWER))), provider)).cost is None


async def test_a_server_that_counts_no_tokens_is_read_all_the_same():
    body = {**said("openai", json.dumps(ANSWER)).body, "model": None, "usage": {"prompt_tokens": None}}
    reply = await ask(Loopback(Answer(body)), "openai")
    assert (reply.value, reply.input_tokens, reply.cost) == (ANSWER, 0, None)


async def test_an_answer_without_choices_is_malformed():
    reply = await ask(Loopback(Answer({"object": "chat.completion", "choices": None})), "openai")
    assert (reply.finish, reply.problem) == (Finish.MALFORMED, "expected one answer, found none")


async def test_at_its_own_address_openai_s_prices_hold():
    body = {**said("openai", json.dumps(ANSWER)).body, "model": "gpt-6.1-sol-2026-09-29"}
    server = Loopback(Answer(body))
    async with server.running():
        home = msgspec.structs.replace(OPENAI_SERVICE, base_url=f"{server.url}/v1")
        asked = OpenAIModel(api_key=KEY, clock=lambda: NOW, model="gpt-6.1-sol", service=home, sleep=server.sleep)
        reply = await asked.ask(QUESTION, schema=SCHEMA, max_tokens=100)
    assert reply.cost == 4_000  # 1,000 tokens at $2 a million and 200 at $10
    assert server.requests[0].json["max_completion_tokens"] == 100


def test_names_say_service_and_model_and_openai_itself_is_known_by_its_address():
    server = Loopback()
    server.url = "http://127.0.0.1:9"
    assert model("anthropic", server).name == "anthropic/claude-opus-5-5"
    assert model("openai", server).name == "openai@127.0.0.1:9/gpt-6.1-sol"
    assert model("openrouter", server).name == "openrouter/vendor/name"
    assert openai_at("https://api.openai.com/v1/") is OPENAI_SERVICE
