"""The audit of recall over labelled sets: the pool, the channels of a run, and what they lose of each set."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.embedding import text_to_embed
from edgeworth.discovery.evaluation import Scored, share
from edgeworth.discovery.evaluation_report import EmbedderRecall, GroupRecall, LostPair, PoolCount, RecallReport
from edgeworth.discovery.labelled import LabelledPair
from edgeworth.discovery.lexical import LexicalSimilarity
from edgeworth.discovery.neighbours import DEFAULT_LEXICAL_FLOOR
from edgeworth.discovery.ports import Embedder
from edgeworth.discovery.reading.games import read_game
from edgeworth.discovery.recall_audit import (
    Channel,
    MissedPair,
    Proposed,
    TruePair,
    audit_recall,
    candidates_at,
    search_channel,
    search_games,
)
from edgeworth.discovery.same_game import game_keys
from edgeworth.discovery.similarity import Cosines
from edgeworth.discovery.structure import MarketTraits, StructuralFilters
from edgeworth.discovery.texts import QuestionText
from tasks.discovery.question_files import PoolFile, PoolQuestion, pool_question

WORDS = "words"
"""Name of the channel of weighted words."""
FIRST_KS = (1, 5)
"""Numbers of neighbours that are tried besides that of a run."""


class JudgedPair(Struct, frozen=True):
    """A labelled pair, its verdict, and its half of the set."""

    pair: LabelledPair
    scored: Scored
    half: str


class JudgedSet(Struct, frozen=True):
    """The pairs of one file."""

    name: str
    pairs: Sequence[JudgedPair]


def audit_sets(
    sets: Sequence[JudgedSet],
    files: Sequence[PoolFile],
    embedders: Mapping[str, Embedder | None],
    *,
    filters: StructuralFilters,
    floor: float | None,
    per_market: int,
) -> RecallReport:
    """Which true pairs of ``sets`` would be proposed among all their markets and those of ``files``.

    Args:
        sets: Pairs that are no match are in the pool as well.
        files: What else they have to be told from.
        embedders: By name; ``None`` for words without vectors.
        filters: As in a run.
        floor: Least cosine; ``None`` for that of each embedder.
        per_market: Neighbours that each market proposes in a run, and the largest number tried.
    """
    pool = _Pool()
    true = [one for one_set in sets for one in _true_pairs(one_set, pool)]
    sides = len(pool.traits)
    counts = tuple(pool.add_file(file) for file in files)
    ks = sorted({*(k for k in FIRST_KS if k < per_market), per_market})
    others = _channels_of_words(pool, filters, ks)
    return RecallReport(
        markets=len(pool.traits),
        sides=sides,
        pools=counts,
        per_market=per_market,
        by_embedder=tuple(
            _recall(name, embedder, pool, true, others, filters=filters, floor=floor, ks=ks)
            for name, embedder in embedders.items()
        ),
    )


# --- the pool ---------------------------------------------------------------------------------------------------------


class _TruePair(Struct, frozen=True):
    """A pair that is the same bet: its set, its number in it from 1, and where its markets are in the pool."""

    name: str
    number: int
    judged: JudgedPair
    rows: TruePair


class _Pool:
    """Markets of an audit, each once: first the sides of labelled pairs, then the questions of files."""

    def __init__(self) -> None:
        self.texts: list[QuestionText] = []
        self.traits: list[MarketTraits] = []
        self._rows: dict[str, int] = {}
        self._wordings: set[str] = set()

    def add_pair(self, pair: LabelledPair) -> TruePair:
        """Both sides, also where they go by the same id."""
        a = self._row(pool_question(pair.first))
        b = self._row(pool_question(pair.second))
        return TruePair(a, b if b != a else self._put(pool_question(pair.second)))

    def add_file(self, file: PoolFile) -> PoolCount:
        """The questions that are not there yet, by their id or by their words and the day they close."""
        before = len(self.traits)
        for question in file.questions:
            if _wording(question.text) not in self._wordings:
                self._row(question)
        added = len(self.traits) - before
        return PoolCount(name=file.name, added=added, known=len(file.questions) - added, refused=file.refused)

    def _row(self, question: PoolQuestion) -> int:
        known = self._rows.get(question.traits.market_id)
        return self._put(question) if known is None else known

    def _put(self, question: PoolQuestion) -> int:
        row = len(self.traits)
        self._rows[question.traits.market_id] = row
        self._wordings.add(_wording(question.text))
        self.texts.append(question.text)
        self.traits.append(replace(question.traits, market_id=f"{row:07}"))
        return row


def _wording(text: QuestionText) -> str:
    day = "" if text.closes_at is None else f"{text.closes_at:%Y-%m-%d}"
    return f"{text_to_embed(text).casefold()}|{day}"


def _true_pairs(one: JudgedSet, pool: _Pool) -> Iterator[_TruePair]:
    for number, judged in enumerate(one.pairs, start=1):
        rows = pool.add_pair(judged.pair)
        if judged.scored.is_match:
            yield _TruePair(one.name, number, judged, rows)


# --- the channels -----------------------------------------------------------------------------------------------------


def _channels_of_words(pool: _Pool, filters: StructuralFilters, ks: Sequence[int]) -> list[Proposed]:
    """Those that need no embedder: weighted words, and games."""
    similarity = LexicalSimilarity([text_to_embed(text) for text in pool.texts])
    words = Channel(name=WORDS, similarity=similarity, floor=DEFAULT_LEXICAL_FLOOR)
    keys = [game_keys(read_game(text)) for text in pool.texts]
    return [
        search_channel(words, pool.traits, filters=filters, ks=ks),
        search_games(keys, pool.traits, filters=filters, ks=ks),
    ]


def _recall(
    name: str,
    embedder: Embedder | None,
    pool: _Pool,
    true: Sequence[_TruePair],
    others: Sequence[Proposed],
    *,
    filters: StructuralFilters,
    floor: float | None,
    ks: Sequence[int],
) -> EmbedderRecall:
    proposals = list(others)
    least = None
    if embedder is not None:
        least = embedder.space.similarity_floor if floor is None else floor
        vectors = asyncio.run(embedder.embed([text_to_embed(text) for text in pool.texts])).vectors
        channel = Channel(name=name, similarity=Cosines(vectors), floor=least)
        proposals.insert(0, search_channel(channel, pool.traits, filters=filters, ks=ks))
    return EmbedderRecall(
        embedder=name,
        floor=least,
        groups=tuple(_group(group, pairs, proposals) for group, pairs in _groups(true).items()),
        candidates_at=candidates_at(proposals),
        lost=tuple(_lost(true[one.pair], one) for one in audit_recall([one.rows for one in true], proposals).missed),
    )


def _groups(true: Sequence[_TruePair]) -> dict[str, list[_TruePair]]:
    """Each set, both halves of all, and all."""
    groups: dict[str, list[_TruePair]] = {}
    for one in true:
        groups.setdefault(one.name, []).append(one)
    for half in ("tune", "report"):
        groups[f"all sets, {half} half"] = [one for one in true if one.judged.half == half]
    return {**groups, "all sets": list(true)}


def _group(name: str, pairs: Sequence[_TruePair], proposals: Sequence[Proposed]) -> GroupRecall:
    found = audit_recall([one.rows for one in pairs], proposals)
    missed = {one.pair for one in found.missed}
    right = sum(one.judged.scored.is_right and number not in missed for number, one in enumerate(pairs))
    return GroupRecall(name=name, channels=tuple(found.channels), found_and_right=share(right, len(pairs)))


def _lost(pair: _TruePair, missed: MissedPair) -> LostPair:
    return LostPair(
        set=pair.name,
        pair=pair.number,
        a=pair.judged.pair.a.question,
        b=pair.judged.pair.b.question,
        cause=missed.cause,
        by_channel=missed.causes,
    )
