"""What a screening, a replay, a proof of parity or a sweep is asked to do: the parameters of their flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from edgeworth.replay.windows import CANDIDATE_WINDOW_BARS

HOUR_SECONDS = 3_600


class BarsChoice(Struct, frozen=True, kw_only=True):
    """Which bars: of a file, of an asset in the history, or of an outcome of a market. Exactly one of the three.

    Attributes:
        path: A recorded table of bars.
        asset: Symbol, as ``edgeworth ingest`` stored its bars.
        market: Market id, venue key or slug. outcome: Index of the outcome whose price history is used.
        interval_seconds: Length of a bar; a file says its own.
        start, end: Only bars that open at or after ``start`` and have ended by ``end``.
    """

    path: str | None = None
    asset: str | None = None
    market: str | None = None
    outcome: int = 0
    interval_seconds: int = HOUR_SECONDS
    start: datetime | None = None
    end: datetime | None = None


class ReplayPlan(Struct, frozen=True, kw_only=True):
    """One strategy over one set of bars.

    Attributes:
        strategy: Its name, or ``module:Class`` of one's own.
        settings: Other values for its settings; dots reach within (``screener.threshold``).
        cash: Dollars to begin with.
        fee_rate, half_spread, slippage: As in ``Costs``; ``None`` takes what is usual for the bars, of a market the
            fees of its venue.
        window: Bars before and behind a candidate that a focused replay looks at.
        full: Every bar is looked at, candidates or not.
        candidates: Path of a ``candidates.jsonl`` to use; ``None`` screens.
        cuts: How often a proof of parity cuts the bars short to find what looks ahead; 0 never.
    """

    bars: BarsChoice
    strategy: str = "fusion"
    settings: Mapping[str, Any] = {}
    cash: float = 10_000.0
    fee_rate: float | None = None
    half_spread: float | None = None
    slippage: float | None = None
    window: int = CANDIDATE_WINDOW_BARS
    full: bool = False
    candidates: str | None = None
    cuts: int = 0

    def flow_parameters(self) -> dict[str, Any]:
        """The plan as the parameters of its flow."""
        return {"replay": msgspec.to_builtins(self)}


class SweepPlan(Struct, frozen=True, kw_only=True):
    """Many settings of one strategy over one or more sets of bars.

    Attributes:
        bars: Each set once.
        grid: Values to try by the name of the setting; every combination is a trial.
        chunk: Trials of one unit of work, which is what is repeated when a process is lost.
    """

    bars: Sequence[BarsChoice]
    strategy: str = "fusion"
    settings: Mapping[str, Any] = {}
    grid: Mapping[str, Sequence[Any]] = {}
    cash: float = 10_000.0
    fee_rate: float | None = None
    half_spread: float | None = None
    slippage: float | None = None
    window: int = CANDIDATE_WINDOW_BARS
    chunk: int = 25

    def flow_parameters(self) -> dict[str, Any]:
        """The plan as the parameters of its flow."""
        return {"sweep": msgspec.to_builtins(self)}
