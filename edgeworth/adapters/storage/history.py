"""Prices, books, trades and bars as Parquet (``HistoryStore``): what their columns are and when two rows are the same.

How the files are kept stands in ``parts.py``, and where in ``part_folders.py``. Prices and sizes are whole millionths,
instants are UTC, ``venue`` names an invented twin as such and ``is_synthetic`` says it again.

A book is one row with its levels as lists, best price first. One row a level would need an invented level for an empty
side, would say the book's instant forty times, and would make "is this book stored" and "the book at an instant"
questions over many rows; ``explode`` gives the levels where they are wanted.

Rows that are stored already are left out when they are saved again: a price point is known by market, outcome, interval
and instant, a trade by market and trade id, a book by market, outcome, instant and content, a bar by asset, interval
and beginning. The first one stands; of bars, which several sources tell, those that say something else are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xxhash

from edgeworth.adapters.storage.part_folders import LocalFolder, PartFolder
from edgeworth.adapters.storage.parts import BUSY_TIMEOUT_SECONDS, PartFiles
from edgeworth.markets.bars import Bar, SavedBars
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.history import PricePoint, Trade
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros, ShareMicros

Instant = pl.Datetime("us", "UTC")
Levels = pl.List(pl.Int64())

PRICES = pl.Schema(
    {
        "venue": pl.String(),
        "is_synthetic": pl.Boolean(),
        "market_id": pl.String(),
        "outcome_index": pl.Int16(),
        "at": Instant,
        "interval_seconds": pl.Int32(),
        "price_micros": pl.Int64(),
        "bid_micros": pl.Int64(),
        "ask_micros": pl.Int64(),
        "volume_micros": pl.Int64(),
    }
)
TRADES = pl.Schema(
    {
        "venue": pl.String(),
        "is_synthetic": pl.Boolean(),
        "market_id": pl.String(),
        "trade_id": pl.String(),
        "outcome_index": pl.Int16(),
        "at": Instant,
        "price_micros": pl.Int64(),
        "size_micros": pl.Int64(),
        "side": pl.String(),
        "wallet": pl.String(),
    }
)
BOOKS = pl.Schema(
    {
        "venue": pl.String(),
        "is_synthetic": pl.Boolean(),
        "market_id": pl.String(),
        "outcome_index": pl.Int16(),
        "observed_at": Instant,
        "token_id": pl.String(),
        "tick_size_micros": pl.Int64(),
        "hash": pl.String(),
        "bid_prices_micros": Levels,
        "bid_sizes_micros": Levels,
        "ask_prices_micros": Levels,
        "ask_sizes_micros": Levels,
        "content_digest": pl.String(),
    }
)
BARS = pl.Schema(
    {
        "asset": pl.String(),
        "is_synthetic": pl.Boolean(),
        "interval_seconds": pl.Int32(),
        "opens_at": Instant,
        "open": pl.Float64(),
        "high": pl.Float64(),
        "low": pl.Float64(),
        "close": pl.Float64(),
        "volume": pl.Float64(),
        "unit": pl.String(),
        "source": pl.String(),
    }
)
DATASETS = {"prices": PRICES, "books": BOOKS, "trades": TRADES, "bars": BARS}
"""Columns of each dataset, by the name of its folder."""

_PRICE_KEY = ("market_id", "outcome_index", "interval_seconds", "at")
_TRADE_KEY = ("market_id", "trade_id")
_BOOK_KEY = ("market_id", "outcome_index", "observed_at", "content_digest")
_BAR_KEY = ("asset", "interval_seconds", "opens_at")
_BAR_VALUES = ("open", "high", "low", "close", "volume", "unit")
_MOST_EXAMPLES = 5


class ParquetHistory:
    """The history, in ``<data_dir>/history`` unless other folders are given.

    Args:
        data_dir: Files go below its folder ``history``.
        folders: Where each dataset is instead, by its name.
        busy_timeout_seconds: How long to wait for another process that writes to the same dataset.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        folders: Callable[[str], PartFolder] | None = None,
        busy_timeout_seconds: float = BUSY_TIMEOUT_SECONDS,
    ) -> None:
        def parts(name: str, *sorted_by: str) -> PartFiles:
            folder = LocalFolder(data_dir / "history" / name) if folders is None else folders(name)
            return PartFiles(folder, DATASETS[name], sorted_by, busy_timeout_seconds=busy_timeout_seconds)

        self._prices = parts("prices", "market_id", "at", "outcome_index", "interval_seconds")
        self._books = parts("books", "market_id", "observed_at", "outcome_index", "content_digest")
        self._trades = parts("trades", "market_id", "at", "trade_id")
        self._bars = parts("bars", *_BAR_KEY)

    def save_prices(self, points: Sequence[PricePoint]) -> int:
        """Store points that are not stored yet; their number.

        Raises:
            StorageError: Nothing of ``points`` was stored; the kind says what to do.
        """
        return _save(self._prices, [_price_row(point) for point in points], _PRICE_KEY, "at")

    def save_books(self, books: Sequence[OrderBook]) -> int:
        """Store books that are not stored yet; their number.

        Raises:
            StorageError: Nothing of ``books`` was stored; the kind says what to do.
        """
        return _save(self._books, [_book_row(book) for book in books], _BOOK_KEY, "observed_at")

    def save_trades(self, trades: Sequence[Trade]) -> int:
        """Store trades that are not stored yet; their number.

        Raises:
            StorageError: Nothing of ``trades`` was stored; the kind says what to do.
        """
        return _save(self._trades, [_trade_row(trade) for trade in trades], _TRADE_KEY, "at")

    def save_bars(self, bars: Sequence[Bar]) -> SavedBars:
        """Store bars that are not stored yet; one that contradicts a stored one is told and changes nothing.

        Raises:
            StorageError: Nothing of ``bars`` was stored; the kind says what to do.
        """
        if not bars:
            return SavedBars()
        given = pl.DataFrame([_bar_row(bar) for bar in bars], schema=BARS, orient="row")
        first = given.unique(_BAR_KEY, keep="first", maintain_order=True)
        with self._bars.held() as turn:
            stored = _bars_among(turn.scan(), given).collect()
            new = first.join(stored, on=_BAR_KEY, how="anti", maintain_order="left")
            if len(new):
                turn.add(new)
        standing = pl.concat([stored, new])
        return SavedBars(new=len(new), **_contradictions(given, standing))

    def last_price_at(self, market_ids: Sequence[str]) -> Mapping[tuple[str, int], datetime]:
        """Latest stored price point by (market id, outcome index)."""
        latest = self.scan_prices(market_ids).group_by("market_id", "outcome_index").agg(pl.col("at").max())
        rows = latest.select("market_id", "outcome_index", "at").collect().iter_rows()
        return {(market_id, index): at for market_id, index, at in rows}

    def last_trade_at(self, market_ids: Sequence[str]) -> Mapping[str, datetime]:
        """Latest stored trade by market id."""
        latest = self.scan_trades(market_ids).group_by("market_id").agg(pl.col("at").max())
        return dict(latest.select("market_id", "at").collect().iter_rows())

    def latest_books(self, market_ids: Sequence[str], *, until: datetime | None = None) -> Sequence[OrderBook]:
        """The newest stored book of each outcome of these markets; of several of one instant the last by content.

        ``until``: only books that stood by then.
        """
        order = ("market_id", "outcome_index", "observed_at", "content_digest")
        books = self.scan_books(market_ids)
        if until is not None:
            books = books.filter(pl.col("observed_at") <= until)
        newest = books.sort(order).group_by(order[:2], maintain_order=True).last()
        return [_book_of(row) for row in newest.collect().iter_rows(named=True)]

    def scan_prices(
        self, market_ids: Sequence[str] | None = None, start: datetime | None = None, end: datetime | None = None
    ) -> pl.LazyFrame:
        """Price points of these markets from ``start`` to ``end`` (exclusive), not yet read; ``None`` sets no bound."""
        return _narrowed(self._prices.scan(), "at", market_ids, start, end)

    def scan_books(
        self, market_ids: Sequence[str] | None = None, start: datetime | None = None, end: datetime | None = None
    ) -> pl.LazyFrame:
        """Books of these markets from ``start`` to ``end`` (exclusive), not yet read; ``None`` sets no bound."""
        return _narrowed(self._books.scan(), "observed_at", market_ids, start, end)

    def scan_trades(
        self, market_ids: Sequence[str] | None = None, start: datetime | None = None, end: datetime | None = None
    ) -> pl.LazyFrame:
        """Trades of these markets from ``start`` to ``end`` (exclusive), not yet read; ``None`` sets no bound."""
        return _narrowed(self._trades.scan(), "at", market_ids, start, end)

    def scan_bars(
        self,
        asset: str | Sequence[str],
        start: datetime | None = None,
        end: datetime | None = None,
        interval: int | None = None,
    ) -> pl.LazyFrame:
        """Bars of an asset, or of several, by asset and then oldest first, not yet read.

        Args:
            asset: Symbol, or symbols.
            start: Only bars that open at or after it.
            end: Only bars that have ended by it: what is known at ``end``.
            interval: Only bars of so many seconds; ``None`` gives those of every length, the shortest first.
        """
        rows = self._bars.scan().filter(pl.col("asset").is_in([asset] if isinstance(asset, str) else list(asset)))
        if interval is not None:
            rows = rows.filter(pl.col("interval_seconds") == interval)
        if start is not None:
            rows = rows.filter(pl.col("opens_at") >= start)
        return _ended_by(rows, end).sort(_BAR_KEY)

    def bar_intervals(
        self, assets: Sequence[str] | None = None, *, until: datetime | None = None
    ) -> Mapping[str, Sequence[int]]:
        """Which assets (of ``assets``) have bars that ended by ``until``, and of which seconds, shortest first."""
        rows = _ended_by(self._bars.scan(), until)
        if assets is not None:
            rows = rows.filter(pl.col("asset").is_in(list(assets)))
        found: dict[str, list[int]] = {}
        for name, seconds in rows.select("asset", "interval_seconds").unique().collect().sort(pl.all()).iter_rows():
            found.setdefault(name, []).append(seconds)
        return found

    def compact(self) -> dict[str, int]:
        """Merge small files into sorted ones, and remove those that merges before this one replaced.

        Safe to be killed at any point. Saving does it by itself once there are many files.

        Returns:
            Files that hold each dataset now.
        """
        left = {}
        for name, parts in (
            ("prices", self._prices),
            ("books", self._books),
            ("trades", self._trades),
            ("bars", self._bars),
        ):
            with parts.held() as turn:
                left[name] = turn.merge()
        return left


