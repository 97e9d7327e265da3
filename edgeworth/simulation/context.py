"""What a model may know of a market at ``as_of``: the only input of a model, written as ``context.json``.

A context that holds anything later than its ``as_of`` cannot be made; ``build_context`` in ``gathering`` leaves such
material out and counts it. Prices are dollars per share of the outcome at index 0 (0 to 1), series are seconds since
1970, other instants ISO 8601 in UTC. What is not known is ``None`` or empty; nothing is filled in. How a market ended
has no field here.
"""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from edgeworth.errors import DataError, LookAheadError
from edgeworth.markets.relation import Relation

FORMAT = 1
"""Of ``context.json``; a change that breaks models raises it."""


class Series(Struct, frozen=True, kw_only=True):
    """Values over time, oldest first, no instant twice.

    Attributes:
        at_seconds: Seconds since 1970.
        values: One for each instant.
    """

    at_seconds: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if len(self.at_seconds) != len(self.values):
            raise DataError(f"expected a value for each of {len(self.at_seconds)} instants, found {len(self.values)}")
        if not all(map(math.isfinite, (*self.at_seconds, *self.values))):
            raise DataError("expected finite numbers in a series")
        if any(later <= earlier for earlier, later in zip(self.at_seconds, self.at_seconds[1:], strict=False)):
            raise DataError("expected the instants of a series to increase")


class KnownOutcome(Struct, frozen=True, kw_only=True):
    """One possible answer; ``price`` is what the listing showed for it."""

    label: str
    price: float | None = None


class KnownQuote(Struct, frozen=True, kw_only=True):
    """Best bid and ask of outcome 0, and how old they are at ``as_of``."""

    bid: float | None
    ask: float | None
    observed_at: datetime
    age_seconds: float


class Sibling(Struct, frozen=True, kw_only=True):
    """Another market of the same event, as last seen.

    Attributes:
        price: What the listing showed, or what it paid when it was already resolved.
    """

    market_id: str
    question: str
    label: str
    observed_at: datetime
    closes_at: datetime | None = None
    bid: float | None = None
    ask: float | None = None
    price: float | None = None
    is_open: bool = True


class KnownEvent(Struct, frozen=True, kw_only=True):
    """The event of the market.

    Attributes:
        is_exclusive: At most one of its markets can come true.
        is_complete: Exactly one of the listed markets comes true (unless void); ``False`` when there may be an
            unlisted answer or when that is not known.
        market_count: Markets the venue lists under it; more than there are siblings when some are not known.
    """

    title: str
    is_exclusive: bool
    is_complete: bool
    siblings: tuple[Sibling, ...] = ()
    market_count: int | None = None


class MatchedMarket(Struct, frozen=True, kw_only=True):
    """A market elsewhere that is bound to this one.

    Attributes:
        relation: Of this market (A) to that one (B), both about their outcome 0.
        confidence: How sure the relation is, 0 to 1.
    """

    market_id: str
    question: str
    relation: Relation
    confidence: float
    observed_at: datetime
    closes_at: datetime | None = None
    bid: float | None = None
    ask: float | None = None
    price: float | None = None


class Snippet(Struct, frozen=True, kw_only=True):
    """Something published, with its source; untrusted text."""

    source: str
    title: str
    text: str
    published_at: datetime
    url: str | None = None


class SpotScale(StrEnum):
    """In what a quantity moves evenly."""

    LOG = "log"
    """Prices: a tenth up and a tenth down are alike."""
    LINEAR = "linear"
    """Temperatures, seats, points: one more and one less are alike."""


class SpotHistory(Struct, frozen=True, kw_only=True):
    """The quantity that the question is about, over time."""

    name: str
    unit: str
    source: str
    scale: SpotScale
    series: Series


class Timing(StrEnum):
    """When a level must be passed."""

    AT = "at"
    """At the close: where the quantity stands then."""
    BY = "by"
    """At any time until the close: whether it ever gets there."""


class PriceClaim(Struct, frozen=True, kw_only=True):
    """Outcome 0 says that the spot quantity stands (or gets) above, or below, a level."""

    threshold: float
    is_above: bool
    timing: Timing


class SimulationContext(Struct, frozen=True, kw_only=True):
    """Everything a model may know. See the module for units.

    Attributes:
        closes_at: Planned close, the horizon; the only instant here that may lie after ``as_of`` (with those of
            other markets).
        tick_size: Dollars.
        history: Price of outcome 0 up to ``as_of``.
        is_by_date: Outcome 0 says that something happens by the close.
    """

    market_id: str
    question: str
    outcomes: tuple[KnownOutcome, ...]
    as_of: datetime
    format: int = FORMAT
    rules: str = ""
    category: str | None = None
    closes_at: datetime | None = None
    tick_size: float | None = None
    quote: KnownQuote | None = None
    history: Series | None = None
    event: KnownEvent | None = None
    matched: tuple[MatchedMarket, ...] = ()
    research: tuple[Snippet, ...] = ()
    spot: SpotHistory | None = None
    claim: PriceClaim | None = None
    is_by_date: bool = False

    def __post_init__(self) -> None:
        if self.as_of.tzinfo is None:
            raise DataError(f"expected an instant with a time zone, found {self.as_of.isoformat()}")
        if len(self.outcomes) < 2:
            raise DataError(f"expected at least two outcomes, found {len(self.outcomes)}")
        end = self.as_of.timestamp()
        for what, seconds in self._evidence_seconds():
            if seconds > end:
                raise LookAheadError(
                    f"expected nothing later than {self.as_of.isoformat()} about {self.market_id}, "
                    f"found {what} of {seconds - end:.0f} s after"
                )

    def _evidence_seconds(self) -> list[tuple[str, float]]:
        """When each piece of evidence became known."""
        found = [("a document", snippet.published_at.timestamp()) for snippet in self.research]
        found += [("a matched market", market.observed_at.timestamp()) for market in self.matched]
        if self.quote is not None:
            found.append(("a quote", self.quote.observed_at.timestamp()))
        if self.event is not None:
            found += [("a sibling market", sibling.observed_at.timestamp()) for sibling in self.event.siblings]
        for what, series in (("a price", self.history), ("a spot value", self.spot.series if self.spot else None)):
            if series is not None and series.at_seconds:
                found.append((what, series.at_seconds[-1]))
        return found


def encode_context(context: SimulationContext) -> bytes:
    """``context.json``: the same context gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(context), indent=1)


def decode_context(body: bytes) -> SimulationContext:
    """Read ``context.json``.

    Raises:
        DataError: It is not one, or it holds something later than its own ``as_of``.
    """
    try:
        return msgspec.json.decode(body, type=SimulationContext)
    except msgspec.MsgspecError as error:
        # msgspec wraps what __post_init__ raises only when it is a ValueError; ours pass through.
        raise DataError(f"expected a simulation context, found something else: {error}") from error


def context_values(context: SimulationContext) -> dict[str, Any]:
    """The context as the plain values that a model receives: what reading ``context.json`` would give."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(context))
    return values
