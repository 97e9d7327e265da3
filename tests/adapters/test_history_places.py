"""History, wherever its files are: the same rows once, whole files or none, few files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from typing import NamedTuple

import polars as pl
import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from edgeworth.adapters.storage import parts
from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.adapters.storage.object_folder import ObjectFolder
from edgeworth.adapters.storage.objects import Objects
from edgeworth.adapters.storage.part_folders import LocalFolder, PartFolder
from edgeworth.adapters.storage.writer_locks import writer_lock
from edgeworth.errors import StorageBusyError
from edgeworth.markets.venue import Venue
from tests.builders import NOON
from tests.histories import a_book, a_point, a_trade

_numbers = count()


class Place(NamedTuple):
    """Where files are; ``folder`` opens one as another process would."""

    folder: Callable[[str], PartFolder]

    def files(self, name: str = "prices") -> Mapping[str, int]:
        return {file: size for file, size in self.folder(name).list().items() if file.endswith(".parquet")}


def objects_below(url: str, tmp_path) -> Place:
    one_machine = sa.create_engine("sqlite://")
    return Place(
        lambda name: ObjectFolder(Objects(f"{url}/{name}"), writer_lock(f"{url}/{name}", one_machine, tmp_path))
    )


@pytest.fixture(params=["folder", "objects", "s3"])
def place(request, tmp_path) -> Place:
    match request.param:
        case "folder":
            return Place(lambda name: LocalFolder(tmp_path / name))
        case "objects":
            return objects_below(f"memory://test-{next(_numbers)}/history", tmp_path)
        case _:
            return objects_below(f"{request.getfixturevalue('bucket').url}/some/history", tmp_path)


@pytest.fixture
def history(tmp_path, place) -> ParquetHistory:
    return ParquetHistory(tmp_path, folders=place.folder, busy_timeout_seconds=0.1)


def test_nothing_saved_reads_as_an_empty_table(history):
    assert history.scan_prices().collect().is_empty()
    assert history.last_price_at(["kalshi:m"]) == {}
    assert history.save_prices([]) == 0


def test_a_price_point_comes_back_with_every_field(history):
    history.save_prices([a_point(1, bid=510_000, ask=530_000, volume=3_500_000, price=None)])
    assert history.scan_prices().collect().to_dicts() == [
        {
            "venue": "kalshi",
            "is_synthetic": False,
            "market_id": "kalshi:m",
            "outcome_index": 0,
            "at": NOON + timedelta(minutes=1),
            "interval_seconds": 60,
            "price_micros": None,
            "bid_micros": 510_000,
            "ask_micros": 530_000,
            "volume_micros": 3_500_000,
        }
    ]


def test_a_book_comes_back_with_its_levels_best_first_and_an_empty_side_is_empty(history):
    history.save_books([a_book(bids=((510_000, 5), (500_000, 6)), asks=())])
    row = history.scan_books().collect().row(0, named=True)
    assert row["bid_prices_micros"] == [510_000, 500_000]
    assert row["bid_sizes_micros"] == [5, 6]
    assert row["ask_prices_micros"] == []
    assert row["token_id"] == "7" * 78


def test_a_trade_comes_back_and_an_unknown_side_stays_unknown(history):
    history.save_trades([a_trade(1, side=None, wallet=None)])
    row = history.scan_trades().collect().row(0, named=True)
    assert (row["trade_id"], row["side"], row["wallet"]) == ("t1", None, None)


def test_an_invented_venue_is_marked_on_every_row(history):
    history.save_prices([a_point(1, venue=Venue.SYNTHETIC_KALSHI)])
    row = history.scan_prices().collect().row(0, named=True)
    assert (row["venue"], row["is_synthetic"]) == ("synthetic-kalshi", True)


def test_the_same_rows_are_stored_once(history):
    points = [a_point(minute) for minute in range(5)]
    assert history.save_prices(points[:3]) == 3
    assert history.save_prices(points) == 2
    assert history.save_prices([*points, *points]) == 0
    assert history.scan_prices().collect().height == 5


def test_the_same_trades_and_books_are_stored_once(history):
    assert [history.save_trades([a_trade(1), a_trade(1)]) for _ in range(2)] == [1, 0]
    assert [history.save_books([a_book(), a_book()]) for _ in range(2)] == [1, 0]


def test_two_books_of_one_instant_are_two(history):
    assert history.save_books([a_book(asks=((530_000, 7),)), a_book(asks=((530_000, 8),))]) == 2


def test_points_of_other_intervals_outcomes_or_markets_are_others(history):
    others = [a_point(1), a_point(1, interval_seconds=0), a_point(1, outcome=1), a_point(1, market="n")]
    assert history.save_prices(others) == 4


def test_the_first_of_two_versions_of_a_point_stands(history):
    history.save_prices([a_point(1, price=500_000)])
    assert history.save_prices([a_point(1, price=600_000)]) == 0
    assert history.scan_prices().collect()["price_micros"].to_list() == [500_000]


def test_the_last_instants_by_market(history):
    history.save_prices([a_point(1), a_point(7), a_point(3, outcome=1), a_point(9, market="n")])
    history.save_trades([a_trade(4), a_trade(2)])
    assert history.last_price_at(["kalshi:m", "kalshi:unknown"]) == {
        ("kalshi:m", 0): NOON + timedelta(minutes=7),
        ("kalshi:m", 1): NOON + timedelta(minutes=3),
    }
    assert history.last_trade_at(["polymarket:m"]) == {"polymarket:m": NOON + timedelta(seconds=4)}


def test_a_scan_takes_the_start_and_leaves_the_end(history):
    history.save_prices([a_point(minute) for minute in range(5)])
    found = history.scan_prices(["kalshi:m"], NOON + timedelta(minutes=1), NOON + timedelta(minutes=3)).collect()
    assert found["at"].to_list() == [NOON + timedelta(minutes=1), NOON + timedelta(minutes=2)]


def test_compacting_leaves_one_sorted_file_with_the_same_rows(place, history):
    for minute in (3, 1, 2):
        history.save_prices([a_point(minute, market=market) for market in "zab"])
    before = history.scan_prices().collect()
    assert history.compact() == {"prices": 1, "books": 0, "trades": 0, "bars": 0}
    after = history.scan_prices().collect()
    assert after.equals(before.sort("market_id", "at"))
    history.compact()
    assert sorted(place.files()) == ["00000000-00000002.parquet"]


def test_a_reader_that_began_before_a_merge_still_finds_its_files(history):
    for minute in range(3):
        history.save_prices([a_point(minute)])
    begun = history.scan_prices()
    history.compact()
    assert begun.collect().height == 3


def test_many_saves_merge_by_themselves(place, history, monkeypatch):
    monkeypatch.setattr(parts, "MERGE_AT_PARTS", 4)
    for minute in range(11):
        history.save_prices([a_point(minute)])
    assert history.scan_prices().collect()["at"].to_list() == [NOON + timedelta(minutes=minute) for minute in range(11)]
    assert len(sorted(place.files())) < 11


def test_a_large_file_is_not_merged_again(place, history, monkeypatch):
    history.save_prices([a_point(minute, price=minute * 7919 % 1_000_000) for minute in range(5_000)])
    (size,) = place.files().values()
    monkeypatch.setattr(parts, "MERGED_BYTES", size)
    for minute in (-2, -1):
        history.save_prices([a_point(minute)])
    history.compact()
    history.compact()
    assert sorted(place.files()) == ["00000000-00000000.parquet", "00000001-00000002.parquet"]


def test_a_merge_that_was_killed_before_it_removed_the_old_files_doubles_no_row(place, history):
    for minute in range(3):
        history.save_prices([a_point(minute)])
    history.compact()
    # The merge itself leaves the old files for readers, which is the state that a kill after the rename leaves.
    assert len(sorted(place.files())) == 4
    assert history.scan_prices().collect().height == 3
    assert history.save_prices([a_point(minute) for minute in range(3)]) == 0


def test_the_latest_book_of_each_outcome_comes_back_as_it_was_saved(history):
    other = replace(a_book(1, bids=(), asks=((990_000, 1),)), outcome_index=1, tick_size=None, token_id=None)
    history.save_books([a_book(3), a_book(1, bids=()), other, a_book(9, market="elsewhere")])
    history.save_books([a_book(2, asks=((540_000, 7), (550_000, 9)))])
    assert history.latest_books(["polymarket:m", "polymarket:nobody"]) == [a_book(3), other]
    assert history.latest_books([]) == []


def test_the_latest_books_of_an_instant_are_those_that_stood_by_then(history):
    history.save_books([a_book(0), a_book(5), a_book(9), a_book(7, market="n")])
    found = history.latest_books(["polymarket:m", "polymarket:n"], until=NOON + timedelta(seconds=5))
    assert [(book.market_id, book.observed_at) for book in found] == [("polymarket:m", NOON + timedelta(seconds=5))]


def test_a_writer_waits_for_another_but_not_for_ever(place, history):
    history.save_prices([a_point(1)])
    with place.folder("prices").held(0.1), pytest.raises(StorageBusyError, match="another process writes here since"):
        history.save_prices([a_point(2)])
    assert history.save_prices([a_point(2)]) == 1


def test_a_table_is_narrowed_and_counted_as_any_other(history):
    history.save_prices([a_point(minute, market=market) for minute in range(3) for market in "ab"])
    rows = history.scan_prices(["kalshi:a"])
    assert rows.select(pl.len()).collect().item() == 3
    assert rows.head(2).collect().height == 2
    assert history.scan_prices().head(4).filter(pl.col("market_id") == "kalshi:b").collect().height == 1
    assert rows.select("at", "price_micros").collect().columns == ["at", "price_micros"]
