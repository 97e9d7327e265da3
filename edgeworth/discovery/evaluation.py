"""How well verdicts agree with labels: precision, recall and coverage of "the same bet", with intervals. Pure.

*The same bet* is equivalent or inverse, and of the right polarity where the label tells it: a verdict that takes an
inverse for an equivalent is counted as wrong, and as missed. ``near`` and ``undetermined`` labels are counted apart:
of them nobody knows which verdict is right.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from edgeworth.discovery.labelled import DIFFERENT, NEAR, SAME, LabelledPair
from edgeworth.discovery.reading.tokens import TokenKind, words_of
from edgeworth.markets.relation import Relation, TextField

_Z: Final = 1.959963984540054
"""Quantile of the normal distribution for 95%."""
APART: Final = frozenset({NEAR, Relation.UNDETERMINED.value})
"""Labels of pairs that precision, recall and coverage leave out."""
_MATCHES: Final = frozenset({SAME, Relation.EQUIVALENT.value, Relation.INVERSE.value})
BANDS: Final = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Lower ends of the bands of similarity."""


class Scored(Struct, frozen=True, kw_only=True):
    """A labelled pair with its verdict. ``similarity``: of both questions, in [-1, 1]; ``None`` without one."""

    label: str
    relation: Relation
    similarity: float | None = None

    @property
    def is_match(self) -> bool:
        return self.label in _MATCHES

    @property
    def is_apart(self) -> bool:
        return self.label in APART

    @property
    def is_right(self) -> bool:
        """Whether the verdict says the same bet, and rightly so."""
        if not (self.is_match and self.relation.is_same_bet):
            return False
        return self.label in {SAME, self.relation.value}


class Share(Struct, frozen=True, kw_only=True):
    """``hits`` of ``total`` with the Wilson interval at 95%; no value where there is nothing to count."""

    hits: int
    total: int
    value: float | None
    low: float | None
    high: float | None


class Score(Struct, frozen=True, kw_only=True):
    """Figures of one group of pairs.

    Attributes:
        pairs: All of them; ``scored`` are those that precision and recall count.
        coverage: Share of scored pairs with a verdict other than ``undetermined``.
        false_equivalents: Inverse pairs that were called equivalent. Must be 0.
        confusion: Label to verdict to number of pairs, those counted apart included.
    """

    pairs: int
    scored: int
    precision: Share
    recall: Share
    coverage: Share
    false_equivalents: int
    confusion: dict[str, dict[str, int]]


class RelationScore(Struct, frozen=True, kw_only=True):
    """How often one relation was right when said, and said when right; only labels that name a relation count."""

    relation: str
    precision: Share
    recall: Share


class BandScore(Struct, frozen=True, kw_only=True):
    """Figures of the pairs whose similarity lies in ``[low, high)``."""

    low: float
    high: float
    score: Score


def share(hits: int, total: int) -> Share:
    """A share with its Wilson score interval (Wilson 1927)."""
    if total == 0:
        return Share(hits=0, total=0, value=None, low=None, high=None)
    value = hits / total
    spread = 1 + _Z**2 / total
    middle = (value + _Z**2 / (2 * total)) / spread
    half = _Z * math.sqrt(value * (1 - value) / total + _Z**2 / (4 * total**2)) / spread
    return Share(hits=hits, total=total, value=value, low=max(0.0, middle - half), high=min(1.0, middle + half))


def score(pairs: Sequence[Scored]) -> Score:
    """Precision, recall, coverage and the confusion matrix of ``pairs``."""
    counted = [pair for pair in pairs if not pair.is_apart]
    said = [pair for pair in counted if pair.relation.is_same_bet]
    matches = [pair for pair in counted if pair.is_match]
    right = sum(pair.is_right for pair in counted)
    confusion: dict[str, dict[str, int]] = {}
    for (label, relation), number in sorted(Counter((pair.label, pair.relation.value) for pair in pairs).items()):
        confusion.setdefault(label, {})[relation] = number
    return Score(
        pairs=len(pairs),
        scored=len(counted),
        precision=share(right, len(said)),
        recall=share(right, len(matches)),
        coverage=share(sum(pair.relation is not Relation.UNDETERMINED for pair in counted), len(counted)),
        false_equivalents=confusion.get(Relation.INVERSE.value, {}).get(Relation.EQUIVALENT.value, 0),
        confusion=confusion,
    )


def by_relation(pairs: Sequence[Scored]) -> tuple[RelationScore, ...]:
    """Each relation on its own, over labels that name one."""
    named = [pair for pair in pairs if pair.label not in {SAME, DIFFERENT, *APART}]
    found = []
    for relation in Relation:
        if relation is Relation.UNDETERMINED:
            continue
        said = [pair for pair in named if pair.relation is relation]
        labelled = [pair for pair in named if pair.label == relation.value]
        hits = sum(pair.label == relation.value for pair in said)
        found.append(
            RelationScore(relation=relation.value, precision=share(hits, len(said)), recall=share(hits, len(labelled)))
        )
    return tuple(found)


def by_band(pairs: Sequence[Scored]) -> tuple[BandScore, ...]:
    """Figures by similarity, empty bands left out; pairs without one are in none."""
    highs = (*BANDS[1:], math.inf)
    bands = []
    for low, high in zip(BANDS, highs, strict=True):
        lowest = -math.inf if low == BANDS[0] else low
        inside = [pair for pair in pairs if pair.similarity is not None and lowest <= pair.similarity < high]
        if inside:
            bands.append(BandScore(low=low, high=min(high, 1.0), score=score(inside)))
    return tuple(bands)


def halves(pairs: Sequence[LabelledPair]) -> tuple[str, ...]:
    """``tune`` or ``report`` for each pair of a set, by a hash of question ids.

    Pairs that share a question, directly or through others, are in one half: no question is in both.
    """
    roots: dict[str, str] = {}
    find = _finder(roots)
    for pair in pairs:
        first, second = find(pair.key_a), find(pair.key_b)
        roots[max(first, second)] = min(first, second)
    return tuple("report" if _is_odd(find(pair.key_a)) else "tune" for pair in pairs)


def _finder(roots: dict[str, str]) -> Callable[[str], str]:
    def find(key: str) -> str:
        while roots.setdefault(key, key) != key:
            key = roots[key]
        return key

    return find


def _is_odd(key: str) -> bool:
    return bool(hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()[-1] & 1)


def word_similarity(pair: LabelledPair) -> float:
    """Cosine of the sets of words of both questions: the similarity where no embedder is used."""
    a, b = (_words(text.question) for text in (pair.a, pair.b))
    return len(a & b) / math.sqrt(len(a) * len(b)) if a and b else 0.0


def _words(question: str) -> frozenset[str]:
    tokens = words_of(question, TextField.QUESTION).tokens
    return frozenset(token.key for token in tokens if token.kind is not TokenKind.SYMBOL)
