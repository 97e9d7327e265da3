"""``edgeworth evaluate matching`` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.edgeworth_command import run

GOLDEN = Path(__file__).parents[1] / "golden" / "pairs_adversarial.jsonl"


def test_the_json_has_the_figures_at_the_top(tmp_path):
    """Precision, recall, coverage and the confusion matrix, with no word of anything else."""
    ended = run(tmp_path, "evaluate", "matching", "--pairs", str(GOLDEN), "--json")
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
    ended = run(tmp_path, "evaluate", "matching", "--pairs", str(GOLDEN), "--markdown", str(page))
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
    run(tmp_path, "evaluate", "matching", "--pairs", str(path)).says(2, *words)


def test_a_file_that_is_not_there(tmp_path):
    """Exit code 2 as well."""
    run(tmp_path, "evaluate", "matching", "--pairs", str(tmp_path / "none")).says(2, "labelled pairs")
