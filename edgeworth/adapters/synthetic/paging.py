"""Cursors and pages, as far as they are the same for every listing.

A cursor is opaque to clients: base64 of the listing's name, a fingerprint of its filters and a position. It is bound to
the filters, as at the real exchanges.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import zstandard

_FORGET: Final = frozenset({"limit", "after_cursor", "cursor", "next_cursor", "offset", "page"})


def fingerprint(items: Iterable[tuple[str, str]]) -> str:
    """What identifies a set of filters: every parameter but those that page."""
    text = "&".join(f"{name}={value}" for name, value in sorted(items) if name not in _FORGET)
    return f"{zlib.crc32(text.encode()):08x}"


def encode_cursor(listing: str, filters: str, position: str) -> str:
    """The cursor that leads to ``position``."""
    return base64.urlsafe_b64encode(f"{listing}|{filters}|{position}".encode()).decode()


def decode_cursor(cursor: str, listing: str, filters: str) -> str | None:
    """The position behind ``cursor``; ``None`` when it is not one of this listing with these filters."""
    try:
        parts = base64.urlsafe_b64decode(cursor.encode()).decode().split("|")
    except (binascii.Error, ValueError):
        return None
    return parts[2] if len(parts) == 3 and parts[:2] == [listing, filters] else None


class PageCache:
    """Bodies already rendered, compressed, the least recently used dropped first.

    Args:
        limit_bytes: Most memory that the compressed bodies may take.
    """

    def __init__(self, limit_bytes: int = 48_000_000) -> None:
        self._limit = limit_bytes
        self._size = 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._pack = zstandard.ZstdCompressor(level=1)
        self._unpack = zstandard.ZstdDecompressor()

    def get(self, key: str) -> bytes | None:
        """The body under ``key``, if it is still there."""
        packed = self._bodies.get(key)
        if packed is None:
            return None
        self._bodies.move_to_end(key)
        return self._unpack.decompress(packed)

    def put(self, key: str, body: bytes) -> None:
        """Keep ``body`` under ``key``."""
        packed = self._pack.compress(body)
        self._size += len(packed) - len(self._bodies.pop(key, b""))
        self._bodies[key] = packed
        while self._size > self._limit and self._bodies:
            _, dropped = self._bodies.popitem(last=False)
            self._size -= len(dropped)

    def clear(self) -> None:
        """Forget everything."""
        self._bodies.clear()
        self._size = 0
