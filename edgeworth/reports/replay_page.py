"""``summary.html`` of a replay: what came of a strategy, trade by trade and candidate by candidate.

Values in, a page out. Words and order are decided here, the template only places them. The page works without a server
and without a script; long lists are cut, and the page says where the whole ones are.
"""

from __future__ import annotations

import math

from markupsafe import Markup

from edgeworth.replay import metrics
from edgeworth.replay.orders import Direction
from edgeworth.reports import charts
from edgeworth.reports.figures import MISSING, Cell, counted
from edgeworth.reports.rendering import environment, percent, shortened
from edgeworth.reports.replay import ReplayMode, ReplayReport
from edgeworth.reports.replay_figures import gained, moment, money, price, ratio, share
from edgeworth.reports.replay_rows import ending_rows, outcome_row, trade_row, way_rows
from edgeworth.reports.replay_words import bars_facts, chart, flat, heading_facts, of_bars, setup_facts, short_gaps

MOST_TRADES = 300
MOST_OUTCOMES = 200
MOST_REFUSALS = 30
"""Rows on the page, which stays below 300 KB; ``replay.json`` has all of them."""

LEAST_MOVE = 0.01
"""Of the cash at the beginning: the least height of a chart of equity."""

THINNED = "Of each stretch of time the lowest and the highest value are drawn, so no fall is hidden."


ALWAYS_UNKNOWN = (
    (
        "Fills are assumed: at the open of the next bar, or at a limit, stop or target that a bar has touched, in any "
        "quantity. Nobody knows how much could have been traded, and no order of this size moved any price."
    ),
    "Within a bar only four prices are known. Where a stop and a target were both touched, the stop is taken.",
    "Spread and slippage are the same at all times; on wild days they are not.",
    "Borrowing for shorts, funding, interest and taxes cost nothing here.",
    (
        "This is one past. Settings that were chosen by looking at it will look better here than later: "
        "edgeworth sweep says by how much to doubt the best of many."
    ),
)


def render_replay(report: ReplayReport, *, index: str | None = None) -> str:
    """The page; ``index`` is the address of the index of all runs, relative to it, if there is one."""
    replay = report.replay
    trades, outcomes = replay.trades[-MOST_TRADES:], report.outcomes[: -MOST_OUTCOMES - 1 : -1]
    return (
        environment()
        .get_template("replay.html.j2")
        .render(
            report=report,
            bars=report.bars,
            mode="Full replay" if report.mode is ReplayMode.FULL else "Focused replay",
            lead=lead(report),
            figures=key_figures(report),
            thinned=THINNED,
            equity=_equity_chart(report),
            underwater=_underwater_chart(report),
            prices=_price_chart(report),
            position=_position_facts(report),
            endings=ending_rows(replay.trades),
            trades=[trade_row(trade) for trade in trades],
            trades_left_out=len(replay.trades) - len(trades),
            has_notes=any(trade.note for trade in trades),
            no_trades="No trade has ended." if replay.open_position else "The strategy never entered.",
            refusals=[(moment(one.at), one.reason) for one in replay.refusals[:MOST_REFUSALS]],
            refused=_refused(report),
            outcomes=[outcome_row(outcome) for outcome in outcomes],
            outcomes_lead=outcomes_lead(report),
            outcomes_left_out=len(report.outcomes) - len(outcomes),
            ways=way_rows(report.outcomes),
            unknown=unknown(report),
            bars_facts=bars_facts(report.bars),
            gaps=short_gaps(report.bars),
            heading=heading_facts(report) + _digests(report),
            setup=setup_facts(report.setup, is_market=report.bars.is_market),
            strategy_settings=list(flat(report.settings)),
            index=index,
        )
    )


# --- the head ---------------------------------------------------------------------------------------------------------


def lead(report: ReplayReport) -> str:
    """The replay in a few sentences."""
    replay = report.replay
    became = f"{money(replay.cash)} became {money(float(replay.equity[-1]))} over {of_bars(report.bars)}."
    return " ".join(one for one in (became, _beside(report), _looked_at(report)) if one)


def _beside(report: ReplayReport) -> str:
    """What the asset itself did: of a market that would mean nothing."""
    first, last = float(report.replay.bars.open[0]), float(report.replay.bars.close[-1])
    if report.bars.is_market or not first > 0.0:
        return ""
    return f"The price itself went from {price(first)} to {price(last)}: {share(last / first - 1.0, signed=True)}."


def _looked_at(report: ReplayReport) -> str:
    if report.mode is ReplayMode.FULL:
        return "Every bar was looked at."
    found = counted(report.candidates or 0, "candidate")
    source = (
        "that were screened here"
        if report.candidates_from is None
        else f"read from {shortened(report.candidates_from, 120)}"
    )
    seen = percent(report.replay.seen / report.bars.bars)
    return (
        f"Looked at were {seen} of the bars: those within {report.reach} bars of {found} {source}, "
        "those in which the screener knows nothing yet, and those while something was open."
    )


