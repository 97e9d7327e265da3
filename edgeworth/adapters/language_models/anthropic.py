"""Models of Anthropic through the official client, answering with JSON (``output_config`` with a JSON schema).

Not the tool way of getting JSON: a forced tool cannot be combined with thinking, which newer models always do. No
temperature is sent, because newer models refuse it. The client signs with a bearer token and wants an address without
``/v1``. Thinking counts as output; only blocks of text are read. What errors become is in ``service_calls``.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from edgeworth.adapters.language_models.answers import Usage, complete_reply, readable, sent_schema, unusable_reply
from edgeworth.adapters.language_models.prices import ANTHROPIC, cost_of, price_of
from edgeworth.adapters.retrying import RetryPolicy
from edgeworth.adapters.service_calls import CONNECT_SECONDS, ServiceCalls, body_through, certificates, host_of
from edgeworth.ports import Clock, Finish, Prompt, Reply

DEFAULT_BASE_URL: Final = "https://api.anthropic.com"
DEFAULT_MODEL: Final = "claude-sonnet-5-5"

PATIENT: Final = RetryPolicy(attempts=4, first_wait_seconds=1.0, attempt_seconds=600.0)
"""A long answer may take minutes; an attempt that is given up may have been paid for all the same."""

_ENDED: Final = frozenset({"end_turn", "stop_sequence"})
_CUT: Final = {
    "max_tokens": "the allowed tokens were used up",
    "model_context_window_exceeded": "the model's context window was full",
    "pause_turn": "the service paused the turn",
}


class _Block(Struct, frozen=True):
    type: str = ""
    text: str = ""


class _Usage(Struct, frozen=True):
    input_tokens: int = 0
    output_tokens: int = 0
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class _StopDetails(Struct, frozen=True):
    category: str | None = None
    explanation: str | None = None


class _Message(Struct, frozen=True):
    """The part of ``POST /v1/messages`` that is read."""

    content: list[_Block]
    stop_reason: str | None
    model: str
    usage: _Usage = _Usage()
    stop_details: _StopDetails | None = None


class AnthropicModel:
    """A model of Anthropic behind the ``LanguageModel`` port.

    Args:
        api_key: Kept inside; no repr and no message shows it.
        clock: Reads a ``Retry-After`` that is a date.
        base_url: Without ``/v1``. Prices are known for Anthropic's own only.
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
        base_url: str = DEFAULT_BASE_URL,
        retry: RetryPolicy = PATIENT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        self._api_key = api_key
        self._model = model
        self._base_url = base_url.rstrip("/").removesuffix("/v1")
        self._attempt_seconds = retry.attempt_seconds
        self._prices = ANTHROPIC if self._base_url == DEFAULT_BASE_URL else {}
        self._calls = ServiceCalls(
            f"Anthropic ({host_of(self._base_url)}), model {model}",
            key_setting="ANTHROPIC_API_KEY",
            api_key=api_key,
            clock=clock,
            retry=retry,
            sleep=sleep,
            jitter=jitter,
        )

    def __repr__(self) -> str:
        return f"AnthropicModel({self._model})"

    @property
    def name(self) -> str:
        """Service and model."""
        return f"anthropic/{self._model}"

    @property
    def has_known_price(self) -> bool:
        """Whether the price of the model is declared, and this is Anthropic itself."""
        return price_of(self._prices, self._model) is not None

    async def ask(self, question: Prompt, *, schema: Mapping[str, Any], max_tokens: int) -> Reply:
        """See ``edgeworth.ports.LanguageModel.ask``."""
        import anthropic

        # A client for each question: it belongs to the loop that made it, and beside the answer it costs nothing.
        async with anthropic.AsyncAnthropic(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=anthropic.Timeout(self._attempt_seconds, connect=CONNECT_SECONDS),
            http_client=anthropic.DefaultAsyncHttpxClient(verify=certificates()),
        ) as client:

            async def send() -> bytes:
                call = client.messages.with_raw_response.create(
                    model=self._model,
                    max_tokens=max_tokens,
                    system=readable(question.system),
                    messages=[{"role": "user", "content": readable(question.text)}],
                    output_config={"format": {"type": "json_schema", "schema": sent_schema(schema)}},
                )
                return await body_through(anthropic, call)

            message = await self._calls.ask(send, _Message)
        return self._reply(message, schema)

    def _reply(self, message: _Message, schema: Mapping[str, Any]) -> Reply:
        usage = self._usage(message)
        text = "".join(block.text for block in message.content if block.type == "text")
        if message.stop_reason == "refusal":
            return unusable_reply(Finish.REFUSED, _refusal(message.stop_details), usage, text=text)
        if message.stop_reason in _ENDED:
            return complete_reply(text, schema, usage)
        reason = _CUT.get(message.stop_reason or "", f"the answer stopped because of {message.stop_reason!r:.60}")
        return unusable_reply(Finish.TRUNCATED, reason, usage, text=text)

    def _usage(self, message: _Message) -> Usage:
        usage = message.usage
        remembered = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
        input_tokens = usage.input_tokens + remembered
        cost = cost_of(self._prices, message.model, input_tokens=input_tokens, output_tokens=usage.output_tokens)
        return Usage(model=message.model, input_tokens=input_tokens, output_tokens=usage.output_tokens, cost=cost)


def _refusal(details: _StopDetails | None) -> str:
    said = [word for word in (details.category, details.explanation) if word] if details else []
    return "the model refused: " + (", ".join(said) or "it gave no reason")
