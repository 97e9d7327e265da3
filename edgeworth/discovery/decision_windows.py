"""Comparing when: the windows of two propositions."""

# ruff: noqa: PLR0911 -- a comparison is a list of cases

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from edgeworth.discovery.comparison import Comparison, Quotes, compared
from edgeworth.discovery.reading.slots import Window, WindowKind
from edgeworth.markets.relation import Finding, Quotation, TextField

_ONE_DAY: Final = timedelta(days=1)
_NAMES_A_CONTEST: Final = timedelta(days=45)
"""Two markets on one contest may close this far apart."""
_DAYS_OF_A_YEAR: Final = 365
_UNDATED: Final = timedelta(days=60)


def compare_windows(
    a: Sequence[Window], b: Sequence[Window], a_closes: datetime | None, b_closes: datetime | None, *, has_bounds: bool
) -> Comparison:
    """What the times of two statements say; close times speak only where a text is silent."""
    a_main, b_main = _main(a), _main(b)
    a_editions, b_editions = _editions(a), _editions(b)
    if not a_main and not b_main:
        return _compare_editions(a_editions, b_editions, a_closes, b_closes, has_bounds=has_bounds)
    if len(a_main) == len(b_main):
        a_main, b_main = sorted(a_main, key=_order), sorted(b_main, key=_order)
        parts = [
            _compare_two(one, other, a_closes, b_closes, has_bounds=has_bounds)
            for one, other in zip(a_main, b_main, strict=True)
        ]
        if a_editions and b_editions:
            parts.append(_compare_editions(a_editions, b_editions, a_closes, b_closes, has_bounds=has_bounds))
        return _weakest(parts)
    if not a_main and a_editions and len(b_main) == 1:
        return _compare_two(a_editions[0], b_main[0], a_closes, b_closes, has_bounds=has_bounds)
    if not b_main and b_editions and len(a_main) == 1:
        return _compare_two(a_main[0], b_editions[0], a_closes, b_closes, has_bounds=has_bounds)
    if not a_main and len(b_main) == 1:
        return _by_close(b_main[0], a_closes, is_a=False)
    if not b_main and len(a_main) == 1:
        return _by_close(a_main[0], b_closes, is_a=True)
    return compared("window", Finding.UNKNOWN, "One text gives more dates than the other.", a=_quotes(a), b=_quotes(b))


def _main(windows: Sequence[Window]) -> list[Window]:
    return [window for window in windows if window.kind is not WindowKind.EDITION]


def _editions(windows: Sequence[Window]) -> list[Window]:
    return [window for window in windows if window.kind is WindowKind.EDITION]


def _order(window: Window) -> tuple[str, date]:
    return window.kind.value, window.end or window.start or date.max


def _quotes(windows: Sequence[Window]) -> tuple[Quotation, ...]:
    return tuple(window.quotation for window in windows)


def _weakest(parts: Sequence[Comparison]) -> Comparison:
    """What several times say together: one that differs or is open decides; nested ones only if all nest alike."""
    changed = [part for part in parts if part.finding is not Finding.SAME]
    if not changed:
        return min(parts, key=lambda part: part.certainty)
    for part in changed:
        if part.finding not in {Finding.A_NARROWER, Finding.B_NARROWER}:
            return part
    if len({part.finding for part in changed}) > 1:
        return compared("window", Finding.DIFFERENT, "Different times.", a=changed[0].clause.a, b=changed[0].clause.b)
    return changed[0]


def _compare_editions(
    a: Sequence[Window],
    b: Sequence[Window],
    a_closes: datetime | None,
    b_closes: datetime | None,
    *,
    has_bounds: bool,
) -> Comparison:
    quotes: Quotes = {"a": _quotes(a), "b": _quotes(b)}
    if not a and not b:
        # An amount is reached by a day, told or not; an event without a date closes when the venue thinks fit.
        apart = 2 * _ONE_DAY if has_bounds else _UNDATED
        if a_closes is not None and b_closes is not None and abs(a_closes - b_closes) > apart:
            return compared(
                "window", Finding.UNKNOWN, "Neither text gives a date, and the markets close far apart.", 0.5
            )
        return compared("window", Finding.SAME, "Neither text gives a date.", 0.97)
    if a and b:
        same = {(one.start, one.end) for one in a} & {(one.start, one.end) for one in b}
        if same:
            return compared("window", Finding.SAME, "The same year or season.", **quotes)
        return compared("window", Finding.DISJOINT, "Different years or seasons.", **quotes)
    stated, closes = (a[0], b_closes) if a else (b[0], a_closes)
    other = a_closes if a else b_closes
    if closes is None or other is None or stated.start is None or stated.end is None:
        return compared("window", Finding.UNKNOWN, "Only one text names the year.", **quotes)
    if abs(closes - other) <= _NAMES_A_CONTEST and _within(closes.date(), stated.start, stated.end + _NAMES_A_CONTEST):
        return compared(
            "window", Finding.SAME, "One text names the year; the close times agree with it.", 0.93, **quotes
        )
    return compared("window", Finding.UNKNOWN, "Only one text names the year.", **quotes)


