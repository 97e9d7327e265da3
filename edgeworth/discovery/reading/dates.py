"""When: days, months, quarters, years, seasons and the words in front of them, as windows of whole days.

``dateparser`` and ``dateutil`` guess what a text leaves out (today's month, this year) and do not say which words they
read; both are what a reading must never do. So dates are read here, from tokens, with the words they came from.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.reading.slots import Window, WindowKind
from edgeworth.discovery.reading.tokens import Token, TokenKind, Words

NO_YEAR: Final = 4
"""Stands for an unknown year; it is a leap year, so that February 29 fits."""

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ],
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS: Final = frozenset(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
_HOLIDAYS: Final = {
    ("independence", "day"): (7, 4),
    ("christmas",): (12, 25),
    ("christmas", "day"): (12, 25),
    ("christmas", "eve"): (12, 24),
    ("new", "year's", "eve"): (12, 31),
    ("new", "years", "eve"): (12, 31),
    ("new", "year", "eve"): (12, 31),
    ("halloween",): (10, 31),
    ("valentine", "day"): (2, 14),
}
_ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_RELATIVE: Final = frozenset(["day", "week", "weekend", "month", "quarter", "year", "season"])
_ZONES: Final = {
    "et": "ET", "est": "ET", "edt": "ET", "eastern": "ET", "pt": "PT", "pst": "PT", "pdt": "PT", "pacific": "PT",
    "ct": "CT", "cst": "CT", "cdt": "CT", "utc": "UTC", "gmt": "UTC", "cet": "CET", "cest": "CET",
}  # fmt: skip


class Span(Struct, frozen=True, gc=False):
    """A day or a period as written, tokens ``first`` to ``last``."""

    start: date
    end: date
    first: int
    last: int
    has_year: bool = True
    is_day: bool = False
    is_bare_year: bool = False
    is_season: bool = False


class WindowsFound(Struct, frozen=True):
    windows: tuple[Window, ...]
    used: frozenset[int]


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1]) + timedelta(days=1)


class _Reader:
    """Reads spans from tokens that no phrase has taken."""

    def __init__(self, words: Words, taken: Sequence[bool]) -> None:
        self.words = words
        self.tokens = words.tokens
        self.taken = taken

    def at(self, position: int) -> Token | None:
        if 0 <= position < len(self.tokens) and not self.taken[position]:
            return self.tokens[position]
        return None

    def text(self, position: int) -> str:
        token = self.at(position)
        return "" if token is None else token.text

    def is_word(self, position: int) -> bool:
        """Whether a word stands there, of a name or not."""
        return position < len(self.tokens) and self.tokens[position].kind is TokenKind.WORD

    def skip(self, position: int, *texts: str) -> int:
        return position + 1 if self.text(position) in texts else position

    def year(self, position: int) -> tuple[int, int] | None:
        """Year and last token at ``position``: ``2026`` or ``'26``."""
        text = self.text(position)
        if text in {"'", "\u2019", "`"}:
            short = self.text(position + 1)
            return (2000 + int(short), position + 1) if len(short) == 2 and short.isdecimal() else None
        if len(text) == 4 and text.isdecimal() and 1900 <= int(text) <= 2199:
            following = self.at(position + 1)
            if following is not None and following.is_glued and following.text in {"%", "k"}:
                return None
            return int(text), position
        return None

    def month(self, position: int) -> int | None:
        token = self.at(position)
        if token is None or token.kind is not TokenKind.WORD or token.text not in _MONTHS:
            return None
        if token.text in {"may", "march", "mar", "sep", "dec", "jan", "jun"} and not token.is_capital:
            # In lower case these are verbs or names unless a day follows.
            return _MONTHS[token.text] if self.day_number(position + 1) is not None else None
        return _MONTHS[token.text]

    def day_number(self, position: int) -> tuple[int, int] | None:
        """Day of a month and last token: ``4``, ``4th``."""
        token = self.at(position)
        if token is None or token.kind is not TokenKind.NUMBER or not token.text.isdecimal() or len(token.text) > 2:
            return None
        day = int(token.text)
        suffix = self.at(position + 1)
        last = position + 1 if suffix and suffix.is_glued and suffix.text in {"st", "nd", "rd", "th"} else position
        return (day, last) if 1 <= day <= 31 else None

    def span(self, position: int) -> Span | None:
        """The day or period that begins at ``position``."""
        token = self.at(position)
        if token is None:
            return None
        if token.kind is TokenKind.NUMBER:
            return (
                self._numeric(position)
                or self._day_month(position)
                or self._season(position)
                or self._bare_year(position)
            )
        return (
            self._month_day(position)
            or self._quarter(position)
            or self._holiday(position)
            or self._fiscal_year(position)
            or self._bare_year(position)
        )

    def _dated(self, month: int, day: int, year: tuple[int, int] | None, first: int, last: int) -> Span | None:
        number, end = year if year is not None else (NO_YEAR, last)
        found = _day(number, month, day)
        if found is None:
            return None
        return Span(found, found + timedelta(days=1), first, end, year is not None, is_day=True)

    def _month_day(self, first: int) -> Span | None:
        month = self.month(first)
        if month is None:
            return None
        after = self.skip(first + 1, ".")
        numbered = self.day_number(after)
        if numbered is not None and self.year(after) is None:
            day, last = numbered
            year = self.year(self.skip(last + 1, ",", "of")) or self.year(self.skip(last + 1, ","))
            return self._dated(month, day, year, first, last)
        year = self.year(self.skip(after, ",", "of"))
        number, last = year if year is not None else (NO_YEAR, first)
        return Span(date(number, month, 1), _month_end(number, month), first, last, year is not None)

    def _day_month(self, first: int) -> Span | None:
        numbered = self.day_number(first)
        if numbered is None:
            return None
        day, last = numbered
        after = self.skip(last + 1, "of")
        month = self.month(after)
        if month is None:
            return None
        return self._dated(month, day, self.year(self.skip(after + 1, ",")), first, after)

    def _numeric(self, first: int) -> Span | None:
        parts = [self.text(first + step) for step in range(5)]
        marks = {parts[1], parts[3]}
        if marks == {"-"} and len(parts[0]) == 4 and parts[2].isdecimal() and parts[4].isdecimal():
            found = _day(int(parts[0]) if parts[0].isdecimal() else 0, int(parts[2]), int(parts[4]))
            return Span(found, found + timedelta(days=1), first, first + 4, is_day=True) if found else None
        if parts[1] != "/" or not (parts[0].isdecimal() and parts[2].isdecimal()) or len(parts[0]) > 2:
            return None
        if parts[3] == "/" and parts[4].isdecimal() and len(parts[4]) in {2, 4}:
            year = int(parts[4]) + (2000 if len(parts[4]) == 2 else 0)
            found = _day(year, int(parts[0]), int(parts[2])) if 1900 <= year <= 2199 else None
            return Span(found, found + timedelta(days=1), first, first + 4, is_day=True) if found else None
        if int(parts[2]) == int(parts[0]) + 1 and int(parts[0]) > 12:
            return Span(
                date(2000 + int(parts[2]), 1, 1), date(2001 + int(parts[2]), 1, 1), first, first + 2, is_season=True
            )
        return self._dated(int(parts[0]), int(parts[2]), None, first, first + 2) if 1 <= int(parts[0]) <= 12 else None

    def _season(self, first: int) -> Span | None:
        """``2025-26``, ``2025/26``, ``2025-2026``: named by its second year."""
        begun = self.text(first)
        mark, ended = self.text(first + 1), self.text(first + 2)
        if mark not in {"-", "/"} or not (begun.isdecimal() and ended.isdecimal()) or len(begun) != 4:
            return None
        year = int(begun) + 1
        if not 1900 < year < 2200 or ended not in {str(year), f"{year % 100:02d}"}:
            return None
        return Span(date(year, 1, 1), date(year + 1, 1, 1), first, first + 2, is_season=True)

    def _bare_year(self, first: int) -> Span | None:
        year = self.year(first)
        if year is None:
            return None
        return Span(date(year[0], 1, 1), date(year[0] + 1, 1, 1), first, year[1], is_bare_year=True)

    def _fiscal_year(self, first: int) -> Span | None:
        if self.text(first) != "fy":
            return None
        year = self.year(first + 1)
        return None if year is None else Span(date(year[0], 1, 1), date(year[0] + 1, 1, 1), first, year[1])

    def _quarter(self, first: int) -> Span | None:
        letter, number = self.at(first), self.at(first + 1)
        if letter is None or number is None:
            return None
        if letter.text in {"q", "h"} and letter.is_capital and number.is_glued and number.text in {"1", "2", "3", "4"}:
            length = 3 if letter.text == "q" else 6
            index, last = int(number.text), first + 1
            if index * length > 12:
                return None
        elif letter.text in _ORDINALS and number.text == "quarter":
            length, index, last = 3, _ORDINALS[letter.text], first + 1
        else:
            return None
        year = self.year(self.skip(last + 1, "of", ",", "'"))
        begun, last = year if year is not None else (NO_YEAR, last)
        month = (index - 1) * length + 1
        return Span(date(begun, month, 1), _month_end(begun, month + length - 1), first, last, year is not None)

    def _holiday(self, first: int) -> Span | None:
        for names, (month, day) in _HOLIDAYS.items():
            if all(self.text(first + step) == name for step, name in enumerate(names)):
                last = first + len(names) - 1
                return self._dated(month, day, self.year(self.skip(last + 1, ",")), first, last)
        return None


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


