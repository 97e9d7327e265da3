"""The audit of recall over labelled sets: a pool of few markets, and an embedder whose vectors are written down."""

from __future__ import annotations

import gzip
import json
import math

import numpy as np
import pytest

from edgeworth.discovery.evaluation import Scored
from edgeworth.discovery.labelled import read_pair
from edgeworth.discovery.ports import EmbeddedBatch, EmbeddingSpace
from edgeworth.discovery.recall_audit import GAMES, UNION, Loss
from edgeworth.discovery.structure import MarketTraits, StructuralFilters
from edgeworth.discovery.texts import QuestionText
from edgeworth.errors import ConfigurationError
from edgeworth.markets.relation import Relation
from edgeworth.reports.matching import matching_markdown
from edgeworth.units import UsdMicros
from tasks.discovery.evaluating import WORDS_ONLY, evaluate_pairs
from tasks.discovery.question_files import PoolFile, PoolQuestion, read_pool
from tasks.discovery.recall_auditing import WORDS, JudgedPair, JudgedSet, audit_sets
from tasks.settings import Settings

ANGLES = {"Alpha wins?": 0, "Beta prevails?": 10, "Gamma?": 20, "Delta?": 100, "Epsilon?": 5}
"""Degrees in a plane: the nearer, the more alike. No two share a word."""


class PlaneEmbedder:
    """An ``Embedder`` that knows where each text stands."""

    space = EmbeddingSpace(space_id="plane", model="plane", dimensions=2, similarity_floor=0.5)

    async def embed(self, texts):
        radians = np.radians([ANGLES[text] for text in texts])
        vectors = np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)
        return EmbeddedBatch(vectors=vectors, tokens=0, cost=UsdMicros(0))


def judged(a: object, b: object, label: str, relation: Relation, half: str = "tune") -> JudgedPair:
    pair = read_pair({"a": a, "b": b, "label": label})
    return JudgedPair(pair, Scored(label=pair.label, relation=relation), half)


def questions(*texts: str) -> PoolFile:
    return PoolFile(
        name="pool",
        questions=[
            PoolQuestion(QuestionText(question=text), MarketTraits(market_id=text, venue="x")) for text in texts
        ],
        refused=1,
    )


def audit(pairs, *files, embedders=None, per_market=1, floor=None):
    return audit_sets(
        [JudgedSet("set", pairs)],
        files,
        embedders or {"plane": PlaneEmbedder()},
        filters=StructuralFilters(far_within_days=None),
        floor=floor,
        per_market=per_market,
    )


FOUND = judged("Alpha wins?", "Beta prevails?", "same", Relation.EQUIVALENT)
BEYOND = judged("Gamma?", "Delta?", "same", Relation.EQUIVALENT, "report")
NO_MATCH = judged("Alpha wins?", "Gamma?", "different", Relation.RELATED)


def recall_of(report, group="set"):
    [found] = [one for one in report.by_embedder[0].groups if one.name == group]
    return {one.channel: one for one in found.channels} | {"right": found.found_and_right}


def test_true_pairs_are_looked_for_and_the_others_stand_in_the_way():
    """Alpha's nearest is Beta; Gamma's is Beta as well, and Delta stands at 80 degrees from it, under the floor."""
    report = audit([FOUND, BEYOND, NO_MATCH], questions("Epsilon?"), per_market=2)
    found = recall_of(report)
    assert found[UNION].pairs == 2
    # at 1 Epsilon stands between Alpha and Beta; at 2 both find each other
    assert found["plane"].found_at == {1: 0, 2: 1}
    assert found["plane"].losses == {Loss.UNDER_FLOOR: 1}
    assert found[WORDS].losses == {Loss.UNDER_FLOOR: 2}
    assert found[GAMES].losses == {Loss.NO_GAME: 2}


def test_a_lost_pair_is_named_by_its_set_and_number():
    """With both questions, and the cause in each channel."""
    report = audit([NO_MATCH, BEYOND])
    [lost] = report.by_embedder[0].lost
    assert (lost.set, lost.pair, lost.a, lost.b, lost.cause) == ("set", 2, "Gamma?", "Delta?", Loss.UNDER_FLOOR)
    assert lost.by_channel == {"plane": Loss.UNDER_FLOOR, WORDS: Loss.UNDER_FLOOR, GAMES: Loss.NO_GAME}


def test_halves_and_sets_add_up():
    report = audit([FOUND, BEYOND])
    assert [one.name for one in report.by_embedder[0].groups] == [
        "set", "all sets, tune half", "all sets, report half", "all sets",
    ]  # fmt: skip
    assert recall_of(report, "all sets, tune half")[UNION].found_at == {1: 1}
    assert recall_of(report, "all sets, report half")[UNION].found_at == {1: 0}


def test_found_and_right_needs_the_verdict_too():
    """A pair that is proposed and then left open is found and not right; one that is not proposed is neither."""
    undecided = judged("Alpha wins?", "Beta prevails?", "same", Relation.UNDETERMINED)
    assert recall_of(audit([undecided, BEYOND]))["right"].hits == 0
    assert recall_of(audit([FOUND, BEYOND]))["right"].hits == 1


