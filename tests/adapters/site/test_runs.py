"""The index of runs as a browser meets it: what goes on, what died, and what came of a batch."""

from __future__ import annotations

from datetime import timedelta

from tests.builders import NOON
from tests.sites import BATCH, a_client, a_site, note_run, text_of
from tests.stored import open_stores, settings_at


def test_the_index_tells_a_batch_by_what_came_of_it(client):
    page = client.get("/").text
    assert f'<a href="/results/{BATCH}/"><bdi>top volume</bdi></a>' in page
    told = text_of(page)
    assert "2026-11-01 12:00 UTC top volume batch completed 8 of 10 1 1 3 $1.25 90.0 s" in told
    assert "Coverage 80 %" in told


def test_a_run_that_goes_on_one_that_died_and_one_of_another_machine_are_told_apart(tmp_path):
    with open_stores(tmp_path) as storage:
        for number, name in enumerate(["alive", "dead", "elsewhere"]):
            note_run(storage, name, status="running", started_at=NOON + timedelta(hours=number), sources=[name])
        note_run(storage, "bad", status="failed", started_at=NOON - timedelta(hours=1), sources=["bad"])
    going_on = {"alive": True, "dead": False, "elsewhere": None}
    client = a_client(a_site(tmp_path, is_going_on=going_on.get))
    told = text_of(client.get("/").text)
    assert "elsewhere ingest running" in told
    assert "dead ingest interrupted" in told
    assert "alive ingest running" in told
    assert "bad ingest failed" in told
    assert (
        told.index("elsewhere ingest") < told.index("dead ingest") < told.index("alive ingest") < told.index("bad ing")
    )
    status = text_of(client.get("/status").text)
    assert "Going on elsewhere ingest" in status
    assert "dead ingest interrupted" in status
    assert "bad ingest failed" in status


def test_a_claim_tells_a_living_run_from_a_dead_one_and_looking_changes_nothing(tmp_path):
    from tasks import run_claims

    settings, is_held = settings_at(tmp_path), run_claims.is_held
    assert is_held(settings.data_dir, "r") is None
    run_claims.claim(settings.data_dir, "r")
    (file,) = (settings.data_dir / "runs").iterdir()
    before = file.stat()
    assert a_site(tmp_path).is_going_on("r") is True
    run_claims.leave("r")
    assert is_held(settings.data_dir, "r") is False
    assert (file.stat().st_mtime_ns, file.stat().st_size) == (before.st_mtime_ns, before.st_size)
    assert run_claims.try_take_up(settings.data_dir, "r"), "a look leaves nothing behind that keeps others off"
    run_claims.let_go(settings.data_dir, "r")
    assert is_held(settings.data_dir, "r") is None
