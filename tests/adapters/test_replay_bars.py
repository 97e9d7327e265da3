"""Bars of the history and of a market's prices, as a replay reads them from the stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edgeworth.errors import ConfigurationError
from edgeworth.markets.bars import Bar
from edgeworth.markets.fees import FeeKind, FeeTerms
from edgeworth.markets.history import PricePoint
from edgeworth.markets.market import MarketStatus
from edgeworth.markets.resolution import Resolution, ResolutionShape
from edgeworth.markets.venue import Venue
from edgeworth.replay.broker import Settlement
from tasks.replay.bars import ReadBars, read_bars
from tasks.replay.plan import BarsChoice
from tests.builders import a_market
from tests.stored import open_stores, save_markets, settings_at

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
RESOLVED_AT = NOON + timedelta(days=3)
FREE = FeeTerms(kind=FeeKind.NONE)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def point(hours: float, price: int | None, *, outcome: int = 0, interval: int = 3_600, key: str = "0x1") -> PricePoint:
    return PricePoint(
        venue=Venue.POLYMARKET,
        market_native_id=key,
        outcome_index=outcome,
        at=at(hours),
        interval_seconds=interval,
        price=price,
    )


def bar(hours: int, close: float, *, asset: str = "BTC", seconds: int = 3_600) -> Bar:
    return Bar(
        asset=asset,
        interval_seconds=seconds,
        opens_at=at(hours),
        open=100.0,
        high=max(100.0, close),
        low=min(100.0, close),
        close=close,
        volume=1.0,
        unit="USDT",
        source="file:BTCUSDT_1h.csv",
    )


@pytest.fixture
def folder(tmp_path):
    decided = Resolution(shape=ResolutionShape.DECIDED, payouts=(1_000_000, 0), resolved_at=RESOLVED_AT)
    markets = [
        a_market("0x1", slug="rain", fee_terms=FREE),
        a_market("0x2", slug="over", fee_terms=FREE, status=MarketStatus.RESOLVED, resolution=decided),
    ]
    with open_stores(tmp_path) as storage:
        save_markets(storage, markets)
        storage.history.save_bars([bar(0, 101.0), bar(1, 99.0), bar(3, 98.0), bar(0, 50.0, asset="ETH")])
        prices = [
            point(0, 400_000),
            point(0.5, 450_000),
            point(1, None),
            point(2, 300_000),
            point(0, 600_000, outcome=1),
        ]
        storage.history.save_prices([*prices, point(0, 900_000, key="0x2"), point(5, 950_000, key="0x2")])
        storage.history.save_prices([point(1, 990_000, interval=86_400)])
    return tmp_path


def read(folder, **choice) -> ReadBars:
    return read_bars(settings_at(folder), BarsChoice(**choice))


def test_bars_of_an_asset_are_those_of_the_history_gaps_included(folder):
    found = read(folder, asset="BTC")
    assert found.bars.close.tolist() == [101.0, 99.0, 98.0]
    assert found.bars.gaps.tolist() == [0, 0, 1]
    assert found.told.missing == 1
    assert not found.bars.is_market


def test_a_market_is_bars_of_the_intervals_in_which_a_price_was_recorded(folder):
    found = read(folder, market="rain")
    assert [found.bars.at(index) for index in range(2)] == [at(0), at(2)]
    assert found.bars.open.tolist() == [0.4, 0.3]
    assert found.bars.high.tolist() == [0.45, 0.3]
    assert found.bars.close.tolist() == [0.45, 0.3]
    assert found.question == "Will it rain in Oslo on 2 November?"
    assert found.bars.is_market
    assert found.settlement is None
    assert "not resolved" in found.notes[0]


def test_an_hour_that_has_not_ended_is_no_bar_yet(folder):
    choice = BarsChoice(market="over")
    assert len(read_bars(settings_at(folder), choice, now=at(6)).bars) == 2
    with pytest.raises(ConfigurationError, match="at least two bars"):
        read_bars(settings_at(folder), choice, now=at(5.9))


def test_a_resolved_market_is_settled_at_what_an_outcome_paid(folder):
    assert read(folder, market="over").settlement == Settlement(at=int(RESOLVED_AT.timestamp()), value=1.0)


def test_what_was_resolved_after_the_end_is_not_known(folder):
    assert read(folder, market="over", end=at(24)).settlement is None


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"asset": "DOGE"}, "found 'DOGE'; there are bars of: BTC, ETH"),
        (
            {"asset": "BTC", "interval_seconds": 60},
            "expected bars of BTC of 60 s in the history, found those of 3,600 s",
        ),
        ({"asset": "ETH"}, "at least two bars of ETH, found 1"),
        ({"asset": "BTC", "start": at(9)}, "expected bars of BTC from"),
        ({"asset": "BTC", "start": at(2), "end": at(1)}, "expected a start before the end"),
        ({"market": "snow"}, "expected a market id, venue key or slug of the catalogue, found 'snow'"),
        ({"market": "rain", "outcome": 2}, "expected an outcome from 0 to 1"),
        ({"market": "over", "outcome": 1}, "found: outcome 0 of 3,600 s"),
        ({"market": "rain", "interval_seconds": 60}, "found: outcome 0 of 3,600 s, outcome 0 of 86,400 s"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(folder, choice, words):
    with pytest.raises(ConfigurationError) as caught:
        read(folder, **choice)
    assert words in str(caught.value)
