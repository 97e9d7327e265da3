"""Forecasts as a browser meets them, with what came out and the chain that holds them."""

from __future__ import annotations

import sqlite3

from tests.sites import a_client, a_site, fill, text_of


def test_forecasts_stand_with_what_came_out_and_the_chain_that_holds_them(client):
    told = text_of(client.get("/forecasts").text)
    assert "The chain holds: all 2 registered forecasts are as written." in told
    assert "1 to 2 of 2 forecasts" in told
    assert "paid 0 %" in told
    assert "open" in told


def test_the_track_record_is_that_of_the_forecasts_whose_market_has_ended(tmp_path):
    """Said 0.5 and 0.5 of what then paid nothing: (0.5 - 0)² = 0.25; the market said 0.4: 0.16."""
    fill(tmp_path)
    told = text_of(a_client(a_site(tmp_path)).get("/forecasts").text)
    assert "written model 2 1 0.250 0.160" in told
    assert "1 unresolved" in told


def test_filters_leave_the_forecasts_that_fit(client):
    assert "None fits" in text_of(client.get("/forecasts?kind=builtin").text)
    assert "1 to 2 of 2" in text_of(client.get("/forecasts?kind=written").text)
    assert "None was registered" in text_of(client.get("/forecasts?world=synthetic").text)
    assert client.get("/forecasts?world=fictional").status_code == 400


def test_a_chain_that_was_tampered_with_is_an_alarm(tmp_path):
    fill(tmp_path)
    with sqlite3.connect(tmp_path / "data" / "edgeworth.db") as database:
        triggers = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE forecast SET probability = 0.99 WHERE position = 1")
    database.close()
    page = a_client(a_site(tmp_path)).get("/forecasts").text
    assert "The chain does not hold at position 1" in text_of(page)
    assert 'role="alert"' in page
