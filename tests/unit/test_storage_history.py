"""History: the same rows once, whole files or none, few files."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

import polars as pl
import pytest
from filelock import FileLock
from msgspec.structs import replace

from edgeworth.adapters.storage import parts
from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.errors import StorageBusyError
from edgeworth.markets.book import BookLevel, OrderBook
from edgeworth.markets.history import PricePoint, Side, Trade
from edgeworth.markets.venue import Venue
from tests.builders import NOON


def a_point(minute: int, *, market: str = "m", outcome: int = 0, venue: Venue = Venue.KALSHI, **changes) -> PricePoint:
    plain = {"interval_seconds": 60, "price": 520_000}
    return PricePoint(
        venue=venue,
        market_native_id=market,
        outcome_index=outcome,
        at=NOON + timedelta(minutes=minute),
        **(plain | changes),
    )


def a_trade(number: int, *, market: str = "m", **changes) -> Trade:
    plain = {"price": 520_000, "size": 1_000_000, "side": Side.BUY, "wallet": "0xabc"}
    return Trade(
        venue=Venue.POLYMARKET,
        market_native_id=market,
        trade_id=f"t{number}",
        outcome_index=0,
        at=NOON + timedelta(seconds=number),
        **(plain | changes),
    )


def a_book(second: int = 0, *, market: str = "m", bids=((510_000, 5),), asks=((530_000, 7),)) -> OrderBook:
    return OrderBook(
        venue=Venue.POLYMARKET,
        market_native_id=market,
        outcome_index=0,
        bids=tuple(BookLevel(*level) for level in bids),
        asks=tuple(BookLevel(*level) for level in asks),
        observed_at=NOON + timedelta(seconds=second),
        token_id="7" * 78,
        tick_size=10_000,
    )


@pytest.fixture
def history(tmp_path) -> ParquetHistory:
    return ParquetHistory(tmp_path, busy_timeout_seconds=0.1)


def files(tmp_path, name: str = "prices") -> list[str]:
    return sorted(path.name for path in (tmp_path / "history" / name).glob("*.parquet"))


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


def test_compacting_leaves_one_sorted_file_with_the_same_rows(tmp_path, history):
    for minute in (3, 1, 2):
        history.save_prices([a_point(minute, market=market) for market in "zab"])
    before = history.scan_prices().collect()
    assert history.compact() == {"prices": 1, "books": 0, "trades": 0, "bars": 0}
    after = history.scan_prices().collect()
    assert after.equals(before.sort("market_id", "at"))
    history.compact()
    assert files(tmp_path) == ["00000000-00000002.parquet"]


def test_a_reader_that_began_before_a_merge_still_finds_its_files(history):
    for minute in range(3):
        history.save_prices([a_point(minute)])
    begun = history.scan_prices()
    history.compact()
    assert begun.collect().height == 3


def test_many_saves_merge_by_themselves(tmp_path, history, monkeypatch):
    monkeypatch.setattr(parts, "MERGE_AT_PARTS", 4)
    for minute in range(11):
        history.save_prices([a_point(minute)])
    assert history.scan_prices().collect()["at"].to_list() == [NOON + timedelta(minutes=minute) for minute in range(11)]
    assert len(files(tmp_path)) < 11


def test_a_large_file_is_not_merged_again(tmp_path, history, monkeypatch):
    history.save_prices([a_point(minute, price=minute * 7919 % 1_000_000) for minute in range(5_000)])
    (large,) = tmp_path.rglob("*.parquet")
    monkeypatch.setattr(parts, "MERGED_BYTES", large.stat().st_size)
    for minute in (-2, -1):
        history.save_prices([a_point(minute)])
    history.compact()
    history.compact()
    assert files(tmp_path) == ["00000000-00000000.parquet", "00000001-00000002.parquet"]


def test_what_a_killed_writer_left_is_cleared_away_and_never_read(tmp_path, history):
    history.save_prices([a_point(1)])
    left = tmp_path / "history" / "prices" / ".00000001-00000001.parquet.4711.tmp"
    left.write_bytes(b"PAR1 half")
    assert history.scan_prices().collect().height == 1
    history.save_prices([a_point(2)])
    assert not left.exists()


def test_a_merge_that_was_killed_before_it_removed_the_old_files_doubles_no_row(tmp_path, history):
    for minute in range(3):
        history.save_prices([a_point(minute)])
    history.compact()
    # The merge itself leaves the old files for readers, which is the state that a kill after the rename leaves.
    assert len(files(tmp_path)) == 4
    assert history.scan_prices().collect().height == 3
    assert history.save_prices([a_point(minute) for minute in range(3)]) == 0


def test_another_writer_is_waited_for_but_not_for_ever(tmp_path, history):
    history.save_prices([a_point(1)])
    with FileLock(tmp_path / "history" / "prices" / ".lock"), pytest.raises(StorageBusyError, match="another process"):
        history.save_prices([a_point(2)])
    assert history.save_prices([a_point(2)]) == 1


CHILD = """
import pathlib, resource, sys
from datetime import UTC, datetime, timedelta
from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.errors import StorageFullError
from edgeworth.markets.history import PricePoint
from edgeworth.markets.venue import Venue
history = ParquetHistory(pathlib.Path(sys.argv[1]))
start, limit = int(sys.argv[2]), int(sys.argv[3])
noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
points = [PricePoint(venue=Venue.KALSHI, market_native_id="m", outcome_index=0, at=noon + timedelta(minutes=start + n),
    interval_seconds=60, price=(n * 7919) % 1_000_000) for n in range(3000)]
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    print(sum(history.save_prices(points[n : n + 1000]) for n in range(0, 3000, 1000)))
except StorageFullError as error:
    print("full:", error)
