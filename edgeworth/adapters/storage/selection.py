"""Pieces of queries that differ between the two databases, or that several questions share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY


def among(
    where: sa.Engine | sa.Connection, column: sa.ColumnElement[Any], values: Sequence[str]
) -> sa.ColumnElement[bool]:
    """Whether ``column`` is one of ``values``: one parameter however many there are, so no limit and one plan."""
    if where.dialect.name == "sqlite":
        each = sa.func.json_each(msgspec.json.encode(values).decode()).table_valued("value")
        return column.in_(sa.select(each.c.value))
    return column == sa.any_(sa.bindparam(None, list(values), type_=ARRAY(sa.Text)))


def pair_among(
    where: sa.Engine | sa.Connection, columns: tuple[sa.Column[Any], sa.Column[Any]], pairs: Sequence[tuple[str, str]]
) -> sa.ColumnElement[bool]:
    """Whether the two ``columns`` together are one of ``pairs``; as ``among``, however many there are."""
    both = sa.tuple_(*columns)
    if where.dialect.name == "sqlite":
        each = sa.func.json_each(msgspec.json.encode(pairs).decode()).table_valued("value").c.value
        first, second = (sa.func.json_extract(each, f"$[{index}]") for index in range(2))
        return both.in_(sa.select(first, second))
    texts = ARRAY(sa.Text)
    firsts, seconds = ([pair[index] for pair in pairs] for index in range(2))
    rows = sa.func.unnest(sa.bindparam(None, firsts, type_=texts), sa.bindparam(None, seconds, type_=texts))
    each_row = rows.table_valued("first", "second").render_derived()
    return both.in_(sa.select(each_row.c.first, each_row.c.second))
