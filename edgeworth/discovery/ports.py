"""What discovery needs from outside, as protocols. Adapters implement them, ``tasks/wiring/`` builds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from edgeworth.discovery.opportunity import Opportunity
from edgeworth.markets.relation import Relation, Verdict
from edgeworth.units import PriceMicros, UsdMicros

Vectors = NDArray[np.float32]
"""Shape (texts, dimensions), each row of length 1, so that a product of two rows is their cosine."""


class EmbeddingSpace(Struct, frozen=True, kw_only=True):
    """One way of turning text into vectors. Vectors of two spaces are never compared.

    Attributes:
        space_id: Model, hash of its file or its provider, tokeniser, pooling, dimensions: equal only if all are.
        model: The name people know it by.
        similarity_floor: Cosine under which a neighbour is not proposed, unless the user sets another; each space has
            its own scale.
    """

    space_id: str
    model: str
    dimensions: int
    similarity_floor: float


class EmbeddedBatch(Struct, frozen=True, kw_only=True):
    """Vectors of one batch and what they cost.

    Attributes:
        tokens: As the provider counts them. cost: ``None`` when the price of the model is not known; 0 when local.
    """

    vectors: Vectors
    tokens: int
    cost: UsdMicros | None


class Embedder(Protocol):
    """Turns texts into vectors of one space."""

    @property
    def space(self) -> EmbeddingSpace:
        """Which space the vectors belong to."""

    async def embed(self, texts: Sequence[str]) -> EmbeddedBatch:
        """One row per text, in order. An empty text is allowed and gets some fixed row.

        Raises:
            SourceError: A service did not answer as agreed.
            ConfigurationError: No key, or the key is refused.
        """


class EmbeddingRow(Struct, frozen=True, kw_only=True):
    """The vector of one market. ``signature`` is the hash of the text that was embedded."""

    market_id: str
    signature: str
    vector: Vectors


class VectorTable(Struct, frozen=True, kw_only=True):
    """All vectors of one space; row i of ``vectors`` belongs to ``market_ids[i]``, ids ascending."""

    market_ids: Sequence[str]
    vectors: Vectors


class EmbeddingStore(Protocol):
    """Vectors by market and space."""

    def signatures(self, space_id: str) -> Mapping[str, str]:
        """Signature of what is stored, by market id."""

    def save(self, space: EmbeddingSpace, rows: Sequence[EmbeddingRow], at: datetime) -> None:
        """Store or replace; all or nothing."""

    def load(self, space_id: str, market_ids: Sequence[str] | None = None) -> VectorTable:
        """What is stored of ``market_ids``, or everything."""


class FoundMatch(Struct, frozen=True, kw_only=True):
    """Two markets that were compared, and what came of it.

    Attributes:
        market_a, market_b: Ids, ``market_a < market_b``; the verdict reads in this order.
        space_id, similarity: Cosine and the space it was measured in; ``None`` when only their words proposed them.
        lexical: Score of the lexical channel in [0, 1]; ``None`` when it did not propose them.
        price_a, price_b: Of outcome 0, when the verdict was reached. Evidence beside the verdict, no part of it.
    """

    market_a: str
    market_b: str
    verdict: Verdict
    space_id: str | None = None
    similarity: float | None = None
    lexical: float | None = None
    price_a: PriceMicros | None = None
    price_b: PriceMicros | None = None


class StoredMatch(Struct, frozen=True, kw_only=True):
    """A match as it stands in the store.

    Attributes:
        decided_at: When this verdict was first reached; similarity, lexical score and prices are those of then.
        gone_at: When it was looked for and not found; ``None`` while it stands.
        run_id: The run that saw it last.
    """

    match: FoundMatch
    decided_at: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    run_id: str


class SavedCounts(Struct, frozen=True, kw_only=True):
    """What saving the findings of a run did: ``created + changed + unchanged`` are those found.

    Attributes:
        returned: Of ``changed`` and ``unchanged``, those that had been gone. gone: No longer found.
    """

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    returned: int = 0
    gone: int = 0


class MatchStore(Protocol):
    """Pairs of markets with their verdicts, and since when they are known."""

    def save(
        self, found: Sequence[FoundMatch], *, examined: Collection[str] | None, run_id: str, at: datetime
    ) -> SavedCounts:
        """Store what a run found; all or nothing. A verdict that has not changed only gets a new ``last_seen_at``.

        Args:
            found: Each pair at most once.
            examined: Markets whose neighbours were looked for. A stored match of two of them that is not found is
                gone from ``at`` on, until it is found again. ``None``: all there are, closed ones included.
            run_id: The run that found them.
            at: When.
        """

    def list_matches(
        self,
        *,
        market_id: str | None = None,
        market_ids: Collection[str] | None = None,
        relations: Collection[Relation] | None = None,
        run_id: str | None = None,
        by_two_readers: bool = False,
        with_gone: bool = False,
        limit: int | None = 1_000,
    ) -> Sequence[StoredMatch]:
        """Matches that fit every filter given: those from which most follows first, then the surest.

        ``market_ids``: of these markets; ``run_id`` is the run that saw them last; ``by_two_readers``: a language model
        has read along.
        """


class StoredOpportunity(Struct, frozen=True, kw_only=True):
    """An opportunity as it stands in the store.

    Attributes:
        opportunity: As it was when it was last seen.
        gone_at: When it was looked for and not found; ``None`` while it stands.
        run_id: The run that saw it last.
    """

    opportunity: Opportunity
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None
    run_id: str


class OpportunityStore(Protocol):
    """Opportunities by their key, and since when they are known."""

    def save(
        self, found: Sequence[Opportunity], *, examined: Collection[str] | None, run_id: str, at: datetime
    ) -> SavedCounts:
        """Store what a run found; all or nothing. One that is the same but for ``as_of`` only gets a new sighting.

        Args:
            found: Each key at most once.
            examined: Markets that were looked at. A stored opportunity all of whose markets are among them and that
                is not found is gone from ``at`` on, until it is found again. ``None``: all there are.
            run_id: The run that found them.
            at: When.
        """

    def list_opportunities(
        self,
        *,
        market_id: str | None = None,
        run_id: str | None = None,
        with_gone: bool = False,
        limit: int | None = 1_000,
    ) -> Sequence[StoredOpportunity]:
        """Opportunities that fit every filter given, the largest profit first; ``run_id`` as for matches."""
