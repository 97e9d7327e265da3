"""Pages of screenings and replays: what a reader finds, in which words; and that no foreign text is believed on any."""

from __future__ import annotations

import html
import re
from dataclasses import replace as changed

import numpy as np
import pytest
from msgspec.structs import replace

from edgeworth.replay.candidates import Candidate
from edgeworth.replay.orders import Direction, ExitReason, OpenPosition, Refusal, Trade
from edgeworth.replay.outcomes import CandidateOutcome
from edgeworth.reports import replay_page, screen_page
from edgeworth.reports.parity_page import render_parity
from edgeworth.reports.replay import FailedTrials
from edgeworth.reports.replay_figures import gained, length, money, price, ratio, share
from edgeworth.reports.replay_markdown import parity_markdown, replay_markdown, screen_markdown, sweep_markdown
from edgeworth.reports.replay_page import render_replay
from edgeworth.reports.replay_words import flat
from edgeworth.reports.screen_page import render_screen
from edgeworth.reports.sweep_page import render_sweep
from tests.batches import NASTY
from tests.replay_reports import (
    BEGAN,
    a_full_replay_report,
    a_market_replay_report,
    a_parity_report,
    a_replay_report,
    a_screen_report,
    a_sweep_report,
    an_unequal_parity_report,
    told,
)
from tests.replaying import HOUR, START, flat_bars, walked_bars
from tests.unit.test_batch_pages import text_of

MINUS, DASH, TIMES = "\N{MINUS SIGN}", "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"


def a_trade(**fields) -> Trade:
    """10 bought at 100 and sold at 110, 2 dollars of fees: 98 dollars, 9.8 % of the stake."""
    plain = {
        "side": Direction.LONG,
        "quantity": 10.0,
        "decided_at": BEGAN,
        "entered_at": BEGAN,
        "entry_price": 100.0,
        "exited_at": BEGAN,
        "exit_price": 110.0,
        "exit_reason": ExitReason.TARGET,
        "fees": 2.0,
        "profit": 98.0,
        "note": "fused",
    }
    return Trade(**(plain | fields))


def a_candidate(**fields) -> Candidate:
    plain = {
        "asset": "ETH",
        "dataset": "0" * 64,
        "timestamp": BEGAN,
        "side": Direction.LONG,
        "score": 0.7,
        "reason": "a cross",
        "sentinels": {"sma_cross": 1},
    }
    return Candidate(**(plain | fields))


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (money(1234.5), "$1,234.50"),
        (money(-0.001), "$0.00"),
        (money(None), DASH),
        (money(float("inf")), DASH),
        (gained(12.0), "+$12.00"),
        (gained(-12.0), f"{MINUS}$12.00"),
        (gained(0.0), "$0.00"),
        (share(0.123), "12.3 %"),
        (share(0.123, signed=True), "+12.3 %"),
        (share(-0.5), f"{MINUS}50.0 %"),
        (share(-0.00001, signed=True), "0.0 %"),
        (share(None), DASH),
        (ratio(-1.239), f"{MINUS}1.24"),
        (ratio(None), DASH),
        (price(102_345.678), "102,345.7"),
        (price(2_010.2512), "2,010.251"),
        (price(0.4512), "0.4512"),
        (price(0.0), "0"),
        (price(12_345_678.9), "12,345,679"),
        (price(0.00001234), "0.00001234"),
        (price(-5.0), f"{MINUS}5"),
        (length(3_600), "1 hour"),
        (length(900), "15 minutes"),
        (length(86_400), "1 day"),
        (length(90), "90 seconds"),
    ],
)
def test_figures_are_written_for_people(written, text):
    assert written == text


def test_settings_are_written_as_they_would_be_typed_and_named_by_their_path():
    settings = {"type": "Fusion", "fast": 5, "limit": None, "screener": {"type": "Screener", "threshold": 0.1234567}}
    assert list(flat(settings)) == [("fast", "5"), ("limit", "none"), ("screener.threshold", "0.1234567")]


# --- a replay ---------------------------------------------------------------------------------------------------------


