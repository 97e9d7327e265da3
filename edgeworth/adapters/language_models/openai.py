"""Models of OpenAI, of OpenRouter, and of any server that speaks OpenAI's protocol, through the official client.

Chat completions with ``response_format`` of a strict JSON schema: the part of the protocol that others speak too. No
temperature is sent, because reasoning models refuse it; reasoning counts as output. What errors become is in
``service_calls``, and besides:

- OpenRouter reports some failures inside an answer with status 200 (an ``error`` in place of ``choices``); its 403
  means that the prompt was flagged, not that the key is wrong; it says what each call cost.
- Servers other than OpenAI's are told ``max_tokens``, OpenAI itself ``max_completion_tokens`` (its reasoning models
  refuse the other name). They need not hold to the schema, which is why every answer is checked.
"""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from edgeworth.adapters.language_models.answers import Usage, complete_reply, readable, sent_schema, unusable_reply
from edgeworth.adapters.language_models.prices import OPENAI, cost_of, price_of
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.adapters.service_calls import (
    CONNECT_SECONDS,
    BadStatusError,
    ServiceCalls,
    body_through,
    certificates,
    host_of,
)
from edgeworth.ports import Clock, Finish, Prompt, Reply
from edgeworth.units import MICROS, UsdMicros

DEFAULT_MODEL: Final = "gpt-6.1-sol"
OPENROUTER_DEFAULT_MODEL: Final = "openai/gpt-6.1-sol"

PATIENT: Final = RetryPolicy(attempts=4, first_wait_seconds=1.0, attempt_seconds=600.0)
"""A long answer may take minutes; an attempt that is given up may have been paid for all the same."""


class Service(Struct, frozen=True, kw_only=True):
    """One service that speaks the protocol.

    Attributes:
        title: In messages. label: In the name of the model.
        key_setting: The setting that holds its key.
        key_statuses: What it answers to a key that it does not take.
        has_declared_prices: Whether ``prices.OPENAI`` holds there.
        states_cost: Whether ``usage.cost`` is what it charges, in dollars.
        limit_field: What it calls the most tokens of an answer.
    """

    title: str
    label: str
    base_url: str
    key_setting: str
    key_statuses: tuple[int, ...] = (401, 403)
    has_declared_prices: bool = False
    states_cost: bool = False
    limit_field: str = "max_tokens"


OPENAI_SERVICE: Final = Service(
    title="OpenAI",
    label="openai",
    base_url="https://api.openai.com/v1",
    key_setting="OPENAI_API_KEY",
    has_declared_prices=True,
    limit_field="max_completion_tokens",
)
OPENROUTER: Final = Service(
    title="OpenRouter",
    label="openrouter",
    base_url="https://openrouter.ai/api/v1",
    key_setting="OPENROUTER_API_KEY",
    key_statuses=(401,),
    states_cost=True,
)


def openai_at(base_url: str) -> Service:
    """OpenAI itself, or another server that is asked with OpenAI's key because it speaks the same protocol."""
    if base_url.rstrip("/") == OPENAI_SERVICE.base_url:
        return OPENAI_SERVICE
    host = host_of(base_url)
    return Service(
        title=f"OpenAI protocol at {host}", label=f"openai@{host}", base_url=base_url, key_setting="OPENAI_API_KEY"
    )


def openrouter_at(base_url: str) -> Service:
    """OpenRouter at its own address or behind another one."""
    return Service(**{**_fields(OPENROUTER), "base_url": base_url})


def _fields(service: Service) -> dict[str, Any]:
    return {name: getattr(service, name) for name in service.__struct_fields__}


