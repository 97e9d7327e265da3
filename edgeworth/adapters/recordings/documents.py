"""The objects inside a JSON document, whatever it is wrapped in. Pure.

Wrappers that were seen: a bare array; ``{fetched_at, markets, summary}``; ``{_metadata, response}``; an object keyed
"0" to "45"; a list under the venue's own name with a cursor beside it; a record of ours or another's with the venue's
object under ``raw``; a single object.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct, field

from edgeworth.adapters.listing_pages import decode_page
from edgeworth.errors import UnreadableInputError

Fields = dict[str, Raw]

_fields_decoder = msgspec.json.Decoder(Fields)
_list_decoder = msgspec.json.Decoder(list[Raw])
_text_decoder = msgspec.json.Decoder(str)
_texts_decoder = msgspec.json.Decoder(list[str])

_LISTS = ("events", "markets", "data", "trades", "series", "orderbooks", "multivariate_contracts")
"""Names under which the venues list objects."""

_SIDE_LISTS = ("milestones", "tags", "profiles")
"""Lists that may stand beside the main one (Kalshi's ``/events``, Gamma's search); their objects are rows too."""

_SINGLE = ("market", "series")
"""Names under which a single object stands. A single event is kept whole: its markets stand beside it."""

_NAMES = frozenset({"title", "question", "slug", "ticker", "event_ticker", "conditionId", "condition_id"})

SECONDS_PER_MINUTE = 60


class Context(Struct, frozen=True, kw_only=True):
    """What the wrapper says of all objects, because the answer does not: the parameters of the request.

    Attributes:
        recorded_at: As written. ticker: The one market asked for. interval_seconds: Of candles.
    """

    recorded_at: str | None = None
    ticker: str | None = None
    interval_seconds: int | None = None


class Document(Struct, frozen=True, kw_only=True):
    """The objects of a document, undecoded, in its order."""

    objects: list[bytes | Raw]
    context: Context = Context()


class _Metadata(Struct):
    recorded_at: str | None = None
    ticker: str | None = None
    period_interval: int | None = None


class _Wrapper(Struct):
    response: Raw
    metadata: _Metadata = field(name="_metadata")


class _EventCandles(Struct):
    market_tickers: list[str] = []
    market_candlesticks: list[Raw] = []


_wrapper_decoder = msgspec.json.Decoder(_Wrapper)
_event_candles_decoder = msgspec.json.Decoder(_EventCandles)


def read_document(text: bytes, *, name: str) -> Document:
    """The objects of ``text``.

    Args:
        text: A whole JSON document.
        name: Of the file, for messages.

    Raises:
        UnreadableInputError: It is not JSON; the message says line and byte.
    """
    expected = f"{name} to be a JSON document"
    context = Context()
    if _is(text, b"{"):
        fields = decode_page(text, _fields_decoder, expected=expected)
        if "_metadata" in fields and "response" in fields:
            wrapper = decode_page(text, _wrapper_decoder, expected=expected)
            context = _request_context(wrapper.metadata)
            text = bytes(wrapper.response)
        elif "fetched_at" in fields and _is(fields["fetched_at"], b'"'):
            context = Context(recorded_at=_text_decoder.decode(fields["fetched_at"]))
    if not _is(text, b"{"):
        return Document(objects=[*decode_page(text, _list_decoder, expected=expected)], context=context)
    fields = decode_page(text, _fields_decoder, expected=expected)
    return Document(objects=list(_objects(text, fields, name)), context=context)


def _request_context(metadata: _Metadata) -> Context:
    minutes = metadata.period_interval
    return Context(
        recorded_at=metadata.recorded_at,
        ticker=metadata.ticker,
        interval_seconds=None if minutes is None else minutes * SECONDS_PER_MINUTE,
    )


def object_of_line(line: bytes) -> bytes | Raw:
    """The venue's object of one line of JSON lines: the line itself, or what stands under ``raw`` in it.

    Raises:
        msgspec.DecodeError: The line is no JSON object.
        UnicodeDecodeError: The line is no text.
    """
    fields = _fields_decoder.decode(line)
    return fields["raw"] if "raw" in fields and _is(fields["raw"], b"{") else line


def _objects(text: bytes, fields: Fields, name: str) -> Iterator[bytes | Raw]:
    """The objects of a document that is one object with ``fields``."""
    if fields and all(key.isdigit() for key in fields):
        yield from fields.values()
    elif "market_candlesticks" in fields:
        yield from _candles_by_market(text, name)
    elif "event" in fields or "candlesticks" in fields:
        yield text
    elif (listed := next((key for key in _LISTS if _lists(fields, key)), None)) is not None and not _is_record(fields):
        yield from _list_decoder.decode(fields[listed])
        for side in _SIDE_LISTS:
            if side in fields and _is(fields[side], b"["):
                yield from _list_decoder.decode(fields[side])
    elif (single := next((key for key in _SINGLE if key in fields and _is(fields[key], b"{")), None)) is not None:
        yield fields[single]
    elif "raw" in fields and _is(fields["raw"], b"{"):
        yield fields["raw"]
    else:
        yield text


def _lists(fields: Fields, key: str) -> bool:
    return key in fields and _is(fields[key], b"[")


def _is_record(fields: Fields) -> bool:
    """A record has a name of its own; a page has none. A record, too, has lists: its markets, its events, its tags."""
    return not _NAMES.isdisjoint(fields)


def _candles_by_market(text: bytes, name: str) -> Iterator[bytes]:
    """The answer for an event names its markets and their candles in two parallel lists; one object for each."""
    answer = decode_page(text, _event_candles_decoder, expected=f"{name} to hold the candles of an event's markets")
    tickers, candle_lists = answer.market_tickers, answer.market_candlesticks
    if len(tickers) != len(candle_lists):
        raise UnreadableInputError(
            f"{name}: expected candles of each of {len(tickers)} markets, found {len(candle_lists)} lists of candles"
        )
    for ticker, candles in zip(tickers, candle_lists, strict=True):
        yield msgspec.json.encode({"market_ticker": ticker, "candlesticks": candles})


def _is(raw: Raw | bytes, opening: bytes) -> bool:
    return bytes(raw).lstrip()[:1] == opening