def key_figures(report: ReplayReport) -> list[Cell]:
    """The tiles of the head: figure, what it is."""
    found = report.metrics
    wins = "of no trade" if not found.trades else f"of {counted(found.trades, 'trade')} made a profit after fees"
    tiles = [
        Cell(share(found.total_return, signed=True), "return: final equity over the cash at the beginning, less one"),
        Cell(share(found.win_rate), wins),
        Cell(ratio(found.sharpe), "Sharpe ratio of a year: mean of the bars' returns over their deviation"),
        Cell(ratio(found.sortino), "Sortino ratio of a year: the same over the deviation of losses alone"),
        Cell(share(found.drawdown), "drawdown: deepest fall below an earlier high"),
        Cell(share(found.exposure), "exposure: bars at whose end something was held"),
        Cell(_times(found.turnover), "turnover: bought and sold, over the mean equity"),
        Cell(money(found.fees), "fees paid; the return is after them"),
    ]
    if (held := report.open_profit) is not None:
        tiles.append(Cell(gained(held), "gained by what is still open, before the costs of leaving"))
    return tiles


def _times(value: float) -> str:
    return f"{value:,.1f} \N{MULTIPLICATION SIGN}" if math.isfinite(value) else MISSING


# --- charts -----------------------------------------------------------------------------------------------------------


def _equity_chart(report: ReplayReport) -> Markup:
    equity = report.replay.equity
    low, high, last = (money(float(value)) for value in (equity.min(), equity.max(), equity[-1]))
    label = f"Equity, from {money(report.replay.cash)} to {last}; lowest {low}, highest {high}."
    return chart(report.replay.bars, equity, label, _dollars, css="model", least_height=LEAST_MOVE * report.replay.cash)


def _underwater_chart(report: ReplayReport) -> Markup:
    label = f"How far equity lay below its highest so far; deepest {share(report.metrics.drawdown)}."
    below = metrics.underwater(report.replay)
    return chart(report.replay.bars, below, label, share, css="model", ground=0.0, least_height=LEAST_MOVE)


def _price_chart(report: ReplayReport) -> Markup:
    replay, bars = report.replay, report.replay.bars
    held = [] if replay.open_position is None else [replay.open_position]
    entries = [(trade.side, trade.entered_at.timestamp()) for trade in replay.trades]
    entries += [(position.side, position.entered_at.timestamp()) for position in held]
    marks = charts.Marks(
        up=[at for side, at in entries if side is Direction.LONG],
        down=[at for side, at in entries if side is Direction.SHORT],
    )
    low, high = price(float(bars.close.min())), price(float(bars.close.max()))
    label = f"Closes between {low} and {high}, with {len(marks.up)} long and {len(marks.down)} short entries."
    return chart(bars, bars.close, label, price, marks=marks)


def _dollars(value: float) -> str:
    return money(value).removesuffix(".00")


# --- trades -----------------------------------------------------------------------------------------------------------


def _position_facts(report: ReplayReport) -> list[tuple[str, str]]:
    held = report.replay.open_position
    if held is None:
        return []
    return [
        ("Held", f"{held.side.value}, {held.quantity:,.6g} at {price(held.entry_price)}"),
        ("Since", f"{moment(held.entered_at)} UTC"),
        ("Last close", price(float(report.replay.bars.close[-1]))),
        ("Gained so far", f"{gained(report.open_profit)}, after {money(held.fees)} of fees for the entry"),
        *([("Why", held.note)] if held.note else []),
    ]


def _refused(report: ReplayReport) -> str:
    total = len(report.replay.refusals)
    shown = f" The first {MOST_REFUSALS} are shown, replay.json has all." if total > MOST_REFUSALS else ""
    return f"{counted(total, 'order')} {'was' if total == 1 else 'were'} not carried out.{shown}"


# --- candidates -------------------------------------------------------------------------------------------------------


def outcomes_lead(report: ReplayReport) -> str:
    """How many candidates the strategy took, and how many positions belong to none."""
    total, entered = len(report.outcomes), report.entered
    taken = f"{entered or 'None'} of {counted(total, 'candidate')} led to a position."
    if not report.entries_apart:
        return taken
    others = counted(report.entries_apart, "position")
    were = "was" if report.entries_apart == 1 else "were"
    return (
        f"{taken} {others} {were} opened without one: where the screener knows nothing yet, or at no candidate and not "
        f"within {report.reach} bars behind one."
    )


# --- the end ----------------------------------------------------------------------------------------------------------


def unknown(report: ReplayReport) -> list[str]:
    """What a reader must not take from the page."""
    sentences = list(ALWAYS_UNKNOWN)
    if report.mode is ReplayMode.FOCUSED:
        sentences.append(
            "Bars outside the windows were not looked at. Whether the full replay comes to the same is not assumed: "
            "edgeworth parity checks it."
        )
    if report.bars.missing:
        sentences.append(
            f"{counted(report.bars.missing, 'bar')} are missing. Nothing fills within a gap; a stop that lies in one "
            "is taken at the next open."
        )
    if report.bars.is_market:
        sentences.append(
            "The bars are made of recorded prices, not of an order book: what one would have paid is not known."
        )
    return sentences


def _digests(report: ReplayReport) -> list[tuple[str, str]]:
    return [] if report.configuration is None else [("Digest of the configuration", report.configuration)]
