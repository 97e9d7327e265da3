"""The freshness check on a real server: a missed target is a finding that is shown, announced and answered."""

from __future__ import annotations

from tests.flow_runs.processes import Server, command, eventually


def test_venues_never_read_are_stale_which_is_announced_and_answered_by_an_ingest(
    server: Server, first_report, tmp_path
):
    active = server.get("/deployments/name/ingest/active")["id"]
    data = tmp_path / "data"
    with command("judge.py", str(tmp_path), server.url, EDGEWORTH_DATA_DIR=str(data)) as judging:
        assert judging.line() == "Stale"
        assert judging.ends() == 0, "a stale venue is not a failure of the check"

    def announced() -> set[str]:
        found = server.post("/events/filter", filter={"event": {"name": ["edgeworth.freshness.missed"]}})
        assert all(event["payload"]["age_seconds"] is None for event in found["events"]), "nothing is invented"
        return {event["resource"]["prefect.resource.id"] for event in found["events"]}

    eventually(lambda: announced() == {"edgeworth.venue.polymarket", "edgeworth.venue.kalshi"}, what="both events")

    (artifact,) = server.post("/artifacts/latest/filter", artifacts={"key": {"any_": ["freshness"]}})
    assert "| kalshi | **stale** | never |" in artifact["data"]

    def answers() -> list[dict[str, object]]:
        return server.flow_runs_of(active)

    # One for each venue; with a worker, the second is cancelled while the first goes on.
    eventually(lambda: len(answers()) == 2, what="the runs that read the stale venues")
    for run in answers():
        # A worker of another test must not reach for the venues.
        server.delete(f"/flow_runs/{run['id']}")
