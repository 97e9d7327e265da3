"""What can be asked of the catalogue; answers are domain values, never rows.

Reads only. Every question is bounded in memory: lists take a limit, and what can be long is an iterator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from msgspec import Struct

from edgeworth.adapters.storage.connection import public_url, reading
from edgeworth.adapters.storage.rows import Revision, event_of, market_of, revision_of, series_of
from edgeworth.adapters.storage.schema import (
    listing_pass,
    market,
    market_revision,
    outcome,
    refusal,
    series,
    venue_event,
)
from edgeworth.adapters.storage.selection import among
from edgeworth.errors import ConfigurationError
from edgeworth.markets.listing import Series
from edgeworth.markets.market import Event, Market, MarketStatus, Outcome
from edgeworth.markets.universe import CONTRACT_USD
from edgeworth.markets.venue import Venue
from edgeworth.units import PriceMicros

_CHUNK = 500
"""Markets read at once where the caller wants all of them."""
_OUTLINE_CHUNK = 5_000

_OUTLINE = (
    market.c.market_id,
    market.c.venue,
    market.c.native_id,
    market.c.question,
    market.c.status,
    market.c.as_of,
    market.c.slug,
    market.c.category,
    market.c.closes_at,
    market.c.volume_usd,
    market.c.volume_24h_usd,
    market.c.volume_shares,
    market.c.volume_24h_shares,
    market.c.price_change_24h_micros,
)


class MarketOrder(StrEnum):
    """How found markets are sorted; in one list of two venues a contract counts as ``CONTRACT_USD``."""

    VOLUME = "volume"
    """Highest volume of all time first."""
    VOLUME_24H = "volume_24h"
    """Highest volume of the last day first."""
    CLOSES = "closes"
    """Earliest close first."""
    SEEN = "seen"
    """Latest change seen first."""


class StoredRefusal(Struct, frozen=True, kw_only=True):
    """A row that was refused, and where its bytes are.

    Attributes:
        raw_path, raw_offset: Page in the raw store. item_index: Position of the item on it, from 0.
        times_seen: How often the row was read and refused; an item that has not changed is not read again.
    """

    venue: Venue
    kind: str
    native_id: str | None
    code: str
    reason: str
    raw_path: str
    raw_offset: int
    item_index: int
    run_id: str
    first_seen_at: datetime
    last_seen_at: datetime
    times_seen: int


class CatalogueReader:
    """Questions to the catalogue. ``SqlCatalogue`` is one; this class exists to keep reading and writing apart."""

    _engine: sa.Engine

    @property
    def description(self) -> str:
        """Which database this is, without its password."""
        name = "SQLite" if self._engine.dialect.name == "sqlite" else "PostgreSQL"
        return f"{name}, {public_url(self._engine.url)}"

    def find_markets(
        self,
        *,
        venue: Venue | None = None,
        status: MarketStatus | None = None,
        category: str | None = None,
        search: str | None = None,
        event_id: str | None = None,
        order: str = MarketOrder.VOLUME,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Market]:
        """Markets that fit every filter given.

        Args:
            venue: Only this venue; invented twins are venues of their own.
            status: Only markets in this state.
            category: Only this category.
            search: Only questions that hold all of these words, in any order and case.
            event_id: Only markets of this event.
            order: A ``MarketOrder``; a market that lacks the value comes last, ties go by market id.
            limit: At most so many.
            offset: After so many of them.

        Raises:
            ConfigurationError: ``order`` is none.
        """
        condition = market_condition(venue, status, category, search, event_id)
        query = sa.select(market).where(condition).order_by(*market_order(order)).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            return _markets(connection, query)

    def count_markets(
        self,
        *,
        venue: Venue | None = None,
        status: MarketStatus | None = None,
        category: str | None = None,
        search: str | None = None,
        event_id: str | None = None,
    ) -> int:
        """How many markets ``find_markets`` would find without a limit."""
        condition = market_condition(venue, status, category, search, event_id)
        with reading(self._engine) as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(market).where(condition)).scalar_one()

    def count_by(self, column: str, *, venue: Venue | None = None) -> dict[str | None, int]:
        """Markets by ``venue``, ``status``, ``category`` or ``resolution_shape``, most first.

        Raises:
            ConfigurationError: Another ``column``.
        """
        if column not in {"venue", "status", "category", "resolution_shape"}:
            raise ConfigurationError(
                f"expected venue, status, category or resolution_shape to count by, found {column!r}"
            )
        number = sa.func.count()
        query = (
            sa.select(market.c[column], number)
            .where(market_condition(venue, None, None, None, None))
            .group_by(market.c[column])
            .order_by(number.desc(), market.c[column])
        )
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def get_market(self, name: str) -> Market | None:
        """The market with this id, venue key or slug; the id first, and the latest seen of several slugs."""
        query = (
            sa.select(market)
            .where(sa.or_(market.c.market_id == name, market.c.slug == name, _has_native_id(name)))
            .order_by(sa.case((market.c.market_id == name, 0), (market.c.slug == name, 2), else_=1))
            .order_by(market.c.as_of.desc(), market.c.market_id)
            .limit(1)
        )
        with reading(self._engine) as connection:
            found = _markets(connection, query)
        return found[0] if found else None

    def get_event(self, name: str) -> Event | None:
        """The event with this id or slug; the id first, and the latest seen of several slugs."""
        query = (
            sa.select(venue_event)
            .where(sa.or_(venue_event.c.event_id == name, venue_event.c.slug == name))
            .order_by(venue_event.c.event_id != name, venue_event.c.as_of.desc(), venue_event.c.event_id)
            .limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else event_of(row)

    def iter_markets(self, *, venue: Venue | None = None, status: MarketStatus | None = None) -> Iterator[Market]:
        """Every market that fits, in the order of its id; a few hundred are in memory at a time."""
        last = ""
        while True:
            query = (
                sa.select(market)
                .where(market.c.market_id > last, market_condition(venue, status, None, None, None))
                .order_by(market.c.market_id)
                .limit(_CHUNK)
            )
            with reading(self._engine) as connection:
                found = _markets(connection, query)
            yield from found
            if len(found) < _CHUNK:
                return
            last = found[-1].market_id

    def iter_outlines(
        self, *, status: MarketStatus | None = None, names: Collection[str] | None = None
    ) -> Iterator[Market]:
        """Markets to choose from, in the order of their ids: what they are ranked and named by, and nothing else.

        Five times as fast as ``iter_markets``; rules, outcomes, tags, quotes and fees are left empty, so an outline is
        never to be kept: ``get_markets`` gives the market.

        Args:
            status: Only markets in this state.
            names: Only markets with one of these as id, venue key or slug.
        """
        last = ""
        while True:
            query = (
                sa.select(*_OUTLINE)
                .where(market.c.market_id > last, market_condition(None, status, None, None, None))
                .order_by(market.c.market_id)
                .limit(_OUTLINE_CHUNK)
            )
            with reading(self._engine) as connection:
                if names is not None:
                    query = query.where(_is_named(connection, sorted(names)))
                found = connection.execute(query).all()
            yield from map(_outline_of, found)
            if len(found) < _OUTLINE_CHUNK:
                return
            last = found[-1].market_id

    def iter_events(self, *, venue: Venue | None = None) -> Iterator[Event]:
        """Every event in the order of its id; a few hundred are in memory at a time."""
        last = ""
        table = venue_event.c
        while True:
            query = sa.select(venue_event).where(table.event_id > last).order_by(table.event_id).limit(_CHUNK)
            if venue is not None:
                query = query.where(table.venue == venue.value)
            with reading(self._engine) as connection:
                found = [event_of(row) for row in connection.execute(query)]
            yield from found
            if len(found) < _CHUNK:
                return
            last = found[-1].event_id

    def get_events(self, event_ids: Collection[str]) -> dict[str, Event]:
        """Those of ``event_ids`` that are known, by id."""
        query = sa.select(venue_event)
        with reading(self._engine) as connection:
            known = query.where(among(connection, venue_event.c.event_id, sorted(event_ids)))
            return {row.event_id: event_of(row) for row in connection.execute(known)}

    def markets_of_events(self, event_ids: Collection[str]) -> list[Market]:
        """Every market of these events in any state, by id."""
        with reading(self._engine) as connection:
            is_of_them = among(connection, market.c.event_id, sorted(event_ids))
            return _markets(connection, sa.select(market).where(is_of_them).order_by(market.c.market_id))

    def get_markets(self, market_ids: Collection[str]) -> dict[str, Market]:
        """Those of ``market_ids`` that are known, by id."""
        with reading(self._engine) as connection:
            found = _markets(
                connection, sa.select(market).where(among(connection, market.c.market_id, sorted(market_ids)))
            )
        return {one.market_id: one for one in found}

    def list_series(self, venue: Venue) -> list[Series]:
        """Every series of ``venue``, by its key."""
        query = sa.select(series).where(series.c.venue == venue.value).order_by(series.c.series_id)
        with reading(self._engine) as connection:
            return [series_of(row) for row in connection.execute(query)]

    def revisions(self, market_id: str) -> list[Revision]:
        """Every change of the market's terms, oldest first; the first one's ``before`` are the terms first seen."""
        table = market_revision
        query = sa.select(table).where(table.c.market_id == market_id).order_by(table.c.revision)
        with reading(self._engine) as connection:
            return [revision_of(row) for row in connection.execute(query)]

    def list_refusals(
        self,
        *,
        venue: Venue | None = None,
        code: str | None = None,
        run_id: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[StoredRefusal]:
        """Refused rows that fit every filter given, the last seen first.

        Args:
            venue: Only of this venue.
            code: Only with this code.
            run_id: Only those that this run was the last to see.
            limit: At most so many.
            offset: After so many of them.
        """
        query = sa.select(refusal).order_by(refusal.c.last_seen_at.desc(), refusal.c.refusal_id)
        for column, value in ((refusal.c.venue, venue), (refusal.c.code, code), (refusal.c.run_id, run_id)):
            if value is not None:
                query = query.where(column == str(value))
        with reading(self._engine) as connection:
            return [_refusal_of(row) for row in connection.execute(query.limit(limit).offset(offset))]

    def refusal_examples(self, codes: Sequence[str]) -> dict[str, str]:
        """For each code of ``codes`` that was ever seen, the reason of the row that it refused last."""
        found: dict[str, str] = {}
        query = sa.select(refusal.c.reason).order_by(refusal.c.last_seen_at.desc(), refusal.c.refusal_id).limit(1)
        with reading(self._engine) as connection:
            for code in codes:
                reason = connection.execute(query.where(refusal.c.code == code)).scalar()
                if reason is not None:
                    found[code] = reason
        return found

    def latest_finished_pass(
        self, venue: Venue, *, key: str | None = None, enough_rows: int | None = None
    ) -> datetime | None:
        """When markets of ``venue`` itself were last read: recorded files and lists of series do not count.

        Args:
            venue: Whose markets.
            key: Only walks through this listing (``Listing.key``).
            enough_rows: A walk that a limit ended counts if it read at least so many; ``None``: only whole ones count.
        """
        table = listing_pass.c
        is_whole = table.next_cursor.is_(None)
        query = sa.select(sa.func.max(table.finished_at)).where(
            table.venue == venue.value,
            is_whole if enough_rows is None else sa.or_(is_whole, table.fetched >= enough_rows),
            table.pages > 0,
            table.key.not_like("file:%"),
            table.key.not_like("%/series?%"),
        )
        if key is not None:
            query = query.where(table.key == key)
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()


def market_condition(
    venue: Venue | None,
    status: MarketStatus | None,
    category: str | None,
    search: str | None,
    event_id: str | None,
) -> sa.ColumnElement[bool]:
    """Markets that fit every filter given."""
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    equal = (
        (market.c.venue, venue),
        (market.c.status, status),
        (market.c.category, category),
        (market.c.event_id, event_id),
    )
    conditions += [column == str(value) for column, value in equal if value is not None]
    conditions += [market.c.question.icontains(word, autoescape=True) for word in (search or "").split()]
    return sa.and_(*conditions)


def market_order(order: str) -> tuple[sa.ColumnElement[Any], ...]:
    """What a ``MarketOrder`` sorts by.

    Raises:
        ConfigurationError: ``order`` is none.
    """
    table = market.c
    match order:
        case MarketOrder.VOLUME:
            first = sa.func.coalesce(table.volume_usd, table.volume_shares * CONTRACT_USD).desc()
        case MarketOrder.VOLUME_24H:
            first = sa.func.coalesce(table.volume_24h_usd, table.volume_24h_shares * CONTRACT_USD).desc()
        case MarketOrder.CLOSES:
            first = table.closes_at.asc()
        case MarketOrder.SEEN:
            first = table.as_of.desc()
        case _:
            raise ConfigurationError(f"order: expected {', '.join(MarketOrder)}, found {order!r}")
    return first.nulls_last(), table.market_id


def _has_native_id(name: str) -> sa.ColumnElement[bool]:
    """The venue key through the primary key: there are few venues, and no index of its own is needed."""
    return market.c.market_id.in_([f"{venue.value}:{name}" for venue in Venue])


def _is_named(connection: sa.Connection, names: Sequence[str]) -> sa.ColumnElement[bool]:
    """Whether a market has one of ``names`` as id, venue key or slug."""
    ids = [*names, *(f"{venue.value}:{name}" for venue in Venue for name in names)]
    return sa.or_(among(connection, market.c.market_id, ids), among(connection, market.c.slug, names))


def _outline_of(row: sa.Row[Any]) -> Market:
    return Market(
        venue=Venue(row.venue),
        native_id=row.native_id,
        question=row.question,
        rules="",
        outcomes=(),
        status=MarketStatus(row.status),
        as_of=row.as_of,
        slug=row.slug,
        category=row.category,
        closes_at=row.closes_at,
        volume_usd=row.volume_usd,
        volume_24h_usd=row.volume_24h_usd,
        volume_shares=row.volume_shares,
        volume_24h_shares=row.volume_24h_shares,
        price_change_24h=row.price_change_24h_micros,
    )


def _markets(connection: sa.Connection, query: sa.Select[Any]) -> list[Market]:
    found = connection.execute(query).all()
    outcomes = outcomes_of(connection, [row.market_id for row in found])
    return [market_of(row, outcomes.get(row.market_id, ())) for row in found]


def outcomes_of(connection: sa.Connection, market_ids: Sequence[str]) -> Mapping[str, Sequence[Outcome]]:
    """Outcomes by market, in the venue's order; a market without any is left out."""
    table = outcome.c
    query = (
        sa.select(table.market_id, table.label, table.token_id, table.price_micros)
        .where(among(connection, table.market_id, market_ids))
        .order_by(table.market_id, table.outcome_index)
    )
    found: dict[str, list[Outcome]] = {}
    for market_id, label, token_id, price in connection.execute(query):
        one = Outcome(label=label, token_id=token_id, price=None if price is None else PriceMicros(price))
        found.setdefault(market_id, []).append(one)
    return found


def _refusal_of(row: sa.Row[Any]) -> StoredRefusal:
    values = {name: getattr(row, name) for name in StoredRefusal.__struct_fields__}
    return StoredRefusal(**(values | {"venue": Venue(row.venue)}))
