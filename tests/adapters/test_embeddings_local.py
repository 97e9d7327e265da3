"""MiniLM on this machine: the published numbers, and no word to anyone."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgeworth.adapters.embeddings import local
from edgeworth.adapters.embeddings.local import LocalEmbedder, bundled_model
from edgeworth.errors import ConfigurationError

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def embedder() -> LocalEmbedder:
    return LocalEmbedder(threads=1)


async def cosines(embedder: LocalEmbedder, *texts: str) -> np.ndarray:
    vectors = (await embedder.embed(texts)).vectors
    return vectors @ vectors.T


class TestVectors:
    async def test_similarities_are_those_that_the_authors_of_the_model_publish(self, embedder):
        """Of the three sentences on the first page of the Sentence Transformers documentation (sbert.net)."""
        found = await cosines(
            embedder, "The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."
        )
        published = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
        assert found == pytest.approx(np.array(published), abs=0.02)  # int8 weights; theirs are float32

    async def test_rows_have_length_one_and_come_in_the_order_of_the_texts(self, embedder):
        texts = [f"Will team {number} win{' the cup' * (number % 7)}?" for number in range(150)]
        batch = await embedder.embed(texts)
        assert batch.vectors.shape == (150, 384)
        assert batch.vectors.dtype == np.float32
        assert np.linalg.norm(batch.vectors, axis=1) == pytest.approx(np.ones(150), abs=1e-6)
        alone = (await embedder.embed([texts[77]])).vectors[0]
        assert float(alone @ batch.vectors[77]) == pytest.approx(1.0, abs=1e-5)

    async def test_it_costs_nothing_and_counts_word_pieces(self, embedder):
        batch = await embedder.embed(["hello world", ""])
        assert (batch.tokens, batch.cost) == (4 + 2, 0)  # [CLS] hello world [SEP]; [CLS] [SEP]

    async def test_no_texts_are_no_rows(self, embedder):
        assert (await embedder.embed([])).vectors.shape == (0, 384)

    @pytest.mark.parametrize(
        "text", ["", " \n", "\ud800", "🏀", "拜登会赢吗", "\u202eabc", "a" * 50_000, "[CLS] [MASK]"]
    )
    async def test_any_text_has_a_row(self, embedder, text):
        [row] = (await embedder.embed([text])).vectors
        assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-6)

    async def test_texts_are_cut_at_128_word_pieces(self, embedder):
        assert (await embedder.embed(["word " * 10_000])).tokens == 128

    def test_word_pieces_are_bert_s(self):
        """The ids that the BERT papers' own vocabulary gives, as printed in many places: hello 7592, world 2088."""
        encoding = local._tokenizer().encode("Hello, World! unaffable")
        assert encoding.tokens == ["[CLS]", "hello", ",", "world", "!", "una", "##ffa", "##ble", "[SEP]"]
        assert (encoding.ids[1], encoding.ids[3]) == (7592, 2088)

    async def test_the_loop_goes_on_while_it_works(self, embedder):
        turns = 0
        work = asyncio.create_task(embedder.embed(["Will it rain tomorrow in a city by the sea?"] * 200))
        while not work.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 10


class TestSpace:
    def test_it_names_the_file_the_tokeniser_and_the_pooling(self, embedder):
        assert embedder.space.space_id == "minilm-l6:8199be6f699a:wordpiece-07eced37-128:mean:384"
        assert (embedder.space.dimensions, embedder.space.similarity_floor) == (384, 0.45)

    def test_the_same_file_elsewhere_is_the_same_space(self, embedder, tmp_path):
        copied = shutil.copy(bundled_model(), tmp_path / "mine.onnx")
        assert LocalEmbedder(model_path=Path(copied), threads=1).space == embedder.space


class TestRefusals:
    def test_a_bundled_file_that_was_tampered_with_is_not_run(self, tmp_path, monkeypatch):
        changed = tmp_path / "model.onnx"
        changed.write_bytes(bundled_model().read_bytes()[:-1] + b"\0")
        monkeypatch.setattr(local, "bundled_model", lambda: changed)
        with pytest.raises(ConfigurationError, match=r"expected SHA-256 8199be6f.*, found "):
            LocalEmbedder()

    def test_a_vocabulary_that_was_tampered_with_is_not_used(self, tmp_path, monkeypatch):
        changed = tmp_path / "vocab.txt"
        changed.write_bytes(local.VOCABULARY.read_bytes() + b"more\n")
        monkeypatch.setattr(local, "VOCABULARY", changed)
        with pytest.raises(ConfigurationError, match=r"vocab.txt: expected SHA-256 07eced37.*, found "):
            LocalEmbedder()

    def test_a_path_without_a_file_is_named(self, tmp_path):
        with pytest.raises(ConfigurationError, match=r"EDGEWORTH_EMBED_MODEL_PATH: cannot read .*gone\.onnx: No such"):
            LocalEmbedder(model_path=tmp_path / "gone.onnx")

    @pytest.mark.parametrize("content", [b"", b"not a model", b"<html>"])
    def test_a_file_that_is_no_model_is_refused(self, tmp_path, content):
        path = tmp_path / "other.onnx"
        path.write_bytes(content)
        with pytest.raises(ConfigurationError, match=r"other\.onnx: expected"):
            LocalEmbedder(model_path=path)


TALE = """
import asyncio, sys
from edgeworth.adapters.embeddings.local import LocalEmbedder
embedder = LocalEmbedder(threads=1)
asyncio.run(embedder.embed(["Will it rain?"] * 3))
assert "onnxruntime" in sys.modules
for name in ("huggingface_hub", "requests", "httpx", "openai"):
    assert name not in sys.modules, name
"""


def test_it_leaves_no_trace_in_the_home_of_the_user(tmp_path):
    """The runtime library would leave a device id and a database of events; without CI, which also silences it."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    root = Path(__file__).resolve().parents[2]
    environment = {**kept, "HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", TALE],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    assert [path for path in home.rglob("*") if path.is_file()] == []
