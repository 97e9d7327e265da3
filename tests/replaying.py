"""Bars made up for tests of the replay: a seeded walk of prices with hours missing, and the recorded hours."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from edgeworth.adapters.recordings.listing import RecordedFile
from edgeworth.markets.bars import Bar
from edgeworth.replay.bars import Bars, bars_from_values
from edgeworth.replay.indicators import VolatilityRegime
from edgeworth.replay.screener import Screener
from edgeworth.replay.strategies import LongHolder

QUICK = Screener(fast=5, slow=20, regime=VolatilityRegime(n=5, usual=20, high=1.3, low=0.75))
QUICK_HOLDER = LongHolder(screener=QUICK)
"""A strategy whose screener is awake after twenty bars."""

START = 1_750_000_000 // 86_400 * 86_400
HOUR = 3_600


def walked_bars(seed: int, count: int = 400, *, gaps: int = 6, is_market: bool = False) -> Bars:
    """A walk with calm and wild stretches, ``gaps`` gaps, and a few hours in which nothing trades."""
    rng = np.random.default_rng(seed)
    missing = np.zeros(count, dtype=np.int64)
    missing[rng.integers(1, count, size=gaps)] = rng.integers(1, 30, size=gaps)
    opens_at = START + HOUR * (np.arange(count) + np.cumsum(missing))
    spread = np.repeat(rng.uniform(0.002, 0.02, size=count // 25 + 1), 25)[:count]
    walk = np.cumsum(rng.standard_normal(count) * spread)
    close = 1.0 / (1.0 + np.exp(-2.0 * walk)) if is_market else 2_000.0 * np.exp(walk)
    close = np.round(close, 4 if is_market else 2)
    open_ = np.concatenate([close[:1], close[:-1]])
    reach = np.abs(rng.standard_normal((2, count))) * spread * close / 2
    high, low = np.maximum(open_, close) + reach[0], np.minimum(open_, close) - reach[1]
    volume = np.round(rng.gamma(2.0, 50.0, size=count), 1) + 0.1
    quiet = rng.random(count) < 0.01
    for column in (open_, high, low):
        column[quiet] = close[quiet]
    volume[quiet] = 0.0
    if is_market:
        high, low = np.minimum(high, 1.0), np.maximum(low, 0.0)
        volume = np.full(count, np.nan)
    return Bars(
        asset="market" if is_market else "ETH",
        unit="USD",
        interval_seconds=HOUR,
        opens_at=opens_at,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        is_market=is_market,
        is_synthetic=True,
    )


def flat_bars(closes: list[float], **changes: object) -> Bars:
    """Bars that open at the close before; one an hour."""
    close = np.array(closes)
    open_ = np.concatenate([close[:1], close[:-1]])
    plain = {
        "asset": "ETH",
        "unit": "USD",
        "interval_seconds": HOUR,
        "opens_at": START + HOUR * np.arange(len(close)),
        "open": open_,
        "high": np.maximum(open_, close),
        "low": np.minimum(open_, close),
        "close": close,
        "volume": np.full(len(close), 10.0),
    }
    return Bars(**(plain | changes))  # type: ignore[arg-type]


def recorded_bars(folder: Path, name: str) -> Bars:
    """The bars of a recorded file, as an ingest would store them: oldest first, each once."""
    file = RecordedFile(folder / "ohlcv" / name, now=datetime(2026, 11, 21, tzinfo=UTC))
    kept: dict[datetime, Bar] = {}
    cursor: str | None = "0"
    while cursor is not None:
        page = file.page_at(int(cursor))
        listed = file.split(page)
        for item in listed.items:
            for bar in file.parse(item, page).bars:
                kept.setdefault(bar.opens_at, bar)
        cursor = listed.next_cursor
    return bars_from_values([kept[at] for at in sorted(kept)])


def bars_csv(bars: Bars) -> str:
    """``bars`` as a table with a date, as exchanges give it."""
    names = ("open", "high", "low", "close", "volume")
    rows = zip(bars.opens_at.tolist(), *(getattr(bars, name).tolist() for name in names), strict=True)
    lines = (
        f"{datetime.fromtimestamp(at, tz=UTC):%Y-%m-%d %H:%M:%S}," + ",".join(map(repr, values)) for at, *values in rows
    )
    return "\n".join(["datetime,open,high,low,close,volume", *lines]) + "\n"
