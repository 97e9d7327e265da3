"""Columns of the bars of one asset, checked once, so that everything behind can rely on them.

Nothing is mended here: bars out of order, repeated, without a price or of two assets are refused with their place, and
a gap stays a gap. Reading files and the history is the adapters' work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from edgeworth.errors import DataError
from edgeworth.markets.bars import Bar

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PRICE_COLUMNS = ("open", "high", "low", "close")
_ONE_EACH = ("asset", "interval_seconds", "unit")


@dataclass(frozen=True, eq=False, kw_only=True)
class Bars:
    """Bars of one asset and interval, oldest first, as read-only columns of one length.

    Attributes:
        opens_at: Beginning of each bar, in seconds since 1970 UTC. A bar is known at its end.
        volume: Of the asset; NaN where it is not stated. A bar of volume 0 is flat: nothing traded, so nothing fills.
        is_market: The price of an outcome in a prediction market: 0 to 1, and settled once its market is resolved.
    """

    asset: str
    unit: str
    interval_seconds: int
    opens_at: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    is_market: bool = False
    is_synthetic: bool = False

    def __post_init__(self) -> None:
        for name in ("opens_at", *PRICE_COLUMNS, "volume"):
            getattr(self, name).setflags(write=False)
        _check(self)

    def __len__(self) -> int:
        return len(self.opens_at)

    @property
    def gaps(self) -> Ints:
        """How many bars are missing before each one; 0 before the first."""
        steps = np.diff(self.opens_at) // self.interval_seconds - 1
        return np.concatenate([np.zeros(1, dtype=np.int64), steps])

    @property
    def is_quiet(self) -> NDArray[np.bool_]:
        """Where nothing traded, as stated by a volume of zero."""
        return np.asarray(self.volume == 0.0)

    @property
    def digest(self) -> str:
        """SHA-256 of everything here: equal for equal bars, whatever they were read from."""
        named = f"{self.asset}\n{self.unit}\n{self.interval_seconds}\n{self.is_market}\n{self.is_synthetic}\n"
        summed = hashlib.sha256(named.encode())
        for name in ("opens_at", *PRICE_COLUMNS, "volume"):
            summed.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return summed.hexdigest()

    def at(self, index: int) -> datetime:
        """When the bar at ``index`` begins."""
        return instant(int(self.opens_at[index]))

    def ends_at(self, index: int) -> datetime:
        """When the bar at ``index`` is known."""
        return instant(int(self.opens_at[index]) + self.interval_seconds)

    def part(self, start: int, stop: int) -> Bars:
        """The bars from ``start`` to before ``stop``.

        Raises:
            DataError: Fewer than two.
        """
        cut = slice(start, stop)
        return replace(self, **{name: getattr(self, name)[cut] for name in ("opens_at", *PRICE_COLUMNS, "volume")})

    def between(self, start: datetime | None, end: datetime | None) -> Bars:
        """The bars that open at or after ``start`` and have ended by ``end``.

        Raises:
            DataError: Fewer than two.
        """
        first = 0 if start is None else int(np.searchsorted(self.opens_at, start.timestamp()))
        ends = self.opens_at + self.interval_seconds
        stop = len(self) if end is None else int(np.searchsorted(ends, end.timestamp(), side="right"))
        if stop - first < 2:
            raise DataError(
                f"expected bars of {self.asset} {_span(start, end)}, found {max(0, stop - first)}: {_held(self)}"
            )
        return self.part(first, stop)


def instant(seconds: int) -> datetime:
    """Seconds since 1970 as an instant."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def bars_from_table(table: pl.DataFrame, *, is_market: bool = False) -> Bars:
    """The bars in a table as the history gives it (``asset``, ``opens_at``, ``open`` …), oldest first.

    Raises:
        DataError: The table is empty or holds one bar, several assets, intervals or units, instants without a zone,
            bars out of order or repeated, a missing or impossible price, or a volume of zero where the price moved.
    """
    if table.is_empty():
        raise DataError("expected bars, found none")
    for column in _ONE_EACH:
        if (found := table[column].unique().sort()).len() > 1:
            raise DataError(f"expected bars of one {column.replace('_', ' ')}, found {_listed(found.to_list())}")
    first = table.row(0, named=True)
    prices = {name: _prices(table, name) for name in PRICE_COLUMNS}
    return Bars(
        asset=first["asset"],
        unit=first["unit"],
        interval_seconds=first["interval_seconds"],
        opens_at=_instants(table["opens_at"]),
        volume=table["volume"].cast(pl.Float64).fill_null(float("nan")).to_numpy().copy(),
        is_market=is_market,
        is_synthetic=bool(table["is_synthetic"].any()) if "is_synthetic" in table.columns else False,
        **prices,
    )


