"""What a search for opportunities reads: markets, their events, their books, and what binds markets to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from edgeworth.markets.book import OrderBook
from edgeworth.markets.market import Event, Market
from edgeworth.markets.relation import Relation


class LadderKind(StrEnum):
    """In what the rungs of a ladder differ."""

    THRESHOLD = "threshold"
    DATE = "date"


class RelationEdge(Struct, frozen=True, kw_only=True):
    """What is certain about two markets, and on whose word.

    Attributes:
        market_a, market_b: Market ids; the propositions are those of outcome 0.
        confidence: Of the verdict, in [0, 1]; 1 for what the venue itself states.
        evidence_id: Of the stored verdict; empty when there is none.
        ladder: Set where the two are rungs of one ladder.
    """

    market_a: str
    market_b: str
    relation: Relation
    confidence: float
    evidence_id: str = ""
    ladder: LadderKind | None = None


class MarketSnapshot(Struct, frozen=True, kw_only=True):
    """The state of some markets at one instant.

    Attributes:
        markets: Open and closed ones; give all markets of an event, or its sets are not known to be complete.
        events: By event id. Markets of an event that is missing here are taken one by one.
        books: At most one for each market and outcome. When a market has the book of one outcome only, the other one
            is its mirror image.
    """

    markets: Sequence[Market]
    events: Mapping[str, Event]
    books: Sequence[OrderBook]
    edges: Sequence[RelationEdge] = ()
