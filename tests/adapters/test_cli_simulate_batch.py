"""``edgeworth simulate`` to its end on a small synthetic catalogue: what a machine reads, and what a person sees."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.edgeworth_command import SECRET, catalogue, ingested, leaked, run_warm
from tests.terminal import in_terminal

PLAINLY = ("--no-prefect", "--author", "builtin", "--no-research", "--sandbox", "local")
"""Keys are set in every process, so that nobody is asked only because it was said."""

MARKET_FILES = {"result.html", "model.py", "context.json", "result.json", "log.txt"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    ingested(folder, "--source", "synthetic", EDGEWORTH_HISTORY_MARKETS="1")
    return folder


def test_a_market_by_name_ends_in_one_object_and_a_complete_folder(folder):
    """The busiest market has books and prices in the history."""
    busiest = catalogue(folder, "--status", "open")[0]
    done = run_warm(
        folder, "simulate", "--market", busiest["market_id"], *PLAINLY, "--no-fetch", "--json", "--runs", "60"
    )
    assert (done.code, done.err) == (0, "")
    answer = done.json
    assert list(answer) == [
        "run_id", "results_dir", "markets", "succeeded", "failed", "skipped", "sandbox", "author", "seconds", "page"
    ]  # fmt: skip
    assert (answer["markets"], answer["succeeded"], answer["failed"], answer["skipped"]) == (1, 1, 0, 0)
    assert answer["author"] == "builtin"
    assert answer["sandbox"].startswith("local")
    results = folder / answer["results_dir"]
    assert re.fullmatch(r"market_\d{8}_\d{6}", results.name)
    assert folder / answer["page"] == results / "summary.html"
    assert {path.name for path in results.iterdir() if path.is_file()} == {
        "summary.html", "batch_report.json", "manifest.json"
    }  # fmt: skip
    report = json.loads((results / "batch_report.json").read_text())
    assert {name: report[name] for name in answer if name != "page"} == {
        name: value for name, value in answer.items() if name != "page"
    }
    (one,) = report["simulations"]
    assert one["market_id"] == busiest["market_id"]
    assert one["models"][0]["runs"] == 60
    assert {path.name for path in (results / one["folder"]).iterdir()} == MARKET_FILES
    assert leaked(folder, SECRET) == []


def test_from_the_menu_to_the_page_with_a_line_for_each_market(folder):
    """Of 25 columns of figures nothing is cut off: a narrow terminal has lines in place of the table."""
    with in_terminal(
        folder, "simulate", *PLAINLY, "--no-fetch", columns=70, EDGEWORTH_SIMULATE_BATCH_SIZE="3"
    ) as terminal:
        assert "Top 3 by Volume" in terminal.answers("Choice: ", "1")
        looked = terminal.answers("q quits: ", "")
        assert terminal.ends() == 0
        shown = terminal.seen[terminal.looked :]
    assert "Cost     $0: nobody is asked who charges" in looked
    assert len(re.findall(r"^(?:\S.*)?(?:comparable|noise|look|strong|failed|skipped): Will", shown, re.MULTILINE)) == 3
    assert re.search(r"market .*%, model .*%.*: (not comparable|inside noise|worth a look|strong)", shown)
    assert "3 markets: 3 succeeded, 0 failed, 0 skipped, in " in shown
    assert re.search(r"Left out: .*\d ranked lower", shown)
    (page,) = re.findall(r"Page: (\S+)", shown)
    assert (folder / page).read_text().startswith("<!")
