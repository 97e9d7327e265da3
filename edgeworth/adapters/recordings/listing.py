"""A recorded file as a ``Listing``: the same walk that ingests a venue ingests it, page by page.

A page holds up to ``PAGE_ROWS`` records of one kind, wrapped as the venue would wrap them, so that its items have the
bytes (and digests) that the live listing gave. The cursor is the number of the first record; the page's address is
``file:<name>`` without the folder; its parameters say what the wrapper said of the request.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from edgeworth.adapters.kalshi import history as kalshi_history
from edgeworth.adapters.kalshi import pages as kalshi_pages
from edgeworth.adapters.kalshi import parse as kalshi
from edgeworth.adapters.listing_pages import decode_page, listing_items
from edgeworth.adapters.polymarket import parse as polymarket
from edgeworth.adapters.recordings.bar_tables import BarTable, parse_table
from edgeworth.adapters.recordings.cells import BarTerms
from edgeworth.adapters.recordings.contents import survey
from edgeworth.adapters.recordings.rows import BROKEN, BrokenRecord, Row, Rows
from edgeworth.adapters.recordings.shapes import REFUSED, shape_of
from edgeworth.adapters.recordings.tables import LAYOUTS_BY_NAME, RowContext, Tokens, parse_row
from edgeworth.errors import FatalSourceError, UnreadableInputError
from edgeworth.markets.listing import ListingItem, ListingPage, ParsedItem, Refusal, Series
from edgeworth.markets.venue import Venue
from edgeworth.ports import RawPage

PAGE_ROWS = 500

KIND = "recordings"
"""Folder of the raw store for pages of recorded files."""

_POLYMARKET_LISTS = {"events": "events", "markets": "markets"}
_KALSHI_LISTS = {"candles": "markets", "books": "orderbooks"}


class AsOfSource(StrEnum):
    """What says when a file was recorded."""

    ARGUMENT = "argument"
    WRAPPER = "wrapper"
    NEWEST_RECORD = "newest record"
    INGEST = "ingest"
    """Nothing in the file does: the instant of the ingest stands in."""


class _RowsPage(Struct):
    rows: list[Raw] = []
    next_cursor: str | None = None


_rows_decoder = msgspec.json.Decoder(_RowsPage)
_cells_decoder = msgspec.json.Decoder(dict[str, str])
_broken_decoder = msgspec.json.Decoder(BrokenRecord)


class RecordedFile:
    """One recorded file. Opening reads it to its end, so that a damaged file is refused before anything is used.

    Args:
        path: The file.
        now: The instant of the ingest, for a file in which nothing says when it was recorded.
        as_of: When it was recorded, if the caller knows better than the file.
        include_combos: Keep Kalshi's combos instead of refusing them.
        series: Known Kalshi series by ticker, for fees.
        tokens: Known Polymarket tokens, for tables and books that name nothing else.

    Attributes:
        name: The file's name without its folder.
        as_of: When it was recorded. as_of_source: What says so.
        bars: What the file is like as a whole if it is a table of bars.

    Raises:
        UnreadableInputError: It is no recording, or a damaged one; nothing of it was used.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: datetime,
        as_of: datetime | None = None,
        include_combos: bool = False,
        series: Mapping[str, Series] | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        surveyed = survey(path)
        self.name = path.name
        self._rows = Rows(path, surveyed.kind)
        self._digest = surveyed.digest
        self._include_combos = include_combos
        self._series = series or {}
        self._kalshi_seed = kalshi_pages.digest_seed(self._series, include_combos=include_combos)
        self._tokens = tokens or {}
        self.as_of, self.as_of_source = _recorded_at(
            [
                (as_of, AsOfSource.ARGUMENT),
                (_instant(self._rows.context.recorded_at), AsOfSource.WRAPPER),
                (_instant(surveyed.newest_update), AsOfSource.NEWEST_RECORD),
            ],
            now,
        )
        self.bars: BarTable | None = None
        if self._rows.is_bars:
            self.bars = parse_table(self._rows.cells(), name=self.name, known_at=self.as_of).table
        self._pending: tuple[int, Iterator[Row]] | None = None

    def __repr__(self) -> str:
        return f"RecordedFile({self.name})"

    @property
    def venue(self) -> Venue:
        """Whose answers the file holds; an empty list of the exchange counts as Polymarket's."""
        return self._rows.venue or Venue.POLYMARKET

    @property
    def kind(self) -> str:
        """Folder of the raw store."""
        return KIND

    @property
    def key(self) -> str:
        """Names the content, so that the same file under another name or compressed is the same walk."""
        stated = f"@{self.as_of.isoformat()}" if self.as_of_source is AsOfSource.ARGUMENT else ""
        return f"file:{self._digest}{stated}"

    async def fetch(self, cursor: str | None) -> RawPage:
        """The page of records from number ``cursor`` on.

        Raises:
            FatalSourceError: ``cursor`` is no number of this file.
        """
        if cursor is not None and not cursor.isdigit():
            raise FatalSourceError(f"{self.name}: expected the number of a record as cursor, found {cursor!r}")
        return self.page_at(0 if cursor is None else int(cursor))

    def page_at(self, offset: int) -> RawPage:
        """Up to ``PAGE_ROWS`` records of one kind, from number ``offset`` on."""
        rows = self._rows_from(offset)
        taken: list[Row] = []
        following: Row | None = None
        for row in rows:
            if len(taken) == PAGE_ROWS or (taken and row.kind != taken[0].kind):
                following = row
                break
            taken.append(row)
        after = offset + len(taken)
        self._pending = None if following is None else (after, itertools.chain([following], rows))
        page_kind = taken[0].kind if taken else REFUSED
        return RawPage(
            venue=self.venue,
            kind=KIND,
            url=f"file:{self.name}",
            params=(("kind", page_kind), *self._context_params()),
            fetched_at=self.as_of,
            status=200,
            body=_wrapped(self.venue, page_kind, taken, None if following is None else str(after)),
        )

    def split(self, page: RawPage) -> ListingPage:
        """The records of ``page``; see ``Listing.split``."""
        kind = dict(page.params)["kind"]
        if _is_native(kind):
            if page.venue.exchange is Venue.KALSHI:
                return kalshi_pages.split_listing(page.body, kind, seed=self._kalshi_seed)
            return polymarket.split_listing(page.body, kind)
        decoded = decode_page(page.body, _rows_decoder, expected=f"rows of the recorded file {self.name}")
        items = listing_items(decoded.rows, kind=kind, native_id=_row_key(kind))
        return ListingPage(items=items, next_cursor=decoded.next_cursor)

    def parse(self, item: ListingItem, page: RawPage) -> ParsedItem:
        """Everything that ``item`` holds; see ``Listing.parse``."""
        if item.kind in {REFUSED, BROKEN}:
            return ParsedItem(rows=1, refusals=[_refused(item)])
        if (layout := LAYOUTS_BY_NAME.get(item.kind)) is not None:
            context = RowContext(venue=page.venue, as_of=page.fetched_at, tokens=self._tokens, bars=_bar_terms(page))
            return parse_row(item, layout, context)
        if page.venue.exchange is Venue.KALSHI:
            return self._parse_kalshi(item, page)
        if item.kind == "book":
            return _book(item, page, self._tokens)
        return polymarket.parse_item(item, venue=page.venue, as_of=page.fetched_at)

    def _parse_kalshi(self, item: ListingItem, page: RawPage) -> ParsedItem:
        venue, as_of = page.venue, page.fetched_at
        params = dict(page.params)
        match item.kind:
            case "event":
                return kalshi.parse_event_item(
                    item, venue=venue, as_of=as_of, include_combos=self._include_combos, series=self._series
                )
            case "market":
                return kalshi.parse_market_item(
                    item, venue=venue, as_of=as_of, include_combos=self._include_combos, series=self._series
                )
            case "series":
                return kalshi.parse_series_item(item, venue=venue, as_of=as_of)
            case "trade":
                return kalshi_history.parse_trade_item(item, venue=venue)
            case "book":
                return kalshi_history.parse_book_item(item, venue=venue, as_of=as_of, ticker=params.get("ticker"))
            case _:
                seconds = params.get("interval_seconds")
                return kalshi_history.parse_candles_item(
                    item,
                    venue=venue,
                    interval_seconds=None if seconds is None else int(seconds),
                    ticker=params.get("ticker"),
                )

    def _rows_from(self, offset: int) -> Iterator[Row]:
        """The records from ``offset`` on: where the last page ended, or from the start of the file."""
        if self._pending is not None and self._pending[0] == offset:
            rows = self._pending[1]
        else:
            rows = itertools.islice(iter(self._rows), offset, None)
        self._pending = None
        return map(self._of_this_venue, rows)

    def _of_this_venue(self, row: Row) -> Row:
        """A record of another venue than the file's has no place on its pages: it becomes one to refuse."""
        if row.venue is None or row.venue is self.venue or row.kind in {REFUSED, BROKEN}:
            return row
        text = f"expected records of {self.venue.value} as before, found one of {row.venue.value}"
        record = BrokenRecord(code="other_venue", reason=text, text=bytes(row.raw).decode("utf-8", "replace"))
        return Row(venue=self.venue, kind=BROKEN, raw=msgspec.json.encode(record))

    def _context_params(self) -> Iterator[tuple[str, str]]:
        if self.bars is not None:
            terms = self.bars.terms
            yield "asset", terms.asset
            yield "unit", terms.unit
            yield "interval_seconds", str(terms.interval_seconds)
        context = self._rows.context
        if context.ticker is not None:
            yield "ticker", context.ticker
        if context.interval_seconds is not None:
            yield "interval_seconds", str(context.interval_seconds)


