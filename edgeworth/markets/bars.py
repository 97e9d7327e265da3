"""The past of a quantity that questions are about (a coin, an index): bars, and what is odd about a run of them.

Values only. A bar is named by its beginning and known at its end: its close at ``opens_at`` would be looking ahead.
Nothing is filled in here or anywhere else: a gap stays a gap.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from edgeworth.errors import DataError


class Bar(Struct, frozen=True, kw_only=True):
    """Prices of one asset within one interval.

    Attributes:
        asset: Symbol (``BTC``), or for an invented quantity the id of the event that asks about it.
        opens_at: Beginning of the interval, UTC.
        open, high, low, close: In ``unit``.
        volume: Of the asset, traded in the interval; ``None`` where it is not stated.
        unit: What it is quoted in (``USDT``, ``USD``); empty for a plain number.
        source: Where it was read (``file:<name>``, a feed).
        is_synthetic: Invented; such a row is no fact about the world.
    """

    asset: str
    interval_seconds: int
    opens_at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float | None
    unit: str
    source: str
    is_synthetic: bool = False

    def __post_init__(self) -> None:
        if self.opens_at.tzinfo is None:
            raise DataError(f"expected an instant with a time zone, found {self.opens_at.isoformat()}")
        if self.interval_seconds <= 0:
            raise DataError(f"expected an interval above 0 s, found {self.interval_seconds}")
        if not all(map(math.isfinite, (self.open, self.high, self.low, self.close))):
            raise DataError("expected finite prices")
        if not self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high:
            raise DataError(
                f"expected open {self.open:g} and close {self.close:g} between low {self.low:g} and high {self.high:g}"
            )
        if self.volume is not None and not 0 <= self.volume < math.inf:
            raise DataError(f"expected a volume of zero or more, found {self.volume:g}")

    @property
    def ends_at(self) -> datetime:
        """When the bar is known."""
        return self.opens_at + timedelta(seconds=self.interval_seconds)

    @property
    def values(self) -> tuple[float, float, float, float, float | None, str]:
        """What two bars of one asset and interval must agree on."""
        return self.open, self.high, self.low, self.close, self.volume, self.unit


class SavedBars(Struct, frozen=True, kw_only=True):
    """What saving bars did.

    Attributes:
        new: Not stored before.
        contradicting: Stored before with other values; the first ones stand.
        examples: A sentence for each of the first few of them.
    """

    new: int = 0
    contradicting: int = 0
    examples: tuple[str, ...] = ()


class BarOrder(StrEnum):
    """How a table of bars is sorted."""

    OLDEST_FIRST = "oldest first"
    NEWEST_FIRST = "newest first"
    MIXED = "in no order"


class Gap(Struct, frozen=True, kw_only=True):
    """Bars that are not there: ``missing`` of them from ``starts_at`` on."""

    starts_at: datetime
    missing: int


class BarSurvey(Struct, frozen=True, kw_only=True):
    """What a run of bars of one asset and interval is like.

    Attributes:
        count: All rows. repeated: Rows that say again what another says.
        contradicting: Rows that say something else of an interval than the first row of it.
        gaps: Oldest first.
    """

    count: int
    order: BarOrder
    first_opens_at: datetime | None = None
    last_ends_at: datetime | None = None
    repeated: int = 0
    contradicting: int = 0
    gaps: tuple[Gap, ...] = ()

    @property
    def missing(self) -> int:
        """Bars within gaps."""
        return sum(gap.missing for gap in self.gaps)


def survey_bars(bars: Iterable[Bar]) -> BarSurvey:
    """Order, repetitions and gaps of ``bars``, which are of one asset and interval."""
    first: dict[datetime, Bar] = {}
    repeated = contradicting = rises = falls = count = 0
    before: Bar | None = None
    for bar in bars:
        count += 1
        if before is not None:
            rises += bar.opens_at > before.opens_at
            falls += bar.opens_at < before.opens_at
        before = bar
        seen = first.setdefault(bar.opens_at, bar)
        if seen is not bar:
            repeated += seen.values == bar.values
            contradicting += seen.values != bar.values
    kept = [first[at] for at in sorted(first)]
    return BarSurvey(
        count=count,
        order=_order(rises, falls),
        first_opens_at=kept[0].opens_at if kept else None,
        last_ends_at=kept[-1].ends_at if kept else None,
        repeated=repeated,
        contradicting=contradicting,
        gaps=tuple(_gaps(kept)),
    )


def _order(rises: int, falls: int) -> BarOrder:
    if rises and falls:
        return BarOrder.MIXED
    return BarOrder.NEWEST_FIRST if falls else BarOrder.OLDEST_FIRST


def _gaps(bars: list[Bar]) -> Iterable[Gap]:
    """Between bars sorted by their beginning."""
    for before, after in itertools.pairwise(bars):
        missing = round((after.opens_at - before.ends_at).total_seconds() / before.interval_seconds)
        if missing > 0:
            yield Gap(starts_at=before.ends_at, missing=missing)
