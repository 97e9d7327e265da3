"""A strategy that raises while it is run: one sentence, and the run is left to whoever asks for it again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edgeworth.errors import ConfigurationError
from tasks.replay.plan import BarsChoice, ReplayPlan
from tasks.replay.runs import run_plainly
from tests.edgeworth_command import run
from tests.replaying import bars_csv, walked_bars
from tests.stored import open_stores, settings_at

BARS = walked_bars(5, 400)
NAME = "ETHUSD_1h.csv"
OWN = """
from edgeworth.replay.indicators import Sma
from edgeworth.replay.strategies import CrossFollower


class Late(CrossFollower, frozen=True, kw_only=True, tag=True):
    broken: bool = True

    @property
    def name(self):
        return "late"

    def on_bar(self, past, account):
        if self.broken and past.ended > 200:
            raise KeyError("no such key")
        return super().on_bar(past, account)


class Gap(Sma, frozen=True, tag=True):
    def column(self, bars):
        raise RuntimeError("no column")


class Columnless(CrossFollower, frozen=True, kw_only=True, tag=True):
    @property
    def indicators(self):
        return {**super().indicators, "gap": Gap(5)}
"""
AT = f"{BARS.at(200):%Y-%m-%d %H:%M} UTC"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_text(bars_csv(BARS))
    (tmp_path / "late_strategies.py").write_text(OWN)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            ["replay", "--full", "--strategy", "late_strategies:Late"],
            f"late: KeyError: 'no such key', in the bar of {AT}",
        ),
        (["parity", "--strategy", "late_strategies:Late"], "late: KeyError: 'no such key', in the bar of "),
        (["replay", "--strategy", "late_strategies:Columnless"], "cross: RuntimeError: no column"),
    ],
)
def test_what_a_strategy_raises_is_one_sentence(folder, command, words):
    run(folder, *command, "--bars", NAME, "--no-prefect").says(2, f"Error: {words}")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "slow=99999999999999999999999"], "an indicator over two bars or more, at most 1,000,000"),
        (["--set", "ranges=0"], "cross with ranges=0: expected an indicator over two bars or more"),
        (["--strategy", ":X"], "expected a module that can be imported in ':X'"),
        (["--strategy", "fusion", "--set", "trigger_bars=-3"], "expected a trigger in one bar or more"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_one_sentence_and_nothing_is_written(folder, options, words):
    before = sorted(path.name for path in folder.iterdir())
    run(folder, "replay", "--strategy", "cross", *options, "--bars", NAME, "--no-prefect").says(2, words)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_window_without_an_end_is_refused_by_its_option(folder):
    done = run(folder, "replay", "--bars", NAME, "--window", "99999999999999999999999", "--no-prefect")
    assert done.code == 2
    assert "Traceback" not in done.err
    assert "less than or equal to 100000" in " ".join(done.err.split())


def test_a_run_that_failed_is_not_going_on_and_is_taken_up_when_it_is_asked_for_again(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    settings = settings_at(folder)
    plan = ReplayPlan(bars=BarsChoice(path=str(folder / NAME)), strategy="late_strategies:Late", full=True)
    try:
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=f"^late: KeyError: 'no such key', in the bar of {AT}"):
                run_plainly(settings, plan, "replay")
    finally:
        sys.modules.pop("late_strategies", None)
    with open_stores(folder) as storage:
        found = storage.catalogue.list_runs(kind="replay")
    # The second asked for the same and went on with the first, which this process no longer held.
    assert [one.status for one in found] == ["running"]
    assert [path for path in (folder / "results").iterdir() if path.is_dir()] == []
