"""Bars: known at their end, sane in themselves; what a table of them is like is told, never mended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.errors import DataError
from edgeworth.markets.bars import BarOrder, Gap, SavedBars, survey_bars
from tests.builders import NOON, a_bar

HOUR = timedelta(hours=1)


def test_a_bar_is_known_at_its_end():
    assert a_bar(3).ends_at == NOON + 4 * HOUR


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"high": 99.0}, "between low 100 and high 99"),
        ({"low": 101.0}, "between low 101"),
        ({"open": float("nan")}, "finite"),
        ({"volume": -1.0}, "volume of zero or more"),
        ({"interval_seconds": 0}, "interval above 0"),
        ({"opens_at": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001
    ],
)
def test_a_bar_that_cannot_be_is_refused(changes, problem):
    with pytest.raises(DataError, match=problem):
        a_bar(0, **changes)


def test_gaps_and_repetitions_are_told_with_their_place():
    bars = [a_bar(0), a_bar(1), a_bar(1), a_bar(1, close=101.0), a_bar(5), a_bar(6), a_bar(8)]
    found = survey_bars(bars)
    assert (found.count, found.order) == (7, BarOrder.OLDEST_FIRST)
    assert (found.repeated, found.contradicting) == (1, 1)
    assert found.gaps == (Gap(starts_at=NOON + 2 * HOUR, missing=3), Gap(starts_at=NOON + 7 * HOUR, missing=1))
    assert found.missing == 4
    assert (found.first_opens_at, found.last_ends_at) == (NOON, NOON + 9 * HOUR)


@pytest.mark.parametrize(
    ("hours", "order"),
    [
        ([0, 1, 2], BarOrder.OLDEST_FIRST),
        ([2, 1, 1, 0], BarOrder.NEWEST_FIRST),
        ([0, 2, 1], BarOrder.MIXED),
        ([0], BarOrder.OLDEST_FIRST),
        ([], BarOrder.OLDEST_FIRST),
    ],
)
def test_the_order_of_a_table_is_told(hours, order):
    assert survey_bars([a_bar(hour) for hour in hours]).order is order


@pytest.fixture
def history(tmp_path) -> ParquetHistory:
    return ParquetHistory(tmp_path, busy_timeout_seconds=0.1)


def test_bars_come_back_oldest_first_with_every_field(history):
    history.save_bars([a_bar(1), a_bar(0, volume=None, unit="")])
    history.save_bars([a_bar(-1), a_bar(0, asset="ETH")])
    rows = history.scan_bars("BTC").collect().to_dicts()
    assert [row["opens_at"] for row in rows] == [NOON - HOUR, NOON, NOON + HOUR]
    assert rows[1] == {
        "asset": "BTC",
        "is_synthetic": False,
        "interval_seconds": 3600,
        "opens_at": NOON,
        "open": 100.0,
        "high": 100.0,
        "low": 100.0,
        "close": 100.0,
        "volume": None,
        "unit": "",
        "source": "file:bars.csv",
    }


def test_what_has_not_ended_by_the_end_is_not_given(history):
    history.save_bars([a_bar(hour) for hour in range(4)])
    history.save_bars([a_bar(0, interval_seconds=86_400)])
    just_before = history.scan_bars("BTC", end=NOON + 2 * HOUR - timedelta(microseconds=1)).collect()
    assert just_before["opens_at"].to_list() == [NOON]
    at_its_end = history.scan_bars("BTC", start=NOON + HOUR, end=NOON + 2 * HOUR).collect()
    assert at_its_end["opens_at"].to_list() == [NOON + HOUR]


def test_bars_of_one_length_are_found_by_it(history):
    history.save_bars([a_bar(0), a_bar(0, interval_seconds=60), a_bar(0, asset="ETH")])
    assert history.scan_bars("BTC", interval=60).collect()["interval_seconds"].to_list() == [60]
    assert history.scan_bars(["ETH", "BTC"], interval=3600).collect()["asset"].to_list() == ["BTC", "ETH"]
    assert history.bar_intervals() == {"BTC": [60, 3600], "ETH": [3600]}
    assert history.bar_intervals(["ETH", "SOL"]) == {"ETH": [3600]}


def test_the_same_rows_twice_are_stored_once(history):
    assert history.save_bars([a_bar(0), a_bar(1), a_bar(0)]) == SavedBars(new=2)
    assert history.save_bars([a_bar(1), a_bar(2)]) == SavedBars(new=1)
    assert history.save_bars([]) == SavedBars()
    assert len(history.scan_bars("BTC").collect()) == 3


def test_a_row_that_contradicts_a_stored_one_is_told_and_changes_nothing(history):
    history.save_bars([a_bar(0, close=99.0)])
    told = history.save_bars([a_bar(0, close=98.0, source="file:other.csv"), a_bar(1)])
    assert (told.new, told.contradicting) == (1, 1)
    (example,) = told.examples
    assert example == (
        f"BTC {NOON:%Y-%m-%d %H:%M} (file:bars.csv, file:other.csv): "
        "low 99.0 stands, 98.0 was read, close 99.0 stands, 98.0 was read"
    )
    assert history.scan_bars("BTC").collect()["close"].to_list() == [99.0, 100.0]


def test_two_rows_that_contradict_each_other_in_one_batch_are_told(history):
    told = history.save_bars([a_bar(0, volume=None), a_bar(0, volume=3.0)])
    assert (told.new, told.contradicting) == (1, 1)
    assert history.scan_bars("BTC").collect()["volume"].to_list() == [None]


def test_another_source_with_the_same_values_contradicts_nothing(history):
    history.save_bars([a_bar(0)])
    assert history.save_bars([replace(a_bar(0), source="file:again.csv")]) == SavedBars()
