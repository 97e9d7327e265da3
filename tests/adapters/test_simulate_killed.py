"""A batch that is killed, interrupted or refused, and the same command again: only what is missing is done.

Calls are counted at the servers; every market is registered once, in a chain that holds; no sandbox stays.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeworth.adapters.storage.database import SqlSimulations, open_database
from tests.edgeworth_command import SECRET, end, run_warm, start
from tests.fake_daytona import FakeDaytona, running_daytona
from tests.fake_services import AUTHOR, GOOD, INPUT_TOKENS, RESEARCH, FakeServices, Says, running_services
from tests.flow_runs.processes import eventually
from tests.simulate_process import ARGUMENTS, at_services, fill_catalogue, fill_folder, market_id
from tests.simulate_seams import SEAMS

REPOSITORY = Path(__file__).parents[2]
BATCH = (*ARGUMENTS, "--top-volume", "10", "--runs", "40")
HANGS = Says(hangs=True)


@pytest.fixture
def services() -> Iterator[FakeServices]:
    with running_services() as services:
        yield services


@pytest.fixture
def daytona(tmp_path: Path) -> Iterator[FakeDaytona]:
    (tmp_path / "remote").mkdir()
    with running_daytona(tmp_path / "remote") as daytona:
        yield daytona


def done_markets(folder: Path) -> list[str]:
    """Markets whose folder stands."""
    return sorted(path.parent.name for path in folder.glob("results/*/*/result.json"))


def check_registered(url: str, run_id: str, numbers: list[int]) -> None:
    """Each market of the run has one forecast, in a chain that holds."""
    engine = open_database(url)
    store = SqlSimulations(engine)
    forecasts = store.forecasts(run_id=run_id)
    assert sorted(one.market_id for one in forecasts) == sorted(map(market_id, numbers))
    assert store.check_chain() is None
    engine.dispose()


def check_complete(folder: Path, report: dict, numbers: list[int]) -> dict:
    """The whole report of a batch that came to its end in the one folder that there is; gives it."""
    assert (report["markets"], report["succeeded"]) == (len(numbers), len(numbers))
    [batch] = (folder / "results").glob("*/")
    assert batch == folder / report["results_dir"]
    assert len(done_markets(folder)) == len(numbers)
    whole = json.loads((batch / "batch_report.json").read_text())
    manifest = json.loads((batch / "manifest.json").read_text())
    assert (manifest["run_id"], manifest["status"]) == (report["run_id"], "complete")
    assert whole["usage"]["input_tokens"] == len(numbers) * INPUT_TOKENS
    assert [path for path in batch.rglob("*") if "partial" in path.name] == []
    return whole


def begun_run(folder: Path) -> str:
    """The id of the one run that has a folder."""
    [manifest] = folder.glob("results/*/manifest.json")
    return str(json.loads(manifest.read_text())["run_id"])


def test_a_batch_that_was_killed_asks_only_for_what_is_missing(tmp_path, services, daytona):
    """Three of four markets are done, the author's answer for the other one is held back; then signal 9.

    The next time the key is refused, which is one sentence and changes nothing; once it is mended, the rest goes on.
    """
    fill_folder(tmp_path, 4)
    settings = at_services(services, daytona)
    services.author = {3: [HANGS, Says(status=401, message=f"invalid x-api-key: {SECRET}"), GOOD]}
    first = start(tmp_path, *BATCH, **settings)
    services.wait_until_one_hangs()
    eventually(lambda: len(done_markets(tmp_path)) == 3, what="three markets")
    first.kill()
    first.communicate()
    run_id = begun_run(tmp_path)
    assert daytona.created == 3

    refused = run_warm(tmp_path, *BATCH, **settings)
    refused.says(2, "ANTHROPIC_API_KEY", "refused")
    assert refused.out == ""
    assert len(done_markets(tmp_path)) == 3

    again = run_warm(tmp_path, *BATCH, **settings)
    assert (again.code, again.err) == (0, "")
    assert again.json["run_id"] == run_id
    whole = check_complete(tmp_path, again.json, [1, 2, 3, 4])
    # A search and an answer a market; the search of the third was paid for by the process that was killed.
    assert whole["usage"]["calls"] == 8
    assert services.calls(AUTHOR) == {1: 1, 2: 1, 3: 3, 4: 1}
    assert services.calls(RESEARCH) == {1: 1, 2: 1, 3: 1, 4: 1}
    assert (daytona.created, daytona.deleted, daytona.alive) == (4, 4, {})
    check_registered(f"sqlite:///{tmp_path / 'data' / 'edgeworth.db'}", run_id, [1, 2, 3, 4])
    assert list((tmp_path / "data" / "runs").iterdir()) == []


def test_what_a_signal_ends_gives_its_sandboxes_back_and_the_same_command_goes_on(tmp_path, services, daytona):
    """A model runs in a sandbox without end, and an author's answer is held back: first Ctrl-C, then SIGTERM."""
    fill_folder(tmp_path, 2)
    settings = at_services(services, daytona)
    services.author = {2: [HANGS, HANGS, GOOD]}
    daytona.hangs_on = "boot.py"
    for number, signalled in enumerate((signal.SIGINT, signal.SIGTERM), 1):
        process = start(tmp_path, *BATCH, **settings)
        services.wait_until_one_hangs()
        eventually(lambda: daytona.alive and "POST /toolbox/*/process/execute" in daytona.calls, what="a sandbox")
        process.send_signal(signalled)
        ended = end(process)
        assert ended.out == ""
        assert ended.err == "Interrupted. What was done is kept; the same command goes on from there.\n"
        assert (daytona.created, daytona.deleted, daytona.alive) == (number, number, {})
        assert list((tmp_path / "data" / "sandboxes").iterdir()) == []
    run_id = begun_run(tmp_path)
    daytona.hangs_on = ""
    again = run_warm(tmp_path, *BATCH, **settings)
    assert (again.code, again.json["run_id"]) == (0, run_id)
    check_complete(tmp_path, again.json, [1, 2])
    assert services.calls(AUTHOR) == {1: 1, 2: 3}
    assert daytona.alive == {}


