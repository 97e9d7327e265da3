"""Recorded files: read as if they were a venue, or item by item without a catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgeworth.adapters.recordings.listing import RecordedFile, open_recordings
from edgeworth.markets.listing import ParsedItem
from edgeworth.markets.venue import Venue
from tasks.clock import utc_now
from tasks.wiring.storage import Storage
from tasks.wiring.venues import OpenVenue, SourceOptions

FILE_PREFIX = "file:"
"""What comes before the path where a recording is named as a source."""


def recorded_venues(path: Path, storage: Storage, options: SourceOptions) -> list[OpenVenue]:
    """The files of the recording at ``path``, each as a venue; one that cannot be read says why.

    Raises:
        UnreadableInputError: It is no recording; nothing was given.
    """
    found = open_recordings(
        path,
        now=options.as_of or utc_now(),
        include_combos=options.include_combos,
        series={one.native_id: one for one in storage.catalogue.list_series(Venue.KALSHI)},
        tokens=storage.catalogue.tokens(Venue.POLYMARKET),
    )
    readable = [
        OpenVenue(venue=file.venue, listings=[file], source=f"{FILE_PREFIX}{file.name}", note=_recorded_note(file))
        for file in found.files
    ]
    failed = [OpenVenue(venue=None, source=f"{FILE_PREFIX}{name}", error=str(error)) for name, error in found.failures]
    return readable + failed


def recorded_items(path: Path) -> Iterator[ParsedItem]:
    """Everything in the recording at ``path``, without a catalogue; rows that cannot be taken are refusals in it.

    Raises:
        UnreadableInputError: It is no recording; nothing was given.
    """
    for file in open_recordings(path, now=utc_now()).files:
        cursor: str | None = "0"
        while cursor is not None:
            page = file.page_at(int(cursor))
            split = file.split(page)
            yield from (file.parse(item, page) for item in split.items)
            cursor = split.next_cursor


def _recorded_note(file: RecordedFile) -> str:
    when = f"recorded {file.as_of:%Y-%m-%d %H:%M} UTC, according to: {file.as_of_source.value}"
    return when if file.bars is None else f"{when}; {file.bars.remark}"
