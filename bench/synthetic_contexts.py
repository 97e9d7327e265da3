"""Contexts of the synthetic world with the truth beside them: what built-in models are scored on.

Made from the world itself rather than over HTTP, so that thousands are ready in seconds; only what the exchange would
show by ``as_of`` enters a context (a quantity's past stands in for the data feed of the rules' source).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
from msgspec import Struct, structs

from edgeworth.adapters.synthetic.beliefs import Level
from edgeworth.adapters.synthetic.events import Relation as Twinship
from edgeworth.adapters.synthetic.events import Shape, Stage, SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.families import Kind
from edgeworth.adapters.synthetic.instants import DAY, HOUR, to_instant
from edgeworth.adapters.synthetic.prices import MILLS
from edgeworth.adapters.synthetic.quantities import scale_of
from edgeworth.adapters.synthetic.showcase import CASES
from edgeworth.adapters.synthetic.snapshots import Snapshot
from edgeworth.adapters.synthetic.world import World
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.probability.log_odds import log_odds
from edgeworth.simulation.builtin import BuiltinModel
from edgeworth.simulation.context import (
    KnownEvent,
    KnownOutcome,
    KnownQuote,
    MatchedMarket,
    PriceClaim,
    Series,
    Sibling,
    SimulationContext,
    SpotHistory,
    SpotScale,
    Timing,
)
from edgeworth.simulation.departure import Gap

AS_OF = datetime(2026, 11, 21, 12, tzinfo=UTC)
VENUES = (Venue.SYNTHETIC_POLYMARKET, Venue.SYNTHETIC_KALSHI)
SPOT_HOURS = 20 * 24


class Case(Struct, frozen=True, kw_only=True):
    """A context, what is true, and how it ended.

    Attributes:
        kind: Of the event. event: Its number, for clusters.
        truth: P(outcome 0), given everything known at ``as_of`` and no void.
        outcome: 1 when outcome 0 won, 0 when it lost, ``None`` when void or the like.
        price: The mid shown. right: The models whose assumptions the world obeys for this market.
    """

    context: SimulationContext
    kind: Kind
    event: str
    truth: float
    outcome: int | None
    price: float
    right: tuple[BuiltinModel, ...]


def cases(world: World) -> Iterator[Case]:
    """Every market that trades at the world's instant with both sides quoted; not those mispriced on purpose."""
    for index in range(world.event_count):
        if index in CASES and CASES[index].plant is not None:
            continue
        event = world.event(index)
        if event is None or not event.created_at <= world.now < event.closes_at:
            continue
        for venue in VENUES:
            seen = world.snapshots(event, venue) if event.markets(venue) else ()
            for snapshot in seen:
                if is_quoted(snapshot):
                    yield case(world, event, snapshot, seen)


def is_quoted(snapshot: Snapshot) -> bool:
    return snapshot.stage is Stage.OPEN and snapshot.bid > 0 and snapshot.ask < MILLS


def case(world: World, event: SyntheticEvent, snapshot: Snapshot, seen: tuple[Snapshot, ...]) -> Case:
    market = snapshot.market
    bid, ask = snapshot.bid / MILLS, snapshot.ask / MILLS
    matched = tuple(twins(world, event, market))
    context = SimulationContext(
        market_id=f"{market.venue.value}:{world.native_id(event, market)}",
        question=market.question,
        rules=market.rules,
        outcomes=tuple(KnownOutcome(label=label) for label in market.outcomes),
        as_of=world.as_of,
        closes_at=to_instant(market.deadline),
        tick_size=snapshot.tick / MILLS,
        quote=KnownQuote(bid=bid, ask=ask, observed_at=world.as_of, age_seconds=0.0),
        history=past_prices(world, event, market),
        event=known_event(world, event, market, seen),
        matched=matched,
        spot=past_levels(world, event, market),
        claim=claim(event, market),
        is_by_date=event.family.kind is Kind.DEADLINES,
    )
    ending = market.ending
    won = None if ending.shape is not Shape.DECIDED or ending.payouts is None else int(ending.payouts[0])
    truth = float(event.probabilities((market,), np.array([world.now]))[0, 0])
    return Case(
        context=context,
        kind=event.family.kind,
        event=f"{world.seed}/{event.index}",
        truth=truth,
        outcome=won,
        price=(bid + ask) / 2,
        right=right_models(event, market, context),
    )


def right_models(
    event: SyntheticEvent, market: SyntheticMarket, context: SimulationContext
) -> tuple[BuiltinModel, ...]:
    """The models whose assumptions hold: a clause of the rules that may flip the answer breaks all but the walk's."""
    found = []
    is_level = isinstance(event.beliefs[market.claim.belief], Level)
    if any(one.relation.is_same_bet for one in context.matched):
        found.append(BuiltinModel.BOUNDS)
    if market.claim.flip_probability:
        return tuple(found)
    if is_level and context.spot is not None:
        found.append(BuiltinModel.PRICE_THRESHOLD)
    if event.family.kind is Kind.GROUP and context.event is not None and context.event.is_exclusive:
        found.append(BuiltinModel.EXCLUSIVE)
    if event.family.kind is Kind.DEADLINES and context.event is not None and context.event.siblings:
        found.append(BuiltinModel.HAZARD)
    if event.family.kind is Kind.SINGLE or (event.family.kind is Kind.GAME and not is_level):
        found.append(BuiltinModel.BELIEF_WALK)
    return tuple(found)


