"""Parity on the recorded hours: the window of the first version, all six years, and both assets of 2017 to 2020."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from edgeworth.replay.bars import Bars
from edgeworth.replay.loop import ReplaySetup
from edgeworth.replay.parity import certify
from edgeworth.replay.strategies import CrossFollower, Fusion, LongHolder
from tests.replaying import recorded_bars

RECORDINGS = os.environ.get("EDGEWORTH_RECORDINGS")
pytestmark = pytest.mark.skipif(not RECORDINGS, reason="EDGEWORTH_RECORDINGS is not set: no recordings to read")

STRATEGIES = [CrossFollower(), Fusion(), LongHolder()]
SIX_YEARS = "ETHUSDT_1h_2019_2025.csv.gz"
FILES = [SIX_YEARS, "Binance_BTCUSDT_1h_2017_2020.csv.gz", "Binance_ETHUSDT_1h_2017_2020.csv.gz"]


@cache
def recorded(name: str) -> Bars:
    return recorded_bars(Path(RECORDINGS or ""), name)


def window() -> Bars:
    return recorded(SIX_YEARS).between(datetime(2025, 6, 15, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC))


def check(bars: Bars, strategy) -> None:
    certificate = certify(
        bars, strategy, strategy.screener, ReplaySetup(), code_version="test", timer=time.perf_counter
    )
    assert certificate.equal, certificate.first_divergence
    assert certificate.soundness.is_sound
    assert certificate.soundness.entries > 0
    assert certificate.seen < certificate.bars


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda value: value.name)
def test_on_the_window_of_the_first_version(strategy):
    bars = window()
    assert len(bars) == 108 * 24
    check(bars, strategy)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda value: value.name)
def test_on_all_years(name, strategy):
    check(recorded(name), strategy)


def test_the_bars_are_those_of_the_files():
    assert [len(recorded(name)) for name in FILES] == [51_816, 27_096, 27_096]
    assert int((recorded(SIX_YEARS).gaps > 0).sum()) == 15
    assert int(recorded(FILES[1]).is_quiet.sum()) == 115
