"""Makes event number i of a world: a pure function of (seed, start, i), whatever the instant.

The order of the draws is part of the world: changing it changes every world. Draws for one matter come from a key of
their own, so that adding one does not move the others.
"""

from __future__ import annotations

import math
from typing import Final

from msgspec import structs

from edgeworth.adapters.synthetic import names
from edgeworth.adapters.synthetic.drafting import DRAFTERS, Asked, Draft
from edgeworth.adapters.synthetic.draws import Draws, derive
from edgeworth.adapters.synthetic.endings import EventEnding, draw_ending
from edgeworth.adapters.synthetic.events import (
    Activity,
    Claim,
    Mispricing,
    Relation,
    SyntheticEvent,
    SyntheticMarket,
)
from edgeworth.adapters.synthetic.families import HOUSEKEEPING, Family, Kind
from edgeworth.adapters.synthetic.instants import DAY, HOUR, MINUTE, long_date, short_date
from edgeworth.adapters.synthetic.own_names import own_names
from edgeworth.adapters.synthetic.showcase import CASES, Plant
from edgeworth.adapters.synthetic.sketch import sketch_event
from edgeworth.adapters.synthetic.texts import RuleClauses, slugify
from edgeworth.adapters.synthetic.timing import Timing
from edgeworth.markets.venue import Venue

_PLANTED_NOISE: Final = 0.04


def build_event(seed: int, start: int, index: int) -> SyntheticEvent:
    """Event number ``index`` of the world ``seed`` that begins at ``start``."""
    sketch = sketch_event(seed, start, index)
    draft = DRAFTERS[sketch.kind](sketch.key, sketch.family, sketch.timing, CASES.get(index))
    draft.fields |= own_names(draft.family.series, draft.fields, index)
    if not sketch.is_on_kalshi:
        draft.kalshi = []
    if not sketch.is_on_polymarket:
        _forget_twins(draft)
    return _finish(sketch.key, index, sketch.timing, draft)


def _forget_twins(draft: Draft) -> None:
    """Leave the Kalshi markets alone: without a twin nothing is denied and no clause differs.

    The second team of a game stays the denial of the first.
    """
    draft.polymarket = []
    for asked in draft.kalshi:
        asked.twin = asked.relation = asked.difference = None
        if draft.family.kind is not Kind.GAME:
            asked.claim = Claim(belief=asked.claim.belief, argument=asked.claim.argument)


def _finish(key: int, index: int, timing: Timing, draft: Draft) -> SyntheticEvent:
    family, fields = draft.family, draft.fields
    draws = Draws(derive(key, "text"))
    title = family.title.format_map(fields | {"label": ""}) + ("  " if draws.chance(0.02) else "")
    kalshi_title = family.kalshi_title.format_map(fields | {"label": ""})
    case = CASES.get(index)
    clauses = RuleClauses(
        draws, family.source.format_map(fields), is_hostile=case is not None and case.has_hostile_text
    )
    ending = EventEnding(
        derive(key, "ending"),
        timing,
        is_on_kalshi=bool(draft.kalshi),
        count=len(draft.polymarket),
        shape=case.shape if case else None,
        is_disputed=case.is_disputed if case else None,
    )
    make = _MarketMaker(key, index, timing, draft, clauses, ending)
    return SyntheticEvent(
        index=index, key=key, family=family, beliefs=draft.beliefs, title=title, kalshi_title=kalshi_title,
        description=f"This is a group of markets about: {title.strip()}\n\n{clauses.zone}",
        slug=f"{slugify(title)}-{index}", tags=_tags(draws, family),
        created_at=timing.created_at, opens_at=timing.opens_at,
        closes_at=max(asked.deadline for asked in draft.polymarket or draft.kalshi),
        is_exclusive=draft.is_exclusive, is_augmented=draft.is_augmented,
        polymarket=tuple(make.polymarket(number, asked) for number, asked in enumerate(draft.polymarket)),
        kalshi=tuple(make.kalshi(number, asked) for number, asked in enumerate(draft.kalshi)),
    )  # fmt: skip


def _tags(draws: Draws, family: Family) -> tuple[tuple[str, str], ...]:
    tags = family.tags
    if family.kind is Kind.GAME:
        label, slug, sport = draws.choice(names.LEAGUES)
        tags = (*tags, (label, slug), (sport.title(), sport))
    return (*tags, draws.choice(HOUSEKEEPING)) if draws.chance(0.4) else tags


