"""Vectors in SQL (``EmbeddingStore``): float32 bytes by space and market, read back as one array.

What is embedded, and with what, is decided elsewhere; here a vector is bytes of a stated length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import sqlalchemy as sa

from edgeworth.adapters.storage.connection import reading, writing
from edgeworth.adapters.storage.rows import instant, text
from edgeworth.adapters.storage.schema import embedding
from edgeworth.adapters.storage.selection import among
from edgeworth.adapters.storage.upsert import upsert
from edgeworth.discovery.ports import EmbeddingRow, EmbeddingSpace, Vectors, VectorTable
from edgeworth.errors import DataError

_STORED = np.dtype("<f4")


class SqlEmbeddings:
    """The vectors in the database of ``engine``; what ``open_database`` gives."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def signatures(self, space_id: str) -> Mapping[str, str]:
        """Signature of what is stored, by market id."""
        query = sa.select(embedding.c.market_id, embedding.c.signature).where(embedding.c.space_id == text(space_id))
        with reading(self._engine) as connection:
            return {row.market_id: row.signature for row in connection.execute(query)}

    def save(self, space: EmbeddingSpace, rows: Sequence[EmbeddingRow], at: datetime) -> None:
        """Store or replace; all or nothing.

        Raises:
            DataError: A vector has not the dimensions of its space.
            StorageError: Nothing was stored; the kind says what to do.
        """
        seen_at = instant(at)
        stored = [
            (
                text(space.space_id),
                text(row.market_id),
                text(space.model),
                space.dimensions,
                text(row.signature),
                seen_at,
                _bytes_of(row, space),
            )
            for row in rows
        ]
        with writing(self._engine) as connection:
            upsert(connection, embedding, sorted(stored, key=lambda row: row[1]))

    def load(self, space_id: str, market_ids: Sequence[str] | None = None) -> VectorTable:
        """What is stored of ``market_ids``, or everything.

        Raises:
            DataError: Vectors of the space have differing lengths.
        """
        table = embedding.c
        query = (
            sa.select(table.market_id, table.dimensions, table.vector)
            .where(table.space_id == text(space_id))
            .order_by(table.market_id)
        )
        if market_ids is not None:
            query = query.where(among(self._engine, table.market_id, sorted(set(market_ids))))
        with reading(self._engine) as connection:
            found = connection.execute(query).all()
        lengths = {dimensions for _, dimensions, _ in found}
        if len(lengths) > 1:
            raise DataError(f"space {space_id}: expected vectors of one length, found {sorted(lengths)}")
        return VectorTable(
            market_ids=[market_id for market_id, _, _ in found],
            vectors=_array([vector for _, _, vector in found], dimensions=max(lengths, default=0)),
        )


def _bytes_of(row: EmbeddingRow, space: EmbeddingSpace) -> bytes:
    if row.vector.shape != (space.dimensions,):
        raise DataError(
            f"{row.market_id}: expected a vector of {space.dimensions} numbers for {space.model}, "
            f"found shape {row.vector.shape}"
        )
    return row.vector.astype(_STORED, copy=False).tobytes()


def _array(vectors: Sequence[bytes], *, dimensions: int) -> Vectors:
    # One join and one view: no copy for each row.
    return np.frombuffer(b"".join(vectors), dtype=_STORED).reshape(len(vectors), dimensions)