def find_windows(words: Words, taken: Sequence[bool]) -> WindowsFound:
    """All windows of a text, and the tokens that say them. ``taken`` tokens belong to a name already."""
    reader = _Reader(words, taken)
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


def _window(reader: _Reader, position: int) -> tuple[Window, int, int] | None:
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
    clock, zone, clock_first, last = _clock(reader, first, span.last if until is None else until.last)
    first = min(first, clock_first)
    if until is not None:
        start = (
            span.start
            if span.has_year or not until.has_year
            else _day(until.start.year, span.start.month, span.start.day)
        )
        window = _make(WindowKind.DURING, start, until.end, span, "in", reader, first, last)
        return replace(window, written=start, has_year=until.has_year), first, last
    if reader.text(last + 1) in {"end", "ends"} and wording == "before":
        wording, last, at_end = "before", last + 1, True
    window = _interpret(span, wording, at_end=at_end, reader=reader, first=first, last=last)
    return replace(window, clock=clock, zone=zone), first, last


def _dates_a_meeting(reader: _Reader, span: Span) -> bool:
    """Whether a month stands before the meeting held in it."""
    if span.is_day or span.is_bare_year or span.is_season:
        return False
    following = [token.text for token in reader.tokens[span.last + 1 : span.last + 3]]
    return "meeting" in following[:1] or following in (["fomc", "meeting"], ["fed", "meeting"], ["policy", "meeting"])


