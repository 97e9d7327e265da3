"""What the site asks of the store (``SiteStore``): pages of rows that fit, and how many fit. Reads only.

A page is found by its keys alone before whole rows are read: clauses and details are long, and a sort should not carry
them. Rows and their number are read in one transaction, so that they belong together.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any

import polars as pl
import sqlalchemy as sa

from edgeworth.adapters.storage.catalogue import SqlCatalogue
from edgeworth.adapters.storage.connection import reading
from edgeworth.adapters.storage.findings import CONSEQUENCE, match_of, opportunity_of
from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.adapters.storage.schema import forecast, market, match, opportunity, refusal
from edgeworth.adapters.storage.selection import among, pair_among
from edgeworth.adapters.storage.simulations import SqlSimulations, forecast_columns, forecast_of_row
from edgeworth.discovery.ports import StoredMatch, StoredOpportunity
from edgeworth.markets.market import Event, Market
from edgeworth.markets.relation import Relation
from edgeworth.markets.venue import Venue
from edgeworth.simulation.context import Series
from edgeworth.simulation.forecast import Forecast
from edgeworth.web.ports import (
    ChainState,
    ForecastFilter,
    Found,
    Life,
    MarketCount,
    MarketFilter,
    MatchFilter,
    OpportunityFilter,
    RefusalCount,
    SiteRun,
    TermChange,
)

CHECKED_FOR_SECONDS = 60.0
"""How long it counts that the whole chain was looked through."""


class SqlSite:
    """The database of ``engine`` and the history beside it, to be shown.

    Args:
        engine: What ``open_read_only`` gives will do.
        history: Where prices are.
        monotonic: Seconds that pass.
    """

    def __init__(
        self, engine: sa.Engine, history: ParquetHistory, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._engine = engine
        self._history = history
        self._catalogue = SqlCatalogue(engine)
        self._simulations = SqlSimulations(engine)
        self._monotonic = monotonic
        self._checked: tuple[float, ChainState] | None = None

    @property
    def description(self) -> str:
        """Which database this is, without who reads it, from where, or with which password."""
        url = self._engine.url
        if url.get_backend_name() == "sqlite":
            return f"SQLite, {PurePath(url.database or '').name}"
        return f"PostgreSQL, {url.host or 'this machine'}/{url.database}"

    def runs(self, limit: int) -> Sequence[SiteRun]:
        """Runs, newest first."""
        fields = SiteRun.__struct_fields__
        return [
            SiteRun(**{name: getattr(run, name) for name in fields}) for run in self._catalogue.list_runs(limit=limit)
        ]

    def synthetic_runs(self, run_ids: Collection[str]) -> frozenset[str]:
        """Those of ``run_ids`` that forecast invented markets."""
        with reading(self._engine) as connection:
            is_one = among(connection, forecast.c.run_id, sorted(run_ids))
            query = sa.select(forecast.c.run_id).distinct().where(is_one, forecast.c.is_synthetic)
            return frozenset(connection.execute(query).scalars())

    # --- the catalogue ------------------------------------------------------------------------------------------------

    def find_markets(self, asked: MarketFilter, *, limit: int, offset: int = 0) -> Found[Market]:
        """Markets that fit, in the order asked for."""
        chosen = {
            "venue": asked.venue,
            "status": asked.status,
            "category": asked.category,
            "search": asked.search,
            "event_id": asked.event_id,
        }
        total = self._catalogue.count_markets(**chosen)  # type: ignore[arg-type]  # each under its own name
        if offset >= total:
            return Found((), total)
        rows = self._catalogue.find_markets(**chosen, order=asked.order, limit=limit, offset=offset)  # type: ignore[arg-type]
        return Found(rows, total)

    def get_market(self, name: str) -> Market | None:
        """The market with this id, venue key or slug."""
        return self._catalogue.get_market(name)

    def get_markets(self, market_ids: Collection[str]) -> Mapping[str, Market]:
        """Those of ``market_ids`` that are known."""
        return self._catalogue.get_markets(market_ids)

    def get_event(self, event_id: str) -> Event | None:
        """The event with this id."""
        return self._catalogue.get_events([event_id]).get(event_id)

    def term_changes(self, market_id: str) -> Sequence[TermChange]:
        """Changes of a market's terms, oldest first."""
        return [TermChange(one.seen_at, one.changed) for one in self._catalogue.revisions(market_id)]

    def prices(self, market_id: str, *, most: int) -> Series | None:
        """The newest ``most`` prices of outcome 0, oldest first; of several at one instant the finest interval's."""
        points = (
            self._history.scan_prices([market_id])
            .filter(pl.col("outcome_index") == 0, pl.col("price_micros").is_not_null())
            .sort("at", "interval_seconds")
            .unique("at", keep="first", maintain_order=True)
            .tail(most)
            .select(pl.col("at").dt.epoch("us") / 1e6, pl.col("price_micros") / 1e6)
            .collect()
        )
        if points.is_empty():
            return None
        return Series(at_seconds=tuple(points["at"]), values=tuple(points["price_micros"]))

    def market_counts(self) -> Sequence[MarketCount]:
        """How many markets of each venue are in which state."""
        table = market.c
        query = (
            sa.select(table.venue, table.status, sa.func.count())
            .group_by(table.venue, table.status)
            .order_by(table.venue, table.status)
        )
        with reading(self._engine) as connection:
            return [MarketCount(*row) for row in connection.execute(query)]

    def latest_finished_pass(self, venue: Venue, *, enough_rows: int | None = None) -> datetime | None:
        """When markets of ``venue`` were last read to the end."""
        return self._catalogue.latest_finished_pass(venue, enough_rows=enough_rows)

    def refusals(self, limit: int) -> Sequence[RefusalCount]:
        """Why rows were refused, most frequent first, with the reason of the last of each."""
        table = refusal.c
        number, last = sa.func.count().label("rows"), sa.func.max(table.last_seen_at).label("last_seen_at")
        counted = (
            sa.select(table.venue, table.code, number, last)
            .group_by(table.venue, table.code)
            .order_by(number.desc(), table.venue, table.code)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [
                RefusalCount(
                    venue=row.venue,
                    code=row.code,
                    rows=row.rows,
                    last_seen_at=row.last_seen_at,
                    example=_example(connection, row.venue, row.code),
                )
                for row in connection.execute(counted).all()
            ]

    # --- discovery ----------------------------------------------------------------------------------------------------

    def find_matches(self, asked: MatchFilter, *, limit: int, offset: int = 0) -> Found[StoredMatch]:
        """Pairs that fit: those from which most follows first, then the surest."""
        table, condition = match.c, _match_condition(asked)
        order = (CONSEQUENCE, table.confidence.desc(), table.market_a, table.market_b)
        keys = sa.select(table.market_a, table.market_b).where(condition).order_by(*order).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            total = _count(connection, match, condition)
            pairs = [(row.market_a, row.market_b) for row in connection.execute(keys)]
            whole = sa.select(match).where(pair_among(connection, (table.market_a, table.market_b), pairs))
            rows = [match_of(row) for row in connection.execute(whole.order_by(*order))] if pairs else []
        return Found(rows, total)

    def find_opportunities(self, asked: OpportunityFilter, *, limit: int, offset: int = 0) -> Found[StoredOpportunity]:
        """Opportunities that fit, the largest profit first."""
        table, condition = opportunity.c, _opportunity_condition(asked)
        order = (table.best_profit_micros.desc(), table.opportunity_id)
        keys = sa.select(table.opportunity_id).where(condition).order_by(*order).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            total = _count(connection, opportunity, condition)
            found = connection.execute(keys).scalars().all()
            whole = sa.select(opportunity).where(among(connection, table.opportunity_id, found)).order_by(*order)
            rows = [opportunity_of(row) for row in connection.execute(whole)] if found else []
        return Found(rows, total)

    # --- forecasts ----------------------------------------------------------------------------------------------------

    def find_forecasts(self, asked: ForecastFilter, *, limit: int, offset: int = 0) -> Found[Forecast]:
        """Forecasts that fit, the last registered first."""
        condition = _forecast_condition(asked)
        query = forecast_columns().where(condition).order_by(forecast.c.position.desc()).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            total = _count(connection, forecast, condition)
            return Found([forecast_of_row(row) for row in connection.execute(query)], total)

    def chain(self) -> ChainState:
        """Whether all registered forecasts are as they were: all of them are read, at most once a minute.

        What was found is told again while the chain has the same end.
        """
        end, checked = self._simulations.chain_end(), self._checked
        if checked is not None and checked[1].end == end and self._monotonic() - checked[0] < CHECKED_FOR_SECONDS:
            return checked[1]
        state = ChainState(end, self._simulations.check_chain())
        self._checked = self._monotonic(), state
        return state


def _count(connection: sa.Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table).where(condition)).scalar_one()


