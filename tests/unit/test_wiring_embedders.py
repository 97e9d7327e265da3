"""Which embedder is used, and that the user is told why."""

from __future__ import annotations

import logging

import pytest

from edgeworth.adapters.embeddings import local
from edgeworth.errors import ConfigurationError
from tasks.diagnosis import _embedder
from tasks.settings import Settings
from tasks.wiring import build_embedder, choose_embedder

KEY = "sk-test-0123456789"


def test_without_a_key_it_is_the_one_on_this_machine():
    chosen = choose_embedder(Settings())
    assert chosen.embedder.space.model == "all-MiniLM-L6-v2-int8"
    assert chosen.reason == "on this machine, because OPENAI_API_KEY is not set"
    assert not chosen.is_fallback


def test_with_a_key_it_is_openai_s():
    chosen = choose_embedder(Settings(OPENAI_API_KEY=KEY))
    assert chosen.embedder.space.space_id == "openai:text-embedding-3-small:1536"
    assert KEY not in repr(chosen)


@pytest.mark.parametrize(("name", "space"), [("minilm", "minilm-l6:"), ("lexical", "lexical")])
def test_a_name_asks_for_one_even_with_a_key(name, space):
    chosen = choose_embedder(Settings(OPENAI_API_KEY=KEY, EMBEDDING_MODEL=name))
    assert chosen.embedder.space.space_id.startswith(space)


def test_another_service_is_another_space():
    chosen = choose_embedder(Settings(OPENAI_API_KEY=KEY, OPENAI_BASE_URL="http://localhost:8080/v1"))
    assert chosen.embedder.space.space_id == "openai@localhost:8080:text-embedding-3-small:1536"


def test_a_model_nobody_knows_needs_its_dimensions():
    unknown = {"OPENAI_API_KEY": KEY, "EMBEDDING_MODEL": "bge-m3"}
    with pytest.raises(ConfigurationError, match="EMBEDDING_MODEL: the dimensions of 'bge-m3' are not known"):
        choose_embedder(Settings(**unknown))
    chosen = choose_embedder(Settings(**unknown, EMBEDDING_DIMENSIONS=1024))
    assert chosen.embedder.space.space_id == "openai:bge-m3:1024"


def test_where_no_model_can_be_run_words_remain_with_one_clear_warning(monkeypatch, tmp_path, caplog):
    (tmp_path / "model.onnx").write_bytes(b"torn")
    monkeypatch.setattr(local, "bundled_model", lambda: tmp_path / "model.onnx")
    with caplog.at_level(logging.WARNING):
        embedder = build_embedder(Settings())
    assert embedder.space.space_id == "lexical"
    [record] = caplog.records
    assert "words alone, because the local embedder cannot be used: model.onnx: expected SHA-256" in record.message
    assert _embedder(Settings()).state == "missing"


def test_a_file_that_the_user_named_is_never_replaced_in_silence(tmp_path):
    settings = Settings(EDGEWORTH_EMBED_MODEL_PATH=tmp_path / "gone.onnx")
    with pytest.raises(ConfigurationError, match="EDGEWORTH_EMBED_MODEL_PATH"):
        build_embedder(settings)
    finding = _embedder(settings)
    assert (finding.state, "EDGEWORTH_EMBED_MODEL_PATH" in finding.detail) == ("failed", True)


def test_the_doctor_says_which_and_why():
    finding = _embedder(Settings())
    assert (finding.name, finding.state) == ("embedder", "ok")
    assert finding.detail == "all-MiniLM-L6-v2-int8, on this machine, because OPENAI_API_KEY is not set"
