"""What is read out of the words of a market: each case hand-worked, slot by slot."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from edgeworth.discovery.reading import read_question
from edgeworth.discovery.reading.slots import GamePart, WindowKind
from edgeworth.discovery.texts import QuestionText


def read(question: str, **words):
    return read_question(QuestionText(question=question, **words))


@pytest.mark.parametrize(
    ("question", "lower", "upper", "unit"),
    [
        ("Will Bitcoin hit $150,000 in 2026?", "150000", None, "usd"),
        ("BTC above $150k before 2027", "150000", None, "usd"),
        ("Will Apple's market cap exceed $4 trillion?", "4000000000000", None, "usd"),
        ("TSLA deliveries > 2.0M", "2000000", None, ""),
        ("Will CPI rise by 3.0% or less?", None, "3.0", "%"),
        ("Will fewer than 5 countries sign?", None, "5", ""),
        ("Will the high be 42-43°F?", "42", "43", "degF"),
        ("Will it be between 18 and 20 degrees Celsius?", "18", "20", "degC"),
        ("Will Tesla close at $300-325?", "300", "325", "usd"),
        ("Will the lead be greater than 2 and less than or equal to 4?", "2", "4", ""),
        ("Will 10 or more senators call?", "10", None, ""),
        ("Fed decision: 25 bps cut", "25", "25", "bps"),
        ("Will Bitcoin dip below $50k?", None, "50000", "usd"),
        ("Will he win by no more than 3%?", None, "3", "%"),
    ],
)
def test_a_range_is_read_with_its_unit(question, lower, upper, unit):
    """k, M and trillion are multiplied out; bps, %, degrees and currencies are kept as units."""
    (bound,) = read(question).title.bounds
    assert (bound.lower, bound.upper, bound.unit) == (lower and Decimal(lower), upper and Decimal(upper), unit)


@pytest.mark.parametrize(
    ("question", "has_lower", "has_upper"),
    [
        ("above 5%", False, None),
        ("at least 5%", True, None),
        ("Will it hit $500?", None, None),
        ("5% or lower", None, True),
        ("below 5%", None, False),
    ],
)
def test_whether_the_end_of_a_range_counts(question, has_lower, has_upper):
    """ "Above" leaves the end out, "at least" has it, "hit" does not say."""
    (bound,) = read(question).title.bounds
    assert (bound.has_lower, bound.has_upper) == (has_lower, has_upper)


def test_what_has_to_be_left_is_a_range_too():
    """ "At most 2 or greater than 4" is everything but (2, 4]."""
    (bound,) = read("Will the lead be less than or equal to 2 or greater than 4?").title.bounds
    assert bound.is_outside
    assert (bound.lower, bound.upper) == (2, 4)
    assert (bound.has_lower, bound.has_upper) == (False, True)


@pytest.mark.parametrize(
    "question",
    ["Will GPT-6 be released?", "Will France place in the Top 5?", "a Category 5 hurricane", "the men's 100m dash"],
)
def test_a_number_that_measures_nothing_is_no_range(question):
    """Versions, ranks, categories and distances in names stay words."""
    assert read(question).title.bounds == ()


D, ON, IN, ED = WindowKind.DEADLINE, WindowKind.ON, WindowKind.DURING, WindowKind.EDITION


@pytest.mark.parametrize(
    ("question", "kind", "start", "end"),
    [
        ("by December 31, 2026", D, None, date(2027, 1, 1)),
        ("before 2027", D, None, date(2027, 1, 1)),
        ("by end of 2026", D, None, date(2027, 1, 1)),
        ("in 2026", IN, date(2026, 1, 1), date(2027, 1, 1)),
        ("before March 3, 2026", D, None, date(2026, 3, 3)),
        ("by March 2, 2026", D, None, date(2026, 3, 3)),
        ("on or before 21 December 2026", D, None, date(2026, 12, 22)),
        ("before July 2026", D, None, date(2026, 7, 1)),
        ("in June 2026", IN, date(2026, 6, 1), date(2026, 7, 1)),
        ("on Jul 4th, 2026", ON, date(2026, 7, 4), date(2026, 7, 5)),
        ("on Independence Day 2026", ON, date(2026, 7, 4), date(2026, 7, 5)),
        ("at end of June 2026", ON, date(2026, 6, 30), date(2026, 7, 1)),
        ("end of Q2 2026", ON, date(2026, 6, 30), date(2026, 7, 1)),
        ("in Q3 2026", IN, date(2026, 7, 1), date(2026, 10, 1)),
        ("by 2026-06-30", D, None, date(2026, 7, 1)),
        ("by 6/30/2026", D, None, date(2026, 7, 1)),
        ("between July 17 and July 28, 2024", IN, date(2024, 7, 17), date(2024, 7, 29)),
        ("win the 2026 World Cup", ED, date(2026, 1, 1), date(2027, 1, 1)),
        ("the 2025-26 season", ED, date(2026, 1, 1), date(2027, 1, 1)),
        ("EPL (25/26)", ED, date(2026, 1, 1), date(2027, 1, 1)),
        ("win Super Bowl LX", ED, date(2026, 1, 1), date(2027, 1, 1)),
        ("at the 98th Academy Awards", ED, date(2026, 1, 1), date(2027, 1, 1)),
        ("after the 2026 midterms", ED, date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_window_is_read_as_whole_days(question, kind, start, end):
    """Deadlines end the day after the last day that counts; contests counted by number become their year."""
    (window,) = read(question).title.windows
    assert (window.kind, window.start, window.end) == (kind, start, end)


def test_a_day_without_a_year_takes_it_from_the_close_time_and_says_so():
    """The close time is the venue's own word for it; without one the year stays unknown."""
    (window,) = read("ceasefire by March 31?", closes_at=datetime(2026, 3, 31, 23, 59, tzinfo=UTC)).title.windows
    assert (window.end, window.is_year_from_close) == (date(2026, 4, 1), True)
    (silent,) = read("ceasefire by March 31?").title.windows
    assert not silent.has_year


