"""Calls to a paid service: what becomes of its answers, and the one layer that asks again.

Used by every adapter of a service with a key, whichever client sends the request. The official clients are asked for
their undecoded answer (``with_raw_response``), their own retries are off; the body is read into a declared shape here::

    2xx of the agreed shape              the value
    2xx, JSON that breaks off, HTML      retried, then RetriableSourceError
    2xx of another shape                 FatalSourceError
    401, 403                             ConfigurationError: the key is refused
    402, 429 because the account is empty  FatalSourceError at once
    408, 409, 425, 429, 5xx, no answer   retried, then RetriableSourceError
    any other status                     FatalSourceError at once

No message and no repr holds the key: what a service says about a key it refuses is not repeated, since it may quote it.
"""

from __future__ import annotations

import asyncio
import functools
import json
import random
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import ModuleType
from typing import Any, Final, TypeVar

import httpx
import msgspec
from msgspec import Struct

from edgeworth.adapters.retrying import Retrying, RetryPolicy, retry_after_seconds, usable_wait
from edgeworth.errors import ConfigurationError, EdgeworthError, FatalSourceError, RetriableSourceError
from edgeworth.ports import Clock

T = TypeVar("T")

CONNECT_SECONDS: Final = 10.0
EXCERPT_CHARACTERS: Final = 300
ACCOUNT_IS_EMPTY: Final = frozenset({"insufficient_quota", "billing_error", "insufficient_credits", "no_more_credits"})


