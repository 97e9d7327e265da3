"""What neighbours are counted by: rows that can be multiplied with one another, and vectors as such rows."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeworth.discovery.ports import Vectors

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]
Block = NDArray[np.float32]

ROW_BLOCK = 1_024
"""Rows that are multiplied at once."""


class Similarity(Protocol):
    """Rows that can be multiplied with one another."""

    def block(self, rows: Rows, columns: Rows) -> Block:
        """Similarity of every row with every column, in [-1, 1]."""

    def exact(self, rows: Rows, columns: Rows) -> Scores:
        """Similarity of ``rows[i]`` with ``columns[i]``, the same bits in whatever company it is worked out."""


class Cosines:
    """Vectors of length 1 behind ``Similarity``."""

    def __init__(self, vectors: Vectors) -> None:
        self._vectors = np.ascontiguousarray(vectors, dtype=np.float32)

    def block(self, rows: Rows, columns: Rows) -> Block:
        return np.asarray(self._vectors[rows] @ self._vectors[columns].T)

    def exact(self, rows: Rows, columns: Rows) -> Scores:
        scores = np.empty(len(rows))
        for start in range(0, len(rows), ROW_BLOCK):
            part = slice(start, start + ROW_BLOCK)
            left = self._vectors[rows[part]].astype(np.float64)
            scores[part] = (left * self._vectors[columns[part]]).sum(axis=1)
        return scores
