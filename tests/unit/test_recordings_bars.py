"""Recorded tables of bars as they are: every row taken or refused with its reason, oddities told, nothing filled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeworth.adapters.recordings.listing import RecordedFile
from edgeworth.errors import UnreadableInputError
from edgeworth.markets.bars import Bar, BarOrder, Gap
from edgeworth.markets.listing import Refusal
from edgeworth.markets.venue import Venue

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TEN = datetime(2020, 9, 19, 10, tzinfo=UTC)

PLAIN = "datetime,open,high,low,close,volume\n"
BANNER = "Timestamps are UTC timezone,https://example.org\n"
DOWNLOAD = BANNER + "Unix Timestamp,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT\n"


def recorded(tmp_path: Path, text: str, name: str = "BTCUSDT_1h.csv", *, now: datetime = NOW) -> RecordedFile:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return RecordedFile(path, now=now)


def walked(file: RecordedFile) -> tuple[list[Bar], list[Refusal], int]:
    """Bars, refusals and number of rows, read page by page as an ingest does."""
    bars, refusals, rows, cursor = [], [], 0, "0"
    while cursor is not None:
        page = file.page_at(int(cursor))
        split = file.split(page)
        for item in split.items:
            parsed = file.parse(item, page)
            assert parsed.rows == parsed.parsed + len(parsed.refusals)
            bars, refusals, rows = bars + parsed.bars, refusals + parsed.refusals, rows + parsed.rows
        cursor = split.next_cursor
    return bars, refusals, rows


def hours(*numbers: int, price: float = 100.0) -> str:
    return "".join(f"{TEN + timedelta(hours=n):%Y-%m-%d %H:%M:%S},{price},101,99,100.5,7\n" for n in numbers)


def test_a_table_with_a_date_names_its_asset_by_the_file(tmp_path):
    file = recorded(tmp_path, PLAIN + hours(0, 1), "ETHUSDT_1h_2019_2025.csv")
    bars, refusals, rows = walked(file)
    assert (file.venue, rows, refusals) == (Venue.SPOT, 2, [])
    assert bars[0] == Bar(
        asset="ETH",
        interval_seconds=3600,
        opens_at=TEN,
        open=100.0,
        high=101.0,
        low=99.0,
        close=100.5,
        volume=7.0,
        unit="USDT",
        source="file:ETHUSDT_1h_2019_2025.csv",
    )


def test_a_table_with_a_banner_states_unix_time_and_symbol(tmp_path):
    text = DOWNLOAD + (
        "1600513200.0,2020-09-19 11-AM,BTCUSDT,10944.82,10949.99,10939.46,10940,87.6,958970.4\n"
        "1600509600.0,2020-09-19 10-AM,BTCUSDT,10933.44,10953.28,10930,10944.82,1092.55,11953649.21\n"
    )
    file = recorded(tmp_path, text, "download.csv")
    bars, refusals, _ = walked(file)
    assert refusals == []
    assert [(bar.opens_at, bar.close, bar.volume) for bar in bars] == [
        (TEN + timedelta(hours=1), 10_940.0, 87.6),
        (TEN, 10_944.82, 1_092.55),
    ]
    assert file.bars.survey.order is BarOrder.NEWEST_FIRST
    assert {(bar.asset, bar.unit, bar.interval_seconds) for bar in bars} == {("BTC", "USDT", 3600)}


def test_klines_need_no_header(tmp_path):
    start = int(TEN.timestamp() * 1000)
    text = "".join(
        f"{start + n * 60_000},1.5,1.6,1.4,1.5,30,{start + n * 60_000 + 59_999},45,9,15,22,0\n" for n in range(3)
    )
    bars, refusals, _ = walked(recorded(tmp_path, text, "XRPUSDT-1m-2020-09.csv"))
    assert refusals == []
    assert [bar.opens_at for bar in bars] == [TEN + timedelta(minutes=n) for n in range(3)]
    assert (bars[0].asset, bars[0].interval_seconds, bars[0].volume) == ("XRP", 60, 30.0)


def test_the_unix_time_counts_where_a_date_says_otherwise(tmp_path):
    rows = [f"{int(TEN.timestamp()) + n * 3600}.0,2020-09-19 {6 + n:02d}-AM,BTCUSDT,2,2,2,2,1,1" for n in range(3)]
    file = recorded(tmp_path, DOWNLOAD + "\n".join(rows))
    bars, _, _ = walked(file)
    assert bars[0].opens_at == TEN
    assert file.bars.other_dates == 3
    assert "3 rows dated otherwise than the unix time, which counts" in file.bars.remark


def test_gaps_and_repeated_hours_are_told_and_nothing_is_filled(tmp_path):
    file = recorded(tmp_path, PLAIN + hours(0, 1, 1, 5, 6) + hours(6, price=99.5))
    bars, refusals, rows = walked(file)
    assert (len(bars), refusals, rows) == (6, [], 6)
    survey = file.bars.survey
    assert survey.gaps == (Gap(starts_at=TEN + timedelta(hours=2), missing=3),)
    assert (survey.repeated, survey.contradicting) == (1, 1)
    assert file.bars.remark == (
        "4 bars of 3,600 s of BTC in USDT, 2020-09-19 10:00 to 2020-09-19 17:00 UTC, oldest first; 1 row said again "
        "what another says; 1 row contradicted an earlier one, which stands; 3 bars missing in 1 gap, 3 of them "
        "from 2020-09-19 12:00 on"
    )


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("2020-09-19 12:00:00,,101,99,100,7", "no_price"),
        ("2020-09-19 12:00:00,-100,101,-101,100,7", "bad_price"),
        ("2020-09-19 12:00:00,0,101,0,100,7", "bad_price"),
        ("2020-09-19 12:00:00,nan,101,99,100,7", "bad_price"),
        ("2020-09-19 12:00:00,inf,inf,99,100,7", "bad_bar"),
        ("2020-09-19 12:00:00,100,99,98,100,7", "bad_bar"),
        ("2020-09-19 12:00:00,100,101,99,100,-7", "bad_volume"),
        ("2020-09-19 12:00:00,100,101,99,100,many", "bad_volume"),
        ("yesterday,100,101,99,100,7", "bad_date"),
        (",100,101,99,100,7", "bad_date"),
        ("2020-09-19 12:00:00,100,101,99,100", "short_row"),
        ("2020-09-19 12:00:00,100,101,99,100,7,8", "long_row"),
    ],
)
def test_a_row_that_is_no_bar_is_refused_with_its_reason_and_its_neighbours_are_kept(tmp_path, row, code):
    bars, refusals, rows = walked(recorded(tmp_path, PLAIN + hours(0, 1) + row + "\n" + hours(3)))
    assert (len(bars), rows) == (3, 4)
    assert [refusal.code for refusal in refusals] == [code]
    assert refusals[0].reason


def test_no_volume_is_not_known_and_zero_volume_is_none_traded(tmp_path):
    text = PLAIN + "2020-09-19 10:00:00,1,1,1,1,\n2020-09-19 11:00:00,1,1,1,1,0\n"
    bars, _, _ = walked(recorded(tmp_path, text))
    assert [bar.volume for bar in bars] == [None, 0.0]


def test_a_bar_that_had_not_ended_when_the_table_was_recorded_is_refused(tmp_path):
    file = recorded(tmp_path, PLAIN + hours(0, 1, 2), now=TEN + timedelta(hours=3) - timedelta(seconds=1))
    bars, refusals, _ = walked(file)
    assert (len(bars), [refusal.code for refusal in refusals]) == (2, ["unfinished_bar"])


def test_an_instant_with_a_zone_is_meant_there(tmp_path):
    text = PLAIN + "2020-09-19T06:00:00-04:00,1,1,1,1,1\n2020-09-19T11:00:00Z,1,1,1,1,1\n"
    bars, _, _ = walked(recorded(tmp_path, text))
    assert [bar.opens_at for bar in bars] == [TEN, TEN + timedelta(hours=1)]


def test_a_row_of_another_asset_is_refused(tmp_path):
    rows = [f"{int(TEN.timestamp()) + n * 3600},,{pair},2,2,2,2,1,1" for n, pair in enumerate(["BTCUSDT", "ETHUSDT"])]
    _, refusals, _ = walked(recorded(tmp_path, DOWNLOAD + "\n".join(rows)))
    assert [refusal.code for refusal in refusals] == ["other_asset"]


def test_a_pair_that_is_not_quoted_in_dollars_is_another_quantity(tmp_path):
    bars, _, _ = walked(recorded(tmp_path, PLAIN + hours(0, 1), "ETHBTC_1h.csv"))
    assert (bars[0].asset, bars[0].unit) == ("ETH/BTC", "BTC")


def test_one_bar_is_as_long_as_the_file_says(tmp_path):
    bars, _, _ = walked(recorded(tmp_path, PLAIN + hours(0), "BTCUSDT_4h.csv"))
    assert bars[0].interval_seconds == 14_400


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        (PLAIN, "BTCUSDT_1h.csv", "found a header and no row"),
        (PLAIN + hours(0), "BTCUSDT.csv", "how long a bar is"),
        (PLAIN + hours(0, 1), "prices.csv", "which asset"),
        ("", "BTCUSDT_1h.csv", "empty file"),
    ],
)
def test_a_table_that_does_not_say_what_it_is_of_is_not_used(tmp_path, text, name, problem):
    with pytest.raises(UnreadableInputError, match=problem):
        recorded(tmp_path, text, name)


def test_pages_can_be_read_again_without_the_file(tmp_path):
    file = recorded(tmp_path, PLAIN + hours(0, 1), "SOLUSDT_1h.csv")
    other = recorded(tmp_path, PLAIN + hours(0, 1), "BTCUSDT_1h.csv")
    page = file.page_at(0)
    assert [other.parse(item, page).bars[0].asset for item in other.split(page).items] == ["SOL", "SOL"]
