"""A universe is chosen by a stated rule, and every market that is left out is told why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeworth.errors import ConfigurationError
from edgeworth.markets.market import MarketStatus
from edgeworth.markets.universe import (
    CONTRACT_USD,
    UniverseMode,
    UniverseRule,
    select_universe,
    volume_24h_usd,
    volume_usd,
)
from edgeworth.markets.venue import Venue
from tests.builders import NOON, a_market


def rule(mode="top_volume", **changes) -> UniverseRule:
    return UniverseRule(mode=UniverseMode(mode), **changes)


def traded(native_id, volume=50_000.0, **changes):
    return a_market(native_id, volume_usd=volume, **changes)


def on_kalshi(native_id, contracts, **changes):
    return a_market(native_id, venue=Venue.KALSHI, volume_shares=contracts, **changes)


def chosen(markets, wanted, as_of=NOON):
    return [market.native_id for market in select_universe(markets, wanted, as_of).chosen]


def reasons(markets, wanted, as_of=NOON):
    """Reason code by native id."""
    selection = select_universe(markets, wanted, as_of)
    return {left.market_id.partition(":")[2]: left.reason_code.value for left in selection.excluded}


def test_the_largest_volumes_come_first():
    markets = [traded("a", 20_000.0), traded("b", 90_000.0), traded("c", 50_000.0)]
    assert chosen(markets, rule(count=2)) == ["b", "c"]
    assert reasons(markets, rule(count=2)) == {"a": "beyond_count"}


def test_trending_ranks_by_the_last_day_and_not_by_all_time():
    markets = [
        traded("old", 900_000.0, volume_24h_usd=10.0),
        traded("new", 20_000.0, volume_24h_usd=9_000.0),
        traded("asleep", 900_000.0, volume_24h_usd=0.0),
        traded("unknown", 900_000.0),
    ]
    assert chosen(markets, rule("trending")) == ["new", "old"]
    assert reasons(markets, rule("trending")) == {"asleep": "did_not_move", "unknown": "rank_unknown"}


def test_breaking_ranks_by_the_size_of_the_move_up_or_down():
    markets = [
        traded("up", price_change_24h=50_000),
        traded("down", price_change_24h=-120_000),
        traded("still", price_change_24h=0),
        traded("unknown"),
    ]
    assert chosen(markets, rule("breaking")) == ["down", "up"]
    assert reasons(markets, rule("breaking")) == {"still": "did_not_move", "unknown": "rank_unknown"}


def test_a_category_takes_its_own_markets_by_volume():
    markets = [traded("a", 20_000.0, category="crypto"), traded("b", 90_000.0, category="world"), traded("c")]
    wanted = rule("category", category="crypto")
    assert chosen(markets, wanted) == ["a"]
    assert reasons(markets, wanted) == {"b": "other_category", "c": "other_category"}


def test_breaking_within_a_category():
    markets = [
        traded("a", category="sports", price_change_24h=1),
        traded("b", category="world", price_change_24h=9),
    ]
    assert chosen(markets, rule("breaking", category="sports")) == ["a"]


def test_markets_that_cannot_be_used_are_left_out_each_with_its_reason():
    soon = NOON + timedelta(hours=1)
    markets = [
        traded("closed", status=MarketStatus.CLOSED),
        traded("resolved", status=MarketStatus.RESOLVED),
        traded("past", closes_at=NOON - timedelta(days=1)),
        traded("now", closes_at=NOON),
        traded("soon", closes_at=soon),
        traded("no-end", closes_at=None),
        traded("small", 9_999.99),
        traded("floor", 10_000.0),
        a_market("silent"),
        traded("later", as_of=NOON + timedelta(seconds=1)),
        on_kalshi("KXMVESPORTS-26", 10**6),
    ]
    assert reasons(markets, rule()) == {
        "closed": "not_open",
        "resolved": "not_open",
        "past": "closes_too_soon",
        "now": "closes_too_soon",
        "small": "below_floor",
        "silent": "volume_unknown",
        "later": "seen_later",
        "KXMVESPORTS-26": "combo",
    }
    assert sorted(chosen(markets, rule())) == ["floor", "no-end", "soon"]


def test_a_minimum_time_to_close_needs_a_planned_close():
    markets = [traded("soon", closes_at=NOON + timedelta(hours=1)), traded("no-end", closes_at=None), traded("far")]
    wanted = rule(min_time_to_close=timedelta(hours=1))
    assert chosen(markets, wanted) == ["far"]
    assert reasons(markets, wanted) == {"soon": "closes_too_soon", "no-end": "close_unknown"}


def test_closed_markets_can_be_asked_for():
    markets = [traded("resolved", status=MarketStatus.RESOLVED, closes_at=NOON - timedelta(days=9))]
    assert chosen(markets, rule(is_open_only=False, min_time_to_close=None)) == ["resolved"]


def test_combos_and_other_venues():
    markets = [on_kalshi("KXMVESPORTS-26", 10**6), traded("a")]
    assert chosen(markets, rule(include_combos=True)) == ["KXMVESPORTS-26", "a"]
    assert reasons(markets, rule(venues=(Venue.KALSHI,), include_combos=True)) == {"a": "other_venue"}


def test_a_reason_says_what_was_expected_and_what_was_found():
    [left] = select_universe([traded("a", 12.5)], rule(), NOON).excluded
    assert left.reason == "expected at least $10,000 traded, found $12.50"


def test_a_contract_counts_as_half_a_dollar_beside_dollars():
    """Kalshi's own dollar_volume of a recorded market: 88,986 contracts, $44,493."""
    assert CONTRACT_USD == 0.5
    assert volume_usd(on_kalshi("K", 88_986.0)) == 44_493.0
    markets = [traded("a", 45_000.0), on_kalshi("K", 88_986.0), traded("b", 44_000.0)]
    assert chosen(markets, rule()) == ["a", "K", "b"]


