"""The past that a context holds, read for all markets of a batch at once: their prices, and what they ask about.

Bounded, so that a context stays small whatever is stored, and by rules that depend on the rows alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import polars as pl
from msgspec import Struct

from edgeworth.markets.history import PricePoint
from edgeworth.markets.venue import Venue
from edgeworth.simulation.context import Series, SpotHistory, SpotScale

RECENT_POINTS: Final = 1_000
"""Newest price points of a market, all of them kept."""
EARLIER_POINTS: Final = 1_000
"""Older price points at most: every second, third, ... counted back from the newest, so that few enough remain."""

SPOT_PERIOD: Final = timedelta(days=90)
"""How far back bars are read: older weather says little of the present one."""
SPOT_STALE_AFTER: Final = timedelta(days=2)
"""Bars that end longer ago than this (and than two of them) do not say where the asset stands."""
_HOUR: Final = 3600

_INSTANT: Final = timedelta(microseconds=1)


class PastTables(Protocol):
    """The history as tables; what ``ParquetHistory`` gives."""

    def scan_prices(
        self, market_ids: Sequence[str] | None = None, start: datetime | None = None, end: datetime | None = None
    ) -> pl.LazyFrame:
        """Price points from ``start`` to ``end`` (exclusive)."""

    def scan_bars(
        self,
        asset: str | Sequence[str],
        start: datetime | None = None,
        end: datetime | None = None,
        interval: int | None = None,
    ) -> pl.LazyFrame:
        """Bars that open at or after ``start`` and have ended by ``end``, by asset, oldest first."""

    def bar_intervals(
        self, assets: Sequence[str] | None = None, *, until: datetime | None = None
    ) -> Mapping[str, Sequence[int]]:
        """Lengths in seconds of the bars of each asset that have ended by ``until``."""


class Spot(Struct, frozen=True, kw_only=True):
    """The past of the quantity that a market asks about, or why there is none.

    Attributes:
        problem: Word to count by; ``None`` also where no asset is asked about.
    """

    history: SpotHistory | None = None
    problem: str | None = None


class PastMaterial(Struct, frozen=True, kw_only=True):
    """By market id."""

    prices: Mapping[str, Sequence[PricePoint]]
    spots: Mapping[str, Spot]


def price_histories(history: PastTables, market_ids: Sequence[str], as_of: datetime) -> dict[str, list[PricePoint]]:
    """Prices of outcome 0 up to ``as_of``, oldest first, thinned: the newest ``RECENT_POINTS`` of each market whole.

    Of the older ones every k-th is kept, counted back from the newest, with the least k that leaves no more than
    ``EARLIER_POINTS``. Points without any price are passed over; of several at one instant the finest comes last.
    """
    if not market_ids:
        return {}
    known = (
        history.scan_prices(market_ids, end=as_of + _INSTANT)
        .filter(
            pl.col("outcome_index") == 0,
            pl.col("price_micros").is_not_null() | (pl.col("bid_micros") + pl.col("ask_micros")).is_not_null(),
        )
        .sort("market_id", "at", "interval_seconds", descending=[False, False, True])
        .with_columns(back=pl.len().over("market_id") - pl.int_range(pl.len()).over("market_id") - 1)
        .with_columns(older=(pl.len().over("market_id") - RECENT_POINTS).clip(lower_bound=0))
        .with_columns(every=((pl.col("older") + EARLIER_POINTS - 1) // EARLIER_POINTS).clip(lower_bound=1))
        .filter((pl.col("back") < RECENT_POINTS) | ((pl.col("back") - RECENT_POINTS) % pl.col("every") == 0))
    )
    columns = (
        "venue", "market_id", "outcome_index", "at", "interval_seconds", "price_micros", "bid_micros", "ask_micros",
    )  # fmt: skip
    venues = {venue.value: venue for venue in Venue}
    found: dict[str, list[PricePoint]] = {}
    for venue, market_id, index, at, interval, price, bid, ask in known.select(columns).collect().iter_rows():
        point = PricePoint(
            venue=venues[venue],
            market_native_id=market_id.removeprefix(f"{venue}:"),
            outcome_index=index,
            at=at,
            interval_seconds=interval,
            price=price,
            bid=bid,
            ask=ask,
        )
        found.setdefault(market_id, []).append(point)
    return found


def spot_histories(history: PastTables, assets: Mapping[str, str | None], as_of: datetime) -> dict[str, Spot]:
    """What is known at ``as_of`` of the asset that each market asks about (``assets``, by market id).

    Bars of an hour are used, else of the length nearest to it; each counts at its end, with its close.
    """
    wanted = sorted({asset for asset in assets.values() if asset is not None})
    if not wanted:
        return {}
    intervals = history.bar_intervals(wanted, until=as_of)
    chosen = {asset: min(known, key=_from_an_hour) for asset, known in intervals.items()}
    by_asset: dict[str, Spot] = {}
    for seconds in sorted(set(chosen.values())):
        those = [asset for asset in wanted if chosen.get(asset) == seconds]
        rows = history.scan_bars(those, start=as_of - SPOT_PERIOD, end=as_of, interval=seconds).collect()
        for (asset,), bars in rows.group_by("asset", maintain_order=True):
            by_asset[str(asset)] = _spot(str(asset), bars, timedelta(seconds=seconds), as_of)
    return {
        market_id: by_asset.get(asset, Spot(problem="spot_stale" if asset in intervals else "spot_missing"))
        for market_id, asset in assets.items()
        if asset is not None and (asset in intervals or not _is_event(asset))
    }


def _from_an_hour(seconds: int) -> tuple[float, int]:
    return abs(math.log(seconds / _HOUR)), seconds


def _is_event(asset: str) -> bool:
    """An invented event may have no quantity: that there is none is nothing left out."""
    return ":" in asset


def _spot(asset: str, bars: pl.DataFrame, length: timedelta, as_of: datetime) -> Spot:
    ends = (bars["opens_at"] + length).to_list()
    if as_of - ends[-1] > max(SPOT_STALE_AFTER, 2 * length):
        return Spot(problem="spot_stale")
    is_synthetic = bool(bars["is_synthetic"][-1])
    closes = bars["close"].to_list()
    # The quantities of the synthetic world move evenly by amount, prices of the real one by share.
    scale = SpotScale.LINEAR if is_synthetic or min(closes) <= 0 else SpotScale.LOG
    return Spot(
        history=SpotHistory(
            name="the quantity" if is_synthetic else asset,
            unit=str(bars["unit"][-1]),
            source=str(bars["source"][-1]),
            scale=scale,
            series=Series(at_seconds=tuple(end.timestamp() for end in ends), values=tuple(closes)),
        )
    )