def test_the_head_of_a_replay_says_what_became_of_the_money_and_what_the_price_did():
    """From 10,000 to 11,000 dollars; the price from 100 to 125."""
    bars = flat_bars([100.0] * 60 + [125.0] * 40)
    report = a_replay_report(bars)
    report = replace(report, replay=changed(report.replay, equity=np.linspace(10_000.0, 11_000.0, 100)))
    text = text_of(render_replay(report))
    assert "$10,000.00 became $11,000.00 over 100 bars of 1 hour, 2025-06-15 00:00 to 2025-06-19 04:00 UTC." in text
    assert "The price itself went from 100 to 125: +25.0 %." in text


def test_every_figure_stands_beside_what_it_means():
    report = a_replay_report()
    found = replace(
        report.metrics,
        total_return=-0.043,
        trades=9,
        win_rate=1 / 3,
        sharpe=-3.35,
        sortino=None,
        drawdown=0.057,
        exposure=0.338,
        turnover=8.84,
        fees=86.35,
    )
    text = text_of(render_replay(replace(report, metrics=found)))
    for told_so in (
        f"return: final equity over the cash at the beginning, less one {MINUS}4.3 %",
        "of 9 trades made a profit after fees 33.3 %",
        f"Sharpe ratio of a year: mean of the bars' returns over their deviation {MINUS}3.35",
        f"Sortino ratio of a year: the same over the deviation of losses alone {DASH}",
        "drawdown: deepest fall below an earlier high 5.7 %",
        "exposure: bars at whose end something was held 33.8 %",
        f"turnover: bought and sold, over the mean equity 8.8 {TIMES}",
        "fees paid; the return is after them $86.35",
    ):
        assert told_so in text


def test_a_focused_replay_says_which_bars_it_looked_at_and_a_full_one_that_it_saw_all():
    focused = text_of(render_replay(a_replay_report()))
    assert "Focused replay" in focused
    assert "those within 8 bars of 26 candidates that were screened here" in focused
    read = text_of(render_replay(a_replay_report(candidates_from="candidates.jsonl")))
    assert "26 candidates read from candidates.jsonl" in read
    assert "edgeworth parity checks it" in focused
    full = text_of(render_replay(a_full_replay_report()))
    assert "Every bar was looked at." in full
    assert "edgeworth parity" not in full


def with_trades(*trades: Trade, **fields):
    report = a_replay_report()
    return replace(report, replay=changed(report.replay, trades=trades, **fields), outcomes=())


def test_a_trade_stands_with_its_prices_its_fees_and_why_it_ended():
    text = text_of(render_replay(with_trades(a_trade())))
    assert "2026-11-21 12:00 long 100 2026-11-21 12:00 110 target 10 $2.00 +$98.00 +9.8 % fused" in text


def test_trades_are_summed_up_by_why_they_ended():
    """Two targets of 98 and 2 dollars, a stop of -50: two in three won, 50 dollars together."""
    stopped = a_trade(exit_reason=ExitReason.STOP, profit=-50.0)
    text = text_of(render_replay(with_trades(a_trade(), a_trade(profit=2.0), stopped)))
    assert f"stop 1 0 (0.0 %) {MINUS}$50.00" in text
    assert "target 2 2 (100.0 %) +$100.00" in text
    assert "all together 3 2 (66.7 %) +$50.00" in text


def test_a_name_without_an_end_is_cut():
    page = render_replay(a_replay_report(candidates_from="x" * 10_000, strategy="y" * 10_000))
    assert len(page) < 80_000


def test_a_long_list_is_cut_and_the_page_says_where_the_whole_one_is():
    trades = [a_trade(note=f"number {number}.") for number in range(replay_page.MOST_TRADES + 7)]
    page = render_replay(with_trades(*trades))
    assert 'The newest are shown one by one; 7 more are in <a href="trades.jsonl">' in page
    assert "number 6." not in page
    assert "number 7." in page
    refusals = tuple(Refusal(at=BEGAN, reason=f"reason {number}.") for number in range(replay_page.MOST_REFUSALS + 1))
    text = text_of(render_replay(with_trades(refusals=refusals)))
    assert "31 orders were not carried out. The first 30 are shown, replay.json has all." in text
    assert "reason 30." not in text


def test_nothing_that_never_happened_is_tabled():
    report = with_trades()
    text = text_of(render_replay(replace(report, metrics=replace(report.metrics, trades=0, win_rate=None))))
    assert "The strategy never entered." in text
    assert "of no trade" in text
    assert "Orders that were refused" not in text
    assert "What came of the candidates" not in text
    assert "Still open" not in text