class _Said(Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(Struct, frozen=True):
    message: _Said
    finish_reason: str | None = None


class _TokenUsage(Struct, frozen=True):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None


class _InnerError(Struct, frozen=True):
    code: int | str | None = None
    message: str = ""


class _Completion(Struct, frozen=True):
    """The part of ``POST /chat/completions`` that is read."""

    choices: list[_Choice] | None = None
    model: str | None = None
    usage: _TokenUsage | None = None
    error: _InnerError | None = None


def _check_inner_error(body: bytes) -> None:
    """Raise a failure that came with a status of success as the failure that it is."""
    try:
        completion = msgspec.json.decode(body, type=_Completion)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # whoever reads the body says what is wrong with it
    if completion.error is not None and not completion.choices:
        code = completion.error.code
        raise BadStatusError(code if isinstance(code, int) and 400 <= code <= 599 else 502, {}, body)


class OpenAIModel:
    """A model behind OpenAI's protocol as a ``LanguageModel``.

    Args:
        api_key: Kept inside; no repr and no message shows it.
        service: Whose model it is.
        clock: Reads a ``Retry-After`` that is a date.
        retry: How often, and how long an attempt may take.
        sleep: Waits between attempts; tests pass one that does not.
        jitter: Spreads the waits of several processes; without it they are exact.
    """

    def __init__(
        self,
        *,
        api_key: str,
        clock: Clock,
        model: str = DEFAULT_MODEL,
        service: Service = OPENAI_SERVICE,
        retry: RetryPolicy = PATIENT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        self._api_key = api_key
        self._model = model
        self._service = service
        self._attempt_seconds = retry.attempt_seconds
        self._calls = ServiceCalls(
            f"{service.title}, model {model}",
            key_setting=service.key_setting,
            api_key=api_key,
            clock=clock,
            retry=retry,
            sleep=sleep,
            jitter=jitter,
            key_statuses=service.key_statuses,
        )

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name})"

    @property
    def name(self) -> str:
        """Service and model."""
        return f"{self._service.label}/{self._model}"

    @property
    def has_known_price(self) -> bool:
        """Whether the service states what it charges, or its price of the model is declared."""
        return self._service.states_cost or (
            self._service.has_declared_prices and price_of(OPENAI, self._model) is not None
        )

    async def ask(self, question: Prompt, *, schema: Mapping[str, Any], max_tokens: int) -> Reply:
        """See ``edgeworth.ports.LanguageModel.ask``."""
        import openai

        request = self._request(question, schema, max_tokens)
        # A client for each question: it belongs to the loop that made it, and beside the answer it costs nothing.
        async with openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._service.base_url,
            max_retries=0,
            timeout=openai.Timeout(self._attempt_seconds, connect=CONNECT_SECONDS),
            http_client=openai.DefaultAsyncHttpxClient(verify=certificates()),
        ) as client:

            async def send() -> bytes:
                body = await body_through(openai, client.chat.completions.with_raw_response.create(**request))
                _check_inner_error(body)
                return body

            completion = await self._calls.ask(send, _Completion)
        return self._reply(completion, schema)

    def _request(self, question: Prompt, schema: Mapping[str, Any], max_tokens: int) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": [
                {"role": "system", "content": readable(question.system)},
                {"role": "user", "content": readable(question.text)},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": sent_schema(schema)},
            },
            self._service.limit_field: max_tokens,
        }

    def _reply(self, completion: _Completion, schema: Mapping[str, Any]) -> Reply:
        usage = self._usage(completion)
        if not completion.choices:
            return unusable_reply(Finish.MALFORMED, "expected one answer, found none", usage)
        choice = completion.choices[0]
        text = choice.message.content or ""
        if choice.message.refusal:
            return unusable_reply(Finish.REFUSED, f"the model refused: {choice.message.refusal}", usage, text=text)
        if choice.finish_reason == "content_filter":
            return unusable_reply(Finish.REFUSED, "a filter of the service held the answer back", usage, text=text)
        if choice.finish_reason == "length":
            return unusable_reply(Finish.TRUNCATED, "the allowed tokens were used up", usage, text=text)
        return complete_reply(text, schema, usage)

    def _usage(self, completion: _Completion) -> Usage:
        tokens = completion.usage or _TokenUsage()
        model = completion.model or self._model
        return Usage(
            model=model,
            input_tokens=tokens.prompt_tokens or 0,
            output_tokens=tokens.completion_tokens or 0,
            cost=self._cost(model, tokens),
        )

    def _cost(self, model: str, tokens: _TokenUsage) -> UsdMicros | None:
        """``None`` also when the service did not say how many tokens it took."""
        if self._service.states_cost and tokens.cost is not None and 0 <= tokens.cost < math.inf:
            return UsdMicros(math.ceil(tokens.cost * MICROS))
        taken, given = tokens.prompt_tokens, tokens.completion_tokens
        if not self._service.has_declared_prices or taken is None or given is None:
            return None
        return cost_of(OPENAI, model, input_tokens=taken, output_tokens=given)
