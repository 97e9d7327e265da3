"""``edgeworth screen``, ``replay`` and ``parity`` as a user starts them, over a table of bars with gaps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.edgeworth_command import Ended, leaked, run
from tests.replaying import bars_csv, walked_bars

NAME = "ETHUSD_1h.csv"
BARS = walked_bars(5, 1_500)

OWN = """
import numpy as np
from msgspec import Struct

from edgeworth.replay.strategies import CrossFollower


class Hoarder(CrossFollower, frozen=True, kw_only=True, tag=True):
    \"\"\"Keeps something of its own between two bars: how often it was asked.\"\"\"

    @property
    def name(self):
        return "hoarder"

    def on_bar(self, past, account):
        if past.ended == 1:
            ASKED.clear()
        ASKED.append(1)
        return super().on_bar(past, account) if len(ASKED) % 2 else ()


ASKED = []


class Next(Struct, frozen=True):
    \"\"\"The close of the bar that follows, as a column; it cannot be had bar by bar, so there it is the last one.\"\"\"

    def column(self, bars):
        return np.concatenate([bars.close[1:], bars.close[-1:]])

    def start(self):
        return LastClose()


class LastClose:
    def push(self, row):
        return row.close


class Seer(CrossFollower, frozen=True, kw_only=True, tag=True):
    @property
    def name(self):
        return "seer"

    @property
    def indicators(self):
        return {**super().indicators, "next": Next()}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all of these commands are given: a table of bars, and a strategy of the user's own that breaks the rules."""
    made = tmp_path_factory.mktemp("replay")
    (made / NAME).write_text(bars_csv(BARS))
    (made / "own.py").write_text(OWN)
    return made


def told(done: Ended, code: int = 0) -> dict[str, Any]:
    assert (done.code, done.err) == (code, "")
    return done.json


@pytest.fixture(scope="module")
def screened(folder: Path) -> dict[str, Any]:
    return told(run(folder, "screen", "--bars", NAME, "--strategy", "cross", "--no-prefect", "--json"))


def lines(folder: Path, report: dict[str, Any], name: str) -> list[dict[str, Any]]:
    text = (folder / report["results_dir"] / name).read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_a_screening_leaves_its_candidates_as_lines(folder, screened):
    found = lines(folder, screened, "candidates.jsonl")
    assert len(found) == screened["candidates"] > 0
    assert {one["asset"] for one in found} == {"ETH"}
    assert {one["dataset"] for one in found} == {screened["dataset"]}
    assert all(one["sentinels"]["sma_cross"] in {1, -1} for one in found)
    assert (folder / screened["results_dir"] / "summary.html").exists()


def test_gaps_are_told_and_not_filled(screened):
    assert screened["bars"] == len(BARS)
    assert screened["data"]["gap_count"] == int((BARS.gaps > 0).sum()) > 0
    assert screened["data"]["missing"] == int(BARS.gaps.sum())


def test_a_replay_takes_candidates_that_were_screened_before(folder, screened):
    path = f"{screened['results_dir']}/candidates.jsonl"
    options = ("--bars", NAME, "--strategy", "cross", "--candidates", path, "--no-prefect", "--json")
    report = told(run(folder, "replay", *options))
    assert report["candidates"] == screened["candidates"]
    assert report["candidates_from"] == "candidates.jsonl"
    assert any("is shown by `edgeworth parity`" in note for note in report["notes"])
    trades = lines(folder, report, "trades.jsonl")
    assert len(trades) == report["metrics"]["trades"] > 0
    assert report["seen"] < report["bars"]
    # Cash at the beginning, what each trade left, and what is still open make the end.
    held = report["open_position"]
    open_profit = 0.0 if held is None else held["profit"]
    assert 10_000 + sum(trade["profit"] for trade in trades) + open_profit == pytest.approx(report["final_equity"])


