"""``summary.html`` of a screening: which bars a screener points out, and why. Values in, a page out."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from markupsafe import Markup

from edgeworth.replay.candidates import Candidate
from edgeworth.replay.orders import Direction
from edgeworth.reports import charts
from edgeworth.reports.figures import Cell, counted
from edgeworth.reports.rendering import environment, percent, shortened
from edgeworth.reports.replay import ScreenReport
from edgeworth.reports.replay_figures import Figure, moment, price, scored
from edgeworth.reports.replay_words import bars_facts, chart, flat, heading_facts, of_bars, sentinel_word, short_gaps

MOST_CANDIDATES = 500
"""Rows on the page, the newest; ``candidates.jsonl`` has all of them."""


class CandidateRow(NamedTuple):
    """One candidate of the table."""

    at: str
    side: str
    score: Figure
    reason: str


class SentinelRow(NamedTuple):
    """Candidates in which these sentinels, and no others, had a say."""

    words: str
    longs: str
    shorts: str
    total: str


def render_screen(report: ScreenReport, *, index: str | None = None) -> str:
    """The page; ``index`` is the address of the index of all runs, relative to it, if there is one."""
    newest = report.candidates[: -MOST_CANDIDATES - 1 : -1]
    return (
        environment()
        .get_template("screen.html.j2")
        .render(
            report=report,
            bars=report.bars,
            lead=lead(report),
            figures=key_figures(report),
            chart=_chart(report),
            counts=sentinel_rows(report.candidates),
            rows=[candidate_row(candidate) for candidate in newest],
            left_out=len(report.candidates) - len(newest),
            bars_facts=bars_facts(report.bars),
            gaps=short_gaps(report.bars),
            heading=heading_facts(report),
            screener=list(flat(report.screener)),
            index=index,
        )
    )


def lead(report: ScreenReport) -> str:
    """The screening in a sentence or two."""
    total = len(report.candidates)
    whose = "" if report.strategy is None else f" The screener is that of {shortened(report.strategy, 60)}."
    found = f"{counted(total, 'candidate') if total else 'No candidate'} in {of_bars(report.bars)}."
    return found + whose


def key_figures(report: ScreenReport) -> list[Cell]:
    """The tiles of the head: figure, what it is."""
    total, bars = len(report.candidates), report.bars.bars
    longs = sum(candidate.side is Direction.LONG for candidate in report.candidates)
    return [
        Cell(f"{total:,}", f"candidates, {percent(total / bars)} of the bars"),
        Cell(f"{longs:,}", "point up: long"),
        Cell(f"{total - longs:,}", "point down: short"),
        Cell(f"{report.bars.missing:,}", f"{'bar' if report.bars.missing == 1 else 'bars'} missing, none filled in"),
    ]


def sentinel_rows(candidates: tuple[Candidate, ...]) -> list[SentinelRow]:
    """Candidates by the sentinels that had a say, most frequent first."""
    sets = Counter((tuple(candidate.sentinels), candidate.side) for candidate in candidates)
    totals = Counter(tuple(candidate.sentinels) for candidate in candidates)
    return [
        SentinelRow(
            words=" and ".join(sentinel_word(name) for name in names) or "none",
            longs=f"{sets[names, Direction.LONG]:,}",
            shorts=f"{sets[names, Direction.SHORT]:,}",
            total=f"{total:,}",
        )
        for names, total in totals.most_common(10)
    ]


def candidate_row(candidate: Candidate) -> CandidateRow:
    """One candidate as the table shows it."""
    return CandidateRow(moment(candidate.timestamp), candidate.side.value, scored(candidate.score), candidate.reason)


def _chart(report: ScreenReport) -> Markup:
    if report.columns is None:
        return Markup("")
    bars = report.columns
    marks = charts.Marks(
        up=[one.timestamp.timestamp() for one in report.candidates if one.side is Direction.LONG],
        down=[one.timestamp.timestamp() for one in report.candidates if one.side is Direction.SHORT],
    )
    low, high = price(float(bars.close.min())), price(float(bars.close.max()))
    total = counted(len(report.candidates), "candidate")
    label = f"Closes between {low} and {high}, with {total}: {len(marks.up)} long, {len(marks.down)} short."
    return chart(bars, bars.close, label, price, marks=marks)
