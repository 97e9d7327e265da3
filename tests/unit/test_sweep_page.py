"""The page of a sweep: every trial, and how much the best of so many is to be believed."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from edgeworth.reports.replay import FailedTrials
from edgeworth.reports.replay_figures import ratio
from edgeworth.reports.sweep_page import MOST_TRIALS, render_sweep
from tests.replay_reports import (
    a_sweep_report,
)
from tests.unit.test_batch_pages import text_of


def test_a_sweep_says_how_many_trials_count_and_how_far_to_believe_the_best():
    report = a_sweep_report()
    report = replace(
        report, verdict=replace(report.verdict, deflated_sharpe=0.387, overfitting={"ETH": 0.906, "BTC": None})
    )
    text = text_of(render_sweep(report))
    assert "8 trials over 2 sets of bars: 2 values of fast, 2 values of stop_ranges." in text
    assert "6 trials were made now, 2 had been made before and were taken from the ledger." in text
    assert "12 other trials of these bars from earlier sweeps count as well: the best is held against 20." in text
    assert "so likely is it better than the best of 20 worthless trials would look" in text
    assert "below the usual demand of 95 %" in text
    assert "ETH 4 90.6 %" in text
    assert "BTC 4 one trial: nothing to choose" in text
    assert "4 trials could not be made." in text
    assert "SOL : expected bars of SOL, found none" in text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.99, "is 99.0 %: so likely"),
        (0.99, "That passes the usual demand of 95 %."),
        (0.99999, "is >99.9 %"),
        (0.0, "is 0.0 %"),
        (0.00001, "is <0.1 %"),
        (None, "so odd that its deflated Sharpe ratio cannot be said"),
    ],
)
def test_the_deflated_sharpe_ratio_is_told_with_what_it_means(value, words):
    report = a_sweep_report()
    assert words in text_of(render_sweep(replace(report, verdict=replace(report.verdict, deflated_sharpe=value))))


def test_trials_stand_best_first_with_the_settings_that_differ_as_columns():
    report = a_sweep_report()
    best = report.verdict.trials[0]
    page = render_sweep(report)
    heads = re.findall(r"<th[^>]*>([^<]*)</th>", page[page.index('id="trials"') :])
    assert heads[:5] == ["Rank", "Bars", "fast", "stop_ranges", "Sharpe, a year"]
    first = text_of(re.findall(r"<tr data-asset.*?</tr>", page, re.DOTALL)[0])
    tried = f"{best.settings['fast']} {best.settings['stop_ranges']:g}"
    assert first.startswith(f"1 {best.asset} {tried} {ratio(best.metrics.sharpe)}")


def test_a_sweep_over_one_set_of_bars_needs_no_column_for_it():
    report = a_sweep_report()
    alone = tuple(trial for trial in report.verdict.trials if trial.asset == "ETH")
    verdict = replace(report.verdict, trials=alone, overfitting={"ETH": 0.25})
    page = render_sweep(replace(report, verdict=verdict, bars=report.bars[:1], earlier_trials=0, failed=()))
    text = text_of(page)
    assert '<th scope="col">Bars</th><th scope="col" class="number">fast' not in page
    assert "4 trials over 300 bars of 1 hour" in text
    assert "probability of overfitting: how often the best of one half fails in the other 25.0 %" in text
    assert "No earlier sweep tried anything else on these bars." in text
    assert "could not be made" not in text


def test_of_many_failures_some_are_told_and_all_are_counted():
    failed = tuple(FailedTrials(asset=f"asset {number}.", trials=2, problem="gone") for number in range(40))
    text = text_of(render_sweep(a_sweep_report(failed=failed)))
    assert "80 trials could not be made." in text
    assert "asset 29." in text
    assert "asset 30." not in text
    assert "10 more are in sweep.json" in text


def test_a_sweep_in_which_everything_failed_is_still_a_page():
    text = text_of(render_sweep(a_sweep_report(verdict=None, made_now=0, taken_from_ledger=0)))
    assert "Without a trial there is nothing to judge." in text
    assert "0 trials over 2 sets of bars" in text


def test_of_many_trials_the_best_are_shown():
    report = a_sweep_report()
    many = tuple(report.verdict.trials[0] for _ in range(MOST_TRIALS + 3))
    page = render_sweep(replace(report, verdict=replace(report.verdict, trials=many)))
    assert 'The best are shown; 3 more are in <a href="sweep.json">' in page
    assert page.count("<tr data-asset") == MOST_TRIALS
