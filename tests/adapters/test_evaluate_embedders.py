"""An evaluation with every embedder there is: words, MiniLM, and with a key a service on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from edgeworth.errors import SourceError
from tasks.discovery.evaluating import evaluate_pairs
from tasks.settings import Settings
from tests.adapters.test_embeddings_openai import KEY, Service, failure

ROWS = [
    {"a": "Rain in Oslo?", "b": "Rain in Oslo today?", "label": "same"},
    {"a": "Rain in Oslo?", "b": "Snow in Oslo?", "label": "different"},
]


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    thread = threading.Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield one
    one.server.shutdown()
    one.server.server_close()
    thread.join()


@pytest.fixture
def settings(service) -> Settings:
    named = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": service.url, "EMBEDDING_MODEL": "tiny"}
    return Settings(**named, EMBEDDING_DIMENSIONS=3, SIMILARITY_THRESHOLD=0.5)


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def test_all_is_every_embedder_there_is_and_each_text_is_paid_for_once(settings, service, pairs, tmp_path):
    """Two sets and a pool that share their texts; the service is told no text twice."""
    pool = tmp_path / "pool.jsonl"
    pool.write_text('"Hail in Bergen?"\n"Snow in Oslo?"\n')
    found = evaluate_pairs(settings, [pairs, pairs], embedders=["all"], pools=[pool])
    assert found.embedders == ("lexical", "minilm", "tiny")
    assert set(found.total.by_band) == set(found.embedders)
    assert [one.embedder for one in found.recall.by_embedder] == list(found.embedders)
    asked = [text for request in service.requests for text in request["input"]]
    assert sorted(asked) == ["Hail in Bergen?", "Rain in Oslo today?", "Rain in Oslo?", "Snow in Oslo?"]


def test_without_a_key_no_service_is_among_them(pairs):
    assert evaluate_pairs(Settings(), [pairs], embedders=["all", "minilm"]).embedders == ("lexical", "minilm")


def test_a_service_that_refuses_ends_the_evaluation(settings, service, pairs):
    """No figure is shown of an embedder that was not there."""
    service.answers = [failure(400, "bad", "invalid_request_error", "no")]
    with pytest.raises(SourceError):
        evaluate_pairs(settings, [pairs], embedders=["tiny"])