def test_without_vectors_words_and_games_propose_alone():
    """Different markets that share all their words, and two wordings of one game that share none."""
    rain = judged(
        {"id": "1", "question": "Rain in Oslo?"}, {"id": "2", "question": "Rain in Oslo?"}, "same", Relation.EQUIVALENT
    )
    game = judged(
        {"question": "Bucks vs. Lakers", "outcomes": ["Bucks", "Lakers"]},
        {"question": "Milwaukee at Los Angeles L Winner?", "event": "Milwaukee at Los Angeles L"},
        "same", Relation.EQUIVALENT,
    )  # fmt: skip
    report = audit([rain, game], embedders={WORDS_ONLY: None})
    found = recall_of(report)
    assert (found[WORDS].found_at, found[GAMES].found_at, found[UNION].found_at) == ({1: 1}, {1: 1}, {1: 2})
    assert report.by_embedder[0].floor is None


def test_the_floor_of_the_settings_goes_before_that_of_the_embedder():
    report = audit([FOUND], floor=0.99)
    assert (report.by_embedder[0].floor, recall_of(report)["plane"].losses) == (0.99, {Loss.UNDER_FLOOR: 1})
    assert math.cos(math.radians(10)) < 0.99


def test_each_market_is_in_the_pool_once():
    """By its id, and by its words and the day that it closes; both sides of a pair are there whatever they go by."""
    same = {"id": "7", "question": "Alpha wins?"}
    report = audit([judged(same, same, "same", Relation.EQUIVALENT)], questions("Alpha wins?", "Gamma?", "Gamma?"))
    assert (report.sides, report.markets) == (2, 3)
    [pool] = report.pools
    assert (pool.added, pool.known, pool.refused) == (1, 2, 1)
    assert recall_of(report)[UNION].found_at == {1: 1}


# --- files ------------------------------------------------------------------------------------------------------------

GAMMA = {
    "id": "1", "conditionId": "0x" + "1" * 64, "question": "Rain in Oslo?", "slug": "rain", "endDate": "2026-03-03T00:00:00Z",
    "outcomes": '["Yes", "No"]', "outcomePrices": '["0.5", "0.5"]', "clobTokenIds": '["1", "2"]', "active": True,
    "closed": False, "description": "It rains.",
}  # fmt: skip


def test_a_pool_is_a_recording_of_markets_or_rows_of_questions(tmp_path):
    """The recording is read as an ingest reads it; a row is read as one side of a pair is."""
    recording, rows = tmp_path / "markets.json.gz", tmp_path / "questions.jsonl"
    recording.write_bytes(gzip.compress(json.dumps([GAMMA, {**GAMMA, "conditionId": ""}]).encode()))
    rows.write_text('"Snow?"\n{"title": "Hail?", "source": "manifold", "resolution_date": "2026-03-03"}\n')
    found = read_pool(recording)
    [market] = found.questions
    assert (market.text.question, market.text.rules, market.traits.market_id) == (
        "Rain in Oslo?",
        "It rains.",
        "0x" + "1" * 64,
    )
    assert found.refused == 1
    snow, hail = read_pool(rows).questions
    assert (snow.text.question, hail.traits.venue, hail.traits.closes_at.day) == ("Snow?", "manifold", 3)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"), ('{"a": 1}', "recording of markets or rows of questions; line 1: .*question"),
        ('"Snow?"\n{"price": 3}\n', "line 2"), ("[]", "found none"), ("snow", "JSON"),
    ],
)  # fmt: skip
def test_what_is_no_pool_is_told_apart(tmp_path, content, words):
    path = tmp_path / "pool.jsonl"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=words):
        read_pool(path)


def test_an_evaluation_with_an_audit_and_its_page(tmp_path):
    """The page names causes and numbers, and shows nothing of what the questions say."""
    pairs, pool = tmp_path / "pairs.jsonl", tmp_path / "pool.jsonl"
    pairs.write_text(json.dumps({"a": "Oslo rain | today?", "b": "Precipitation?", "label": "same"}) + "\n")
    pool.write_text('"Snow in Bergen?"\n')
    found = evaluate_pairs(Settings(), [pairs], pools=[pool])
    assert found.recall is not None
    assert found.recall.markets == 3
    page = matching_markdown(found, "the command")
    assert "    the command\n" in page
    assert "| pairs.jsonl | 1 | under the floor of similarity |" in page
    assert "Oslo" not in page


def test_without_a_pool_there_is_no_audit(tmp_path):
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps({"a": "x", "b": "x", "label": "same"}) + "\n")
    found = evaluate_pairs(Settings(), [pairs], embedders=["none"])
    assert (found.recall, found.total.by_band) == (None, {})
    assert "never proposed" not in matching_markdown(found, "the command")


def test_an_embedder_that_is_not_there_is_refused_and_not_replaced(tmp_path):
    """Without a key a model of OpenAI's cannot be asked; MiniLM must not stand in under its name."""
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps({"a": "x", "b": "x", "label": "same"}) + "\n")
    with pytest.raises(ConfigurationError, match=r"text-embedding-3-small.*no key"):
        evaluate_pairs(Settings(), [pairs], embedders=["text-embedding-3-small"])


def test_what_is_counted_apart_stands_in_a_table_of_its_own(tmp_path):
    """Three that are near: one of them called the same bet, none of them in precision or recall."""
    near = [("Rain in Oslo on 3 May 2026?", "Rain in Oslo on 3 May 2026?"), ("Rain?", "Snow?"), ("Hail?", "Fog?")]
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text("".join(json.dumps({"a": a, "b": b, "label": "near"}) + "\n" for a, b in near))
    found = evaluate_pairs(Settings(), [pairs])
    page = matching_markdown(found, "the command")
    left_open = found.total.all.confusion["near"].get("undetermined", 0)
    assert f"| pairs.jsonl | near | 3 | 1 | {left_open} |" in page
    assert found.total.all.recall.value is None
