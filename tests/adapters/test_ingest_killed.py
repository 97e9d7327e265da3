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
from tests.edgeworth_command import environment, ingested, run
from tests.stored import open_stores

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


KILLED_WHEN_ITS_REPORT_IS_WRITTEN = """
import os, signal, sys
from pathlib import Path
from flows.cli import main
rename, stem = Path.rename, sys.argv[1]
def rename_or_die(self, target):
    if self.name.startswith(stem) and self.name.endswith(".partial"):
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.rename = rename_or_die
sys.argv = ["edgeworth", *sys.argv[2:]]
main()
"""


WORDS = {"EMBEDDING_MODEL": "lexical"}


@pytest.mark.parametrize(
    ("kind", "stem", "arguments"),
    [
        ("ingest", "ingest", ["ingest", "--source", "synthetic", "--limit", "20", "--no-history"]),
        ("discover", "discovery", ["discover", "--no-fetch"]),
    ],
)
def test_a_run_that_is_killed_before_its_report_is_in_its_place_is_taken_up(tmp_path, kind, stem, arguments):
    """The store calls no run complete whose report nobody can find."""
    if kind == "discover":
        ingested(tmp_path, "--source", "synthetic", "--limit", "20", "--no-history")
    command = [*arguments, "--no-prefect", "--json"]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WHEN_ITS_REPORT_IS_WRITTEN, f".{stem}", *command],
        cwd=tmp_path,
        env=environment(tmp_path, {"PYTHONPATH": str(REPOSITORY), **WORDS}),
        stdout=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    assert killed.returncode == -9
    with open_stores(tmp_path) as storage:
        (left,) = storage.catalogue.list_runs(kind=kind)
        assert left.status == "running"

    done = run(tmp_path, *command, **WORDS)
    assert done.json["run_id"] == left.run_id
    (report,) = (tmp_path / "results").glob(f"{stem}_*/summary.html")
    with open_stores(tmp_path) as storage:
        (ended,) = storage.catalogue.list_runs(kind=kind)
        assert ended.status in ("complete", "failed")
        assert ended.counts["folder"] == f"results/{report.parent.name}"


def test_a_synthetic_world_that_many_begin_at_once_has_one_beginning(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        worlds = list(pool.map(lambda _: synthetic_world(settings, market_count=10), range(8)))
    assert len({(world.seed, world.as_of) for world in worlds}) == 1
    assert len([note for note in (tmp_path / "synthetic").iterdir() if note.suffix == ".json"]) == 1
