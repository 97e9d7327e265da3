"""A recorded table of bars, read as a whole for a replay: oldest first, each bar once, and what was odd about it.

Looked past, and told, is what recorded tables are like and what no reader can take in two ways: newest first, rows that
say again what another says, a last bar that had not ended, gaps. Everything else is refused with its line: a replay
over bars of which some were left out in silence would be one over other bars.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from edgeworth.adapters.recordings.bar_tables import BarTable, ParsedTable, counted, parse_table
from edgeworth.adapters.recordings.contents import survey
from edgeworth.adapters.recordings.rows import Rows
from edgeworth.errors import UnreadableInputError
from edgeworth.markets.bars import Bar, BarOrder

UNFINISHED = "unfinished_bar"
"""Why a row is no bar yet."""


class BarsFile(Struct, frozen=True, kw_only=True):
    """A table of bars of one asset.

    Attributes:
        bars: Oldest first, each once. table: What the file is like as a whole.
        unfinished: Rows that had not ended when the file was read, left out.
    """

    bars: tuple[Bar, ...]
    table: BarTable
    unfinished: int

    @property
    def remark(self) -> str:
        """The table in one sentence, with everything odd about it."""
        left_out = f"; {counted(self.unfinished, 'bar')} that had not ended left out" if self.unfinished else ""
        return f"{self.table.remark}{left_out}"


def read_bars_file(path: Path, *, now: datetime) -> BarsFile:
    """The bars in the file at ``path``.

    Args:
        path: CSV, plain or gzip.
        now: A bar that ends later is left out.

    Raises:
        UnreadableInputError: It cannot be read, is no table of bars, or holds a row that is none, instants of several
            time zones, bars in no order, or two that contradict each other; says where.
    """
    rows = Rows(path, survey(path).kind)
    if not rows.is_bars:
        raise UnreadableInputError(f"{path.name}: expected a table of bars, found another recording")
    for broken in rows.broken_rows():
        raise UnreadableInputError(f"{path.name}: {broken.reason}")
    parsed = parse_table(rows.cells(), name=path.name, known_at=now)
    _check_rows(parsed, path.name)
    first: dict[datetime, Bar] = {}
    for bar in parsed.bars:
        first.setdefault(bar.opens_at, bar)
    table = parsed.table
    _check_table(table, parsed, first, path.name)
    return BarsFile(bars=tuple(first[at] for at in sorted(first)), table=table, unfinished=len(parsed.refused))


def _check_rows(parsed: ParsedTable, name: str) -> None:
    for line, why in parsed.refused:
        if why.code != UNFINISHED:
            raise UnreadableInputError(f"{name}: line {line}: {why}")
    if not parsed.bars:
        raise UnreadableInputError(f"{name}: expected bars, found none that had ended")
    if len(parsed.zones) > 1:
        raise UnreadableInputError(
            f"{name}: expected dates of one time zone, found those of {', '.join(parsed.zones[:4])}"
        )


def _check_table(table: BarTable, parsed: ParsedTable, first: dict[datetime, Bar], name: str) -> None:
    if table.survey.order is BarOrder.MIXED:
        raise UnreadableInputError(f"{name}: expected bars oldest first or newest first, found {_turn(parsed.bars)}")
    for bar in parsed.bars:
        if bar.values != (before := first[bar.opens_at]).values:
            raise UnreadableInputError(
                f"{name}: expected one bar of {bar.opens_at:%Y-%m-%d %H:%M} UTC, found two that differ (close "
                f"{before.close:g} and {bar.close:g})"
            )


def _turn(bars: Sequence[Bar]) -> str:
    """Where the order first changes, in words."""
    steps = [pair for pair in pairwise(bar.opens_at for bar in bars) if pair[0] != pair[1]]
    rises = steps[0][0] < steps[0][1]
    earlier, later = next(pair for pair in steps if (pair[0] < pair[1]) is not rises)
    return f"that of {later:%Y-%m-%d %H:%M} behind that of {earlier:%Y-%m-%d %H:%M}"
