"""The real command killed with signal 9 and given again; and a new data folder begun by two at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.adapters.storage.raw import ZstdRawStore
from tasks.settings import Settings
from tasks.wiring import synthetic_world

REPOSITORY = Path(__file__).parents[2]


def start(folder: Path) -> subprocess.Popen:
    settings = {
        "EDGEWORTH_DATA_DIR": str(folder / "data"),
        "EDGEWORTH_RESULTS_DIR": str(folder / "results"),
        "EDGEWORTH_HISTORY_MARKETS": "3",
        "PYTHONPATH": str(REPOSITORY),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "ingest", "--source", "synthetic", "--full", "--no-prefect", "--json"],
        cwd=folder,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def listed_pages(data: Path) -> Counter[tuple[str, ...]]:
    """How often each page of a listing is stored, by venue, listing and what was asked."""
    raw = ZstdRawStore(data)
    return Counter(
        (*path.split("/")[:2], repr(page.params))
        for path in raw.paths()
        if path.split("/")[1] != "history"
        for page, _ in raw.read_pages(path)
    )


# A raw file of this kind is there: the process is inside a listing that comes late, or past all of one venue's.
@pytest.mark.parametrize(
    "reached", ["synthetic-kalshi/events", "synthetic-polymarket/history", "synthetic-kalshi/history"]
)
def test_a_killed_ingest_that_is_given_again_reads_no_stored_page_of_a_listing_twice(tmp_path, reached):
    first = start(tmp_path)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "data" / "raw" / reached).glob("*/*/*/*.zst")) and first.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    first.kill()
    first.communicate()
    assert first.returncode == -9

    out, err = (again := start(tmp_path)).communicate(timeout=120)
    assert again.returncode == 0, err
    report = json.loads(out)
    assert report["fetched"] == report["parsed"] + report["refused"]
    assert set(listed_pages(tmp_path / "data").values()) == {1}
    prices = ParquetHistory(tmp_path / "data").scan_prices().collect()
    assert len(prices) > 0
    assert len(prices) == len(prices.unique(["market_id", "outcome_index", "interval_seconds", "at"]))
    assert list((tmp_path / "data" / "runs").iterdir()) == []

    # A run that ended well is not taken up: the next one reads everything anew.
    following = start(tmp_path)
    following.communicate(timeout=120)
    assert following.returncode == 0
    assert set(listed_pages(tmp_path / "data").values()) == {2}


def test_a_synthetic_world_that_many_begin_at_once_has_one_beginning(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        worlds = list(pool.map(lambda _: synthetic_world(settings, market_count=10), range(8)))
    assert len({(world.seed, world.as_of) for world in worlds}) == 1
    assert len([note for note in (tmp_path / "synthetic").iterdir() if note.suffix == ".json"]) == 1
