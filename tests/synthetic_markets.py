"""A synthetic world as the library sees it, without a server: payloads through the real parsers, and true relations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from edgeworth.adapters.kalshi.history import parse_book_item
from edgeworth.adapters.kalshi.parse import parse_event_item as parse_kalshi_event
from edgeworth.adapters.kalshi.parse import parse_series_item
from edgeworth.adapters.polymarket.books import parse_book
from edgeworth.adapters.polymarket.gamma import parse_event_item as parse_gamma_event
from edgeworth.adapters.synthetic.beliefs import Exclusive
from edgeworth.adapters.synthetic.clob_payloads import clob_book
from edgeworth.adapters.synthetic.events import Relation as TwinRelation
from edgeworth.adapters.synthetic.events import SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.families import FAMILIES, Kind
from edgeworth.adapters.synthetic.gamma_payloads import gamma_event
from edgeworth.adapters.synthetic.kalshi_payloads import kalshi_book, kalshi_event, kalshi_series
from edgeworth.adapters.synthetic.live_books import LiveBooks
from edgeworth.adapters.synthetic.world import World
from edgeworth.discovery.opportunities.snapshot import LadderKind, MarketSnapshot, RelationEdge
from edgeworth.markets.book import OrderBook
from edgeworth.markets.listing import ListingItem, ParsedItem
from edgeworth.markets.market import Event, Market
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue

POLYMARKET, KALSHI = Venue.SYNTHETIC_POLYMARKET, Venue.SYNTHETIC_KALSHI


def item(payload: object, kind: str = "event") -> ListingItem:
    return ListingItem(kind=kind, native_id=None, raw=msgspec.json.encode(payload), digest="", index=0)


def read_events(world: World) -> ParsedItem:
    """Every listed event of both exchanges with its markets."""
    series = [parse_series_item(item(kalshi_series(one)), venue=KALSHI, as_of=world.as_of) for one in FAMILIES]
    known = {one.native_id: one for parsed in series for one in parsed.series}
    whole = ParsedItem()
    for venue in (POLYMARKET, KALSHI):
        for event in world.listed(venue):
            if venue is KALSHI:
                payload = kalshi_event(world, event, with_markets=True)
                parsed = parse_kalshi_event(item(payload), venue=venue, as_of=world.as_of, series=known)
            else:
                payload = gamma_event(world, event, with_markets=True)
                parsed = parse_gamma_event(item(payload), venue=venue, as_of=world.as_of)
            assert not parsed.refusals
            whole.events += parsed.events
            whole.markets += parsed.markets
    return whole


def read_books(world: World) -> Iterator[OrderBook]:
    """The books of all that trade: two at Polymarket, one at Kalshi."""
    books = LiveBooks(world)
    for event, market in world.markets():
        if event.created_at > world.now:
            continue
        live = books.peek(event, market)
        if live is None:
            continue
        native_id = world.native_id(event, market)
        if market.venue is KALSHI:
            parsed = parse_book_item(
                item(kalshi_book(live.ladder, 0) | {"ticker": native_id}, "book"), venue=KALSHI, as_of=world.as_of
            )
            yield from parsed.books
            continue
        tokens = {token: (native_id, at) for at, token in enumerate(world.identity.token_ids(market))}
        for outcome in (0, 1):
            body = msgspec.json.encode(clob_book(world, live, outcome))
            yield from parse_book(body, venue=POLYMARKET, tokens=tokens).books


def true_edges(world: World) -> Iterator[RelationEdge]:
    """What really binds the listed markets: rungs of each ladder, and twins."""
    for index in range(world.event_count):
        event = world.event(index)
        assert event is not None
        if event.created_at > world.now:
            continue
        yield from _rungs(world, event)
        if event.family.kind is Kind.GAME and event.kalshi:
            yield _edge(world, event, *event.kalshi, Relation.INVERSE)
        for twin in event.kalshi:
            if twin.twin is not None and twin.relation in {TwinRelation.EQUIVALENT, TwinRelation.INVERSE}:
                yield _edge(world, event, event.polymarket[twin.twin], twin, Relation(twin.relation.value))
            elif twin.twin is not None and twin.claim.is_stricter:
                yield _edge(world, event, event.polymarket[twin.twin], twin, Relation.B_IMPLIES_A)


def _rungs(world: World, event: SyntheticEvent) -> Iterator[RelationEdge]:
    """Neighbours on each ladder, over both exchanges; markets that deny their rung are a ladder of their own."""
    kind = LadderKind.DATE if event.family.kind is Kind.DEADLINES else LadderKind.THRESHOLD
    for belief, shape in enumerate(event.beliefs):
        if isinstance(shape, Exclusive):
            continue
        for is_negated in (False, True):
            ladder = [
                one
                for one in (*event.polymarket, *event.kalshi)
                if (one.claim.belief, one.claim.is_negated) == (belief, is_negated)
            ]
            ladder.sort(key=lambda one: one.claim.argument)
            for low, high in pairwise(ladder):
                if low.claim.argument < high.claim.argument:
                    is_forward = is_negated == (kind is LadderKind.THRESHOLD)
                    relation = Relation.A_IMPLIES_B if is_forward else Relation.B_IMPLIES_A
                    yield _edge(world, event, low, high, relation, kind)


def _edge(
    world: World,
    event: SyntheticEvent,
    a: SyntheticMarket,
    b: SyntheticMarket,
    relation: Relation,
    ladder: LadderKind | None = None,
) -> RelationEdge:
    ids = [f"{one.venue.value}:{world.native_id(event, one)}" for one in (a, b)]
    return RelationEdge(
        market_a=ids[0], market_b=ids[1], relation=relation, confidence=1.0, evidence_id=f"{ids[0]}|{ids[1]}",
        ladder=ladder,
    )  # fmt: skip


def read_world(world: World) -> MarketSnapshot:
    """Everything that a search for opportunities can read of ``world``, with true relations."""
    parsed = read_events(world)
    events: dict[str, Event] = {event.event_id: event for event in parsed.events}
    markets: list[Market] = parsed.markets
    known = {market.market_id for market in markets}
    edges = [edge for edge in true_edges(world) if {edge.market_a, edge.market_b} <= known]
    return MarketSnapshot(markets=markets, events=events, books=list(read_books(world)), edges=edges)
