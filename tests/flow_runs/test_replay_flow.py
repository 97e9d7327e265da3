"""Replays on a real server: a task a step, a name that says what ran over what, an artifact that holds what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.edgeworth_command import run
from tests.flow_runs.processes import Server, eventually
from tests.replaying import bars_csv, walked_bars


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ETHUSD_1h.csv").write_text(bars_csv(walked_bars(5, 1_500)))
    return tmp_path


FAILING = """
from edgeworth.replay.strategies import CrossFollower


class Failing(CrossFollower, frozen=True, kw_only=True, tag=True):
    def on_bar(self, past, account):
        raise KeyError("no such key")
"""


def test_what_a_strategy_raises_is_the_state_of_the_run_and_no_lines_of_code(server: Server, folder):
    (folder / "failing.py").write_text(FAILING)
    options = ("--bars", "ETHUSD_1h.csv", "--strategy", "failing:Failing", "--full")
    done = run(folder, "replay", *options, PREFECT_API_URL=server.url)
    assert done.code == 2
    assert "Traceback" not in done.err
    said = f"cross: KeyError: 'no such key', in the bar of {walked_bars(5, 1_500).at(0):%Y-%m-%d %H:%M} UTC, in failing.py:7"
    assert done.err.strip().splitlines()[-1] == f"Error: {said}"

    def failed() -> list[object]:
        runs = server.flow_runs(
            name={"any_": ["failing:Failing over ETHUSD_1h.csv"]}, state={"type": {"any_": ["FAILED"]}}
        )
        return [each["state"]["message"] for each in runs]

    eventually(lambda: failed() == [said], what="the run as failed")


@pytest.mark.parametrize(
    ("kind", "step", "words"),
    [
        ("screen", "screen-bars", "candidates"),
        ("replay", "replay-bars", "trades"),
        ("parity", "compare-replays", "equal"),
    ],
)
def test_a_run_has_its_steps_its_name_and_its_report(server: Server, folder, kind, step, words):
    options = ("--bars", "ETHUSD_1h.csv", "--strategy", "cross", "--json")
    done = run(folder, kind, *options, PREFECT_API_URL=server.url)
    assert done.code == 0, done.err
    assert (folder / done.json["results_dir"] / "summary.html").exists()
    name = "cross over ETHUSD_1h.csv"

    def ended() -> list[dict[str, object]]:
        found = server.flow_runs(name={"any_": [name]}, state={"type": {"any_": ["COMPLETED"]}})
        flows = {each["id"]: each["name"] for each in server.post("/flows/filter")}
        return [each for each in found if flows[each["flow_id"]] == kind]

    eventually(lambda: len(ended()) == 1, what="the run as completed")
    tasks = server.post("/task_runs/filter", task_runs={"flow_run_id": {"any_": [ended()[0]["id"]]}})
    assert {"read-bars", f"begin-{kind}", step, "publish-replay"} == {task["name"] for task in tasks}

    def told() -> str:
        found = server.post("/artifacts/latest/filter", artifacts={"key": {"any_": [f"{kind}-report"]}})
        return str([each["data"] for each in found])

    eventually(lambda: words in told().lower(), what="the artifact of the run")
