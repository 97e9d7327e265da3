"""What the catalogue answers: markets found, sorted, counted and outlined, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeworth.adapters.storage.database import MarketOrder, SqlCatalogue
from edgeworth.errors import ConfigurationError
from edgeworth.markets.market import MarketStatus
from edgeworth.markets.universe import UniverseMode, UniverseRule, select_universe
from edgeworth.markets.venue import Venue
from edgeworth.ports import TradedMarket
from tests.builders import NOON, a_market, an_event
from tests.pages import Walk, of_markets

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def shelf(catalogue) -> SqlCatalogue:
    """Four markets: two venues, two states, one invented."""
    day = timedelta(days=1)
    kalshi = {"venue": Venue.KALSHI, "category": "world"}
    markets = [
        a_market("0xa", question="Rain in Oslo?", volume_usd=10.0, volume_24h_usd=1.0, slug="rain", category="world"),
        a_market("0xb", question="Snow in 100% of Oslo?", volume_usd=30.0, closes_at=NOON + day, event_native_id="77"),
        a_market("K-1", question="RAIN in Bergen?", volume_shares=20.0, volume_24h_shares=5.0, **kalshi),
        a_market(
            "K-2",
            question="Will it rain in Bergen?",
            status=MarketStatus.CLOSED,
            as_of=LATER,
            closes_at=None,
            slug="rain",
            **kalshi,
        ),
    ]
    Walk(catalogue).page(of_markets(*markets, events=[an_event(series_native_id="S")]))
    return catalogue


def ids(markets) -> list[str]:
    return [market.market_id for market in markets]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["polymarket:0xb", "kalshi:K-1", "polymarket:0xa", "kalshi:K-2"]),
        ({"order": "volume_24h"}, ["kalshi:K-1", "polymarket:0xa", "kalshi:K-2", "polymarket:0xb"]),
        ({"order": "closes"}, ["polymarket:0xb", "kalshi:K-1", "polymarket:0xa", "kalshi:K-2"]),
        ({"order": "seen", "limit": 1}, ["kalshi:K-2"]),
        ({"limit": 2, "offset": 1}, ["kalshi:K-1", "polymarket:0xa"]),
        ({"venue": Venue.KALSHI}, ["kalshi:K-1", "kalshi:K-2"]),
        ({"status": MarketStatus.CLOSED}, ["kalshi:K-2"]),
        ({"category": "world", "status": MarketStatus.OPEN}, ["kalshi:K-1", "polymarket:0xa"]),
        ({"search": "oslo rain"}, ["polymarket:0xa"]),
        ({"search": "rain"}, ["kalshi:K-1", "polymarket:0xa", "kalshi:K-2"]),
        ({"search": "100%"}, ["polymarket:0xb"]),
        ({"search": "1_0"}, []),
        ({"search": "' OR 1=1 --"}, []),
        ({"event_id": "polymarket:77"}, ["polymarket:0xb"]),
        ({"venue": Venue.SYNTHETIC_KALSHI}, []),
    ],
)
def test_markets_are_found_by_filters_and_sorted(shelf, filters, expected):
    assert ids(shelf.find_markets(**filters)) == expected


def test_in_a_list_of_two_venues_a_contract_counts_as_half_a_dollar(catalogue):
    """As in the choice of a universe: 30 contracts are $15, less than $20 and more than $10."""
    kalshi = a_market("K", venue=Venue.KALSHI, volume_shares=30.0, volume_24h_shares=30.0)
    dollars = [a_market(f"0x{usd:.0f}", volume_usd=usd, volume_24h_usd=usd) for usd in (10.0, 20.0)]
    Walk(catalogue).page(of_markets(kalshi, *dollars))
    for order in (MarketOrder.VOLUME, MarketOrder.VOLUME_24H):
        assert ids(catalogue.find_markets(order=order)) == ["polymarket:0x20", "kalshi:K", "polymarket:0x10"]


def test_found_markets_are_counted(shelf):
    assert shelf.count_markets() == 4
    assert shelf.count_markets(search="rain", venue=Venue.KALSHI) == 2
    assert shelf.count_by("status") == {"open": 3, "closed": 1}
    assert shelf.count_by("category", venue=Venue.POLYMARKET) == {None: 1, "world": 1}


@pytest.mark.parametrize("ask", [lambda c: c.find_markets(order="rules"), lambda c: c.count_by("rules")])
def test_what_cannot_be_asked_is_said(shelf, ask):
    with pytest.raises(ConfigurationError, match="expected"):
        ask(shelf)


def test_every_order_is_known(shelf):
    assert all(len(shelf.find_markets(order=order)) == 4 for order in MarketOrder)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kalshi:K-1", "kalshi:K-1"),
        ("K-1", "kalshi:K-1"),
        ("0xa", "polymarket:0xa"),
        # Two markets have this slug: the one seen last.
        ("rain", "kalshi:K-2"),
    ],
)
def test_a_market_is_found_by_id_venue_key_or_slug(shelf, name, expected):
    assert shelf.get_market(name).market_id == expected


def test_what_is_not_there_is_none(shelf):
    assert shelf.get_market("nothing") is None
    assert shelf.get_event("nothing") is None
    assert shelf.revisions("nothing") == []


def test_all_markets_are_given_one_by_one_across_chunks(catalogue):
    markets = [a_market(f"0x{number:04}") for number in range(1_203)]
    Walk(catalogue).page(of_markets(*markets, events=[an_event(str(number)) for number in range(501)]))
    assert list(catalogue.iter_markets()) == markets
    assert len(list(catalogue.iter_events())) == 501
    assert list(catalogue.iter_markets(venue=Venue.KALSHI)) == []


def test_a_market_to_be_traded_carries_what_its_venue_must_be_told(shelf):
    assert shelf.traded_markets(["polymarket:0xb", "unknown", "kalshi:K-2"]) == [
        TradedMarket(
            venue=Venue.POLYMARKET,
            native_id="0xb",
            token_ids=(None, None),
            series_native_id="S",
            closes_at=NOON + timedelta(days=1),
        ),
        TradedMarket(venue=Venue.KALSHI, native_id="K-2", token_ids=(None, None)),
    ]


def test_the_busiest_open_markets_of_a_venue(shelf):
    assert [one.market_id for one in shelf.busiest_markets(Venue.KALSHI, 5)] == ["kalshi:K-1"]
    assert [one.market_id for one in shelf.busiest_markets(Venue.POLYMARKET, 1)] == ["polymarket:0xa"]


def test_open_markets_and_their_events_are_read_without_the_rest(catalogue):
    closed = a_market("0x2", status=MarketStatus.CLOSED, event_native_id="78")
    walk = Walk(catalogue)
    walk.page(of_markets(a_market("0x1", event_native_id="77"), closed, events=[an_event("77"), an_event("78")]))
    assert [one.native_id for one in catalogue.iter_markets(status=MarketStatus.OPEN)] == ["0x1"]
    assert catalogue.get_events({"polymarket:77", "polymarket:unknown"}) == {"polymarket:77": an_event("77")}
    assert catalogue.get_events(()) == {}


def test_markets_are_read_by_their_ids_and_by_their_events_in_any_state(catalogue):
    closed = a_market("0x2", status=MarketStatus.CLOSED, event_native_id="77")
    Walk(catalogue).page(of_markets(a_market("0x1", event_native_id="77"), closed, a_market("0x3")))
    assert [one.native_id for one in catalogue.markets_of_events({"polymarket:77"})] == ["0x1", "0x2"]
    assert catalogue.markets_of_events(()) == []
    assert catalogue.get_markets(["polymarket:0x2", "polymarket:none"]) == {"polymarket:0x2": closed}


# --- outlines to choose from --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [UniverseMode.TOP_VOLUME, UniverseMode.TRENDING, UniverseMode.BREAKING])
def test_from_outlines_the_same_is_chosen_as_from_whole_markets(shelf, mode):
    rule = UniverseRule(mode=mode, count=2, volume_floor_usd=0.0, is_open_only=False, min_time_to_close=None)
    whole = select_universe(shelf.iter_markets(), rule, NOON + timedelta(days=9))
    outlined = select_universe(shelf.iter_outlines(), rule, NOON + timedelta(days=9))
    assert ids(outlined.chosen) == ids(whole.chosen)
    assert outlined.excluded == whole.excluded


def test_an_outline_holds_what_a_choice_looks_at(shelf):
    whole = {market.market_id: market for market in shelf.iter_markets()}
    outlines = list(shelf.iter_outlines())
    assert [outline.market_id for outline in outlines] == list(whole)
    for outline in outlines:
        market = whole[outline.market_id]
        for name in ("status", "as_of", "slug", "category", "closes_at", "volume_usd", "volume_24h_shares", "question"):
            assert getattr(outline, name) == getattr(market, name)
        assert (outline.rules, outline.outcomes, outline.resolution) == ("", (), None)


def test_outlines_are_narrowed_by_status_and_name(shelf):
    whole = list(shelf.iter_markets())
    for status in MarketStatus:
        assert ids(shelf.iter_outlines(status=status)) == ids(one for one in whole if one.status is status)
    first, last = whole[0], whole[-1]
    assert ids(shelf.iter_outlines(names=[first.market_id, last.native_id, "nothing"])) == ids([first, last])
    assert ids(shelf.iter_outlines(names=[])) == []
