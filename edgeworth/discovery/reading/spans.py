"""When, as written: a day, month, quarter, season or year, read from tokens with the words it came from.

``dateparser`` and ``dateutil`` guess what a text leaves out (today's month, this year) and do not say which words they
read; both are what a reading must never do. So dates are read here. What the words in front of a date make of it (by,
before, after) is read in ``windows``.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

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


class SpanReader:
    """Reads spans from tokens that no phrase has taken."""

    def __init__(self, words: Words, taken: Sequence[bool]) -> None:
        self.words = words
        self.tokens = words.tokens
        self.taken = taken

    def at(self, position: int) -> Token | None:
        """The token there; ``None`` outside the text and where a phrase has taken it."""
        if 0 <= position < len(self.tokens) and not self.taken[position]:
            return self.tokens[position]
        return None

    def text(self, position: int) -> str:
        """The text of the token there, empty where there is none."""
        token = self.at(position)
        return "" if token is None else token.text

    def is_word(self, position: int) -> bool:
        """Whether a word stands there, of a name or not."""
        return position < len(self.tokens) and self.tokens[position].kind is TokenKind.WORD

    def skip(self, position: int, *texts: str) -> int:
        """The position after ``position`` where one of ``texts`` stands there, else ``position``."""
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
        """The month named there, 1 to 12."""
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
        found = calendar_day(number, month, day)
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
            found = calendar_day(int(parts[0]) if parts[0].isdecimal() else 0, int(parts[2]), int(parts[4]))
            return Span(found, found + timedelta(days=1), first, first + 4, is_day=True) if found else None
        if parts[1] != "/" or not (parts[0].isdecimal() and parts[2].isdecimal()) or len(parts[0]) > 2:
            return None
        if parts[3] == "/" and parts[4].isdecimal() and len(parts[4]) in {2, 4}:
            year = int(parts[4]) + (2000 if len(parts[4]) == 2 else 0)
            found = calendar_day(year, int(parts[0]), int(parts[2])) if 1900 <= year <= 2199 else None
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


def calendar_day(year: int, month: int, day: int) -> date | None:
    """That day; ``None`` where the calendar does not have it."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1]) + timedelta(days=1)
