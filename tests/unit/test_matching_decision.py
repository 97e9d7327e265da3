"""The decision on two texts: relations by hand, with the clause that decided."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgeworth.discovery.decision import decide
from edgeworth.discovery.texts import QuestionText
from edgeworth.markets.relation import Finding, Relation

E, INV, A, B, X = (
    Relation.EQUIVALENT, Relation.INVERSE, Relation.A_IMPLIES_B, Relation.B_IMPLIES_A, Relation.EXCLUSIVE,
)  # fmt: skip


def relation(one: str, other: str) -> Relation:
    return decide(QuestionText(question=one), QuestionText(question=other)).relation


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Will Bitcoin hit $150,000 by December 31, 2026?", "BTC above $150k before 2027", E),
        ("Will the US enter a recession in 2026?", "US recession before 2027?", E),
        ("Will ETH be above $5k on May 1, 2026?", "Will ETH be at or below $5k on May 1, 2026?", INV),
        ("Will ETH be above $5k on May 1, 2026?", "Will ETH be below $5k on May 1, 2026?", X),
        ("Will ETH be above $6k on May 1, 2026?", "Will ETH be above $5k on May 1, 2026?", A),
        ("Will ETH not be above $6k on May 1, 2026?", "Will ETH not be above $5k on May 1, 2026?", B),
        ("Starmer out by June 30, 2026?", "Starmer out by December 31, 2026?", A),
        ("Starmer out in June 2026?", "Starmer out by June 30, 2026?", A),
        ("Will Norway win Eurovision 2027?", "Will Sweden win Eurovision 2027?", X),
        ("Will Norway win Eurovision 2027?", "Will Norway not win Eurovision 2027?", INV),
        ("Starmer out by June 30, 2026?", "Will Starmer not be out by December 31, 2026?", X),
        ("Will the Fed cut rates in March 2026?", "Will the Fed cut rates in June 2026?", Relation.RELATED),
        ("Will it rain in Oslo in May 2026?", "Who acquires the Tokyo tower?", Relation.UNRELATED),
        ("Will he agree to sell the yellow house?", "Will he agree to sell the yellow car?", Relation.UNDETERMINED),
    ],
)
def test_the_relation_follows_from_threshold_time_and_denial(one, other, expected):
    """Nested thresholds and deadlines imply; denials turn implications round or into exclusions."""
    assert relation(one, other) is expected
    assert relation(other, one) is expected.swapped


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Will Israel strike Iran in 2026?", "Will Iran strike Israel in 2026?"),
        ("Will Netflix acquire Paramount in 2026?", "Will Paramount acquire Netflix in 2026?"),
        ("Will GPT-6 be released before Gemini 4?", "Will Gemini 4 be released before GPT-6?"),
        ("Will Biden say he will not run?", "Will Biden not say he will run?"),
        ("Will either Kelly or Shapiro win?", "Will Kelly win?"),
        ("Will US or Israel strike Iran in 2026?", "Will US strike Iran in 2026?"),
        ("Fed rate cut in March?", "Fed rate cut in March 2026?"),
        ("Will Ramp or Brex IPO first? - Ramp", "Will Ramp or Brex IPO first? - Brex"),
        ("What songs will be on the radio? - As It Was", "What songs will be on the radio? - Golden"),
        ("Will Song A be the #1 song in May 2026?", "Will Song S be the #1 song in May 2026?"),
        ("Will Mark Kelly win the 2028 nomination?", "Will Ruth Kelly win the 2028 nomination?"),
        ("2026: R Senate, D House", "2026: D Senate, R House"),
        ("Will the Fed cut-pause-cut in 2026?", "Will the Fed cut-cut-pause in 2026?"),
        ("Will Dracula be nominated for Best Rap Album?", "Will Dracula be nominated for Album of the Year?"),
        ("Will Golden be #1 on US Spotify in May 2026?", "Will Golden be #1 on Spotify in May 2026?"),
        ("Will team 3 be second in May 2026?", "Will team 2 be third in May 2026?"),
        ("Will xQc beat Forsen's record by May 2026?", "Will Forsen beat xQc's record by May 2026?"),
        (
            "Conditional on the treaty being renewed, will there be a war in 2027?",
            "Conditional on the treaty not being renewed, will there be a war in 2027?",
        ),
        ("Will the high be 42-43°F on May 2, 2026 in Chicago?", "Will the high be 42-43° on May 2, 2026 in Chicago?"),
    ],
)
def test_what_is_not_certain_is_never_the_same_bet(one, other):
    """Another order of names, an "or" more, a year or a unit that only one text gives."""
    assert not relation(one, other).is_same_bet


R = Relation.RELATED


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Who will win the 2027 French presidential election? - Marine Le Pen", "Will Marine Le Pen win the 2027 French presidential election?", E),
        ("Who will Trump nominate as Fed Chair? - Kevin Hassett", "Will Trump nominate Kevin Hassett as Federal Reserve Chair?", E),
        ("Which company has the best AI model at the end of December 2026? - Google", "Will Google have the best AI model at the end of December 2026?", E),
        ("Highest grossing movie of 2026? - Toy Story 5", "Will Toy Story 5 be the highest grossing movie of 2026?", E),
        ("Next mayor of New York City in 2025 - Zohran Mamdani", "Will Mamdani win the 2025 NYC mayoral election?", E),
        ("How many hurricanes in 2026? - 5 to 9", "Will there be between 5 and 9 hurricanes in 2026?", E),
        ("How many hurricanes in 2026? - 5 to 9", "How many hurricanes in 2026? - 10 to 14", X),
        ("Who will strike Iran in 2026? - Israel", "Will Israel strike Iran in 2026?", E),
        ("Who will strike Iran in 2026? - Israel", "Will Iran strike Israel in 2026?", Relation.UNDETERMINED),
        ("Who will Iran strike in 2026? - Israel", "Will Iran strike Israel in 2026?", E),
        ("Who will be acquired by Netflix in 2026? - Paramount", "Will Paramount acquire Netflix in 2026?", Relation.UNDETERMINED),
        ("Will Paramount be acquired by Netflix in 2026?", "Will Netflix acquire Paramount in 2026?", E),
    ],
)  # fmt: skip
def test_an_answer_stands_where_the_question_asks_for_it(one, other, expected):
    """ "Who will X? - Y" says that Y will X; who does it to whom is still told apart."""
    assert relation(one, other) is expected
    assert relation(other, one) is expected.swapped


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Will Starmer remain Prime Minister through June 30, 2026?", "Starmer out as Prime Minister before July 1, 2026?", INV),
        ("Will Starmer remain Prime Minister through June 2026?", "Will Starmer remain Prime Minister through 2026?", B),
        ("Will Starmer remain Prime Minister until June 30, 2026?", "Starmer out as Prime Minister by June 30, 2026?", Relation.UNDETERMINED),
        ("Will the government shutdown last past November 15, 2026?", "Will the government shutdown end by November 15, 2026?", INV),
        ("Will the government shutdown end by November 15, 2026?", "Government shutdown by November 15, 2026?", Relation.UNDETERMINED),
        ("Will the truce in Gaza hold through May 2, 2027?", "Truce in Gaza by May 2, 2027?", Relation.UNDETERMINED),
        ("Will GTA VI be delayed past May 2, 2027?", "Will GTA VI be released by May 2, 2027?", INV),
        ("Will GTA VI be delayed past May 2, 2027?", "Will GTA VI be released before May 2, 2027?", X),
        ("No change in Fed rates after the March 2027 meeting?", "Will the Fed change interest rates at its March 2027 meeting?", INV),
        ("Will the Fed hold rates in March 2027?", "Will the Fed cut rates in March 2027?", R),
    ],
)  # fmt: skip
def test_a_state_is_the_denial_of_the_change_that_ends_it(one, other, expected):
    """Only where the times meet to the day: what is released on May 2 is neither past it nor before it."""
    assert relation(one, other) is expected
    assert relation(other, one) is expected.swapped


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("US-Iran nuclear deal in 2025?", "US-Iran nuclear deal by June 30, 2026?"),
        ("Will the fort remain in ruins through May 2027?", "Will the fort remain in ruins through June 2027?"),
        ("Will NVIDIA be the largest company in May 2026?", "Will NVIDIA be the largest company in 2026?"),
        ("Will fewer than 9 hurricanes form by May 2, 2026?", "Will fewer than 9 hurricanes form by June 2, 2026?"),
        ("Will ETH be above $6k by May 1, 2026?", "Will ETH be above $5k by June 1, 2026?"),
        ("Will ETH dip to $2k in May 2026?", "Will ETH reach $2k in May 2026?"),
        ("Will ETH be above $5k by May 1, 2026?", "Will ETH be at or below $5k by May 1, 2026?"),
        ("Will ETH dip to $2k in May 2026?", "Will ETH reach $5k in May 2026?"),
        ("Base FDV above $2B a day after launch?", "Based FDV above $1B a day after launch?"),
        ("Will any NBA team win 70 games in 2027?", "Will any NHL team win 70 games in 2027?"),
    ],
)
def test_what_may_come_true_apart_or_together_binds_nothing(one, other):
    """An implication keeps to one ordered slot of what happens once; a price can touch two levels in one month."""
    assert relation(one, other) in {R, Relation.UNDETERMINED}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Will Los Angeles Lakers beat Boston Celtics on May 2, 2026?", "Will Boston Celtics beat Los Angeles Lakers on May 2, 2026?", INV),
        ("Will Arsenal beat Chelsea on May 2, 2026?", "Will Chelsea beat Arsenal on May 2, 2026?", X),
        ("Will Arsenal beat Chelsea on May 2, 2026?", "Will Chelsea be beaten by Arsenal on May 2, 2026?", E),
        ("Will Arsenal beat Chelsea in 2026?", "Will Chelsea beat Arsenal in 2026?", Relation.UNDETERMINED),
    ],
)  # fmt: skip
def test_one_side_beating_the_other_excludes_the_reverse_on_that_day(one, other, expected):
    """It is the inverse where no game is drawn; within a year both can happen."""
    assert relation(one, other) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Will Democrats win the House in the 2026 midterms?", "Will Democrats control the House after the 2026 midterms?", E),
        ("Will Republicans win the Senate election in Ohio in 2026?", "Will Republicans control the Senate after the 2026 elections?", None),
        ("Will Ken Paxton win the 2026 Texas Republican Senate primary?", "Texas Republican Senate nominee 2026? - Ken Paxton", E),
        ("Will Haley win the 2028 New Hampshire Republican presidential primary?", "2028 Republican presidential nominee in New Hampshire? - Haley", None),
        ("Fed decreases rates by 25 bps after December 2026 meeting?", "Will the Fed cut rates by 25bps at their December 2026 meeting?", E),
        ("Fed decreases rates by 25 bps after December 2026 meeting?", "Will the Fed cut rates by 25bps at their January 2027 meeting?", None),
        ("Will Q3 2026 GDP growth be above 2.5%?", "Will real GDP increase by more than 2.5% in Q3 2026?", E),
        ("Will Tesla deliver over 450,000 vehicles in Q4 2026?", "Tesla Q4 2026 deliveries above 450k?", E),
        ("Will Tesla deliver over 450,000 vehicles in Q4 2026?", "Will Tesla produce over 450,000 vehicles in Q4 2026?", None),
        ("Will Elon Musk leave Tesla as CEO before 2027?", "Elon Musk out as Tesla CEO by December 31, 2026?", E),
        ("Will Elon Musk leave as Tesla CEO in 2026?", "Will Elon Musk resign as Tesla CEO in 2026?", None),
    ],
)  # fmt: skip
def test_contests_meetings_and_figures_under_other_words(one, other, expected):
    """A chamber of Congress but no seat in it, a party's primary for an office, a month's meeting, a noun for a verb."""
    if expected is None:
        assert not relation(one, other).is_same_bet
    else:
        assert relation(one, other) is expected


def test_the_clause_that_decided_comes_first_and_quotes_both_texts():
    """A page shows it without searching."""
    verdict = decide(
        QuestionText(question="Starmer out by June 30, 2026?"), QuestionText(question="Starmer out by May 31, 2026?")
    )
    first = verdict.clauses[0]
    assert (first.name, first.finding) == ("window", Finding.B_NARROWER)
    assert first.a[0].text == "by June 30, 2026"
    assert first.b[0].text == "by May 31, 2026"


def market(question: str, closes: str | None = None, **words) -> QuestionText:
    closes_at = datetime.fromisoformat(closes).replace(tzinfo=UTC) if closes else None
    return QuestionText(question=question, closes_at=closes_at, **words)


def test_a_close_time_speaks_only_where_a_text_is_silent():
    """Two titles without a year that close a year apart are two bets; with years the close times are not asked."""
    one, other = "Drake releases an album by June 30?", "Drake album released by June 30?"
    assert decide(market(one, "2026-06-30"), market(other, "2026-07-01")).relation is E
    assert not decide(market(one, "2026-06-30"), market(other, "2027-06-30")).relation.is_same_bet
    dated = "Drake releases an album by June 30, 2026?"
    assert decide(market(dated, "2026-06-30"), market(dated, "2027-03-01")).relation is E


def test_the_season_an_event_is_named_after_is_that_of_a_question_that_gives_none():
    """A listing under "2026-27" asks about 2026-27; without it a bare question leaves the year open."""
    dated = market("Will Arsenal win the 2026-27 Premier League?")
    assert decide(market("Premier League winner? - Arsenal", event="Premier League 2026-27"), dated).relation is E
    assert decide(market("Premier League winner? - Arsenal"), dated).relation is Relation.UNDETERMINED
    assert decide(market("Premier League winner? - Arsenal", event="Premier League 2027-28"), dated).relation is R


def test_before_a_day_is_by_that_day_only_where_the_close_time_says_so():
    """ "Before March 31" that closes as March 31 ends, Pacific time, lets the 31st count."""
    by = market("Claude 5 released by March 31, 2026?", "2026-04-30")
    assert decide(market("Claude 5 released before March 31, 2026?", "2026-04-01T06:59:00"), by).relation is E
    assert decide(market("Claude 5 released before March 31, 2026?"), by).relation is A


RULE = 'This market resolves to "Yes" if {who} acquires Tyrell by May 2, 2026. {clause}'


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("", "", E),
        ("A tie resolves to No.", "In case of a tie, this market resolves 50-50.", Relation.RELATED),
        ("All times are Eastern Time (ET).", "All times refer to UTC.", Relation.RELATED),
        ("", "An acting appointment also counts as Yes.", Relation.UNDETERMINED),
        ("An announcement alone is not enough.", "An official announcement qualifies.", Relation.RELATED),
    ],
)
def test_small_print_lowers_what_titles_make_equal(one, other, expected):
    """Clauses by which the two can resolve differently; an exception that only one text makes leaves it open."""
    title = "Will Hooli acquire Tyrell by May 2, 2026?"
    a = QuestionText(question=title, rules=RULE.format(who="Hooli", clause=one))
    b = QuestionText(question=title, rules=RULE.format(who="Hooli", clause=other))
    assert decide(a, b).relation is expected


def test_rules_that_ask_the_opposite_make_no_equivalent_of_equal_titles():
    """The rules define the bet; titles that contradict them leave it open."""
    title = "Will Hooli acquire Tyrell by May 2, 2026?"
    a = QuestionText(question=title, rules='This market resolves to "Yes" if Hooli acquires Tyrell by May 2, 2026.')
    b = QuestionText(question=title, rules='This market resolves to "No" if Hooli acquires Tyrell by May 2, 2026.')
    assert decide(a, b).relation is Relation.UNDETERMINED


def test_rules_settle_what_two_wordings_leave_open():
    """Titles share no verb; the defining sentences are the same, one of them denied."""
    a = QuestionText(
        question="Will Zorg close its acquisition of Umbra by March 4, 2027?",
        rules='This market will resolve to "Yes" if Zorg completes the purchase of Umbra by March 4, 2027.',
    )
    b = QuestionText(
        question="Will Umbra remain independent through March 4, 2027?",
        rules="If it is not the case that Zorg completes the purchase of Umbra by Mar 4, 2027, then the market resolves to Yes.",
    )
    assert decide(a, b).relation is INV


def test_rules_as_venues_write_them_do_not_part_what_their_titles_say_alike():
    """One opens its window on the day of listing and tells hours and sources; the other says one sentence."""
    a = market(
        "Will Donald Trump endorse Ken Paxton for the Texas Republican Senate primary by March 2, 2026?",
        "2026-03-02",
        outcomes=("Yes", "No"),
        rules="This market will resolve to "
        '"Yes" if Donald Trump publicly endorses Ken Paxton for the Texas Republican Senate primary between January 13, '
        "2026 and March 2, 2026, 11:59 PM ET. Otherwise, this market will resolve to "
        '"No". Only clear endorsements count. The resolution source is a consensus of credible reporting.',
    )
    b = market(
        "Will Donald Trump endorse Ken Paxton in the 2026 Texas Senate Republican primary before Mar 3, 2026?",
        "2026-03-03T15:00:00",
        outcomes=("Yes", "No"),
        rules="If Donald Trump endorses Ken Paxton in the 2026 Texas Senate Republican primary before Mar 3, 2026, then the "
        "market resolves to Yes.\n\nThis market will close and expire early if the event occurs.",
    )
    assert decide(a, b).relation is E
    later = QuestionText(
        question=a.question, outcomes=a.outcomes, closes_at=a.closes_at, rules=a.rules.replace("March 2,", "March 9,")
    )
    assert decide(later, b).relation is Relation.RELATED


GAME = {"event": "Lakers vs. Suns (Jan 12)"}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (market("Lakers vs. Suns", outcomes=("Lakers", "Suns"), **GAME), market("Phoenix at Los Angeles L Winner? - Phoenix", event="PHX at LAL (Jan 12)"), INV),
        (market("Lakers vs. Suns", outcomes=("Lakers", "Suns"), **GAME), market("Los Angeles L at Phoenix Winner? - Los Angeles L", event="LAL at PHX (Jan 12)"), E),
        (market("Lakers vs. Suns", outcomes=("Lakers", "Suns"), **GAME), market("Lakers vs. Suns", outcomes=("Lakers", "Suns"), event="Lakers vs. Suns (Jan 14)"), Relation.RELATED),
        (market("Spread: Lakers (-4.5)", outcomes=("Lakers", "Suns"), **GAME), market("Spread: Lakers (-6.5)", outcomes=("Lakers", "Suns"), **GAME), B),
        (market("Spread: Lakers (-4.5)", outcomes=("Lakers", "Suns"), **GAME), market("Spread: Suns (+4.5)", outcomes=("Suns", "Lakers"), **GAME), INV),
        (market("Spread: Lakers (-4.5)", outcomes=("Lakers", "Suns"), **GAME), market("Lakers vs. Suns", outcomes=("Lakers", "Suns"), **GAME), Relation.RELATED),
        (market("Lakers vs. Suns: O/U 224.5", outcomes=("Over", "Under"), **GAME), market("Lakers vs. Suns: O/U 224.5", outcomes=("Under", "Over"), **GAME), INV),
        (market("Lakers vs. Suns: O/U 224.5", outcomes=("Over", "Under"), **GAME), market("Lakers vs. Suns: O/U 226.5", outcomes=("Over", "Under"), **GAME), B),
        (market("Lakers vs. Suns: O/U 224.5", outcomes=("Over", "Under"), **GAME), market("Lakers vs. Suns: 1H O/U 224.5", outcomes=("Over", "Under"), **GAME), Relation.RELATED),
        (market("Lakers vs. Suns", outcomes=("Lakers", "Suns")), market("Lakers vs. Suns", outcomes=("Lakers", "Suns")), Relation.UNDETERMINED),
        (market("Lakers vs. Suns", outcomes=("Lakers", "Suns"), **GAME), market("Will the Lakers win the 2026 NBA Finals?"), Relation.RELATED),
    ],
)  # fmt: skip
def test_games_match_by_sides_kind_line_part_and_day(one, other, expected):
    """A day that neither text nor close time gives leaves it open: teams play each other more than once."""
    assert decide(one, other).relation is expected
    assert decide(other, one).relation is expected.swapped


def test_a_text_without_words_or_too_long_decides_nothing():
    """No verdict rests on what was not read."""
    long = "Will it rain? " * 800
    for text in ("", "  \n", "?!", "\u202e\u200b", long):
        assert relation(text, text) is Relation.UNDETERMINED
