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
