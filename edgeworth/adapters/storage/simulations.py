"""Simulations and forecasts in SQL (``SimulationStore``): appended once, never changed, held together by a chain.

What a digest covers and where a chain breaks is ``edgeworth.simulation.chain``; here stand rows and transactions. The
one write lock makes the order of registration one and the same for all processes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from edgeworth.adapters.storage.connection import reading, writing
from edgeworth.adapters.storage.rows import any_text, json
from edgeworth.adapters.storage.schema import UtcDateTime, forecast, simulation
from edgeworth.errors import DataError
from edgeworth.simulation.chain import (
    ChainEnd,
    ChainFault,
    Link,
    as_registered,
    check_links,
    digest_of,
    instant_text,
    plain_values,
    read_forecast,
    says_the_same,
)
from edgeworth.simulation.forecast import Forecast
from edgeworth.simulation.record import MarketSimulation, ModelRun

_AT_ONCE: Final = 1_000


class SqlSimulations:
    """Simulations and forecasts in the database of ``engine``; what ``open_database`` gives."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def register(self, run_id: str, record: MarketSimulation, forecast: Forecast) -> bool:
        """Store a market's simulations with its forecast; see ``SimulationStore.register``.

        Raises:
            DataError: Another forecast stands under its id, or the three do not belong together.
            StorageError: Nothing was stored; the kind says what to do.
        """
        _check_belong_together(run_id, record, forecast)
        registered = as_registered(forecast)
        with writing(self._engine, is_durable=True) as connection:
            stored = _find(connection, registered.forecast_id)
            if stored is not None:
                _check_same(stored, registered)
                return False
            _append(connection, registered)
            rows = [_simulation_row(any_text(run_id), record, model) for model in record.models]
            if rows:
                connection.execute(sa.insert(simulation), rows)
        return True

    def forecasts(
        self,
        *,
        run_id: str | None = None,
        market_id: str | None = None,
        is_synthetic: bool | None = None,
        limit: int | None = None,
    ) -> Sequence[Forecast]:
        """Forecasts in the order in which they were registered; with ``limit`` the last so many of them.

        Raises:
            DataError: A row is no forecast: it was changed by other means.
        """
        query = forecast_columns().order_by(forecast.c.position.desc()).limit(limit)
        for column, value in ((forecast.c.run_id, run_id), (forecast.c.market_id, market_id)):
            if value is not None:
                query = query.where(column == any_text(value))
        if is_synthetic is not None:
            query = query.where(forecast.c.is_synthetic == is_synthetic)
        with reading(self._engine) as connection:
            found = [forecast_of_row(row) for row in connection.execute(query)]
        return found[::-1]

    def chain_end(self) -> ChainEnd | None:
        """The last link; ``None`` without any forecast."""
        with reading(self._engine) as connection:
            return _end(connection)

    def check_chain(self, end: ChainEnd | None = None) -> ChainFault | None:
        """The first forecast that is not as it was registered; see ``SimulationStore.check_chain``."""
        with reading(self._engine) as connection, closing(_links(connection)) as links:
            return check_links(links, end)


def _check_belong_together(run_id: str, record: MarketSimulation, forecast: Forecast) -> None:
    found = (forecast.forecast_id, forecast.run_id, forecast.market_id)
    expected = (f"{run_id}/{record.market_id}", run_id, record.market_id)
    if found != expected:
        raise DataError(f"expected the forecast {expected[0]} of its own run and market, found {found}")


def _check_same(stored: Forecast, forecast: Forecast) -> None:
    if not says_the_same(stored, forecast):
        raise DataError(
            f"forecast {forecast.forecast_id}: expected what was registered at {stored.registered_at.isoformat()}, "
            "found something else; a registered forecast is never changed, so a new run needs a name of its own"
        )


# --- forecasts --------------------------------------------------------------------------------------------------------


