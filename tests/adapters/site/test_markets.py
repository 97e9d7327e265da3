"""The catalogue as a browser meets it: what a search finds, and what the page of a market holds."""

from __future__ import annotations

import re

import pytest

from edgeworth.markets.market import Outcome
from tests.builders import a_market
from tests.findings import RAIN_A
from tests.sites import BATCH, a_client, a_site, text_of
from tests.stored import open_stores, save_markets


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 3),
        ("q=rain", 2),
        ("q=RAIN+oslo", 2),
        ("q=rain+bergen", 0),
        ("q=100%25", 0),
        ("q=_", 0),
        ("venue=kalshi", 1),
        ("venue=polymarket&status=resolved", 1),
        ("category=crypto", 1),
        ("event=kalshi%3AOSLO", 1),
        ("status=open&q=", 2),
        ("order=closes", 3),
    ],
)
def test_a_search_finds_the_markets_that_fit(client, query, total):
    told = text_of(client.get(f"/markets?{query}").text)
    assert f"{total} market{'' if total == 1 else 's'}" in told
    assert ("No market fits" in told) is (total == 0)


@pytest.mark.parametrize(
    "query",
    ["venue=nasdaq", "status=ajar", "category=music", "order=name", "page=0", "page=x", "q=%00", "sort=up", "q=a&q=b"],
)
def test_a_search_that_cannot_be_meant_is_told_so(client, query):
    answer = client.get(f"/markets?{query}")
    assert answer.status_code == 400
    assert "expected" in text_of(answer.text)


def test_a_long_list_goes_on_further_pages_and_a_page_beyond_says_so(tmp_path):
    with open_stores(tmp_path) as storage:
        save_markets(
            storage, [a_market(f"0x{n:03}", question=f"Question {n:03}?", volume_usd=float(n)) for n in range(120)]
        )
    client = a_client(a_site(tmp_path))
    first, last = client.get("/markets").text, client.get("/markets?page=3").text
    assert "1 to 50 of 120 markets" in text_of(first)
    assert first.index("Question 119?") < first.index("Question 118?")
    assert 'href="/markets?page=2" rel="next"' in first
    assert "101 to 120 of 120 markets" in text_of(last)
    assert 'rel="next"' not in last
    assert 'href="/markets?page=2" rel="prev"' in last
    assert "There is no page 9: 120 markets are on 3." in text_of(client.get("/markets?page=9").text)


def test_the_page_of_a_market_holds_what_is_known_of_it(client):
    page = client.get(f"/markets/{RAIN_A}").text
    told = text_of(page)
    assert "Will it rain in Oslo on 2 November?" in told
    assert "Yes 52¢" in told
    assert "47 points" in told, "one of the 48 hours has no price and none is made up for it"
    assert (
        'aria-label="Price of the first outcome, 2026-10-30 13:00 UTC to 2026-11-01 12:00 UTC: from 44.7 % to 40.0 %'
        in page
    )
    assert "50 % 25 to 75 % 40 %" in told
    assert "2026-11-21" in told
    assert "the same bet" in told
    assert "$3.00 on $97.00" in told
    assert f'href="/results/{BATCH}/rain/"' in page


def test_a_market_is_found_by_its_key_and_its_slug_and_led_to_its_address(client):
    for name in ("0xb", "oslo-rain"):
        answer = client.get(f"/markets/{name}")
        assert (answer.status_code, answer.headers["location"]) == (307, "/markets/polymarket:0xb")


def test_a_market_that_has_ended_says_how_and_is_of_the_past(client):
    told = text_of(client.get("/markets/polymarket:0xc").text)
    assert "decided: No" in told
    assert "Yes \N{EN DASH} \N{EN DASH} \N{EN DASH} 0¢" in told


def test_the_other_markets_of_an_event_stand_likeliest_first(tmp_path):
    prices = {"A": 100_000, "B": None, "C": 700_000, "D": 0}
    markets = [
        a_market(name, event_native_id="E", question=f"Is it {name}?", outcomes=(Outcome(label="Yes", price=price),))
        for name, price in {**prices, "SELF": 500_000}.items()
    ]
    with open_stores(tmp_path) as storage:
        save_markets(storage, markets)
    page = a_client(a_site(tmp_path)).get("/markets/polymarket:SELF").text
    found = re.findall(r"<bdi>Is it (\w+)\?</bdi></a>", page.partition("The same event")[2])
    assert found == ["C", "A", "D", "B"]
