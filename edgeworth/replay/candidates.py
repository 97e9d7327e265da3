"""Candidates as lines of text: what ``candidates.jsonl`` holds, written and read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta, Struct

from edgeworth.errors import DataError
from edgeworth.replay.bars import Bars, Ints
from edgeworth.replay.orders import Direction


class Candidate(Struct, frozen=True, kw_only=True):
    """A bar that a screener points out.

    Attributes:
        dataset: Digest of the bars it was found in.
        timestamp: End of the bar: when it is known.
        score: From -1 to 1; its sign is the side.
        reason: For people.
        sentinels: Which of them voted, and how (1 up, -1 down).
    """

    asset: str
    dataset: str
    timestamp: Annotated[datetime, Meta(tz=True)]
    side: Direction
    score: float
    reason: str
    sentinels: Mapping[str, int]


def candidates_text(candidates: Iterable[Candidate]) -> str:
    """One JSON object a line."""
    return "".join(f"{msgspec.json.encode(candidate).decode()}\n" for candidate in candidates)


def read_candidates(text: str) -> list[Candidate]:
    """The candidates in ``text``.

    Raises:
        DataError: A line is none; says which.
    """
    found = []
    # Not `splitlines`: it also cuts at characters that may stand within a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            candidate = msgspec.json.decode(line.encode(), type=Candidate)
        except msgspec.MsgspecError as error:
            raise DataError(f"line {number}: expected a candidate, found something else: {error}") from error
        if not 0.0 < candidate.score * candidate.side.sign <= 1.0:
            raise DataError(
                f"line {number}: expected a score of up to 1 on the side of the candidate (above zero for long, below "
                f"for short), found {candidate.score:g} for {candidate.side.value}"
            )
        found.append(candidate)
    return found


def places(candidates: Sequence[Candidate], bars: Bars) -> Ints:
    """At which of ``bars`` the candidates stand.

    Raises:
        DataError: They were found in other bars, or of another asset, or one stands there twice.
    """
    digest = bars.digest
    for candidate in candidates:
        if candidate.asset != bars.asset:
            raise DataError(f"expected candidates of {bars.asset}, found one of {candidate.asset[:40]!r}")
        if candidate.dataset != digest:
            raise DataError(
                f"expected candidates found in these bars ({digest[:12]}), found one of other bars of {bars.asset} "
                f"({candidate.dataset[:12]}): screen these bars again"
            )
    ends = np.array([int(candidate.timestamp.timestamp()) for candidate in candidates], dtype=np.int64)
    opens = ends - bars.interval_seconds
    index = np.searchsorted(bars.opens_at, opens)
    inside = index < len(bars)
    known = np.zeros(len(opens), dtype=np.bool_)
    known[inside] = bars.opens_at[index[inside]] == opens[inside]
    if not known.all():
        wrong = candidates[int(np.argmin(known))]
        raise DataError(f"expected candidates at the ends of bars, found one at {wrong.timestamp}")
    found = np.sort(index)
    if (again := np.flatnonzero(np.diff(found) == 0)).size:
        raise DataError(f"expected each candidate once, found that of {bars.ends_at(int(found[again[0]]))} twice")
    return found
