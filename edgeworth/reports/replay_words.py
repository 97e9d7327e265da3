"""Words of the replay room, and the parts that several of its pages share. Values in, texts out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup

from edgeworth.replay.bars import Bars, Floats
from edgeworth.replay.costs import ProportionalFee
from edgeworth.replay.loop import ReplaySetup
from edgeworth.replay.orders import ExitReason
from edgeworth.replay.screener import Sentinel
from edgeworth.reports import charts
from edgeworth.reports.figures import MISSING, counted, duration
from edgeworth.reports.rendering import minute, percent
from edgeworth.reports.replay import AnyReport, BarsTold, series_of
from edgeworth.reports.replay_figures import day_text, length, moment, money, price

GAPS_SHOWN = 12

SENTINEL_WORDS = {
    Sentinel.CROSS.value: "cross of two means",
    Sentinel.REGIME.value: "change of regime",
    Sentinel.SESSION.value: "break of the session before",
}

ENDED_WORDS = {
    ExitReason.ASKED: "the strategy",
    ExitReason.TIME: "its longest time",
    ExitReason.RUIN: "ruin",
    ExitReason.SETTLED: "settlement",
    ExitReason.VOID: "void market",
}


def sentinel_word(name: str) -> str:
    """A sentinel as a reader wants it."""
    return SENTINEL_WORDS.get(name, name.replace("_", " "))


def ended_by(reason: ExitReason) -> str:
    """Why a position ended, as the end of "ended by"."""
    return ENDED_WORDS.get(reason, reason.value)


# --- the verdict of a sweep -------------------------------------------------------------------------------------------

USUAL_DEMAND = 0.95
"""Of a deflated Sharpe ratio, as of any test at 5 %."""


def deflated_words(value: float | None, *, trials: int, has_moved: bool) -> str:
    """The deflated Sharpe ratio of the best of a sweep, with what it means.

    Args:
        value: Of the best; ``None`` where it cannot be said.
        trials: What the best is held against; 0 where there is none.
        has_moved: Whether the best has a Sharpe ratio at all.
    """
    if not trials:
        return "Without a trial there is nothing to judge."
    if value is None and not has_moved:
        return "The equity of the best never moved: it has no Sharpe ratio to deflate."
    if value is None:
        return "The returns of the best are so odd that its deflated Sharpe ratio cannot be said."
    told = (
        f"The deflated Sharpe ratio of the best is {likely(value)}: so likely is it better than the best of "
        f"{trials:,} worthless trials would look."
    )
    if value >= USUAL_DEMAND:
        return f"{told} That passes the usual demand of 95\N{NO-BREAK SPACE}%."
    below = "That is below the usual demand of 95\N{NO-BREAK SPACE}%"
    return f"{told} {below}: the best of so many may be no more than the luckiest."


def likely(value: float | None) -> str:
    """A probability that is neither quite 0 nor quite 1 unless it is."""
    if value is None:
        return MISSING
    if 0.999 < value < 1.0:
        return ">99.9 %"
    return "<0.1 %" if 0.0 < value < 0.001 else percent(value)


# --- parts of pages ---------------------------------------------------------------------------------------------------


def of_bars(told: BarsTold) -> str:
    """``52,609 bars of 1 hour, 2019-01-01 00:00 to 2025-01-01 00:00 UTC``."""
    span = f"{moment(told.first_opens_at)} to {moment(told.last_ends_at)} UTC"
    return f"{counted(told.bars, 'bar')} of {length(told.interval_seconds)}, {span}"


def bars_facts(told: BarsTold) -> list[tuple[str, str]]:
    """What the bars are, as (label, value)."""
    dropped = [
        f"{counted(told.repeated, 'row')} said again what another says" if told.repeated else "",
        f"{told.contradicting:,} contradicted the first row of their bar, which stands" if told.contradicting else "",
    ]
    odd = "; ".join(one for one in dropped if one)
    rows = f"{told.rows:,}, {told.order.value}" + (f"; {odd}" if odd else "; none said anything twice")
    facts = [
        ("Question", told.question or ""),
        ("Read from", told.source),
        ("Quoted in", told.unit or "a plain number"),
        ("Bars", of_bars(told)),
        ("Rows read", rows),
        ("Gaps", gaps_told(told)),
        ("Reader's remark", told.remark or ""),
        ("Digest of the bars", told.digest),
    ]
    return [(label, value) for label, value in facts if value]


def gaps_told(told: BarsTold) -> str:
    """How many bars are missing, and that they stay missing."""
    if not told.gap_count:
        return "none: every bar between the first and the last is there"
    whole = told.bars + told.missing
    gaps = counted(told.gap_count, "gap")
    return f"{counted(told.missing, 'bar')} of {whole:,} missing in {gaps}; nothing was filled in"


def setup_facts(setup: ReplaySetup, *, is_market: bool) -> list[tuple[str, str]]:
    """Money and costs, as (label, value)."""
    costs, settled = setup.costs, setup.settlement
    fee = costs.fee
    taken = (
        f"{fee.rate * 10_000:g} basis points of what changes hands"
        if isinstance(fee, ProportionalFee)
        else f"what {fee.venue.value} takes from takers, by its dated schedule"
    )
    facts = [
        ("Cash", money(setup.cash)),
        ("Fee", taken),
        ("Half of the spread", f"{_cost(costs.half_spread, is_market=is_market)}, on top of each fill at the market"),
        ("Slippage", f"{_cost(costs.slippage, is_market=is_market)}, likewise"),
    ]
    if settled is not None:
        paid = "void: stakes are returned" if settled.value is None else f"{price(settled.value)} dollars a share"
        facts.append(("Settled", f"{minute(datetime.fromtimestamp(settled.at, tz=UTC))}, {paid}"))
    return facts


def _cost(value: float, *, is_market: bool) -> str:
    return f"${value:g} a share" if is_market else f"{value * 10_000:g} basis points"


def flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Settings as (name, value), what lies within named with dots; the name of their type is left out."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{before}{name}.")
        elif name != "type":
            yield f"{before}{name}", setting_text(value)


def setting_text(value: Any) -> str:
    """One setting as it would be typed."""
    if value is None:
        return "none"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def heading_facts(report: AnyReport) -> list[tuple[str, str]]:
    """Who ran what when, as (label, value)."""
    return [
        ("Started", minute(report.started_at)),
        ("Took", duration((report.finished_at - report.started_at).total_seconds())),
        ("Computing", duration(report.seconds)),
        ("Code", report.code_version),
        ("Run", report.run_id),
    ]


def chart(bars: Bars, values: Floats, label: str, text: charts.Text, **options: Any) -> Markup:
    """A curve over the bars, broken where bars are missing."""
    return charts.curve(
        series_of(bars, values),
        label=label,
        tick_text=text,
        day_text=day_text,
        gap_seconds=1.5 * bars.interval_seconds,
        **options,
    )


def short_gaps(told: BarsTold) -> Sequence[tuple[str, str]]:
    """The longest gaps as (when, how many bars), oldest first."""
    longest = sorted(told.gaps, key=lambda gap: -gap.missing)[:GAPS_SHOWN]
    step = timedelta(seconds=told.interval_seconds)
    return [
        (f"{moment(gap.starts_at)} to {moment(gap.starts_at + gap.missing * step)}", f"{gap.missing:,}")
        for gap in sorted(longest, key=lambda gap: gap.starts_at)
    ]
