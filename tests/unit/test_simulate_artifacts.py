"""A batch in Prefect: short, escaped, and complete in its counts."""

from __future__ import annotations

from msgspec.structs import replace

from edgeworth.reports.batch_markdown import MOST_ROWS, batch_markdown, market_rows
from edgeworth.reports.discovery import Stage
from tests.batches import NASTY, a_batch, a_mixed_batch, a_record

MINUS = "\N{MINUS SIGN}"


def test_the_summary_tells_counts_outliers_failures_and_what_was_used_instead():
    stages = (Stage(name="discover", did="", error="no books"),)
    told = batch_markdown(a_mixed_batch(replaced=("Built-in models: no key.",), stages=stages)).splitlines()
    assert told[0] == (
        r"6 markets simulated, 3 of them comparable with the market\. 2 differ by more than noise, 1 of them strongly\."
    )
    assert "| with an estimate | 4 of 6 |" in told
    assert "| average difference, points | +1 |" in told
    assert "| paid | $0.08 for 1,500 tokens and 6 answers |" in told
    assert "- Will strong happen? market 40 %, simulation 47 %, +7 points (+4 to +10)" in told
    assert r"- Will failed happen? The model did not run\." in told
    assert "- discover: no books" in told
    assert r"- Built\-in models\: no key\." in told
    assert told[-1] == r"Page: results\/top\_volume\_20261121\_120000/summary.html"


def test_rows_are_plain_words_with_the_same_keys_in_order_of_discrepancy():
    rows = market_rows(a_mixed_batch())
    assert rows[0] == {
        "question": "Will strong happen?",
        "verdict": "Strong",
        "market": "40 %",
        "simulation": "47 %",
        "difference": "+7 (+4 to +10)",
        "noise": "3.5 times",
        "why": "",
    }
    assert [row["verdict"] for row in rows] == [
        "Strong", "Worth a look", "Inside noise", "Not comparable", "Failed", "Skipped",
    ]  # fmt: skip
    assert rows[1]["difference"] == f"{MINUS}5 ({MINUS}8 to {MINUS}2)"
    assert rows[4]["why"] == "The model did not run."
    assert len({tuple(row) for row in rows}) == 1


def test_many_markets_are_cut_and_counted():
    rows = market_rows(a_batch(*(a_record(f"m{number:03}") for number in range(MOST_ROWS + 7))))
    assert len(rows) == MOST_ROWS + 1
    assert rows[-1]["question"] == "7 more are in the report"
    assert market_rows(a_batch()) == []


def test_hostile_text_has_no_effect_in_markdown_or_html():
    report = a_mixed_batch(replaced=(NASTY, "[x](http://evil.example)", "a | b\n# c"))
    records = tuple(replace(one, question=NASTY, problem=NASTY) for one in report.records)
    told = batch_markdown(replace(report, records=records, recorded=NASTY, budget_note=NASTY, folder=NASTY))
    assert "<script" not in told
    assert "<img" not in told
    assert "](" not in told
    assert "\u202e" not in told
    assert r"a \| b \# c" in told
