"""History in a folder of this machine: whole files or none, and writers that take turns by the folder's lock.

What holds wherever the files are stands in ``tests/adapters/test_history_places.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys

import polars as pl
import pytest
from filelock import FileLock

from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.errors import StorageBusyError
from tests.histories import a_point


@pytest.fixture
def history(tmp_path) -> ParquetHistory:
    return ParquetHistory(tmp_path, busy_timeout_seconds=0.1)


def files(tmp_path, name: str = "prices") -> list[str]:
    return sorted(path.name for path in (tmp_path / "history" / name).glob("*.parquet"))


def test_what_a_killed_writer_left_is_cleared_away_and_never_read(tmp_path, history):
    history.save_prices([a_point(1)])
    left = tmp_path / "history" / "prices" / ".00000001-00000001.parquet.4711.tmp"
    left.write_bytes(b"PAR1 half")
    assert history.scan_prices().collect().height == 1
    history.save_prices([a_point(2)])
    assert not left.exists()


def test_another_writer_is_waited_for_but_not_for_ever(tmp_path, history):
    history.save_prices([a_point(1)])
    with FileLock(tmp_path / "history" / "prices" / ".lock"), pytest.raises(StorageBusyError, match="another process"):
        history.save_prices([a_point(2)])
    assert history.save_prices([a_point(2)]) == 1


CHILD = """
import pathlib, resource, sys
from datetime import UTC, datetime, timedelta
from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.errors import StorageFullError
from edgeworth.markets.history import PricePoint
from edgeworth.markets.venue import Venue
history = ParquetHistory(pathlib.Path(sys.argv[1]))
start, limit = int(sys.argv[2]), int(sys.argv[3])
noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
points = [PricePoint(venue=Venue.KALSHI, market_native_id="m", outcome_index=0, at=noon + timedelta(minutes=start + n),
    interval_seconds=60, price=(n * 7919) % 1_000_000) for n in range(3000)]
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    print(sum(history.save_prices(points[n : n + 1000]) for n in range(0, 3000, 1000)))
except StorageFullError as error:
    print("full:", error)
"""


def child(tmp_path, start: int, limit: int = 0) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), str(start), str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )


def test_a_full_disk_leaves_no_half_file_and_no_temporary_one(tmp_path, history):
    history.save_prices([a_point(-1)])
    before = files(tmp_path)
    out, err = child(tmp_path, 0, limit=4096).communicate()
    assert out.startswith("full:"), err
    assert "no space left" in out
    assert files(tmp_path) == before
    assert not list(tmp_path.rglob("*.tmp"))
    assert history.scan_prices().collect().height == 1
    assert history.save_prices([a_point(0)]) == 1


def test_two_processes_that_save_overlapping_rows_store_each_once(tmp_path, history):
    children = [child(tmp_path, start) for start in (0, 1500)]
    saved = []
    for one in children:
        out, err = one.communicate()
        assert out.strip().isdigit(), err
        saved.append(int(out))
    assert sum(saved) == 4500
    rows = history.scan_prices().collect()
    assert rows.height == 4500
    assert rows.select(pl.struct("market_id", "outcome_index", "at").n_unique()).item() == 4500


def test_without_any_file_there_is_no_latest_book(tmp_path):
    assert ParquetHistory(tmp_path).latest_books(["polymarket:m"]) == []
