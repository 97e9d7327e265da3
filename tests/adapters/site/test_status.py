"""The page that says how fresh the store is and what it refused."""

from __future__ import annotations

from datetime import timedelta

from edgeworth.markets.listing import Refusal
from edgeworth.markets.venue import Venue
from tests.builders import NOON, a_market
from tests.pages import Walk, of_markets
from tests.sites import a_client, a_site, fill, text_of
from tests.stored import open_stores, save_markets


def test_freshness_is_the_age_of_the_last_whole_walk(tmp_path):
    with open_stores(tmp_path) as storage:
        for name, market in (("p", a_market()), ("k", a_market("B", venue=Venue.KALSHI))):
            walk = Walk(storage.catalogue, name)
            walk.page(of_markets(market), last=True, venue=market.venue)
            storage.catalogue.finish_pass(name, NOON)
        save_markets(storage, [a_market("S", venue=Venue.SYNTHETIC_KALSHI)], at=NOON)
    fresh = text_of(a_client(a_site(tmp_path, now=NOON + timedelta(minutes=5))).get("/status").text)
    assert "polymarket fresh 2026-11-01 12:00 UTC 5 min 00 s 1 open" in fresh
    assert "synthetic-kalshi stale never" in fresh, "its only walk was cut off"
    stale = text_of(a_client(a_site(tmp_path, now=NOON + timedelta(hours=3))).get("/status").text)
    assert "kalshi stale 2026-11-01 12:00 UTC 3 h 00 min 1 open" in stale


def test_the_store_is_named_without_its_place_on_this_machine(tmp_path):
    fill(tmp_path)
    page = a_client(a_site(tmp_path)).get("/status").text
    assert "Store: SQLite, edgeworth.db" in text_of(page)
    assert str(tmp_path) not in page


def test_refused_rows_stand_by_reason_with_the_last_as_an_example(tmp_path):
    with open_stores(tmp_path) as storage:
        refusals = [
            Refusal(kind="market", native_id=str(n), code="no_outcomes", reason=f"<b>row {n}</b>", item_index=n)
            for n in range(3)
        ]
        Walk(storage.catalogue).page(of_markets(a_market(), refusals=refusals), last=True)
    page = a_client(a_site(tmp_path)).get("/status").text
    assert "polymarket no outcomes 3" in text_of(page)
    assert "&lt;b&gt;row" in page
    assert "<b>row" not in page
