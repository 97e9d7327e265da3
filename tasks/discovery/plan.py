"""What a discovery is asked to do, which markets that concerns, and how a step is timed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from edgeworth.discovery.structure import StructuralFilters
from edgeworth.discovery.texts import QuestionText, text_of
from edgeworth.markets.market import Market, MarketStatus
from edgeworth.reports.discovery import Stage
from edgeworth.units import PriceMicros
from tasks import wiring


class DiscoverPlan(Struct, frozen=True, kw_only=True):
    """What a discovery is asked to do; goes into the manifest.

    Attributes:
        market: Only the neighbours of this one (id, venue key or slug); ``None`` for all open markets.
        limit: Only so many of the busiest open markets; ``None`` for all.
        embed: Also propose by vectors, embedding what is new or changed; without it words alone propose.
        fetch_books: Ask the venues for their present books; without it the latest stored ones are used.
        across_venues: Only pairs on two venues.
        same_category, same_outcome_count: Only pairs that have these in common, as far as known.
        close_within_days: Only pairs that close at most so many days apart; ``None`` for any.
        far_within_days: Besides those, the nearest two of each market that close at most so many days apart, for venues
            date one bet differently; ``None`` for none.
        second_reader: Pairs that a language model may read again at most; each of them costs money.
    """

    market: str | None = None
    limit: int | None = None
    embed: bool = True
    fetch_books: bool = True
    across_venues: bool = False
    same_category: bool = True
    same_outcome_count: bool = True
    close_within_days: float | None = 7.0
    far_within_days: float | None = 90.0
    second_reader: int = 0

    @property
    def filters(self) -> StructuralFilters:
        """What two markets must have in common to be compared."""
        return StructuralFilters(
            same_outcome_count=self.same_outcome_count,
            same_category=self.same_category,
            close_within_days=self.close_within_days,
            far_within_days=self.far_within_days,
            other_venue_only=self.across_venues,
        )

    @property
    def is_narrow(self) -> bool:
        """Whether fewer pairs are compared than by default, so that one may be missed that still stands."""
        usual = StructuralFilters()
        return self.across_venues or any(
            asked is not None and (by_default is None or asked < by_default)
            for asked, by_default in (
                (self.close_within_days, usual.close_within_days),
                (self.far_within_days or 0.0, usual.far_within_days),
            )
        )

    def flow_parameters(self) -> dict[str, Any]:
        """The plan as the parameters of the flow ``discover``."""
        values = msgspec.structs.asdict(self)
        values["embed_changed"] = values.pop("embed")
        return values


class BegunDiscovery(Struct, frozen=True, kw_only=True):
    """A run that has been noted. ``focus`` is the id of the one market whose neighbours are asked for."""

    run_id: str
    started_at: datetime
    focus: str | None = None


class Scope(Struct, frozen=True):
    """The markets of this run, by id, and the titles of their events."""

    markets: dict[str, Market]
    titles: dict[str, str]
    is_whole: bool

    def text(self, market: Market) -> QuestionText:
        return text_of(market, self.titles.get(market.event_id or "", ""))

    def texts(self) -> dict[str, QuestionText]:
        return {market_id: self.text(market) for market_id, market in self.markets.items()}


def scope_of(storage: wiring.Storage, plan: DiscoverPlan, focus: str | None) -> Scope:
    catalogue = storage.catalogue
    if plan.limit is None:
        found: Iterable[Market] = catalogue.iter_markets(status=MarketStatus.OPEN)
    else:
        found = catalogue.find_markets(status=MarketStatus.OPEN, order="volume_24h", limit=plan.limit)
    markets = {market.market_id: market for market in found}
    if focus is not None and focus not in markets:
        markets |= catalogue.get_markets([focus])
    event_ids = {market.event_id for market in markets.values() if market.event_id is not None}
    titles = {event_id: event.title for event_id, event in catalogue.get_events(event_ids).items()}
    return Scope(markets, titles, is_whole=plan.limit is None and focus is None)


def price_of(market: Market) -> PriceMicros | None:
    """What the listing says of outcome 0: the middle of its quotes, else the price it shows."""
    if market.mid is not None:
        return market.mid
    return market.outcomes[0].price if market.outcomes else None


class Stopwatch:
    """Times one step from its making."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = time.monotonic()

    def stage(self, did: str, error: str | None = None) -> Stage:
        """The step, ended now."""
        return Stage(name=self._name, did=did, seconds=time.monotonic() - self._began, error=error)
