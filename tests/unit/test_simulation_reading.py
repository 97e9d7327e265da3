"""Levels and dates are read from the wordings venues use, or not at all."""

from __future__ import annotations

import pytest

from edgeworth.simulation.context import PriceClaim, Timing
from edgeworth.simulation.reading import is_by_date, price_claim

YES_NO = ("Yes", "No")


def claim(threshold: float, is_above: bool, timing: Timing) -> PriceClaim:
    return PriceClaim(threshold=threshold, is_above=is_above, timing=timing)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Will Bitcoin reach $150,000 by December 31, 2026?", claim(150_000, True, Timing.BY)),
        ("Will Bitcoin hit $1m before GTA VI?", claim(1e6, True, Timing.BY)),
        ("Will Ethereum dip to $2.5k in November?", claim(2_500, False, Timing.BY)),
        ("Will the price of Bitcoin be above $92,000 on November 21?", claim(92_000, True, Timing.AT)),
        ("Bitcoin above $100,000 on December 5?", claim(100_000, True, Timing.AT)),
        ("Will the S&P 500 close below 6,500 on Friday?", claim(6_500, False, Timing.AT)),
        ("Will the highest temperature in Vienna be above 30°F on May 2, 2026?", claim(30, True, Timing.AT)),
        ("Will Acme's market cap be over $1.5 trillion at the end of the year?", claim(1.5e12, True, Timing.AT)),
    ],
)
def test_levels_are_read(question, expected):
    assert price_claim(question, "", YES_NO) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Will Bitcoin be between $90,000 and $92,000 on November 21?",
        "Will it be 40-41°F in London on Monday?",
        "Will Bitcoin reach $150,000 or hit $80,000 first?",
        "Will Alice win the election?",
        "Will Bob meet Carol on 5 May?",
    ],
)
def test_what_is_no_single_level_is_not_read(question):
    assert price_claim(question, "", YES_NO) is None


def test_a_first_outcome_of_no_turns_the_claim_around():
    found = price_claim("Will Bitcoin be above $92,000 on November 21?", "", ("No", "Yes"))
    assert found == claim(92_000, False, Timing.AT)


def test_never_getting_there_is_no_level_at_the_close():
    assert price_claim("Will Bitcoin reach $150,000 by December 31?", "", ("No", "Yes")) is None


def test_teams_affirm_nothing():
    assert price_claim("Will Bitcoin reach $150,000?", "", ("Hawks", "Bulls")) is None


def test_at_any_time_in_the_rules_makes_above_a_level_to_be_reached():
    rules = 'Resolves to "Yes" if any 1-minute candle shows a price above the level at any time until the close.'
    found = price_claim("Will Bitcoin be above $150,000 in 2026?", rules, YES_NO)
    assert found == claim(150_000, True, Timing.BY)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Will Juniper launch its mainnet by December 11, 2026?", True),
        ("Ceasefire before 1 January 2027?", True),
        ("Maduro out in 2026?", True),
        ("Will the law pass on or before March 1?", True),
        ("Will Alice remain president through 2026?", False),
        ("Will no one be confirmed by December 31?", False),
        ("Will Alice win the election?", False),
        ("Will Bob win by more than 5 points?", False),
    ],
)
def test_dates_by_which_something_happens(question, expected):
    assert is_by_date(question, YES_NO) is expected
    assert is_by_date(question, ("No", "Yes")) is False
