"""Files that are no recordings: refused as a whole, with what was expected and found, and without the folder's name."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeworth.adapters.recordings.listing import open_recordings
from edgeworth.errors import UnreadableInputError

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MARKETS = json.dumps([{"ticker": f"KXA-{n}", "event_ticker": "KXA", "status": "active"} for n in range(5000)]).encode()


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableInputError) as refused:
        open_recordings(path, now=NOW)
    message = str(refused.value)
    assert str(path.parent) not in message
    assert path.name in message
    assert "expected" in message
    return message


def written(folder: Path, content: bytes) -> Path:
    path = folder / "recording.json"
    path.write_bytes(content)
    return path


def test_a_truncated_gzip_says_how_much_could_be_read(tmp_path: Path) -> None:
    whole = gzip.compress(MARKETS)
    message = refusal(written(tmp_path, whole[: len(whole) // 2]))
    assert "breaks off" in message
    readable = int(message.split("breaks off: ")[1].split(" bytes")[0].replace(",", ""))
    assert 0 < readable < len(MARKETS)


def test_a_damaged_gzip(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(os.urandom(50_000).hex().encode()))
    whole[len(whole) // 2] ^= 0xFF
    assert "damage" in refusal(written(tmp_path, bytes(whole)))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding(tmp_path: Path, encoding: str) -> None:
    assert "UTF-16" in refusal(written(tmp_path, MARKETS.decode().encode(encoding)))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    assert "byte 11" in refusal(written(tmp_path, b'{"title": "\xff"}'))


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><html>", b"\n  <html>", b"\xef\xbb\xbf<?xml version='1.0'?>"])
def test_an_html_page(tmp_path: Path, page: bytes) -> None:
    assert "HTML" in refusal(written(tmp_path, page))
    assert "HTML" in refusal(written(tmp_path, gzip.compress(page)))


@pytest.mark.parametrize("content", [b"", b"  \n\n ", gzip.compress(b"", mtime=0)])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    message = refusal(written(tmp_path, content))
    assert "empty" in message or "blanks" in message


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nothing.json")


class LockedPath(type(Path())):  # type: ignore[misc]
    """A file that this user may not read, also when this user is root."""

    def open(self, *args: object, **options: object) -> object:
        raise PermissionError(13, "Permission denied", str(self))


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    assert "may not read it" in refusal(LockedPath(written(tmp_path, MARKETS)))


def test_a_folder_without_recordings(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    assert "found 0 files" in refusal(folder)
    (folder / "README.md").write_text("# Notes\n\nnothing here")
    message = refusal(folder)
    assert "found 1 files" in message
    assert "README.md" in message


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'[\n  {"ticker": "A"},\n  {"ticker": }\n]', "line 3, byte 14"),
        (b'{\n  "markets": [1, 2,, 3]\n}', "line 2, byte 20"),
        (b'[{"ticker": "A"}', "it ends at line 1, byte 17"),
    ],
)
def test_a_mistake_in_json_is_named_by_line_and_byte(tmp_path: Path, content: bytes, place: str) -> None:
    assert place in refusal(written(tmp_path, content))


def test_json_in_which_nothing_is_known(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, b'{"temperature": 21, "unit": "C"}'))
    assert "temperature, unit" in message


def test_a_table_with_an_unknown_header(tmp_path: Path) -> None:
    message = refusal(written(tmp_path, b"date,rain,wind,sun\n2026-01-01,1,2,0\n"))
    assert "date, rain, wind, sun" in message
    assert "nearest known table" in message


def test_text_that_is_no_table(tmp_path: Path) -> None:
    refusal(written(tmp_path, b"This is a letter.\nIt has no columns."))
