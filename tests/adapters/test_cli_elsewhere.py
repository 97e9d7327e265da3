"""The main job with its history and its results in S3: the real command, the real client, over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edgeworth_command import Ended, run

pytestmark = pytest.mark.xdist_group("command-elsewhere")

NO_KEYS = {f"{name}_API_KEY": "" for name in ("OPENAI", "ANTHROPIC", "DAYTONA", "EXA", "PERPLEXITY", "OPENROUTER")}
JOB = ("run", "--no-prefect", "--source", "synthetic", "--limit", "60", "--top-volume", "2", "--json")


def addresses(bucket) -> dict[str, str]:
    return {"EDGEWORTH_HISTORY_URL": f"{bucket.url}/h", "EDGEWORTH_RESULTS_URL": f"{bucket.url}/results"}


def command(folder: Path, *arguments: str, **settings: str) -> Ended:
    few = {"EMBEDDING_MODEL": "lexical", "EDGEWORTH_HISTORY_MARKETS": "2"}
    return run(folder, *arguments, **{**NO_KEYS, **few, **settings})


def test_the_main_job_keeps_its_history_there_and_puts_every_result(bucket, tmp_path):
    done = command(tmp_path, *JOB, **addresses(bucket))
    assert (done.code, done.err) == (0, "")
    assert {key.split("/")[1] for key in bucket.keys("h/")} == {"bars", "books", "prices", "trades"}
    assert not (tmp_path / "data" / "history").exists()

    results = tmp_path / "results"
    here = {path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()}
    here -= {name for name in here if name.startswith(".")}
    assert "index.html" in here
    assert {key.removeprefix("results/") for key in bucket.keys("results/")} == here
    assert len([name for name in here if name.endswith("manifest.json")]) == 3
    assert all(bucket.body(f"results/{name}") == (results / name).read_bytes() for name in here)
    puts = [
        one.path.split("/results/")[1]
        for one in bucket.server.requests
        if one.method == "PUT" and "/results/" in one.path
    ]
    for kind in ("ingest", "discovery"):
        assert [name for name in puts if name.startswith(kind)][-1].endswith("manifest.json")


def test_results_that_could_not_be_put_are_said_and_the_next_run_puts_them(bucket, tmp_path):
    ingest = ("ingest", "--no-prefect", "--source", "synthetic", "--limit", "20", "--no-history", "--json")
    bucket.server.before = lambda method, path: "403 Forbidden" if method == "PUT" else None
    done = command(tmp_path, *ingest, **addresses(bucket))
    done.says(1, "stands here and was not put to", f"{bucket.url}/results", "the next run puts it", "the store refuses")
    assert len(list((tmp_path / "results").glob("ingest_*/summary.html"))) == 1

    doctor = command(tmp_path, "doctor", "--offline", "--json", **addresses(bucket))
    found = {one["name"]: one for one in doctor.json["findings"]}
    assert found["history address"]["state"] == found["results address"]["state"] == "skipped"
    assert found["results that wait"]["detail"].startswith("1 run waits, from ingest_")

    bucket.server.before = lambda method, path: None
    again = command(tmp_path, *ingest, **addresses(bucket))
    assert (again.code, again.err) == (0, "")
    assert len([key for key in bucket.keys("results/") if key.endswith("manifest.json")]) == 2


def test_the_doctor_writes_and_removes_an_object_at_both_addresses(bucket, tmp_path):
    # No venue is asked: both stand where nobody listens.
    nobody = {f"EDGEWORTH_{name}_URL": "http://127.0.0.1:9" for name in ("GAMMA", "KALSHI")}
    done = command(tmp_path, "doctor", "--json", **addresses(bucket), **nobody, EDGEWORTH_VENUE_ATTEMPTS="1")
    found = {one["name"]: (one["state"], one["detail"]) for one in done.json["findings"]}
    assert found["history address"] == ("ok", f"{bucket.url}/h: written and deleted")
    assert found["results address"] == ("ok", f"{bucket.url}/results: written and deleted")
    assert bucket.keys() == []


def test_an_address_that_cannot_be_meant_ends_the_command_before_any_work(tmp_path):
    done = command(tmp_path, *JOB, EDGEWORTH_HISTORY_URL="s3://user:hunter2@bucket/h")
    assert done.code == 2
    assert "EDGEWORTH_HISTORY_URL: expected an address like s3://bucket/prefix" in done.err
    assert "hunter2" not in done.err
    assert list(tmp_path.iterdir()) == []
