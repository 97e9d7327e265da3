"""What ``edgeworth simulate`` says of a batch, from reports made by hand."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from edgeworth.markets.universe import UniverseMode, UniverseRule
from edgeworth.reports.batch_document import batch_json
from edgeworth.reports.discovery import Stage
from edgeworth.reports.figures import MINUS, MISSING
from flows.commands.simulate_report import failures, has_failed, print_report, public_report
from tests.batches import a_batch, a_mixed_batch, a_record, a_skipped_record

RULE = UniverseRule(mode=UniverseMode.TOP_VOLUME)
BROKEN = Stage(name="publish", did="", seconds=1.0, error="the page could not be written")


def told(report, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, emoji=False)
    print_report(batch_json(report), RULE, console)
    return console.file.getvalue()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    "row",
    [
        # 0.07 with a standard error of 0.02: 1.645 times that is 3.3 points, told in whole ones as 2 points are.
        # 0.47 with 0.004 by sampling and 0.03 of the model's own doubt is told to the whole per cent too.
        "Will strong happen? 40 % 47 % +7 ± 3 strong",
        f"Will look happen? 40 % 35 % {MINUS}5 ± 3 worth a look",
        "Will inside happen? 40 % 41 % +1 ± 3 inside noise",
        f"Will alone happen? 40 % 47 % {MISSING} not comparable",
        f"Will failed happen? {MISSING} {MISSING} {MISSING} failed",
        f"Will skipped happen? {MISSING} {MISSING} {MISSING} skipped",
    ],
)
def test_each_market_is_a_row_of_market_model_difference_and_verdict(row):
    assert row in flat(told(a_mixed_batch()))


def test_a_narrow_terminal_has_lines_and_cuts_no_word_off():
    shown = told(a_mixed_batch(), width=40)
    assert "Will strong happen? market 40 %, model 47 %, difference +7 ± 3: strong" in flat(shown)
    assert "Will failed happen? failed" in flat(shown)
    table = shown[: shown.index("6 markets")]
    assert max(map(cell_len, table.splitlines())) <= 40


@pytest.mark.parametrize(
    "sentence",
    [
        "6 markets: 4 succeeded, 1 failed, 1 skipped, in 14.2 s; author: built-in models; sandbox: local: bubblewrap.",
        "Skipped: Will skipped happen?: There was nothing to go by.",
        "Instead: built-in models, because no key is set.",
        "Budget: the 5 dollars were spent",
        "Left out: 2 below $10,000, 1 not open.",
        "The books were three days old.",
        # Only the failed market's model was paid for: 6 answers, 80,000 millionths.
        "Cost: $0.08, 6 answers, 1,500 tokens.",
        "Page: results/top_volume_20261121_120000/summary.html",
    ],
)
def test_what_was_used_left_out_paid_and_where_it_is(sentence):
    report = a_mixed_batch(
        replaced=("built-in models, because no key is set.",),
        budget_note="the 5 dollars were spent",
        notes=("The books were three days old.",),
    )
    assert sentence in told(report).splitlines()


def test_a_batch_that_asked_nobody_costs_nothing():
    shown = told(a_batch(a_record()))
    assert "Cost: $0: nobody was asked who charges." in shown
    assert "1 market: 1 succeeded" in shown


def test_a_batch_that_no_market_fits_says_why():
    shown = told(a_batch(exclusions=a_mixed_batch().exclusions))
    assert "0 markets: 0 succeeded" in shown
    assert "Left out: 2 below $10,000, 1 not open." in shown


def test_of_many_skipped_markets_the_first_are_named_and_the_others_counted():
    shown = told(a_batch(*(a_skipped_record(f"s{number:02d}") for number in range(12))))
    assert shown.count("There was nothing to go by.") == 5
    assert "Skipped: 7 more; the page says why" in shown


def test_a_machine_is_given_the_counts_and_where_to_look():
    assert public_report(batch_json(a_mixed_batch())) == {
        "run_id": "run-1",
        "results_dir": "results/top_volume_20261121_120000",
        "page": "results/top_volume_20261121_120000/summary.html",
        "markets": 6,
        "succeeded": 4,
        "failed": 1,
        "skipped": 1,
        "sandbox": "local: bubblewrap",
        "author": "built-in models",
        "seconds": 14.25,
    }


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (a_batch(), []),
        (a_batch(a_record(), a_skipped_record()), []),
        (a_mixed_batch(), [("kalshi:failed", "The model did not run.")]),
        (a_batch(a_record(), stages=(BROKEN,)), [("publish", "the page could not be written")]),
    ],
)
def test_failures_are_named_and_decide_the_exit_code_and_skipped_markets_do_not(report, expected):
    assert failures(batch_json(report)) == expected
    assert has_failed(batch_json(report)) is bool(expected)


def test_hostile_text_is_shown_harmlessly():
    hostile = a_record(question="\x1b[2J\u202e[bold]x[/] " + "w" * 10_000)
    broken = a_batch(hostile, notes=("said \x1b]0;owned\x07",))
    for width in (40, 120):
        shown = told(broken, width)
        assert not {"\x1b", "\x07", "\u202e"} & set(shown)
        assert "[bold]x[/]" in shown
        assert len(shown) < 2_000
