"""Reading labelled pairs from files and scoring the decision on them. No Prefect: seconds, and nothing stored."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from edgeworth.discovery.decision import decide
from edgeworth.discovery.evaluation import (
    BandScore,
    RelationScore,
    Score,
    Scored,
    by_band,
    by_relation,
    halves,
    score,
    word_similarity,
)
from edgeworth.discovery.labelled import LabelledPair, PairError, read_pair
from edgeworth.discovery.reading import read_question
from edgeworth.errors import ConfigurationError
from tasks import wiring
from tasks.settings import Settings

WORDS_ONLY = "lexical"
"""Name of the similarity of bands where no embedder is used."""
LARGEST_FILE = 1_000_000_000
"""Bytes of a set, unpacked; what is larger is no set of pairs."""


class SetReport(Struct, frozen=True, kw_only=True):
    """Figures of one set, or of all together; ``tune`` and ``report`` are its halves by a hash of questions."""

    name: str
    all: Score
    tune: Score
    report: Score
    by_relation: tuple[RelationScore, ...]
    by_band: tuple[BandScore, ...]


class Evaluation(Struct, frozen=True, kw_only=True):
    """What an evaluation found. ``similarity``: of which space the bands are."""

    similarity: str
    total: SetReport
    sets: tuple[SetReport, ...]


class _Half(Struct, frozen=True):
    name: str
    pair: Scored


def evaluate_pairs(settings: Settings, paths: Sequence[Path], *, embedder: str = WORDS_ONLY) -> Evaluation:
    """Score the decision on every set.

    Raises:
        ConfigurationError: A file cannot be read, a line is no labelled pair, or there is no such embedder.
    """
    sets = [(path.name, list(read_pairs(path))) for path in paths]
    reports, everything = [], []
    for name, pairs in sets:
        similarities = _similarities(settings, pairs, embedder)
        scored = [
            _Half(half, _scored(pair, similarity))
            for pair, similarity, half in zip(pairs, similarities, halves(pairs), strict=True)
        ]
        everything += scored
        reports.append(_report(name, scored))
    return Evaluation(similarity=embedder, total=_report("all sets", everything), sets=tuple(reports))


def _scored(pair: LabelledPair, similarity: float | None) -> Scored:
    verdict = decide(read_question(pair.a), read_question(pair.b))
    return Scored(label=pair.label, relation=verdict.relation, similarity=similarity)


def _report(name: str, scored: Sequence[_Half]) -> SetReport:
    pairs = [one.pair for one in scored]
    return SetReport(
        name=name,
        all=score(pairs),
        tune=score([one.pair for one in scored if one.name == "tune"]),
        report=score([one.pair for one in scored if one.name == "report"]),
        by_relation=by_relation(pairs),
        by_band=by_band(pairs),
    )


def _similarities(settings: Settings, pairs: Sequence[LabelledPair], name: str) -> list[float | None]:
    if name == "none":
        return [None] * len(pairs)
    if name == WORDS_ONLY:
        return [word_similarity(pair) for pair in pairs]
    embedder = wiring.build_embedder(settings.model_copy(update={"embedding_model": name}))
    texts = [text.question for pair in pairs for text in (pair.a, pair.b)]
    vectors = asyncio.run(embedder.embed(texts)).vectors
    return [float(vectors[2 * row] @ vectors[2 * row + 1]) for row in range(len(pairs))]


def read_pairs(path: Path) -> Iterator[LabelledPair]:
    """The labelled pairs of a file: JSON lines or one JSON document, packed with gzip or not.

    Raises:
        ConfigurationError: The file cannot be read, or a line is no labelled pair; the message names both.
    """
    for place, row in _rows(path, _content(path)):
        try:
            yield read_pair(row)
        except PairError as error:
            raise ConfigurationError(f"{path}: {place}: {error}") from None


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"{path}: expected a file with labelled pairs, found: {reason}") from None
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        with gzip.open(path, "rb") as packed:
            unpacked = packed.read(LARGEST_FILE)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigurationError(f"{path}: expected gzip, found: {error}") from None
    return unpacked


def _rows(path: Path, content: bytes) -> Iterator[tuple[str, Any]]:
    """Decoded rows with the place they stand at."""
    text = content.removeprefix(b"\xef\xbb\xbf")
    whole = _whole(text)
    if whole is not None:
        yield from ((f"pair {number}", row) for number, row in enumerate(whole, start=1))
        return
    count = 0
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        count += 1
        try:
            yield f"line {number}", msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: line {number}: expected JSON, found: {error}") from None
    if count == 0:
        raise ConfigurationError(f"{path}: expected labelled pairs, found an empty file")


def _whole(text: bytes) -> list[Any] | None:
    """The rows of a file that is one JSON document with a list in it; ``None`` for JSON lines."""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        for key in ("pairs", "markets"):
            if isinstance(document.get(key), list):
                return list(document[key])
    return None