def bars_from_values(bars: Sequence[Bar], *, is_market: bool = False) -> Bars:
    """The columns of ``bars``, oldest first.

    Raises:
        DataError: As ``bars_from_table``; also instants of several zones, which someone has put together by mistake.
    """
    zones = sorted({str(bar.opens_at.utcoffset()) for bar in bars})
    if len(zones) > 1:
        raise DataError(f"expected instants of one time zone, found offsets from UTC of {_listed(zones)}")
    names = (*_ONE_EACH, *PRICE_COLUMNS, "volume", "is_synthetic")
    columns: dict[str, Any] = {name: [getattr(bar, name) for bar in bars] for name in names}
    columns["opens_at"] = [bar.opens_at.astimezone(UTC) for bar in bars]
    kinds = dict.fromkeys((*PRICE_COLUMNS, "volume"), pl.Float64)
    return bars_from_table(pl.DataFrame(columns, schema_overrides=kinds), is_market=is_market)


def bars_from_prices(
    points: pl.DataFrame,
    *,
    market_id: str,
    interval_seconds: int,
    is_synthetic: bool = False,
    until: datetime | None = None,
) -> Bars:
    """Bars of the price history of one outcome: those intervals in which the venue recorded a price.

    A price that was recorded just when a bar ends is its close, and the open of the next: a candle of an hour, which is
    told at its end, is then the bar of that hour.

    Args:
        points: Columns ``at`` (UTC) and ``price`` (0 to 1, or null where nothing traded), in any order.
        market_id: What the bars are called.
        interval_seconds: How long a bar is.
        is_synthetic: The market is invented.
        until: Bars that have not ended by then are left out.

    Raises:
        DataError: As ``bars_from_table``.
    """
    length = pl.duration(seconds=interval_seconds)
    within = points.drop_nulls("price").with_columns(pl.col("at").dt.truncate(f"{interval_seconds}s").alias("opens_at"))
    at_ends = within.filter(pl.col("at") == pl.col("opens_at")).with_columns(pl.col("opens_at") - length)
    of_bars = at_ends.join(within.select("opens_at").unique(), on="opens_at", how="semi")
    known = pl.concat([within, of_bars]).sort("opens_at", "at", maintain_order=True)
    if until is not None:
        known = known.filter(pl.col("opens_at") + length <= until)
    price = pl.col("price")
    grouped = known.group_by("opens_at", maintain_order=True).agg(
        price.first().alias("open"), price.max().alias("high"), price.min().alias("low"), price.last().alias("close")
    )
    named = grouped.with_columns(
        pl.lit(market_id).alias("asset"),
        pl.lit("USD").alias("unit"),
        pl.lit(interval_seconds).alias("interval_seconds"),
        pl.lit(None, dtype=pl.Float64).alias("volume"),
        pl.lit(is_synthetic).alias("is_synthetic"),
    )
    return bars_from_table(named, is_market=True)


def _prices(table: pl.DataFrame, name: str) -> Floats:
    column = table[name].cast(pl.Float64)
    missing = column.is_null()
    if missing.any():
        at = table["opens_at"][missing.arg_max() or 0]
        raise DataError(f"expected a price in {name!r}, found none in the bar of {at}: nothing is filled in")
    return column.to_numpy().copy()


