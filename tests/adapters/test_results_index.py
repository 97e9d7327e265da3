"""``results/index.html``: whole, of all runs, and with links that hold on the disk, also when runs end at once."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from edgeworth.reports.index_page import MOST_RUNS
from tasks.results.index import LOCK, tell_of_runs
from tests.edgeworth_command import run, start
from tests.simulate_process import fill_folder
from tests.stored import open_stores, settings_at

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROW = re.compile(r'<tr data-kind="(\w+)">.*?</tr>', re.DOTALL)
HREF = re.compile(r'href="([^"]+)"')

BATCH = ("simulate", "--no-prefect", "--no-fetch", "--author", "builtin", "--sandbox", "local", "--json")


def rows(folder: Path) -> list[str]:
    return [row[0] for row in ROW.finditer((folder / "results" / "index.html").read_text())]


def end_run(folder: Path, number: int, *, with_folder: bool = True) -> None:
    """A batch that has ended, in the store and among the results."""
    at = NOON + timedelta(minutes=number)
    name = f"batch{number}_{at:%Y%m%d_%H%M%S}"
    if with_folder:
        (folder / "results" / name).mkdir(parents=True)
        (folder / "results" / name / "summary.html").write_text("<p>")
    with open_stores(folder) as storage:
        storage.catalogue.start_run(f"r{number}", kind="simulate", parameters={}, started_at=at, code_version="1")
        counts = {"markets": 2, "succeeded": 2, "folder": f"results/{name}"}
        storage.catalogue.finish_run(f"r{number}", finished_at=at, status="complete", counts=counts)


def test_every_kind_of_run_stands_in_it_and_every_link_holds_without_the_site(tmp_path):
    """From the index to each run and back, and nothing else beside the folders of the runs."""
    assert run(tmp_path, "ingest", "--no-prefect", "--source", "synthetic", "--no-history", "--json").code == 0
    assert run(tmp_path, "discover", "--no-prefect", "--no-fetch", "--json").code in (0, 1)
    assert run(tmp_path, *BATCH, "--top-volume", "2").code == 0
    results = tmp_path / "results"
    assert [ROW.match(row)[1] for row in rows(tmp_path)] == ["batch", "discovery", "ingest"]
    pages = [link for link in HREF.findall((results / "index.html").read_text()) if not link.startswith("data:")]
    assert len(pages) == 3
    for page in pages:
        told = (results / page).read_text()
        assert 'href="../index.html">All runs</a>' in told
    assert {path.name for path in results.iterdir() if path.is_file()} == {"index.html", LOCK}


def test_two_runs_that_end_at_once_both_stand_in_it(tmp_path):
    fill_folder(tmp_path, 2)
    begun = [start(tmp_path, *BATCH, "--market", f"polymarket:team-{number}") for number in (1, 2)]
    for process in begun:
        process.communicate()
        assert process.returncode == 0
    assert [">completed<" in row for row in rows(tmp_path)] == [True, True]


def test_many_writers_at_once_leave_a_whole_page_that_tells_of_the_last(tmp_path):
    settings = settings_at(tmp_path)
    for number in range(4):
        end_run(tmp_path, number)
    writers = [threading.Thread(target=tell_of_runs, args=(settings,)) for _ in range(8)]
    for writer in writers:
        writer.start()
    end_run(tmp_path, 4)
    tell_of_runs(settings)
    for writer in writers:
        writer.join()
    assert len(rows(tmp_path)) == 5
    assert (tmp_path / "results" / "index.html").read_text().rstrip().endswith("</html>")
    assert {path.name for path in (tmp_path / "results").iterdir() if path.is_file()} == {"index.html", LOCK}


def test_it_is_bounded_and_says_what_is_missing(tmp_path):
    for number in range(3):
        end_run(tmp_path, number, with_folder=False)
    with open_stores(tmp_path) as storage:
        for number in range(3, MOST_RUNS + 5):
            at = NOON + timedelta(minutes=number)
            storage.catalogue.start_run(f"r{number}", kind="discover", parameters={}, started_at=at, code_version="1")
    (tmp_path / "results").mkdir()
    tell_of_runs(settings_at(tmp_path))
    assert len(rows(tmp_path)) == MOST_RUNS
    assert f"The newest {MOST_RUNS}; the table run" in (tmp_path / "results" / "index.html").read_text()


def test_a_folder_of_another_store_is_named_and_one_without_a_page_is_not(tmp_path):
    end_run(tmp_path, 1)
    for name in ("old_20250101_000000", "half_20250101_000000"):
        (tmp_path / "results" / name).mkdir()
    (tmp_path / "results" / "old_20250101_000000" / "summary.html").write_text("<p>")
    tell_of_runs(settings_at(tmp_path))
    page = (tmp_path / "results" / "index.html").read_text()
    assert 'href="old_20250101_000000/summary.html"' in page
    assert "half_20250101_000000" not in page


def test_a_run_whose_index_cannot_be_written_has_not_failed(tmp_path, caplog: pytest.LogCaptureFixture):
    end_run(tmp_path, 1)
    (tmp_path / "results" / "index.html").mkdir()
    tell_of_runs(settings_at(tmp_path))
    assert "index.html was not renewed" in caplog.text
    assert {path.name for path in (tmp_path / "results").glob(".*")} == {LOCK}


def test_it_stands_before_anything_is_put_elsewhere(tmp_path):
    """Which may take as long as another process needs to put its own."""
    end_run(tmp_path, 1)
    kept = tmp_path / "kept"
    kept.write_text("a file where the folder should be")
    tell_of_runs(settings_at(tmp_path, results_url=kept.as_uri()))
    assert len(rows(tmp_path)) == 1
    kept.unlink()
    tell_of_runs(settings_at(tmp_path, results_url=kept.as_uri()))
    assert (kept / "index.html").read_text() == (tmp_path / "results" / "index.html").read_text()


def test_two_data_folders_with_one_results_folder_write_it_one_after_the_other(tmp_path, caplog):
    """The lock is where the page is; who cannot have it leaves the page to those who hold it."""
    end_run(tmp_path, 1)
    other = settings_at(tmp_path).model_copy(update={"data_dir": tmp_path / "other"})
    with FileLock(tmp_path / "results" / LOCK):
        tell_of_runs(other, patience=0.1)
    assert "index.html was not renewed" in caplog.text
    assert not (tmp_path / "results" / "index.html").exists()
