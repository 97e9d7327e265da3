"""Indicators against their published definitions, as TA-Lib and plain sums have them."""

from __future__ import annotations

import math
import statistics

import numpy as np
import polars as pl
import pytest
import talib

from edgeworth.errors import ConfigurationError
from edgeworth.replay.indicators import (
    Atr,
    Ema,
    Returns,
    Rsi,
    SessionBreak,
    Sma,
    VolatilityRegime,
    VolumeZScore,
    ZScore,
    indicator_table,
)
from tests.replaying import flat_bars, walked_bars

BARS = walked_bars(7, 900)
CLOSE, HIGH, LOW = BARS.close, BARS.high, BARS.low


@pytest.mark.parametrize(
    ("indicator", "published", "warm_up"),
    [
        (Sma(24), talib.SMA(CLOSE, 24), 23),
        (Ema(20), talib.EMA(CLOSE, 20), 19),
        (Atr(14), talib.ATR(HIGH, LOW, CLOSE, 14), 14),
        (Rsi(14), talib.RSI(CLOSE, 14), 14),
        (Returns(), talib.ROCP(CLOSE, 1), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_agrees_with_talib_from_the_first_known_value_on(indicator, published, warm_up):
    column = indicator.column(BARS)
    assert np.isnan(column).tolist() == [index < warm_up for index in range(len(BARS))]
    np.testing.assert_allclose(column, published, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("indicator", "values"), [(ZScore(30), CLOSE), (VolumeZScore(30), BARS.volume)], ids=["close", "volume"]
)
def test_a_z_score_is_that_of_exact_fractions(indicator, values):
    column = indicator.column(BARS)
    for last in range(29, len(values), 37):
        window = values[last - 29 : last + 1].tolist()
        exact = (window[-1] - statistics.mean(window)) / statistics.stdev(window)
        assert column[last] == pytest.approx(exact, rel=1e-9, abs=1e-9)


def test_a_large_level_with_small_moves_does_not_drift():
    """Prices near a million that move by cents: running sums of squares have no digit left there."""
    rng = np.random.default_rng(3)
    closes = (1e6 + rng.standard_normal(5_000) * 0.01).tolist()
    column = ZScore(50).column(flat_bars(closes))
    for last in range(49, 5_000, 499):
        window = closes[last - 49 : last + 1]
        exact = (window[-1] - statistics.mean(window)) / statistics.stdev(window)
        assert column[last] == pytest.approx(exact, abs=1e-7)


def test_what_does_not_move_has_no_z_score_and_no_strength():
    flat = flat_bars([5.0] * 40)
    assert np.isnan(ZScore(10).column(flat)).all()
    assert np.isnan(Rsi(10).column(flat)).all()
    assert np.isnan(VolatilityRegime(n=3, usual=6).column(flat)).all()
    assert Atr(10).column(flat)[10:].tolist() == [0.0] * 30


def test_only_gains_are_a_strength_of_a_hundred_and_only_losses_one_of_zero():
    assert Rsi(3).column(flat_bars([1.0, 2.0, 3.0, 4.0, 5.0]))[3:].tolist() == [100.0, 100.0]
    assert Rsi(3).column(flat_bars([5.0, 4.0, 3.0, 2.0, 1.0]))[3:].tolist() == [0.0, 0.0]


def test_a_volume_that_is_not_stated_is_unknown_in_its_windows_and_no_others():
    volume = np.array([1.0, 2.0, np.nan, 4.0, 5.0, 7.0, 1.0])
    column = VolumeZScore(3).column(flat_bars([1.0] * 7, volume=volume))
    assert np.isnan(column).tolist() == [True, True, True, True, True, False, False]


def test_a_regime_is_high_where_ranges_widen():
    """Ranges of 1, then of 3: Wilder's mean of two comes to 2 (usual: mean of 1, 1, 2) and 2.5."""
    closes = [10.0, 11.0, 10.0, 11.0, 10.0, 13.0, 10.0]
    column = VolatilityRegime(n=2, usual=3, high=1.5, low=0.5).column(flat_bars(closes))
    # ATR: -, -, 1, 1, 1, 2, 2.5; its mean of three: -, -, -, -, 1, 4/3, 11/6.
    assert column[4:].tolist() == [0.0, 1.0, 0.0]
    assert np.isnan(column[:4]).all()


def test_a_session_break_is_told_from_the_third_day_on():
    closes = [100.0] * 24 + [101.0] * 24 + [102.0] * 3 + [100.5, 99.0] + [100.0] * 19 + [98.0]
    column = SessionBreak().column(flat_bars(closes))
    assert np.isnan(column[:48]).all()
    # The second day opened at 100 and closed at 101.
    assert column[48:53].tolist() == [1.0, 1.0, 1.0, 0.0, -1.0]
    # The third day's low is 99, which the fourth day's first close undercuts.
    assert column[72] == -1.0


def test_a_gap_is_no_bar():
    """Three bars, then hours without: the mean is of the three bars before, not of hours."""
    gapped = flat_bars([1.0, 2.0, 3.0, 4.0], opens_at=np.array([0, 3600, 7200, 90_000]))
    assert Sma(3).column(gapped)[3] == 3.0


def test_in_a_table_what_is_not_known_is_null():
    table = indicator_table(flat_bars([1.0, 2.0, 3.0]), {"mean": Sma(2), "moved": Returns()})
    assert table["mean"].to_list() == [None, 1.5, 2.5]
    assert table["moved"].to_list() == [None, 1.0, 0.5]
    assert table.schema["opens_at"] == pl.Datetime("us", "UTC")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sma(1), "over two bars or more, at most 1,000,000, found 1"),
        (lambda: Ema(10**23), "over two bars or more, at most 1,000,000, found 100000000000000000000000"),
        (lambda: VolatilityRegime(usual=0), "over two bars or more, at most 1,000,000, found 0"),
        (lambda: VolatilityRegime(n=1_000_001), "found 1000001"),
        (lambda: SessionBreak(0), "a session of a second or more, at most of 366 days, found 0"),
        (lambda: SessionBreak(10**12), "at most of 366 days, found 1000000000000"),
    ],
)
def test_an_indicator_over_nothing_or_without_an_end_is_refused(make, words):
    with pytest.raises(ConfigurationError, match=words):
        make()


def test_nothing_is_said_of_fewer_bars_than_asked_for():
    assert all(math.isnan(value) for value in Sma(5).column(flat_bars([1.0, 2.0, 3.0])))
