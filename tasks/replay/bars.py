"""Bars for a replay, as they were chosen: of a recorded file, of the history, or of the prices of a market."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
from msgspec import Struct

from edgeworth.errors import ConfigurationError, DataError
from edgeworth.markets.bars import BarSurvey
from edgeworth.markets.market import Market
from edgeworth.replay.bars import Bars, bars_from_prices, bars_from_table, bars_from_values
from edgeworth.replay.broker import Settlement
from edgeworth.replay.costs import VenueFee
from edgeworth.reports.replay import BarsTold, bars_told
from edgeworth.units import MICROS
from tasks import wiring
from tasks.clock import utc_now
from tasks.replay.plan import BarsChoice
from tasks.settings import Settings


class ReadBars(Struct, frozen=True, kw_only=True):
    """Bars, and what is known of where they come from.

    Attributes:
        source: As the user named it; of a file its name only.
        survey: Of the rows that they were made of, if they were rows of a file.
        remark: What the reader noticed.
        question: Of a market. settlement: How it was resolved, if it was. fee: What its venue takes.
        notes: What a reader of the report should know.
    """

    bars: Bars
    source: str
    survey: BarSurvey | None = None
    remark: str | None = None
    question: str | None = None
    settlement: Settlement | None = None
    fee: VenueFee | None = None
    notes: tuple[str, ...] = ()

    @property
    def told(self) -> BarsTold:
        """The same for a report."""
        return bars_told(self.bars, source=self.source, survey=self.survey, remark=self.remark, question=self.question)


def read_bars(settings: Settings, choice: BarsChoice, *, now: datetime | None = None) -> ReadBars:
    """The bars of ``choice``, from ``start`` to ``end``.

    Args:
        settings: Where the stores are.
        choice: Which bars.
        now: Bars that have not ended by then are left out; ``None`` asks the clock.

    Raises:
        ConfigurationError: Not exactly one source is named, there is nothing there, or what is there cannot be
            replayed; says what was expected and where.
        StorageError: The stores cannot be used.
    """
    named = [one for one in (choice.path, choice.asset, choice.market) if one is not None]
    if len(named) != 1:
        raise ConfigurationError(
            f"expected bars of one thing: a file, an asset or a market, found {len(named) or 'none'} of them named"
        )
    if choice.start is not None and choice.end is not None and choice.start >= choice.end:
        raise ConfigurationError(f"expected a start before the end, found {choice.start} and {choice.end}")
    try:
        read = _read(settings, choice, now or utc_now())
        return _cut(read, choice)
    except DataError as error:
        said, name = str(error), _shown(choice)
        raise ConfigurationError(said if said.startswith(name) else f"{name}: {said}") from error


def _read(settings: Settings, choice: BarsChoice, now: datetime) -> ReadBars:
    if choice.path is not None:
        return _of_file(Path(choice.path))
    if choice.interval_seconds < 1:
        raise ConfigurationError(f"expected bars of a second or more, found {choice.interval_seconds} s")
    if choice.asset is not None:
        return _of_asset(settings, choice.asset, choice.interval_seconds)
    assert choice.market is not None
    return _of_market(settings, choice.market, choice.outcome, choice.interval_seconds, now)


def _cut(read: ReadBars, choice: BarsChoice) -> ReadBars:
    bars = read.bars
    if choice.start is None and choice.end is None:
        return read
    settlement = read.settlement
    if settlement is not None and choice.end is not None and settlement.at > choice.end.timestamp():
        # It was not known by then.
        settlement = None
    return ReadBars(
        **{name: getattr(read, name) for name in ("source", "survey", "remark", "question", "fee", "notes")},
        bars=bars.between(choice.start, choice.end),
        settlement=settlement,
    )


def _of_file(path: Path) -> ReadBars:
    if path.is_dir():
        raise ConfigurationError(f"expected a file with a table of bars, found the folder {path}")
    found = wiring.recorded_bars(path)
    return ReadBars(bars=bars_from_values(found.bars), source=path.name, survey=found.table.survey, remark=found.remark)


def _of_asset(settings: Settings, asset: str, interval_seconds: int) -> ReadBars:
    with wiring.open_storage(settings) as storage:
        table = storage.history.scan_bars(asset, interval=interval_seconds).collect()
        if table.is_empty():
            raise ConfigurationError(_no_bars(storage, asset, interval_seconds))
    return ReadBars(bars=bars_from_table(table), source=f"history: {asset}")


def _no_bars(storage: wiring.Storage, asset: str, interval_seconds: int) -> str:
    held = storage.history.bar_intervals()
    if asset in held:
        lengths = ", ".join(f"{seconds:,} s" for seconds in held[asset])
        return f"expected bars of {asset} of {interval_seconds:,} s in the history, found those of {lengths}"
    names = ", ".join(sorted(held)[:8]) or "none"
    return (
        f"expected an asset with bars in the history, found {asset[:40]!r}; there are bars of: {names}. "
        "`edgeworth ingest --source file:PATH` takes a table of bars"
    )


def _of_market(settings: Settings, name: str, outcome: int, interval_seconds: int, now: datetime) -> ReadBars:
    with wiring.open_storage(settings) as storage:
        market = storage.catalogue.get_market(name)
        if market is None:
            raise ConfigurationError(
                f"expected a market id, venue key or slug of the catalogue, found {name[:60]!r}; "
                "`edgeworth markets list --search ...` finds it"
            )
        if not 0 <= outcome < len(market.outcomes):
            raise ConfigurationError(
                f"expected an outcome from 0 to {len(market.outcomes) - 1} of {market.market_id}, found {outcome}"
            )
        rows = storage.history.scan_prices([market.market_id])
        # A point of a longer interval says nothing of the bars within it.
        fits = (pl.col("outcome_index") == outcome) & (pl.col("interval_seconds") <= interval_seconds)
        points = rows.filter(fits).select("at", "price_micros").drop_nulls().collect()
        if points.is_empty():
            raise ConfigurationError(_no_prices(rows, market, outcome, interval_seconds))
    # Divided by numpy: polars multiplies by the inverse, which makes 0.39999999999999997 of 400,000 millionths.
    prices = pl.Series("price", points["price_micros"].to_numpy() / MICROS)
    bars = bars_from_prices(
        points.with_columns(prices),
        market_id=market.market_id,
        interval_seconds=interval_seconds,
        is_synthetic=market.venue.is_synthetic,
        until=now,
    )
    settlement, note = _settlement(market, outcome)
    label = market.outcomes[outcome].label
    return ReadBars(
        bars=bars,
        source=f"prices of {market.market_id}, outcome {label}",
        question=market.question,
        settlement=settlement,
        fee=VenueFee(venue=market.venue, terms=market.fee_terms),
        notes=(note,) if note else (),
    )


def _no_prices(rows: pl.LazyFrame, market: Market, outcome: int, interval_seconds: int) -> str:
    known = (
        rows.drop_nulls("price_micros").select("outcome_index", "interval_seconds").unique().sort(pl.all()).collect()
    )
    held = ", ".join(f"outcome {index} of {seconds:,} s" for index, seconds in known.iter_rows()) or "none"
    return (
        f"expected prices of outcome {outcome} of {market.market_id} at least every {interval_seconds:,} s in the "
        f"history, found: {held}; `edgeworth ingest` fetches those of the busiest markets"
    )


def _settlement(market: Market, outcome: int) -> tuple[Settlement | None, str | None]:
    """What a share of the outcome paid, or why that is not known."""
    resolution = market.resolution
    if resolution is None:
        return None, "The market is not resolved: what is held at the end is marked at the last price."
    at = resolution.resolved_at or market.closed_at
    if resolution.payouts is None or at is None:
        return None, "How the market was resolved cannot be told from its record: nothing is settled."
    return Settlement(at=int(at.timestamp()), value=resolution.payouts[outcome] / MICROS), None


def _shown(choice: BarsChoice) -> str:
    if choice.path is not None:
        return Path(choice.path).name
    return choice.asset or choice.market or "nothing"