def test_a_month_that_is_a_verb_is_no_month():
    """ "may" and "march" are months only with a day behind them or a capital letter."""
    assert read("Will it be said that he may march?").title.windows == ()


@pytest.mark.parametrize(
    ("question", "is_negated"),
    [
        ("Will the US enter a recession?", False),
        ("Will the US not enter a recession?", True),
        ("Will Norway fail to qualify?", True),
        ("Will there be no break?", True),
        ("Will neither Trump nor Biden say it?", True),
        ("Will he announce that he will not run?", None),
        ("Will he not announce that he will not run?", None),
        ('Will OpenAI commit to the "no retaliation" principle?', False),
        ("Will it win no more than 4 seats?", False),
        ("Will it be Kelly (YES) or Shapiro (NO)?", False),
    ],
)
def test_a_denial_is_of_the_whole_or_unclear(question, is_negated):
    """Two denials, or one inside a clause, make the polarity unknown; a name or a comparator denies nothing."""
    assert read(question).title.polarity.is_negated is is_negated


def test_outcomes_listed_the_other_way_round_turn_the_question():
    """The proposition of a market pays outcome 0."""
    assert read("Will it rain?", outcomes=("No", "Yes")).title.polarity.is_negated is True
    assert read("Will it not rain?", outcomes=("No", "Yes")).title.polarity.is_negated is False


def keys(question: str, **words) -> set[str]:
    return {mention.key for mention in read(question, **words).title.mentions}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Will Donald Trump visit China?", "Trump travels to China"),
        ("BTC", "Bitcoin"),
        ("the Iranian regime", "Iran's regime"),
        ("Strait of Hormuz", "Hormuz"),
        ("Republicans", "GOP"),
        ("SCOTUS", "U.S. Supreme Court"),
        ("GTA VI", "Grand Theft Auto 6"),
        ("Pro football champion: Kansas City", "Will the Kansas City Chiefs win the Super Bowl?"),
        ("Ligue 1: Paris Saint-Germain", "PSG, French Ligue 1"),
    ],
)
def test_spellings_of_one_thing_meet(one, other):
    """Names, nicknames, tickers, nationalities and brands that a venue avoids."""
    assert keys(one) == keys(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CPI", "core CPI"),
        ("Donald Trump", "Eric Trump"),
        ("House", "Senate"),
        ("announce GPT", "release GPT"),
        ("North Korea", "South Korea"),
        ("New York", "New York City"),
        ("the Lakers, NBA", "the Clippers, NBA"),
        ("win the primary", "win the election"),
        ("Manchester City", "Manchester United"),
        ("us", "US"),
    ],
)
def test_different_things_stay_apart(one, other):
    """What a settlement could turn on is never one concept."""
    assert keys(one) != keys(other)