def killed_at(folder: Path, services: FakeServices, *seams: str, **settings: str) -> dict[str, list[int]]:
    """How the two children of each seam ended."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulate_seams", str(folder), *seams],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "ANTHROPIC_API_KEY": "sk-author",
            "EXA_API_KEY": "sk-research",
            **at_services(services),
            "EDGEWORTH_SANDBOX": "unsafe",
            "EDGEWORTH_SIMULATE_CONCURRENCY": "1",
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_killed_at_any_seam_a_batch_goes_on_from_there(tmp_path, services):
    for number, seam in enumerate(SEAMS):
        fill_folder(tmp_path / seam, 2, first=10 * number + 1)
    ended = killed_at(tmp_path, services, *SEAMS)
    assert ended == {seam: [-signal.SIGKILL, 0] for seam in SEAMS}
    for number, seam in enumerate(SEAMS):
        report = json.loads((tmp_path / seam / "report.json").read_text())
        numbers = [10 * number + 1, 10 * number + 2]
        check_complete(tmp_path / seam, report, numbers)
        check_registered(f"sqlite:///{tmp_path / seam / 'data' / 'edgeworth.db'}", report["run_id"], numbers)
    assert set(services.calls(AUTHOR).values()) == {1}
    assert set(services.calls(RESEARCH).values()) == {1}


def test_the_same_with_a_store_on_postgresql(tmp_path, services, postgresql_url):
    fill_catalogue(postgresql_url, 2)
    ended = killed_at(tmp_path, services, "before-the-forecast", EDGEWORTH_DATABASE_URL=postgresql_url)
    assert ended == {"before-the-forecast": [-signal.SIGKILL, 0]}
    folder = tmp_path / "before-the-forecast"
    report = json.loads((folder / "report.json").read_text())
    check_complete(folder, report, [1, 2])
    check_registered(postgresql_url, report["run_id"], [1, 2])
    assert services.calls(AUTHOR) == {1: 1, 2: 1}