class Recordings(Struct, frozen=True, kw_only=True):
    """What a file or a folder gave.

    Attributes:
        files: In the order of their paths.
        failures: Name of each file that could not be used, and why.
    """

    files: list[RecordedFile]
    failures: list[tuple[str, UnreadableInputError]]


def open_recordings(
    path: Path,
    *,
    now: datetime,
    as_of: datetime | None = None,
    include_combos: bool = False,
    series: Mapping[str, Series] | None = None,
    tokens: Tokens | None = None,
) -> Recordings:
    """The recorded file at ``path``, or all of them in the folder ``path`` and the folders in it.

    In a folder, a file that cannot be used is a failure and the others are kept; hidden files are passed over. See
    ``RecordedFile`` for the other arguments.

    Raises:
        UnreadableInputError: The one file cannot be used, or not a single one in the folder can.
    """

    def opened(file: Path) -> RecordedFile:
        return RecordedFile(file, now=now, as_of=as_of, include_combos=include_combos, series=series, tokens=tokens)

    if not path.is_dir():
        return Recordings(files=[opened(path)], failures=[])
    found = Recordings(files=[], failures=[])
    for file in _files_in(path):
        try:
            found.files.append(opened(file))
        except UnreadableInputError as error:
            found.failures.append((file.name, error))
    if not found.files:
        first = f"; the first of them: {found.failures[0][1]}" if found.failures else ""
        raise UnreadableInputError(
            f"{path.name}: expected a folder with recordings, found {len(found.failures)} files, none of which is "
            f"one{first}"
        )
    return found


