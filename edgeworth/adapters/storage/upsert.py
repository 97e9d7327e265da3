"""Writing many rows of one table at once, in the way that is fastest on each database.

SQLite takes one prepared statement for all rows; PostgreSQL takes them by COPY into a temporary table and from there in
one statement. Rows are tuples of driver values in the order of the table's columns (see ``rows.py``), and no two rows
of one call have the same key.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

KEPT = {"first_seen_at"}
"""Columns that an existing row keeps."""

MERGED = {
    # An event that is listed without its markets says nothing of them: what is known of them stays.
    "venue_event": {
        "closes_at": "CASE WHEN excluded.market_count IS NULL THEN coalesce(excluded.closes_at, venue_event.closes_at) "
        "ELSE excluded.closes_at END",
        "market_count": "coalesce(excluded.market_count, venue_event.market_count)",
    },
    "refusal": {
        "first_seen_at": "{least}(refusal.first_seen_at, excluded.first_seen_at)",
        "last_seen_at": "{greatest}(refusal.last_seen_at, excluded.last_seen_at)",
        "times_seen": "refusal.times_seen + excluded.times_seen",
    },
}
"""Columns that are made of the old value and the new one."""


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert ``rows``; where a key exists, overwrite the other columns but those in ``KEPT``.

    At most once for each table in a transaction: the temporary table is emptied at its end.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(table.columns))
        connection.exec_driver_sql(_statement(table, f"VALUES ({marks})", "min", "max"), list(rows))
    else:
        _copy(connection, table, rows)


def delete_surplus_outcomes(connection: sa.Connection, lengths: Collection[tuple[str, int]]) -> None:
    """Remove the outcomes beyond the present number, for markets (id, number) that now have fewer."""
    from edgeworth.adapters.storage.schema import outcome

    if lengths:
        is_surplus = sa.and_(
            outcome.c.market_id == sa.bindparam("of_market"), outcome.c.outcome_index >= sa.bindparam("number")
        )
        rows = [{"of_market": market_id, "number": number} for market_id, number in lengths]
        connection.execute(sa.delete(outcome).where(is_surplus), rows)


def _copy(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    stage = f"stage_{table.name}"
    connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {stage} (LIKE {table.name}) ON COMMIT DELETE ROWS")
    columns = ", ".join(_quoted(table))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {stage} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    source = f"SELECT {columns} FROM {stage}"  # noqa: S608  (names of our own tables)
    connection.exec_driver_sql(_statement(table, source, "least", "greatest"))


@cache
def _statement(table: sa.Table, source: str, least: str, greatest: str) -> str:
    keys = {column.name for column in table.primary_key}
    merged = MERGED.get(table.name, {})
    changes = ", ".join(
        f'"{column.name}" = '
        + merged.get(column.name, f'excluded."{column.name}"').format(least=least, greatest=greatest)
        for column in table.columns
        if column.name not in keys and (column.name in merged or column.name not in KEPT)
    )
    return (
        f"INSERT INTO {table.name} ({', '.join(_quoted(table))}) {source} "
        f"ON CONFLICT ({', '.join(_quoted(table.primary_key))}) DO UPDATE SET {changes}"
    )


def _quoted(columns: sa.Table | sa.PrimaryKeyConstraint) -> list[str]:
    return [f'"{column.name}"' for column in columns.columns]
