"""What a venue must be told to be asked for books, prices and trades: keys and tokens of markets. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from edgeworth.adapters.storage.connection import reading
from edgeworth.adapters.storage.queries import MarketOrder, market_condition, market_order, outcomes_of
from edgeworth.adapters.storage.schema import market, outcome, venue_event
from edgeworth.adapters.storage.selection import among
from edgeworth.markets.market import MarketStatus
from edgeworth.markets.venue import Venue
from edgeworth.ports import TradedMarket


class TradingReader:
    """Which markets to ask for, and how. ``SqlCatalogue`` is one; this class exists to keep the two ideas apart."""

    _engine: sa.Engine

    def traded_markets(self, market_ids: Sequence[str]) -> list[TradedMarket]:
        """What the venue must be told to ask for these markets, in the order given; unknown ids are left out."""
        with reading(self._engine) as connection:
            found = _traded(connection, among(connection, market.c.market_id, list(market_ids)))
        return [found[market_id] for market_id in dict.fromkeys(market_ids) if market_id in found]

    def busiest_markets(self, venue: Venue, limit: int) -> list[TradedMarket]:
        """Open markets of ``venue`` with the highest volume of the last day."""
        condition = market_condition(venue, MarketStatus.OPEN, None, None, None)
        query = (
            sa.select(market.c.market_id).where(condition).order_by(*market_order(MarketOrder.VOLUME_24H)).limit(limit)
        )
        with reading(self._engine) as connection:
            market_ids = list(connection.execute(query).scalars())
        return self.traded_markets(market_ids)

    def tokens(self, venue: Venue) -> dict[str, tuple[str, int]]:
        """Every token of ``venue``: token id -> (native id of its market, index of its outcome)."""
        query = (
            sa.select(outcome.c.token_id, market.c.native_id, outcome.c.outcome_index)
            .join(market, market.c.market_id == outcome.c.market_id)
            .where(market.c.venue == venue.value, outcome.c.token_id.is_not(None))
        )
        with reading(self._engine) as connection:
            return {token: (native_id, index) for token, native_id, index in connection.execute(query)}


def _traded(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> dict[str, TradedMarket]:
    table = market.c
    query = (
        sa.select(
            table.market_id,
            table.venue,
            table.native_id,
            table.opens_at,
            table.closes_at,
            venue_event.c.series_native_id,
        )
        .select_from(market.outerjoin(venue_event, table.event_id == venue_event.c.event_id))
        .where(condition)
    )
    found = connection.execute(query).all()
    outcomes = outcomes_of(connection, [row.market_id for row in found])
    return {
        row.market_id: TradedMarket(
            venue=Venue(row.venue),
            native_id=row.native_id,
            token_ids=tuple(one.token_id for one in outcomes.get(row.market_id, ())),
            series_native_id=row.series_native_id,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
        )
        for row in found
    }
