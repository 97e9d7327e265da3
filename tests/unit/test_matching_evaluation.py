"""Scores of matching: by hand, and against published intervals."""

from __future__ import annotations

import gzip
import json

import pytest

from edgeworth.discovery.evaluation import Scored, by_band, by_relation, halves, score, share, word_similarity
from edgeworth.discovery.labelled import PairError, read_pair
from edgeworth.errors import ConfigurationError
from edgeworth.markets.relation import Relation
from tasks.discovery.evaluating import evaluate_pairs
from tasks.discovery.question_files import read_pairs
from tasks.settings import Settings

E, INV, R, U = Relation.EQUIVALENT, Relation.INVERSE, Relation.RELATED, Relation.UNDETERMINED


def scored(*rows: tuple[str, Relation]) -> list[Scored]:
    return [Scored(label=label, relation=relation) for label, relation in rows]


def test_precision_recall_and_coverage_by_hand():
    """Four matches: two found, one taken for its opposite, one left open; one of two others called the same bet."""
    figures = score(
        scored(
            ("equivalent", E), ("same", INV), ("inverse", E), ("equivalent", U), ("different", E), ("related", R),
            ("near", E), ("undetermined", U),
        )
    )  # fmt: skip
    assert (figures.pairs, figures.scored) == (8, 6)
    assert (figures.precision.hits, figures.precision.total) == (2, 4)
    assert (figures.recall.hits, figures.recall.total) == (2, 4)
    assert (figures.coverage.hits, figures.coverage.total) == (5, 6)
    assert figures.false_equivalents == 1
    assert figures.confusion["near"] == {"equivalent": 1}


def test_nothing_to_count_gives_no_value():
    """No share of nothing, and no interval."""
    assert score([]).precision.value is None


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_as_published(hits, total, low, high):
    """The examples of Newcombe, Statistics in Medicine 17 (1998), table INV, method 3."""
    found = share(hits, total)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_each_relation_on_its_own():
    """Labels that name no relation are left out."""
    (related,) = (
        one for one in by_relation(scored(("related", R), ("related", U), ("exclusive", R), ("different", R)))
        if one.relation == "related"
    )  # fmt: skip
    assert (related.precision.hits, related.precision.total) == (1, 2)
    assert (related.recall.hits, related.recall.total) == (1, 2)


def test_bands_of_similarity_hold_every_pair_that_has_one():
    """A similarity below 0 counts in the lowest band, 1 in the highest."""
    pairs = [Scored(label="same", relation=E, similarity=value) for value in (-0.2, 0.3, 0.95, 1.0, None)]
    assert [(band.low, band.score.pairs) for band in by_band(pairs)] == [(0.0, 1), (0.3, 1), (0.9, 2)]


def row(a: str, b: str) -> dict[str, str]:
    return {"a": a, "b": b, "label": "same"}


def test_pairs_that_share_a_question_are_in_one_half():
    """Also through a third pair; each question's half hangs on hashes alone."""
    chain = [read_pair(row(f"q{number}", f"q{number + 1}")) for number in range(50)]
    assert len(set(halves(chain))) == 1
    apart = halves([read_pair(row(f"a{number}", f"b{number}")) for number in range(400)])
    assert 150 < apart.count("tune") < 250
    assert apart == halves([read_pair(row(f"a{number}", f"b{number}")) for number in range(400)])


@pytest.mark.parametrize(
    ("stated", "label"),
    [
        ({"label": "same"}, "same"), ({"label": "Different"}, "different"), ({"relation": "a_implies_b"}, "a_implies_b"),
        ({"relation": "near", "match": False}, "near"), ({"match": True}, "same"), ({"match": False}, "different"),
        ({"label": "equivalent"}, "equivalent"), ({"label": "undetermined"}, "undetermined"),
    ],
)  # fmt: skip
def test_every_vocabulary_of_labels(stated, label):
    """Relations, same and different, booleans; a relation says more than a match."""
    assert read_pair({"a": "x", "b": "y", **stated}).label == label


