"""Which built-in model fits a context, and why: the first of a fixed order whose evidence is there.

Independent evidence goes before the market's own price: a quantity's past, the same bet elsewhere, the event's other
outcomes or dates, and only then the price itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from edgeworth.markets.relation import Relation
from edgeworth.simulation.builtin.rendering import BuiltinModel
from edgeworth.simulation.context import MatchedMarket, Sibling, SimulationContext

FEWEST_SPOT_VALUES: Final = 40
"""Fewer say too little of how much a quantity moves."""

SUREST_STRANGER: Final = 0.8
"""A relation less sure than this is not built upon."""


class BuiltinChoice(Struct, frozen=True, kw_only=True):
    """The model that fits, and why.

    Attributes:
        model: ``None`` when there is nothing to go by: then no answer is given.
        why: A sentence for a person.
        is_fallback: Nothing but this market's own price was left to go by.
    """

    model: BuiltinModel | None
    why: str
    is_fallback: bool


def choose(context: SimulationContext) -> BuiltinChoice:
    """The built-in model for ``context``."""
    if len(context.outcomes) != 2:
        why = f"the built-in models know markets of two outcomes; this one has {len(context.outcomes)}"
        return BuiltinChoice(model=None, why=why, is_fallback=True)
    for model, fits in _ORDER:
        if reason := fits(context):
            return BuiltinChoice(model=model, why=reason, is_fallback=False)
    return _by_own_price(context)


def _price_threshold(context: SimulationContext) -> str | None:
    if context.claim is None or context.spot is None or not _lies_ahead(context):
        return None
    count = len(context.spot.series.values)
    if count < FEWEST_SPOT_VALUES:
        return None
    side = "above" if context.claim.is_above else "below"
    how = "at some time until" if context.claim.timing.value == "by" else "at"
    return (
        f"asks whether {context.spot.name} is {side} {context.claim.threshold:,.10g} {how} the close, "
        f"and {count} past values of it are known"
    )


def _bounds(context: SimulationContext) -> str | None:
    sure = [one for one in context.matched if one.confidence >= SUREST_STRANGER and _has_price(one)]
    same = [one for one in sure if one.relation.is_same_bet]
    if same:
        return f"{_counted(len(same), 'market')} elsewhere with a price {_is(len(same))} about the same bet"
    bounding = [one for one in sure if one.relation in {Relation.A_IMPLIES_B, Relation.B_IMPLIES_A, Relation.EXCLUSIVE}]
    if bounding and _has_own_price(context):
        return f"{_counted(len(bounding), 'market')} elsewhere with a price must stand above or below this one"
    return None


def _exclusive(context: SimulationContext) -> str | None:
    event = context.event
    if event is None or not event.is_exclusive or not event.siblings or not _has_own_price(context):
        return None
    priced = sum(_has_price(sibling) for sibling in event.siblings)
    if not priced:
        return None
    whole = "exactly one" if event.is_complete and priced == len(event.siblings) else "at most one"
    return f"{whole} of {priced + 1} priced markets of the event comes true"


def _hazard(context: SimulationContext) -> str | None:
    if not context.is_by_date or not _lies_ahead(context):
        return None
    # From its own prices alone the model can be run too, but on recorded questions it did worse than the prices.
    dates = _other_dates(context)
    if not dates:
        return None
    return f"asks whether something happens by a date, and {_counted(dates, 'other date')} of it {_has(dates)} a price"


def _by_own_price(context: SimulationContext) -> BuiltinChoice:
    """The last resort; it restates the price."""
    if not _has_own_price(context):
        why = "no price, no related market and no past of a quantity to go by"
        return BuiltinChoice(model=None, why=why, is_fallback=True)
    count = len(context.history.values) if context.history else 0
    why = f"nothing but its own price to go by, with {_counted(count, 'past price')}"
    return BuiltinChoice(model=BuiltinModel.BELIEF_WALK, why=why, is_fallback=True)


def _lies_ahead(context: SimulationContext) -> bool:
    return context.closes_at is not None and context.closes_at > context.as_of


def _other_dates(context: SimulationContext) -> int:
    """Open markets of the event that close at another time than this one, with a price."""
    siblings = context.event.siblings if context.event and not context.event.is_exclusive else ()
    return sum(
        sibling.is_open
        and sibling.closes_at is not None
        and sibling.closes_at > context.as_of
        and sibling.closes_at != context.closes_at
        and _has_price(sibling)
        for sibling in siblings
    )


def _has_price(market: Sibling | MatchedMarket) -> bool:
    return market.price is not None or (market.bid is not None and market.ask is not None)


def _has_own_price(context: SimulationContext) -> bool:
    quote = context.quote
    if quote is not None and quote.bid is not None and quote.ask is not None:
        return True
    return context.outcomes[0].price is not None or bool(context.history and context.history.values)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


_ORDER: Final[tuple[tuple[BuiltinModel, Callable[[SimulationContext], str | None]], ...]] = (
    (BuiltinModel.PRICE_THRESHOLD, _price_threshold),
    (BuiltinModel.BOUNDS, _bounds),
    (BuiltinModel.EXCLUSIVE, _exclusive),
    (BuiltinModel.HAZARD, _hazard),
)
