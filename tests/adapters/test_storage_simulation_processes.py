"""Two processes that register at once, and one that is killed: every forecast once, in one chain."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from edgeworth.adapters.storage.database import SqlSimulations, open_database
from tests.pages import contents
from tests.warm import WarmProcess

REPOSITORY = Path(__file__).parents[2]
MARKETS = [f"kalshi:M{number:03d}" for number in range(30)]


def start(url: str, run: str, *options: object) -> WarmProcess:
    return WarmProcess(
        "tests.register_process",
        [url, run, *map(str, options)],
        cwd=REPOSITORY,
        environment=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )


def finish(child: WarmProcess) -> dict | None:
    """How many forecasts it was the first to register; ``None`` when it was killed."""
    code, out, err = child.end()
    if code == -signal.SIGKILL:
        return None
    assert code == 0, err
    return json.loads(out)


def test_two_processes_at_once_make_one_chain_and_register_nothing_twice(database_url):
    # Both open the new database at once, too.
    children = [start(database_url, run) for run in ("one", "two")]
    first = [finish(child) for child in children]
    engine = open_database(database_url)
    store = SqlSimulations(engine)
    assert store.check_chain() is None
    end = store.chain_end()
    assert end is not None
    assert end.position == 3 * len(MARKETS)
    for run in ("one", "two", "both"):
        assert [one.market_id for one in store.forecasts(run_id=run)] == MARKETS
    assert len(contents(engine, "simulation")["simulation"]) == 3 * len(MARKETS)
    engine.dispose()
    assert [first[0]["one"], first[1]["two"], first[0]["both"] + first[1]["both"]] == [len(MARKETS)] * 3


def test_a_process_that_is_killed_again_and_again_ends_with_every_forecast_once(database_url, engine):
    kills, first = 0, None
    while first is None:
        # Each life is a little longer than the one before, so that every stretch of a registration is died in.
        first = finish(start(database_url, "killed", "--markets", 6, "--kill-at", 7 + 9 * kills))
        kills += first is None
    assert kills >= 2
    store = SqlSimulations(engine)
    assert store.check_chain() is None
    assert len(store.forecasts()) == 12
    assert len(contents(engine, "simulation")["simulation"]) == 12
