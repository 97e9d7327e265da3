"""The recorded hours of Bitcoin and Ether, as their files are: counts from the archive's own description."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeworth.adapters.recordings.listing import RecordedFile
from edgeworth.markets.bars import BarOrder, Gap

RECORDINGS = os.environ.get("EDGEWORTH_RECORDINGS")
pytestmark = pytest.mark.skipif(not RECORDINGS, reason="EDGEWORTH_RECORDINGS is not set: no recordings to read")

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def opened(name: str) -> RecordedFile:
    return RecordedFile(Path(RECORDINGS or "") / "ohlcv" / name, now=NOW)


@pytest.mark.parametrize("asset", ["BTC", "ETH"])
def test_three_years_with_a_banner_newest_first(asset):
    table = opened(f"Binance_{asset}USDT_1h_2017_2020.csv.gz").bars
    survey = table.survey
    assert (table.terms.asset, table.terms.unit, table.terms.interval_seconds) == (asset, "USDT", 3600)
    assert (survey.count, survey.order, table.refused) == (27_100, BarOrder.NEWEST_FIRST, 0)
    assert (survey.repeated, survey.contradicting) == (4, 0)
    # From 19:00 to the next bar at midnight five hours pass: four bars are missing.
    assert survey.gaps == (Gap(starts_at=datetime(2017, 9, 22, 20, tzinfo=UTC), missing=4),)
    assert survey.first_opens_at == datetime(2017, 8, 17, 4, tzinfo=UTC)
    assert survey.last_ends_at == datetime(2020, 9, 19, 8, tzinfo=UTC)


def test_six_years_oldest_first():
    table = opened("ETHUSDT_1h_2019_2025.csv.gz").bars
    survey = table.survey
    assert (table.terms.asset, table.terms.interval_seconds) == ("ETH", 3600)
    assert (survey.count, survey.order, table.refused) == (51_816, BarOrder.OLDEST_FIRST, 0)
    assert (survey.repeated, survey.contradicting, table.other_dates) == (0, 0, 0)
    # Gaps of two to six hours between two bars: one to five bars are missing.
    assert len(survey.gaps) == 15
    assert {gap.missing for gap in survey.gaps} <= {1, 2, 3, 4, 5}
    assert survey.first_opens_at == datetime(2019, 12, 4, 6, tzinfo=UTC)
    assert survey.last_ends_at == datetime(2025, 11, 2, 14, tzinfo=UTC)


def test_rows_are_as_they_stand_in_the_file():
    file = opened("ETHUSDT_1h_2019_2025.csv.gz")
    page = file.page_at(0)
    items = file.split(page).items
    first = file.parse(items[0], page).bars[0]
    assert (first.open, first.high, first.low, first.close, first.volume) == (143.61, 144.62, 143.31, 144.09, 7611.36)
