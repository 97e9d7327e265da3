"""The synthetic world: events, markets, prices, trades and endings with known truth.

A world is a value: ``(seed, start, event_count)`` decide what happens in it for ever, ``as_of`` says when one looks.
Event i is a pure function of ``(seed, start, i)`` and is made when it is first asked for, so a world of any size is
ready at once and takes bounded memory. ``world.at(later)`` is the same world seen later: what was known before is
unchanged. No I/O, no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Final

import numpy as np

from edgeworth.adapters.synthetic.books import Ladder, build_ladder
from edgeworth.adapters.synthetic.building import build_event
from edgeworth.adapters.synthetic.events import Stage, SyntheticEvent, SyntheticMarket
from edgeworth.adapters.synthetic.identity import (
    Identity,
    kalshi_ticker,
    of_gamma_event,
    of_gamma_market,
    of_kalshi_event,
    of_slug,
)
from edgeworth.adapters.synthetic.instants import DAY, to_instant, to_seconds
from edgeworth.adapters.synthetic.news import NewsItem, news_of
from edgeworth.adapters.synthetic.prices import quotes
from edgeworth.adapters.synthetic.sketch import Sketch, sketch_event
from edgeworth.adapters.synthetic.snapshots import Snapshot, snapshots
from edgeworth.adapters.synthetic.timing import LOOKING_DAY
from edgeworth.adapters.synthetic.trading import Fill, fills, trade_count, trade_time
from edgeworth.adapters.synthetic.wallets import Population, Wallet
from edgeworth.markets.venue import Venue

DEMO_EVENTS: Final = 120
MARKETS_PER_EVENT: Final = 4.0
"""A little less than the mean number of listed markets of an event, over both exchanges."""

ARCHIVE_AFTER: Final = 60 * DAY
"""Kalshi moves a market to its archive this long after it was settled."""

_KEPT_EVENTS: Final = 1_024
_KEPT_SKETCHES: Final = 16_384

Found = tuple[SyntheticEvent, SyntheticMarket]


class World:
    """A seeded world, looked at from one instant.

    Args:
        seed: Decides everything that happens.
        as_of: When one looks; whatever comes later is unknown to every served value.
        event_count: How many events there are, listed or not yet listed.
        start: When the world begins; by default 150 days before the day of ``as_of``. Two worlds are the same world
            only when their starts are equal, so use ``at`` to look at one world at several instants.
    """

    def __init__(
        self, *, seed: int = 7, as_of: datetime, event_count: int = DEMO_EVENTS, start: datetime | None = None
    ) -> None:
        self.seed = seed
        self.as_of = as_of
        self.event_count = event_count
        self.now = to_seconds(as_of)
        """``as_of`` in seconds since 1970."""
        self.start_seconds = to_seconds(start) if start else (self.now // DAY - LOOKING_DAY) * DAY
        self.identity = Identity(seed)
        self.population = Population(seed)
        self._closed: dict[int, bool] = {}
        self._sketch: Callable[[int], Sketch] = lru_cache(maxsize=_KEPT_SKETCHES)(self._sketch_event)
        self._build: Callable[[int], SyntheticEvent] = lru_cache(maxsize=_KEPT_EVENTS)(self._build_event)
        self._look: Callable[[int, Venue], tuple[Snapshot, ...]] = lru_cache(maxsize=_KEPT_EVENTS)(self._snapshots)

    @classmethod
    def with_market_count(cls, count: int, *, seed: int = 7, as_of: datetime) -> World:
        """A world that lists at least ``count`` markets over both exchanges at ``as_of`` (up to a fifth more)."""
        return cls(seed=seed, as_of=as_of, event_count=int(count / MARKETS_PER_EVENT) + 20)

    def at(self, instant: datetime) -> World:
        """The same world, looked at from ``instant``."""
        later = World(seed=self.seed, as_of=instant, event_count=self.event_count, start=to_instant(self.start_seconds))
        later._build = self._build
        return later

    # --- events ---------------------------------------------------------------------------------------------------

    def event(self, index: int) -> SyntheticEvent | None:
        """Event number ``index``, listed or not; ``None`` outside the world."""
        return self._build(index) if 0 <= index < self.event_count else None

    def listed(
        self, venue: Venue, first: int = 0, *, backward: bool = False, skip: Callable[[int], bool] | None = None
    ) -> Iterator[SyntheticEvent]:
        """Events listed on ``venue`` by now, by number from ``first`` on; ``backward``: down to 0.

        Events for whose number ``skip`` says so are passed over without being made.
        """
        indices = range(min(first, self.event_count - 1), -1, -1) if backward else range(first, self.event_count)
        for index in indices:
            sketch = self.sketch(index)
            if sketch.is_on(venue) and sketch.timing.created_at <= self.now and (skip is None or not skip(index)):
                yield self._build(index)

    def sketch(self, index: int) -> Sketch:
        """Event number ``index`` in outline."""
        return self._sketch(index)

    def is_known_closed(self, index: int) -> bool | None:
        """Whether all Polymarket markets of an event are shown as closed; ``None`` when it has to be looked at."""
        known = self._closed.get(index)
        return self.sketch(index).is_surely_closed(self.now) if known is None else known

    def note_closed(self, index: int, *, is_closed: bool) -> None:
        """Remember what looking at the event has shown."""
        self._closed[index] = is_closed

    def markets(self) -> Iterator[Found]:
        """Every market of the world on both exchanges, listed or not, by event."""
        for index in range(self.event_count):
            event = self._build(index)
            yield from ((event, market) for market in (*event.polymarket, *event.kalshi))

    def listed_market_count(self) -> int:
        """How many markets are listed by now, over both exchanges."""
        return sum(event.created_at <= self.now for event, _ in self.markets())

    def native_id(self, event: SyntheticEvent, market: SyntheticMarket) -> str:
        """The exchange's own key: condition id at Polymarket, ticker at Kalshi."""
        if market.venue is Venue.SYNTHETIC_KALSHI:
            return kalshi_ticker(event, market)
        return self.identity.condition_id(market)

    # --- finding by name; only what is listed is found ----------------------------------------------------------------

    def find(self, venue: Venue, native_id: str) -> Found | None:
        """The listed market with the exchange's key."""
        return self.by_ticker(native_id) if venue is Venue.SYNTHETIC_KALSHI else self.by_condition(native_id)

    def by_condition(self, condition_id: str) -> Found | None:
        """The Polymarket market with this condition id."""
        return self._polymarket(self.identity.of_condition(condition_id))

    def by_token(self, token_id: str) -> tuple[SyntheticEvent, SyntheticMarket, int] | None:
        """The Polymarket market with this token, and the outcome it claims."""
        place = self.identity.of_token(token_id)
        found = self._polymarket(place[:2]) if place else None
        return (*found, place[2]) if found and place else None

    def by_gamma_market(self, market_id: str) -> Found | None:
        """The market with Gamma's number."""
        return self._polymarket(of_gamma_market(market_id))

    def by_gamma_event(self, event_id: str) -> SyntheticEvent | None:
        """The event with Gamma's number."""
        index = of_gamma_event(event_id)
        return None if index is None else self._listed_event(index, Venue.SYNTHETIC_POLYMARKET)

    def by_event_slug(self, slug: str) -> SyntheticEvent | None:
        """The Polymarket event with this slug."""
        numbers = of_slug(slug, 1)
        event = self._listed_event(numbers[0], Venue.SYNTHETIC_POLYMARKET) if numbers else None
        return event if event and event.slug == slug else None

    def by_market_slug(self, slug: str) -> Found | None:
        """The Polymarket market with this slug."""
        numbers = of_slug(slug, 2)
        found = self._polymarket((numbers[0], numbers[1])) if numbers else None
        return found if found and found[1].slug == slug else None

    def by_event_ticker(self, ticker: str) -> SyntheticEvent | None:
        """The Kalshi event behind the ticker of an event or of one of its markets."""
        index = of_kalshi_event(ticker)
        return None if index is None else self._listed_event(index, Venue.SYNTHETIC_KALSHI)

    def by_ticker(self, ticker: str) -> Found | None:
        """The Kalshi market with this ticker."""
        event = self.by_event_ticker(ticker)
        if event is None:
            return None
        return next(((event, one) for one in event.kalshi if kalshi_ticker(event, one) == ticker), None)

    # --- what is seen -------------------------------------------------------------------------------------------------

    def snapshots(self, event: SyntheticEvent, venue: Venue) -> tuple[Snapshot, ...]:
        """The event's markets on ``venue`` as of now."""
        return self._look(event.index, venue)

    def snapshot(self, event: SyntheticEvent, market: SyntheticMarket) -> Snapshot:
        """One market as of now."""
        return self._look(event.index, market.venue)[market.position]

    def ladder(self, event: SyntheticEvent, market: SyntheticMarket) -> Ladder | None:
        """The book for outcome 0 as of now; ``None`` unless the market trades."""
        seen = self.snapshot(event, market)
        if seen.stage is not Stage.OPEN:
            return None
        return build_ladder(market, seen.bid, seen.ask, seen.tick, self.now)

    def prices(self, event: SyntheticEvent, market: SyntheticMarket, instants: list[int]) -> list[float]:
        """The price shown at each instant (within trading hours, none later than now), in mills."""
        shown: list[float] = quotes(event, (market,), np.array(instants, dtype=np.int64)).shown[0].tolist()
        return shown

    def trade_count(self, market: SyntheticMarket, at: int | None = None) -> int:
        """Trades of ``market`` at or before ``at`` (and now)."""
        return trade_count(market, self.now if at is None else min(at, self.now))

    def trades(self, event: SyntheticEvent, market: SyntheticMarket, first: int, count: int) -> list[Fill]:
        """Trades ``first``.. of ``market``, oldest first, as far as they have taken place."""
        first = max(first, 0)
        return fills(event, market, self.population, first, min(count, self.trade_count(market) - first))

    def trade_time(self, market: SyntheticMarket, number: int) -> int:
        """Second at which trade ``number`` takes place."""
        return trade_time(market, number)

    def news(self, event: SyntheticEvent) -> list[NewsItem]:
        """What had been published about the event by now, oldest first."""
        return [item for item in news_of(event) if item.published_at <= self.now]

    def wallets(self) -> tuple[Wallet, ...]:
        """Every trader, with its skill."""
        return self.population.wallets

    def archive_cutoff(self) -> int:
        """Kalshi markets settled before this instant are served from the archive only."""
        return (self.now - ARCHIVE_AFTER) // DAY * DAY

    def _build_event(self, index: int) -> SyntheticEvent:
        return build_event(self.seed, self.start_seconds, index)

    def _sketch_event(self, index: int) -> Sketch:
        return sketch_event(self.seed, self.start_seconds, index)

    def _snapshots(self, index: int, venue: Venue) -> tuple[Snapshot, ...]:
        return snapshots(self._build(index), venue, self.population, self.now)

    def _listed_event(self, index: int, venue: Venue) -> SyntheticEvent | None:
        event = self.event(index)
        return event if event and event.markets(venue) and event.created_at <= self.now else None

    def _polymarket(self, place: tuple[int, ...] | None) -> Found | None:
        event = self._listed_event(place[0], Venue.SYNTHETIC_POLYMARKET) if place else None
        if event is None or place is None or place[1] >= len(event.polymarket):
            return None
        return event, event.polymarket[place[1]]
