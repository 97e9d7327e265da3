"""Recall: which markets are near enough to be compared.

Two channels propose: the cosine of vectors and the cosine of weighted words (``lexical``). Both run through one search
(``nearest``), under the same filters (``structure``). Proposing is all that happens here; a candidate is not a match.
Texts, prices, HTTP and SQL never enter.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from edgeworth.discovery.nearest import nearest
from edgeworth.discovery.ports import VectorTable
from edgeworth.discovery.similarity import Cosines, Rows, Similarity
from edgeworth.discovery.structure import MarketTraits, StructuralFilters, Structure

DEFAULT_PER_MARKET = 10
DEFAULT_LEXICAL_FLOOR = 0.2


class Candidate(Struct, frozen=True, kw_only=True):
    """Two markets worth comparing, ``market_a < market_b``; neither score where only a shared game proposed them.

    Attributes:
        cosine: Of their vectors; ``None`` when that channel did not propose them.
        lexical: Of their weighted words, in [0, 1]; ``None`` when that channel did not propose them.
    """

    market_a: str
    market_b: str
    cosine: float | None = None
    lexical: float | None = None


def propose(
    traits: Sequence[MarketTraits],
    *,
    vectors: VectorTable | None,
    lexical: Similarity | None,
    filters: StructuralFilters,
    similarity_floor: float,
    lexical_floor: float = DEFAULT_LEXICAL_FLOOR,
    per_market: int = DEFAULT_PER_MARKET,
    changed: Collection[str] | None = None,
) -> list[Candidate]:
    """The union of what both channels propose, each pair once, by ids.

    Args:
        traits: The markets to compare, in any order.
        vectors: Those of the markets that have one; ``None`` to go without this channel.
        lexical: Row i belongs to ``traits[i]``; ``None`` to go without this channel.
        filters: What keeps markets apart.
        similarity_floor: Least cosine.
        lexical_floor: Least score of the lexical channel.
        per_market: Most neighbours that each market proposes in each channel, besides those of the second look.
        changed: Only neighbours of these; ``None`` for all markets.
    """
    found: dict[tuple[str, str], list[float | None]] = {}
    queries = None if changed is None else np.array([one.market_id in changed for one in traits], dtype=bool)
    if vectors is not None and len(vectors.market_ids):
        held, similarity = _with_vectors(traits, vectors)
        _search(found, 0, held, similarity, traits, filters, queries, floor=similarity_floor, k=per_market)
    if lexical is not None:
        everything = np.arange(len(traits))
        _search(found, 1, everything, lexical, traits, filters, queries, floor=lexical_floor, k=per_market)
    return [
        Candidate(market_a=a, market_b=b, cosine=cosine, lexical=words)
        for (a, b), (cosine, words) in sorted(found.items())
    ]


def _with_vectors(traits: Sequence[MarketTraits], table: VectorTable) -> tuple[Rows, Cosines]:
    """Rows of ``traits`` that have a vector, and those vectors in the same order."""
    position = {market_id: row for row, market_id in enumerate(table.market_ids)}
    held = [row for row, one in enumerate(traits) if one.market_id in position]
    return np.array(held, dtype=np.int64), Cosines(table.vectors[[position[traits[row].market_id] for row in held]])


def _search(
    found: dict[tuple[str, str], list[float | None]],
    channel: int,
    held: Rows,
    similarity: Similarity,
    traits: Sequence[MarketTraits],
    filters: StructuralFilters,
    queries: NDArray[np.bool_] | None,
    *,
    floor: float,
    k: int,
) -> None:
    """Note what one channel finds among the rows ``held``, in both looks."""
    markets = [traits[row] for row in held]
    asked = None if queries is None else np.flatnonzero(queries[held])
    looks = [(filters, k)] if filters.far is None else [(filters, k), (filters.far, filters.far_per_market)]
    for rules, count in looks:
        near = nearest(similarity, Structure(markets, rules), k=count, floor=floor, queries=asked)
        for row, column, score in zip(near.rows.tolist(), near.columns.tolist(), near.scores.tolist(), strict=True):
            a, b = sorted((markets[row].market_id, markets[column].market_id))
            found.setdefault((a, b), [None, None])[channel] = score
