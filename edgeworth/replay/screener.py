"""All bars in one pass: where something happened that a closer look may be worth, as candidates.

Three sentinels vote 1 (up), -1 (down) or 0 at each bar: two means cross, the regime of the range changes, the close
leaves the range of the session before. Their weighted mean is the score. Whether that is enough for a strategy is not
assumed: ``windows.soundness`` says it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

import numpy as np
from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.replay import kernels
from edgeworth.replay.bars import Bars, Floats, Ints
from edgeworth.replay.candidates import Candidate
from edgeworth.replay.indicators import (
    DAY_SECONDS,
    Row,
    SessionBreak,
    State,
    VolatilityRegime,
    check_periods,
    check_session,
)
from edgeworth.replay.orders import Direction
from edgeworth.replay.states import NAN, RollingMean

_VOTES = [(cross, regime, session) for session, regime, cross in product((-1, 0, 1), repeat=3)]
"""What the sentinels say, by code."""


class Sentinel(StrEnum):
    """What watches the bars."""

    CROSS = "sma_cross"
    """The fast mean of closes crosses the slow one."""
    REGIME = "atr_regime_change"
    """The average true range becomes high, low or usual; the vote is for the side of the fast mean."""
    SESSION = "session_break"
    """The close leaves the range of the session before."""


class Screener(Struct, frozen=True, kw_only=True, tag=True):
    """What is watched, and from which score on it makes a candidate. Also an indicator: the score.

    Attributes:
        fast, slow: Bars of the two means.
        regime: Of the average true range.
        session_seconds: Length of a session.
        cross_weight, regime_weight, session_weight: Of the votes in the score.
        threshold: Least score, either way, of a candidate; of at most 1.
    """

    fast: int = 24
    slow: int = 96
    regime: VolatilityRegime = VolatilityRegime()
    session_seconds: int = DAY_SECONDS
    cross_weight: float = 0.5
    regime_weight: float = 0.3
    session_weight: float = 0.2
    threshold: float = 0.5

    def __post_init__(self) -> None:
        if not 1 < self.fast < self.slow:
            raise ConfigurationError(
                f"expected a fast mean of fewer bars than the slow one, found {self.fast} and {self.slow}"
            )
        check_periods(self.slow)
        check_session(self.session_seconds)
        if min(self._weights) < 0.0 or sum(self._weights) <= 0.0:
            raise ConfigurationError(f"expected weights of zero or more that are not all zero, found {self._weights}")
        if not 0.0 < self.threshold <= 1.0:
            raise ConfigurationError(f"expected a threshold above 0 and up to 1, found {self.threshold:g}")

    @property
    def _weights(self) -> tuple[float, float, float]:
        return self.cross_weight, self.regime_weight, self.session_weight

    def scores(self) -> list[float]:
        """The score of each code."""
        a, b, c = self._weights
        return [(a * cross + b * regime + c * session) / (a + b + c) for cross, regime, session in _VOTES]

    def column(self, bars: Bars) -> Floats:
        codes = screen(bars, self).codes
        return np.array([*self.scores(), NAN])[codes]

    def start(self) -> State:
        return _ScoreState(self)


@dataclass(frozen=True, eq=False, kw_only=True)
class Screening:
    """What a screener found in all bars, as columns; values for people are made by ``candidates``.

    Attributes:
        codes: Which votes were cast at each bar; -1 while one of them cannot be known.
        found: The bars of the candidates.
    """

    bars: Bars
    screener: Screener
    codes: kernels.Codes
    found: Ints

    def candidates(self) -> list[Candidate]:
        """The candidates, oldest first."""
        scores, digest = self.screener.scores(), self.bars.digest
        return [self._candidate(index, int(self.codes[index]), scores, digest) for index in self.found.tolist()]

    def _candidate(self, index: int, code: int, scores: Sequence[float], digest: str) -> Candidate:
        votes = {name.value: vote for name, vote in zip(Sentinel, _VOTES[code], strict=True) if vote}
        return Candidate(
            asset=self.bars.asset,
            dataset=digest,
            timestamp=self.bars.ends_at(index),
            side=Direction.LONG if scores[code] > 0 else Direction.SHORT,
            score=scores[code],
            reason="; ".join(_said(Sentinel(name), vote, self.screener) for name, vote in votes.items()),
            sentinels=votes,
        )


def screen(bars: Bars, screener: Screener) -> Screening:
    """Look at every bar of ``bars`` once."""
    # The last stands for a code of -1: not known.
    hits = np.append(np.abs(np.array(screener.scores())) >= screener.threshold, False)
    regime = screener.regime
    codes, found = kernels.screen(
        bars.opens_at,
        bars.high,
        bars.low,
        bars.close,
        (screener.fast, screener.slow, regime.n, regime.usual),
        (regime.high, regime.low),
        screener.session_seconds,
        hits,
    )
    return Screening(bars=bars, screener=screener, codes=codes, found=found)


def _said(sentinel: Sentinel, vote: int, screener: Screener) -> str:
    if sentinel is Sentinel.CROSS:
        return f"mean of {screener.fast} closes crossed {'above' if vote > 0 else 'below'} that of {screener.slow}"
    if sentinel is Sentinel.REGIME:
        return f"the range of bars changed its regime in {'a rising' if vote > 0 else 'a falling'} trend"
    return f"closed {'above the high' if vote > 0 else 'below the low'} of the session before"


class _ScoreState:
    """The screener as it runs live, for strategies that ask for the score."""

    def __init__(self, screener: Screener) -> None:
        self._fast, self._slow = RollingMean(screener.fast), RollingMean(screener.slow)
        self._regime = screener.regime.start()
        self._session = SessionBreak(screener.session_seconds).start()
        self._scores = screener.scores()
        self._before = (NAN, NAN, NAN)

    def push(self, row: Row) -> float:
        fast, slow = self._fast.push(row.close), self._slow.push(row.close)
        trend = float((fast > slow) - (fast < slow)) if slow == slow else NAN  # noqa: PLR0124 - not NaN
        regime, broken = self._regime.push(row), self._session.push(row)
        (was_trend, was_regime, was_broken), self._before = self._before, (trend, regime, broken)
        # A NaN among them makes the sum NaN, and NaN is not equal to itself.
        known = was_trend + was_regime + was_broken + regime
        if known != known:  # noqa: PLR0124
            return NAN
        cross = trend if trend != was_trend else 0.0
        turn = trend if regime != was_regime else 0.0
        left = broken if broken != was_broken else 0.0
        return self._scores[int(cross + 1 + 3 * (turn + 1) + 9 * (left + 1))]