"""


def child(tmp_path, start: int, limit: int = 0) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path), str(start), str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )


def test_a_full_disk_leaves_no_half_file_and_no_temporary_one(tmp_path, history):
    history.save_prices([a_point(-1)])
    before = files(tmp_path)
    out, err = child(tmp_path, 0, limit=4096).communicate()
    assert out.startswith("full:"), err
    assert "no space left" in out
    assert files(tmp_path) == before
    assert not list(tmp_path.rglob("*.tmp"))
    assert history.scan_prices().collect().height == 1
    assert history.save_prices([a_point(0)]) == 1


def test_two_processes_that_save_overlapping_rows_store_each_once(tmp_path, history):
    children = [child(tmp_path, start) for start in (0, 1500)]
    saved = []
    for one in children:
        out, err = one.communicate()
        assert out.strip().isdigit(), err
        saved.append(int(out))
    assert sum(saved) == 4500
    rows = history.scan_prices().collect()
    assert rows.height == 4500
    assert rows.select(pl.struct("market_id", "outcome_index", "at").n_unique()).item() == 4500


def test_the_latest_book_of_each_outcome_comes_back_as_it_was_saved(tmp_path):
    history = ParquetHistory(tmp_path)
    other = replace(a_book(1, bids=(), asks=((990_000, 1),)), outcome_index=1, tick_size=None, token_id=None)
    history.save_books([a_book(3), a_book(1, bids=()), other, a_book(9, market="elsewhere")])
    history.save_books([a_book(2, asks=((540_000, 7), (550_000, 9)))])
    assert history.latest_books(["polymarket:m", "polymarket:nobody"]) == [a_book(3), other]
    assert history.latest_books([]) == []


def test_without_any_file_there_is_no_latest_book(tmp_path):
    assert ParquetHistory(tmp_path).latest_books(["polymarket:m"]) == []


def test_the_latest_books_of_an_instant_are_those_that_stood_by_then(history):
    history.save_books([a_book(0), a_book(5), a_book(9), a_book(7, market="n")])
    found = history.latest_books(["polymarket:m", "polymarket:n"], until=NOON + timedelta(seconds=5))
    assert [(book.market_id, book.observed_at) for book in found] == [("polymarket:m", NOON + timedelta(seconds=5))]
