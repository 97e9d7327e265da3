"""Recorded tables of bars (OHLCV): which headers are such tables, what a whole table is like, and one row of it. Pure.

Read are klines as Binance gives them (with a header or without one), tables with a date and five columns, and tables
with a banner line, unix time and symbol. A row is named by the beginning of its interval. Where a table states unix
time and a date, the unix time counts: dates were seen to be hours off while the values went on. Nothing is filled in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from msgspec import Struct

from edgeworth.adapters.polymarket.values import instant
from edgeworth.adapters.recordings.cells import BarTerms, Cells, RowContext
from edgeworth.errors import DataError, ParseError, UnreadableInputError
from edgeworth.markets.bars import Bar, BarSurvey, survey_bars
from edgeworth.markets.listing import ParsedItem

KLINE_COLUMNS: Final = (
    "open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count",
    "taker_buy_volume", "taker_buy_quote_volume", "ignore",
)  # fmt: skip
"""Of klines without a header, in Binance's order."""

_UNIX_COLUMNS: Final = ("unix timestamp", "unix", "open_time", "open time", "opentime", "timestamp")
_DATE_COLUMNS: Final = ("datetime", "date", "time", "open date")
_SYMBOL_COLUMNS: Final = ("symbol", "pair")
_PRICE_COLUMNS: Final = ("open", "high", "low", "close")

_DOLLARS: Final = ("FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD")
_PAIR: Final = re.compile(rf"([A-Z0-9]{{2,10}}?)[/_-]?({'|'.join(_DOLLARS)}|EUR|GBP|BTC|ETH)")
_SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9._:/-]{0,29}")
_LENGTH: Final = re.compile(r"(\d{1,2})([mhdw])", re.IGNORECASE)
_UNIT_SECONDS: Final = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_HOUR_OF_DAY: Final = "%Y-%m-%d %I-%p"
_UNIX: Final = re.compile(r"\d{9,}(?:\.0*)?")
_OFFSET: Final = re.compile(r":\d\d(?:[.,]\d+)?\s*([Zz]|[+-]\d\d(?::?\d\d)?)$")
"""Behind a time of day, so that the end of a date is none."""


class BarTable(Struct, frozen=True, kw_only=True):
    """What a whole table is like.

    Attributes:
        refused: Rows that are none.
        other_dates: Rows that are taken whose date is not that of their unix time.
    """

    terms: BarTerms
    survey: BarSurvey
    refused: int
    other_dates: int

    @property
    def remark(self) -> str:
        """The table in one sentence, with everything odd about it."""
        survey, said = self.survey, []
        if survey.repeated:
            said.append(f"{counted(survey.repeated, 'row')} said again what another says")
        if survey.contradicting:
            said.append(f"{counted(survey.contradicting, 'row')} contradicted an earlier one, which stands")
        if survey.gaps:
            longest = max(survey.gaps, key=lambda gap: gap.missing)
            said.append(
                f"{counted(survey.missing, 'bar')} missing in {counted(len(survey.gaps), 'gap')}, "
                f"{longest.missing:,} of them from {longest.starts_at:%Y-%m-%d %H:%M} on"
            )
        if self.other_dates:
            said.append(f"{counted(self.other_dates, 'row')} dated otherwise than the unix time, which counts")
        begin, end = survey.first_opens_at, survey.last_ends_at
        when = "" if begin is None or end is None else f", {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"
        bars = survey.count - survey.repeated - survey.contradicting
        unit = f" in {self.terms.unit}" if self.terms.unit else ""
        what = f"{counted(bars, 'bar')} of {self.terms.interval_seconds:,} s of {self.terms.asset}{unit}"
        return "; ".join([f"{what}{when}, {survey.order.value}", *said])


