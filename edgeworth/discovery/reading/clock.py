"""The time of day and the time zone beside a date: ``11:59 PM ET``, ``noon``."""

from __future__ import annotations

from typing import Final

from edgeworth.discovery.reading.spans import SpanReader

_ZONES: Final = {
    "et": "ET", "est": "ET", "edt": "ET", "eastern": "ET", "pt": "PT", "pst": "PT", "pdt": "PT", "pacific": "PT",
    "ct": "CT", "cst": "CT", "cdt": "CT", "utc": "UTC", "gmt": "UTC", "cet": "CET", "cest": "CET",
}  # fmt: skip


def read_clock(reader: SpanReader, first: int, last: int) -> tuple[int | None, str, int, int]:
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


def _zone_at(reader: SpanReader, position: int) -> tuple[str, int]:
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


def _time_at(reader: SpanReader, position: int) -> tuple[int | None, int]:
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
