"""What the site needs from outside, as a protocol and plain values. Every question is bounded, none of them writes.

``tasks/wiring/`` builds what answers; a test may answer with a class of ten lines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from edgeworth.discovery.opportunity import OpportunityKind
from edgeworth.discovery.ports import StoredMatch, StoredOpportunity
from edgeworth.markets.market import Event, Market, MarketStatus
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.simulation.chain import ChainEnd, ChainFault
from edgeworth.simulation.context import Series
from edgeworth.simulation.estimate import Verdict
from edgeworth.simulation.forecast import Forecast
from edgeworth.simulation.record import AuthorKind

Row = TypeVar("Row")


class Found(Struct, Generic[Row], frozen=True):
    """Rows of one page, and how many there are on all pages."""

    rows: Sequence[Row]
    total: int


class SiteRun(Struct, frozen=True, kw_only=True):
    """A run as the store knows it; ``status`` is ``running`` for ever when its process was killed."""

    run_id: str
    kind: str
    parameters: Mapping[str, Any]
    started_at: datetime
    finished_at: datetime | None
    status: str
    counts: Mapping[str, Any] | None


class MarketFilter(Struct, frozen=True, kw_only=True):
    """Which markets. ``search``: all of these words in the question; ``order``: a ``MarketOrder``."""

    venue: Venue | None = None
    status: MarketStatus | None = None
    category: str | None = None
    search: str | None = None
    event_id: str | None = None
    order: str = "volume"


class MatchFilter(Struct, frozen=True, kw_only=True):
    """Which pairs that stand. ``across``: on two venues (true), or on one (false); related ones only when asked for."""

    market_id: str | None = None
    relation: Relation | None = None
    venue: Venue | None = None
    across: bool | None = None
    least_confidence: float = 0.0
    with_gone: bool = False


class Life(StrEnum):
    """What is left of an opportunity."""

    ALIVE = "alive"
    """Found by the last look, something left at size, within every limit."""
    DEAD = "dead"
    """Found by the last look, but nothing left at size, or beyond a limit."""
    GONE = "gone"
    """Looked for and not found any more."""


class OpportunityFilter(Struct, frozen=True, kw_only=True):
    """Which opportunities."""

    market_id: str | None = None
    kind: OpportunityKind | None = None
    life: Life | None = None


class ForecastFilter(Struct, frozen=True, kw_only=True):
    """Which forecasts."""

    market_id: str | None = None
    run_id: str | None = None
    is_synthetic: bool | None = None
    kind: AuthorKind | None = None
    verdict: Verdict | None = None


class TermChange(Struct, frozen=True):
    """When other terms of a market were first seen, and which of them had changed."""

    seen_at: datetime
    changed: Sequence[str]


class RefusalCount(Struct, frozen=True, kw_only=True):
    """Rows of a venue that were refused for one reason; ``example`` is the reason of the last of them."""

    venue: str
    code: str
    rows: int
    last_seen_at: datetime
    example: str


class MarketCount(Struct, frozen=True):
    """Markets of a venue in one state."""

    venue: str
    status: str
    number: int


class ChainState(Struct, frozen=True):
    """The chain of registered forecasts: its end (``None`` without any), and where it does not hold, if it does not."""

    end: ChainEnd | None
    fault: ChainFault | None


class SiteStore(Protocol):
    """Questions to the store. Each may raise ``StorageError``."""

    @property
    def description(self) -> str:
        """Which database this is, without its password."""

    def runs(self, limit: int) -> Sequence[SiteRun]:
        """Runs, newest first."""

    def synthetic_runs(self, run_ids: Collection[str]) -> frozenset[str]:
        """Those of ``run_ids`` that forecast invented markets."""

    def find_markets(self, asked: MarketFilter, *, limit: int, offset: int = 0) -> Found[Market]:
        """Markets that fit, in the order asked for."""

    def get_market(self, name: str) -> Market | None:
        """The market with this id, venue key or slug."""

    def get_markets(self, market_ids: Collection[str]) -> Mapping[str, Market]:
        """Those of ``market_ids`` that are known."""

    def get_event(self, event_id: str) -> Event | None:
        """The event with this id."""

    def term_changes(self, market_id: str) -> Sequence[TermChange]:
        """Changes of a market's terms, oldest first."""

    def prices(self, market_id: str, *, most: int) -> Series | None:
        """The newest ``most`` prices of outcome 0, oldest first; ``None`` without any."""

    def find_matches(self, asked: MatchFilter, *, limit: int, offset: int = 0) -> Found[StoredMatch]:
        """Pairs that fit: those from which most follows first, then the surest."""

    def find_opportunities(self, asked: OpportunityFilter, *, limit: int, offset: int = 0) -> Found[StoredOpportunity]:
        """Opportunities that fit, the largest profit first."""

    def find_forecasts(self, asked: ForecastFilter, *, limit: int, offset: int = 0) -> Found[Forecast]:
        """Forecasts that fit, the last registered first."""

    def chain(self) -> ChainState:
        """Whether all registered forecasts are as they were; what was found a minute ago at most is told again."""

    def market_counts(self) -> Sequence[MarketCount]:
        """How many markets of each venue are in which state."""

    def latest_finished_pass(self, venue: Venue, *, enough_rows: int | None = None) -> datetime | None:
        """When markets of ``venue`` were last read to the end."""

    def refusals(self, limit: int) -> Sequence[RefusalCount]:
        """Why rows were refused, most frequent first."""


class Site(Struct, frozen=True, kw_only=True):
    """Everything the site is made of.

    Attributes:
        open_store: The store as it is now, or ``None`` while there is none; raises ``StorageError`` or
            ``ConfigurationError`` when there is one that cannot be read.
        results_dir: Where the folders of runs are.
        now: The instant.
        is_going_on: Whether a process of this machine works on a run that the store calls running; ``None`` when that
            cannot be told from here.
        enough_rows: A walk through a listing that read so many rows counts as whole; see ``latest_finished_pass``.
    """

    open_store: Callable[[], SiteStore | None]
    results_dir: Path
    now: Callable[[], datetime]
    is_going_on: Callable[[str], bool | None] = lambda _: None
    enough_rows: int | None = None
