"""Whatever a listing holds: no parser raises, every row is parsed or refused, and parsing twice gives the same."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth.adapters.polymarket import wire
from edgeworth.adapters.polymarket.parse import parse_item, split_listing
from edgeworth.adapters.polymarket.settlement import exchange_resolution, gamma_resolution
from edgeworth.errors import UnreadableInputError
from edgeworth.markets.venue import Venue
from edgeworth.units import MICROS, PriceMicros

NOW = datetime(2026, 11, 21, tzinfo=UTC)

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
likely = st.sampled_from(
    [
        "0xab",
        '["Yes", "No"]',
        '["1", "0"]',
        '["0.5", "0.5"]',
        "2026-01-01T00:00:00Z",
        "0.5",
        True,
        False,
        1,
        0,
        "x",
        "\x00",
    ]
)


def records(*types: type) -> st.SearchStrategy[Any]:
    names = sorted({field for each in types for field in each.__struct_encode_fields__})  # type: ignore[attr-defined]
    return st.dictionaries(st.sampled_from(names), likely | json_values) | json_values


gamma_markets = records(wire.GammaMarket)
events = st.tuples(records(wire.GammaEvent), st.lists(gamma_markets, max_size=3)).map(
    lambda pair: {**pair[0], "markets": pair[1]} if isinstance(pair[0], dict) else pair[0]
)
pages = st.one_of(
    st.tuples(st.just("events"), st.lists(events, max_size=3)),
    st.tuples(st.just("markets"), st.lists(gamma_markets, max_size=3)),
    st.tuples(st.just("clob_markets"), st.lists(records(wire.ClobMarket), max_size=3)),
    st.tuples(st.just("trades"), st.lists(records(wire.TradeV1, wire.TradeV2), max_size=3)),
)


@given(pages)
def test_every_row_is_parsed_or_refused(page: tuple[str, list[Any]]) -> None:
    kind, objects = page
    items = split_listing(json.dumps(objects).encode(), kind).items
    assert len(items) == len(objects)
    for item in items:
        parsed = parse_item(item, venue=Venue.POLYMARKET, as_of=NOW)
        assert parsed.rows == parsed.parsed + len(parsed.refusals) >= 1
        assert all(refusal.code and refusal.reason for refusal in parsed.refusals)
        assert parse_item(item, venue=Venue.POLYMARKET, as_of=NOW) == parsed


@given(st.binary(max_size=60), st.sampled_from(["events", "markets", "clob_markets", "trades"]))
def test_no_body_raises_anything_but_unreadable(body: bytes, kind: str) -> None:
    with contextlib.suppress(UnreadableInputError):
        split_listing(body, kind)


prices = st.lists(st.integers(0, MICROS).map(PriceMicros), max_size=4)


@given(prices, st.sampled_from([None, "", "proposed", "disputed", "resolved"]))
def test_payouts_are_whole_or_absent(found: list[PriceMicros], uma: str | None) -> None:
    ending = gamma_resolution(found, uma, NOW)
    if ending.payouts is not None:
        assert len(ending.payouts) == len(found)
        # A legacy rounding error of two cents at most.
        assert sum(ending.payouts) == pytest.approx(MICROS, abs=20_000)
    if ending.winner is not None:
        assert sorted(ending.payouts or ()) == [*([0] * (len(found) - 1)), MICROS]


@given(prices, st.sets(st.integers(0, 3)), st.booleans())
def test_an_exchange_ending_never_pays_a_fraction_but_the_even_one(
    found: list[PriceMicros], winners: set[int], even: bool
) -> None:
    known = sorted(winner for winner in winners if winner < len(found))
    ending = exchange_resolution(found, known, outcomes=len(found), is_even_split=even and bool(found))
    if ending.payouts is not None:
        assert set(ending.payouts) <= {0, MICROS, MICROS // len(found)}
