"""Matching on recorded markets: labelled pairs of two venues, and an evening of basketball."""

from __future__ import annotations

import gzip
import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from edgeworth.discovery.decision import decide
from edgeworth.discovery.evaluation import Scored, score
from edgeworth.discovery.reading import QuestionReading, read_question
from edgeworth.discovery.texts import QuestionText
from edgeworth.markets.relation import Relation
from tasks.discovery.question_files import read_pairs

RECORDINGS = os.environ.get("EDGEWORTH_RECORDINGS")

pytestmark = pytest.mark.skipif(
    not RECORDINGS, reason="EDGEWORTH_RECORDINGS does not name a folder of recorded answers"
)

CROSS_SOURCE = "cross_source_pairs_labelled_2025_2026.jsonl"
CANDIDATES = "kalshi_polymarket_candidates_20260301_labelled.jsonl"
NEGATIONS = "negation_pairs_2024.jsonl.gz"
PARAPHRASES = "paraphrase_pairs_2024.jsonl.gz"
HAND = "hand_pairs.jsonl"
GAMES = "kalshi_polymarket_sports_20260109.json"


def folder() -> Path:
    return Path(RECORDINGS or "")


def judged(*names: str) -> list[Scored]:
    pairs = [pair for name in names for pair in read_pairs(folder() / "pairs" / name)]
    return [Scored(label=pair.label, relation=decide(pair.a, pair.b).relation) for pair in pairs]


def test_the_same_bet_across_venues_is_found_with_precision():
    """Precision of at least 0.95 at a recall of at least 0.60."""
    figures = score(judged(CROSS_SOURCE, CANDIDATES))
    assert figures.precision.value is not None
    assert figures.recall.value is not None
    assert figures.precision.value >= 0.95
    assert figures.recall.value >= 0.60


@pytest.mark.parametrize("name", [CROSS_SOURCE, CANDIDATES, NEGATIONS, PARAPHRASES, HAND])
def test_no_inverse_is_ever_called_equivalent(name):
    """Nor an equivalent inverse."""
    for pair in judged(name):
        assert (pair.label, pair.relation) not in {
            ("inverse", Relation.EQUIVALENT),
            ("equivalent", Relation.INVERSE),
        }


def test_negations_come_out_as_opposites():
    """Most of them; the others are left open or seen to differ."""
    figures = score(judged(NEGATIONS))
    assert figures.recall.value is not None
    assert figures.recall.value >= 0.75


def test_hard_negatives_are_never_the_same_bet():
    """Another team, date, threshold, candidate, office, competition."""
    assert not [pair for pair in judged(HAND) if pair.label == "different" and pair.relation.is_same_bet]


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@pytest.fixture(scope="module")
def polymarket() -> dict[str, list[tuple[str | None, QuestionReading]]]:
    """Kind and reading of every market, by the slug of its event."""
    with gzip.open(folder() / "gamma" / "gamma_events_nba_20260109.json.gz") as packed:
        events = json.load(packed)
    return {
        event["slug"]: [
            (
                market.get("sportsMarketType"),
                read_question(
                    QuestionText(
                        question=market["question"],
                        rules=market.get("description", ""),
                        outcomes=tuple(json.loads(market["outcomes"])),
                        event=event["title"],
                        closes_at=instant(market.get("endDate")),
                    )
                ),
            )
            for market in event["markets"]
        ]
        for event in events
    }


@pytest.fixture(scope="module")
def kalshi() -> dict[str, list[QuestionReading]]:
    """The two winner markets of every event, in the order of its title; the recording has events without markets."""
    document = json.loads((folder() / "kalshi" / "v2_events_nba_20260109.json").read_bytes())
    return {
        event["event_ticker"]: [
            read_question(
                QuestionText(
                    question=f"{event['title']} Winner? - {side}",
                    outcomes=("Yes", "No"),
                    event=f"{event['title']}: {event['sub_title']}",
                )
            )
            for side in event["title"].split(" at ")
        ]
        for event in (document["events"] if isinstance(document, dict) else document)
    }


def verified() -> dict[str, str]:
    """Slug to event ticker of the games that both recordings have."""
    games = json.loads((folder() / "pairs" / GAMES).read_bytes())["markets"]
    return {
        game["polymarket"]["markets"]["slug"]: game["kalshi"]["markets"]["main"].rpartition("-")[0] for game in games
    }


def test_the_fifteen_verified_games_match_and_nothing_else_of_them_does(polymarket, kalshi):
    """The winner market matches both of Kalshi's, once as it is and once inverted; spreads, totals, props never."""
    found = 0
    for slug, ticker in verified().items():
        if slug not in polymarket or ticker not in kalshi:
            continue
        away, home = kalshi[ticker]
        for kind, ours in polymarket[slug]:
            relations = [decide(ours, away).relation, decide(ours, home).relation]
            if kind == "moneyline":
                assert relations == [Relation.EQUIVALENT, Relation.INVERSE], slug
                found += 1
            else:
                assert not any(relation.is_same_bet for relation in relations), ours.text.question
    assert found == 15


def test_a_game_matches_no_game_of_another_evening(polymarket, kalshi):
    """The day stands in the slug and in the ticker of both venues: 2026-01-09 and 26JAN09."""
    for slug, markets in polymarket.items():
        day = f"{int(slug[-2:]):02d}"
        for ticker, sides in kalshi.items():
            if any(decide(ours, theirs).relation.is_same_bet for _, ours in markets for theirs in sides):
                assert ticker.split("-")[1][:7] == f"26JAN{day}", (slug, ticker)


def test_within_one_evening_no_two_markets_of_a_game_are_the_same_bet(polymarket):
    """Lines differ, parts of the game differ, players differ."""
    for slug, markets in polymarket.items():
        for position, (_, one) in enumerate(markets):
            for _, other in markets[position + 1 :]:
                assert not decide(one, other).relation.is_same_bet, (slug, one.text.question, other.text.question)