class BadStatusError(Exception):
    """The service answered with a status that is no success."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(str(status))
        self.status = status
        self.headers = headers
        self.body = body


class NoAnswerError(Exception):
    """No complete answer came; the text says what happened."""


@functools.cache
def certificates() -> ssl.SSLContext:
    """Whom to trust (certifi's list, or ``SSL_CERT_FILE``), read once: it takes longer than all else about a client."""
    return httpx.create_ssl_context()


async def body_through(sdk: ModuleType, call: Awaitable[Any]) -> bytes:
    """The body of a raw response of one of the generated clients (``openai``, ``anthropic``, ``perplexity``).

    Args:
        sdk: The client's package; it names the errors.
        call: What a method of ``with_raw_response`` returned.

    Raises:
        BadStatusError: Another status than success. NoAnswerError: No answer.
    """
    try:
        response = (await call).http_response
        return bytes(response.content)
    except sdk.APIStatusError as error:
        raise BadStatusError(error.status_code, error.response.headers, error.response.content) from None
    except sdk.APIConnectionError as error:
        raise NoAnswerError(f"{type(error).__name__} {error.__cause__ or ''}") from None


class ServiceCalls:
    """Asks one service, and asks again where that may help.

    Args:
        name: What messages call it, host included.
        key_setting: The setting that holds its key, for the message when the key is refused.
        api_key: Only to keep it out of messages.
        clock: Reads a ``Retry-After`` that is a date.
        retry: How often, how long.
        sleep: Waits between attempts; tests pass one that does not.
        jitter: Spreads the waits of several processes.
        key_statuses: What the service answers when it does not take the key.
    """

    def __init__(
        self,
        name: str,
        *,
        key_setting: str,
        api_key: str,
        clock: Clock,
        retry: RetryPolicy,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: random.Random | None = None,
        key_statuses: Collection[int] = (401, 403),
    ) -> None:
        self._name = name
        self._key_setting = key_setting
        self._api_key = api_key
        self._clock = clock
        self._attempt_seconds = retry.attempt_seconds
        self._retrying = Retrying(retry, sleep=sleep, jitter=jitter)
        self._key_statuses = frozenset(key_statuses)

    def __repr__(self) -> str:
        return f"ServiceCalls({self._name})"

    async def ask(self, send: Callable[[], Awaitable[bytes]], shape: type[T]) -> T:
        """The answer as a ``shape``, after retries.

        Args:
            send: Sends the request once; raises ``BadStatusError`` or ``NoAnswerError``.
            shape: What msgspec reads the body into; unknown fields are ignored.

        Raises:
            ConfigurationError: The key is refused.
            RetriableSourceError: It failed on every attempt in a way that may pass.
            FatalSourceError: The same request would fail again.
        """
        return await self._retrying(self._attempt, send, shape)

    async def _attempt(self, send: Callable[[], Awaitable[bytes]], shape: type[T]) -> T:
        try:
            async with asyncio.timeout(self._attempt_seconds):
                body = await send()
        except BadStatusError as error:
            raise self._failure(error) from None
        except NoAnswerError as error:
            raise RetriableSourceError(f"{self._name}: expected an answer, found {self.excerpt(str(error))}") from None
        except TimeoutError:
            raise RetriableSourceError(f"{self._name}: no complete answer within {self._attempt_seconds:g} s") from None
        return self._read(body, shape)

    def _read(self, body: bytes, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(_with_whole_characters(body), type=shape)
        except msgspec.ValidationError as error:
            raise FatalSourceError(f"{self._name}: expected another shape of answer: {error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = self.excerpt(body.decode("utf-8", "replace")) or "nothing"
            raise RetriableSourceError(
                f"{self._name}: expected JSON, found {len(body)} bytes that are none: {found}"
            ) from None

    def _failure(self, error: BadStatusError) -> EdgeworthError:
        status = error.status
        if status in self._key_statuses:
            return ConfigurationError(f"{self._name}: the key in {self._key_setting} is refused (HTTP {status})")
        said = _read_complaint(error.body)
        words = self.excerpt(", ".join(word for word in (*said.words, said.sentence) if word)) or "no reason given"
        found = f"{self._name}: expected an answer, found HTTP {status}: {words}"
        if status == 402 or not ACCOUNT_IS_EMPTY.isdisjoint(said.words):
            return FatalSourceError(f"{found} (the account has no credit left)", status=status)
        if not may_pass(status):
            return FatalSourceError(found, status=status)
        return RetriableSourceError(found, retry_after_seconds=self._asked_wait(error.headers))

    def _asked_wait(self, headers: Mapping[str, str]) -> float | None:
        milliseconds, header = headers.get("retry-after-ms"), headers.get("retry-after")
        if milliseconds is not None:
            try:
                return usable_wait(float(milliseconds) / 1000)
            except ValueError:
                pass
        return None if header is None else retry_after_seconds(header, self._clock())

    def excerpt(self, text: str) -> str:
        """The beginning of ``text`` as one printable line without the key."""
        shown = text[: 4 * EXCERPT_CHARACTERS]
        line = " ".join((shown.replace(self._api_key, "(the key)") if self._api_key else shown).split())
        printable = "".join(character if character.isprintable() else "?" for character in line)
        return printable if len(printable) <= EXCERPT_CHARACTERS else printable[:EXCERPT_CHARACTERS] + "..."


def _with_whole_characters(body: bytes) -> bytes:
    """``body`` with ``?`` for half characters (lone surrogates): one in some page must not cost the whole answer."""
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    try:
        return json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return body  # whoever reads it says what is wrong with it


def may_pass(status: int) -> bool:
    """Whether the same request may go through later."""
    return status in {408, 409, 425, 429} or status >= 500


class _Complaint(Struct, frozen=True):
    words: tuple[str, ...] = ()
    sentence: str = ""


def _read_complaint(body: bytes) -> _Complaint:
    """Short words and the sentence of an error body, in any of the shapes that the services use."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Complaint(sentence=body.decode("utf-8", "replace"))
    outer = found if isinstance(found, dict) else {}
    inner = outer.get("error")
    if isinstance(inner, str):
        inner = {"message": inner}
    fields = {**outer, **inner} if isinstance(inner, dict) else outer
    words = [fields.get(name) for name in ("type", "code", "tag")]
    sentence = fields.get("message") or fields.get("detail")
    return _Complaint(
        words=tuple(dict.fromkeys(word for word in words if isinstance(word, str))),
        sentence=sentence if isinstance(sentence, str) else "",
    )


def host_of(base_url: str) -> str:
    """Host and port of an address, without user name and password."""
    return base_url.partition("://")[2].partition("/")[0].rpartition("@")[2]
