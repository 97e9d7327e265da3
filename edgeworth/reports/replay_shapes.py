"""The shapes of ``screen.json``, ``replay.json``, ``parity.json`` and ``sweep.json``; ``replay_document`` fills them.

Money is in dollars, shares are of one, instants ISO 8601 in UTC. What is not known is ``null``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from edgeworth.markets.bars import BarOrder
from edgeworth.replay.orders import Direction, ExitReason
from edgeworth.reports.replay import ReplayMode

Instant = Annotated[datetime, Meta(tz=True)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]


class RunDocument(Struct, frozen=True, kw_only=True):
    """What all four begin with; ``seconds`` are of the work itself, ``results_dir`` is the run's folder."""

    format: int
    code_version: str
    run_id: str
    started_at: Instant
    finished_at: Instant
    seconds: float
    results_dir: str | None
    notes: tuple[str, ...]


class GapDocument(Struct, frozen=True, kw_only=True):
    """``missing`` bars that are not there, from ``starts_at`` on."""

    starts_at: Instant
    missing: Count


class DataDocument(Struct, frozen=True, kw_only=True):
    """The bars of a run.

    ``rows`` were read, in which ``repeated`` ones said again what another says and ``contradicting`` ones something
    else; ``bars`` were used, within which ``missing`` ones lie in ``gap_count`` gaps. ``gaps`` are the longest of them.
    ``digest`` is the SHA-256 of those used.
    """

    asset: str
    unit: str
    interval_seconds: Count
    source: str
    remark: str | None
    rows: Count
    order: BarOrder
    repeated: Count
    contradicting: Count
    bars: Count
    first_opens_at: Instant
    last_ends_at: Instant
    gap_count: Count
    missing: Count
    gaps: tuple[GapDocument, ...]
    digest: str
    is_market: bool
    is_synthetic: bool
    question: str | None


class SettlementDocument(Struct, frozen=True, kw_only=True):
    """How the market was resolved; ``value`` is null when it is void and stakes are returned."""

    at: Instant
    value: Share | None


class SetupDocument(Struct, frozen=True, kw_only=True):
    """Money and costs.

    ``half_spread`` and ``slippage`` are shares of the price; of a prediction market dollars.
    """

    cash: float
    fee: dict[str, Any]
    half_spread: float
    slippage: float
    settlement: SettlementDocument | None


class MetricsDocument(Struct, frozen=True, kw_only=True):
    """Figures of one replay.

    ``total_return``, ``win_rate``, ``drawdown`` and ``exposure`` are shares; ``sharpe`` and ``sortino`` are of a year;
    ``turnover`` is what was bought and sold over the mean equity; ``fees`` are dollars.
    """

    total_return: float
    trades: Count
    win_rate: Share | None
    sharpe: float | None
    sortino: float | None
    drawdown: float
    exposure: Share
    turnover: float | None
    fees: float


class TradeDocument(Struct, frozen=True, kw_only=True):
    """A position from its entry to its exit; prices as filled, ``profit`` after ``fees``."""

    side: Direction
    quantity: float
    decided_at: Instant
    entered_at: Instant
    entry_price: float
    exited_at: Instant
    exit_price: float
    exit_reason: ExitReason
    fees: float
    profit: float
    note: str


class OpenPositionDocument(Struct, frozen=True, kw_only=True):
    """What is still held when the bars end; ``profit`` is that at the last close, before the costs of leaving."""

    side: Direction
    quantity: float
    decided_at: Instant
    entered_at: Instant
    entry_price: float
    fees: float
    note: str
    profit: float


class RefusalDocument(Struct, frozen=True, kw_only=True):
    """An order that was not carried out, and why."""

    at: Instant
    reason: str


class OutcomeDocument(Struct, frozen=True, kw_only=True):
    """What came of a candidate; see ``CandidateOutcome``.

    ``trades`` are places in the trade list, from 0. ``moved``, ``best`` and ``worst`` are shares of the close, above
    zero where the price went the candidate's way.
    """

    timestamp: Instant
    side: Direction
    score: float
    reason: str
    sentinels: dict[str, int]
    entered: bool
    trades: tuple[Count, ...]
    holds: bool
    profit: float | None
    exit_reason: ExitReason | None
    moved: float | None
    best: float | None
    worst: float | None


class PointDocument(Struct, frozen=True, kw_only=True):
    """One point of a curve, at the close of a bar."""

    at: Instant
    value: float


class ScreenDocument(RunDocument, frozen=True, kw_only=True, tag_field="kind", tag="screen"):
    """What a screener found; the candidates themselves are the lines of ``candidates.jsonl``.

    ``sentinels`` counts the candidates in which each had a say.
    """

    asset: str
    dataset: str
    data: DataDocument
    bars: Count
    strategy: str | None
    screener: dict[str, Any]
    candidates: Count
    longs: Count
    shorts: Count
    sentinels: dict[str, int]


