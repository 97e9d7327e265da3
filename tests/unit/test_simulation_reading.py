"""Levels and dates are read from the wordings venues use, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.world import World
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
        ("Will Gold finish December 29, 2026 no higher than 4,100?", claim(4_100, False, Timing.AT)),
        ("Will Gold finish December 29, 2026 no lower than 4,100?", claim(4_100, True, Timing.AT)),
        ("Bitcoin price at or below $90,000 at noon ET on December 12, 2026?", claim(90_000, False, Timing.AT)),
        ("Will the party hold at most 40 seats after the count?", claim(40, False, Timing.AT)),
        ("Will the party win 40 seats or fewer in May?", claim(40, False, Timing.AT)),
        ("Will the price of Bitcoin be $95,000 or less on May 3?", claim(95_000, False, Timing.AT)),
        ("Will it be 70\u00b0F or lower in Oslo on May 3?", claim(70, False, Timing.AT)),
        ("Will the S&P 500 close at 6,800 or higher on May 3?", claim(6_800, True, Timing.AT)),
        ("Will Bitcoin dip to $60,000 or lower in May?", claim(60_000, False, Timing.BY)),
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
        "Will Bitcoin not close above $90,000 on May 3?",
        "Will Bitcoin fail to reach $90,000 in May?",
        "Will Bitcoin never fall below $50,000?",
        "Won't Bitcoin close above $90,000 on May 3?",
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


@pytest.mark.parametrize(
    ("rules", "timing"),
    [
        ("Yes if the price is above the level at any time until the close.", Timing.BY),
        ("Yes if any 1-minute candle closes above the level.", Timing.BY),
        ("Yes if any Binance 1 minute candle for BTC/USDT closes above the level.", Timing.BY),
        ("Yes if the Binance 1 minute candle for BTC/USDT at noon closes above the level.", Timing.AT),
    ],
)
def test_at_any_time_in_the_rules_makes_above_a_level_to_be_reached(rules, timing):
    found = price_claim("Will Bitcoin be above $150,000 in 2026?", rules, YES_NO)
    assert found == claim(150_000, True, timing)


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


def test_every_level_of_a_synthetic_world_is_read_as_it_is_meant():
    world = World.with_market_count(2_500, as_of=datetime(2026, 11, 21, 12, tzinfo=UTC))
    meant = [
        (price_claim(market.question, market.rules, market.outcomes), market)
        for event, market in world.markets()
        if event.family.kind is Kind.LEVELS
    ]
    assert sum(market.claim.is_negated for _, market in meant) > 50
    for found, market in meant:
        assert found == claim(market.strike, not market.claim.is_negated, Timing.AT), market.question