def test_candidates_that_leave_out_what_the_screener_finds_promise_nothing(folder, screened):
    text = (folder / screened["results_dir"] / "candidates.jsonl").read_text()
    (folder / "some.jsonl").write_text("".join(text.splitlines(keepends=True)[:-4]))
    options = ("--bars", NAME, "--strategy", "cross", "--candidates", "some.jsonl", "--no-prefect", "--json")
    (note,) = told(run(folder, "replay", *options))["notes"]
    assert f"4 of the {screened['candidates']} candidates that the screener of the strategy finds are not among" in note
    assert note.endswith("a full replay may come to something else.")


def test_parity_ends_with_one_object(folder):
    report = told(run(folder, "parity", "--bars", NAME, "--strategy", "cross", "--no-prefect", "--json"))
    wanted = (
        *("equal", "bars", "trades", "candidates", "seconds_full", "seconds_screen", "seconds_focused", "speedup"),
        "first_divergence",
    )
    assert set(wanted) <= set(report)
    assert report["equal"] is True
    assert report["first_divergence"] is None
    assert report["bars"] == len(BARS)
    assert report["trades"] > 0
    assert report["soundness"]["is_sound"] is True


def test_a_strategy_that_keeps_something_of_its_own_is_found(folder):
    options = ("--bars", NAME, "--strategy", "own:Hoarder", "--no-prefect", "--json")
    done = run(folder, "parity", *options)
    assert done.code == 1
    report = done.json
    assert report["equal"] is False
    first = report["first_divergence"]
    assert first["full"] != first["focused"]
    assert (folder / report["results_dir"] / "summary.html").exists()


def test_a_strategy_that_knows_what_comes_later_is_found(folder):
    """Its column holds the close of the next bar: both replays read the same, so only cutting the bars short tells."""
    done = run(folder, "parity", "--bars", NAME, "--strategy", "own:Seer", "--cuts", "4", "--no-prefect", "--json")
    assert done.code == 1
    ahead = done.json["look_ahead"]
    assert ahead["is_clean"] is False
    assert ahead["cuts"] == 4
    assert {one["what"] for one in ahead["changes"]} == {"next"}
    assert all(one["bar"] == one["cut"] - 1 for one in ahead["changes"])


def test_nothing_of_an_honest_strategy_looks_ahead(folder):
    options = ("--bars", NAME, "--strategy", "cross", "--cuts", "4", "--no-prefect", "--json")
    assert told(run(folder, "parity", *options))["look_ahead"] == {
        "is_clean": True,
        "cuts": 4,
        "looked_at": ["strategy", "screener", "fast", "slow", "atr"],
        "changes": [],
        "unrepeatable": [],
    }


def test_for_a_person_it_is_a_few_sentences_and_the_page(folder):
    done = run(folder, "parity", "--bars", NAME, "--strategy", "cross", "--no-prefect")
    assert done.code == 0
    assert "to the last bit." in done.out
    assert "Entries of the full replay:" in done.out
    page = done.out.strip().splitlines()[-1].removeprefix("Page: ")
    assert (folder / page).exists()


def test_a_mistake_is_a_sentence_and_nothing_is_written(tmp_path, folder, screened):
    (tmp_path / "BTCUSD_1h.csv").write_text((folder / NAME).read_text())
    candidates = str(folder / screened["results_dir"] / "candidates.jsonl")
    done = run(tmp_path, "replay", "--bars", "BTCUSD_1h.csv", "--candidates", candidates)
    done.says(2, "expected candidates of BTC, found one of 'ETH'")
    run(tmp_path, "parity", "--bars", "missing.csv").says(2, "missing.csv")
    run(tmp_path, "screen").says(2, "one of --bars, --asset and --market")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["BTCUSD_1h.csv"]


def test_no_path_of_the_machine_is_in_a_report(folder, screened):
    assert [name for name in leaked(folder / "results", str(folder)) if name.endswith(".html")] == []