def test_a_game_is_read_with_sides_kind_line_and_part():
    """Teams by home, nickname or code; the line as points by which the side must win."""
    game = read("Spread: Lakers (-4.5)", outcomes=("Lakers", "Suns"), event="Lakers vs. Suns").game
    assert game is not None
    assert game.teams == (frozenset({"nba lakers"}), frozenset({"nba suns"}))
    assert (game.part, game.side, game.line, game.period) == (GamePart.SPREAD, 0, Decimal("4.5"), "game")
    half = read("Grizzlies vs. Lakers: 1H O/U 122.5", outcomes=("Over", "Under")).game
    assert half is not None
    assert (half.part, half.line, half.period, half.is_over) == (GamePart.TOTAL, Decimal("122.5"), "first half", True)


def test_a_home_shared_by_leagues_is_told_by_the_other_side():
    """Houston at Sacramento is basketball: only there do both have a team."""
    game = read("Houston at Sacramento Winner? - Sacramento", outcomes=("Yes", "No")).game
    assert game is not None
    assert (game.teams, game.side) == ((frozenset({"nba rockets"}), frozenset({"nba kings"})), 1)


def test_a_question_about_a_player_is_no_bet_on_the_game():
    """It stands in the game's event, and asks something else."""
    assert read("LeBron James: Points Over 23.5", event="Grizzlies vs. Lakers", outcomes=("Yes", "No")).game is None


@pytest.mark.parametrize(
    ("rules", "condition"),
    [
        ('This market will resolve to "Yes" if Hooli buys Tyrell by May 2, 2026. Otherwise "No".', "Hooli buys Tyrell by May 2, 2026"),
        ("If Hooli buys Tyrell by May 2, then the market resolves to Yes.", "Hooli buys Tyrell by May 2"),
        ("Rolled once. Resolves yes if even and resolves no if odd.", "even"),
        ("The question resolves as **YES** if it rains, and **NO** otherwise.", "it rains"),
    ],
)  # fmt: skip
def test_the_defining_sentence_of_rules_ends_where_the_other_case_begins(rules, condition):
    """What makes the market No is not a part of what makes it Yes."""
    definition = read("Will it?", rules=rules).definition
    assert definition is not None
    spans = [mention.quotation for mention in definition.mentions]
    assert all(span.text in condition and rules[span.start : span.end] == span.text for span in spans)


@pytest.mark.parametrize(
    ("rules", "topic", "says"),
    [
        ("All times are Eastern Time (ET).", "zone", {"ET"}),
        ("The deadline is read in Pacific Time.", "zone", {"PT"}),
        ("The deadline is 11:59 PM in the local time of the place concerned, not in Eastern Time.", "zone", {"local"}),
        ("In case of a tie, this market will resolve 50-50.", "tie", {"split"}),
        ("A tie or a shared result resolves to No.", "tie", {"No"}),
        ("An announcement alone is not enough.", "announcement", {"is not enough"}),
        ("An official announcement made before the deadline qualifies.", "announcement", {"is enough"}),
        ("Only the first official publication counts.", "revision", {"first stands"}),
        ("Overtime is included.", "overtime", {"counts"}),
        ("Extra time is not included.", "overtime", {"does not count"}),
        ("Measured at Chicago Midway Airport.", "station", {"chicago midway airport"}),
    ],
)
def test_clauses_of_the_rules_are_read_by_topic(rules, topic, says):
    """Only what is laid down; a topic the rules do not touch is absent."""
    clauses = read("Will it?", rules=rules).settlement
    assert {clause.says for clause in clauses if clause.topic == topic} == says
