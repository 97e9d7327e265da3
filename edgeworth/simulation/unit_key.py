"""The key of a unit: one digest over all that decided it. What a unit is, and where it is kept, is no part of it."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(order="deterministic")


def unit_key(*parts: Any) -> str:
    """SHA-256, in hexadecimal, over ``parts``: their order, their types and their values.

    ``("a", "bc")`` and ``("ab", "c")`` differ, and so do ``1``, ``1.0``, ``True`` and ``"1"``. Begin with a word for
    what the unit is and a number that is raised when the code that makes it changes what it makes.

    Args:
        parts: Bytes, and whatever msgspec encodes as JSON: text, numbers, instants, ``Struct``, lists, dictionaries.
            The order in which a dictionary or a set was filled does not matter.

    Raises:
        TypeError: A part is nothing of that kind.
    """
    digest = hashlib.sha256()
    for part in parts:
        kind = f"{type(part).__module__}.{type(part).__qualname__}".encode()
        body = bytes(part) if isinstance(part, bytes | bytearray | memoryview) else _encoder.encode(part)
        for piece in (kind, body):
            digest.update(len(piece).to_bytes(8, "big"))
            digest.update(piece)
    return digest.hexdigest()
