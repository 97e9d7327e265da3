"""What is really true of the markets of a world: what later work is scored against. Never served over HTTP.

``truth_of(world, venue, native_id)`` gives one market, ``truths(world)`` all that are listed, ``truth_document`` the
same as plain values for JSON. What a market's answer is and how wrong its price is may be asked whatever the world's
``as_of``: truth knows the future, so it must never be shown to anything that is being tested.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from msgspec import Struct

from edgeworth.adapters.synthetic.endings import VOID_PROBABILITY
from edgeworth.adapters.synthetic.events import Relation, Shape, SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.identity import gamma_event_id, kalshi_event_ticker
from edgeworth.adapters.synthetic.instants import to_instant, to_seconds
from edgeworth.adapters.synthetic.prices import quotes
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.venue import Venue


class TwinTruth(Struct, frozen=True, kw_only=True):
    """A market on the other exchange that is about the same thing.

    Attributes:
        relation: How YES there relates to outcome 0 here: ``equivalent``, ``inverse`` or ``near``.
        difference: In what a near twin differs: ``threshold``, ``date`` or ``rules``; ``None`` otherwise.
    """

    venue: Venue
    native_id: str
    relation: Relation
    difference: str | None = None


class MarketTruth(Struct, frozen=True, kw_only=True):
    """What is true of one market, for ever.

    Attributes:
        native_id: Condition id at Polymarket, ticker at Kalshi. event_native_id: Of its event.
        kind: ``single``, ``group``, ``levels``, ``deadlines`` or ``game``.
        ends_at: When trading stops. resolved_at: When the exchange says how it ended.
        shape: ``decided``, ``void``, ``scalar`` or ``zero_zero``.
        payouts: Dollars per share of each outcome; ``None`` for ``zero_zero``.
        void_probability: Chance, as known all along, that the market is void whatever happens.
        bias: Lasting mispricing: log-odds of the price minus log-odds of the truth.
        noise_deviation: Deviation of the mean-reverting mispricing, in log-odds.
        is_complete: Exactly one of the event's listed markets comes true (unless void).
    """

    venue: Venue
    native_id: str
    event_native_id: str
    kind: str
    ends_at: datetime
    resolved_at: datetime
    shape: Shape
    payouts: tuple[float, float] | None
    void_probability: float
    bias: float
    noise_deviation: float
    is_complete: bool
    twins: tuple[TwinTruth, ...]


def truth_of(world: World, venue: Venue, native_id: str) -> MarketTruth | None:
    """The truth of one listed market; ``None`` when there is no such market."""
    found = world.find(venue, native_id)
    return None if found is None else _truth(world, *found)


def truths(world: World) -> Iterator[MarketTruth]:
    """The truth of every market listed by now, by event."""
    for event, market in world.markets():
        if event.created_at <= world.now:
            yield _truth(world, event, market)


def true_probabilities(world: World, venue: Venue, native_id: str, instants: Sequence[datetime]) -> list[float]:
    """P(outcome 0 comes true | everything known at the instant, no void), at each instant.

    The best forecast anyone can make then: outcomes agree with it on average, and nothing beats its Brier score.

    Raises:
        KeyError: No such market is listed.
    """
    event, market = _found(world, venue, native_id)
    chances: list[float] = event.probabilities((market,), _seconds(instants))[0].tolist()
    return chances


def mispricings(world: World, venue: Venue, native_id: str, instants: Sequence[datetime]) -> list[float]:
    """Price minus true probability at each instant, in dollars; positive: outcome 0 is too dear.

    Raises:
        KeyError: No such market is listed.
    """
    event, market = _found(world, venue, native_id)
    seen = quotes(event, (market,), _seconds(instants))
    departures: list[float] = (seen.price[0] - seen.truth[0]).tolist()
    return departures


def _found(world: World, venue: Venue, native_id: str) -> tuple[SyntheticEvent, SyntheticMarket]:
    found = world.find(venue, native_id)
    if found is None:
        raise KeyError(f"expected a listed market of {venue.value}, found none with the key {native_id!r}")
    return found


def _seconds(instants: Sequence[datetime]) -> Any:
    return np.array([to_seconds(instant) for instant in instants], dtype=np.int64)


def _truth(world: World, event: SyntheticEvent, market: SyntheticMarket) -> MarketTruth:
    is_kalshi = market.venue is Venue.SYNTHETIC_KALSHI
    return MarketTruth(
        venue=market.venue,
        native_id=world.native_id(event, market),
        event_native_id=kalshi_event_ticker(event) if is_kalshi else gamma_event_id(event.index),
        kind=event.family.kind.value,
        ends_at=to_instant(market.ending.ends_at),
        resolved_at=to_instant(market.ending.resolved_at),
        shape=market.ending.shape,
        payouts=market.ending.payouts,
        void_probability=VOID_PROBABILITY,
        bias=market.mispricing.bias,
        noise_deviation=market.mispricing.deviation,
        is_complete=event.is_exclusive and not event.is_augmented,
        twins=tuple(_twins(world, event, market)),
    )


def _twins(world: World, event: SyntheticEvent, market: SyntheticMarket) -> Iterator[TwinTruth]:
    if market.venue is Venue.SYNTHETIC_KALSHI:
        if market.twin is not None and market.relation is not None:
            other = event.polymarket[market.twin]
            yield _twin(other.venue, world.native_id(event, other), market)
        return
    for other in event.kalshi:
        if other.twin == market.position:
            yield _twin(other.venue, world.native_id(event, other), other)


def _twin(venue: Venue, native_id: str, market: SyntheticMarket) -> TwinTruth:
    return TwinTruth(
        venue=venue, native_id=native_id, relation=market.relation or Relation.NEAR, difference=market.difference
    )


class WalletTruth(Struct, frozen=True, kw_only=True):
    """How good a wallet is: when it trades it knows the truth with probability ``skill``, else it tosses a coin."""

    address: str
    skill: float


def wallet_truths(world: World) -> tuple[WalletTruth, ...]:
    """Every wallet of the world."""
    return tuple(WalletTruth(address=wallet.address, skill=wallet.skill) for wallet in world.wallets())


class TruthDocument(Struct, frozen=True, kw_only=True):
    """Everything that is true of a world, ready to be encoded as JSON."""

    seed: int
    start: datetime
    as_of: datetime
    event_count: int
    markets: tuple[MarketTruth, ...]
    wallets: tuple[WalletTruth, ...]


def truth_document(world: World) -> TruthDocument:
    """The truth of the world's listed markets and of its wallets; ``msgspec.json.encode`` writes it."""
    return TruthDocument(
        seed=world.seed,
        start=to_instant(world.start_seconds),
        as_of=world.as_of,
        event_count=world.event_count,
        markets=tuple(truths(world)),
        wallets=wallet_truths(world),
    )
