"""The records of a recorded file one after the other, each told by its shape; in bounded memory where possible.

JSON lines and CSV are read record by record; a JSON document is held as a whole. A record that cannot be read alone (a
broken line, a row with too few cells) is a row like any other, to be refused; its neighbours are kept.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from edgeworth.adapters.listing_pages import UTF8_BYTE_ORDER_MARK
from edgeworth.adapters.recordings.bar_tables import KLINE_COLUMNS, is_bar_header, is_kline
from edgeworth.adapters.recordings.contents import EXPECTED, TextKind, opened, read_all
from edgeworth.adapters.recordings.documents import Context, Document, object_of_line, read_document
from edgeworth.adapters.recordings.shapes import REFUSED, shape_of
from edgeworth.adapters.recordings.tables import BARS, LAYOUTS, Layout, layout_of
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


class Heading(Struct, frozen=True, kw_only=True):
    """The beginning of a table.

    Attributes:
        names: Of its columns. lines: How many lines stand before the first row.
    """

    layout: Layout
    names: tuple[str, ...]
    lines: int


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
        self._heading: Heading | None = None
        if kind is TextKind.JSON:
            self._document = read_document(read_all(path), name=path.name)
        elif kind is TextKind.CSV:
            self._heading = _checked_heading(path)
        self.venue = self._first_venue()

    @property
    def is_bars(self) -> bool:
        """Whether it is a table of bars."""
        return self._heading is not None and self._heading.layout is BARS

    def cells(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Line and cells of the rows of a table that have as many cells as its header."""
        assert self._heading is not None
        names = self._heading.names
        for line, cells in _csv_cells(self._path, self._heading):
            if len(cells) == len(names):
                yield line, dict(zip(names, cells, strict=True))

    def broken_rows(self) -> Iterator[BrokenRecord]:
        """The other rows of a table."""
        assert self._heading is not None
        for line, cells in _csv_cells(self._path, self._heading):
            if len(cells) != len(self._heading.names):
                yield _uneven(line, cells, self._heading)

    @property
    def context(self) -> Context:
        """What the wrapper of a document says of its objects."""
        return Context() if self._document is None else self._document.context

    def __iter__(self) -> Iterator[Row]:
        if self._document is not None:
            return (_row(raw) for raw in self._document.objects)
        if self._heading is not None:
            return _csv_rows(self._path, self._heading)
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


def _csv_rows(path: Path, heading: Heading) -> Iterator[Row]:
    layout, names = heading.layout, heading.names
    for number, cells in _csv_cells(path, heading):
        if len(cells) == len(names):
            raw = msgspec.json.encode(dict(zip(names, cells, strict=True)))
            yield Row(venue=layout.venue, kind=layout.name, raw=raw)
        else:
            record = _uneven(number, cells, heading)
            yield Row(venue=layout.venue, kind=BROKEN, raw=msgspec.json.encode(record))


def _uneven(line: int, cells: list[str], heading: Heading) -> BrokenRecord:
    wanted = len(heading.names)
    code = "short_row" if len(cells) < wanted else "long_row"
    reason = f"line {line}: expected {wanted} cells, found {len(cells)}"
    return BrokenRecord(code=code, reason=reason, text=",".join(cells))


def _csv_cells(path: Path, heading: Heading) -> Iterator[tuple[int, list[str]]]:
    """Number of the line and cells of each row that has any."""
    with opened(path) as stream:
        reader = csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
        for cells in itertools.islice(reader, heading.lines, None):
            if cells:
                yield reader.line_num, cells


def _checked_heading(path: Path) -> Heading:
    """The heading of a table, after its whole text was found to be readable as CSV.

    Raises:
        UnreadableInputError: Unknown columns, or no CSV.
    """
    with opened(path) as stream:
        reader = csv.reader(io.TextIOWrapper(stream, encoding="utf-8-sig", newline=""))
        try:
            first = next(reader, [])
            found = _heading(first, next(reader, []))
            if found is None:
                raise _unknown_header(path.name, first)
            if twice := next((name for name in found.names if name and found.names.count(name) > 1), None):
                raise UnreadableInputError(f"{path.name}: expected each column once, found {twice[:40]!r} twice")
            for _ in reader:
                pass
        except csv.Error as error:
            raise UnreadableInputError(
                f"{path.name}: expected CSV, found text that cannot be read in line {reader.line_num}: {error}"
            ) from error
    return found


def _heading(first: list[str], second: list[str]) -> Heading | None:
    """What the first two lines of a table say; a banner may stand above a header of bars, klines may have none."""
    layout = layout_of(first)
    if layout is not None:
        return Heading(layout=layout, names=tuple(name.strip() for name in first), lines=1)
    if is_kline(first):
        return Heading(layout=BARS, names=KLINE_COLUMNS, lines=0)
    if is_bar_header(second):
        return Heading(layout=BARS, names=tuple(name.strip() for name in second), lines=2)
    return None


def _is_known(header: list[str]) -> bool:
    return layout_of(header) is not None or is_bar_header(header)


def _unknown_header(name: str, header: list[str]) -> UnreadableInputError:
    if separator := next((one for one in ";\t|" if _is_known(",".join(header).split(one))), None):
        return UnreadableInputError(
            f"{name}: expected columns that are separated by commas, found them separated by {separator!r}"
        )
    shown = ", ".join(cell[:30] for cell in header[:8]) + (", ..." if len(header) > 8 else "")
    nearest = max(LAYOUTS, key=lambda layout: len(layout.columns & set(header)))
    wanted = ", ".join(sorted(nearest.columns))
    return UnreadableInputError(
        f"{name}: expected {EXPECTED}; neither JSON nor a table that is known: line 1 reads {shown!r}; the nearest "
        f"known table has the columns {wanted}"
    )
