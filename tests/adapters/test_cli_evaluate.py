"""``edgeworth evaluate matching`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.edgeworth_command import run_warm

GOLDEN = Path(__file__).parents[1] / "golden" / "pairs_adversarial.jsonl"


def test_the_json_has_the_figures_at_the_top(tmp_path):
    """Precision, recall, coverage and the confusion matrix, with no word of anything else."""
    ended = run_warm(tmp_path, "evaluate", "matching", "--pairs", str(GOLDEN), "--json")
    assert ended.code == 0
    figures = ended.json
    assert figures["precision"] >= 0.95
    assert figures["recall"] >= 0.9
    assert 0 < figures["coverage"] <= 1
    assert figures["false_equivalents"] == 0
    assert sum(figures["confusion_matrix"]["different"].values()) == 45


def test_the_page_names_its_command(tmp_path):
    """Markdown beside the tables of the terminal."""
    page = tmp_path / "evaluation.md"
    ended = run_warm(tmp_path, "evaluate", "matching", "--pairs", str(GOLDEN), "--markdown", str(page))
    assert ended.code == 0
    assert "precision" in ended.out
    assert "edgeworth evaluate matching --pairs pairs_adversarial.jsonl" in page.read_text()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ('{"a": "x", "b": "y", "label": "perhaps"}', ["line 2", "equivalent", "near", "different"]),
        ('{"a": "x", "b": ', ["line 2", "JSON"]),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_scored(tmp_path, row, words):
    """Exit code 2 and one sentence."""
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps({"a": "x", "b": "x", "label": "same"}) + "\n" + row + "\n")
    run_warm(tmp_path, "evaluate", "matching", "--pairs", str(path)).says(2, *words)


def test_the_audit_of_recall_stands_beside_the_figures(tmp_path):
    """Under a key of its own, for each embedder; the question of the pool is told from three others."""
    pairs, pool = tmp_path / "pairs.jsonl", tmp_path / "pool.jsonl"
    rows = [{"a": "Rain in Oslo?", "b": "Rain in Oslo today?", "label": "same"}, {"a": "x", "b": "y", "label": "same"}]
    pairs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    pool.write_text('"Snow in Bergen?"\n')
    asked = ("--pairs", str(pairs), "--audit-recall", str(pool), "--embedder", "lexical", "--embedder", "none")
    figures = run_warm(tmp_path, "evaluate", "matching", *asked, "--json").json
    assert {"precision", "recall", "coverage", "confusion_matrix"} < set(figures)
    audit = figures["recall_audit"]
    assert (audit["markets"], audit["pools"][0]["added"]) == (5, 1)
    assert [one["embedder"] for one in audit["by_embedder"]] == figures["embedders"] == ["lexical", "none"]
    union = audit["by_embedder"][0]["groups"][0]["channels"][-1]
    assert (union["channel"], union["pairs"], union["found_at"]["10"]) == ("union", 2, 1)
    [lost] = audit["by_embedder"][0]["lost"]
    assert (lost["pair"], lost["a"], lost["b"], lost["cause"]) == (2, "x", "y", "under the floor of similarity")
    assert "never proposed, with none" in run_warm(tmp_path, "evaluate", "matching", *asked).out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--embedder", "word2vec"], ["--embedder", "word2vec", "text-embedding-3-small"]),
        (["--audit-recall", "nowhere.json"], ["nowhere.json", "questions"]),
        (["--markdown", "nowhere/page.md"], ["--markdown", "folder"]),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, options, words):
    run_warm(tmp_path, "evaluate", "matching", "--pairs", str(GOLDEN), *options).says(2, *words)


def test_a_file_that_is_not_there(tmp_path):
    """Exit code 2 as well."""
    run_warm(tmp_path, "evaluate", "matching", "--pairs", str(tmp_path / "none")).says(2, "labelled pairs")
