"""The raw store: a page is on disk as received, or it is not there."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
import zstandard
from msgspec.structs import replace

from edgeworth.adapters.storage import raw as raw_module
from edgeworth.adapters.storage.raw import ZstdRawStore
from edgeworth.errors import ConfigurationError, StorageError, StorageFullError, UnreadableInputError
from edgeworth.markets.venue import Venue
from edgeworth.ports import RawPage
from tests.builders import NOON


def a_page(body: bytes = b'[{"id": 1}]', **changes) -> RawPage:
    plain = RawPage(
        venue=Venue.KALSHI,
        kind="events",
        url="http://127.0.0.1/events",
        params=(("limit", "200"), ("limit", "100")),
        fetched_at=NOON,
        status=200,
        body=body,
    )
    return replace(plain, **changes)


@pytest.fixture
def store(tmp_path) -> ZstdRawStore:
    return ZstdRawStore(tmp_path)


@pytest.fixture
def log(store):
    log = store.create(Venue.KALSHI, "events", "pass1", NOON)
    yield log
    log.close()


def file_of(tmp_path, log):
    return tmp_path / "raw" / log.path


def test_a_file_stands_below_venue_kind_and_day(tmp_path, log):
    assert log.path == "kalshi/events/2026/11/01/pass1.jsonl.zst"
    assert file_of(tmp_path, log).is_file()


def test_the_day_is_that_in_utc(store):
    from datetime import datetime, timezone

    late = datetime(2026, 10, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    log = store.create(Venue.KALSHI, "events", "pass2", late)
    assert log.path == "kalshi/events/2026/11/01/pass2.jsonl.zst"
    log.close()


@pytest.mark.parametrize(
    "body", [b"", b"plain", "Zürich \u20ac\x00".encode(), b"\xff\xfe<\x00h\x00", b"\xef\xbb\xbf{}"]
)
def test_a_page_comes_back_as_it_was_received(log, body):
    position = log.append(a_page(body, status=429))
    assert list(log.read_from(0)) == [(a_page(body, status=429), position)]


def test_positions_are_contiguous_and_reading_may_begin_at_any_of_them(log):
    first, second, third = (log.append(a_page(name)) for name in (b"a", b"b", b"c"))
    assert (first.offset, first.end, second.end) == (0, second.offset, third.offset)
    assert [page.body for page, _ in log.read_from(second.offset)] == [b"b", b"c"]
    assert list(log.read_from(third.end)) == []


def test_any_zstd_tool_reads_the_file_as_json_lines(tmp_path, log):
    for body in (b"one", b"two"):
        log.append(a_page(body))
    with file_of(tmp_path, log).open("rb") as file:
        reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        lines = reader.read().splitlines()
    assert [json.loads(line)["body"] for line in lines] == ["one", "two"]
    assert json.loads(lines[0])["fetched_at"] == "2026-11-01T12:00:00Z"


@pytest.mark.parametrize("lost", [1, 5, -1])
def test_a_torn_last_page_is_cut_off_when_the_file_is_read(tmp_path, store, log, lost):
    whole, torn = log.append(a_page(b"whole")), log.append(a_page(b"torn" * 50))
    log.close()
    # -1: only the first byte of the frame reached the disk.
    os.truncate(file_of(tmp_path, log), torn.end - lost if lost > 0 else torn.offset + 1)
    again = store.try_open(log.path)
    assert [page.body for page, _ in again.read_from(0)] == [b"whole"]
    assert file_of(tmp_path, log).stat().st_size == whole.end
    again.close()


def test_a_torn_last_page_is_cut_off_before_the_next_one_is_appended(tmp_path, store, log):
    log.append(a_page(b"whole"))
    torn = log.append(a_page(b"torn"))
    log.close()
    os.truncate(file_of(tmp_path, log), torn.end - 3)
    again = store.try_open(log.path)
    again.append(a_page(b"next"))
    assert [page.body for page, _ in again.read_from(0)] == [b"whole", b"next"]
    again.close()


def test_a_last_page_of_which_only_the_length_reached_the_disk_is_torn_too(tmp_path, store, log):
    whole = log.append(a_page(b"whole"))
    log.close()
    with file_of(tmp_path, log).open("ab") as file:
        file.write(b"\0" * 300)
    again = store.try_open(log.path)
    assert [page.body for page, _ in again.read_from(0)] == [b"whole"]
    assert file_of(tmp_path, log).stat().st_size == whole.end
    again.close()


def test_damage_before_the_last_page_is_an_error_and_nothing_is_cut(tmp_path, store, log):
    first = log.append(a_page(b"first" * 100))
    last = log.append(a_page(b"last"))
    log.close()
    with file_of(tmp_path, log).open("r+b") as file:
        file.seek(first.end - 6)
        file.write(b"\xff\xff")
    again = store.try_open(log.path)
    with pytest.raises(UnreadableInputError, match="byte 0"):
        list(again.read_from(0))
    assert file_of(tmp_path, log).stat().st_size == last.end
    again.close()


def test_a_reader_without_the_lock_stops_before_a_page_that_is_being_written(tmp_path, store, log):
    log.append(a_page(b"whole"))
    torn = log.append(a_page(b"torn"))
    os.truncate(file_of(tmp_path, log), torn.end - 3)
    assert [page.body for page, _ in store.read_pages(log.path)] == [b"whole"]
    assert file_of(tmp_path, log).stat().st_size == torn.end - 3


def test_a_held_file_is_not_opened_twice(store, log):
    assert store.try_open(log.path) is None
    log.close()
    again = store.try_open(log.path)
    assert again is not None
    again.close()


def test_a_file_that_is_gone_is_not_opened(tmp_path, store, log):
    file_of(tmp_path, log).unlink()
    assert store.try_open(log.path) is None


def test_the_lock_goes_with_a_killed_process(tmp_path, store):
    script = (
        "import os, pathlib, signal, sys\n"
        "from datetime import UTC, datetime\n"
        "from edgeworth.adapters.storage.raw import ZstdRawStore\n"
        "from edgeworth.markets.venue import Venue\n"
        "log = ZstdRawStore(pathlib.Path(sys.argv[1])).create(Venue.KALSHI, 'events', 'p', datetime(2026, 11, 1, tzinfo=UTC))\n"
        "print(log.path, flush=True)\n"
        "sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    with child:
        path = child.stdout.readline().strip()
        assert store.try_open(path) is None
        child.kill()
        child.wait()
        log = store.try_open(path)
    assert log is not None
    log.close()


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, store, log, monkeypatch):
    whole = log.append(a_page(b"whole"))

    def write_half(file, data):
        file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(raw_module, "write_all", write_half)
        with pytest.raises(StorageFullError, match="no space left"):
            log.append(a_page(b"too much"))
    assert file_of(tmp_path, log).stat().st_size == whole.end
    log.append(a_page(b"next"))
    assert [page.body for page, _ in log.read_from(0)] == [b"whole", b"next"]


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "x" * 200, "a\n"])
def test_a_name_that_could_leave_the_folder_is_refused(store, name):
    with pytest.raises(ConfigurationError):
        store.create(Venue.KALSHI, "events", name, NOON)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../../x", ""])
def test_a_path_outside_is_refused(store, path):
    with pytest.raises(ConfigurationError):
        store.try_open(path)


def test_an_existing_file_is_never_overwritten(store, log):
    with pytest.raises(StorageError, match="expected a new file"):
        store.create(Venue.KALSHI, "events", "pass1", NOON)


def test_files_are_listed_by_venue_kind_and_day(store, log):
    other = store.create(Venue.POLYMARKET, "books", "b", NOON)
    later = store.create(Venue.KALSHI, "events", "a", NOON + timedelta(days=1))
    assert store.paths(Venue.KALSHI) == [log.path, later.path]
    assert store.paths() == [log.path, later.path, other.path]
    assert store.paths(kind="books") == [other.path]
    other.close()
    later.close()
