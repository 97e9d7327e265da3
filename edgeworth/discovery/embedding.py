"""Embedding what is new or changed: which text stands for a market, and how a run gets from markets to stored vectors.

Batches are saved one by one, so that whatever ends a run (a service that gives up, a killed process) leaves what was
embedded, and the next run goes on with the rest. Models, HTTP and SQL never enter: they come through the ports.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.ports import EmbeddedBatch, Embedder, EmbeddingRow, EmbeddingStore, Vectors
from edgeworth.discovery.texts import OUTCOME_SEPARATOR, QuestionText
from edgeworth.errors import FatalSourceError, SourceError
from edgeworth.ports import Clock
from edgeworth.units import UsdMicros

USUAL_OUTCOMES = frozenset({"yes", "no"})
"""Labels that say nothing of the question."""

FAILURES_IN_A_ROW = 2
"""Batches that fail one after the other until the service is left alone for this run."""


class EmbeddingCounts(Struct, frozen=True, kw_only=True):
    """What a run did; ``embedded + unchanged + failed`` is the number of markets that it was given.

    Attributes:
        embedded: Markets with a new vector. Equal texts are embedded once.
        failed: Markets whose batch failed, or that were not tried because the service had failed before.
        tokens: As the service counts them. cost: ``None`` when the price of the model is not known; 0 when local.
        problem: Why the first batch failed.
    """

    embedded: int = 0
    unchanged: int = 0
    failed: int = 0
    tokens: int = 0
    cost: UsdMicros | None = UsdMicros(0)
    problem: str | None = None


def text_to_embed(text: QuestionText) -> str:
    """The words that stand for a market: its question, and its outcomes where they are not Yes and No.

    A market without a question is known by the title of its event. Rules are left out: two venues word the same bet's
    rules at such different lengths that they hide what the questions share.
    """
    question = " ".join(text.question.split()) or " ".join(text.event.split())
    labels = [" ".join(label.split()) for label in text.outcomes]
    if not labels or {label.casefold() for label in labels} <= USUAL_OUTCOMES:
        return question
    return f"{question} ({OUTCOME_SEPARATOR.join(labels)})"


def signature(text: QuestionText) -> str:
    """Hash of the text to embed: it changes when the question or the outcomes do, and with nothing else."""
    return _hash(text_to_embed(text))


async def embed_changed(
    markets: Mapping[str, QuestionText],
    *,
    embedder: Embedder,
    store: EmbeddingStore,
    clock: Clock,
    batch_size: int,
    pause_seconds: float = 0.0,
    progress: Callable[[EmbeddingCounts], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> EmbeddingCounts:
    """Give every market of ``markets`` (by id) a stored vector of its present text.

    Args:
        markets: Words by market id.
        embedder: A space without dimensions (no embedder) leaves everything as it is.
        store: Where vectors are kept; one ``save`` for each batch.
        clock: Stamps the rows.
        batch_size: Distinct texts in one call of the embedder.
        pause_seconds: Between two calls.
        progress: Is told the counts after each batch.
        sleep: Waits; tests pass one that does not.

    Returns:
        The counts. A service that fails twice in a row is not asked again in this run; what it did before is kept.

    Raises:
        ConfigurationError: The key is refused. What was embedded before is kept.
        StorageError: The store failed.
    """
    space = embedder.space
    waiting = _waiting(markets, store.signatures(space.space_id)) if space.dimensions else {}
    unfinished = sum(map(len, waiting.values()))
    counts = EmbeddingCounts(unchanged=len(markets) - unfinished if space.dimensions else len(markets))
    failures = 0
    batches = _batches(list(waiting), batch_size)
    for number, batch in enumerate(batches):
        affected = sum(len(waiting[text]) for text in batch)
        if failures == FAILURES_IN_A_ROW:
            counts = replace(counts, failed=counts.failed + affected)
            continue
        if number and pause_seconds > 0:
            await sleep(pause_seconds)
        try:
            embedded = await embedder.embed(batch)
        except SourceError as error:
            failures += 1
            counts = replace(counts, failed=counts.failed + affected, problem=counts.problem or str(error))
        else:
            failures = 0
            _check(embedded.vectors, len(batch), space.dimensions)
            store.save(space, _rows(batch, embedded.vectors, waiting), clock())
            counts = _added(counts, embedded, affected)
        if progress is not None:
            progress(counts)
    return counts


def _waiting(markets: Mapping[str, QuestionText], stored: Mapping[str, str]) -> dict[str, list[str]]:
    """Texts without a vector of theirs, and the markets that they stand for, in a fixed order."""
    waiting: dict[str, list[str]] = {}
    for market_id in sorted(markets):
        if stored.get(market_id) != signature(markets[market_id]):
            waiting.setdefault(text_to_embed(markets[market_id]), []).append(market_id)
    return waiting


def _batches(texts: Sequence[str], size: int) -> list[Sequence[str]]:
    return [texts[start : start + size] for start in range(0, len(texts), max(1, size))]


def _check(vectors: Vectors, count: int, dimensions: int) -> None:
    if vectors.shape != (count, dimensions):
        raise FatalSourceError(f"embedder: expected {(count, dimensions)} numbers, found {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise FatalSourceError("embedder: expected finite numbers, found others")


def _rows(batch: Sequence[str], vectors: Vectors, waiting: Mapping[str, Sequence[str]]) -> list[EmbeddingRow]:
    return [
        EmbeddingRow(market_id=market_id, signature=_hash(text), vector=vector)
        for text, vector in zip(batch, vectors, strict=True)
        for market_id in waiting[text]
    ]


def _added(counts: EmbeddingCounts, batch: EmbeddedBatch, markets: int) -> EmbeddingCounts:
    cost = None if counts.cost is None or batch.cost is None else UsdMicros(counts.cost + batch.cost)
    return replace(counts, embedded=counts.embedded + markets, tokens=counts.tokens + batch.tokens, cost=cost)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
