"""What came of each candidate: did the strategy enter because of it, and which way did the price go.

A position belongs to the candidate before it, if it was decided on within ``reach`` bars of it; so each belongs to at
most one candidate. Where a candidate has none, the price after it says what was passed by.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from edgeworth.replay.bars import Bars, Ints
from edgeworth.replay.candidates import Candidate, places
from edgeworth.replay.loop import Replay
from edgeworth.replay.orders import ExitReason
from edgeworth.replay.windows import CANDIDATE_WINDOW_BARS


class CandidateOutcome(Struct, frozen=True, kw_only=True):
    """What came of one candidate.

    Moves are shares of the close of its bar, above zero where the price went the candidate's way; ``None`` where the
    bars end before ``reach`` of them have passed.

    Attributes:
        trades: Places in the trade list, from 0, of the trades that belong to it.
        holds: Whether the position that is still open belongs to it.
        profit: Of these trades together, after fees; ``None`` without any.
        exit_reason: Of the last of them.
        moved: To the close ``reach`` bars later.
        best, worst: The farthest that highs and lows reached within these bars, for the candidate and against it.
    """

    candidate: Candidate
    trades: tuple[int, ...] = ()
    holds: bool = False
    profit: float | None = None
    exit_reason: ExitReason | None = None
    moved: float | None = None
    best: float | None = None
    worst: float | None = None

    @property
    def entered(self) -> bool:
        """Whether the strategy opened a position because of it."""
        return bool(self.trades) or self.holds


def candidate_outcomes(
    replay: Replay, candidates: Sequence[Candidate], reach: int = CANDIDATE_WINDOW_BARS
) -> tuple[CandidateOutcome, ...]:
    """What came of each of ``candidates``, oldest first.

    Args:
        replay: Of the bars in which they were found.
        candidates: In any order.
        reach: Bars behind a candidate that count as its own, unless the next candidate comes first.

    Raises:
        DataError: They were found in other bars.
    """
    if not candidates:
        return ()
    ordered = sorted(candidates, key=lambda candidate: candidate.timestamp)
    found = places(ordered, replay.bars)
    owners = _owners(replay, found, reach)
    belonging: dict[int, list[int]] = {}
    for position, owner in enumerate(owners):
        belonging.setdefault(owner, []).append(position)
    return tuple(
        _outcome(replay, candidate, index, belonging.get(number, []), reach)
        for number, (candidate, index) in enumerate(zip(ordered, found.tolist(), strict=True))
    )


def _owners(replay: Replay, found: Ints, reach: int) -> list[int]:
    """Which candidate each position belongs to, in the order of ``decided_at``; -1 for none."""
    opens_at = replay.bars.opens_at
    ends = [int(at.timestamp()) - replay.bars.interval_seconds for at in replay.decided_at]
    decided = np.searchsorted(opens_at, np.array(ends, dtype=np.int64))
    before = np.searchsorted(found, decided, side="right") - 1
    within = (before >= 0) & (decided - found[before] <= reach)
    return [int(owner) for owner in np.where(within, before, -1)]


def _outcome(replay: Replay, candidate: Candidate, index: int, positions: list[int], reach: int) -> CandidateOutcome:
    ended = [position for position in positions if position < len(replay.trades)]
    moved, best, worst = _moves(replay.bars, index, candidate.side.sign, reach)
    return CandidateOutcome(
        candidate=candidate,
        trades=tuple(ended),
        holds=len(ended) < len(positions),
        profit=sum(replay.trades[position].profit for position in ended) if ended else None,
        exit_reason=replay.trades[ended[-1]].exit_reason if ended else None,
        moved=moved,
        best=best,
        worst=worst,
    )


def _moves(bars: Bars, index: int, sign: int, reach: int) -> tuple[float | None, float | None, float | None]:
    """To the close, and the farthest for and against, over the ``reach`` bars behind ``index``."""
    close, last = float(bars.close[index]), index + reach
    if reach < 1 or last >= len(bars) or not close > 0.0:
        return None, None, None
    high = float(bars.high[index + 1 : last + 1].max()) / close - 1.0
    low = float(bars.low[index + 1 : last + 1].min()) / close - 1.0
    moved = sign * (float(bars.close[last]) / close - 1.0)
    return (moved, high, low) if sign > 0 else (moved, -low, -high)