def _save(parts: PartFiles, rows: Sequence[tuple[object, ...]], key: Sequence[str], instant: str) -> int:
    if not rows:
        return 0
    given = pl.DataFrame(rows, schema=parts.schema, orient="row").unique(key, keep="first", maintain_order=True)
    # Under the lock from the look to the new file: of two processes with the same rows, the second one finds them.
    with parts.held() as turn:
        stored = _narrowed(turn.scan(), instant, given["market_id"].unique().to_list(), None, None)
        if instant in key:
            times = given[instant]
            stored = stored.filter(pl.col(instant).is_between(times.min(), times.max()))
        new = given.join(stored.select(key).collect(), on=key, how="anti", maintain_order="left")
        if len(new):
            turn.add(new)
    return len(new)


def _ended_by(rows: pl.LazyFrame, end: datetime | None) -> pl.LazyFrame:
    """Bars that are known at ``end``."""
    if end is None:
        return rows
    # The plain bound lets files be skipped; the exact one holds for every length.
    is_known = pl.col("opens_at") + pl.duration(seconds=pl.col("interval_seconds")) <= end
    return rows.filter(pl.col("opens_at") < end, is_known)


def _bars_among(rows: pl.LazyFrame, given: pl.DataFrame) -> pl.LazyFrame:
    """Stored rows that may have a key of ``given``."""
    times = given["opens_at"]
    return rows.filter(
        pl.col("asset").is_in(given["asset"].unique().to_list()),
        pl.col("opens_at").is_between(times.min(), times.max()),
    )


