"""Runs of the replay room on the site: told in the index, shown with their pages, their tables sent as text."""

from __future__ import annotations

import re

import pytest

from edgeworth.reports.replay_page import render_replay
from tests.batches import NASTY
from tests.replay_reports import a_replay_report
from tests.sites import a_client, a_site, note_run, text_of
from tests.stored import open_stores

REPLAY = "replay_eth_fusion_20261101_120000"


@pytest.fixture
def client(tmp_path):
    """A replay with its folder, and one run of each other kind."""
    counted = {
        "screen": {"candidates": 68},
        "parity": {"equal": False, "trades": 45},
        "sweep": {"trials": 20, "failed": 1},
    }
    with open_stores(tmp_path) as storage:
        found = {"trades": 45, "total_return": 0.0127, "is_synthetic": True, "folder": f"results/{REPLAY}"}
        note_run(storage, "r", kind="replay", counts=found)
        for kind, counts in counted.items():
            note_run(storage, kind, kind=kind, counts=counts, status="failed" if kind == "parity" else "complete")
    place = tmp_path / "results" / REPLAY
    place.mkdir(parents=True)
    (place / "summary.html").write_text(render_replay(a_replay_report(), index="../index.html"), encoding="utf-8")
    (place / "replay.json").write_text("{}")
    (place / "trades.jsonl").write_text(f'{{"note": "{NASTY}"}}\n', encoding="utf-8")
    (place / "equity.csv").write_text("known_at,equity\n")
    return a_client(a_site(tmp_path))


def test_the_index_says_of_each_what_it_came_to(client):
    page = client.get("/").text
    assert f'<a href="/results/{REPLAY}/"><bdi>replay eth fusion</bdi></a>' in page
    told = text_of(page)
    assert "replay eth fusion replay · synthetic · 45 trades, +1.3 % completed" in told
    assert "screen screen · 68 candidates completed" in told
    assert "parity parity · not equal, 45 trades failed" in told
    assert "sweep sweep · 20 trials, 1 failed trial completed" in told


def test_its_page_is_sent_as_it_was_written(client, tmp_path):
    answer = client.get(f"/results/{REPLAY}/summary.html")
    assert answer.content == (tmp_path / "results" / REPLAY / "summary.html").read_bytes()
    assert "sandbox allow-scripts" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["trades.jsonl", "equity.csv"])
def test_its_tables_are_text_and_nothing_else(client, name):
    answer = client.get(f"/results/{REPLAY}/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].endswith("sandbox")


def test_every_file_that_its_page_names_can_be_fetched(client):
    page = client.get(f"/results/{REPLAY}/summary.html").text
    names = set(re.findall(r'href="([^"./]+\.\w+)"', page))
    assert names == {"replay.json", "trades.jsonl", "equity.csv"}
    assert {client.get(f"/results/{REPLAY}/{name}").status_code for name in names} == {200}