def _find(connection: sa.Connection, forecast_id: str) -> Forecast | None:
    row = connection.execute(forecast_columns().where(forecast.c.forecast_id == forecast_id)).one_or_none()
    return None if row is None else forecast_of_row(row)


def _append(connection: sa.Connection, registered: Forecast) -> None:
    before = _end(connection)
    previous_digest = None if before is None else before.digest
    values = plain_values(registered)
    row = {
        **msgspec.structs.asdict(registered),
        "status": values["status"],
        "kind": values["kind"],
        "position": 1 if before is None else before.position + 1,
        "digest": digest_of(values, previous_digest),
        "previous_digest": previous_digest,
    }
    connection.execute(sa.insert(forecast), row)


def _end(connection: sa.Connection) -> ChainEnd | None:
    table = forecast.c
    query = sa.select(table.position, table.digest).order_by(table.position.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else ChainEnd(position=row.position, digest=row.digest)


def _links(connection: sa.Connection) -> Generator[Link, None, None]:
    query = forecast_columns().order_by(forecast.c.position).execution_options(yield_per=_AT_ONCE)
    with connection.execute(query) as rows:
        for row in rows:
            yield Link(
                position=row.position,
                forecast_id=row.forecast_id,
                values=_values(row),
                digest=row.digest,
                previous_digest=row.previous_digest,
            )


def forecast_columns() -> sa.Select[Any]:
    """A query for whole forecasts.

    Instants as the driver gives them: one that somebody made unreadable must not stop the check that finds it.
    """
    return sa.select(
        *(
            sa.type_coerce(column, sa.types.NullType()).label(column.name)
            if isinstance(column.type, UtcDateTime)
            else column
            for column in forecast.columns
        )
    )


def forecast_of_row(row: sa.Row[Any]) -> Forecast:
    """A row of ``forecast_columns``.

    Raises:
        DataError: It is no forecast: it was changed by other means.
    """
    return read_forecast(_values(row))


def _values(row: sa.Row[Any]) -> dict[str, Any]:
    """``plain_values`` as they are stored."""
    stored = ((name, getattr(row, name)) for name in Forecast.__struct_fields__)
    return {name: instant_text(value) if hasattr(value, "astimezone") else value for name, value in stored}


# --- simulations ------------------------------------------------------------------------------------------------------


def _simulation_row(run_id: str, record: MarketSimulation, model: ModelRun) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "market_id": any_text(record.market_id),
        "number": model.number,
        "is_synthetic": record.is_synthetic,
        "as_of": record.context.as_of,
        "author": any_text(model.author),
        "author_kind": model.kind.value,
        **_answer(model),
        "sandbox": any_text(model.sandbox),
        "repairs": model.repairs,
        "input_tokens": model.usage.input_tokens,
        "output_tokens": model.usage.output_tokens,
        "cost_micros": model.usage.cost,
        "seconds": model.seconds,
        "problem": None if model.problem is None else any_text(model.problem),
        "source_digest": hashlib.sha256(model.source.encode("utf-8", "replace")).hexdigest() if model.source else None,
        "detail": msgspec.json.decode(json(model)),
    }


def _answer(model: ModelRun) -> dict[str, Any]:
    """What the harness gave for outcome 0, as columns; missing where it gave nothing."""
    result = model.result
    chance = result.outcomes[0] if result is not None and model.has_answer else None
    belief = None if result is None else result.belief
    return {
        "anchoring": None if result is None or result.label is None else result.label.value,
        "status": None if result is None else result.status.value,
        "runs": None if result is None else result.runs,
        "probability": None if chance is None else chance.probability,
        "standard_error": None if chance is None else chance.standard_error,
        "wilson_low": None if chance is None else chance.low,
        "wilson_high": None if chance is None else chance.high,
        "belief_low": None if belief is None else belief.low,
        "belief_high": None if belief is None else belief.high,
        "belief_deviation": None if belief is None else belief.deviation,
    }
