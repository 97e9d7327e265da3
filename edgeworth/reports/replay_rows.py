"""Trades and candidates of a replay as rows of the tables on its page. Values in, texts out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from edgeworth.replay.orders import Direction, ExitReason, Trade
from edgeworth.replay.outcomes import CandidateOutcome
from edgeworth.reports.figures import MISSING
from edgeworth.reports.rendering import percent
from edgeworth.reports.replay_figures import Figure, gained, moment, money, price, scored, share
from edgeworth.reports.replay_words import ended_by


class TradeRow(NamedTuple):
    """One trade of the table; ``figures`` are both prices, quantity, fees, profit, and profit of the stake."""

    side: str
    end: str
    entered: str
    left: str
    ended: str
    figures: list[Figure]
    note: str


class EndingRow(NamedTuple):
    """Trades that ended for one reason."""

    key: str
    words: str
    number: str
    wins: str
    profit: str


class WayRow(NamedTuple):
    """Candidates because of which the strategy did one thing."""

    words: str
    number: str
    went: str
    mean: str
    profit: str


class OutcomeRow(NamedTuple):
    """One candidate of the table; ``figures`` are profit, move, best and worst."""

    at: str
    side: str
    entered: str
    score: Figure
    reason: str
    did: str
    figures: list[Figure]


# --- trades -----------------------------------------------------------------------------------------------------------


def trade_row(trade: Trade) -> TradeRow:
    """One trade as the table shows it."""
    stake = trade.quantity * trade.entry_price
    of_stake = trade.profit / stake if stake > 0.0 else None
    return TradeRow(
        side=trade.side.value,
        end=trade.exit_reason.name.lower(),
        entered=moment(trade.entered_at),
        left=moment(trade.exited_at),
        ended=ended_by(trade.exit_reason),
        figures=[
            Figure(price(trade.entry_price), f"{trade.entry_price:g}"),
            Figure(price(trade.exit_price), f"{trade.exit_price:g}"),
            Figure(f"{trade.quantity:,.4g}", f"{trade.quantity:g}"),
            Figure(money(trade.fees), f"{trade.fees:.4g}"),
            Figure(gained(trade.profit), f"{trade.profit:.6g}"),
            _sorted_share(of_stake),
        ],
        note=trade.note,
    )


def ending_rows(trades: Sequence[Trade]) -> list[EndingRow]:
    """Trades by why they ended, in the order of the reasons, and all of them."""
    by_reason = [(reason, [one for one in trades if one.exit_reason is reason]) for reason in ExitReason]
    rows = [_ending(reason.name.lower(), ended_by(reason), those) for reason, those in by_reason if those]
    return [*rows, _ending("", "all together", trades)] if len(rows) > 1 else rows


def _ending(key: str, words: str, trades: Sequence[Trade]) -> EndingRow:
    wins = sum(trade.profit > 0.0 for trade in trades)
    profit = gained(sum(trade.profit for trade in trades))
    return EndingRow(key, words, f"{len(trades):,}", f"{wins:,} ({percent(wins / len(trades))})", profit)


# --- candidates -------------------------------------------------------------------------------------------------------


def way_rows(outcomes: Sequence[CandidateOutcome]) -> list[WayRow]:
    """Candidates by whether the strategy entered and by side: is what it takes better than what it leaves?"""
    rows = []
    for entered, verb in ((True, "entered"), (False, "did not enter")):
        for side in Direction:
            those = [one for one in outcomes if one.entered is entered and one.candidate.side is side]
            if those:
                rows.append(_way(f"{verb}, {side.value}", those))
    return rows


def _way(words: str, outcomes: Sequence[CandidateOutcome]) -> WayRow:
    moves = [outcome.moved for outcome in outcomes if outcome.moved is not None]
    profits = [outcome.profit for outcome in outcomes if outcome.profit is not None]
    went = sum(move > 0.0 for move in moves)
    return WayRow(
        words=words,
        number=f"{len(outcomes):,}",
        went=f"{went:,} of {len(moves):,} ({percent(went / len(moves))})" if moves else MISSING,
        mean=share(sum(moves) / len(moves), signed=True) if moves else MISSING,
        profit=gained(sum(profits)) if profits else MISSING,
    )


def outcome_row(outcome: CandidateOutcome) -> OutcomeRow:
    """One candidate as the table shows it."""
    candidate, profit = outcome.candidate, outcome.profit
    return OutcomeRow(
        at=moment(candidate.timestamp),
        side=candidate.side.value,
        entered="yes" if outcome.entered else "no",
        score=scored(candidate.score),
        reason=candidate.reason,
        did=_did(outcome),
        figures=[
            Figure(gained(profit), "" if profit is None else f"{profit:.6g}"),
            *(_sorted_share(value) for value in (outcome.moved, outcome.best, outcome.worst)),
        ],
    )


def _did(outcome: CandidateOutcome) -> str:
    if not outcome.entered:
        return "did not enter"
    if outcome.holds:
        return "entered, still open"
    times = "" if len(outcome.trades) == 1 else f" {len(outcome.trades)} times"
    return f"entered{times}, out by {ended_by(outcome.exit_reason)}" if outcome.exit_reason else f"entered{times}"


def _sorted_share(value: float | None) -> Figure:
    return Figure(share(value, signed=True), "" if value is None else f"{value:.5g}")
