"""From the bytes of a page to listing items, for every venue: decode the wrapper, keep each object's own bytes, digest.

Knows JSON and nothing of any venue: wire names come from the venue's adapter as msgspec types. A body that is no page
at all (HTML, another encoding, cut off) is refused as a whole, with what was expected, what was found and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec
import xxhash

from edgeworth.errors import UnreadableInputError
from edgeworth.markets.listing import ListingItem

T = TypeVar("T")

EXCERPT_CHARACTERS = 80

LONGEST_KEY = 256
"""Longer than any id of a venue, and short enough for an index of any database."""

UTF8_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF16_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def listing_items(
    objects: Iterable[msgspec.Raw | bytes], *, kind: str, native_id: Callable[[bytes], str | None], seed: int = 0
) -> tuple[ListingItem, ...]:
    """One item for each of ``objects``, in their order.

    Args:
        objects: The bytes of each, as received.
        kind: What each object is, see ``ListingItem.kind``.
        native_id: Reads the venue's key from an object's bytes; ``None`` when there is none or it cannot be read. One
            that is longer than any key is taken as none, so that the object is parsed, and refused with a reason.
        seed: Of the digest: the version of the parser, so that a better one sees every object as changed.
    """
    items = []
    for index, each in enumerate(objects):
        raw = bytes(each)
        digest = xxhash.xxh3_128_hexdigest(raw, seed=seed)
        key = native_id(raw)
        known_as = key if key is None or len(key) <= LONGEST_KEY else None
        items.append(ListingItem(kind=kind, native_id=known_as, raw=raw, digest=digest, index=index))
    return tuple(items)


def decode_page(body: bytes, decoder: msgspec.json.Decoder[T], *, expected: str) -> T:
    """``body`` as what ``decoder`` reads; a leading byte order mark is skipped.

    Args:
        body: As received.
        decoder: Reads the wrapper; objects inside stay ``msgspec.Raw``.
        expected: What the body should be, for the message (``a page of Kalshi events``).

    Raises:
        UnreadableInputError: It is something else: nothing of it was used.
    """
    text = body.removeprefix(UTF8_BYTE_ORDER_MARK)
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise UnreadableInputError(f"expected {expected}, found JSON of another shape: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableInputError(f"expected {expected}, found {found_instead(text, error)}") from error


def found_instead(body: bytes, error: Exception) -> str:
    """What ``body`` is, given that reading it as JSON failed with ``error``: a phrase for a message."""
    if not body.strip():
        return "nothing: it is empty"
    if body.startswith(b"\x1f\x8b"):
        return "gzip that was not decompressed"
    if body.startswith(UTF16_BYTE_ORDER_MARKS) or b"\x00" in body[:4]:
        return "text in UTF-16 or UTF-32; UTF-8 is needed"
    if body.lstrip()[:1] == b"<":
        return f"an HTML or XML page, beginning {excerpt(body)}"
    if isinstance(error, UnicodeDecodeError):
        return f"text that is not UTF-8: {error}"
    return f"JSON that cannot be read: {error}{_place(body, str(error))}"


def excerpt(body: bytes) -> str:
    """The beginning of ``body`` in one printable line and quotes, for a message."""
    text = " ".join(body[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace").split())
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return repr(printable if len(printable) <= EXCERPT_CHARACTERS else printable[:EXCERPT_CHARACTERS] + "...")


def _place(body: bytes, message: str) -> str:
    """Line and byte in the line, from msgspec's "(byte N)"; for a body that ends too early, where it ends."""
    found = re.search(r"\(byte (\d+)\)", message)
    offset = int(found.group(1)) if found else len(body)
    line = body.count(b"\n", 0, offset) + 1
    column = offset - (body.rfind(b"\n", 0, offset) + 1) + 1
    return f" (line {line}, byte {column} of the line)" if found else f" (it ends at line {line}, byte {column})"
