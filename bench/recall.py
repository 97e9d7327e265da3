"""Cases of the recall stage: embedding texts, and finding neighbours beside faiss and a plain matrix product."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from bench.measure import Timing, best_of, peak_memory_mb, timed
from edgeworth.adapters.embeddings.local import LocalEmbedder
from edgeworth.adapters.synthetic.world import World
from edgeworth.discovery.lexical import LexicalSimilarity
from edgeworth.discovery.nearest import nearest
from edgeworth.discovery.neighbours import propose
from edgeworth.discovery.ports import VectorTable
from edgeworth.discovery.similarity import Cosines
from edgeworth.discovery.structure import MarketTraits, StructuralFilters, Structure

AS_OF = datetime(2026, 11, 21, 6, tzinfo=UTC)
DIMENSIONS = 384
K = 10
CHANGED = 100
PEER_QUERIES = 4_000
"""Rows that the peers are asked for where there are more. Each row costs the same, so their time is scaled to all."""

FLOOR = 0.45
NO_FILTERS = StructuralFilters(
    same_outcome_count=False,
    same_category=False,
    close_within_days=None,
    far_within_days=None,
    same_event_allowed=True,
)
Figures = dict[str, float]


def _catalogue(count: int) -> tuple[np.ndarray, list[MarketTraits]]:
    """Vectors in clusters of about twenty, and markets of two venues that close over a year, most of them soon."""
    chance = np.random.default_rng(7)
    centres = chance.standard_normal((count // 20 + 1, DIMENSIONS), dtype=np.float32)
    vectors = chance.standard_normal((count, DIMENSIONS), dtype=np.float32) * np.float32(0.9)
    vectors += centres[chance.integers(len(centres), size=count)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    categories = (None, "politics", "world", "sports", "crypto", "finance")
    days = chance.exponential(90.0, size=count)
    return vectors, [
        MarketTraits(
            market_id=f"m{row:06}",
            venue=("polymarket", "kalshi")[row % 2],
            category=categories[chance.integers(len(categories))],
            event_id=f"e{row // 5}",
            closes_at=None if row % 25 == 0 else AS_OF + timedelta(days=float(days[row])),
        )
        for row in range(count)
    ]


def _faiss(vectors: np.ndarray, queries: np.ndarray) -> Callable[[], object]:
    import faiss

    index = faiss.IndexFlatIP(DIMENSIONS)
    index.add(vectors)
    return lambda: index.search(queries, K + 1)


def _plain(vectors: np.ndarray, queries: np.ndarray) -> Callable[[], object]:
    """The usual few lines: blocks of a matrix product, and a partition of each row."""

    def run() -> None:
        for start in range(0, len(queries), 1024):
            scores = queries[start : start + 1024] @ vectors.T
            np.argpartition(-scores, min(K, len(vectors) - 1), axis=1)[:, :K]

    return run


def neighbours(size: str) -> Figures:
    """The self-join and the incremental case, and the peers in the same process."""
    count = int(size)
    vectors, traits = _catalogue(count)
    sample = vectors[:: max(1, count // PEER_QUERIES)][:PEER_QUERIES]
    scale = count / len(sample)
    before = peak_memory_mb()
    cosines = Cosines(vectors)
    with timed() as sorting:
        structure = Structure(traits, StructuralFilters())
    open_structure = Structure(traits, NO_FILTERS)
    changed = np.arange(0, count, max(1, count // CHANGED))[:CHANGED]

    def ours(structure: Structure, floor: float, queries: np.ndarray | None = None, repeat: int = 3) -> Timing:
        return best_of(repeat, lambda: nearest(cosines, structure, k=K, floor=floor, queries=queries))

    filtered, floored = ours(structure, -1.0), ours(structure, FLOOR)
    whole = ours(open_structure, -1.0, repeat=3 if count < 50_000 else 1)
    some, some_whole = ours(structure, FLOOR, changed), ours(open_structure, -1.0, changed)
    table = VectorTable(market_ids=[one.market_id for one in traits], vectors=vectors)
    with timed() as proposing:
        candidates = propose(traits, vectors=table, lexical=None, filters=StructuralFilters(), similarity_floor=FLOOR)
    after = peak_memory_mb()
    faiss = best_of(3, _faiss(vectors, sample))
    plain = best_of(2, _plain(vectors, sample))
    peer = faiss.wall_seconds * scale
    return {
        "markets": count,
        "rows that the peers were asked for, then scaled to all": len(sample),
        "faiss flat, no filters, wall ms": 1000 * peer,
        "faiss flat, no filters, CPU ms": 1000 * faiss.cpu_seconds * scale,
        "product and partition, no filters, wall ms": 1000 * plain.wall_seconds * scale,
        "ours, no filters, wall ms": 1000 * whole.wall_seconds,
        "ours, no filters, CPU ms": 1000 * whole.cpu_seconds,
        "ours, structural filters, wall ms": 1000 * filtered.wall_seconds,
        "ours, structural filters, CPU ms": 1000 * filtered.cpu_seconds,
        "ours, structural filters and floor, wall ms": 1000 * floored.wall_seconds,
        "ours, structural filters and floor, CPU ms": 1000 * floored.cpu_seconds,
        "once a run: sorting by structure, wall ms": 1000 * sorting.wall_seconds,
        f"{len(changed)} changed, structural filters and floor, wall ms": 1000 * some.wall_seconds,
        f"{len(changed)} changed, structural filters and floor, CPU ms": 1000 * some.cpu_seconds,
        f"{len(changed)} changed, no filters, wall ms": 1000 * some_whole.wall_seconds,
        "both looks to candidates, CPU ms": 1000 * proposing.cpu_seconds,
        "candidates": len(candidates),
        "wall: ours with filters / faiss": filtered.wall_seconds / peer,
        "CPU: ours with filters / faiss": filtered.cpu_seconds / (faiss.cpu_seconds * scale),
        "wall: ours without filters / faiss": whole.wall_seconds / peer,
        "CPU: ours without filters / faiss": whole.cpu_seconds / (faiss.cpu_seconds * scale),
        "wall: changed / faiss self-join, percent": 100 * some.wall_seconds / peer,
        "CPU: changed / faiss self-join, percent": 100 * some.cpu_seconds / (faiss.cpu_seconds * scale),
        "wall: changed without filters / ours without filters, percent": (
            100 * some_whole.wall_seconds / whole.wall_seconds
        ),
        "peak memory before the search (vectors and markets), MB": before,
        "peak memory after our searches, MB": after,
        "peak memory after those of the peers, MB": peak_memory_mb(),
    }


def _questions(count: int) -> list[str]:
    """Questions of the synthetic world, as an ingest would store them."""
    world = World.with_market_count(count, as_of=AS_OF)
    return [market.question for _, market in world.markets()][:count]


def words(size: str) -> Figures:
    """The lexical channel over questions of the synthetic world: templates, its worst case."""
    texts = _questions(int(size))
    with timed() as fitting:
        similarity = LexicalSimilarity(texts)
    traits = [MarketTraits(market_id=f"m{row:06}", venue="p") for row in range(len(texts))]
    structure = Structure(traits, NO_FILTERS)
    with timed() as searching:
        nearest(similarity, structure, k=K, floor=0.2)
    return {
        "markets": len(texts),
        "weighting the words, CPU ms": 1000 * fitting.cpu_seconds,
        "self-join without filters, CPU ms": 1000 * searching.cpu_seconds,
        "peak memory, MB": peak_memory_mb(),
    }


def embedding(size: str) -> Figures:
    """MiniLM over questions of the synthetic world."""
    texts = _questions(int(size))
    with timed() as loading:
        embedder = LocalEmbedder()
    with timed() as working:
        batch = asyncio.run(embedder.embed(texts))
    return {
        "texts": len(texts),
        "word pieces a text": batch.tokens / len(texts),
        "loading and checking the model, wall ms": 1000 * loading.wall_seconds,
        "texts per CPU s": len(texts) / working.cpu_seconds,
        "texts per wall s": len(texts) / working.wall_seconds,
        "peak memory, MB": peak_memory_mb(),
    }
