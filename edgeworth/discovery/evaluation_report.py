"""What an evaluation found: the figures of every set of labelled pairs, and of recall.

Values only. Nothing is counted here, and how they look is the business of ``edgeworth.reports``.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from edgeworth.discovery.evaluation import BandScore, RelationScore, Score, Share
from edgeworth.discovery.recall_audit import ChannelRecall, Loss


class SetReport(Struct, frozen=True, kw_only=True):
    """Figures of one set, or of all together; ``tune`` and ``report`` are its halves by a hash of questions.

    Attributes:
        by_band: Embedder to the bands of its similarity.
    """

    name: str
    all: Score
    tune: Score
    report: Score
    by_relation: tuple[RelationScore, ...]
    by_band: Mapping[str, tuple[BandScore, ...]]


class GroupRecall(Struct, frozen=True, kw_only=True):
    """Recall over the true pairs of one set, or of several.

    Attributes:
        channels: Each on its own, then their union.
        found_and_right: Share of the true pairs that are proposed at the largest k and then rightly decided.
    """

    name: str
    channels: tuple[ChannelRecall, ...]
    found_and_right: Share


class LostPair(Struct, frozen=True, kw_only=True):
    """A true pair that no channel proposes.

    Attributes:
        pair: Its number in the set, from 1.
        a, b: Both questions.
        cause: The one to mend first. by_channel: Of each channel.
    """

    set: str
    pair: int
    a: str
    b: str
    cause: Loss
    by_channel: Mapping[str, Loss]


class EmbedderRecall(Struct, frozen=True, kw_only=True):
    """Recall with the vectors of one embedder beside the other channels.

    Attributes:
        floor: Least cosine; ``None`` where words stand without vectors.
        candidates_at: Channel, or union, to k to the pairs proposed in the whole pool, true or not.
    """

    embedder: str
    floor: float | None
    groups: tuple[GroupRecall, ...]
    candidates_at: Mapping[str, Mapping[int, int]]
    lost: tuple[LostPair, ...]


class PoolCount(Struct, frozen=True, kw_only=True):
    """What one file added to the pool: ``added + known + refused`` are its rows.

    Attributes:
        known: Questions that were in the pool already, by their id, or by their words and the day they close.
        refused: Rows that hold no market.
    """

    name: str
    added: int
    known: int
    refused: int


class RecallReport(Struct, frozen=True, kw_only=True):
    """The audit of recall.

    Attributes:
        markets: In the pool, the sides of the labelled pairs included; ``sides`` are those alone.
        per_market: The largest k: neighbours that each market proposes in a run.
    """

    markets: int
    sides: int
    pools: tuple[PoolCount, ...]
    per_market: int
    by_embedder: tuple[EmbedderRecall, ...]


class Evaluation(Struct, frozen=True, kw_only=True):
    """What an evaluation found. ``recall`` is ``None`` where no audit was asked for."""

    embedders: tuple[str, ...]
    total: SetReport
    sets: tuple[SetReport, ...]
    recall: RecallReport | None = None
