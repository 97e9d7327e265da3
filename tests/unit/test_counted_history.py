"""Only rows that were new are counted, whatever store is behind."""

from datetime import UTC, datetime

from msgspec.structs import replace

from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.markets.history import PricePoint, Trade
from edgeworth.markets.venue import Venue
from edgeworth.reports.ingest import HistoryCounts
from edgeworth.units import MICROS, PriceMicros, ShareMicros
from tasks.ingestion.counted_history import CountedHistory
from tests.builders import a_bar

AT = datetime(2026, 11, 21, tzinfo=UTC)


def a_point(minute: int) -> PricePoint:
    return PricePoint(
        venue=Venue.KALSHI,
        market_native_id="KXA",
        outcome_index=0,
        at=AT.replace(minute=minute),
        interval_seconds=60,
        price=PriceMicros(520_000),
    )


def test_rows_that_were_there_already_are_not_counted(tmp_path):
    counts = HistoryCounts()
    history = CountedHistory(ParquetHistory(tmp_path), counts)
    assert history.save_prices([a_point(0), a_point(1)]) == 2
    assert history.save_prices([a_point(1), a_point(2)]) == 1
    trade = Trade(
        venue=Venue.KALSHI,
        market_native_id="KXA",
        trade_id="t1",
        outcome_index=0,
        at=AT,
        price=PriceMicros(520_000),
        size=ShareMicros(MICROS),
    )
    assert [history.save_trades([trade]), history.save_trades([trade])] == [1, 0]
    assert counts == HistoryCounts(prices=3, trades=1)
    assert history.last_price_at(["kalshi:KXA"]) == {("kalshi:KXA", 0): AT.replace(minute=2)}
    assert history.last_trade_at(["kalshi:KXA"]) == {"kalshi:KXA": AT}


def test_bars_that_contradict_stored_ones_are_counted_and_a_few_of_them_told(tmp_path):
    counts = HistoryCounts()
    history = CountedHistory(ParquetHistory(tmp_path), counts)
    bars = [a_bar(hour) for hour in range(9)]
    history.save_bars(bars)
    history.save_bars([replace(bar, volume=1.0) for bar in bars[:4]])
    history.save_bars([replace(bar, volume=2.0) for bar in bars])
    assert (counts.bars, counts.contradicting_bars) == (9, 13)
    assert len(counts.contradictions) == 5