def counted(number: int, noun: str) -> str:
    """``1 row``, ``2 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def is_bar_header(header: Sequence[str]) -> bool:
    """Whether these are the columns of a table of bars."""
    names = {name.strip().lower() for name in header}
    return names.issuperset(_PRICE_COLUMNS) and not names.isdisjoint((*_UNIX_COLUMNS, *_DATE_COLUMNS))


def is_kline(cells: Sequence[str]) -> bool:
    """Whether a first line is a kline already: twelve numbers of which the first is a unix time."""
    return len(cells) == len(KLINE_COLUMNS) and _UNIX.fullmatch(cells[0]) is not None and all(map(_is_number, cells))


class ParsedTable(Struct, frozen=True, kw_only=True):
    """All rows of a table, each read.

    Attributes:
        bars: In the order of the file, repeated ones as often as they stand there.
        refused: Line and reason of each row that is none.
        other_dates: Rows that are taken whose date is not that of their unix time.
        zones: How dates state their time zone (``UTC``, ``+02:00``), sorted; a date that states none is meant in UTC.
    """

    terms: BarTerms
    bars: list[Bar]
    refused: list[tuple[int, ParseError]]
    other_dates: int
    zones: tuple[str, ...]

    @property
    def table(self) -> BarTable:
        """What the table is like as a whole."""
        survey = survey_bars(self.bars)
        return BarTable(terms=self.terms, survey=survey, refused=len(self.refused), other_dates=self.other_dates)


def parse_table(rows: Iterable[tuple[int, Cells]], *, name: str, known_at: datetime) -> ParsedTable:
    """Read every row of a table.

    Args:
        rows: Line and cells of all that have as many cells as the header.
        name: Of the file; where no column names the asset, the file does (``ETHUSDT_1h.csv``).
        known_at: When the table was recorded; a bar that ends later is not whole.

    Raises:
        UnreadableInputError: Nothing says which asset it is, or how long its bars are.
    """
    lines = [(line, {key.lower(): value for key, value in cells.items()}) for line, cells in rows]
    kept = [cells for _, cells in lines]
    if not kept:
        raise UnreadableInputError(f"{name}: expected bars, found a header and no row")
    asset, unit = _asset(kept, name)
    terms = BarTerms(asset=asset, unit=unit, interval_seconds=_interval(kept, name), source=f"file:{name}")
    bars: list[Bar] = []
    refused: list[tuple[int, ParseError]] = []
    zones: set[str] = set()
    other_dates = 0
    for line, cells in lines:
        try:
            bars.append(_bar(cells, terms, known_at))
        except ParseError as error:
            refused.append((line, error))
            continue
        other_dates += _is_dated_otherwise(cells, bars[-1].opens_at)
        zones.add(_zone(cells))
    return ParsedTable(terms=terms, bars=bars, refused=refused, other_dates=other_dates, zones=tuple(sorted(zones)))


def bar_row(cells: Cells, context: RowContext) -> ParsedItem:
    """One bar.

    Raises:
        ParseError: It is none.
    """
    if context.bars is None:
        raise ParseError("no_terms", "expected a page that says which asset its bars are of, found one that does not")
    lowered = {key.lower(): value for key, value in cells.items()}
    return ParsedItem(bars=[_bar(lowered, context.bars, context.as_of)])


def _bar(cells: Mapping[str, str], terms: BarTerms, known_at: datetime) -> Bar:
    symbol = _symbol(cells)
    if symbol is not None and symbol != (terms.asset, terms.unit):
        raise ParseError("other_asset", f"expected a bar of {terms.asset} as before, found one of {symbol[0]}")
    opens_at = _opens_at(cells)
    if opens_at + timedelta(seconds=terms.interval_seconds) > known_at:
        raise ParseError(
            "unfinished_bar",
            f"expected a bar that had ended by {known_at:%Y-%m-%d %H:%M}, found one that opens at "
            f"{opens_at:%Y-%m-%d %H:%M}",
        )
    first, high, low, last = (_price(cells, column) for column in _PRICE_COLUMNS)
    volume = _volume(cells, terms)
    try:
        return Bar(
            asset=terms.asset,
            interval_seconds=terms.interval_seconds,
            opens_at=opens_at,
            open=first,
            high=high,
            low=low,
            close=last,
            volume=volume,
            unit=terms.unit,
            source=terms.source,
        )
    except DataError as error:
        raise ParseError("bad_bar", str(error)) from error


def _opens_at(cells: Mapping[str, str]) -> datetime:
    column = next((name for name in (*_UNIX_COLUMNS, *_DATE_COLUMNS) if cells.get(name)), None)
    if column is None:
        raise ParseError("bad_date", "expected the beginning of the bar, found an empty cell")
    text = cells[column].strip()
    if (at := _hour_of_day(text)) is not None:
        return at
    if _UNIX.fullmatch(text):
        text = text.partition(".")[0]
    at = instant(text, column)
    if at is None:
        raise ParseError("bad_date", f"expected the beginning of the bar in {column}, found {text[:40]!r}")
    return at


def _zone(cells: Mapping[str, str]) -> str:
    """How the beginning of the bar states its time zone."""
    text = next(cells[name] for name in (*_UNIX_COLUMNS, *_DATE_COLUMNS) if cells.get(name)).strip()
    found = _OFFSET.search(text)
    offset = "" if found is None else found[1].replace(":", "")
    return "UTC" if offset in {"", "Z", "z", "+00", "+0000", "-0000"} else offset


def _hour_of_day(text: str) -> datetime | None:
    """``2020-09-19 07-AM``."""
    if text[-1:] not in {"M", "m"}:
        return None
    try:
        return datetime.strptime(text, _HOUR_OF_DAY).replace(tzinfo=UTC)
    except ValueError:
        return None


def _is_dated_otherwise(cells: Mapping[str, str], opens_at: datetime) -> bool:
    """Whether a date that stands beside the unix time is another one."""
    dated = next((cells[name] for name in _DATE_COLUMNS if cells.get(name)), None)
    if dated is None:
        return False
    try:
        at = _hour_of_day(dated.strip()) or instant(dated.strip(), "date")
    except ParseError:
        return False
    return at is not None and at != opens_at


def _price(cells: Mapping[str, str], column: str) -> float:
    text = cells[column].strip()
    if not text:
        raise ParseError("no_price", f"expected a price in {column}, found an empty cell")
    value = _number(text)
    if value is None or not value > 0:
        raise ParseError("bad_price", f"expected a price above 0 in {column}, found {text[:40]!r}")
    return value


def _volume(cells: Mapping[str, str], terms: BarTerms) -> float | None:
    text = cells.get("volume") or cells.get(f"volume {terms.asset.lower()}") or ""
    if not text.strip():
        return None
    value = _number(text)
    if value is None or not value >= 0:
        raise ParseError("bad_volume", f"expected a volume of zero or more, found {text[:40]!r}")
    return value


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    return _number(text) is not None


def _asset(rows: Sequence[Mapping[str, str]], name: str) -> tuple[str, str]:
    """Asset and unit of the first row that states them, else of the file's name."""
    try:
        found = next((symbol for row in rows if (symbol := _symbol(row)) is not None), None)
    except ParseError as error:
        raise UnreadableInputError(f"{name}: {error}") from error
    if found is None:
        parts = re.split(r"[_.\s-]+", name.upper())
        found = next((pair for part in parts if (pair := _pair(part)) is not None), None)
    if found is None:
        raise UnreadableInputError(
            f"{name}: expected a column Symbol or a file name with the pair (ETHUSDT_1h.csv), found neither: it cannot "
            "be told which asset these bars are of"
        )
    return found