def _instants(column: pl.Series) -> Ints:
    kind = column.dtype
    if not isinstance(kind, pl.Datetime) or kind.time_zone != "UTC":
        found = f"those of {kind.time_zone or 'no zone'}" if isinstance(kind, pl.Datetime) else f"{kind}"
        raise DataError(f"expected beginnings of bars in UTC, found {found}")
    if column.null_count():
        raise DataError("expected the beginning of each bar, found a row without one")
    return column.dt.epoch("s").to_numpy().astype(np.int64)


def _check(bars: Bars) -> None:
    """Everything that the rest of the room relies on."""
    count = len(bars)
    if count < 2:
        raise DataError(f"expected at least two bars of {bars.asset}, found {count or 'none'}")
    if {len(getattr(bars, name)) for name in (*PRICE_COLUMNS, "volume")} != {count}:
        raise DataError(f"expected columns of {count} rows each")
    if bars.interval_seconds <= 0:
        raise DataError(f"expected an interval above 0 s, found {bars.interval_seconds}")
    _check_order(bars)
    _check_prices(bars)
    _check_volumes(bars)


def _check_order(bars: Bars) -> None:
    steps = np.diff(bars.opens_at)
    wrong = np.flatnonzero(steps < bars.interval_seconds)
    if not wrong.size:
        return
    index, step = int(wrong[0]), int(steps[wrong[0]])
    before, after = (f"{bars.at(index + offset):%Y-%m-%d %H:%M}" for offset in (0, 1))
    if step == 0:
        raise DataError(f"expected each bar of {bars.asset} once, found that of {before} twice")
    if step < 0:
        raise DataError(f"expected bars of {bars.asset} oldest first, found that of {after} behind that of {before}")
    raise DataError(
        f"expected bars of {bars.interval_seconds} s, found that of {after} only {step} s after that of {before}"
    )


def _check_prices(bars: Bars) -> None:
    for name in PRICE_COLUMNS:
        column = getattr(bars, name)
        sound = (column >= 0.0) & (column <= 1.0) if bars.is_market else (column > 0.0) & (column < np.inf)
        if not sound.all():
            index = int(np.argmin(sound))
            wanted = "from 0 to 1" if bars.is_market else "above 0"
            raise DataError(
                f"expected a price {wanted} in {name!r}, found {column[index]:g} in the bar of {bars.at(index)}"
            )
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    if not (sound := (bars.low <= bottom) & (top <= bars.high)).all():
        raise DataError(
            f"expected open and close between low and high, found others in the bar of {bars.at(int(np.argmin(sound)))}"
        )


def _check_volumes(bars: Bars) -> None:
    if (wrong := (bars.volume < 0.0) | np.isinf(bars.volume)).any():
        index = int(np.argmax(wrong))
        raise DataError(
            f"expected a volume of zero or more, found {bars.volume[index]:g} in the bar of {bars.at(index)}"
        )
    quiet = bars.is_quiet
    if quiet.all():
        raise DataError(
            f"expected bars in which something traded, found {len(bars)} bars of {bars.asset} of volume zero"
        )
    if (wrong := quiet & (bars.high > bars.low)).any():
        at = bars.at(int(np.argmax(wrong)))
        raise DataError(f"expected a flat bar where the volume is zero, found prices that move in the bar of {at}")


def _span(start: datetime | None, end: datetime | None) -> str:
    return f"from {start or 'their beginning'} to {end or 'their end'}"


def _held(bars: Bars) -> str:
    return f"there are those from {bars.at(0)} to {bars.at(-1)}"


def _listed(values: Sequence[object], most: int = 4) -> str:
    shown = ", ".join(str(value) for value in values[:most])
    return shown if len(values) <= most else f"{shown} and {len(values) - most} more"
