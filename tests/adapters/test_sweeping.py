"""Sweeps that are killed, repeated, cut into steps, made twice at once, or whose trials fail: each trial once, all told."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.history import PricePoint
from edgeworth.markets.market import MarketStatus
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.reports.replay import SweepReport
from tasks import wiring
from tasks.replay.editions import Edition
from tasks.replay.plan import BarsChoice, SweepPlan
from tasks.replay.publishing import has_failed, sentence
from tasks.replay.sweeping import sweep_plainly
from tests.builders import NOON, a_market
from tests.edgeworth_command import run
from tests.replaying import bars_csv, walked_bars
from tests.stored import open_stores, save_markets, settings_at
from tests.sweep_process import GRID, NAME, begun, fill, module_of, sweep_in

REPOSITORY = Path(__file__).parents[2]
DIRTY = Edition("1.0+aaaaaaa-dirty", is_certain=False)
QUICK = ("--strategy", "holder", "--set", "screener.fast=5", "--set", "screener.slow=20")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fill(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def kept(folder: Path, url: str, report: SweepReport) -> dict[str, float]:
    """Sharpe ratios that the ledger holds of the bars of ``report``."""
    with wiring.open_storage(settings_at(folder, database_url=url)) as storage:
        return dict(storage.trials.sharpes(report.bars[0].digest))


def judged(report: SweepReport) -> tuple[float | None, dict[str, float | None], list[float]]:
    assert report.verdict is not None
    return (
        report.verdict.deflated_sharpe,
        dict(report.verdict.overfitting),
        [trial.sharpe for trial in report.verdict.trials],
    )


def killed_at(folder: Path, url: str, line: int | str) -> None:
    died = subprocess.run(
        [sys.executable, "-m", "tests.sweep_process", str(folder), url, str(line)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL, died.stderr


def test_a_sweep_that_was_killed_makes_only_what_is_missing(folder, database_url):
    """Three units of two trials: killed in the fourth trial, so that one unit is in the ledger."""
    killed_at(folder, database_url, 4)
    assert begun(folder) == 4
    assert list((folder / "results").glob("*")) == []

    again = sweep_in(folder, database_url)
    assert (again.made_now, again.taken_from_ledger, again.earlier_trials) == (4, 2, 0)
    assert begun(folder) == 8
    assert len(kept(folder, database_url, again)) == 6
    with wiring.open_storage(settings_at(folder, database_url=database_url)) as storage:
        [noted] = storage.catalogue.list_runs(kind="sweep")
    assert (noted.run_id, noted.status) == (again.run_id, "complete")
    assert len(list((folder / "results").glob("sweep_*"))) == 1
    assert list((folder / "data" / "runs").iterdir()) == []

    once_more = sweep_in(folder, database_url)
    assert (once_more.made_now, once_more.taken_from_ledger) == (0, 6)
    assert begun(folder) == 8
    assert judged(once_more) == judged(again)
    assert once_more.run_id != again.run_id


@pytest.mark.parametrize("step", ["before-the-folder", "before-the-end"])
def test_a_sweep_that_was_killed_while_its_report_is_put_away_is_taken_up_and_has_one(folder, sqlite_url, step):
    killed_at(folder, sqlite_url, step)
    with wiring.open_storage(settings_at(folder, database_url=sqlite_url)) as storage:
        [killed] = storage.catalogue.list_runs(kind="sweep")
    assert killed.status == "running"
    again = sweep_in(folder, sqlite_url)
    assert (again.run_id, again.made_now, again.taken_from_ledger) == (killed.run_id, 0, 6)
    with wiring.open_storage(settings_at(folder, database_url=sqlite_url)) as storage:
        [ended] = storage.catalogue.list_runs(kind="sweep")
    assert ended.status == "complete"
    made = folder / "results" / Path(str(ended.counts["folder"])).name
    assert json.loads((made / "manifest.json").read_text())["run_id"] == killed.run_id


def manifest_of(folder: Path, report: SweepReport) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (folder / "results" / Path(report.folder or "").name / "manifest.json").read_text()
    )
    return found


def test_the_manifest_names_the_source_and_what_of_the_ledger_was_counted(folder, sqlite_url):
    part = GRID | {"hold_seconds": (86_400,)}
    rest = GRID | {"hold_seconds": (172_800, 259_200)}
    first = manifest_of(folder, sweep_in(folder, sqlite_url, grid=part))
    assert (first["earlier_trials"], first["earlier_sharpes_sha256"]) == (0, None)
    before = sorted(kept(folder, sqlite_url, sweep_in(folder, sqlite_url, grid=part)).values())
    second = manifest_of(folder, sweep_in(folder, sqlite_url, grid=rest))
    lines = "".join(f"{sharpe!r}\n" for sharpe in before)
    assert second["earlier_trials"] == len(before) == 2
    assert second["earlier_sharpes_sha256"] == hashlib.sha256(lines.encode()).hexdigest()
    source = (folder / f"{module_of(folder)}.py").read_bytes()
    named = f"{module_of(folder)}\n{len(source)}\n".encode() + source
    assert second["strategy_source_sha256"] == hashlib.sha256(named).hexdigest()
    assert "what the ledger held when the sweep was judged" in second["not_controlled"]
    assert "reads beside the bars" in second["not_controlled"]


def test_of_a_strategy_that_comes_with_edgeworth_the_version_is_the_source(folder, sqlite_url):
    report = sweep_in(folder, sqlite_url, strategy="holder", edition=Edition("1.0+aaaaaaa", is_certain=True))
    found = manifest_of(folder, report)
    assert found["strategy_source_sha256"] is None
    assert "strategy's source" not in found["not_controlled"]


def test_a_changed_checkout_makes_every_trial_again_and_says_so(folder, sqlite_url):
    first = sweep_in(folder, sqlite_url, edition=DIRTY)
    again = sweep_in(folder, sqlite_url, edition=DIRTY)
    assert (again.made_now, again.taken_from_ledger) == (6, 0)
    assert begun(folder) == 12
    assert any("checkout with changes" in note for note in again.notes)
    # The same settings are no more trials than they were.
    assert again.earlier_trials == 0
    assert judged(again) == judged(first)


def test_another_version_makes_every_trial_again_and_counts_none_twice(folder, sqlite_url):
    sweep_in(folder, sqlite_url)
    newer = sweep_in(folder, sqlite_url, edition=Edition("1.1+bbbbbbb", is_certain=True))
    assert (newer.made_now, newer.taken_from_ledger, newer.earlier_trials) == (6, 0, 0)


def test_a_changed_source_of_ones_own_counts_as_more_trials(folder, sqlite_url):
    sweep_in(folder, sqlite_url, edition=Edition("1.0+aaaaaaa/before", is_certain=True))
    after = sweep_in(folder, sqlite_url, edition=Edition("1.0+aaaaaaa/after", is_certain=True))
    assert (after.made_now, after.earlier_trials, after.trials_counted) == (6, 6, 12)


def test_small_steps_are_judged_like_one_large_sweep(folder, tmp_path_factory, sqlite_url):
    whole = sweep_in(folder, sqlite_url)
    assert whole.verdict is not None
    best = whole.verdict.best.settings["hold_seconds"]
    other = tmp_path_factory.mktemp("steps")
    fill(other)
    sys.path.insert(0, str(other))
    url = f"sqlite:///{other / 'steps.db'}"
    for days in sorted(GRID["hold_seconds"], key=lambda seconds: seconds == best):
        last = sweep_in(other, url, grid=GRID | {"hold_seconds": (days,)})
    sys.path.remove(str(other))
    assert (last.made_now, last.earlier_trials, last.trials_counted) == (2, 4, 6)
    assert judged(last)[0] == pytest.approx(judged(whole)[0], rel=1e-9)


def test_two_sweeps_at_once_end_well_and_leave_each_trial_once(folder, database_url):
    reports: list[SweepReport] = []
    threads = [threading.Thread(target=lambda: reports.append(sweep_in(folder, database_url))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [report.made_now + report.taken_from_ledger for report in reports] == [6, 6]
    assert [report.earlier_trials for report in reports] == [0, 0]
    assert judged(reports[0]) == judged(reports[1])
    assert len({report.run_id for report in reports}) == 2
    assert len(kept(folder, database_url, reports[0])) == 6


def test_a_trial_that_fails_is_told_and_the_others_go_on(folder, sqlite_url):
    report = sweep_in(folder, sqlite_url, strategy=f"{module_of(folder)}:Picky")
    assert has_failed(report)
    [failed] = report.failed
    assert (failed.asset, failed.trials, failed.problem) == ("ETH", 2, "ArithmeticError: two days are <too> much")
    assert (report.made_now, len(kept(folder, sqlite_url, report))) == (4, 4)
    assert sentence(report).startswith("2 trials came to nothing; holder: 4 trials, deflated Sharpe ratio of the best")
    page = (folder / "results" / Path(report.folder or "").name / "summary.html").read_text()
    assert "two days are &lt;too&gt; much" in page


def test_when_every_trial_fails_there_is_a_report_without_a_verdict(folder, sqlite_url):
    report = sweep_in(folder, sqlite_url, strategy=f"{module_of(folder)}:Picky", grid={"hold_seconds": (172_800,)})
    assert report.verdict is None
    assert (report.made_now, report.failed[0].trials) == (0, 1)


def test_markets_are_swept_at_the_fees_of_their_venue_and_with_their_own_end(tmp_path):
    """Prices that fall and come back, every ten hours; one market paid, the other is open."""
    decided = Resolution(shape=ResolutionShape.DECIDED, payouts=(1_000_000, 0), resolved_at=NOON + timedelta(days=30))
    free = FeeTerms(kind=FeeKind.NONE)
    with open_stores(tmp_path) as storage:
        save_markets(
            storage,
            [
                a_market("0x1", slug="rain", fee_terms=free),
                a_market("0x2", slug="over", fee_terms=free, status=MarketStatus.RESOLVED, resolution=decided),
            ],
        )
        for key in ("0x1", "0x2"):
            storage.history.save_prices([falling(key, hour) for hour in range(200)])
    plan = SweepPlan(
        bars=(BarsChoice(market="rain"), BarsChoice(market="over")),
        strategy="dip",
        settings={"screener.fast": 3, "screener.slow": 9},
        grid={"stake": (50.0, 100.0), "target": (0.05, 0.1)},
    )
    report = sweep_plainly(settings_at(tmp_path), plan)
    assert report.made_now == 8
    assert report.verdict is not None
    assert set(report.verdict.overfitting) == {"polymarket:0x1", "polymarket:0x2"}
    assert any("each of the others was swept at its own" in note for note in report.notes)


def falling(key: str, hour: int) -> PricePoint:
    return PricePoint(
        venue=Venue.POLYMARKET,
        market_native_id=key,
        outcome_index=0,
        at=NOON - timedelta(hours=300 - hour),
        interval_seconds=3_600,
        price=600_000 - 30_000 * (hour % 10),
    )


# --- the command --------------------------------------------------------------------------------------------------------


def test_the_command_ends_with_one_object_and_knows_its_trials(folder):
    (folder / "BTCUSD_1h.csv").write_text(bars_csv(walked_bars(22, 300)))
    options = (*QUICK, "--bars", NAME, "--bars", "BTCUSD_1h.csv", "--no-prefect")
    arguments = ("sweep", *options, "--grid", "hold_seconds=86400,172800", "--grid", "screener.threshold=0.5,0.7")
    done = run(folder, *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    report = done.json
    assert (report["kind"], report["made_now"], report["trials_counted"]) == ("sweep", 8, 8)
    assert {trial["asset"] for trial in report["trials"]} == {"ETH", "BTC"}
    assert set(report["overfitting"]) == {"ETH", "BTC"}
    made = folder / report["results_dir"]
    assert sorted(path.name for path in made.iterdir()) == [
        "manifest.json",
        "summary.html",
        "sweep.json",
        "trials.jsonl",
    ]
    assert len((made / "trials.jsonl").read_text().splitlines()) == 8
    manifest = json.loads((made / "manifest.json").read_text())
    assert manifest["parameters"]["grid"] == {"hold_seconds": [86400, 172800], "screener.threshold": [0.5, 0.7]}

    person = run(folder, "sweep", *options, "--grid", "hold_seconds=259200")
    assert person.code == 0
    words = " ".join(person.out.split())
    assert "8 others were tried on these bars before" in words
    assert "better than the best of 10 worthless trials would look" in words
    assert "The best trials" in words
    assert Path(folder, person.out.strip().splitlines()[-1].removeprefix("Page: ")).exists()


def test_a_failed_trial_ends_the_command_with_1(folder):
    strategy = f"{module_of(folder)}:Picky"
    quick = ("--set", "screener.fast=5", "--set", "screener.slow=20")
    grid = ("--grid", "hold_seconds=86400,172800")
    done = run(folder, "sweep", "--bars", NAME, "--strategy", strategy, *quick, *grid, "--no-prefect", "--json")
    assert done.code == 1
    assert (done.json["made_now"], done.json["failed"][0]["trials"]) == (1, 1)
    assert "ETH: 1 trial came to nothing: ArithmeticError: two days are <too> much" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--grid", "hold_seconds=1"], ["--bars, --asset and --market"]),
        (["--bars", "missing.csv"], ["missing.csv"]),
        (["--bars", NAME, "--bars", NAME], ["each asset once", "ETH 2 times"]),
        (["--bars", NAME, "--grid", "hold_seconds"], ["--grid", "NAME=VALUE"]),
        (["--bars", NAME, "--strategy", "nowhere:Mine"], ["nowhere"]),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_written(folder, arguments, words):
    before = sorted(path.name for path in folder.iterdir())
    run(folder, "sweep", *QUICK[2:], *arguments).says(2, "Error:", *words)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_too_many_trials_are_refused_with_a_sentence(folder):
    many = ",".join(map(str, range(400)))
    grids = ("--grid", f"hold_seconds={many}", "--grid", f"fraction={many}")
    run(folder, "sweep", "--bars", NAME, *grids).says(2, "at most 100,000 trials in a sweep, found 160,000")


def test_help_has_examples(folder):
    done = run(folder, "sweep", "--help")
    assert done.code == 0
    assert "edgeworth sweep --bars BTC.csv --bars ETH.csv --strategy cross" in " ".join(done.out.split())
