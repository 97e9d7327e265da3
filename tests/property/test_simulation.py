"""Whatever is given: later material changes nothing, answers are probabilities, one seed gives one answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth.markets.history import PricePoint
from edgeworth.markets.venue import Venue
from edgeworth.simulation.builtin import BuiltinModel, choose, render
from edgeworth.simulation.context import SpotHistory, SpotScale, decode_context, encode_context
from edgeworth.simulation.contract import RunOptions, run_here
from edgeworth.simulation.departure import DEFAULT_DEPARTURE, Departure, Gap, fit_departure
from edgeworth.simulation.gathering import Document, build_context
from edgeworth.simulation.result import SimulationStatus, read_result
from edgeworth.units import PriceMicros
from tests.builders import a_market
from tests.contexts import context, hourly, quote

AS_OF = datetime(2026, 11, 5, tzinfo=UTC)
SOURCES = {model: render(model) for model in BuiltinModel}

minutes = st.integers(-20_000, 20_000)
prices = st.lists(st.tuples(minutes, st.integers(0, 1_000_000)), max_size=30)
documents = st.lists(st.tuples(st.one_of(st.none(), minutes), st.text(max_size=10)), max_size=6)


def at(minute: int) -> datetime:
    return AS_OF + timedelta(minutes=minute)


def points(given_prices) -> list[PricePoint]:
    return [
        PricePoint(
            venue=Venue.POLYMARKET,
            market_native_id="0x1",
            outcome_index=0,
            at=at(minute),
            interval_seconds=60,
            price=PriceMicros(price),
        )
        for minute, price in given_prices
    ]


def gathered(given_prices, given_documents, spot_minutes):
    research = [
        Document(source="s", title=title, text="", published_at=None if minute is None else at(minute))
        for minute, title in given_documents
    ]
    series = hourly(range(len(spot_minutes)), at(max(spot_minutes))) if spot_minutes else None
    spot = series and SpotHistory(name="x", unit="", source="", scale=SpotScale.LINEAR, series=series)
    return build_context(a_market(), AS_OF, history=points(given_prices), research=research, spot=spot)


@given(prices, documents, st.lists(minutes, max_size=5))
def test_what_came_later_leaves_no_trace(given_prices, given_documents, spot_minutes):
    """The context with later material is, byte for byte, the context without it: so is every answer."""
    known_prices = [one for one in given_prices if one[0] <= 0]
    known_documents = [one for one in given_documents if one[0] is not None and one[0] <= 0]
    spot_minutes = [minute for minute in spot_minutes if minute <= 0]
    everything = gathered(given_prices, given_documents, spot_minutes)
    until_then = gathered(known_prices, known_documents, spot_minutes)
    assert encode_context(everything.context) == encode_context(until_then.context)
    assert sum(everything.rejected.values()) == len(given_prices) + len(given_documents) - len(known_prices) - len(
        known_documents
    )
    assert until_then.rejected == {}


@given(prices)
def test_a_written_context_is_read_back(given_prices):
    found = gathered(given_prices, [], []).context
    assert decode_context(encode_context(found)) == found


@settings(max_examples=25)
@given(
    st.lists(st.floats(0.0, 1.0), max_size=60),
    st.one_of(st.none(), st.tuples(st.floats(0, 1), st.floats(0, 0.3))),
    st.integers(0, 2**32),
)
def test_any_price_history_gives_a_probability_and_one_seed_one_answer(values, quoted, seed):
    sides = quote(max(0.0, quoted[0] - quoted[1]), min(1.0, quoted[0] + quoted[1])) if quoted else None
    given_context = context(history=hourly(values) if values else None, quote=sides)
    options = RunOptions(runs=50, batch=25, seed=seed, validate=False)
    choice = choose(given_context).model
    if choice is None:
        assert not values
        assert quoted is None
        return
    found = [run_here(SOURCES[choice], given_context, options) for _ in range(2)]
    results = [read_result(one, 2) for one in found]
    for one in found:
        del one["timing"]
    assert found[0] == found[1]
    assert results[0].status is SimulationStatus.OK
    assert results[0].belief is not None
    assert 0.0 <= results[0].belief.low <= results[0].belief.high <= 1.0
    assert sum(one.probability for one in results[0].outcomes) == pytest.approx(1.0)


def test_the_departure_of_prices_is_found_again_from_gaps_alone():
    """Two kinds of noise and one lasting kind, drawn; the fit sees only how far pairs stand apart."""
    rng = np.random.default_rng(11)
    truth = Departure(
        noise_sizes=(0.05, 0.3), noise_shares=(0.75, 0.25), lasting_share=0.2, lasting_size=0.5, lasting_spread=0.1
    )

    def lasting(count):
        size = rng.choice([-1, 1], count) * (0.5 + 0.1 * rng.standard_normal(count))
        return np.where(rng.random(count) < 0.2, size, 0.0)

    count, looks = 1_500, 20
    noise = np.where(rng.random((2, count)) < 0.25, 0.3, 0.05)
    moves = (noise[:, :, None] * rng.standard_normal((2, count, looks))) * np.array([1, -1])[:, None, None]
    series = (lasting(count) - lasting(count))[:, None] + moves.sum(axis=0)
    gaps = [
        Gap(middle=float(one.mean()), variance=float(one.var(ddof=1)), count=looks, rounding=0.001) for one in series
    ]
    vague = Departure(
        noise_sizes=(0.02, 0.5), noise_shares=(0.5, 0.5), lasting_share=0.1, lasting_size=0.3, lasting_spread=0.2
    )
    found = fit_departure(gaps, vague)
    assert found.noise_sizes == pytest.approx(truth.noise_sizes, rel=0.1)
    assert found.noise_shares == pytest.approx(truth.noise_shares, abs=0.04)
    assert (found.lasting_share, found.lasting_size) == (pytest.approx(0.2, abs=0.04), pytest.approx(0.5, abs=0.04))


def test_the_parts_of_a_departure_are_a_whole():
    parts = DEFAULT_DEPARTURE.components()
    assert sum(share for share, _, _ in parts) == pytest.approx(1.0)
    assert sum(share * middle for share, middle, _ in parts) == pytest.approx(0.0)
