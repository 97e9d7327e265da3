"""The raw store: every response as it was received, append only, one zstd frame a page.

``<data_dir>/raw/<venue>/<kind>/YYYY/MM/DD/<name>.jsonl.zst`` holds one JSON object a line. Each line is a zstd frame
of its own with a checksum, so ``zstd -dc`` reads the whole file, a page can be read at its offset alone, and a frame
that a dying process left half written is recognised and cut off. Nothing here knows what a page means.
"""

from __future__ import annotations

import base64
import fcntl
import logging
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec
import zstandard
from msgspec import Struct

from edgeworth.adapters.storage.disk import storage_error, sync_folder, write_all
from edgeworth.errors import ConfigurationError, StorageBusyError, UnreadableInputError
from edgeworth.markets.venue import Venue
from edgeworth.ports import RawPage, RawPosition

_log = logging.getLogger(__name__)

_READ_BYTES = 1 << 20
_MAGIC = b"\x28\xb5\x2f\xfd"
_SAFE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,150}")


class _Line(Struct, kw_only=True, omit_defaults=True):
    """A page as written. ``body`` when the bytes are UTF-8, else ``body_base64``."""

    venue: Venue
    kind: str
    url: str
    params: tuple[tuple[str, str], ...]
    fetched_at: datetime
    status: int
    body: str | None = None
    body_base64: str | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Line)


def encode_page(page: RawPage) -> bytes:
    """``page`` as one JSON line, with its newline."""
    try:
        body, body_base64 = page.body.decode("utf-8"), None
    except UnicodeDecodeError:
        body, body_base64 = None, base64.b64encode(page.body).decode("ascii")
    line = _Line(
        venue=page.venue,
        kind=page.kind,
        url=page.url,
        params=page.params,
        fetched_at=page.fetched_at,
        status=page.status,
        body=body,
        body_base64=body_base64,
    )
    return _encoder.encode(line) + b"\n"


def decode_page(line: bytes) -> RawPage:
    """The page that ``encode_page`` wrote.

    Raises:
        msgspec.DecodeError: The line is not a page.
    """
    read = _decoder.decode(line)
    body = read.body.encode() if read.body is not None else base64.b64decode(read.body_base64 or "")
    return RawPage(
        venue=read.venue,
        kind=read.kind,
        url=read.url,
        params=read.params,
        fetched_at=read.fetched_at,
        status=read.status,
        body=body,
    )


