"""Units of work on disk: found again by their key, whole or not there."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime

import pytest

from edgeworth.adapters.storage.units import FileUnits
from edgeworth.errors import DataError, StorageGoneError
from edgeworth.simulation.unit_key import unit_key
from tests.contexts import changed, context

KEY = "ab" * 32


@pytest.fixture
def units(tmp_path) -> FileUnits:
    return FileUnits(tmp_path)


@pytest.mark.parametrize("body", [b"", b"{}", b"\x00\xff" * 100_000])
def test_a_unit_comes_back_as_it_was_given(units, body):
    assert units.recall("reply", KEY) is None
    units.remember("reply", KEY, body)
    assert units.recall("reply", KEY) == body


def test_a_unit_is_one_file_that_a_plain_tool_can_read(units, tmp_path):
    import zstandard

    units.remember("run", KEY, b'{"a": 1}')
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert file == tmp_path / "units" / "run" / "ab" / f"{KEY}.zst"
    assert zstandard.ZstdDecompressor().decompress(file.read_bytes()) == b'{"a": 1}'


def test_kinds_do_not_meet_and_the_last_word_counts(units):
    units.remember("reply", KEY, b"1")
    units.remember("run", KEY, b"2")
    units.remember("run", KEY, b"3")
    assert (units.recall("reply", KEY), units.recall("run", KEY)) == (b"1", b"3")


@pytest.mark.parametrize(
    "damage",
    [
        lambda frame: frame[:-1],
        lambda frame: frame[:4],
        lambda frame: b"",
        lambda frame: b"{}" * 20,
        lambda frame: frame + b"x",
        lambda frame: frame[:-6] + bytes([frame[-6] ^ 1]) + frame[-5:],
        lambda frame: frame[:-1] + bytes([frame[-1] ^ 1]),
    ],
)
def test_a_damaged_file_is_logged_counts_as_missing_and_is_written_anew(units, tmp_path, caplog, damage):
    units.remember("reply", KEY, b"a reply that was paid for")
    (file,) = tmp_path.rglob("*.zst")
    file.write_bytes(damage(file.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert units.recall("reply", KEY) is None
    assert [record.message for record in caplog.records] == ["units.damaged"]
    units.remember("reply", KEY, b"again")
    assert units.recall("reply", KEY) == b"again"


@pytest.mark.parametrize("kind", ["", "..", "a/b", "Reply", "reply\n", "a" * 33, "a.b", "ä"])
def test_a_kind_is_a_word_and_never_a_path(units, kind):
    with pytest.raises(DataError, match="kind of a unit"):
        units.remember(kind, KEY, b"")
    with pytest.raises(DataError, match="kind of a unit"):
        units.recall(kind, KEY)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "AB" * 32, f"{KEY}\n", "/" * 64, "ab", "0x" + "1" * 30])
def test_a_key_is_a_digest_and_never_a_path(units, key):
    with pytest.raises(DataError, match="key of a unit"):
        units.recall("reply", key)


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "units").write_text("")
    with pytest.raises(StorageGoneError):
        FileUnits(tmp_path).remember("reply", KEY, b"")
    with pytest.raises(StorageGoneError):
        FileUnits(tmp_path).recall("reply", KEY)


def test_many_threads_that_keep_the_same_unit_do_not_disturb_each_other(units, tmp_path):
    failures: list[BaseException] = []
    start = threading.Barrier(8)

    def keep() -> None:
        start.wait()
        try:
            for _ in range(10):
                units.remember("reply", KEY, b"the same")
        except BaseException as error:  # noqa: BLE001  (handed to the test)
            failures.append(error)

    threads = [threading.Thread(target=keep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert units.recall("reply", KEY) == b"the same"
    assert not list(tmp_path.rglob("*.tmp"))


# --- keys -------------------------------------------------------------------------------------------------------------

DIFFERENT = [
    (),
    ("",),
    ("", ""),
    ("a", "bc"),
    ("ab", "c"),
    ("bc", "a"),
    ("abc",),
    (b"abc",),
    (["a", "bc"],),
    (1,),
    (1.0,),
    (True,),
    ("1",),
    (None,),
    ("null",),
    ({},),
    ({"a": 1},),
    ({"a": None},),
    (datetime(2026, 11, 21, tzinfo=UTC),),
    ("2026-11-21T00:00:00Z",),
    (context(),),
    (changed(context(), rules="x"),),
]


def test_keys_tell_everything_apart_that_differs():
    keys = [unit_key(*parts) for parts in DIFFERENT]
    assert len(set(keys)) == len(DIFFERENT)
    assert all(len(key) == 64 and int(key, 16) >= 0 for key in keys)


def test_the_same_gives_the_same_key_in_whatever_order_a_dictionary_was_filled():
    assert unit_key("run", {"a": 1, "b": {"x": 1, "y": 2}}) == unit_key("run", {"b": {"y": 2, "x": 1}, "a": 1})
    assert unit_key("run", context()) == unit_key("run", context())
    assert unit_key({"a", "b", "c"}) == unit_key({"c", "b", "a"})


def test_a_key_is_the_hash_that_its_description_says():
    """Length and name of the type, length and JSON of the value; by hand for one text."""
    import hashlib

    body = (12).to_bytes(8, "big") + b"builtins.str" + (3).to_bytes(8, "big") + b'"a"'
    assert unit_key("a") == hashlib.sha256(body).hexdigest()


def test_what_has_no_canonical_form_has_no_key():
    with pytest.raises(TypeError):
        unit_key(object())
