"""What a discovery shows in Prefect: bounded tables of plain words, and Markdown in which no outside text has an effect."""

from __future__ import annotations

from edgeworth.reports.discovery import Stage
from edgeworth.reports.markdown import LONGEST_TEXT
from tasks.artifacts import MOST_ROWS
from tasks.discovery.artifacts import match_rows, opportunity_rows, summary_markdown
from tasks.discovery.flow_tasks import summary
from tests.findings import NASTY, RAIN_A, RAIN_B, a_match, a_report, a_view, an_opportunity


def test_a_match_is_a_row_of_words_and_numbers():
    (row,) = match_rows(a_report())
    assert row == {
        "relation": "equivalent",
        "confidence": 0.97,
        "a": "Will it rain in Oslo on 2 November?",
        "b": "Will it rain in Oslo on 2 November?",
        "price a": "52¢",
        "price b": "\N{EN DASH}",
        "cosine": 0.875,
    }


def test_an_opportunity_shows_its_profit_at_every_budget():
    (row,) = opportunity_rows(a_report())
    assert [row[f"at ${budget}"] for budget in ("10", "100", "1,000", "10,000")] == ["$0.30", "$3.00", "$3.00", "$3.00"]
    assert (row["state"], row["best"], row["days locked"], row["loses when"]) == (
        "alive",
        "$3.00",
        31.5,
        "one venue calls it off",
    )
    (dead,) = opportunity_rows(a_report(opportunities=[an_opportunity(is_dead_at_size=True)]))
    assert dead["state"] == "dead at size"


def test_tables_are_bounded_and_say_what_they_leave_out():
    matches = [a_match(f"kalshi:{number:03d}") for number in range(MOST_ROWS + 7)]
    opportunities = [an_opportunity(f"kalshi:{number:03d}") for number in range(MOST_ROWS + 3)]
    report = a_report(matches=matches, match_total=1_000, opportunities=opportunities)
    assert len(match_rows(report)) == MOST_ROWS + 1
    assert match_rows(report)[-1] == {"relation": f"{1_000 - MOST_ROWS} more are in the report"}
    assert opportunity_rows(report)[-1] == {"kind": "3 more are in the report"}


def test_outside_text_is_flat_short_and_without_effect():
    nasty = a_view(RAIN_A, question=NASTY + "\n| x | y |" + "z" * 1_000)
    report = a_report(
        views={RAIN_A: nasty, RAIN_B: a_view(RAIN_B, question="")},
        stages=[Stage(name="embed", did="x", error=NASTY)],
        refused={NASTY: 1},
    )
    (row,) = match_rows(report)
    assert "\n" not in row["a"]
    assert len(row["a"]) <= LONGEST_TEXT
    assert row["b"] == RAIN_B, "a market without words is known by its id"
    told = summary_markdown(report)
    assert "<script>" not in told
    assert "\\<" in told or "&lt;" in told


def test_the_sentence_of_a_run_begins_with_what_failed():
    assert summary(a_report()) == "1 of 1 opportunities alive at size, 1 pairs related among 2 markets"
    failed = a_report(stages=[Stage(name="embed", did="", error="no answer")])
    assert summary(failed).startswith("embed stopped early; 1 of 1")


def test_an_empty_run_has_empty_tables():
    empty = a_report(matches=[], opportunities=[], refused={}, books=[], relations={})
    assert match_rows(empty) == []
    assert opportunity_rows(empty) == []
    assert "**0** of **0** opportunities" in summary_markdown(empty)
