"""The records of a recorded file one after the other, each told by its shape; in bounded memory where possible.

JSON lines and CSV are read record by record; a JSON document is held as a whole. A record that cannot be read alone (a
broken line, a row with too few cells) is a row like any other, to be refused; its neighbours are kept.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from edgeworth.adapters.listing_pages import UTF8_BYTE_ORDER_MARK
from edgeworth.adapters.recordings.contents import EXPECTED, TextKind, opened, read_all
from edgeworth.adapters.recordings.documents import Context, Document, object_of_line, read_document
from edgeworth.adapters.recordings.shapes import REFUSED, shape_of
from edgeworth.adapters.recordings.tables import LAYOUTS, Layout, layout_of
from edgeworth.errors import UnreadableInputError
from edgeworth.markets.venue import Venue

BROKEN = "broken"
"""Kind of records that could not be read from the file, kept with what was found."""


class Row(Struct, frozen=True, kw_only=True):
    """One record.

    Attributes:
        venue: Whose; ``None`` where it is not known what it is.
        kind: Of the venue's page it would stand on; a CSV layout's name; ``REFUSED``; ``BROKEN``.
        raw: JSON bytes.
    """

    venue: Venue | None
    kind: str
    raw: bytes | Raw


class BrokenRecord(Struct, kw_only=True):
    """What is kept of a record that could not be read."""

    code: str
    reason: str
    text: str


class Rows:
    """All records of one file, which can be read again from the start.

    Args:
        path: The file, already surveyed.
        kind: How its records are written.

    Raises:
        UnreadableInputError: Nothing in it is known here, or it is not what it seemed to be.
    """

    def __init__(self, path: Path, kind: TextKind) -> None:
        self._path = path
        self._kind = kind
        self._document: Document | None = None
        self.layout: Layout | None = None
        if kind is TextKind.JSON:
            self._document = read_document(read_all(path), name=path.name)
        elif kind is TextKind.CSV:
            self.layout = _checked_layout(path)
        self.venue = self._first_venue()

    @property
    def context(self) -> Context:
        """What the wrapper of a document says of its objects."""
        return Context() if self._document is None else self._document.context

    def __iter__(self) -> Iterator[Row]:
        if self._document is not None:
            return (_row(raw) for raw in self._document.objects)
        if self.layout is not None:
            return _csv_rows(self._path, self.layout)
        return _line_rows(self._path)

    def _first_venue(self) -> Venue | None:
        """The venue of the first record that is known; ``None`` only when there are no records at all."""
        first: Row | None = None
        for row in self:
            first = first or row
            if row.venue is not None:
                return row.venue
        if first is None:
            return None
        found = shape_of(first.raw).what if first.kind == REFUSED else "records that cannot be read"
        raise UnreadableInputError(f"{self._path.name}: expected {EXPECTED}; {found}; nothing was used")


def _row(raw: bytes | Raw) -> Row:
    shape = shape_of(raw)
    return Row(venue=shape.venue, kind=shape.kind, raw=raw)


def _broken(code: str, reason: str, text: str, venue: Venue | None) -> Row:
    return Row(venue=venue, kind=BROKEN, raw=msgspec.json.encode(BrokenRecord(code=code, reason=reason, text=text)))


def _line_rows(path: Path) -> Iterator[Row]:
    with opened(path) as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(UTF8_BYTE_ORDER_MARK).strip() if number == 1 else line.strip()
            if not text:
                continue
            try:
                raw = object_of_line(text)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                reason = f"expected a JSON object in line {number}, found something else: {error}"
                yield _broken("bad_json", reason, text.decode("utf-8", "replace"), None)
            else:
                yield _row(raw)


def _csv_rows(path: Path, layout: Layout) -> Iterator[Row]:
    with opened(path) as stream:
        reader = csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
        header = [name.strip() for name in next(reader)]
        for cells in reader:
            if not cells:
                continue
            if len(cells) == len(header):
                raw = msgspec.json.encode(dict(zip(header, cells, strict=True)))
                yield Row(venue=Venue.POLYMARKET, kind=layout.name, raw=raw)
            else:
                code = "short_row" if len(cells) < len(header) else "long_row"
                reason = f"line {reader.line_num}: expected {len(header)} cells, found {len(cells)}"
                yield _broken(code, reason, ",".join(cells), Venue.POLYMARKET)


def _checked_layout(path: Path) -> Layout:
    """The layout of a table, after its whole text was found to be readable as CSV.

    Raises:
        UnreadableInputError: Unknown columns, or no CSV.
    """
    with opened(path) as stream:
        reader = csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
        try:
            header = next(reader, [])
            layout = layout_of(header)
            if layout is None:
                raise _unknown_header(path.name, header)
            for _ in reader:
                pass
        except csv.Error as error:
            raise UnreadableInputError(
                f"{path.name}: expected CSV, found text that cannot be read in line {reader.line_num}: {error}"
            ) from error
    return layout


def _unknown_header(name: str, header: list[str]) -> UnreadableInputError:
    shown = ", ".join(cell[:30] for cell in header[:8]) + (", ..." if len(header) > 8 else "")
    nearest = max(LAYOUTS, key=lambda layout: len(layout.columns & set(header)))
    wanted = ", ".join(sorted(nearest.columns))
    return UnreadableInputError(
        f"{name}: expected {EXPECTED}; neither JSON nor a table that is known: line 1 reads {shown!r}; the nearest "
        f"known table has the columns {wanted}"
    )
