"""Reports of the replay room as values: what is said of bars, what is counted, what the JSON holds to."""

from __future__ import annotations

import json
from dataclasses import replace as changed
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from msgspec.structs import replace

from edgeworth.markets.bars import BarOrder, BarSurvey
from edgeworth.replay.orders import Direction, OpenPosition
from edgeworth.reports.replay import MOST_GAPS, bars_told, series_of, setting_of
from edgeworth.reports.replay_document import (
    parity_json,
    replay_json,
    replay_schema,
    screen_json,
    sweep_json,
)
from tests.batches import NASTY
from tests.replay_reports import (
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
from tests.unit.test_batch_report import objects

PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "replay_report.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))


# --- what is said of bars ---------------------------------------------------------------------------------------------


def test_gaps_are_those_between_the_bars_that_are_used():
    """Hours 0, 1, 4, 5, 9: two missing from hour 2 on, three from hour 6 on."""
    bars = flat_bars([100.0] * 5, opens_at=START + HOUR * np.array([0, 1, 4, 5, 9]))
    found = bars_told(bars, source="x.csv")
    assert [(gap.starts_at.hour, gap.missing) for gap in found.gaps] == [(2, 2), (6, 3)]
    assert (found.gap_count, found.missing, found.bars, found.rows) == (2, 5, 5, 5)
    assert (found.first_opens_at.hour, found.last_ends_at.hour) == (0, 10)
    part = bars_told(bars.part(2, 5), source="x.csv")
    assert (part.gap_count, part.missing, part.bars) == (1, 3, 3)


def test_of_many_gaps_the_longest_are_told_and_all_are_counted():
    steps = np.where(np.arange(200) % 2, 2, 3)
    steps[150] = 40
    bars = flat_bars([100.0] * 200, opens_at=START + HOUR * np.cumsum(steps))
    found = bars_told(bars, source="x.csv")
    assert (len(found.gaps), found.gap_count) == (MOST_GAPS, 199)
    assert found.missing == int((steps[1:] - 1).sum())
    assert max(gap.missing for gap in found.gaps) == 39
    assert list(found.gaps) == sorted(found.gaps, key=lambda gap: gap.starts_at)


def test_what_was_odd_about_the_rows_comes_from_their_survey():
    survey = BarSurvey(count=9, order=BarOrder.MIXED, repeated=2, contradicting=1)
    found = bars_told(flat_bars([100.0] * 5), source="x.csv", survey=survey, remark="no header")
    assert (found.rows, found.bars, found.repeated, found.contradicting) == (9, 5, 2, 1)
    assert (found.order, found.remark) == (BarOrder.MIXED, "no header")


def test_a_setting_is_found_by_its_path():
    settings = {"fast": 5, "screener": {"fast": 7}}
    assert (setting_of(settings, "fast"), setting_of(settings, "screener.fast")) == (5, 7)
    assert setting_of(settings, "fast.slow") is None


def test_a_curve_stands_at_the_closes():
    bars = flat_bars([1.0, 2.0])
    assert series_of(bars, bars.close).at_seconds == (START + HOUR, START + 2 * HOUR)


# --- what is counted --------------------------------------------------------------------------------------------------


def test_every_position_belongs_to_a_candidate_or_is_counted_apart():
    report = a_replay_report()
    assert report.entries == len(report.replay.trades) + (report.replay.open_position is not None)
    own = sum(len(outcome.trades) + outcome.holds for outcome in report.outcomes)
    assert own + report.entries_apart == report.entries
    assert a_full_replay_report().entries_apart == a_full_replay_report().entries


def test_the_open_position_is_worth_what_it_would_bring_at_the_last_close_before_costs():
    """2 bought at 100 and worth 103 each, less the 0.50 that the entry cost."""
    report = a_replay_report(flat_bars([100.0, 101.0, 103.0] * 40))
    position = OpenPosition(
        side=Direction.LONG,
        quantity=2.0,
        decided_at=report.started_at,
        entered_at=report.started_at,
        entry_price=100.0,
        fees=0.5,
        note="",
    )
    held = replace(report, replay=changed(report.replay, open_position=position))
    assert held.open_profit == pytest.approx(5.5)
    short = replace(position, side=Direction.SHORT)
    assert replace(report, replay=changed(report.replay, open_position=short)).open_profit == pytest.approx(-6.5)
    assert replay_json(held)["open_position"]["profit"] == pytest.approx(5.5)
    assert replay_json(report)["open_position"] is None


def test_trials_of_earlier_sweeps_count():
    report = a_sweep_report()
    assert report.trials_counted == 8 + 12
    assert replace(report, verdict=None).trials_counted == 12


# --- for machines -----------------------------------------------------------------------------------------------------


def documents():
    nasty = told(walked_bars(1), asset=NASTY, source=NASTY, remark=NASTY, question=NASTY, unit=NASTY)
    yield "screen", screen_json(a_screen_report())
    yield "screen without candidates", screen_json(a_screen_report(candidates=(), columns=None, strategy=None))
    yield "replay", replay_json(a_replay_report(notes=("one",)))
    yield "full replay", replay_json(a_full_replay_report())
    yield "replay of a market", replay_json(a_market_replay_report())
    yield "hostile replay", replay_json(a_replay_report(bars=nasty, notes=(NASTY,), strategy=NASTY))
    yield "parity", parity_json(a_parity_report())
    yield "unequal", parity_json(an_unequal_parity_report())
    yield "sweep", sweep_json(a_sweep_report())
    yield "empty sweep", sweep_json(a_sweep_report(verdict=None, made_now=0, taken_from_ledger=0))


@pytest.mark.parametrize("document", [pytest.param(document, id=name) for name, document in documents()])
def test_what_is_written_holds_to_the_published_schema(document):
    VALIDATOR.validate(json.loads(json.dumps(document, allow_nan=False)))


def test_the_published_schema_is_the_one_of_the_code():
    jsonschema.Draft202012Validator.check_schema(replay_schema())
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == replay_schema()


def test_the_schema_forbids_keys_that_it_does_not_name_and_asks_for_all_that_it_does():
    found = list(objects(replay_schema()))
    assert len(found) == 21
    for one in found:
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(one["properties"])
        assert one["description"]


def test_a_parity_document_has_the_keys_that_machines_were_promised():
    written = parity_json(a_parity_report())
    assert written["equal"] is True
    assert (written["bars"], written["first_divergence"]) == (400, None)
    assert (written["seconds_screen"], written["seconds_focused"], written["seconds_full"]) == (0.25, 0.25, 2.5)
    assert written["speedup"] == 5.0
    assert written["trades"] > 0
    assert written["candidates"] > 0
    other = parity_json(an_unequal_parity_report())
    assert other["equal"] is False
    assert other["first_divergence"]["full"]["equity"] == 10_012.5
    assert other["soundness"] == {
        "is_sound": False,
        "entries": 9,
        "inside": 8,
        "outside": ["2026-08-13T12:00:00Z"],
    }


def test_a_replay_document_is_complete_and_its_curve_keeps_its_ends_and_extremes():
    report = a_replay_report(walked_bars(2, 3_000))
    written, equity = replay_json(report), report.replay.equity
    assert len(written["trades"]) == len(report.replay.trades) == written["metrics"]["trades"]
    assert len(written["outcomes"]) == report.candidates
    values = [point["value"] for point in written["equity"]]
    assert len(values) <= 302
    assert (values[-1], min(values), max(values)) == (equity[-1], equity.min(), equity.max())
    assert written["final_equity"] == equity[-1]
    assert min(point["value"] for point in written["underwater"]) == pytest.approx(-report.metrics.drawdown)


def test_a_turnover_over_nothing_is_not_known():
    report = a_replay_report()
    written = replay_json(replace(report, metrics=replace(report.metrics, turnover=float("inf"))))
    assert written["metrics"]["turnover"] is None
    VALIDATOR.validate(written)


def test_a_sweep_document_says_of_each_trial_what_was_tried():
    written = sweep_json(a_sweep_report())
    assert (written["trials_counted"], len(written["trials"])) == (20, 8)
    assert {tuple(sorted(trial["tried"].items())) for trial in written["trials"]} == {
        (("fast", fast), ("stop_ranges", stop)) for fast in (3, 5) for stop in (2.0, 4.0)
    }
    sharpes = [trial["sharpe_per_bar"] for trial in written["trials"]]
    assert sharpes == sorted(sharpes, reverse=True)
    assert written["overfitting"].keys() == {"ETH", "BTC"}
