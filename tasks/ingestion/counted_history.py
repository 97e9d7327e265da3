"""A history store that notes how many rows were new, for the report of an ingest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from edgeworth.markets.bars import Bar, SavedBars
from edgeworth.markets.book import OrderBook
from edgeworth.markets.history import PricePoint, Trade
from edgeworth.ports import HistoryStore
from edgeworth.reports.ingest import HistoryCounts

MOST_EXAMPLES = 5
"""Contradictions that are told one by one."""


class CountedHistory:
    """Passes everything on to ``store`` and adds the new rows to ``counts``. Implements the port ``HistoryStore``."""

    def __init__(self, store: HistoryStore, counts: HistoryCounts) -> None:
        self._store = store
        self._counts = counts

    def save_prices(self, points: Sequence[PricePoint]) -> int:
        new = self._store.save_prices(points)
        self._counts.prices += new
        return new

    def save_books(self, books: Sequence[OrderBook]) -> int:
        new = self._store.save_books(books)
        self._counts.books += new
        return new

    def save_trades(self, trades: Sequence[Trade]) -> int:
        new = self._store.save_trades(trades)
        self._counts.trades += new
        return new

    def save_bars(self, bars: Sequence[Bar]) -> SavedBars:
        saved = self._store.save_bars(bars)
        self._counts.bars += saved.new
        self._counts.contradicting_bars += saved.contradicting
        self._counts.contradictions += saved.examples[: MOST_EXAMPLES - len(self._counts.contradictions)]
        return saved

    def last_price_at(self, market_ids: Sequence[str]) -> Mapping[tuple[str, int], datetime]:
        return self._store.last_price_at(market_ids)

    def last_trade_at(self, market_ids: Sequence[str]) -> Mapping[str, datetime]:
        return self._store.last_trade_at(market_ids)