def test_what_is_still_open_is_told_apart_from_trades():
    """2 sold at 100 and worth 90 each at the last close, less a fee of 1."""
    bars = flat_bars([100.0] * 60 + [90.0] * 40)
    report = a_replay_report(bars)
    position = OpenPosition(
        side=Direction.SHORT,
        quantity=2.0,
        decided_at=BEGAN,
        entered_at=BEGAN,
        entry_price=100.0,
        fees=1.0,
        note="why not",
    )
    text = text_of(render_replay(replace(report, replay=changed(report.replay, trades=(), open_position=position))))
    assert "Still open" in text
    assert "short, 2 at 100" in text
    assert "+$19.00, after $1.00 of fees for the entry" in text
    assert "No trade has ended." in text


def test_candidates_stand_with_what_came_of_them():
    """Of two that were entered one went its way by 2 %; of the two left out the one that is known lost 1 %."""
    outcomes = (
        CandidateOutcome(candidate=a_candidate(), trades=(0,), profit=5.0, exit_reason=ExitReason.TIME, moved=0.02),
        CandidateOutcome(candidate=a_candidate(), holds=True, moved=-0.04, best=0.01, worst=-0.05),
        CandidateOutcome(candidate=a_candidate(side=Direction.SHORT, score=-0.5), moved=-0.01),
        CandidateOutcome(candidate=a_candidate(side=Direction.SHORT, score=-0.5)),
    )
    text = text_of(render_replay(replace(with_trades(a_trade()), outcomes=outcomes)))
    assert "2 of 4 candidates led to a position." in text
    assert f"entered, long 2 1 of 2 (50.0 %) {MINUS}1.0 % +$5.00" in text
    assert f"did not enter, short 2 0 of 1 (0.0 %) {MINUS}1.0 % {DASH}" in text
    assert "2026-11-21 12:00 long +0.70 a cross entered, out by its longest time +$5.00 +2.0 %" in text
    assert f"long +0.70 a cross entered, still open {DASH} {MINUS}4.0 % +1.0 % {MINUS}5.0 %" in text
    assert f"short {MINUS}0.50 a cross did not enter {DASH} {DASH} {DASH} {DASH}" in text


def test_positions_without_a_candidate_are_counted():
    outcomes = (CandidateOutcome(candidate=a_candidate(), trades=(0,), profit=98.0, exit_reason=ExitReason.TARGET),)
    report = replace(with_trades(a_trade(), a_trade(), open_position=None), outcomes=outcomes)
    assert "1 position was opened without one: where the screener knows nothing yet" in text_of(render_replay(report))


def test_gaps_are_told_and_break_the_line():
    """Forty bars, a hundred missing, forty more: two pieces of each curve, and where the gap lies."""
    opens_at = START + HOUR * np.concatenate([np.arange(40), np.arange(140, 180)])
    bars = flat_bars([100.0, 101.0] * 40, opens_at=opens_at)
    page = render_replay(a_replay_report(bars))
    assert page.count("<polyline") == 3 * 2
    text = text_of(page)
    assert "100 bars of 180 missing in 1 gap; nothing was filled in" in text
    assert "2025-06-16 16:00 to 2025-06-20 20:00 100" in text
    assert "100 bars are missing. Nothing fills within a gap" in text
    whole = text_of(render_replay(a_replay_report(flat_bars([100.0, 101.0] * 40))))
    assert "none: every bar between the first and the last is there" in whole


def test_what_was_odd_about_the_rows_is_told():
    text = text_of(render_replay(a_replay_report()))
    assert "405, newest first; 3 rows said again what another says; 2 contradicted the first row of their bar" in text


def test_a_market_is_shown_with_its_question_its_settlement_and_costs_in_dollars():
    text = text_of(render_replay(a_market_replay_report()))
    assert "Will it rain in Oslo?" in text
    assert "The price itself went" not in text, "a price between nought and one is no asset that was held"
    assert "$0.005 a share, on top of each fill at the market" in text
    assert "1 dollars a share" in text
    assert "not of an order book" in text


def test_invented_bars_and_recorded_ones_are_marked():
    assert "Synthetic bars. The prices of ETH are invented by a seeded world." in text_of(
        render_replay(a_replay_report())
    )
    recorded = a_replay_report(flat_bars([100.0, 101.0] * 50))
    text = text_of(render_replay(recorded))
    assert "Synthetic" not in text
    assert "Recorded bars. Read from ETH_USD.csv , up to 2025-06-19 04:00 UTC." in text


