"""What discovery needs from outside, as protocols. Adapters implement them, ``tasks/wiring.py`` builds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from edgeworth.units import UsdMicros

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
