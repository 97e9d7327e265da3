"""Results put to a store as well: whole runs with the manifest last, nothing lost, and what is missing put by the next."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.results import elsewhere
from tasks.results.folder import make_run_folder
from tasks.settings import Settings
from tasks.simulation.folder import BatchFolder, open_batch_folder
from tests.object_stores import ENVIRONMENT

AT = datetime(2026, 11, 21, 6, 1, 2, tzinfo=UTC)
RUN = "batch_20261121_060102"
WHOLE = ["batch_report.json", "it_rains/log.txt", "it_rains/result.json", "manifest.json"]


@pytest.fixture
def settings(bucket, tmp_path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data", results_dir=tmp_path / "results", results_url=f"{bucket.url}/kept/results"
    )


def a_batch(settings: Settings, at: datetime = AT) -> BatchFolder:
    return open_batch_folder(settings, "batch", at, f"run of {at}")


def a_market(batch: BatchFolder, name: str = "it_rains", log: str = "once") -> None:
    batch.write_market(name, {"log.txt": log, "result.json": "{}"})


def the_end(settings: Settings, batch: BatchFolder) -> None:
    batch.write("batch_report.json", "{}")
    batch.write_manifest({"run_id": "1", "status": "complete"})
    elsewhere.put_waiting(settings)


def a_run(settings: Settings, at: datetime = AT) -> None:
    with make_run_folder(settings, "ingest", at) as run:
        run.write("summary.html", "<p>")
        run.write("manifest.json", "{}")
    elsewhere.put_waiting(settings)


def kept(bucket, run: str = RUN) -> list[str]:
    return [key.removeprefix(f"kept/results/{run}/") for key in bucket.keys(f"kept/results/{run}/")]


def put(bucket) -> list[str]:
    """What was put, in order."""
    return [one.path.rpartition("/")[2] for one in bucket.server.requests if one.method == "PUT"]


def test_a_market_is_there_when_it_is_done_and_the_manifest_when_all_is(bucket, settings):
    batch = a_batch(settings)
    assert kept(bucket) == []
    a_market(batch)
    assert kept(bucket) == ["it_rains/log.txt", "it_rains/result.json"]
    the_end(settings, batch)
    assert kept(bucket) == WHOLE
    assert put(bucket)[-1] == "manifest.json"
    assert bucket.body(f"kept/results/{RUN}/manifest.json") == (batch.path / "manifest.json").read_bytes()
    assert elsewhere.waiting(settings) == []


def test_a_run_whose_folder_appears_at_once_is_put_at_once(bucket, settings):
    a_run(settings)
    assert kept(bucket, "ingest_20261121_060102") == ["manifest.json", "summary.html"]
    assert put(bucket) == ["summary.html", "manifest.json"]


def test_a_page_is_kept_as_a_page(bucket, settings):
    a_run(settings)
    found = bucket.client.head_object(Bucket=bucket.name, Key="kept/results/ingest_20261121_060102/summary.html")
    assert found["ContentType"] == "text/html"


def test_a_report_that_is_written_anew_takes_the_place_of_the_first(bucket, settings):
    batch = a_batch(settings)
    the_end(settings, batch)
    batch.write("batch_report.json", '{"stages": 3}')
    batch.write_manifest({"run_id": "1", "status": "complete", "sources": []})
    elsewhere.put_waiting(settings)
    assert bucket.body(f"kept/results/{RUN}/batch_report.json") == b'{"stages": 3}'
    assert b"sources" in bucket.body(f"kept/results/{RUN}/manifest.json")


def test_a_run_that_fails_is_not_put_and_waits_for_nothing(bucket, settings):
    with pytest.raises(ValueError, match="half way"), make_run_folder(settings, "ingest", AT):
        raise ValueError("half way")
    a_run(settings, AT + timedelta(seconds=1))
    assert kept(bucket, "ingest_20261121_060102") == []
    assert elsewhere.waiting(settings) == []


def test_without_an_address_nothing_is_noted(tmp_path):
    a_run(Settings(results_dir=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["ingest_20261121_060102"]


def test_a_store_that_is_down_costs_no_result_and_the_next_run_puts_what_is_missing(bucket, settings, caplog):
    bucket.server.before = lambda method, path: "403 Forbidden" if method == "PUT" else None
    batch = a_batch(settings)
    a_market(batch)
    a_market(batch, "it_snows")
    the_end(settings, batch)
    assert sorted(path.name for path in batch.path.iterdir()) == [
        "batch_report.json",
        "it_rains",
        "it_snows",
        "manifest.json",
    ]
    assert kept(bucket) == []
    assert elsewhere.has_failed(settings, AT)
    assert not elsewhere.has_failed(settings, datetime.now(UTC) + timedelta(minutes=1))
    assert elsewhere.waiting(settings) == [batch.path]
    assert "the store refuses" in elsewhere.why_waiting(batch.path)
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.ERROR]
    assert len(told) == 1
    assert f"{RUN} stands here and was not put to {settings.results_url}; the next run puts it." in told[0]
    assert ENVIRONMENT["AWS_SECRET_ACCESS_KEY"] not in caplog.text

    bucket.server.before = lambda method, path: None
    bucket.server.requests.clear()
    a_run(settings, AT + timedelta(hours=1))
    assert kept(bucket) == sorted([*WHOLE, "it_snows/log.txt", "it_snows/result.json"])
    assert put(bucket)[-1] == "manifest.json"
    assert elsewhere.waiting(settings) == []
    assert not elsewhere.has_failed(settings, AT)


def test_once_the_store_has_failed_the_other_markets_of_the_run_do_not_wait_for_it(bucket, settings):
    bucket.server.before = lambda method, path: "403 Forbidden" if method == "PUT" else None
    batch = a_batch(settings)
    a_market(batch)
    bucket.server.requests.clear()
    a_market(batch, "it_snows")
    assert bucket.server.requests == []


def test_a_market_that_is_put_a_second_time_is_as_it_is_here(bucket, settings):
    batch = a_batch(settings)
    a_market(batch, log="once")
    bucket.server.before = lambda method, path: "403 Forbidden" if method == "PUT" else None
    a_market(batch, log="more")
    bucket.server.before = lambda method, path: None
    the_end(settings, batch)
    assert bucket.body(f"kept/results/{RUN}/it_rains/log.txt") == b"more"


def test_a_batch_that_goes_on_elsewhere_is_left_to_its_own_process(bucket, settings):
    a_market(a_batch(settings))
    a_run(settings, AT + timedelta(hours=1))
    assert kept(bucket) == ["it_rains/log.txt", "it_rains/result.json"]
    assert elsewhere.waiting(settings) == []


BATCH = """
from tests.adapters.test_results_elsewhere import a_batch, a_market, the_end
from tasks.settings import load_settings
settings = load_settings()
batch = a_batch(settings)
a_market(batch)
the_end(settings, batch)
"""


@pytest.mark.parametrize("name", ["result.json", "batch_report.json", "manifest.json"])
def test_a_process_that_is_killed_while_it_puts_leaves_no_manifest_and_the_next_run_puts_the_rest(
    bucket, settings, name
):
    def kill(method: str, path: str) -> str | None:
        if method == "PUT" and path.endswith(name) and child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()
            return "500 Internal Server Error"
        return None

    bucket.server.before = kill
    places = {
        "EDGEWORTH_DATA_DIR": str(settings.data_dir),
        "EDGEWORTH_RESULTS_DIR": str(settings.results_dir),
        "EDGEWORTH_RESULTS_URL": str(settings.results_url),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    child = subprocess.Popen([sys.executable, "-c", BATCH], env=os.environ | places)
    assert child.wait(timeout=60) == -signal.SIGKILL
    assert "manifest.json" not in kept(bucket)
    # Taken up under its own name, as the same command does; or already at its end, and any run puts it.
    if name == "result.json":
        batch = a_batch(settings)
        a_market(batch)
        the_end(settings, batch)
    else:
        a_run(settings, AT + timedelta(hours=1))
    assert kept(bucket) == WHOLE
    assert elsewhere.waiting(settings) == []


def test_the_index_of_all_runs_is_put_after_them_as_it_is_by_then(bucket, settings):
    settings.results_dir.mkdir()
    (settings.results_dir / "index.html").write_text("<p>no run")
    elsewhere.put_waiting(settings)
    (settings.results_dir / "index.html").write_text("<p>one run")
    a_run(settings)
    assert bucket.body("kept/results/index.html") == b"<p>one run"
    assert put(bucket) == ["index.html", "summary.html", "manifest.json", "index.html"]


def test_an_index_that_could_not_be_put_is_said_as_a_run_is_and_put_by_the_next(bucket, settings, caplog):
    settings.results_dir.mkdir()
    (settings.results_dir / "index.html").write_text("<p>")
    bucket.server.before = lambda method, path: "403 Forbidden" if path.endswith("index.html") else None
    a_run(settings)
    assert kept(bucket, "ingest_20261121_060102") == ["manifest.json", "summary.html"]
    assert f"index.html stands here and was not put to {settings.results_url}" in caplog.text
    assert elsewhere.has_failed(settings, AT)
    assert elsewhere.waiting(settings) == []
    bucket.server.before = lambda method, path: None
    a_run(settings, AT + timedelta(hours=1))
    assert bucket.body("kept/results/index.html") == b"<p>"
    assert not elsewhere.has_failed(settings, AT)


def test_a_run_that_cannot_be_put_keeps_no_later_one_back(bucket, settings):
    bucket.server.before = lambda method, path: "403 Forbidden" if "060102/" in path else None
    a_run(settings)
    a_run(settings, AT + timedelta(hours=1))
    assert kept(bucket, "ingest_20261121_070102") == ["manifest.json", "summary.html"]
    assert [run.name for run in elsewhere.waiting(settings)] == ["ingest_20261121_060102"]


def test_the_notes_of_a_run_that_appears_while_we_look_are_kept(settings, monkeypatch):
    """Another process moves its folder to its place in the instant after we found none there."""
    is_dir = Path.is_dir

    def found_by_us(path: Path) -> bool:
        found = is_dir(path)
        if path.name == RUN and path.parent == settings.results_dir and not found:
            place = settings.results_dir / f".{RUN}.partial"
            place.rename(path)
        return found

    with make_run_folder(settings, "batch", AT) as run:
        run.write("manifest.json", "{}")
        with monkeypatch.context() as patched:
            patched.setattr(Path, "is_dir", found_by_us)
            elsewhere.waiting(settings)
        if run.final.exists():
            run.final.rename(run.building)
    assert elsewhere.waiting(settings) == [settings.results_dir / RUN]


def test_a_folder_does_as_a_store(tmp_path):
    settings = Settings(results_dir=tmp_path / "results", results_url=(tmp_path / "kept").as_uri())
    batch = a_batch(settings)
    a_market(batch)
    the_end(settings, batch)
    found = (tmp_path / "kept" / RUN).rglob("*")
    assert sorted(path.relative_to(tmp_path / "kept" / RUN).as_posix() for path in found if path.is_file()) == WHOLE
    assert json.loads((tmp_path / "kept" / RUN / "manifest.json").read_text())["status"] == "complete"
