"""The sweep on a real server, its units in other processes: the same as without Prefect, all of it shown, none left."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.edgeworth_command import end, run, start
from tests.flow_runs.processes import Server, eventually
from tests.flow_runs.test_other_processes import needs_proc, processes_of
from tests.replaying import bars_csv, walked_bars
from tests.sweep_process import NAME, begun, fill, module_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fill(tmp_path)
    (tmp_path / "BTCUSD_1h.csv").write_text(bars_csv(walked_bars(22, 300)))
    return tmp_path


def arguments(strategy: str, *more: str) -> tuple[str, ...]:
    quick = ("--set", "screener.fast=5", "--set", "screener.slow=20")
    return ("sweep", "--bars", NAME, "--strategy", strategy, *quick, *more, "--json")


def settings_of(folder: Path, server: Server, runner: str) -> dict[str, str]:
    return {
        "PREFECT_API_URL": server.url,
        "PREFECT_HOME": str(folder / "home"),
        "EDGEWORTH_TASK_RUNNER": runner,
    }


@needs_proc
def test_units_in_processes_come_to_the_same_and_one_that_fails_is_named(server: Server, folder: Path):
    """Two assets, three settings each, a strategy of the user's own that cannot take one of them."""
    strategy = f"{module_of(folder)}:Picky"
    grid = ("--bars", "BTCUSD_1h.csv", "--grid", "hold_seconds=86400,172800,259200", "--chunk", "2")
    # A store of its own: of a clean checkout the second run would take all from the ledger.
    plain = run(folder, *arguments(strategy, *grid, "--no-prefect"), EDGEWORTH_DATA_DIR=str(folder / "plain"))
    done = run(folder, *arguments(strategy, *grid), **settings_of(folder, server, "processes"))
    assert (done.code, done.json["made_now"]) == (1, 4)
    assert sorted((one["asset"], one["trials"]) for one in done.json["failed"]) == [("BTC", 1), ("ETH", 1)]
    for name in ("trials", "overfitting", "deflated_sharpe", "trials_counted"):
        assert done.json[name] == plain.json[name]
    assert processes_of(folder) == set()

    (flow,) = server.flow_runs(name={"any_": [f"sweep 3 settings of {strategy} over {NAME}, BTCUSD_1h.csv"]})
    assert flow["state_name"] == "Failed"
    tasks = server.post("/task_runs/filter", task_runs={"flow_run_id": {"any_": [flow["id"]]}})
    assert {"eth-1", "eth-2", "btc-1", "btc-2"} <= {task["name"] for task in tasks}
    assert len(tasks) <= 4 + 20
    artifacts = server.post("/artifacts/filter", artifacts={"flow_run_id": {"any_": [flow["id"]]}})
    by_key = {each["key"]: each for each in artifacts}
    assert {"sweep-progress", "sweep-report", "sweep-trials"} <= set(by_key)
    assert by_key["sweep-progress"]["data"] == 100.0
    assert "Could not be made" in by_key["sweep-report"]["data"]


@needs_proc
def test_a_sweep_that_is_interrupted_ends_its_units_and_leaves_no_process(server: Server, folder: Path):
    strategy = f"{module_of(folder)}:Told"
    settings = settings_of(folder, server, "processes")
    grid = ("--grid", "hold_seconds=" + ",".join(str(3_600 * hours) for hours in range(1, 4_000)), "--chunk", "1000")
    process = start(folder, *arguments(strategy, *grid), **settings)
    eventually(lambda: begun(folder), what="the first trial")
    process.send_signal(signal.SIGINT)
    ended = end(process)
    assert (ended.code, ended.out) == (130, "")
    assert "Traceback" not in ended.err
    eventually(lambda: not processes_of(folder), within=40, what="the end of the processes")
    assert begun(folder) < 3_999
    assert not list((folder / "results").glob("sweep_*"))