def _files_in(folder: Path) -> list[Path]:
    try:
        paths = sorted(folder.rglob("*"))
    except PermissionError:
        raise UnreadableInputError(f"{folder.name}: expected a folder, but this user may not read it") from None
    return [
        path
        for path in paths
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _bar_terms(page: RawPage) -> BarTerms | None:
    """What the page says of all its bars, so that it can be read again without its file."""
    params = dict(page.params)
    if "asset" not in params:
        return None
    return BarTerms(
        asset=params["asset"],
        unit=params["unit"],
        interval_seconds=int(params["interval_seconds"]),
        source=page.url,
    )


def _is_native(kind: str) -> bool:
    """Whether a venue lists such records itself."""
    return kind not in {REFUSED, BROKEN} and kind not in LAYOUTS_BY_NAME


def _wrapped(venue: Venue, kind: str, rows: list[Row], next_cursor: str | None) -> bytes:
    """``rows`` in the venue's own wrapper, or in ours for those that no venue lists."""
    objects = [Raw(row.raw) for row in rows]
    if not _is_native(kind):
        return msgspec.json.encode({"rows": objects, "next_cursor": next_cursor})
    if venue is Venue.KALSHI:
        return msgspec.json.encode({_KALSHI_LISTS.get(kind, kind): objects, "cursor": next_cursor or ""})
    return msgspec.json.encode({_POLYMARKET_LISTS.get(kind, "data"): objects, "next_cursor": next_cursor or ""})


def _row_key(kind: str) -> Callable[[bytes], str | None]:
    layout = LAYOUTS_BY_NAME.get(kind)
    column = None if layout is None else layout.key

    def key(raw: bytes) -> str | None:
        return None if column is None else _cells_decoder.decode(raw).get(column) or None

    return key


def _refused(item: ListingItem) -> Refusal:
    if item.kind == BROKEN:
        record = _broken_decoder.decode(item.raw)
        code, reason = record.code, record.reason
    else:
        shape = shape_of(item.raw)
        code, reason = shape.code, shape.reason
    return Refusal(kind="record", native_id=item.native_id, code=code, reason=reason, item_index=item.index)


def _book(item: ListingItem, page: RawPage, tokens: Tokens) -> ParsedItem:
    parsed = polymarket.parse_books(b"[" + item.raw + b"]", venue=page.venue, tokens=tokens)
    parsed.refusals = [msgspec.structs.replace(each, item_index=item.index) for each in parsed.refusals]
    return parsed


def _recorded_at(candidates: list[tuple[datetime | None, AsOfSource]], now: datetime) -> tuple[datetime, AsOfSource]:
    return next(((at, source) for at, source in candidates if at is not None), (now, AsOfSource.INGEST))


def _instant(text: str | None) -> datetime | None:
    """An instant as a recording states it; ``None`` when there is none that can be read."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
