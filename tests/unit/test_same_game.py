"""Recall of games: one venue names the clubs, the other the towns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from edgeworth.discovery.neighbours import Candidate
from edgeworth.discovery.reading.games import read_game
from edgeworth.discovery.same_game import game_keys, with_same_games
from edgeworth.discovery.structure import MarketTraits, StructuralFilters
from edgeworth.discovery.texts import QuestionText
from tests.builders import NOON

CLUBS = QuestionText(question="Bucks vs. Lakers", outcomes=("Bucks", "Lakers"))
TOWNS = QuestionText(question="Milwaukee at Los Angeles L Winner?", event="Milwaukee at Los Angeles L")
OTHER_GAME = QuestionText(question="Bucks vs. Celtics", outcomes=("Bucks", "Celtics"))
TOTAL = QuestionText(question="Bucks vs. Lakers: O/U 230.5", outcomes=("Over", "Under"))
OTHER_TOTAL = QuestionText(question="Bucks vs. Lakers: O/U 231.5", outcomes=("Over", "Under"))
RAIN = QuestionText(question="Will it rain in Milwaukee?")


def keys(text: QuestionText) -> frozenset[str]:
    return game_keys(read_game(text))


def a_market(name: str, **change) -> MarketTraits:
    return replace(MarketTraits(market_id=name, venue="p", closes_at=NOON), **change)


def propose(*texts: QuestionText, markets=None, candidates=(), **options) -> list[tuple[str, str]]:
    markets = markets or [a_market(name) for name in "abcdef"[: len(texts)]]
    found = with_same_games(
        candidates,
        markets,
        [keys(text) for text in texts],
        **({"filters": StructuralFilters(), "per_market": 10} | options),
    )
    return [(one.market_a, one.market_b) for one in found]


def test_clubs_and_towns_meet():
    assert propose(CLUBS, TOWNS) == [("a", "b")]


@pytest.mark.parametrize("other", [OTHER_GAME, TOTAL, RAIN])
def test_another_game_another_part_and_no_game_do_not(other):
    assert propose(CLUBS, other) == []


def test_totals_meet_at_the_same_line_only():
    assert propose(TOTAL, OTHER_TOTAL, TOTAL) == [("a", "c")]


def test_a_pair_that_was_proposed_already_keeps_its_scores():
    known = Candidate(market_a="a", market_b="b", cosine=0.6)
    found = with_same_games(
        [known], [a_market("a"), a_market("b")], [keys(CLUBS)] * 2, filters=StructuralFilters(), per_market=10
    )
    assert found == [known]


def test_the_filters_hold_with_the_window_of_the_second_look():
    near, far = a_market("b", closes_at=NOON + timedelta(days=14)), a_market("b", closes_at=NOON + timedelta(days=91))
    assert propose(CLUBS, TOWNS, markets=[a_market("a"), near]) == [("a", "b")]
    assert propose(CLUBS, TOWNS, markets=[a_market("a"), far]) == []
    same_event = [a_market("a", event_id="e"), a_market("b", event_id="e")]
    assert propose(CLUBS, TOWNS, markets=same_event) == []


def test_only_pairs_with_what_changed():
    assert propose(CLUBS, CLUBS, TOWNS, changed={"c"}) == [("a", "c"), ("b", "c")]


def test_a_thousand_copies_of_one_question_do_not_make_a_million_pairs():
    count = 1000
    markets = [a_market(f"m{number:04}") for number in range(count)]
    assert len(propose(*[CLUBS] * count, markets=markets, per_market=3)) == 3 * count - 6
