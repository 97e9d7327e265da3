"""Reading history: where it goes on, and that a failure leaves nothing running behind it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest

from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.errors import RetriableSourceError
from edgeworth.markets.history import Trade
from edgeworth.markets.venue import Venue
from edgeworth.ports import TradedMarket
from edgeworth.reports.ingest import HistoryCounts
from edgeworth.units import PriceMicros, ShareMicros
from tasks.ingestion.steps import TRADES_OVERLAP, _HistoryReader
from tests.builders import NOON

pytestmark = pytest.mark.anyio

NOW = NOON + timedelta(days=1)
EARLIEST = NOON - timedelta(days=30)


class FakeSource:
    """Answers nothing; notes from when it is asked. ``broken`` fails once all others are waiting."""

    venue = Venue.POLYMARKET

    def __init__(self, broken: str | None = None) -> None:
        self.broken = broken
        self.asked: dict[str, list] = {}
        self.running = 0

    async def fetch_books(self, markets):
        for _ in ():
            yield

    async def fetch_prices(self, market, *, start, end, interval_seconds):
        self.asked[market.native_id] = [start]
        self.running += 1
        try:
            if market.native_id == self.broken:
                await asyncio.sleep(0)
                raise RetriableSourceError("the venue is busy")
            if self.broken:
                await asyncio.Event().wait()
        finally:
            self.running -= 1
        for _ in ():
            yield

    async def fetch_trades(self, market, *, start, end):
        self.asked[market.native_id].append(start)
        for _ in ():
            yield


def markets(*names: str) -> list[TradedMarket]:
    return [TradedMarket(venue=Venue.POLYMARKET, native_id=name, token_ids=("1", "2")) for name in names]


def reader(tmp_path, source) -> _HistoryReader:
    storage = SimpleNamespace(history=ParquetHistory(tmp_path))
    return _HistoryReader(source, storage, SimpleNamespace(), NOW, EARLIEST)


async def test_when_one_market_fails_the_others_have_ended_before_the_error_goes_on(tmp_path):
    source = FakeSource(broken="b")
    with pytest.raises(RetriableSourceError):
        await reader(tmp_path, source).read(markets("a", "b", "c"), HistoryCounts())
    assert source.running == 0


async def test_trades_are_read_once_more_before_the_last_stored_one(tmp_path):
    # The last one came from the market channel, which began some time after the reading before it had ended.
    history = ParquetHistory(tmp_path)
    last = Trade(
        venue=Venue.POLYMARKET,
        market_native_id="a",
        trade_id="t1",
        outcome_index=0,
        at=NOON,
        price=PriceMicros(500_000),
        size=ShareMicros(1_000_000),
    )
    history.save_trades([last])
    source = FakeSource()
    await reader(tmp_path, source).read(markets("a", "new"), HistoryCounts())
    assert source.asked == {"a": [EARLIEST, NOON - TRADES_OVERLAP], "new": [EARLIEST, EARLIEST]}
