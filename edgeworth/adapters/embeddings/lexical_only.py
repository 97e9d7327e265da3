"""No vectors at all: what stands in when no model can be run. Recall then rests on the lexical channel alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeworth.discovery.ports import EmbeddedBatch, EmbeddingSpace
from edgeworth.units import UsdMicros

SPACE = EmbeddingSpace(space_id="lexical", model="none (words only)", dimensions=0, similarity_floor=1.0)


class LexicalOnly:
    """An ``Embedder`` of a space without dimensions: nothing to store, nothing to compare."""

    @property
    def space(self) -> EmbeddingSpace:
        """The space ``lexical``."""
        return SPACE

    async def embed(self, texts: Sequence[str]) -> EmbeddedBatch:
        """Rows without numbers."""
        return EmbeddedBatch(vectors=np.zeros((len(texts), 0), dtype=np.float32), tokens=0, cost=UsdMicros(0))