# --- weight -----------------------------------------------------------------------------------------------------------


def six_years(trades: int):
    """A replay of six years of hours, with so many trades and candidates."""
    count = 52_560
    bars = walked_bars(7, count, gaps=40)
    report = a_replay_report(walked_bars(1))
    equity = 10_000.0 * np.exp(np.cumsum(np.random.default_rng(1).standard_normal(count) * 0.004))
    step = count // trades
    made = tuple(
        a_trade(
            decided_at=bars.ends_at(place),
            entered_at=bars.at(place + 1),
            exited_at=bars.at(place + 5),
            entry_price=2_345.678,
            exit_price=2_456.789,
            profit=-123.456,
            side=list(Direction)[place % 2],
        )
        for place in range(1, step * trades - 6, step)
    )
    outcomes = tuple(
        CandidateOutcome(
            candidate=a_candidate(timestamp=trade.decided_at, reason="mean of 24 closes crossed above that of 96"),
            trades=(number,),
            profit=trade.profit,
            exit_reason=trade.exit_reason,
            moved=0.0123,
            best=0.0456,
            worst=-0.0234,
        )
        for number, trade in enumerate(made)
    )
    replay = changed(report.replay, bars=bars, equity=equity, trades=made, open_position=None)
    return replace(report, bars=told(bars), replay=replay, outcomes=outcomes, candidates=len(outcomes))


@pytest.mark.parametrize("trades", [300, 3_000])
def test_six_years_of_hours_stay_a_small_page(trades):
    assert len(render_replay(six_years(trades)).encode()) < 300_000


def test_a_curve_of_six_years_hides_no_extreme():
    report = six_years(300)
    equity = report.replay.equity.copy()
    equity[31_415], equity[27_182] = 99_000.0, 10.0
    page = render_replay(replace(report, replay=changed(report.replay, equity=equity)))
    line = re.search(r'<polyline points="([^"]*)" class="line model"', page)
    assert line is not None
    heights = [float(point.split(",")[1]) for point in line[1].split()]
    low, high = 220 - 24 - 10 / 100_000 * 182, 14 + 1_000 / 100_000 * 182
    assert max(heights) == pytest.approx(low, abs=0.1)
    assert min(heights) == pytest.approx(high, abs=0.1)


# --- a screening ------------------------------------------------------------------------------------------------------


def test_a_screening_says_how_many_which_side_and_which_sentinels():
    """Two long crosses, one of them with a break; one short cross."""
    candidates = (
        a_candidate(),
        a_candidate(sentinels={"sma_cross": 1, "session_break": 1}),
        a_candidate(side=Direction.SHORT, score=-0.7, sentinels={"sma_cross": -1}),
    )
    text = text_of(render_screen(a_screen_report(candidates=candidates)))
    assert "3 candidates in 400 bars of 1 hour, 2025-06-15 00:00 to 2025-07-05 06:00 UTC." in text
    assert "The screener is that of fusion." in text
    assert "candidates, 0.8 % of the bars 3 point up: long 2 point down: short 1" in text
    assert "bars missing, none filled in 86" in text
    assert "cross of two means 1 1 2 cross of two means and break of the session before 1 0 1" in text
    assert f"2026-11-21 12:00 short {MINUS}0.70 a cross" in text


def test_a_screening_without_candidates_says_so():
    text = text_of(render_screen(a_screen_report(candidates=(), strategy=None)))
    assert "No candidate in 400 bars" in text
    assert "No bar reached the threshold." in text
    assert "The screener is that of" not in text


def test_a_screening_marks_where_candidates_stand():
    """Long ones at the lower edge of the plot, 196 pixels down; short ones at the upper edge, 14 pixels down."""
    at = walked_bars(1).ends_at(0)
    longs = render_screen(a_screen_report(candidates=(a_candidate(timestamp=at),)))
    shorts = render_screen(a_screen_report(candidates=(a_candidate(timestamp=at, side=Direction.SHORT),)))
    assert '<path d="M1.7 196v-10" class="rug up"/>' in longs
    assert '<path d="M1.7 14v10" class="rug down"/>' in shorts
    assert "rug" not in text_of(longs)
    assert "<figure>" not in render_screen(a_screen_report(columns=None))


