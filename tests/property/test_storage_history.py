"""However rows are cut into saves, and whenever files are merged, each row is stored once."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.adapters.storage.object_folder import ObjectFolder
from edgeworth.adapters.storage.objects import Objects
from edgeworth.adapters.storage.part_folders import LocalFolder
from edgeworth.markets.history import PricePoint
from edgeworth.markets.venue import Venue
from tests.builders import NOON

points = st.builds(
    lambda market, outcome, minute: PricePoint(
        venue=Venue.KALSHI,
        market_native_id=market,
        outcome_index=outcome,
        at=NOON + timedelta(minutes=minute),
        interval_seconds=60,
        price=minute * 1000,
    ),
    st.sampled_from("ab"),
    st.integers(0, 1),
    st.integers(0, 5),
)
MERGE = "merge"

_numbers = count()


@contextmanager
def alone(_seconds):
    yield lambda: None


def folder_in(path: str):
    return lambda name: LocalFolder(Path(path) / name)


def store_in(_path: str):
    url = f"memory://property-{next(_numbers)}"
    return lambda name: ObjectFolder(Objects(f"{url}/{name}"), alone)


@pytest.mark.parametrize("place", [folder_in, store_in])
@hypothesis_settings(max_examples=40)
@given(st.lists(st.one_of(st.lists(points, max_size=6), st.just(MERGE)), max_size=6))
def test_each_row_is_stored_once_and_counted_once(place, steps):
    with tempfile.TemporaryDirectory() as folder:
        history = ParquetHistory(Path(folder), folders=place(folder))
        stored = set()
        for step in steps:
            if step == MERGE:
                history.compact()
                continue
            new = {(point.market_id, point.outcome_index, point.at) for point in step} - stored
            assert history.save_prices(step) == len(new)
            stored |= new
        rows = history.scan_prices().select("market_id", "outcome_index", "at").collect().rows()
        assert sorted(rows) == sorted(stored)
        latest = {}
        for market_id, outcome, at in stored:
            latest[market_id, outcome] = max(at, latest.get((market_id, outcome), at))
        assert history.last_price_at(["kalshi:a", "kalshi:b"]) == latest
