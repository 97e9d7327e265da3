"""Embeddings from OpenAI, or from any service that speaks its protocol, through the official client.

The client's own retries are off: this module is the one layer that retries, by the rules of ``edgeworth.adapters.http``
(``Retry-After`` obeyed, exponential waits otherwise). What an answer becomes::

    2xx of the agreed shape            vectors, tokens, cost
    2xx of another shape               FatalSourceError
    401, 403                           ConfigurationError: the key is missing or refused
    408, 409, 429, 5xx, no answer      retried, then RetriableSourceError
    429 because the account is empty   FatalSourceError at once
    any other status                   FatalSourceError at once

No message repeats what the service says about the key, which may hold a part of it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
from msgspec import Struct

from edgeworth.adapters.retrying import Retrying, RetryPolicy, retry_after_seconds
from edgeworth.adapters.service_calls import certificates, host_of, may_pass
from edgeworth.discovery.ports import EmbeddedBatch, EmbeddingSpace, Vectors
from edgeworth.errors import ConfigurationError, FatalSourceError, RetriableSourceError
from edgeworth.ports import Clock
from edgeworth.units import UsdMicros

if TYPE_CHECKING:
    import openai
    from openai.types import CreateEmbeddingResponse

DEFAULT_BASE_URL = "https://api.openai.com/v1"
SIMILARITY_FLOOR = 0.75
"""As the original system set it for text-embedding-3-small; not measured by us, who have no key."""

MAX_TEXTS = 2_048
MAX_BYTES_PER_TEXT = 8_000
"""A text may have 8,192 tokens; a token is at least one byte."""
MAX_BYTES_PER_REQUEST = 300_000
"""A request may have 300,000 tokens."""
TIMEOUT_SECONDS = 60.0


class ModelTerms(Struct, frozen=True, kw_only=True):
    """What is known of a model: its native dimensions and its price in micro-dollars a million tokens."""

    dimensions: int
    price: UsdMicros


PRICES_AS_OF: Final = date(2024, 1, 25)
"""Day of the announcement (openai.com/index/new-embedding-models-and-api-updates) from which the prices are."""

MODELS: Final[dict[str, ModelTerms]] = {
    "text-embedding-3-small": ModelTerms(dimensions=1_536, price=UsdMicros(20_000)),
    "text-embedding-3-large": ModelTerms(dimensions=3_072, price=UsdMicros(130_000)),
    "text-embedding-ada-002": ModelTerms(dimensions=1_536, price=UsdMicros(100_000)),
}
"""A model that is not here works when its dimensions are given; what it costs is then unknown."""


class OpenAIEmbedder:
    """A model of OpenAI behind the ``Embedder`` port.

    Args:
        api_key: Kept inside; no repr and no message shows it.
        base_url: ``None`` for OpenAI's own. Prices are known for that one only.
        dimensions: ``None`` for the model's own number. Fewer are asked for with models that allow it.
        batch_size: Most texts in one request.
        clock: Reads a ``Retry-After`` that is a date.
        sleep: Waits between attempts; tests pass one that does not.
        jitter: Spreads the waits of several processes; without it they are exact.

    Raises:
        ConfigurationError: The model's dimensions are neither known nor given.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        clock: Clock,
        base_url: str | None = None,
        dimensions: int | None = None,
        batch_size: int = MAX_TEXTS,
        retry: RetryPolicy = RetryPolicy(),  # noqa: B008 - frozen
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: random.Random | None = None,
    ) -> None:
        self._api_key = api_key
        self._base_url = (base_url or DEFAULT_BASE_URL).rstrip("/")
        self._clock = clock
        self._batch_size = min(batch_size, MAX_TEXTS)
        self._retrying = Retrying(retry, sleep=sleep, jitter=jitter)
        self._terms = MODELS.get(model) if self._base_url == DEFAULT_BASE_URL else None
        self._asked_dimensions = dimensions if dimensions != _native(model) else None
        self._space = _space(model, self._base_url, dimensions)

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self._space.model})"

    @property
    def space(self) -> EmbeddingSpace:
        """The space of this model, this service and this number of dimensions."""
        return self._space

    async def embed(self, texts: Sequence[str]) -> EmbeddedBatch:
        """One row per text, in order. An empty text, which the service refuses, gets the first unit vector.

        Raises:
            ConfigurationError: The key is refused.
            RetriableSourceError: It failed on every attempt in a way that may pass.
            FatalSourceError: The same request would fail again.
        """
        import openai

        vectors = np.zeros((len(texts), self._space.dimensions), dtype=np.float32)
        vectors[:, 0] = 1.0
        readable = [_readable(text) for text in texts]
        counted: list[int | None] = []
        # A client for each call: it belongs to the loop that made it, and beside the service's answer it costs nothing.
        async with openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url,
            max_retries=0,
            timeout=TIMEOUT_SECONDS,
            http_client=openai.DefaultAsyncHttpxClient(verify=certificates()),
        ) as client:
            for rows in _requests(readable, self._batch_size):
                answer = await self._retrying(self._attempt, client, [readable[row] for row in rows])
                vectors[rows] = self._vectors(answer, len(rows))
                counted.append(_tokens(answer))
        return EmbeddedBatch(vectors=vectors, tokens=sum(count or 0 for count in counted), cost=self._cost(counted))

    async def _attempt(self, client: openai.AsyncOpenAI, texts: list[str]) -> CreateEmbeddingResponse:
        import openai

        try:
            return await client.embeddings.create(
                model=self._space.model,
                input=texts,
                dimensions=openai.omit if self._asked_dimensions is None else self._asked_dimensions,
            )
        except openai.APIStatusError as error:
            raise self._failure(error) from None
        except openai.APIConnectionError as error:
            raise RetriableSourceError(f"{self._asked()}: expected an answer, found {type(error).__name__}") from None
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            # The client reads a body that is no list of embeddings with one of these.
            raise FatalSourceError(
                f"{self._asked()}: expected embeddings, found an answer of another shape ({type(error).__name__})"
            ) from None

    def _failure(self, error: openai.APIStatusError) -> Exception:
        status = error.status_code
        if status in {401, 403}:
            model = self._space.model
            return ConfigurationError(
                f"{self._asked()}: OPENAI_API_KEY is refused for the model {model} (HTTP {status})"
            )
        found = f"{self._asked()}: expected embeddings, found HTTP {status} ({self._reason(error)})"
        if error.code == "insufficient_quota" or not may_pass(status):
            return FatalSourceError(found, status=status)
        header = error.response.headers.get("retry-after")
        wait = None if header is None else retry_after_seconds(header, self._clock())
        return RetriableSourceError(found, retry_after_seconds=wait)

    def _reason(self, error: openai.APIStatusError) -> str:
        """The service's own short words for what is wrong, without its sentence, which may repeat what was sent."""
        words = [word for word in (error.type, error.code) if isinstance(word, str) and word.isprintable()]
        return ", ".join(word[:60] for word in dict.fromkeys(words) if self._api_key not in word) or "no reason given"

    def _vectors(self, answer: CreateEmbeddingResponse, count: int) -> Vectors:
        """Rows of length 1 in the order of the texts, however the service ordered them."""
        expected = f"{count} vectors of {self._space.dimensions} dimensions"
        try:
            by_index = {item.index: np.asarray(item.embedding, dtype=np.float64) for item in answer.data}
        except (AttributeError, TypeError, ValueError):
            raise FatalSourceError(f"{self._asked()}: expected {expected}, found another shape") from None
        if sorted(by_index) != list(range(count)) or len(answer.data) != count:
            raise FatalSourceError(f"{self._asked()}: expected {expected}, found {len(answer.data)} vectors")
        shapes = {by_index[index].shape for index in by_index}
        if shapes != {(self._space.dimensions,)}:
            found = ", ".join(sorted(str(shape[0] if len(shape) == 1 else shape) for shape in shapes))
            raise FatalSourceError(f"{self._asked()}: expected {expected}, found {found} dimensions")
        rows = np.stack([by_index[index] for index in range(count)])
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not (lengths > 0).all():
            raise FatalSourceError(f"{self._asked()}: expected {expected}, found one without a direction")
        return np.asarray(rows / lengths, dtype=np.float32)

    def _cost(self, counted: Sequence[int | None]) -> UsdMicros | None:
        """Rounded up, as a bill would be; ``None`` when the price or a count of tokens is not known."""
        tokens = [count for count in counted if count is not None]
        if self._terms is None or len(tokens) < len(counted):
            return None
        return UsdMicros(-(-sum(tokens) * self._terms.price // 1_000_000))

    def _asked(self) -> str:
        return f"OpenAI embeddings ({host_of(self._base_url)})"


def _space(model: str, base_url: str, dimensions: int | None) -> EmbeddingSpace:
    known = dimensions or _native(model)
    if known is None:
        raise ConfigurationError(
            f"EMBEDDING_MODEL: the dimensions of {model!r} are not known; set EMBEDDING_DIMENSIONS, "
            f"or use one of {', '.join(MODELS)}"
        )
    provider = "openai" if base_url == DEFAULT_BASE_URL else f"openai@{host_of(base_url)}"
    return EmbeddingSpace(
        space_id=f"{provider}:{model}:{known}", model=model, dimensions=known, similarity_floor=SIMILARITY_FLOOR
    )


def _native(model: str) -> int | None:
    terms = MODELS.get(model)
    return None if terms is None else terms.dimensions


def _readable(text: str) -> str:
    """``text`` as the service takes it: no half characters, not longer than a text may be."""
    return text.encode("utf-8", "replace")[:MAX_BYTES_PER_TEXT].decode("utf-8", "ignore")


def _requests(texts: Sequence[str], batch_size: int) -> Iterator[list[int]]:
    """Rows of the texts that are not empty, in requests that keep to every limit."""
    rows: list[int] = []
    size = 0
    for row, text in enumerate(texts):
        if not text.strip():
            continue
        added = len(text.encode())
        if rows and (len(rows) == batch_size or size + added > MAX_BYTES_PER_REQUEST):
            yield rows
            rows, size = [], 0
        rows.append(row)
        size += added
    if rows:
        yield rows


def _tokens(answer: CreateEmbeddingResponse) -> int | None:
    """As the service counts them; ``None`` when it does not."""
    total = getattr(answer.usage, "total_tokens", None)
    return total if isinstance(total, int) and total >= 0 else None