def _example(connection: sa.Connection, venue: str, code: str) -> str:
    table = refusal.c
    query = sa.select(table.reason).where(table.venue == venue, table.code == code)
    last = query.order_by(table.last_seen_at.desc(), table.refusal_id).limit(1)
    return str(connection.execute(last).scalar_one())


def _venue_of(market_id: sa.Column[Any], venue: Venue) -> sa.ColumnElement[bool]:
    return market_id.startswith(f"{venue.value}:", autoescape=True)


def _match_condition(asked: MatchFilter) -> sa.ColumnElement[bool]:
    table = match.c
    conditions: list[sa.ColumnElement[bool]] = [table.confidence >= asked.least_confidence]
    if not asked.with_gone:
        conditions.append(table.gone_at.is_(None))
    if asked.market_id is not None:
        conditions.append(sa.or_(table.market_a == asked.market_id, table.market_b == asked.market_id))
    conditions.append(
        table.relation != Relation.UNRELATED.value if asked.relation is None else table.relation == asked.relation.value
    )
    if asked.venue is not None:
        conditions.append(sa.or_(_venue_of(table.market_a, asked.venue), _venue_of(table.market_b, asked.venue)))
    if asked.across is not None:
        within = sa.or_(
            *(sa.and_(_venue_of(table.market_a, venue), _venue_of(table.market_b, venue)) for venue in Venue)
        )
        conditions.append(sa.not_(within) if asked.across else within)
    return sa.and_(*conditions)


