"""Scoring the decision, and recall before it, on labelled pairs. No Prefect: a minute at most, and nothing stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from edgeworth.discovery.decision import decide
from edgeworth.discovery.embedding import text_to_embed
from edgeworth.discovery.evaluation import (
    BandScore,
    Scored,
    by_band,
    by_relation,
    halves,
    score,
    word_similarity,
)
from edgeworth.discovery.evaluation_report import Evaluation, RecallReport, SetReport
from edgeworth.discovery.labelled import LabelledPair
from edgeworth.discovery.ports import EmbeddedBatch, Embedder, EmbeddingSpace, Vectors
from edgeworth.discovery.reading import read_question
from edgeworth.errors import ConfigurationError
from edgeworth.units import UsdMicros
from tasks import wiring
from tasks.discovery.plan import DiscoverPlan
from tasks.discovery.question_files import PoolFile, read_pairs, read_pool
from tasks.discovery.recall_auditing import JudgedPair, JudgedSet, audit_sets
from tasks.settings import Settings

WORDS_ONLY = "lexical"
"""Bands by words in common; no vectors."""
NO_BANDS = "none"
EVERY = "all"
"""Every embedder there is: words alone, MiniLM, and the model of ``EMBEDDING_MODEL`` where its key is there."""


def evaluate_pairs(
    settings: Settings, paths: Sequence[Path], *, embedders: Sequence[str] = (WORDS_ONLY,), pools: Sequence[Path] = ()
) -> Evaluation:
    """Score the decision on every set and, with ``pools``, which true pairs would not have been proposed in them.

    Args:
        settings: Floor and number of neighbours of the audit, and the key of a service that embeds.
        paths: Sets of labelled pairs.
        embedders: Names, or ``all``: similarity of the bands, and vectors of the audit.
        pools: Recordings of markets or files of questions that the pairs have to be told from.

    Raises:
        ConfigurationError: A file cannot be read, a line is no labelled pair or question, or there is no such embedder.
        SourceError: A service that embeds did not answer as agreed.
    """
    chosen = {name: _embedder(settings, name) for name in _names(settings, embedders)}
    sets = [(path.name, list(read_pairs(path))) for path in paths]
    files = [read_pool(path) for path in pools]
    judged = [_judged(name, pairs) for name, pairs in sets]
    reports = [_report(one.name, one.pairs, _bands(one.pairs, chosen)) for one in judged]
    everything = [pair for one in judged for pair in one.pairs]
    return Evaluation(
        embedders=tuple(chosen),
        total=_report("all sets", everything, _bands(everything, chosen)),
        sets=tuple(reports),
        recall=_audit(settings, judged, files, chosen) if files else None,
    )


def _judged(name: str, pairs: Sequence[LabelledPair]) -> JudgedSet:
    judged = []
    for pair, half in zip(pairs, halves(pairs), strict=True):
        verdict = decide(read_question(pair.a), read_question(pair.b))
        judged.append(JudgedPair(pair, Scored(label=pair.label, relation=verdict.relation), half))
    return JudgedSet(name, judged)


def _report(name: str, judged: Sequence[JudgedPair], bands: Mapping[str, tuple[BandScore, ...]]) -> SetReport:
    scored = [one.scored for one in judged]
    return SetReport(
        name=name,
        all=score(scored),
        tune=score([one.scored for one in judged if one.half == "tune"]),
        report=score([one.scored for one in judged if one.half == "report"]),
        by_relation=by_relation(scored),
        by_band=bands,
    )


def _audit(
    settings: Settings, sets: Sequence[JudgedSet], files: Sequence[PoolFile], embedders: Mapping[str, Embedder | None]
) -> RecallReport:
    return audit_sets(
        sets,
        files,
        embedders,
        filters=DiscoverPlan().filters,
        floor=settings.similarity_threshold,
        per_market=settings.max_matches_per_market,
    )


# --- similarities -----------------------------------------------------------------------------------------------------


def _bands(judged: Sequence[JudgedPair], embedders: Mapping[str, Embedder | None]) -> dict[str, tuple[BandScore, ...]]:
    bands = {}
    for name, embedder in embedders.items():
        if name == NO_BANDS:
            continue
        similarities = _similarities([one.pair for one in judged], embedder)
        scored = [replace(one.scored, similarity=value) for one, value in zip(judged, similarities, strict=True)]
        bands[name] = by_band(scored)
    return bands


def _similarities(pairs: Sequence[LabelledPair], embedder: Embedder | None) -> list[float]:
    if embedder is None:
        return [word_similarity(pair) for pair in pairs]
    texts = [text_to_embed(text) for pair in pairs for text in (pair.a, pair.b)]
    vectors = asyncio.run(embedder.embed(texts)).vectors
    return [float(vectors[2 * row] @ vectors[2 * row + 1]) for row in range(len(pairs))]


def _names(settings: Settings, asked: Sequence[str]) -> list[str]:
    """The embedders asked for, each once, ``all`` spelt out."""
    names: list[str] = []
    for name in asked:
        names += _every(settings) if name == EVERY else [name]
    return list(dict.fromkeys(names))


def _every(settings: Settings) -> list[str]:
    model = settings.embedding_model
    has_service = settings.openai_api_key is not None and model not in {*wiring.LOCAL_MODELS, wiring.NO_MODEL}
    return [WORDS_ONLY, wiring.LOCAL_MODELS[0], *([model] if has_service else [])]


def _embedder(settings: Settings, name: str) -> Embedder | None:
    """``None`` where words stand alone."""
    if name in {WORDS_ONLY, NO_BANDS}:
        return None
    if name not in wiring.LOCAL_MODELS and settings.openai_api_key is None:
        raise ConfigurationError(
            f"--embedder: expected {WORDS_ONLY}, {wiring.LOCAL_MODELS[0]}, {NO_BANDS}, {EVERY}, or a model of OpenAI's "
            f"and its key in OPENAI_API_KEY; found {name!r} and no key"
        )
    try:
        return _Remembering(wiring.build_embedder(settings.model_copy(update={"embedding_model": name})))
    except ConfigurationError as error:
        raise ConfigurationError(f"--embedder {name}: {error}") from error


class _Remembering:
    """An embedder that is asked for each text once, however many sets hold it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    @property
    def space(self) -> EmbeddingSpace:
        """That of the embedder behind it."""
        return self._embedder.space

    async def embed(self, texts: Sequence[str]) -> EmbeddedBatch:
        """See ``Embedder.embed``; tokens and cost are those of the new texts."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        batch = EmbeddedBatch(vectors=np.zeros((0, 0), dtype=np.float32), tokens=0, cost=UsdMicros(0))
        if new:
            batch = await self._embedder.embed(new)
            self._known.update(zip(new, batch.vectors, strict=True))
        vectors = np.zeros((len(texts), self.space.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._known[text]
        return EmbeddedBatch(vectors=vectors, tokens=batch.tokens, cost=batch.cost)
