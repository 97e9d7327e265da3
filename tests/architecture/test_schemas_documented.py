"""``docs/schemas.md`` has a row for every column that is stored, in its order, with its type - and for no other."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from edgeworth.adapters.storage.history import DATASETS
from edgeworth.adapters.storage.schema import UtcDateTime, metadata

PAGE = (Path(__file__).parents[2] / "docs" / "schemas.md").read_text(encoding="utf-8")

# The first that fits; an instant is a decorated DateTime, and a key is a Text.
SQL_TYPES = (
    (UtcDateTime, "instant"),
    (sa.JSON, "json"),
    (sa.Boolean, "boolean"),
    (sa.Double, "float"),
    (sa.Integer, "integer"),
    (sa.Text, "text"),
    (sa.LargeBinary, "bytes"),
)
PARQUET_TYPES = (
    (pl.String, "text"),
    (pl.Boolean, "boolean"),
    (pl.Datetime, "instant"),
    (pl.List, "integers"),
    (pl.Int16, "integer"),
    (pl.Int32, "integer"),
    (pl.Int64, "integer"),
    (pl.Float64, "float"),
)


def documented(name: str) -> list[list[str]]:
    """The cells of the table below the heading ``name``."""
    found = re.search(rf"^### `{name}`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/schemas.md: no section for {name}"
    lines = [line for line in found[1].splitlines() if line.startswith("| `")]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines]


def named(kind: object, types: tuple) -> str:
    return next(name for of, name in types if isinstance(kind, of))


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_every_column_of_a_table_is_documented(name):
    expected = [
        (column.name, named(column.type, SQL_TYPES) + ("?" if column.nullable else ""))
        for column in metadata.tables[name].columns
    ]
    assert [(row[0], row[1]) for row in documented(name)] == expected


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_every_column_of_a_dataset_is_documented(name):
    expected = [(column, named(kind, PARQUET_TYPES)) for column, kind in DATASETS[name].items()]
    assert [(row[0], row[1].rstrip("?")) for row in documented(name)] == expected


@pytest.mark.parametrize("name", sorted([*metadata.tables, *DATASETS]))
def test_every_column_has_a_meaning_and_says_when_it_is_known(name):
    for column, _type, unit, meaning, known in documented(name):
        assert meaning, column
        assert known, column
        assert unit or not column.endswith(("_micros", "_at", "_usd", "_shares", "_seconds", "_ppm")), column


def test_no_table_is_documented_that_is_not_stored():
    assert set(re.findall(r"^### `(\w+)`", PAGE, re.MULTILINE)) == {*metadata.tables, *DATASETS}