def _names_a_contest(reader: _Reader, span: Span) -> bool:
    """Whether a period stands before the name of what happens in it: "the 2026 midterms", "the March 2026 meeting"."""
    following = span.last + 1
    if span.is_day or not span.has_year or not reader.is_word(following):
        return False
    return reader.text(span.first - 1) == "the" or (span.is_bare_year and reader.at(following) is None)


def _interpret(span: Span, wording: str, *, at_end: bool, reader: _Reader, first: int, last: int) -> Window:
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
    reader: _Reader,
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


def _introduction(reader: _Reader, position: int) -> tuple[str, bool, int]:
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


def _second_day(reader: _Reader, span: Span) -> Span | None:
    after = span.last + 1
    if reader.text(after) in {"and", "to", "through", "-", "until"}:
        second = reader.span(after + 1)
        if second is not None and second.is_day:
            return second
        numbered = reader.day_number(after + 1) if reader.text(after) == "-" else None
        if numbered is not None and not reader.text(after + 2).startswith("%"):
            day, last = numbered
            year = reader.year(reader.skip(last + 1, ","))
            found = _day(year[0] if year else span.start.year, span.start.month, day)
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


def _clock(reader: _Reader, first: int, last: int) -> tuple[int | None, str, int, int]:
    """Time of day and zone just after token ``last`` or before token ``first``: minutes, zone, first, last token."""
    begin = last + 1
    while reader.text(begin) in {",", "at", "("} and begin - last < 3:
        begin += 1
    minutes, end = _time_at(reader, begin)
    if minutes is None:
        zone, end = _zone_at(reader, begin)
        if zone:
            return None, zone, first, reader.skip(end + 1, ")", "time") - 1
        before = first - 1
        for back in (1, 2, 3, 4, 5, 6):
            minutes, end = _time_at(reader, before - back + 1)
            if minutes is not None:
                zone, end = _zone_at(reader, end + 1) if _zone_at(reader, end + 1)[0] else ("", end)
                if end == before:
                    start = before - back + 1
                    return _not_midnight(minutes), zone, start - 1 if reader.text(start - 1) == "at" else start, last
        return None, "", first, last
    zone, after = _zone_at(reader, end + 1)
    return _not_midnight(minutes), zone, first, after if zone else end


def _not_midnight(minutes: int) -> int | None:
    return None if minutes >= 23 * 60 + 59 else minutes


def _zone_at(reader: _Reader, position: int) -> tuple[str, int]:
    at = reader.skip(position, "(")
    zone = _ZONES.get(reader.text(at), "")
    if not zone:
        return "", position - 1
    end = at
    if reader.text(end + 1) in {"standard", "daylight"}:
        end += 1
    if reader.text(end + 1) == "time":
        end += 1
    return zone, end + 1 if at > position and reader.text(end + 1) == ")" else end


def _time_at(reader: _Reader, position: int) -> tuple[int | None, int]:
    """Minutes after midnight of ``11:59 PM``, ``noon``, ``5pm``, and the last token."""
    text = reader.text(position)
    if text in {"noon", "midday"}:
        return 12 * 60, position
    if text == "midnight":
        return 24 * 60, position
    if not text.isdecimal() or len(text) > 2 or int(text) > 24:
        return None, position
    hour, minute, last = int(text), 0, position
    if (
        reader.text(position + 1) == ":"
        and len(reader.text(position + 2)) == 2
        and reader.text(position + 2).isdecimal()
    ):
        minute, last = int(reader.text(position + 2)), position + 2
        if reader.text(last + 1) == ":" and reader.text(last + 2).isdecimal():
            last += 2
    half = reader.text(last + 1)
    if half in {"am", "pm"}:
        return (hour % 12 + (12 if half == "pm" else 0)) * 60 + minute, last + 1
    return (hour * 60 + minute, last) if last > position else (None, position)


def _relative(reader: _Reader, position: int) -> tuple[Window, int, int] | None:
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
