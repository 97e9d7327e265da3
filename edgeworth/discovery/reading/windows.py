"""Days and periods with the words in front of them, as windows of whole days: by, before, on, in, between, after.

The days and periods themselves are read in ``spans``, times of day in ``clock``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.reading.clock import read_clock
from edgeworth.discovery.reading.slots import Window, WindowKind
from edgeworth.discovery.reading.spans import Span, SpanReader, calendar_day
from edgeworth.discovery.reading.tokens import Words

_WEEKDAYS: Final = frozenset(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
_RELATIVE: Final = frozenset(["day", "week", "weekend", "month", "quarter", "year", "season"])
_INTRODUCTIONS: Final = {
    ("by",): "by", ("on", "or", "before"): "by", ("no", "later", "than"): "by", ("not", "later", "than"): "by",
    ("through",): "through", ("thru",): "through", ("up", "to"): "by", ("until",): "until", ("till",): "until",
    ("before",): "before", ("prior", "to"): "before", ("ahead", "of"): "before", ("on",): "on", ("as", "of"): "on",
    ("at",): "on", ("in",): "in", ("during",): "in", ("within",): "in", ("for",): "in", ("of",): "of",
    ("past",): "past", ("beyond",): "past",
    ("after",): "after", ("since",): "after", ("starting",): "after", ("between",): "between", ("from",): "between",
    ("in", "or", "before"): "by", ("on", "or", "after"): "from",
}  # fmt: skip
_BEFORE_A_MEETING: Final = frozenset({"after", "at", "in", "following", "its", "their", "the", "during"})
_ENDS: Final = frozenset({"end", "conclusion", "close", "eoy", "eom"})


class WindowsFound(Struct, frozen=True):
    """The windows of a text in its order, and the tokens that say them."""

    windows: tuple[Window, ...]
    used: frozenset[int]


def find_windows(words: Words, taken: Sequence[bool]) -> WindowsFound:
    """All windows of a text, and the tokens that say them. ``taken`` tokens belong to a name already."""
    reader = SpanReader(words, taken)
    windows: list[Window] = []
    used: set[int] = set()
    position = 0
    while position < len(words.tokens):
        found = _relative(reader, position) or _window(reader, position)
        if found is None:
            position += 1
            continue
        window, first, last = found
        windows.append(window)
        used.update(range(first, last + 1))
        position = last + 1
    return WindowsFound(tuple(windows), frozenset(used))


def _window(reader: SpanReader, position: int) -> tuple[Window, int, int] | None:
    span = reader.span(position)
    if span is None:
        return None
    if _dates_a_meeting(reader, span):
        # "after the December 2026 meeting", "at their December meeting": what that month's meeting decides.
        first = position
        while first and reader.text(first - 1) in _BEFORE_A_MEETING:
            first -= 1
        window = _make(WindowKind.DURING, span.start, span.end, span, "in", reader, first, span.last)
        return window, first, span.last
    if _names_a_contest(reader, span):
        # "after the 2026 midterms": the year names the contest, and the word before it is about the contest.
        window = _make(WindowKind.EDITION, span.start, span.end, span, "in", reader, position, span.last)
        return window, position, span.last
    wording, at_end, first = _introduction(reader, position)
    until = _second_day(reader, span) if wording in {"between", "on", "in", "", "of"} and span.is_day else None
    clock, zone, clock_first, last = read_clock(reader, first, span.last if until is None else until.last)
    first = min(first, clock_first)
    if until is not None:
        start = (
            span.start
            if span.has_year or not until.has_year
            else calendar_day(until.start.year, span.start.month, span.start.day)
        )
        window = _make(WindowKind.DURING, start, until.end, span, "in", reader, first, last)
        return replace(window, written=start, has_year=until.has_year), first, last
    if reader.text(last + 1) in {"end", "ends"} and wording == "before":
        wording, last, at_end = "before", last + 1, True
    window = _interpret(span, wording, at_end=at_end, reader=reader, first=first, last=last)
    return replace(window, clock=clock, zone=zone), first, last


def _dates_a_meeting(reader: SpanReader, span: Span) -> bool:
    """Whether a month stands before the meeting held in it."""
    if span.is_day or span.is_bare_year or span.is_season:
        return False
    following = [token.text for token in reader.tokens[span.last + 1 : span.last + 3]]
    return "meeting" in following[:1] or following in (["fomc", "meeting"], ["fed", "meeting"], ["policy", "meeting"])


def _names_a_contest(reader: SpanReader, span: Span) -> bool:
    """Whether a period stands before the name of what happens in it: "the 2026 midterms", "the March 2026 meeting"."""
    following = span.last + 1
    if span.is_day or not span.has_year or not reader.is_word(following):
        return False
    return reader.text(span.first - 1) == "the" or (span.is_bare_year and reader.at(following) is None)


def _interpret(span: Span, wording: str, *, at_end: bool, reader: SpanReader, first: int, last: int) -> Window:
    """The window that ``wording`` and a span make together."""
    start, end = span.start, span.end
    deadline = WindowKind.DEADLINE
    if wording in {"by", "before", "until", "through"}:
        is_whole = span.is_day or at_end or wording == "through"
        stop = start if wording == "before" and not at_end else end
        if wording != "before" and not is_whole:
            return replace(_make(deadline, None, end, span, wording, reader, first, last), is_vague=True)
        return _make(
            deadline,
            None,
            stop,
            span,
            "end" if at_end and not span.is_day and wording != "through" else wording,
            reader,
            first,
            last,
        )
    if wording in {"after", "past", "from"}:
        return _make(WindowKind.AFTER, start if wording == "from" else end, None, span, wording, reader, first, last)
    if at_end:
        final = end - timedelta(days=1)
        return _make(WindowKind.ON, final, end, span, "on", reader, first, last)
    if span.is_day:
        return _make(WindowKind.ON, start, end, span, "on", reader, first, last)
    is_named = wording in {"", "of"} and (span.is_bare_year or span.is_season)
    kind = WindowKind.EDITION if is_named or span.is_season else WindowKind.DURING
    return _make(kind, start, end, span, "in", reader, first, last)


def _make(
    kind: WindowKind,
    start: date | None,
    end: date | None,
    span: Span,
    wording: str,
    reader: SpanReader,
    first: int,
    last: int,
) -> Window:
    return Window(
        kind=kind,
        start=start,
        end=end,
        written=span.start if not (wording == "on" and not span.is_day) else start,
        wording=wording,
        has_year=span.has_year,
        quotation=reader.words.quote(first, last),
    )


def _introduction(reader: SpanReader, position: int) -> tuple[str, bool, int]:
    """Wording in front of the span at ``position``, whether its end is meant, and the first token of it all."""
    first, at_end = position, False
    while reader.text(first - 1) in {"the", "of", "(", "calendar", "year", "fiscal", "monday", "tuesday", "wednesday",
                                     "thursday", "friday", "saturday", "sunday", "week"} | _ENDS or (
        reader.text(first - 1) == "," and reader.text(first - 2) in _WEEKDAYS
    ):  # fmt: skip
        first -= 1
        at_end = at_end or reader.text(first) in _ENDS
    for length in (3, 2, 1):
        spelt = tuple(reader.text(first - length + step) for step in range(length))
        if "" not in spelt and spelt in _INTRODUCTIONS:
            return _INTRODUCTIONS[spelt], at_end, first - length
    if not at_end:
        return ("of" if reader.text(position - 1) == "of" else ""), False, position
    return "", True, first


def _second_day(reader: SpanReader, span: Span) -> Span | None:
    after = span.last + 1
    if reader.text(after) in {"and", "to", "through", "-", "until"}:
        second = reader.span(after + 1)
        if second is not None and second.is_day:
            return second
        numbered = reader.day_number(after + 1) if reader.text(after) == "-" else None
        if numbered is not None and not reader.text(after + 2).startswith("%"):
            day, last = numbered
            year = reader.year(reader.skip(last + 1, ","))
            found = calendar_day(year[0] if year else span.start.year, span.start.month, day)
            if found is not None:
                return Span(
                    found,
                    found + timedelta(days=1),
                    span.first,
                    year[1] if year else last,
                    year is not None,
                    is_day=True,
                )
    return None


def _relative(reader: SpanReader, position: int) -> tuple[Window, int, int] | None:
    text, following = reader.text(position), reader.text(position + 1)
    if text in {"today", "tonight", "tomorrow"}:
        last = position
    elif text in {"this", "next", "coming"} and following in _RELATIVE | _WEEKDAYS:
        last = position + 1
    elif text == "next" and following.isdecimal() and reader.text(position + 2).rstrip("s") in _RELATIVE | {"hour"}:
        last = position + 2
    elif text in _WEEKDAYS and reader.at(position).is_capital and reader.span(reader.skip(position + 1, ",")) is None:  # type: ignore[union-attr]
        last = position
    else:
        return None
    if following in {"year", "season"} and text == "this":
        stated = reader.span(reader.skip(position + 2, "("))
        if stated is not None:
            # "this year (2026)": the year that follows says it.
            first = position
            return (
                _interpret(stated, "in", at_end=False, reader=reader, first=first, last=stated.last),
                first,
                stated.last,
            )
    wording, _, first = _introduction(reader, position)
    words = " ".join([wording, *(reader.text(one) for one in range(position, last + 1))]).strip()
    window = Window(
        kind=WindowKind.RELATIVE, start=None, end=None, written=None, wording=words,
        has_year=False, quotation=reader.words.quote(first, last),
    )  # fmt: skip
    return window, first, last
