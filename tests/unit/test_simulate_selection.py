"""The options that choose markets, the numbers that pick them, and what is said of those left out."""

from __future__ import annotations

import pytest

from edgeworth.errors import ConfigurationError
from edgeworth.markets.universe import ExclusionCode, UniverseMode, UniverseRule
from flows.commands.simulate_selection import (
    Choice,
    ChoiceOptions,
    choose,
    exclusion_words,
    numbers_in,
    told_exclusions,
)


def chosen(**options) -> Choice | None:
    return choose(ChoiceOptions(**options), batch_size=7)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"top_volume": 3}, Choice(mode=UniverseMode.TOP_VOLUME, count=3)),
        ({"trending": 4}, Choice(mode=UniverseMode.TRENDING, count=4)),
        ({"breaking": 5}, Choice(mode=UniverseMode.BREAKING, count=5)),
        ({"breaking": 5, "category": "crypto"}, Choice(mode=UniverseMode.BREAKING, count=5, category="crypto")),
        ({"category": "Politics", "number": 2}, Choice(mode=UniverseMode.CATEGORY, count=2, category="politics")),
        ({"category": "world"}, Choice(mode=UniverseMode.CATEGORY, count=7, category="world")),
        ({"markets": ("a", "b")}, Choice(mode=UniverseMode.CUSTOM, count=2, picks=("a", "b"))),
    ],
)
def test_each_option_is_one_way_to_choose(options, expected):
    assert chosen(**options) == expected


def test_without_a_choice_or_to_pick_by_hand_the_menu_decides():
    assert chosen() is None
    assert chosen(pick=True) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"top_volume": 1, "trending": 1}, "--top-volume and --trending contradict each other"),
        ({"breaking": 1, "markets": ("a",)}, "--breaking and --market contradict each other"),
        ({"markets": ("a",), "pick": True}, "--market and --pick contradict each other"),
        ({"markets": ("a",), "category": "crypto"}, "--category and --market contradict each other"),
        ({"pick": True, "category": "crypto"}, "--category and --pick contradict each other"),
        ({"trending": 1, "number": 2}, "-n says how many of --category.*beside --trending"),
        ({"trending": 1, "number": 2, "category": "crypto"}, "beside --trending"),
        ({"number": 2}, "-n says how many of --category.*alone"),
        ({"category": "weather"}, "expected one of politics, world, sports, crypto, finance, found 'weather'"),
    ],
)
def test_a_contradiction_is_a_sentence(options, words):
    with pytest.raises(ConfigurationError, match=words):
        chosen(**options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", [1]),
        ("1,3-5", [1, 3, 4, 5]),
        ("3-5, 1", [3, 4, 5, 1]),
        ("2 - 4", [2, 3, 4]),
        ("4 2 4,2", [4, 2]),
        ("7-7", [7]),
        ("", []),
        (",", []),
    ],
)
def test_numbers_and_ranges_are_read_in_their_order_each_once(text, expected):
    assert numbers_in(text, 9) == expected


@pytest.mark.parametrize(
    "text", ["0", "10", "5-3", "1-10", "1-", "1-2-3", "x", "1.5", "²", "\u0661", "9" * 5_000, "1-999999999"]
)
def test_what_is_no_such_list_is_refused_at_once(text):
    with pytest.raises(ConfigurationError, match="expected numbers"):
        numbers_in(text, 9)


def test_reasons_are_told_most_frequent_first():
    rule = UniverseRule(mode=UniverseMode.BREAKING, volume_floor_usd=10_000)
    told = told_exclusions({"did_not_move": 22, "below_floor": 3_800, "a_reason_to_come": 1}, rule)
    assert told == "3,800 below $10,000, 22 without a price change, 1 a reason to come"


@pytest.mark.parametrize("code", ExclusionCode)
def test_every_reason_has_words(code):
    words = exclusion_words(code.value, UniverseRule(mode=UniverseMode.TRENDING, category="crypto"))
    assert words
    assert "_" not in words
