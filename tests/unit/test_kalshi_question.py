"""The question of a Kalshi market: readable, and different from that of its neighbours in the event.

Titles and subtitles are those of recorded markets (2026-01 to 2026-10); the expected lines were written by hand.
"""

from __future__ import annotations

import pytest

from edgeworth.adapters.kalshi.question import question_text

NFL_RULES = (
    "If Dallas wins the TB Buccaneers vs DAL Cowboys Pro Football game originally scheduled for Oct 8, 2026, "
    "then the market resolves to Yes."
)


@pytest.mark.parametrize(
    ("title", "subtitle", "question"),
    [
        # the title asks and names its answer
        ("Will Elon Musk visit Mars before Aug 1, 2099?", "Mars", "Will Elon Musk visit Mars before Aug 1, 2099?"),
        (
            "Will Powell say Anchor / Anchored at his Mar 2026 press conference?",
            "Anchor / Anchored",
            "Will Powell say Anchor / Anchored at his Mar 2026 press conference?",
        ),
        # one title for all markets of the event
        (
            "Who will Time name as Person of the Decade?",
            "Sam Altman",
            "Who will Time name as Person of the Decade? - Sam Altman",
        ),
        ("When will nuclear fusion be achieved?", "Before 2030", "When will nuclear fusion be achieved? - Before 2030"),
        # both answers are in the title
        ("Will Ramp or Brex IPO first?", "Ramp", "Will Ramp or Brex IPO first? - Ramp"),
        ("Will Ramp or Brex IPO first?", "Brex", "Will Ramp or Brex IPO first? - Brex"),
        ("Houston at Sacramento Winner?", "Houston", "Houston at Sacramento Winner? - Houston"),
        # the answer is only part of a word of the title
        ("Will Marseille win?", "Mars", "Will Marseille win? - Mars"),
        # nothing to add
        ("Will AI pass the Turing test?", "", "Will AI pass the Turing test?"),
        ("", "Mars", "Mars"),
        ("", "", ""),
    ],
)
def test_the_subtitle_is_added_exactly_when_the_title_alone_does_not_say_which_market(
    title: str, subtitle: str, question: str
) -> None:
    assert question_text(title, subtitle, "") == question


def test_a_title_that_asks_nothing_gives_way_to_the_condition_of_the_rules() -> None:
    """ "Dallas wins" holds for any week; the rules say which game."""
    assert question_text("Dallas wins", "Dallas", NFL_RULES) == (
        "Dallas wins the TB Buccaneers vs DAL Cowboys Pro Football game originally scheduled for Oct 8, 2026"
    )


def test_without_a_condition_such_a_title_stays() -> None:
    assert question_text("Dallas wins", "Dallas", "") == "Dallas wins"


def test_a_title_with_a_hole_gives_way_to_the_condition_of_the_rules() -> None:
    """Two blanks are left where Kalshi's title had a variable without a value: here the city."""
    rules = "If the highest temperature recorded in Chicago for Mar 2, 2026 is 40-41°, then the market resolves to Yes."
    assert question_text("Will the maximum temperature be  40-41° on Mar 2, 2026?", "40° to 41°", rules) == (
        "the highest temperature recorded in Chicago for Mar 2, 2026 is 40-41°"
    )


def test_markdown_and_line_breaks_are_taken_out() -> None:
    assert question_text("Will the **high temp in Miami** be\n75-76° on Mar 2, 2026?", "", "") == (
        "Will the high temp in Miami be 75-76° on Mar 2, 2026?"
    )