@pytest.mark.parametrize("volume", [None, float("nan"), float("inf")])
def test_a_volume_that_is_no_number_is_unknown(volume):
    market = a_market(volume_usd=volume, volume_24h_usd=volume)
    assert volume_usd(market) is None
    assert volume_24h_usd(market) is None
    assert reasons([market], rule()) == {"0x1": "volume_unknown"}


def test_equal_ranks_go_to_the_larger_total_and_then_to_the_smaller_id():
    markets = [
        traded("c", 50_000.0, volume_24h_usd=5.0),
        traded("a", 50_000.0, volume_24h_usd=5.0),
        traded("z", 60_000.0, volume_24h_usd=5.0),
    ]
    assert chosen(markets, rule("trending")) == ["z", "a", "c"]


def test_picks_come_by_id_or_slug_in_the_order_asked_whatever_their_volume():
    markets = [
        traded("a", 5.0),
        traded("b", slug="will-it-rain"),
        on_kalshi("KXMVE-1", 1),
        traded("d"),
        traded("e", status=MarketStatus.CLOSED),
    ]
    wanted = rule("custom", picks=("KXMVE-1", "will-it-rain", "polymarket:a", "b", "e", "nowhere"), count=1)
    assert chosen(markets, wanted) == ["KXMVE-1", "b", "a"]
    selection = select_universe(markets, wanted, NOON)
    assert [(left.market_id, left.reason_code.value) for left in selection.excluded] == [
        ("nowhere", "not_in_catalogue"),
        ("polymarket:d", "not_picked"),
        ("polymarket:e", "not_open"),
    ]


def test_a_pick_that_names_several_markets_chooses_none_of_them():
    markets = [
        traded("a", slug="same"),
        a_market("b", venue=Venue.SYNTHETIC_POLYMARKET, slug="same"),
        traded("c", slug="same"),
    ]
    selection = select_universe(markets, rule("custom", picks=("same", "c")), NOON)
    assert [market.native_id for market in selection.chosen] == ["c"]
    assert selection.reasons == {"ambiguous": 2}
    assert (
        "'same' names several markets (polymarket:a, polymarket:c, synthetic-polymarket:b)"
        in selection.excluded[0].reason
    )


def test_a_market_that_comes_twice_is_chosen_once():
    selection = select_universe([traded("a"), traded("a")], rule(), NOON)
    assert len(selection.chosen) == 1
    assert selection.reasons == {"duplicate": 1}


def test_an_empty_catalogue_gives_an_empty_universe():
    selection = select_universe([], rule(), NOON)
    assert (selection.chosen, selection.excluded, selection.reasons) == ((), (), {})


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (rule(count=0), "count of at least 1, found 0"),
        (rule(volume_floor_usd=-1.0), "zero or more dollars"),
        (rule(volume_floor_usd=float("nan")), "zero or more dollars"),
        (rule("category"), "found none"),
        (rule("category", category="music"), "found 'music'"),
        (rule("custom"), "market ids or slugs"),
        (rule("custom", picks=("",)), "none empty"),
        (rule("custom", picks=("a",), category="world"), "no category"),
        (rule(picks=("a",)), "expected no picks"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused_before_any_market_is_read(wanted, says):
    def never():
        raise AssertionError("read")
        yield

    with pytest.raises(ConfigurationError, match=says):
        select_universe(never(), wanted, NOON)


def test_an_instant_without_a_time_zone_is_refused():
    with pytest.raises(ConfigurationError, match="time zone"):
        select_universe([], rule(), NOON.replace(tzinfo=None))
