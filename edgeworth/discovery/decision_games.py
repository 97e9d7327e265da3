"""Comparing games: sides, what is bet on, the line, the part of the game and the day."""

# ruff: noqa: PLR0911 -- a comparison is a list of cases

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from edgeworth.discovery.comparison import Comparison, Quotes, compared
from edgeworth.discovery.reading.slots import Game, GamePart
from edgeworth.markets.relation import Finding, Relation

_PLAYING_DAY: Final = timedelta(hours=6)
"""A game of the evening in America is dated the day before in UTC; venues date it locally."""
_SAME_START: Final = timedelta(hours=20)


def compare_games(
    a: Game, b: Game, a_closes: datetime | None, b_closes: datetime | None
) -> tuple[Relation, tuple[Comparison, ...]]:
    """The relation of two bets on games, and what decided it."""
    quotes: Quotes = {"a": a.quotations, "b": b.quotations}
    order = _order(a, b)
    if order is None:
        relation = Relation.RELATED if _share_a_team(a, b) else Relation.UNRELATED
        return relation, (compared("subject", Finding.DIFFERENT, "Different sides.", **quotes),)
    sides = compared("subject", Finding.SAME, "The same two sides.", **quotes)
    day = _compare_days(a, b, a_closes, b_closes)
    if day.finding is not Finding.SAME:
        relation = Relation.RELATED if day.finding is Finding.DIFFERENT else Relation.UNDETERMINED
        return relation, (day, sides)
    if a.part is not b.part or a.period != b.period:
        note = "Different kinds of bet on the game."
        return Relation.RELATED, (compared("scope", Finding.DIFFERENT, note, **quotes), sides, day)
    relation, line = _compare_lines(a, b, order)
    return relation, (line, sides, day)


def _order(a: Game, b: Game) -> int | None:
    """0 when the sides are named in the same order, 1 when swapped, ``None`` when they are others."""
    if a.teams[0] & b.teams[0] and a.teams[1] & b.teams[1]:
        return 0
    if a.teams[0] & b.teams[1] and a.teams[1] & b.teams[0]:
        return 1
    return None


def _share_a_team(a: Game, b: Game) -> bool:
    return any(one & other for one in a.teams for other in b.teams)


def _compare_days(a: Game, b: Game, a_closes: datetime | None, b_closes: datetime | None) -> Comparison:
    quotes: Quotes = {"a": tuple(day.quotation for day in a.days), "b": tuple(day.quotation for day in b.days)}
    if a.days and b.days:
        one, other = a.days[0].start, b.days[0].start
        if one is None or other is None:
            return compared("window", Finding.UNKNOWN, "The day of the game is not told.", **quotes)
        is_same = (one.month, one.day) == (other.month, other.day)
        if a.days[0].has_year and b.days[0].has_year:
            is_same = one == other
        finding = Finding.SAME if is_same else Finding.DIFFERENT
        return compared("window", finding, "The same day." if is_same else "Different days.", **quotes)
    if a.days or b.days:
        stated, closes = (a.days[0], b_closes) if a.days else (b.days[0], a_closes)
        if closes is not None and stated.start is not None:
            local = (closes - _PLAYING_DAY).date()
            if (local.month, local.day) == (stated.start.month, stated.start.day):
                return compared(
                    "window", Finding.SAME, "One text names the day, the other closes on it.", 0.95, **quotes
                )
        return compared("window", Finding.UNKNOWN, "Only one text names the day of the game.", **quotes)
    if a_closes is not None and b_closes is not None:
        if abs(a_closes - b_closes) <= _SAME_START:
            return compared("window", Finding.SAME, "Both close at the time of the game.", 0.93)
        return compared("window", Finding.UNKNOWN, "No day is told, and the close times differ.")
    return compared("window", Finding.UNKNOWN, "The day of the game is not told.")


def _compare_lines(a: Game, b: Game, order: int) -> tuple[Relation, Comparison]:
    quotes: Quotes = {"a": a.quotations, "b": b.quotations}
    if a.part is GamePart.TOTAL:
        return _compare_totals(a, b)
    if a.side is None or b.side is None:
        return Relation.UNDETERMINED, compared("polarity", Finding.UNKNOWN, "The side bet on is not told.", **quotes)
    is_same_side = a.side == (b.side if order == 0 else 1 - b.side)
    if a.part is GamePart.WINNER:
        if is_same_side:
            return Relation.EQUIVALENT, compared("polarity", Finding.SAME, "The same side wins.", **quotes)
        return Relation.INVERSE, compared("polarity", Finding.OPPOSITE, "One pays when the other side wins.", **quotes)
    if a.line is None or b.line is None:
        return Relation.UNDETERMINED, compared("threshold", Finding.UNKNOWN, "No line is given.", **quotes)
    if is_same_side:
        if a.line == b.line:
            return Relation.EQUIVALENT, compared(
                "threshold", Finding.SAME, "The same line for the same side.", **quotes
            )
        is_narrower = a.line > b.line
        finding = Finding.A_NARROWER if is_narrower else Finding.B_NARROWER
        relation = Relation.A_IMPLIES_B if is_narrower else Relation.B_IMPLIES_A
        return relation, compared("threshold", finding, "Different lines.", **quotes)
    if a.line == -b.line and a.line % 1 != 0:
        return Relation.INVERSE, compared("threshold", Finding.OPPOSITE, "One line seen from both sides.", **quotes)
    if a.line + b.line > 0:
        return Relation.EXCLUSIVE, compared(
            "threshold", Finding.DISJOINT, "Both sides cannot win by that much.", **quotes
        )
    return Relation.RELATED, compared("threshold", Finding.DIFFERENT, "Different lines.", **quotes)


def _compare_totals(a: Game, b: Game) -> tuple[Relation, Comparison]:
    quotes: Quotes = {"a": a.quotations, "b": b.quotations}
    if a.line is None or b.line is None:
        return Relation.UNDETERMINED, compared("threshold", Finding.UNKNOWN, "No line is given.", **quotes)
    if a.line == b.line:
        if a.is_over == b.is_over:
            return Relation.EQUIVALENT, compared("threshold", Finding.SAME, "The same line.", **quotes)
        if a.line % 1 != 0:
            return Relation.INVERSE, compared("threshold", Finding.OPPOSITE, "Over and under the same line.", **quotes)
        return Relation.EXCLUSIVE, compared(
            "threshold", Finding.DISJOINT, "Over and under a line that can be met.", **quotes
        )
    if a.is_over == b.is_over:
        is_narrower = (a.line > b.line) == a.is_over
        finding = Finding.A_NARROWER if is_narrower else Finding.B_NARROWER
        relation = Relation.A_IMPLIES_B if is_narrower else Relation.B_IMPLIES_A
        return relation, compared("threshold", finding, "Different lines.", **quotes)
    is_apart = (a.line > b.line) == a.is_over
    relation = Relation.EXCLUSIVE if is_apart else Relation.RELATED
    finding = Finding.DISJOINT if is_apart else Finding.DIFFERENT
    return relation, compared("threshold", finding, "Different lines.", **quotes)