class ZstdRawStore:
    """The raw store in a folder (``RawStore``).

    Args:
        data_dir: Pages go below its folder ``raw``.
    """

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "raw"

    def create(self, venue: Venue, kind: str, name: str, at: datetime) -> RawFile:
        """A new file for pages of ``kind``, held by this process.

        Raises:
            StorageError: It exists already, or the folder cannot be written.
        """
        for part in (kind, name):
            if not _SAFE_NAME.fullmatch(part):
                raise ConfigurationError(f"expected a plain word as part of a raw path, found {part[:80]!r}")
        day = at.astimezone(UTC)
        path = f"{venue.value}/{kind}/{day:%Y/%m/%d}/{name}.jsonl.zst"
        target = self._root / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise storage_error(error, target) from error
        if not _lock(descriptor):
            os.close(descriptor)
            raise StorageBusyError(f"{target}: just created, yet another process holds it; try again")
        sync_folder(target.parent)
        return RawFile(path, target, os.fdopen(descriptor, "r+b", buffering=0))

    def try_open(self, path: str) -> RawFile | None:
        """The file at ``path`` to go on with; ``None`` when another process holds it or it is gone."""
        target = self._resolve(path)
        try:
            descriptor = os.open(target, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_error(error, target) from error
        if not _lock(descriptor):
            os.close(descriptor)
            return None
        return RawFile(path, target, os.fdopen(descriptor, "r+b", buffering=0))

    def paths(self, venue: Venue | None = None, kind: str | None = None) -> list[str]:
        """Every raw file, oldest day first within a venue and kind."""
        pattern = f"{venue.value if venue else '*'}/{kind or '*'}/*/*/*/*.jsonl.zst"
        return sorted(found.relative_to(self._root).as_posix() for found in self._root.glob(pattern))

    def read_pages(self, path: str, offset: int = 0) -> Iterator[tuple[RawPage, RawPosition]]:
        """Pages of ``path`` from ``offset`` on, without holding the file; stops before a page still being written.

        Raises:
            UnreadableInputError: The file is damaged before its last page.
        """
        target = self._resolve(path)
        try:
            with target.open("rb") as file:
                for line, start, end in _frames(file, offset, target):
                    yield decode_page(line), RawPosition(path=path, offset=start, end=end)
        except OSError as error:
            raise storage_error(error, target) from error

    def _resolve(self, path: str) -> Path:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts:
            raise ConfigurationError(f"expected a path inside the raw folder, found {path[:200]!r}")
        return self._root.joinpath(*parts)


class RawFile:
    """One raw file held by this process (``RawLog``). Made by ``ZstdRawStore``.

    The lock is the kernel's (``flock``) and lies on the file itself: it goes when the process does.
    """

    def __init__(self, path: str, target: Path, file: BinaryIO) -> None:
        self._path = path
        self._target = target
        self._file = file
        self._whole_end = 0
        """First byte after the last frame known to be whole."""
        self._is_tail_checked = False
        self._compressor = zstandard.ZstdCompressor(level=3, write_checksum=True, write_content_size=True)

    @property
    def path(self) -> str:
        """The file, relative to the raw folder."""
        return self._path

    def append(self, page: RawPage) -> RawPosition:
        """Store ``page`` durably; it is on disk when this returns.

        Raises:
            StorageFullError: No space; the file ends with its last whole page, as before.
        """
        if not self._is_tail_checked:
            for _ in self._scan(self._whole_end):
                pass
        frame = self._compressor.compress(encode_page(page))
        start = self._whole_end
        try:
            self._file.seek(start)
            write_all(self._file, frame)
            os.fsync(self._file.fileno())
        except OSError as error:
            self._cut(start)
            raise storage_error(error, self._target) from error
        self._whole_end = start + len(frame)
        return RawPosition(path=self._path, offset=start, end=self._whole_end)

    def read_from(self, offset: int) -> Iterator[tuple[RawPage, RawPosition]]:
        """Pages stored at ``offset`` and after; a torn last frame is cut off, not an error.

        Raises:
            UnreadableInputError: The file is damaged before its last page.
        """
        for line, start, end in self._scan(offset):
            yield decode_page(line), RawPosition(path=self._path, offset=start, end=end)

    def close(self) -> None:
        """Release the file and its lock."""
        self._file.close()

    def _scan(self, offset: int) -> Iterator[tuple[bytes, int, int]]:
        size = os.fstat(self._file.fileno()).st_size
        if offset > size:
            _log.warning("raw file is shorter than expected", extra={"raw_path": self._path, "expected": offset})
        self._whole_end = min(offset, size)
        for line, start, end in _frames(self._file, self._whole_end, self._target):
            self._whole_end = end
            yield line, start, end
        if os.fstat(self._file.fileno()).st_size > self._whole_end:
            _log.warning("cut a torn page off a raw file", extra={"raw_path": self._path, "at": self._whole_end})
            self._cut(self._whole_end)
        self._is_tail_checked = True

    def _cut(self, end: int) -> None:
        self._file.truncate(end)
        os.fsync(self._file.fileno())


def _frames(file: BinaryIO, offset: int, target: Path) -> Iterator[tuple[bytes, int, int]]:
    """Content, first byte and end of each whole frame from ``offset`` on; stops at a torn last one."""
    start, pending = offset, b""
    while True:
        # The position is set anew for each frame: the holder may append between two of them.
        file.seek(start + len(pending))
        frame = zstandard.ZstdDecompressor().decompressobj()
        parts: list[bytes] = []
        used = 0
        while not frame.eof:
            block = pending or file.read(_READ_BYTES)
            pending = b""
            if not block:
                return
            used += len(block)
            try:
                parts.append(frame.decompress(block))
            except zstandard.ZstdError as error:
                _check_is_tail(file, start, target, error)
                return
        pending = frame.unused_data
        end = start + used - len(pending)
        yield b"".join(parts), start, end
        start = end


def _check_is_tail(file: BinaryIO, start: int, target: Path, error: Exception) -> None:
    """A broken frame with a whole one after it is damage, not a page that was being written."""
    file.seek(start + 1)
    rest = file.read()
    at = rest.find(_MAGIC)
    while at >= 0:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            frame.decompress(rest[at:])
        except zstandard.ZstdError:
            at = rest.find(_MAGIC, at + 1)
            continue
        if frame.eof:
            raise UnreadableInputError(
                f"{target}: expected a whole page at byte {start}, found damage ({error}) with whole pages after it; "
                f"restore the file from a backup, or move it away to start anew"
            ) from error
        at = rest.find(_MAGIC, at + 1)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
