"""Whatever the catalogue holds, a selection is complete, ordered and the same for every order of the input."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from edgeworth.markets.market import MarketStatus
from edgeworth.markets.universe import UniverseMode, UniverseRule, select_universe, volume_usd
from edgeworth.markets.venue import Venue
from tests.builders import NOON, a_market

volumes = st.none() | st.sampled_from([0.0, 9_999.0, 10_000.0, 20_000.0, 1e9])
markets = st.lists(
    st.builds(
        a_market,
        st.text("abcdef", min_size=1, max_size=2),
        venue=st.sampled_from(Venue),
        slug=st.none() | st.sampled_from(["a", "same"]),
        status=st.sampled_from([MarketStatus.OPEN, MarketStatus.OPEN, MarketStatus.RESOLVED]),
        category=st.none() | st.sampled_from(["world", "crypto"]),
        closes_at=st.none() | st.integers(-2, 5).map(lambda days: NOON + timedelta(days=days)),
        volume_usd=volumes,
        volume_shares=volumes,
        volume_24h_usd=volumes,
        price_change_24h=st.none() | st.integers(-3, 3),
    ),
    max_size=25,
    unique_by=lambda market: market.market_id,
)
rules = st.builds(
    UniverseRule,
    mode=st.sampled_from([UniverseMode.TOP_VOLUME, UniverseMode.TRENDING, UniverseMode.BREAKING]),
    count=st.integers(1, 5),
    category=st.none() | st.just("world"),
    is_open_only=st.booleans(),
) | st.builds(
    UniverseRule,
    mode=st.just(UniverseMode.CUSTOM),
    picks=st.lists(st.sampled_from(["a", "b", "same", "kalshi:a", "nowhere"]), min_size=1, max_size=4).map(tuple),
)


@given(markets, rules)
def test_every_market_is_chosen_or_excluded_and_never_both(found, rule):
    selection = select_universe(iter(found), rule, NOON)
    chosen = [market.market_id for market in selection.chosen]
    excluded = [left.market_id for left in selection.excluded]
    known = {market.market_id for market in found}
    assert sorted(chosen + [name for name in excluded if name in known]) == sorted(known)
    assert {name for name in excluded if name not in known} <= set(rule.picks)
    assert all(left.reason for left in selection.excluded)
    assert sum(selection.reasons.values()) == len(selection.excluded)


@given(markets, rules, st.randoms(use_true_random=False))
def test_the_order_of_the_catalogue_leaves_no_trace(found, rule, shuffler):
    shuffled = list(found)
    shuffler.shuffle(shuffled)
    assert select_universe(shuffled, rule, NOON) == select_universe(found, rule, NOON)


@given(markets, rules)
def test_what_was_chosen_is_what_a_plain_sort_of_everything_usable_would_choose(found, rule):
    if rule.mode is not UniverseMode.TOP_VOLUME:
        return
    usable = [
        market
        for market in found
        if (rule.category is None or market.category == rule.category)
        and (not rule.is_open_only or market.status is MarketStatus.OPEN)
        and (market.closes_at is None or market.closes_at > NOON)
        and (volume_usd(market) or 0) >= 10_000
    ]
    expected = sorted(usable, key=lambda market: (-(volume_usd(market) or 0), market.market_id))[: rule.count]
    assert list(select_universe(found, rule, NOON).chosen) == expected