def past_prices(world: World, event: SyntheticEvent, market: SyntheticMarket) -> Series:
    """Hourly for ten days, six-hourly before."""
    start = max(market.opens_at, world.now - 10 * DAY)
    hours = list(range(-(-start // HOUR) * HOUR, world.now + 1, HOUR))
    early = list(range(-(-market.opens_at // HOUR) * HOUR, hours[0] if hours else world.now, 6 * HOUR))
    instants = sorted({*early, *hours})
    shown = world.prices(event, market, instants) if instants else []
    return Series(at_seconds=tuple(map(float, instants)), values=tuple(mills / MILLS for mills in shown))


def known_event(world: World, event: SyntheticEvent, own: SyntheticMarket, seen: tuple[Snapshot, ...]) -> KnownEvent:
    siblings = tuple(sibling(world, event, one) for one in seen if one.market.position != own.position)
    return KnownEvent(
        title=event.title,
        is_exclusive=event.is_exclusive,
        is_complete=event.is_exclusive and not event.is_augmented,
        siblings=siblings,
        market_count=len(seen),
    )


def sibling(world: World, event: SyntheticEvent, snapshot: Snapshot) -> Sibling:
    market = snapshot.market
    return Sibling(
        market_id=f"{market.venue.value}:{world.native_id(event, market)}",
        question=market.question,
        label=market.label,
        observed_at=world.as_of,
        closes_at=to_instant(market.deadline),
        bid=snapshot.bid / MILLS if snapshot.bid > 0 else None,
        ask=snapshot.ask / MILLS if snapshot.ask < MILLS else None,
        price=None if snapshot.shown in {None, MILLS / 2} else snapshot.shown / MILLS,
        is_open=snapshot.stage is Stage.OPEN,
    )


def twins(world: World, event: SyntheticEvent, market: SyntheticMarket) -> Iterator[MatchedMarket]:
    """The same bet, or its contrary, on the other exchange, where it trades."""
    other = VENUES[0] if market.venue is VENUES[1] else VENUES[1]
    for snapshot in world.snapshots(event, other) if event.markets(other) else ():
        twin = snapshot.market
        bound, target = (market, twin) if market.venue is VENUES[1] else (twin, market)
        if bound.twin != target.position or bound.relation is Twinship.NEAR or not is_quoted(snapshot):
            continue
        yield MatchedMarket(
            market_id=f"{twin.venue.value}:{world.native_id(event, twin)}",
            question=twin.question,
            relation=Relation.EQUIVALENT if bound.relation is Twinship.EQUIVALENT else Relation.INVERSE,
            confidence=1.0,
            observed_at=world.as_of,
            bid=snapshot.bid / MILLS,
            ask=snapshot.ask / MILLS,
        )


def past_levels(world: World, event: SyntheticEvent, market: SyntheticMarket) -> SpotHistory | None:
    """The quantity, hourly, as whoever publishes it would show it."""
    belief = event.beliefs[market.claim.belief]
    found = scale_of(event, market.claim.belief) if isinstance(belief, Level) else None
    if found is None or not isinstance(belief, Level):
        return None
    centre, width = found
    start = max(event.opens_at, world.now - SPOT_HOURS * HOUR)
    instants = np.arange(-(-start // HOUR) * HOUR, world.now + 1, HOUR, dtype=np.int64)
    values: Any = centre + width * belief.level(instants)
    series = Series(at_seconds=tuple(instants.astype(float).tolist()), values=tuple(values.tolist()))
    return SpotHistory(name="the quantity", unit="", source=event.family.source, scale=SpotScale.LINEAR, series=series)


def claim(event: SyntheticEvent, market: SyntheticMarket) -> PriceClaim | None:
    if not isinstance(event.beliefs[market.claim.belief], Level) or market.strike is None:
        return None
    return PriceClaim(threshold=market.strike, is_above=not market.claim.is_negated, timing=Timing.AT)


def without(case: Case, *fields: str) -> Case:
    """``case`` with less evidence."""
    empty = {"matched": (), "event": None, "spot": None, "claim": None, "history": None}
    return structs.replace(case, context=structs.replace(case.context, **{name: empty[name] for name in fields}))


def gaps(world: World) -> Iterator[Gap]:
    """How far the prices of the same bet on both exchanges stood apart over the last ten days, every twelve hours."""
    instants = list(range(world.now - 10 * DAY, world.now + 1, 12 * HOUR))
    for index in range(world.event_count):
        event = world.event(index)
        if event is None or (index in CASES and CASES[index].plant is not None):
            continue
        for twin in event.kalshi:
            if twin.twin is None or twin.relation is Twinship.NEAR:
                continue
            gap = gap_of(world, event, event.polymarket[twin.twin], twin, instants)
            if gap is not None:
                yield gap


def gap_of(
    world: World, event: SyntheticEvent, one: SyntheticMarket, other: SyntheticMarket, instants: list[int]
) -> Gap | None:
    """``None`` unless both are quoted throughout, away from the ends where ticks hide everything."""
    ends = min(one.ending.ends_at, other.ending.ends_at)
    if not (one.has_bids and one.has_asks and other.has_bids and other.has_asks):
        return None
    kept = [at for at in instants if event.opens_at <= at < ends]
    if len(kept) < 6 or world.now >= ends:
        return None
    first = np.array(world.prices(event, one, kept)) / MILLS
    second = np.array(world.prices(event, other, kept)) / MILLS
    second = 1 - second if other.relation is Twinship.INVERSE else second
    if min(first.min(), second.min()) < 0.05 or max(first.max(), second.max()) > 0.95:
        return None
    apart = log_odds(first) - log_odds(second)
    rounding = 0.01 / 3**0.5 * np.hypot(1 / (first * (1 - first)), 1 / (second * (1 - second))).mean()
    return Gap(middle=float(apart.mean()), variance=float(apart.var(ddof=1)), count=len(kept), rounding=float(rounding))