def _contradictions(given: pl.DataFrame, standing: pl.DataFrame) -> dict[str, Any]:
    """How many rows of ``given`` say something else than what stands, and the first of them in words."""
    pairs = given.join(standing, on=_BAR_KEY, how="inner", suffix="_standing", maintain_order="left")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_standing")) for name in _BAR_VALUES)
    found = pairs.filter(differs)
    return {
        "contradicting": len(found),
        "examples": tuple(_contradiction(row) for row in found.head(_MOST_EXAMPLES).iter_rows(named=True)),
    }


def _contradiction(row: Mapping[str, Any]) -> str:
    differing = [name for name in _BAR_VALUES if row[name] != row[f"{name}_standing"]]
    said = ", ".join(f"{name} {row[f'{name}_standing']} stands, {row[name]} was read" for name in differing)
    return f"{row['asset']} {row['opens_at']:%Y-%m-%d %H:%M} ({row['source_standing']}, {row['source']}): {said}"


def _narrowed(
    rows: pl.LazyFrame, instant: str, market_ids: Sequence[str] | None, start: datetime | None, end: datetime | None
) -> pl.LazyFrame:
    if market_ids is not None:
        rows = rows.filter(pl.col("market_id").is_in(list(market_ids)))
    if start is not None:
        rows = rows.filter(pl.col(instant) >= start)
    if end is not None:
        rows = rows.filter(pl.col(instant) < end)
    return rows


