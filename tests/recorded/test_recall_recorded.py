"""Recall over the labelled pairs: nearly every true pair is proposed by the embedded default, and what each part adds."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from edgeworth.adapters.embeddings.local import LocalEmbedder
from edgeworth.discovery.lexical import LexicalSimilarity
from edgeworth.discovery.recall_audit import UNION, Channel, Loss, TruePair, audit_recall, search_channel
from edgeworth.discovery.similarity import Cosines
from edgeworth.discovery.structure import MarketTraits, StructuralFilters

FOLDER = Path(os.environ.get("EDGEWORTH_RECORDINGS", "/nonexistent")) / "pairs"
SIDES = {
    "hand_pairs.jsonl": ("a", "b"),
    "cross_source_pairs_labelled_2025_2026.jsonl": ("a", "b"),
    "kalshi_polymarket_candidates_20260301_labelled.jsonl": ("polymarket", "kalshi"),
}

pytestmark = pytest.mark.skipif(
    "EDGEWORTH_RECORDINGS" not in os.environ,
    reason="EDGEWORTH_RECORDINGS does not point to the folder of recorded answers",
)


def side(value: str | dict, name: str) -> tuple[str, str, datetime | None]:
    """Question, source and close time of one side of a row."""
    if isinstance(value, str):
        return value, name, None
    close = value.get("close") or value.get("end")
    question = value.get("question") or value["title"]
    return question, value.get("source", name), None if close is None else datetime.fromisoformat(close)


def rows() -> Iterator[tuple[str, tuple, tuple, bool]]:
    for name, (left, right) in SIDES.items():
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield name, side(row[left], left), side(row[right], right), row.get("match", row.get("label") == "same")


@pytest.fixture(scope="module")
def pool() -> tuple[list[MarketTraits], list[str], dict[str, list[TruePair]]]:
    """All sides of all three sets in one pool, so that each set has the others to be told from."""
    numbers: dict[tuple, int] = {}
    pairs: dict[str, list[TruePair]] = {}
    for name, a, b, is_match in rows():
        first, second = (numbers.setdefault(one, len(numbers)) for one in (a, b))
        if is_match:
            pairs.setdefault(name, []).append(TruePair(first, second))
    traits = [
        MarketTraits(market_id=f"m{number:04}", venue=source, closes_at=close)
        for (_, source, close), number in numbers.items()
    ]
    return traits, [question for question, _, _ in numbers], pairs


@pytest.fixture(scope="module")
def channels(pool) -> list[Channel]:
    texts = pool[1]
    embedder = LocalEmbedder()
    vectors = asyncio.run(embedder.embed(texts)).vectors
    return [
        Channel(name="minilm", similarity=Cosines(vectors), floor=embedder.space.similarity_floor),
        Channel(name="words", similarity=LexicalSimilarity(texts), floor=0.2),
    ]


@pytest.mark.parametrize(
    ("name", "pairs", "least"),
    [
        ("hand_pairs.jsonl", 30, 29),
        ("cross_source_pairs_labelled_2025_2026.jsonl", 31, 31),
        ("kalshi_polymarket_candidates_20260301_labelled.jsonl", 12, 12),
    ],
)
def test_the_channels_together_propose_nearly_every_true_pair(pool, channels, name, pairs, least):
    traits, _, true = pool
    proposals = [search_channel(one, traits, filters=StructuralFilters(), ks=(10,)) for one in channels]
    audit = audit_recall(true[name], proposals)
    [union] = [one for one in audit.channels if one.channel == UNION]
    assert union.pairs == pairs
    assert union.found_at[10] >= least


def test_what_the_week_alone_would_lose(pool, channels):
    """Six true pairs of the cross-source set close more than seven days apart, by their own dates."""
    traits, _, true = pool
    pairs = true["cross_source_pairs_labelled_2025_2026.jsonl"]
    far = sum(
        abs(traits[pair.a].closes_at - traits[pair.b].closes_at).total_seconds() > 7 * 86_400
        for pair in pairs
        if traits[pair.a].closes_at and traits[pair.b].closes_at
    )
    rules = StructuralFilters(far_within_days=None)
    audit = audit_recall(pairs, [search_channel(channels[0], traits, filters=rules, ks=(10,))])
    assert far == audit.channels[0].losses[Loss.FILTERED] == 6
