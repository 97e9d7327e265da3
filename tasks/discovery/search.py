"""The step of a discovery that looks for opportunities, group by group of markets that hang together."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from edgeworth.discovery import matching
from edgeworth.discovery.decision import decide
from edgeworth.discovery.opportunities.finding import BINDING, find_opportunities
from edgeworth.discovery.opportunities.snapshot import MarketSnapshot, RelationEdge
from edgeworth.discovery.opportunity import Findings, NotTradable, Opportunity, OpportunityGates
from edgeworth.discovery.ports import SavedCounts
from edgeworth.discovery.reading import read_question
from edgeworth.discovery.texts import text_of
from edgeworth.errors import ConfigurationError, DataError, SourceError
from edgeworth.markets.book import OrderBook
from edgeworth.markets.market import Event, Market, MarketStatus
from edgeworth.markets.venue import Venue
from edgeworth.ports import TradedMarket
from edgeworth.reports.discovery import BookUse, Stage
from tasks import wiring
from tasks.clock import utc_now
from tasks.discovery.plan import BegunDiscovery, DiscoverPlan, Scope, Stopwatch, scope_of
from tasks.fresh_books import BookShelf
from tasks.progress import current_stages
from tasks.settings import Settings

MARKETS_A_PIECE = 1_000
"""Markets whose books are in memory at once; more when they hang together."""

EXAMPLES_A_CODE = 25
"""Refusals of each kind that are told one by one; the others are counted."""

UNJUDGED = frozenset({"books_apart", "book_of_the_future"})
"""Refusals that say nothing of whether an opportunity is still there, besides those of missing and old books."""


class FindStep(Struct, frozen=True, kw_only=True):
    """What the search for opportunities gave besides those that were stored."""

    stage: Stage
    considered: int = 0
    unprofitable: int = 0
    refused: dict[str, int] = {}
    examples: tuple[NotTradable, ...] = ()
    books: tuple[BookUse, ...] = ()
    saved: SavedCounts = SavedCounts()


class _Found(Struct):
    """What the pieces gave so far."""

    opportunities: list[Opportunity] = []
    examples: list[NotTradable] = []
    refused: Counter[str] = field(default_factory=Counter)
    judged: set[str] = set()
    unjudged: set[str] = set()
    considered: int = 0
    unprofitable: int = 0

    def add(self, findings: Findings, market_ids: Collection[str], without_book: Collection[str]) -> None:
        self.opportunities += findings.opportunities
        self.considered += findings.considered
        self.unprofitable += findings.unprofitable
        self.judged.update(market_ids)
        self.unjudged.update(without_book)
        for one in findings.not_tradable:
            self.refused[one.code] += 1
            if self.refused[one.code] <= EXAMPLES_A_CODE:
                self.examples.append(one)
            if one.code in UNJUDGED:
                self.unjudged.update(one.market_ids)


def find_in_books(settings: Settings, begun: BegunDiscovery, plan: DiscoverPlan) -> FindStep:
    """Look at the books of every group of markets that hang together, and store what could be traded."""
    watch = Stopwatch("find")
    with wiring.open_storage(settings) as storage:
        found = _Found()
        try:
            uses = asyncio.run(_search(settings, storage, begun, plan, found))
            problem = None
        except (SourceError, DataError, ConfigurationError) as error:
            uses, problem = [], str(error)
        saved = storage.opportunities.save(
            found.opportunities, examined=_looked_at(storage, plan, begun, found, problem), run_id=begun.run_id,
            at=begun.started_at,
        )  # fmt: skip
    did = f"{found.considered:,} sets of trades looked at, {len(found.opportunities):,} earn in every modelled state"
    return FindStep(
        stage=watch.stage(did, problem),
        considered=found.considered,
        unprofitable=found.unprofitable,
        refused=dict(found.refused.most_common()),
        examples=tuple(found.examples),
        books=tuple(uses),
        saved=saved,
    )


def _looked_at(
    storage: wiring.Storage, plan: DiscoverPlan, begun: BegunDiscovery, found: _Found, problem: str | None
) -> set[str]:
    """Markets whose earlier opportunities count as gone when they were not found again.

    A whole run also ends those of markets that are closed by now; where books were missing or old nothing was judged.
    """
    looked_at = set(found.judged)
    if plan.limit is None and begun.focus is None and problem is None:
        for stored in storage.opportunities.list_opportunities(limit=None):
            looked_at.update(stored.opportunity.market_ids)
    return looked_at - found.unjudged


async def _search(
    settings: Settings, storage: wiring.Storage, begun: BegunDiscovery, plan: DiscoverPlan, found: _Found
) -> list[BookUse]:
    scope = scope_of(storage, plan, begun.focus)
    edges = [
        edge
        for stored in storage.matches.list_matches(relations=BINDING, limit=None)
        if (edge := matching.edge_of(stored.match)) is not None
    ]
    groups = matching.pieces(
        {market_id: market.event_id for market_id, market in scope.markets.items()},
        [(edge.market_a, edge.market_b) for edge in edges],
        size=MARKETS_A_PIECE,
        around=() if begun.focus is None else (begun.focus,),
    )
    venues = {market.venue for market in scope.markets.values()} if plan.fetch_books else set()
    async with wiring.open_book_sources(settings, venues) as sources:
        with BookShelf(
            sources=sources.sources,
            unavailable=sources.unavailable,
            raw=storage.raw,
            history=storage.history,
            name=begun.run_id,
            clock=utc_now,
        ) as shelf:
            for number, group in enumerate(groups):
                current_stages().advanced("find", number, len(groups))
                piece = _piece(storage, scope, group)
                books = await shelf.books_of(_trading(storage, piece.markets))
                inside = {market.market_id for market in piece.markets}
                between = [edge for edge in edges if edge.market_a in inside and edge.market_b in inside]
                snapshot = MarketSnapshot(
                    markets=piece.markets, events=piece.events, books=books, edges=[*between, *piece.ladders]
                )
                as_of = utc_now()
                findings = await asyncio.to_thread(find_opportunities, snapshot, as_of)
                found.add(findings, inside, _without_book(piece.markets, books, as_of))
            return shelf.uses


def _without_book(markets: Sequence[Market], books: Sequence[OrderBook], as_of: datetime) -> set[str]:
    """Open markets of which no book is young enough to judge by."""
    earliest = as_of - OpportunityGates().max_book_age
    usable = {book.market_id for book in books if book.observed_at >= earliest}
    return {market.market_id for market in markets if market.status is MarketStatus.OPEN} - usable


def services_asked(settings: Settings, plan: DiscoverPlan) -> list[str]:
    """Services with a limit of their own that the search asks for books, in a fixed order."""
    if not plan.fetch_books:
        return []
    with wiring.open_storage(settings) as storage:
        held = storage.catalogue.count_by("venue")
    return sorted(venue for venue in held if venue is not None and not Venue(venue).is_synthetic)


class _Piece(Struct, frozen=True):
    """Markets that hang together with all members of their events, and the ladders among those."""

    markets: Sequence[Market]
    events: Mapping[str, Event]
    ladders: Sequence[RelationEdge]


def _piece(storage: wiring.Storage, scope: Scope, market_ids: Sequence[str]) -> _Piece:
    alone = [scope.markets[one] for one in market_ids if scope.markets[one].event_id is None]
    event_ids = {event_id for one in market_ids if (event_id := scope.markets[one].event_id) is not None}
    events = storage.catalogue.get_events(event_ids)
    members = storage.catalogue.markets_of_events(event_ids)
    by_event: dict[str | None, list[Market]] = {}
    for market in members:
        if market.status is MarketStatus.OPEN:
            by_event.setdefault(market.event_id, []).append(market)
    ladders = [edge for event_id, event in events.items() for edge in _ladders(event, by_event.get(event_id, []))]
    return _Piece([*alone, *members], events, ladders)


def _ladders(event: Event, members: Sequence[Market]) -> list[RelationEdge]:
    """What follows among the members of one event by their texts."""
    pairs = list(matching.pairs_within(event, members))
    readings = {market.market_id: read_question(text_of(market, event.title)) for market in members} if pairs else {}
    found = (
        matching.edge(a.market_id, b.market_id, decide(readings[a.market_id], readings[b.market_id])) for a, b in pairs
    )
    return [edge for edge in found if edge is not None]


def _trading(storage: wiring.Storage, markets: Sequence[Market]) -> list[TradedMarket]:
    open_ids = [market.market_id for market in markets if market.status is MarketStatus.OPEN]
    return storage.catalogue.traded_markets(open_ids)
