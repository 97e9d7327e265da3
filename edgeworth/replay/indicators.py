"""What is read off the bars: each indicator as a column of all bars, and as a state that goes from bar to bar.

``column`` is for the screener and the focused replay, ``start`` for the full replay, which runs as one would run live;
both agree to the last bit. A value that cannot be known yet (warm-up), or at all, is NaN in a column and null in a
table; it is never filled. Indicators count the bars there are: a gap is no bar. Definitions are the published ones;
where TA-Lib differs is said at each.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import polars as pl
from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.replay import kernels
from edgeworth.replay.bars import Bars, Floats, instant
from edgeworth.replay.states import NAN, AverageTrueRange, RollingMean, RollingZ, SessionBreaks, Smoothed

DAY_SECONDS = 86_400

MOST_BARS = 1_000_000
"""That one indicator may span: a hundred years of hours."""

MOST_SESSION_SECONDS = 366 * DAY_SECONDS


class Row(NamedTuple):
    """One bar, as it is fed to states."""

    opens_at: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class State(Protocol):
    """What an indicator remembers between two bars."""

    def push(self, row: Row, /) -> float:
        """The indicator's value once ``row`` has ended."""
        ...


@runtime_checkable
class Indicator(Protocol):
    """One definition, two ways to run."""

    def column(self, bars: Bars, /) -> Floats:
        """Its value at the end of each bar."""
        ...

    def start(self) -> State:
        """The same from the first bar on, one bar at a time."""
        ...


def check_periods(n: int) -> None:
    """See that an indicator can go over ``n`` bars.

    Raises:
        ConfigurationError: It cannot.
    """
    if not 2 <= n <= MOST_BARS:
        raise ConfigurationError(f"expected an indicator over two bars or more, at most {MOST_BARS:,}, found {n}")


def check_session(seconds: int) -> None:
    """See that a session can last so long.

    Raises:
        ConfigurationError: It cannot.
    """
    if not 1 <= seconds <= MOST_SESSION_SECONDS:
        raise ConfigurationError(f"expected a session of a second or more, at most of 366 days, found {seconds}")


class _Periods(Struct, frozen=True):
    """An indicator over so many bars."""

    n: int

    def __post_init__(self) -> None:
        check_periods(self.n)


class Sma(_Periods, frozen=True, tag=True):
    """Mean of the last ``n`` closes."""

    def column(self, bars: Bars) -> Floats:
        return kernels.rolling_mean(bars.close, self.n)

    def start(self) -> State:
        return _OfClose(RollingMean(self.n))


class Ema(_Periods, frozen=True, tag=True):
    """Closes smoothed by a weight of ``2 / (n + 1)``, beginning with the mean of the first ``n`` (as TA-Lib begins)."""

    def column(self, bars: Bars) -> Floats:
        return kernels.smoothed(bars.close, self.n, 2.0 / (self.n + 1))

    def start(self) -> State:
        return _OfClose(Smoothed(self.n, 2.0 / (self.n + 1)))


class Atr(_Periods, frozen=True, tag=True):
    """Wilder's average true range: the first ``n`` true ranges averaged, then smoothed by ``1 / n``; as TA-Lib.

    The first bar has no close before it, so no true range; after a gap the close before is that of the last bar there
    is.
    """

    def column(self, bars: Bars) -> Floats:
        return kernels.average_true_range(bars.high, bars.low, bars.close, self.n)

    def start(self) -> State:
        return _AtrState(self.n)


class Rsi(_Periods, frozen=True, tag=True):
    """Wilder's relative strength, 0 to 100: average gains within average gains and losses, both smoothed by ``1 / n``.

    Unknown while nothing has moved at all (TA-Lib says 0 then).
    """

    def column(self, bars: Bars) -> Floats:
        return kernels.relative_strength(bars.close, self.n)

    def start(self) -> State:
        return _RsiState(self.n)


class ZScore(_Periods, frozen=True, tag=True):
    """How many standard deviations (of a sample) the close lies above the mean of ``n`` closes; unknown where flat."""

    def column(self, bars: Bars) -> Floats:
        return kernels.rolling_z(bars.close, self.n)

    def start(self) -> State:
        return _OfClose(RollingZ(self.n))


class VolumeZScore(_Periods, frozen=True, tag=True):
    """As ``ZScore``, of volumes; unknown in windows with a bar whose volume is not stated."""

    def column(self, bars: Bars) -> Floats:
        return kernels.rolling_z(bars.volume, self.n)

    def start(self) -> State:
        return _OfVolume(RollingZ(self.n))


class Returns(Struct, frozen=True, tag=True):
    """The close over the close before, less one; unknown after a close of zero."""

    def column(self, bars: Bars) -> Floats:
        before = bars.close[:-1]
        out = np.full(len(bars), NAN)
        np.divide(bars.close[1:], before, out=out[1:], where=before != 0.0)
        return out - 1.0

    def start(self) -> State:
        return _ReturnsState()


