"""Bars for the replay: checked once, with the place of what is wrong; nothing is mended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest
from msgspec.structs import replace

from edgeworth.errors import DataError
from edgeworth.replay.bars import bars_from_prices, bars_from_table, bars_from_values
from tests.builders import NOON, a_bar
from tests.replaying import HOUR, flat_bars


def table(count: int = 4, **columns: object) -> pl.DataFrame:
    hours = [NOON + timedelta(hours=hour) for hour in range(count)]
    plain = {
        "asset": ["BTC"] * count,
        "unit": ["USDT"] * count,
        "interval_seconds": [3600] * count,
        "opens_at": hours,
        "open": [100.0] * count,
        "high": [101.0] * count,
        "low": [99.0] * count,
        "close": [100.0] * count,
        "volume": [1.0] * count,
        "is_synthetic": [False] * count,
    }
    return pl.DataFrame(plain | columns)


def hours(*which: int) -> list[datetime]:
    return [NOON + timedelta(hours=hour) for hour in which]


def test_a_table_as_the_history_gives_it():
    bars = bars_from_table(table(volume=[1.0, None, 3.0, 4.0]))
    assert (len(bars), bars.asset, bars.unit, bars.interval_seconds) == (4, "BTC", "USDT", 3600)
    assert bars.at(0) == NOON
    assert np.isnan(bars.volume[1])


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"opens_at": hours(0, 2, 1, 3)}, "oldest first, found that of .* behind"),
        ({"opens_at": hours(3, 2, 1, 0)}, "oldest first"),
        ({"opens_at": hours(0, 1, 1, 2)}, "each bar of BTC once, found that of .* twice"),
        ({"opens_at": [*hours(0, 1, 2), NOON + timedelta(minutes=150)]}, "only 1800 s after"),
        ({"opens_at": [at.replace(tzinfo=None) for at in hours(0, 1, 2, 3)]}, "in UTC, found those of no zone"),
        ({"opens_at": ["2026-01-01"] * 4}, "in UTC, found String"),
        ({"opens_at": [*hours(0, 1, 2), None]}, "a row without one"),
        ({"low": [99.0, -1.0, 99.0, 99.0]}, "above 0 in 'low', found -1"),
        ({"open": [100.0, 0.0, 100.0, 100.0]}, "above 0 in 'open', found 0"),
        ({"close": [100.0, None, 100.0, 100.0]}, "price in 'close', found none in the bar of .* nothing is filled in"),
        ({"close": [100.0, float("nan"), 100.0, 100.0]}, "in 'close', found nan"),
        ({"high": [100.0, float("inf"), 100.0, 100.0]}, "in 'high', found inf"),
        ({"close": [100.0, 102.0, 100.0, 100.0]}, "between low and high"),
        ({"volume": [0.0] * 4}, "flat bar|something traded"),
        ({"volume": [1.0, 0.0, 1.0, 1.0]}, "flat bar where the volume is zero"),
        ({"volume": [1.0, -1.0, 1.0, 1.0]}, "volume of zero or more, found -1"),
        ({"asset": ["BTC", "BTC", "ETH", "BTC"]}, "one asset, found BTC, ETH"),
        ({"unit": ["USDT", "USDT", "EUR", "USDT"]}, "one unit, found EUR, USDT"),
        ({"interval_seconds": [3600, 60, 3600, 3600]}, "one interval seconds, found 60, 3600"),
    ],
)
def test_what_cannot_be_relied_on_is_refused_with_its_place(columns, problem):
    with pytest.raises(DataError, match=problem):
        bars_from_table(table(**columns))


@pytest.mark.parametrize("count", [0, 1])
def test_no_bar_and_one_bar_are_too_few(count):
    with pytest.raises(DataError, match=r"expected (bars, found none|at least two bars of BTC, found 1)"):
        bars_from_table(table(count))


def test_bars_of_another_zone_than_utc_are_refused():
    berlin = table()["opens_at"].dt.convert_time_zone("Europe/Berlin")
    with pytest.raises(DataError, match="found those of Europe/Berlin"):
        bars_from_table(table(opens_at=berlin))


def test_values_of_mixed_zones_are_refused():
    other = replace(a_bar(1), opens_at=(NOON + timedelta(hours=1)).astimezone(timezone(timedelta(hours=2))))
    with pytest.raises(DataError, match=r"one time zone, found offsets from UTC of 0:00:00, 2:00:00"):
        bars_from_values([a_bar(0), other])


def test_a_quiet_hour_is_kept_and_told():
    bars = flat_bars([5.0, 5.0, 6.0], volume=np.array([1.0, 0.0, 1.0]))
    assert bars.is_quiet.tolist() == [False, True, False]


def test_bars_in_which_nothing_ever_traded_are_refused():
    with pytest.raises(DataError, match="in which something traded, found 3 bars of ETH of volume zero"):
        flat_bars([5.0, 5.0, 5.0], volume=np.zeros(3))


def test_a_gap_stays_a_gap():
    bars = bars_from_table(table(opens_at=hours(0, 1, 5, 6)))
    assert bars.gaps.tolist() == [0, 0, 3, 0]


def test_the_bars_of_a_span_have_ended_by_its_end():
    bars = bars_from_table(table())
    assert len(bars.between(NOON, NOON + timedelta(hours=3))) == 3
    assert len(bars.between(NOON + timedelta(hours=1), NOON + timedelta(hours=3, minutes=59))) == 2
    with pytest.raises(DataError, match="found 0: there are those from"):
        bars.between(NOON + timedelta(days=9), None)


def test_columns_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        flat_bars([1.0, 2.0]).close[0] = 3.0


def test_the_digest_knows_every_number():
    assert flat_bars([1.0, 2.0]).digest == flat_bars([1.0, 2.0]).digest
    assert flat_bars([1.0, 2.0]).digest != flat_bars([1.0, np.nextafter(2.0, 3.0)]).digest
    assert flat_bars([1.0, 2.0]).digest != flat_bars([1.0, 2.0], asset="BTC").digest


def test_bars_of_a_market_from_its_prices():
    """Ticks of three hours, the second without any: two bars, known at their ends."""
    at = [
        datetime(2026, 1, 1, 0, 5, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 50, tzinfo=UTC),
        datetime(2026, 1, 1, 2, 1, tzinfo=UTC),
    ]
    points = pl.DataFrame({"at": [*at, at[-1] + timedelta(minutes=1)], "price": [0.4, 0.6, 0.0, None]})
    bars = bars_from_prices(points, market_id="m", interval_seconds=HOUR)
    assert bars.is_market
    assert bars.gaps.tolist() == [0, 1]
    assert (bars.open.tolist(), bars.high.tolist(), bars.close.tolist()) == ([0.4, 0.0], [0.6, 0.0], [0.6, 0.0])


def test_a_price_at_the_end_of_a_bar_is_its_close_and_the_open_of_the_next():
    """Candles of an hour, told at their ends: the bar of an hour is the candle of that hour."""
    points = pl.DataFrame({"at": hours(0, 1, 2, 4), "price": [0.4, 0.6, 0.5, 0.3]})
    bars = bars_from_prices(points, market_id="m", interval_seconds=HOUR)
    assert [bars.at(index) for index in range(4)] == hours(0, 1, 2, 4)
    assert bars.open.tolist() == [0.4, 0.6, 0.5, 0.3]
    assert bars.close.tolist() == [0.6, 0.5, 0.5, 0.3]
    assert bars.high.tolist() == [0.6, 0.6, 0.5, 0.3]
    assert bars.low.tolist() == [0.4, 0.5, 0.5, 0.3]


def test_a_bar_of_a_market_is_known_when_it_has_ended():
    points = pl.DataFrame({"at": hours(0, 1, 2), "price": [0.4, 0.6, 0.5]})
    bars = bars_from_prices(points, market_id="m", interval_seconds=HOUR, until=hours(2)[0])
    assert bars.close.tolist() == [0.6, 0.5]


def test_a_price_of_a_market_lies_within_zero_and_one():
    with pytest.raises(DataError, match=r"from 0 to 1 in 'high', found 1\.2"):
        flat_bars([0.5, 1.2], is_market=True, open=np.array([0.5, 0.5]))


def test_columns_of_other_lengths_are_refused():
    with pytest.raises(DataError, match="columns of 2 rows each"):
        flat_bars([1.0, 2.0], volume=np.ones(3))