def test_a_long_list_of_candidates_is_cut():
    candidates = tuple(a_candidate(reason=f"reason {number}.") for number in range(screen_page.MOST_CANDIDATES + 2))
    page = render_screen(a_screen_report(candidates=candidates))
    assert 'The newest are shown; 2 more are in <a href="candidates.jsonl">' in page
    assert "reason 1." not in page
    assert page.index("reason 501.") < page.index("reason 2."), "the newest first"


# --- foreign text -----------------------------------------------------------------------------------------------------


def hostile_replay_pages():
    odd = told(walked_bars(1), asset=NASTY, source=NASTY, remark=NASTY, question=NASTY, unit=NASTY, is_synthetic=False)
    marked = {"folder": NASTY, "notes": (NASTY,), "code_version": NASTY, "run_id": NASTY}
    candidate = a_candidate(reason=NASTY, sentinels={NASTY: 1})
    yield (
        "screen",
        render_screen(
            a_screen_report(bars=odd, candidates=(candidate,), strategy=NASTY, screener={NASTY: NASTY}, **marked)
        ),
    )
    report = with_trades(a_trade(note=NASTY), refusals=(Refusal(at=BEGAN, reason=NASTY),))
    outcomes = (CandidateOutcome(candidate=candidate),)
    settings = {NASTY: {NASTY: NASTY}}
    strange = {"bars": odd, "strategy": NASTY, "settings": settings, "outcomes": outcomes, "candidates_from": NASTY}
    yield "replay", render_replay(replace(report, **strange, **marked))
    parity = an_unequal_parity_report(bars=odd, settings=settings, screener=settings, **marked)
    found = parity.certificate.first_divergence
    certificate = replace(
        parity.certificate,
        strategy=NASTY,
        code_version=NASTY,
        first_divergence=replace(found, full=replace(found.full, holds=NASTY)),
    )
    yield "parity", render_parity(replace(parity, certificate=certificate))
    sweep = a_sweep_report(bars=(odd, odd), strategy=NASTY, settings=settings, grid={NASTY: [NASTY]}, **marked)
    trials = tuple(replace(trial, asset=f"{NASTY}{trial.asset}") for trial in sweep.verdict.trials)
    verdict = replace(sweep.verdict, trials=trials, overfitting={NASTY: 0.5})
    failed = (FailedTrials(asset=NASTY, trials=1, problem=NASTY),)
    yield "sweep", render_sweep(replace(sweep, verdict=verdict, failed=failed))


@pytest.mark.parametrize("page", [pytest.param(page, id=name) for name, page in hostile_replay_pages()])
def test_nothing_of_a_foreign_text_is_believed(page):
    assert "<img" not in page
    assert 'document.title="taken"' not in page
    assert 'href="javascript' not in page
    assert page.count("<script") == (1 if 'class="tools"' in page else 0)
    assert "{{ 7*7 }}" in html.unescape(page)


MARKDOWN = [
    (screen_markdown, a_screen_report),
    (replay_markdown, a_replay_report),
    (replay_markdown, a_market_replay_report),
    (parity_markdown, an_unequal_parity_report),
    (sweep_markdown, a_sweep_report),
]


@pytest.mark.parametrize(("written", "report"), MARKDOWN, ids=lambda value: value.__name__)
def test_foreign_text_stays_text_in_markdown_and_its_length_is_bounded(written, report):
    report = report(notes=(NASTY * 50,) * 40, folder=NASTY)
    text = written(report)
    assert "<img" not in text
    assert "<script" not in text
    assert "[click](javascript" not in text
    assert text.count("\n- ") < 60
    assert "30 more are in the report." in text
    assert len(text) < 20_000


def test_markdown_says_what_matters_first():
    assert parity_markdown(a_parity_report()).startswith("**Synthetic bars**")
    unequal = parity_markdown(an_unequal_parity_report())
    assert "**NOT equal.**" in unequal
    assert "| Trades ended by then | 3 | 2 |" in unequal
    assert "2026-08-13 12:00 UTC" in unequal
    swept = sweep_markdown(a_sweep_report())
    assert "| bars | fast | stop\\_ranges | Sharpe, a year | return | drawdown | trades |" in swept
    assert "SOL, 4 trials: expected bars of SOL, found none" in swept