class VolatilityRegime(Struct, frozen=True, tag=True):
    """Whether the average true range stands high (1), low (-1) or as usual (0) beside its own mean.

    Attributes:
        n: Bars of the average true range.
        usual: Bars of the mean that it is held against.
        high, low: From which ratio on, and below which, it is not as usual.
    """

    n: int = 14
    usual: int = 96
    high: float = 1.5
    low: float = 0.67

    def __post_init__(self) -> None:
        check_periods(self.n)
        check_periods(self.usual)

    def column(self, bars: Bars) -> Floats:
        return kernels.regimes(bars.high, bars.low, bars.close, (self.n, self.usual), (self.high, self.low))

    def start(self) -> State:
        return _RegimeState(self)


class SessionBreak(Struct, frozen=True, tag=True):
    """1 while closes lie above the high of the session before, -1 below its low, 0 within.

    Attributes:
        seconds: Length of a session; sessions begin at multiples of it since 1970 UTC (a day: midnight).
    """

    seconds: int = DAY_SECONDS

    def __post_init__(self) -> None:
        check_session(self.seconds)

    def column(self, bars: Bars) -> Floats:
        return kernels.session_breaks(bars.opens_at, bars.high, bars.low, bars.close, self.seconds)

    def start(self) -> State:
        return _SessionState(self.seconds)


def indicator_table(bars: Bars, indicators: Mapping[str, Indicator]) -> pl.DataFrame:
    """A column for each of ``indicators`` beside ``opens_at``; what is not known is null."""
    columns = {
        name: pl.Series(name, indicator.column(bars), nan_to_null=True) for name, indicator in indicators.items()
    }
    opens_at = pl.Series("opens_at", bars.opens_at * 1_000_000, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame([opens_at, *columns.values()])


def first_difference(bars: Bars, indicator: Indicator) -> str | None:
    """Where column and state of ``indicator`` are not the same to the last bit; ``None`` when nowhere."""
    column, state = indicator.column(bars), indicator.start()
    for index, row in enumerate(rows(bars)):
        pushed, found = state.push(row), float(column[index])
        if pushed != found and not (math.isnan(pushed) and math.isnan(found)):
            return f"bar of {instant(row.opens_at)}: the column says {found!r}, the state {pushed!r}"
    return None


def rows(bars: Bars, start: int = 0, stop: int | None = None) -> Iterator[Row]:
    """The bars as rows of plain numbers."""
    cut = slice(start, stop)
    names = ("opens_at", "open", "high", "low", "close", "volume")
    fields = zip(*(getattr(bars, name)[cut].tolist() for name in names), strict=True)
    # What ``Row._make`` does, without a step in Python for each row.
    return map(tuple.__new__, itertools.repeat(Row), fields)


class _Value(Protocol):
    def push(self, x: float, /) -> float: ...


class _OfClose:
    __slots__ = ("_push",)

    def __init__(self, state: _Value) -> None:
        self._push = state.push

    def push(self, row: Row) -> float:
        return self._push(row.close)


class _OfVolume(_OfClose):
    __slots__ = ()

    def push(self, row: Row) -> float:
        return self._push(row.volume)


class _AtrState:
    __slots__ = ("_push",)

    def __init__(self, n: int) -> None:
        self._push = AverageTrueRange(n).push

    def push(self, row: Row) -> float:
        return self._push(row.high, row.low, row.close)


class _RsiState:
    __slots__ = ("_before", "_gains", "_losses")

    def __init__(self, n: int) -> None:
        self._before = NAN
        self._gains, self._losses = Smoothed(n, 1.0 / n), Smoothed(n, 1.0 / n)

    def push(self, row: Row) -> float:
        move = row.close - self._before
        self._before = row.close
        if move != move:  # noqa: PLR0124 - the first bar
            return NAN
        gains = self._gains.push(max(move, 0.0))
        losses = self._losses.push(max(-move, 0.0))
        whole = gains + losses
        return 100.0 * gains / whole if whole else NAN


class _ReturnsState:
    __slots__ = ("_before",)

    def __init__(self) -> None:
        self._before = NAN

    def push(self, row: Row) -> float:
        before, self._before = self._before, row.close
        return row.close / before - 1.0 if before else NAN


class _RegimeState:
    __slots__ = ("_atr", "_high", "_low", "_usual")

    def __init__(self, regime: VolatilityRegime) -> None:
        self._atr = _AtrState(regime.n)
        self._usual = RollingMean(regime.usual)
        self._high, self._low = regime.high, regime.low

    def push(self, row: Row) -> float:
        atr = self._atr.push(row)
        usual = self._usual.push(atr)
        if not usual > 0.0:
            return NAN
        return 1.0 if atr >= self._high * usual else (-1.0 if atr <= self._low * usual else 0.0)


class _SessionState:
    __slots__ = ("_breaks",)

    def __init__(self, seconds: int) -> None:
        self._breaks = SessionBreaks(seconds)

    def push(self, row: Row) -> float:
        return self._breaks.push(row.opens_at, row.high, row.low, row.close)