def _price_row(point: PricePoint) -> tuple[object, ...]:
    return (
        point.venue.value,
        point.venue.is_synthetic,
        point.market_id,
        point.outcome_index,
        point.at,
        point.interval_seconds,
        point.price,
        point.bid,
        point.ask,
        point.volume,
    )


def _trade_row(trade: Trade) -> tuple[object, ...]:
    return (
        trade.venue.value,
        trade.venue.is_synthetic,
        trade.market_id,
        trade.trade_id,
        trade.outcome_index,
        trade.at,
        trade.price,
        trade.size,
        None if trade.side is None else trade.side.value,
        trade.wallet,
    )


def _bar_row(bar: Bar) -> tuple[object, ...]:
    return (
        bar.asset,
        bar.is_synthetic,
        bar.interval_seconds,
        bar.opens_at,
        bar.open,
        bar.high,
        bar.low,
        bar.close,
        bar.volume,
        bar.unit,
        bar.source,
    )


def _book_row(book: OrderBook) -> tuple[object, ...]:
    levels = (*_columns(book.bids), *_columns(book.asks))
    return (
        book.venue.value,
        book.venue.is_synthetic,
        book.market_id,
        book.outcome_index,
        book.observed_at,
        book.token_id,
        book.tick_size,
        book.hash,
        *levels,
        xxhash.xxh3_64_hexdigest(repr((book.tick_size, levels)).encode()),
    )


def _book_of(row: Mapping[str, Any]) -> OrderBook:
    venue = Venue(row["venue"])
    return OrderBook(
        venue=venue,
        market_native_id=row["market_id"].removeprefix(f"{venue.value}:"),
        outcome_index=row["outcome_index"],
        bids=_levels(row["bid_prices_micros"], row["bid_sizes_micros"]),
        asks=_levels(row["ask_prices_micros"], row["ask_sizes_micros"]),
        observed_at=row["observed_at"],
        token_id=row["token_id"],
        tick_size=row["tick_size_micros"],
        hash=row["hash"],
    )


def _levels(prices: Sequence[int], sizes: Sequence[int]) -> tuple[BookLevel, ...]:
    return tuple(BookLevel(PriceMicros(price), ShareMicros(size)) for price, size in zip(prices, sizes, strict=True))


def _columns(levels: Sequence[BookLevel]) -> tuple[list[int], list[int]]:
    return [level.price for level in levels], [level.size for level in levels]
