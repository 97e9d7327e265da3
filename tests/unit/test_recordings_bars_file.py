"""A recorded table of bars as a replay reads it: what is odd is told, what would have to be left out is refused."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeworth.adapters.recordings.bars_file import BarsFile, read_bars_file
from edgeworth.errors import UnreadableInputError
from edgeworth.markets.bars import BarOrder, Gap

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TEN = datetime(2020, 9, 19, 10, tzinfo=UTC)
HEADER = "datetime,open,high,low,close,volume\n"


def row(hour: int, close: float = 100.5, *, zone: str = "", volume: str = "7") -> str:
    return f"{TEN + timedelta(hours=hour):%Y-%m-%d %H:%M:%S}{zone},100,101,99,{close},{volume}\n"


def read(tmp_path: Path, rows: str, *, now: datetime = NOW, header: str = HEADER) -> BarsFile:
    path = tmp_path / "ETHUSDT_1h.csv"
    path.write_text(header + rows, encoding="utf-8")
    return read_bars_file(path, now=now)


def hours(found: BarsFile) -> list[int]:
    return [round((bar.opens_at - TEN) / timedelta(hours=1)) for bar in found.bars]


def test_bars_newest_first_come_oldest_first(tmp_path):
    found = read(tmp_path, row(3) + row(2) + row(1))
    assert hours(found) == [1, 2, 3]
    assert found.table.survey.order is BarOrder.NEWEST_FIRST


def test_a_row_said_twice_counts_once_and_is_told(tmp_path):
    found = read(tmp_path, row(1) + row(2) + row(2) + row(3))
    assert hours(found) == [1, 2, 3]
    assert found.table.survey.repeated == 1
    assert "1 row said again what another says" in found.remark


def test_a_gap_stays_a_gap_and_is_told(tmp_path):
    found = read(tmp_path, row(1) + row(2) + row(5) + row(6))
    assert hours(found) == [1, 2, 5, 6]
    assert found.table.survey.gaps == (Gap(starts_at=TEN + timedelta(hours=3), missing=2),)
    assert "2 bars missing in 1 gap" in found.remark


def test_a_bar_that_has_not_ended_is_left_out_and_told(tmp_path):
    found = read(tmp_path, row(1) + row(2) + row(3), now=TEN + timedelta(hours=3, minutes=30))
    assert hours(found) == [1, 2]
    assert "1 bar that had not ended left out" in found.remark


def test_a_compressed_table_is_the_same(tmp_path):
    text = HEADER + row(1) + row(2)
    path = tmp_path / "ETHUSDT_1h.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    assert read_bars_file(path, now=NOW).bars[1].close == 100.5


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (row(1) + row(3) + row(2), "oldest first or newest first, found that of 2020-09-19 12:00 behind that of"),
        (row(1) + row(2) + row(2, close=99.5), "one bar of 2020-09-19 12:00 UTC, found two that differ"),
        (row(1) + row(2).replace("100.5", "-100.5"), "line 3: expected a price above 0 in close, found '-100.5'"),
        (row(1) + row(2).replace("100.5", ""), "line 3: expected a price in close, found an empty cell"),
        (row(1) + row(2).replace("101", "98"), "line 3: expected open 100 and close 100.5 between low 99 and high 98"),
        (row(1) + row(2, volume="-1"), "line 3: expected a volume of zero or more, found '-1'"),
        (row(1) + "2020-09-19 12:00:00,100,101\n", "line 3: expected 6 cells, found 3"),
        (row(1, zone="+00:00") + row(2, zone="+02:00"), "dates of one time zone, found those of +0200, UTC"),
        (row(1) + row(2, zone="-05:00"), "dates of one time zone, found those of -0500, UTC"),
        ("", "expected bars, found a header and no row"),
    ],
)
def test_what_would_have_to_be_left_out_in_silence_is_refused(tmp_path, rows, words):
    with pytest.raises(UnreadableInputError) as caught:
        read(tmp_path, rows)
    assert words in str(caught.value)
    assert str(caught.value).startswith("ETHUSDT_1h.csv: ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("datetime;open;high;low;close;volume\n2020-09-19 10:00:00;1;1;1;1;1\n", "separated by commas, found them"),
        (
            "datetime,open,high,low,close,close\n2020-09-19 10:00:00,1,1,1,1,1\n",
            "each column once, found 'close' twice",
        ),
        (HEADER + "01/31/2024 00:00,1,1,1,1,1\n01/31/2024 01:00,1,1,1,1,1\n", "expected a date in datetime, found"),
        (
            "datetime,symbol,open,high,low,close\n2020-09-19 10:00:00,<script>,1,1,1,1\n",
            "expected a symbol of up to 30 letters and digits, found '<script>'",
        ),
    ],
)
def test_a_table_of_another_form_says_what_is_wrong_with_it(tmp_path, text, words):
    with pytest.raises(UnreadableInputError, match=words):
        read(tmp_path, text, header="")


def test_utc_may_be_said_or_not(tmp_path):
    assert len(read(tmp_path, row(1) + row(2, zone="Z") + row(3, zone="+00:00")).bars) == 3


def test_another_recording_is_none(tmp_path):
    path = tmp_path / "market.json"
    path.write_text('[{"id": "1", "conditionId": "0x1", "question": "?"}]')
    with pytest.raises(UnreadableInputError, match="expected a table of bars"):
        read_bars_file(path, now=NOW)
