"""Which bars a focused replay looks at, and whether that is enough for a strategy.

A window reaches so many bars before and behind a candidate. The replay goes on past its end for as long as a position
or an order is open; that is the loop's business and not planned here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from edgeworth.errors import ConfigurationError
from edgeworth.replay.bars import Bars, Ints
from edgeworth.replay.screener import Screening

CANDIDATE_WINDOW_BARS = 48
"""Bars before and behind a candidate, of an hour each: two days."""

MOST_WINDOW_BARS = 100_000
"""Eleven years of hours: with more nothing is left out that a focused replay could leave out."""

Window = tuple[int, int]
"""First bar, and the one behind the last."""


def check_window(reach: int) -> None:
    """See that a window can reach so many bars.

    Raises:
        ConfigurationError: It cannot.
    """
    if not 0 <= reach <= MOST_WINDOW_BARS:
        raise ConfigurationError(f"expected a window of 0 bars or more, at most {MOST_WINDOW_BARS:,}, found {reach}")


def windows_around(screening: Screening, reach: int = CANDIDATE_WINDOW_BARS) -> list[Window]:
    """The bars within ``reach`` of a candidate, as windows that do not touch, oldest first.

    Bars at which the screener is blind (its warm-up) belong to a window too: it cannot say that nothing happens there.
    """
    return windows_at(screening.found, screening.codes < 0, reach)


def windows_at(found: Ints, blind: NDArray[np.bool_], reach: int = CANDIDATE_WINDOW_BARS) -> list[Window]:
    """The same for candidates that were read: the bars within ``reach`` of ``found``, and those of ``blind``."""
    covered = blind.copy()
    for start, stop in zip(np.maximum(found - reach, 0).tolist(), (found + reach + 1).tolist(), strict=True):
        covered[start:stop] = True
    edges = np.flatnonzero(np.diff(covered, prepend=False, append=False))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


class Soundness(Struct, frozen=True, kw_only=True):
    """Whether a screener points out every bar at which a strategy enters.

    Attributes:
        entries: Of the full replay.
        inside: Decided on within a window.
        outside: When the others were decided on; a focused replay finds them only if something happens to be open then.
    """

    entries: int
    inside: int
    outside: tuple[datetime, ...]

    @property
    def is_sound(self) -> bool:
        """Whether none lies outside."""
        return not self.outside


def soundness(decided_at: Sequence[datetime], bars: Bars, windows: Sequence[Window]) -> Soundness:
    """Hold the entries of a full replay against the windows.

    Args:
        decided_at: End of the bar at which each was decided on.
        bars: That were replayed.
        windows: Of the candidates.
    """
    covered = np.zeros(len(bars), dtype=np.bool_)
    for start, stop in windows:
        covered[start:stop] = True
    opens = np.array([int(at.timestamp()) - bars.interval_seconds for at in decided_at], dtype=np.int64)
    inside = covered[np.searchsorted(bars.opens_at, opens)]
    return Soundness(
        entries=len(decided_at),
        inside=int(inside.sum()),
        outside=tuple(at for at, is_inside in zip(decided_at, inside.tolist(), strict=True) if not is_inside),
    )