def _symbol(cells: Mapping[str, str]) -> tuple[str, str] | None:
    text = next((cells[name] for name in _SYMBOL_COLUMNS if cells.get(name)), None)
    if text is None:
        return None
    symbol = text.strip().upper()
    if _SYMBOL.fullmatch(symbol) is None:
        raise ParseError("bad_symbol", f"expected a symbol of up to 30 letters and digits, found {text[:40]!r}")
    return _pair(symbol) or (symbol, "")


def _pair(text: str) -> tuple[str, str] | None:
    """Asset and unit; what is not quoted in dollars is an asset of its own, for its values are another quantity."""
    match = _PAIR.fullmatch(text)
    if match is None:
        return None
    base, quote = match[1], match[2]
    return (base if quote in _DOLLARS else f"{base}/{quote}"), quote


def _interval(rows: Sequence[Mapping[str, str]], name: str) -> int:
    """The most common distance of two neighbouring rows; of a single row what the file's name says."""
    instants = []
    unread: ParseError | None = None
    for row in rows:
        try:
            instants.append(_opens_at(row))
        except ParseError as error:
            unread = unread or error
    if unread is not None and not instants:
        raise UnreadableInputError(f"{name}: {unread}")
    steps = Counter(abs(round((later - earlier).total_seconds())) for earlier, later in pairwise(instants))
    del steps[0]
    if steps:
        return min(steps, key=lambda seconds: (-steps[seconds], seconds))
    said = [_LENGTH.fullmatch(part) for part in re.split(r"[_.\s-]+", name)]
    lengths = [int(match[1]) * _UNIT_SECONDS[match[2].lower()] for match in said if match is not None]
    if not lengths or not lengths[0]:
        raise UnreadableInputError(
            f"{name}: expected two bars or a file name with their length (BTCUSDT_1h.csv), found neither: it cannot be "
            "told how long a bar is"
        )
    return lengths[0]
