"""The bytes of a recorded file: decompressed, checked to be text in UTF-8, and what kind of text it is.

The whole file is read once, in pieces, before anything of it is used: a file that breaks off is refused before its
first record is taken, not after its last readable one. Messages name the file without its folder.
"""

from __future__ import annotations

import codecs
import contextlib
import gzip
import re
import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO

import msgspec
import xxhash
from msgspec import Struct

from edgeworth.adapters.listing_pages import UTF8_BYTE_ORDER_MARK, UTF16_BYTE_ORDER_MARKS, excerpt
from edgeworth.errors import UnreadableInputError

PIECE_BYTES = 1 << 20

EXPECTED = "a recording of Polymarket or Kalshi, or bars (JSON, JSON lines or CSV, plain or gzip)"

_GZIP_MAGIC = b"\x1f\x8b"
_UPDATED = re.compile(rb'"(?:updatedAt|createdAt|updated_time|created_time)"\s*:\s*"([0-9][^"\\]{9,34})"')
_OVERLAP_BYTES = 80
"""Longest match of ``_UPDATED``, so that one that lies across two pieces is found."""


class TextKind(StrEnum):
    """How the records of a file are written."""

    JSON = "json"
    JSON_LINES = "json-lines"
    CSV = "csv"


class Survey(Struct, frozen=True, kw_only=True):
    """What one reading of the whole file says.

    Attributes:
        digest: xxh3-128 of the decompressed bytes, as hex: the same for a file and its gzip.
        newest_update: Latest instant at which the text says that a record was made or updated, as written; the file
            cannot be older. ``None`` when it says none.
    """

    kind: TextKind
    digest: str
    size: int
    newest_update: str | None


def survey(path: Path) -> Survey:
    """Read ``path`` to its end and say what it is.

    Raises:
        UnreadableInputError: It is missing, may not be read, is empty, breaks off, or is no text in UTF-8 of a kind
            that is known here.
    """
    digest = xxhash.xxh3_128()
    decoder = codecs.getincrementaldecoder("utf-8")()
    size, head, tail, newest = 0, b"", b"", b""
    for piece in _pieces(path):
        if size == 0:
            head = piece
            _check_beginning(head, path.name)
        _check_utf8(decoder, piece, size, path.name)
        newest = max([newest, *_UPDATED.findall(tail + piece)])
        tail = piece[-_OVERLAP_BYTES:]
        digest.update(piece)
        size += len(piece)
    if size == 0:
        raise UnreadableInputError(f"{path.name}: expected {EXPECTED}, found an empty file")
    _check_utf8(decoder, b"", size, path.name, final=True)
    kind = _text_kind(path, head)
    return Survey(kind=kind, digest=digest.hexdigest(), size=size, newest_update=newest.decode() or None)


def read_all(path: Path) -> bytes:
    """The decompressed text without its byte order mark.

    Raises:
        UnreadableInputError: See ``survey``.
    """
    return b"".join(_pieces(path)).removeprefix(UTF8_BYTE_ORDER_MARK)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """``path`` open for reading its decompressed bytes; failures are ``UnreadableInputError``."""
    try:
        with path.open("rb") as file:
            is_gzip = file.read(2) == _GZIP_MAGIC
            file.seek(0)
            if is_gzip:
                with gzip.GzipFile(fileobj=file) as stream:
                    yield stream
            else:
                yield file
    except FileNotFoundError:
        raise UnreadableInputError(f"{path.name}: expected {EXPECTED}, found no such file") from None
    except PermissionError:
        raise UnreadableInputError(f"{path.name}: expected {EXPECTED}, but this user may not read it") from None
    except IsADirectoryError:
        raise UnreadableInputError(f"{path.name}: expected {EXPECTED}, found a folder") from None
    except EOFError:
        raise UnreadableInputError(
            f"{path.name}: expected a whole gzip file, found one that breaks off: {_readable_bytes(path):,} bytes of "
            "text could be read, none of them was used"
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableInputError(
            f"{path.name}: expected a whole gzip file, found damage after {_readable_bytes(path):,} bytes of "
            f"text ({error}); none of them was used"
        ) from None
    except OSError as error:
        raise UnreadableInputError(f"{path.name}: expected {EXPECTED}, but reading fails: {error.strerror}") from error


def _pieces(path: Path) -> Iterator[bytes]:
    with opened(path) as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece


def _readable_bytes(path: Path) -> int:
    """How many bytes a damaged gzip file still gives."""
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    readable = 0
    with path.open("rb") as file, contextlib.suppress(zlib.error):
        while piece := file.read(PIECE_BYTES):
            readable += len(inflate.decompress(piece))
    return readable


def _check_beginning(head: bytes, name: str) -> None:
    if head.startswith(UTF16_BYTE_ORDER_MARKS) or b"\x00" in head[:1024]:
        raise UnreadableInputError(
            f"{name}: expected text in UTF-8, found UTF-16 or another encoding with zero bytes; convert it first"
        )
    if head.removeprefix(UTF8_BYTE_ORDER_MARK).lstrip()[:1] == b"<":
        raise UnreadableInputError(f"{name}: expected {EXPECTED}, found an HTML or XML page, beginning {excerpt(head)}")


def _check_utf8(
    decoder: codecs.IncrementalDecoder, piece: bytes, before: int, name: str, *, final: bool = False
) -> None:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError as error:
        at = before + error.start
        raise UnreadableInputError(f"{name}: expected text in UTF-8, found other bytes at about byte {at:,}") from None


def _text_kind(path: Path, head: bytes) -> TextKind:
    text = head.removeprefix(UTF8_BYTE_ORDER_MARK).lstrip()
    if not text:
        raise UnreadableInputError(f"{path.name}: expected {EXPECTED}, found only blanks")
    if text[:1] == b"[":
        return TextKind.JSON
    if text[:1] == b"{":
        return TextKind.JSON_LINES if _has_lines(path) else TextKind.JSON
    return TextKind.CSV


def _has_lines(path: Path) -> bool:
    """Whether the first line is an object of its own and others follow."""
    with opened(path) as stream:
        lines = (line for line in stream if line.strip())
        first, second = next(lines, b""), next(lines, b"")
    if not second:
        return False
    try:
        msgspec.json.decode(first.removeprefix(UTF8_BYTE_ORDER_MARK), type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