def _within(day: date, start: date, end: date) -> bool:
    return start <= day < end


def _by_close(stated: Window, closes: datetime | None, *, is_a: bool) -> Comparison:
    """One text gives a date, the other only its venue's close time."""
    own = (stated.quotation,)
    quotes: Quotes = {"a": own} if is_a else {"b": own}
    if closes is not None:
        other = _close_quotation(closes)
        quotes = {"a": own, "b": (other,)} if is_a else {"a": (other,), "b": own}
        if stated.kind is WindowKind.DEADLINE and stated.end is not None and stated.has_year:
            last = stated.end - _ONE_DAY
            if abs(closes.date() - last) <= _ONE_DAY:
                return compared(
                    "window", Finding.SAME, "One text names no date; its market closes on the other's.", 0.85, **quotes
                )
    return compared("window", Finding.UNKNOWN, "Only one text gives a date.", **quotes)


def _close_quotation(closes: datetime) -> Quotation:
    text = closes.isoformat()
    return Quotation(field=TextField.CLOSES_AT, start=0, end=len(text), text=text)


def _compare_two(
    a: Window, b: Window, a_closes: datetime | None, b_closes: datetime | None, *, has_bounds: bool
) -> Comparison:
    quotes: Quotes = {"a": (a.quotation,), "b": (b.quotation,)}
    if WindowKind.RELATIVE in {a.kind, b.kind}:
        return _compare_relative(a, b, a_closes, b_closes)
    if a.has_year != b.has_year:
        a_moved, b_moved = _yearless(a), _yearless(b)
        is_same = (a_moved.start, a_moved.end) == (b_moved.start, b_moved.end)
        finding = Finding.UNKNOWN if is_same else Finding.DIFFERENT
        return compared("window", finding, "Only one text gives the year." if is_same else "Different dates.", **quotes)
    if a.is_vague or b.is_vague:
        if (a.is_vague, a.written, a.wording) == (b.is_vague, b.written, b.wording):
            return compared("window", Finding.SAME, "The same deadline.", **quotes)
        if (
            a.end is not None
            and b.end is not None
            and abs(a.end - b.end) > timedelta(days=32)
            and a.is_vague
            and b.is_vague
        ):
            return compared("window", Finding.DIFFERENT, "Different deadlines.", **quotes)
        return compared(
            "window", Finding.UNKNOWN, "A deadline that can be read as its first or its last day.", **quotes
        )
    clock = _compare_clocks(a, b, has_bounds=has_bounds)
    if clock is not None:
        return clock
    certainty = 1.0 if a.has_year else 0.9
    finding, note = _compare_spans(a, b)
    if finding in {Finding.A_NARROWER, Finding.B_NARROWER} and _is_boundary_day(a, b, a_closes, b_closes):
        return compared(
            "window", Finding.SAME, "The close time shows that the day named is the last one in both.", 0.88, **quotes
        )
    if a.clock is not None or b.clock is not None:
        certainty = min(certainty, 1.0 if a.clock == b.clock else 0.8)
    return compared("window", finding, note, certainty, **quotes)


def _yearless(window: Window) -> Window:
    def moved(day: date | None) -> date | None:
        if day is None:
            return None
        return date(
            4 + (day.year - (window.written or day).year), day.month, day.day if (day.month, day.day) != (2, 29) else 28
        )

    return replace(window, start=moved(window.start), end=moved(window.end))