def _opportunity_condition(asked: OpportunityFilter) -> sa.ColumnElement[bool]:
    table = opportunity.c
    conditions: list[sa.ColumnElement[bool]] = [sa.true()]
    if asked.market_id is not None:
        # Ids are kept as a JSON array of texts; in quotes no id is a part of another.
        conditions.append(sa.cast(table.market_ids, sa.Text).contains(f'"{asked.market_id}"', autoescape=True))
    if asked.kind is not None:
        conditions.append(table.kind == asked.kind.value)
    is_left = sa.and_(table.passes_gates, sa.not_(table.is_dead_at_size))
    match asked.life:
        case Life.GONE:
            conditions.append(table.gone_at.is_not(None))
        case Life.ALIVE:
            conditions += [table.gone_at.is_(None), is_left]
        case Life.DEAD:
            conditions += [table.gone_at.is_(None), sa.not_(is_left)]
        case None:
            pass
    return sa.and_(*conditions)


def _forecast_condition(asked: ForecastFilter) -> sa.ColumnElement[bool]:
    table = forecast.c
    equal = (
        (table.market_id, asked.market_id),
        (table.run_id, asked.run_id),
        (table.is_synthetic, asked.is_synthetic),
        (table.kind, None if asked.kind is None else asked.kind.value),
        (table.verdict, None if asked.verdict is None else asked.verdict.value),
    )
    return sa.and_(sa.true(), *(column == value for column, value in equal if value is not None))
