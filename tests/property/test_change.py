"""Signatures and revisions over many markets."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from edgeworth.markets.change import Terms, revised_fields, signature, terms
from edgeworth.markets.market import Market, MarketStatus, Outcome
from edgeworth.units import PriceMicros
from tests.builders import NOON, a_market

texts = st.text(max_size=5)
prices = st.none() | st.integers(0, 1_000_000).map(PriceMicros)
instants = st.none() | st.integers(0, 5).map(lambda days: NOON + timedelta(days=days))
outcomes = st.lists(st.builds(Outcome, label=texts, token_id=st.none() | texts, price=prices), max_size=3).map(tuple)
markets = st.builds(
    a_market,
    question=texts,
    rules=texts,
    outcomes=outcomes,
    status=st.sampled_from(MarketStatus),
    closes_at=instants,
    volume_usd=st.none() | st.integers(0, 3).map(float),
    best_bid=prices,
    tags=st.lists(texts, max_size=2).map(tuple),
)


def stored(market: Market) -> dict:
    return {name: value for name, value in asdict(market).items() if name != "as_of"}


@given(markets, markets, st.integers(0, 10**6))
def test_signatures_are_equal_exactly_when_everything_but_the_instant_is(one, other, seconds):
    later = replace(one, as_of=one.as_of + timedelta(seconds=seconds))
    assert signature(later) == signature(one)
    assert (signature(one) == signature(other)) == (stored(one) == stored(other))


@given(markets, markets)
def test_revisions_name_exactly_the_terms_that_differ(one, other):
    before, after = terms(one), terms(other)
    named = revised_fields(before, after)
    assert named == revised_fields(after, before)
    assert (named == ()) == (before == after)
    assert [name for name in Terms.__struct_fields__ if name in named] == list(named)


@given(markets, prices, st.none() | st.integers(0, 9).map(float))
def test_prices_and_volumes_never_make_a_revision(market, price, volume):
    moved = replace(
        market,
        best_bid=price,
        volume_usd=volume,
        status=MarketStatus.CLOSED,
        outcomes=tuple(replace(outcome, price=price) for outcome in market.outcomes),
    )
    assert revised_fields(terms(market), terms(moved)) == ()
