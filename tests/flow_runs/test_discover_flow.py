"""The discover flow on a real server: a task a stage, a name that says what ran, and artifacts that hold the findings."""

from __future__ import annotations

from pathlib import Path

from edgeworth.adapters.storage.database import SqlCatalogue, open_database
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.market import Outcome
from edgeworth.markets.venue import Venue
from tasks.settings import Settings
from tests.builders import a_market
from tests.flow_runs.processes import Server, command, eventually
from tests.pages import Walk, listed

QUESTION = "Will the price of Bitcoin be above $100,000 on December 31, 2026?"
YES_NO = (Outcome(label="Yes"), Outcome(label="No"))


def two_markets(data: Path) -> None:
    """The same bet on both venues, in the catalogue below ``data``."""
    engine = open_database(Settings(data_dir=data).database)
    walk = Walk(SqlCatalogue(engine))
    for venue, native_id in ((Venue.KALSHI, "KXBTC"), (Venue.POLYMARKET, "0xb")):
        market = a_market(native_id, venue=venue, question=QUESTION, rules="", outcomes=YES_NO)
        walk.page(listed(ParsedItem(rows=1, markets=[market]), venue.value), venue=venue)
    engine.dispose()


def test_the_run_says_what_it_looks_at_and_shows_what_it_found(server: Server, tmp_path):
    data, results = tmp_path / "data", tmp_path / "results"
    two_markets(data)
    settings = {
        "EDGEWORTH_DATA_DIR": str(data),
        "EDGEWORTH_RESULTS_DIR": str(results),
        "EMBEDDING_MODEL": "lexical",
    }
    with command("seek.py", str(tmp_path), server.url, "0xb", **settings) as seeking:
        assert seeking.line() == "Completed"
        assert seeking.line() == "0 of 0 opportunities alive at size, 1 pairs related among 2 markets"
        folder = Path(seeking.line())
        assert seeking.ends() == 0
    assert (folder / "summary.html").exists()
    (run,) = server.flow_runs(name={"any_": ["neighbours of 0xb"]})
    tasks = server.post("/task_runs/filter", task_runs={"flow_run_id": {"any_": [run["id"]]}})
    stages = {"embed-new-and-changed", "propose-and-decide", "search-the-books"}
    assert stages <= {task["name"] for task in tasks}
    keys = ("discovery-report", "discovery-matches", "discovery-opportunities")

    def artifacts() -> dict[str, object]:
        found = server.post("/artifacts/latest/filter", artifacts={"key": {"any_": list(keys)}})
        return {each["key"]: each["data"] for each in found}

    eventually(lambda: len(artifacts()) == len(keys), what="all artifacts")
    assert "| equivalent | 1 |" in str(artifacts()["discovery-report"])
    assert QUESTION in str(artifacts()["discovery-matches"])
