"""Files with labelled pairs, and files with questions to tell them from. Reading only; nothing is stored."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from edgeworth.discovery.labelled import LabelledPair, NamedQuestion, PairError, read_named, read_pair
from edgeworth.discovery.structure import MarketTraits, traits_of
from edgeworth.discovery.texts import QuestionText, text_of
from edgeworth.errors import ConfigurationError, UnreadableInputError
from edgeworth.markets.listing import ParsedItem
from tasks import wiring

LARGEST_FILE = 1_000_000_000
"""Bytes of a set, unpacked; what is larger is no set of pairs."""


class PoolQuestion(Struct, frozen=True):
    """A question of a pool. ``traits.market_id`` is what tells it from others."""

    text: QuestionText
    traits: MarketTraits


class PoolFile(Struct, frozen=True, kw_only=True):
    """The questions of one file. ``refused``: rows that hold no market."""

    name: str
    questions: list[PoolQuestion]
    refused: int = 0


def read_pairs(path: Path) -> Iterator[LabelledPair]:
    """The labelled pairs of a file: JSON lines or one JSON document, packed with gzip or not.

    Raises:
        ConfigurationError: The file cannot be read, or a line is no labelled pair; the message names both.
    """
    for place, row in _rows(path, _content(path)):
        try:
            yield read_pair(row)
        except PairError as error:
            raise ConfigurationError(f"{path}: {place}: {error}") from None


def read_pool(path: Path) -> PoolFile:
    """The questions of a file: a recording of Polymarket or Kalshi as ``ingest`` reads it, or rows of questions.

    Raises:
        ConfigurationError: The file is neither, or holds no question; the message names it.
    """
    content = _content(path)
    try:
        found = _recorded(path)
    except UnreadableInputError:
        found = PoolFile(name=path.name, questions=list(_questions(path, content)))
    if not found.questions:
        raise ConfigurationError(f"{path}: expected questions, found none and {found.refused} rows that hold no market")
    return found


def pool_question(named: NamedQuestion) -> PoolQuestion:
    """A question on its own, as it stands in a pool; one without an id is known by venue, words and close time."""
    text = named.text
    has_id = named.key != text.question.strip()
    traits = MarketTraits(
        market_id=named.key if has_id else f"{named.venue}|{named.key}|{text.closes_at}",
        venue=named.venue,
        outcome_count=len(text.outcomes) or 2,
        closes_at=text.closes_at,
    )
    return PoolQuestion(text, traits)


def _recorded(path: Path) -> PoolFile:
    questions: list[PoolQuestion] = []
    refused = 0
    for item in wiring.recorded_items(path):
        titles = {event.native_id: event.title for event in item.events}
        refused += len(item.refusals)
        questions += _markets(item, titles)
    return PoolFile(name=path.name, questions=questions, refused=refused)


def _markets(item: ParsedItem, titles: dict[str, str]) -> Iterator[PoolQuestion]:
    for market in item.markets:
        title = titles.get(market.event_native_id or "", "")
        traits = msgspec.structs.replace(traits_of(market), market_id=market.native_id)
        yield PoolQuestion(text_of(market, title), traits)


def _questions(path: Path, content: bytes) -> Iterator[PoolQuestion]:
    for place, row in _rows(path, content):
        try:
            yield pool_question(read_named(row, "the question"))
        except PairError as error:
            raise ConfigurationError(
                f"{path}: expected a recording of markets or rows of questions; {place}: {error}"
            ) from None


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"{path}: expected a file with labelled pairs or questions, found: {reason}") from None
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        with gzip.open(path, "rb") as packed:
            unpacked = packed.read(LARGEST_FILE)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigurationError(f"{path}: expected gzip, found: {error}") from None
    return unpacked


def _rows(path: Path, content: bytes) -> Iterator[tuple[str, Any]]:
    """Decoded rows with the place they stand at."""
    text = content.removeprefix(b"\xef\xbb\xbf")
    whole = _whole(text)
    if whole is not None:
        yield from ((f"row {number}", row) for number, row in enumerate(whole, start=1))
        return
    count = 0
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        count += 1
        try:
            yield f"line {number}", msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path}: line {number}: expected JSON, found: {error}") from None
    if count == 0:
        raise ConfigurationError(f"{path}: expected labelled pairs or questions, found an empty file")


def _whole(text: bytes) -> list[Any] | None:
    """The rows of a file that is one JSON document with a list in it; ``None`` for JSON lines."""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        for key in ("pairs", "markets", "questions"):
            if isinstance(document.get(key), list):
                return list(document[key])
    return None