def test_texts_come_as_strings_or_objects_under_many_names():
    """Venues, paraphrases and negations; P and not_P are opposites, P and para_P equal."""
    pair = read_pair(
        {
            "polymarket": {"question": "Rain?", "description": "It rains.", "endDate": "2026-03-03T00:00:00Z"},
            "kalshi": {"title": "Rain?", "rules": "Rain.", "outcomes": ["Yes", "No"], "end": "2026-03-03"},
            "relation": "equivalent",
        }
    )
    assert (pair.a.rules, pair.b.outcomes, pair.a.closes_at == pair.b.closes_at) == ("It rains.", ("Yes", "No"), True)
    assert read_pair({"P": {"title": "x"}, "not_P": {"title": "not x"}}).label == "inverse"
    assert read_pair({"P": {"title": "x"}, "para_P": {"title": "x!"}}).label == "equivalent"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([], "object"), ({}, "found nothing"), ({"a": "x", "b": "y"}, "label"), ({"a": 3, "b": "y", "label": "same"}, "text or an object"),
        ({"a": "x", "b": "y", "label": "maybe"}, "equivalent"), ({"a": {}, "b": "y", "label": "same"}, "question"),
        ({"a": {"question": "x", "close": "soon"}, "b": "y", "label": "same"}, "ISO"),
        ({"a": {"question": "x", "outcomes": "Yes"}, "b": "y", "label": "same"}, "list"),
        ({"a": "x", "b": "y", "label": None}, "found 'None'"),
    ],
)  # fmt: skip
def test_a_row_that_is_none_says_what_was_expected(wrong, words):
    """The accepted labels are named."""
    with pytest.raises(PairError, match=words):
        read_pair(wrong)


LINES = [row("Rain in May 2026?", "Rain in May 2026?"), row("Snow in May 2026?", "Hail in June 2026?")]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "content",
    [
        "\n".join(json.dumps(one) for one in LINES) + "\n",
        "\ufeff" + json.dumps(LINES),
        json.dumps({"pairs": LINES}),
        "\r\n".join(json.dumps(one) for one in LINES),
    ],
)
def test_files_are_json_lines_or_one_document_packed_or_not(tmp_path, content, packed):
    """With or without a byte order mark and carriage returns."""
    path = tmp_path / "pairs"
    path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    assert len(list(read_pairs(path))) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b'{"a": "x", "b": "y", "label": "same"}\n{"a": \n', "line 2"),
        (b'{"a": "x", "b": "y", "label": "same"}\n\n{"a": "x", "b": "y", "label": "perhaps"}\n', "line 3: .*undetermined"),
        (b"\x1f\x8b broken", "gzip"),
        (b"\xff\xfe\x00", "line 1"),
        (b"42", "line 1"),
    ],
)  # fmt: skip
def test_a_broken_file_names_the_line(tmp_path, content, words):
    """And what was expected there."""
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        list(read_pairs(path))


def test_a_file_that_is_not_there_is_named(tmp_path):
    """A folder is no file either."""
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(ConfigurationError, match="labelled pairs"):
            list(read_pairs(path))


def test_an_evaluation_of_two_sets_adds_them_up(tmp_path):
    """Sets on their own and together; the similarity of words bands them without any model."""
    paths = []
    for number in range(2):
        path = tmp_path / f"{number}.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in LINES))
        paths.append(path)
    found = evaluate_pairs(Settings(), paths)
    assert [one.all.pairs for one in found.sets] == [2, 2]
    assert found.total.all.recall.hits == 2
    assert sum(band.score.pairs for band in found.total.by_band["lexical"]) == 4


def test_the_similarity_of_words():
    """Two of three and two of two words in common: 2 / sqrt(6)."""
    assert word_similarity(read_pair(row("red green blue", "Green, red!"))) == pytest.approx(0.8164966)
    assert word_similarity(read_pair(row("", "x"))) == 0
