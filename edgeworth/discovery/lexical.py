"""The second channel of recall: how alike two texts are in their weighted words and in pieces of words (TF-IDF).

It finds what vectors miss: rare names, tickers, numbers, a slip of spelling. Weights belong to one set of texts, so it
is fitted anew for each run and nothing of it is stored. What the words mean never enters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]

from edgeworth.discovery.similarity import ROW_BLOCK, Block, Rows, Scores

WORDS_KEPT = 16
PIECES_KEPT = 48
"""The heaviest features of a text. They carry nearly all that tells it from others; the many light ones ("will",
"the") carry nearly all of the cost of multiplying everything with everything."""

MAX_CHARACTERS = 1_000
"""Of a text; longer ones are not questions, and one of them must not cost what a thousand do."""

WORD = r"(?u)\w+(?:[.,]\d+)*"
"""A word or a number with its decimals; single letters and digits count, for they tell "Option A" from "Option B"."""


class LexicalSimilarity:
    """Texts as weighted words behind ``neighbours.Similarity``; scores lie in [0, 1], equal texts have 1.

    The score is the mean of two cosines: over words and pairs of words, and over pieces of three to five characters,
    each over the heaviest features of either text.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        readable = [text[:MAX_CHARACTERS] for text in texts]
        words = _weighted(readable, analyzer="word", lengths=(1, 2), keep=WORDS_KEPT)
        pieces = _weighted(readable, analyzer="char_wb", lengths=(3, 5), keep=PIECES_KEPT)
        both = sparse.hstack([words, pieces], format="csr", dtype=np.float32)
        self._matrix: sparse.csr_array = sparse.csr_array(both * np.float32(np.sqrt(0.5)))
        self._matrix.sort_indices()

    def block(self, rows: Rows, columns: Rows) -> Block:
        return np.asarray((self._matrix[rows] @ self._matrix[columns].T).toarray(), dtype=np.float32)

    def exact(self, rows: Rows, columns: Rows) -> Scores:
        scores = np.empty(len(rows))
        for start in range(0, len(rows), ROW_BLOCK):
            part = slice(start, start + ROW_BLOCK)
            left = self._matrix[rows[part]].astype(np.float64)
            scores[part] = np.asarray(left.multiply(self._matrix[columns[part]]).sum(axis=1)).ravel()
        return scores


def _weighted(texts: Sequence[str], *, analyzer: str, lengths: tuple[int, int], keep: int) -> sparse.csr_array:
    """One row of length 1 for each text that has a feature; rows of zeros for the others."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

    vectorizer = TfidfVectorizer(
        analyzer=analyzer,
        ngram_range=lengths,
        token_pattern=WORD if analyzer == "word" else None,
        strip_accents="unicode",
        sublinear_tf=True,
        dtype=np.float32,
    )
    analyse = vectorizer.build_analyzer()
    if not any(analyse(text) for text in texts):
        return sparse.csr_array((len(texts), 1), dtype=np.float32)
    return _heaviest(sparse.csr_array(vectorizer.fit_transform(texts)), keep)


def _heaviest(matrix: sparse.csr_array, keep: int) -> sparse.csr_array:
    """Each row with its ``keep`` largest entries alone, brought back to length 1. Of equal entries the first stay."""
    lengths = np.diff(matrix.indptr)
    row = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((matrix.indices, -matrix.data, row))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - np.repeat(matrix.indptr[:-1], lengths)
    stays = place < keep
    kept = sparse.csr_array(
        (matrix.data[stays], (row[stays], matrix.indices[stays])), shape=matrix.shape, dtype=np.float32
    )
    norms: NDArray[np.float64] = np.sqrt(np.asarray(kept.multiply(kept).sum(axis=1), dtype=np.float64)).ravel()
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return sparse.csr_array(kept.multiply(scale[:, None].astype(np.float32)), dtype=np.float32)
