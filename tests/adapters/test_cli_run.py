"""``edgeworth run``: everything in one command, and a part that fails leaves the others their results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.edgeworth_command import Ended, run, run_warm

pytestmark = pytest.mark.xdist_group("command-run")

NO_KEYS = {f"{name}_API_KEY": "" for name in ("OPENAI", "ANTHROPIC", "DAYTONA", "EXA", "PERPLEXITY", "OPENROUTER")}
NOBODY = "http://127.0.0.1:9"
"""Where no server listens."""

KEYS = {
    *("run_id", "results_dir", "markets", "succeeded", "failed", "skipped", "opportunities", "matches"),
    *("sandbox", "author", "embedder", "seconds", "page"),
}


def run_job(folder: Path, *arguments: str, begin: Callable[..., Ended] = run_warm, **settings: str) -> Ended:
    return begin(folder, "run", "--no-prefect", *arguments, **{**NO_KEYS, "EMBEDDING_MODEL": "lexical", **settings})


def report_in(folder: Path, done: Ended) -> dict[str, Any]:
    return json.loads((folder / done.json["results_dir"] / "batch_report.json").read_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def done(folder: Path) -> Ended:
    """From cold, as a user begins it."""
    options = ("--limit", "60", "--no-history", "--top-volume", "3", "--json")
    return run_job(folder, "--source", "synthetic", *options, begin=run)


def test_it_ends_with_one_object_that_says_it_all(folder, done):
    assert (done.code, done.err) == (0, "")
    assert set(done.json) == KEYS
    assert done.json["markets"] == done.json["succeeded"] + done.json["failed"] + done.json["skipped"] == 3
    assert (done.json["author"], done.json["embedder"]) == (
        "builtin",
        "none (words only) (EMBEDDING_MODEL asks for words alone)",
    )
    assert (folder / done.json["page"]).is_file()


def test_the_report_has_a_line_a_part_and_the_page_says_that_it_is_invented(folder, done):
    report = report_in(folder, done)
    assert [(stage["name"], stage["error"]) for stage in report["stages"]] == [
        ("ingest", None),
        ("discover", None),
        ("simulate", None),
    ]
    assert report["seconds"] >= sum(stage["seconds"] for stage in report["stages"]) > 0
    page = (folder / done.json["page"]).read_text()
    assert "Synthetic markets." in page
    for one in report["simulations"]:
        assert one["question"].replace("&", "&amp;") in page


def test_a_venue_that_is_not_there_costs_its_news_and_the_report_says_so(folder, done):
    later = run_job(
        folder, "--source", "kalshi", "--top-volume", "2", "--json", EDGEWORTH_KALSHI_URL=NOBODY,
        EDGEWORTH_VENUE_ATTEMPTS="1",
    )  # fmt: skip
    assert later.code == 1
    assert "Traceback" not in later.err
    assert "ingest" in later.err
    assert later.json["succeeded"] == 2
    stages = {stage["name"]: stage["error"] for stage in report_in(folder, later)["stages"]}
    assert "127.0.0.1:9" in stages["ingest"]
    assert (stages["discover"], stages["simulate"]) == (None, None)


def test_without_any_market_there_is_still_a_page_that_says_why(tmp_path):
    nothing = run_job(
        tmp_path, "--source", "kalshi", "--json", EDGEWORTH_KALSHI_URL=NOBODY, EDGEWORTH_VENUE_ATTEMPTS="1"
    )
    assert nothing.code == 1
    assert nothing.json["markets"] == 0
    report = report_in(tmp_path, nothing)
    assert "no open market" in next(stage["error"] for stage in report["stages"] if stage["name"] == "simulate")
    assert "no open market" in (tmp_path / nothing.json["page"]).read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--source", "nasdaq"], ["nasdaq", "polymarket"]),
        (["--source", "synthetic", "--sandbox", "daytona"], ["DAYTONA_API_KEY"]),
    ],
)
def test_what_cannot_be_meant_is_said_before_any_work(tmp_path, arguments, words):
    run_job(tmp_path, *arguments).says(2, *words)
    assert not (tmp_path / "results").exists() or list((tmp_path / "results").iterdir()) == []