class _MarketMaker:
    """Turns what is asked into markets of one event."""

    def __init__(
        self, key: int, index: int, timing: Timing, draft: Draft, clauses: RuleClauses, ending: EventEnding
    ) -> None:
        self._key, self._index, self._timing = key, index, timing
        self._draft, self._clauses, self._ending = draft, clauses, ending

    def polymarket(self, number: int, asked: Asked) -> SyntheticMarket:
        fields = self._draft.fields | {"label": asked.label}
        question = asked.question or self._draft.family.question.format_map(fields)
        rules = self._clauses.polymarket(
            self._rule(asked, fields), f"{long_date(asked.deadline - 6 * HOUR)}, 11:59 PM ET", asked.outcomes
        )
        slug = f"{slugify(question)}-{self._index}-{number}"
        return self._market(Venue.SYNTHETIC_POLYMARKET, number, asked, question, rules, "", slug)

    def kalshi(self, number: int, asked: Asked) -> SyntheticMarket:
        family = self._draft.family
        fields = self._draft.fields | {"label": asked.label}
        is_opposite = asked.relation is Relation.INVERSE and bool(family.kalshi_opposite)
        wording = family.kalshi_opposite if is_opposite else family.kalshi_question
        rule = self._rule(asked, fields)
        day = short_date(asked.deadline - 6 * HOUR)
        primary = f"If {rule} by {day}, then the market resolves to Yes."
        if is_opposite:
            primary = f"If it is not the case that {rule} by {day}, then the market resolves to Yes."
        secondary = self._clauses.kalshi(
            differing=asked.difference if asked.claim.flip_probability and asked.difference else ""
        )
        return self._market(Venue.SYNTHETIC_KALSHI, number, asked, wording.format_map(fields), primary, secondary, "")

    def _rule(self, asked: Asked, fields: dict[str, str]) -> str:
        if asked.sports_type == "totals":
            return f"the two clubs together score more than {asked.strike} points, overtime included"
        return self._draft.family.rule.format_map(fields)

    def _market(
        self, venue: Venue, number: int, asked: Asked, question: str, rules: str, secondary: str, slug: str
    ) -> SyntheticMarket:
        key = derive(self._key, venue.value, number)
        draws = Draws(key)
        is_dead = draws.chance(0.02)
        has_bids = not is_dead and not asked.is_placeholder
        claim = asked.claim
        belief = self._draft.beliefs[claim.belief]
        market = SyntheticMarket(
            venue=venue, event_index=self._index, position=number, key=key, claim=claim, label=asked.label,
            question=question, rules=rules, rules_secondary=secondary, outcomes=asked.outcomes,
            ending=draw_ending(self._ending, venue, claim, belief, asked.deadline),
            mispricing=_mispricing(draws), activity=_activity(draws, has_trades=has_bids),
            opens_at=self._timing.opens_at, deadline=asked.deadline, slug=slug,
            spread_ticks=draws.choice((1, 1, 1, 2, 2, 3, 5)), depth_cents=int(math.exp(draws.normal(9.5, 1.0))),
            code=asked.code, strike=asked.strike, has_fine_ticks=draws.chance(0.2),
            has_bids=has_bids and not draws.chance(0.02), has_asks=not is_dead and not draws.chance(0.01),
            twin=asked.twin, relation=asked.relation, difference=_difference(asked), sports_type=asked.sports_type,
        )  # fmt: skip
        case = CASES.get(self._index)
        return market if case is None or case.plant is None or not has_bids else _planted(market, case.plant)


def _planted(market: SyntheticMarket, plant: Plant) -> SyntheticMarket:
    """``market`` with the planted bias, little noise, the closest spread, and orders on both sides."""
    bias = plant.bias(market.venue, market.position)
    if bias is None:
        return market
    mispricing = Mispricing(key=market.mispricing.key, bias=bias, deviation=_PLANTED_NOISE)
    return structs.replace(market, mispricing=mispricing, spread_ticks=1, has_bids=True, has_asks=True)


def _difference(asked: Asked) -> str | None:
    return "rules" if asked.relation is not None and asked.claim.flip_probability else asked.difference


def _mispricing(draws: Draws) -> Mispricing:
    """Most prices are close to the truth; one in six is off by a lasting amount, one in twenty is wild."""
    size = draws.uniform()
    deviation = 0.04 if size < 0.7 else 0.12 if size < 0.95 else 0.35
    bias = draws.uniform(0.25, 0.7) * draws.choice((-1.0, 1.0)) if draws.chance(0.16) else 0.0
    return Mispricing(key=draws.word(), bias=round(bias, 4), deviation=deviation)


def _activity(draws: Draws, *, has_trades: bool) -> Activity:
    slot = int(min(max(math.exp(draws.normal(math.log(6 * HOUR), 1.1)), 20 * MINUTE), 3 * DAY))
    base = int(min(max(math.exp(draws.normal(8.6, 1.2)), 200), 2_000_000))
    return Activity(
        key=draws.word(),
        slot_seconds=slot,
        base_cents=base,
        burst_cents=base * draws.integer(4, 30),
        has_trades=has_trades,
    )
