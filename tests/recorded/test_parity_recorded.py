"""``edgeworth parity`` on the recorded hours: two weeks, and the three and a half months of the first version."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.edgeworth_command import leaked, run

RECORDINGS = os.environ.get("EDGEWORTH_RECORDINGS")
pytestmark = pytest.mark.skipif(not RECORDINGS, reason="EDGEWORTH_RECORDINGS is not set: no recordings to read")

ETH = Path(RECORDINGS or "") / "ohlcv" / "ETHUSDT_1h_2019_2025.csv.gz"
DAY_BARS = 24


@pytest.mark.parametrize(
    ("end", "days", "strategy"),
    [("2025-06-28", 14, "cross"), ("2025-09-30", 108, "fusion"), ("2025-09-30", 108, "holder")],
)
def test_a_focused_replay_comes_to_the_same(tmp_path, end, days, strategy):
    options = ("--start", "2025-06-15", "--end", end, "--strategy", strategy, "--no-prefect", "--json")
    done = run(tmp_path, "parity", "--bars", str(ETH), *options)
    assert (done.code, done.err) == (0, "")
    report = done.json
    assert report["equal"] is True
    assert report["first_divergence"] is None
    assert report["bars"] == days * DAY_BARS
    assert report["soundness"]["is_sound"] is True
    assert report["seen"] < report["bars"]
    assert leaked(tmp_path / "results", str(ETH.parent)) == []
