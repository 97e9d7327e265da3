"""Two batches at once while an ingest writes: the same command twice, each with a folder and a run of its own."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from edgeworth.adapters.storage.database import SqlCatalogue, SqlSimulations, open_database
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue
from tests.authoring import answer
from tests.edgeworth_command import check_sums, end, start
from tests.fake_services import AUTHOR, Says, running_services
from tests.flow_runs.processes import eventually
from tests.simulate_process import ARGUMENTS, at_services, fill_catalogue, market_id

MARKETS = [1, 2, 3]
BATCH = (*ARGUMENTS, "--market", "polymarket:team-1", "--market", "polymarket:team-2", "--market", "polymarket:team-3")
INGEST = ("ingest", "--no-prefect", "--source", "synthetic", "--full", "--no-history", "--json")


def test_two_batches_and_an_ingest_at_once_lose_nothing(tmp_path, database_url):
    """Both batches wait for an author's answer until the ingest is in the middle of its writing."""
    fill_catalogue(database_url, len(MARKETS))
    engine = open_database(database_url)
    catalogue, simulations = SqlCatalogue(engine), SqlSimulations(engine)
    with running_services() as services:
        services.author = {1: [Says(answer(), hangs=True)]}
        settings = {**at_services(services), "EDGEWORTH_DATABASE_URL": database_url}
        batches = [start(tmp_path, *BATCH, "--runs", "40", **settings) for _ in range(2)]
        for _ in batches:
            services.wait_until_one_hangs()
        reading = start(tmp_path, *INGEST, **settings)
        eventually(
            lambda: catalogue.find_markets(venue=Venue.SYNTHETIC_POLYMARKET, limit=1), what="a row of the ingest"
        )
        services.release.set()
        reports = [done(end(batch)) for batch in batches]
        ingested = done(end(reading))
        assert services.calls(AUTHOR) == {1: 2, 2: 2, 3: 2}
    check_sums(ingested)
    check_catalogue(engine, tmp_path)
    folders = {tmp_path / report["results_dir"] for report in reports}
    assert len(folders) == 2 == len({report["run_id"] for report in reports})
    for report in reports:
        assert (report["markets"], report["succeeded"]) == (3, 3)
        assert sorted(one.market_id for one in simulations.forecasts(run_id=report["run_id"])) == [
            market_id(number) for number in MARKETS
        ]
        check_folder(tmp_path / report["results_dir"], report["run_id"])
    assert simulations.check_chain() is None
    assert simulations.chain_end().position == 6
    assert {run.status for run in catalogue.list_runs(kind="simulate")} == {"complete"}
    assert list((tmp_path / "data" / "runs").iterdir()) == []
    engine.dispose()


def done(ended) -> dict:
    assert (ended.code, ended.err) == (0, "")
    return ended.json


def check_folder(folder: Path, run_id: str) -> None:
    """Everything in it is of its own run, and whole."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["run_id"], manifest["status"]) == (run_id, "complete")
    assert len(list(folder.glob("*/result.json"))) == len(MARKETS)
    assert [path for path in folder.rglob("*") if "partial" in path.name] == []
    assert json.loads((folder / "batch_report.json").read_text())["run_id"] == run_id


def check_catalogue(engine: sa.Engine, folder: Path) -> None:
    """Every market of the world that was listed when the ingest began, and those of the batches."""
    begun = json.loads((folder / "data" / "synthetic" / "world_7.json").read_text())["start"]
    world = World(seed=7, as_of=datetime.fromisoformat(begun))
    listed = {world.native_id(*found) for found in world.markets() if found[0].created_at <= world.now}
    with engine.connect() as connection:
        held = set(connection.scalars(sa.text("SELECT native_id FROM market")))
    assert held >= listed | {market_id(number).partition(":")[2] for number in MARKETS}