class ReplayDocument(RunDocument, frozen=True, kw_only=True, tag_field="kind", tag="replay"):
    """What came of a strategy.

    ``candidates`` is null where none were looked for; ``candidates_from`` names the file that they were read from.
    ``seen`` bars were shown to the strategy. ``equity`` and ``underwater`` keep the lowest and the highest value of
    each of some hundred stretches of time. ``trades``, ``refusals`` and ``outcomes`` are complete.
    """

    asset: str
    dataset: str
    data: DataDocument
    bars: Count
    strategy: str
    settings: dict[str, Any]
    configuration: str | None
    setup: SetupDocument
    mode: ReplayMode
    candidates: Count | None
    candidates_from: str | None
    entered: Count
    reach: Count
    seen: Count
    final_equity: float
    metrics: MetricsDocument
    trades: tuple[TradeDocument, ...]
    open_position: OpenPositionDocument | None
    refusals: tuple[RefusalDocument, ...]
    outcomes: tuple[OutcomeDocument, ...]
    equity: tuple[PointDocument, ...]
    underwater: tuple[PointDocument, ...]


class StandingDocument(Struct, frozen=True, kw_only=True):
    """How a replay stood at the end of a bar."""

    equity: float
    trades: Count
    holds: str | None


class DivergenceDocument(Struct, frozen=True, kw_only=True):
    """The first bar at which the two replays differ; ``bar`` counts from 0."""

    bar: Count
    opens_at: Instant
    full: StandingDocument
    focused: StandingDocument


class SoundnessDocument(Struct, frozen=True, kw_only=True):
    """Whether every entry of the full replay was decided on in a window; ``outside`` says when the others were."""

    is_sound: bool
    entries: Count
    inside: Count
    outside: tuple[Instant, ...]


class PastChangeDocument(Struct, frozen=True, kw_only=True):
    """What ``what`` said of bar number ``bar`` (from 0) with all bars, and with the first ``cut`` alone."""

    what: str
    bar: Count
    cut: Count
    with_future: str
    without: str


class LookAheadDocument(Struct, frozen=True, kw_only=True):
    """The bars were cut short ``cuts`` times; ``changes`` has the first of each that did not keep to the past."""

    is_clean: bool
    cuts: Count
    looked_at: tuple[str, ...]
    unrepeatable: tuple[str, ...]
    changes: tuple[PastChangeDocument, ...]


class ParityDocument(RunDocument, frozen=True, kw_only=True, tag_field="kind", tag="parity"):
    """Whether a focused replay came to what the full one came to, to the last bit.

    ``speedup`` is ``seconds_full`` over the sum of ``seconds_screen`` and ``seconds_focused``. Without
    ``keeps_lookback`` the strategy reads further back than it says, which is a difference too; without ``repeats`` it
    does not come to the same twice.
    """

    equal: bool
    bars: Count
    trades: Count
    candidates: Count
    seconds_full: float
    seconds_screen: float
    seconds_focused: float
    speedup: float
    first_divergence: DivergenceDocument | None
    keeps_lookback: bool
    repeats: bool
    soundness: SoundnessDocument
    look_ahead: LookAheadDocument | None
    seen: Count
    strategy: str
    settings: dict[str, Any]
    screener: dict[str, Any]
    setup: SetupDocument
    reach: Count
    asset: str
    dataset: str
    configuration: str
    data: DataDocument


class TrialDocument(Struct, frozen=True, kw_only=True):
    """One setting over one set of bars; ``tried`` are its values of the grid, ``sharpe_per_bar`` is not yearly."""

    asset: str
    dataset: str
    configuration: str
    bars: Count
    tried: dict[str, Any]
    settings: dict[str, Any]
    metrics: MetricsDocument
    sharpe_per_bar: float
    skewness: float
    kurtosis: float


class FailedTrialsDocument(Struct, frozen=True, kw_only=True):
    """Trials of one asset that came to nothing, and why."""

    asset: str
    trials: Count
    problem: str


class SweepDocument(RunDocument, frozen=True, kw_only=True, tag_field="kind", tag="sweep"):
    """Many settings of a strategy; ``trials`` stand best Sharpe ratio of a bar first.

    ``trials_counted`` is what the deflation counts: the trials of this sweep, and ``earlier_trials`` of the same bars.
    ``deflated_sharpe`` is how likely the best is better than the best of so many worthless ones; ``overfitting``, by
    asset, how often the best of one half of the time is below the median in the other.
    """

    data: tuple[DataDocument, ...]
    strategy: str
    settings: dict[str, Any]
    grid: dict[str, tuple[Any, ...]]
    setup: SetupDocument
    reach: Count
    made_now: Count
    taken_from_ledger: Count
    earlier_trials: Count
    trials_counted: Count
    deflated_sharpe: Share | None
    overfitting: dict[str, float | None]
    failed: tuple[FailedTrialsDocument, ...]
    trials: tuple[TrialDocument, ...]