def _compare_relative(a: Window, b: Window, a_closes: datetime | None, b_closes: datetime | None) -> Comparison:
    quotes: Quotes = {"a": (a.quotation,), "b": (b.quotation,)}
    close = a_closes is not None and b_closes is not None and abs(a_closes - b_closes) <= 2 * _ONE_DAY
    if a.kind is b.kind and a.wording.split()[-2:] == b.wording.split()[-2:]:
        if a_closes is None or b_closes is None or close:
            return compared("window", Finding.SAME, "The same words for the time.", 0.9, **quotes)
        return compared(
            "window", Finding.DIFFERENT, "The same words for the time, written at different times.", **quotes
        )
    if close and a.kind is not b.kind:
        return compared(
            "window",
            Finding.SAME,
            "One text dates it, the other says it relative to a close time that agrees.",
            0.85,
            **quotes,
        )
    return compared("window", Finding.UNKNOWN, "A time told relative to the day of writing.", **quotes)


def _compare_clocks(a: Window, b: Window, *, has_bounds: bool) -> Comparison | None:
    quotes: Quotes = {"a": (a.quotation,), "b": (b.quotation,)}
    if a.clock is not None and b.clock is not None and a.clock != b.clock:
        return compared("window", Finding.DIFFERENT, "Different times of day.", **quotes)
    if (
        (a.clock is None) != (b.clock is None)
        and has_bounds
        and a.kind is WindowKind.ON
        and b.kind is WindowKind.ON
        and a.end == b.end
    ):
        return compared("window", Finding.UNKNOWN, "Only one text gives the time of day.", **quotes)
    if a.zone and b.zone and a.zone != b.zone:
        return compared("window", Finding.UNKNOWN, "Different time zones.", **quotes)
    return None


def _is_boundary_day(a: Window, b: Window, a_closes: datetime | None, b_closes: datetime | None) -> bool:
    """Whether it is "before March 31" beside "by March 31", where the market of the first closes as that day ends."""
    wordings = {"by" if window.wording == "through" else window.wording for window in (a, b)}
    if a.written is None or a.written != b.written or wordings != {"by", "before"} or not a.has_year:
        return False
    strict_closes = a_closes if a.wording == "before" else b_closes
    if strict_closes is None:
        return False
    if a_closes == b_closes:
        return True
    ended = a.written + _ONE_DAY
    return strict_closes.date() == ended and strict_closes.hour <= 12


def _is_whole_year(window: Window) -> bool:
    if window.start is None or window.end is None:
        return False
    return (window.start.month, window.start.day) == (1, 1) and (window.end - window.start).days >= _DAYS_OF_A_YEAR


def _span(window: Window, other: Window) -> tuple[date, date]:
    """The window as days; the start of a whole year falls away beside a deadline: what has happened is not asked."""
    start, end = window.start, window.end
    if other.kind is WindowKind.DEADLINE and _is_whole_year(window):
        start = None
    return start or date.min, end or date.max


def _is_over_before(period: Window, deadline: Window) -> bool:
    """Whether a year or quarter ended before the year of a deadline began.

    "In 2025" beside "by June 2026": a market on the second counts from its opening, which neither text tells.
    """
    if period.kind is not WindowKind.DURING or deadline.kind is not WindowKind.DEADLINE:
        return False
    if period.end is None or deadline.end is None:
        return False
    return period.end <= date((deadline.end - _ONE_DAY).year, 1, 1)


def _compare_spans(a: Window, b: Window) -> tuple[Finding, str]:
    if {a.kind, b.kind} == {WindowKind.AFTER, WindowKind.DEADLINE} and a.written == b.written:
        return Finding.UNKNOWN, "One speaks of the time up to a day, the other of the time after it."
    (a_start, a_end), (b_start, b_end) = _span(a, b), _span(b, a)
    if (a_start, a_end) == (b_start, b_end):
        return Finding.SAME, "The same time."
    if _is_over_before(a, b) or _is_over_before(b, a):
        return (
            Finding.DIFFERENT,
            "The one time is over before the year of the other's deadline, which may not count it.",
        )
    if a_end <= b_start or b_end <= a_start:
        return Finding.DISJOINT, "Times that do not overlap."
    if b_start <= a_start and a_end <= b_end:
        return Finding.A_NARROWER, "The first time lies within the second."
    if a_start <= b_start and b_end <= a_end:
        return Finding.B_NARROWER, "The second time lies within the first."
    return Finding.DIFFERENT, "Different times."
