"""``summary.html`` of a parity certificate: the focused replay is the full one, or where it first is not."""

from __future__ import annotations

from typing import NamedTuple

from edgeworth.replay.parity import Divergence, Standing
from edgeworth.reports.figures import Cell, counted
from edgeworth.reports.rendering import environment, percent, shortened
from edgeworth.reports.replay import ParityReport
from edgeworth.reports.replay_figures import moment
from edgeworth.reports.replay_words import bars_facts, flat, heading_facts, of_bars, setup_facts, short_gaps

MOST_OUTSIDE = 30
"""Entries outside the windows that are shown; ``parity.json`` has all of them."""


LOOKBACK = "The strategy reads further back than its lookback says."
"""Why a focused replay may differ: the bars that it puts before a window are as many as the lookback."""


UNREPEATABLE = "It does not come to the same twice: it draws lots, or keeps something of its own between two bars."
"""Why nothing can be said of a strategy."""


class StandingRow(NamedTuple):
    """One figure of both replays at the bar where they first differ."""

    label: str
    full: str
    focused: str

    @property
    def differs(self) -> bool:
        """Whether it is not the same in both."""
        return self.full != self.focused


class TimeRow(NamedTuple):
    """How long one way of running took."""

    what: str
    seconds: str
    bars: str
    speed: str


class ChangeRow(NamedTuple):
    """Something that was said of a bar only because later ones were there."""

    what: str
    bar: str
    cut: str
    with_future: str
    without: str


def render_parity(report: ParityReport, *, index: str | None = None) -> str:
    """The page; ``index`` is the address of the index of all runs, relative to it, if there is one."""
    told = report.certificate
    found, outside = told.first_divergence, told.soundness.outside
    return (
        environment()
        .get_template("parity.html.j2")
        .render(
            report=report,
            told=told,
            bars=report.bars,
            verdict=verdict(report),
            figures=key_figures(report),
            standing=[] if found is None else standing_rows(found),
            place="" if found is None else f"the bar of {moment(found.opens_at)} UTC, number {found.bar + 1:,}",
            soundness=soundness_told(report),
            look_ahead=look_ahead_told(report),
            changes=change_rows(report),
            outside=[f"{moment(at)} UTC" for at in outside[:MOST_OUTSIDE]],
            outside_left_out=max(0, len(outside) - MOST_OUTSIDE),
            times=time_rows(report),
            digests=[
                ("Digest of the bars", told.dataset),
                ("Digest of the configuration", told.configuration),
                ("Code", told.code_version),
            ],
            bars_facts=bars_facts(report.bars),
            gaps=short_gaps(report.bars),
            heading=heading_facts(report),
            setup=setup_facts(report.setup, is_market=report.bars.is_market),
            strategy_settings=list(flat(report.settings)),
            screener=list(flat(report.screener)),
            index=index,
        )
    )


def verdict(report: ParityReport) -> str:
    """Equal or not, in a sentence or two."""
    told = report.certificate
    over = f"over {of_bars(report.bars)}"
    if told.first_divergence is not None:
        at = f"{moment(told.first_divergence.opens_at)} UTC"
        why = f" {UNREPEATABLE}" if not told.repeats else "" if told.keeps_lookback else f" {LOOKBACK}"
        return (
            f"The two replays {over} first differ in the bar of {at}.{why} "
            "What the focused replay says is not to be used."
        )
    if not told.trades:
        same = "made a trade, and equity is the same at every bar. Where nothing happens, this proves little."
        return f"Neither replay {over} {same}"
    trades = counted(told.trades, "trade")
    return f"Full and focused replay {over} made the same {trades}, to the last bit, with the same equity at every bar."


def key_figures(report: ParityReport) -> list[Cell]:
    """The tiles of the head: figure, what it is."""
    told = report.certificate
    sound = told.soundness
    return [
        Cell(
            f"{told.speedup:,.1f} \N{MULTIPLICATION SIGN}",
            "speed-up: time of the full replay over that of screening and the focused one",
        ),
        Cell(percent(told.seen / told.bars), "of the bars were shown to the strategy in the focused replay"),
        Cell(f"{told.trades:,}", f"{'trade' if told.trades == 1 else 'trades'} of the full replay"),
        Cell(f"{told.candidates:,}", "candidates of the screener"),
        Cell(f"{sound.inside:,} of {sound.entries:,}", "entries were decided on in a window"),
    ]


def standing_rows(found: Divergence) -> list[StandingRow]:
    """Both replays at the bar where they first differ, figure by figure and in full."""
    return [
        StandingRow("Equity, dollars", repr(found.full.equity), repr(found.focused.equity)),
        StandingRow("Trades ended by then", f"{found.full.trades:,}", f"{found.focused.trades:,}"),
        StandingRow("Held", _held(found.full), _held(found.focused)),
    ]


def _held(standing: Standing) -> str:
    return standing.holds or "nothing"


def soundness_told(report: ParityReport) -> str:
    """Whether the screener is sound for the strategy, in a sentence or two."""
    found, reach = report.certificate.soundness, report.reach
    if not found.entries:
        return "The full replay never entered, so there was nothing to miss. That says little about the screener."
    entries = counted(found.entries, "entry", "entries")
    if found.is_sound:
        every = "The only entry" if found.entries == 1 else f"Every one of the {entries}"
        return (
            f"Yes. {every} of the full replay was decided on within {reach} bars of a candidate, or in the first bars, "
            "where the screener knows nothing yet: it is sound for this strategy on these bars."
        )
    missed = len(found.outside)
    were = "was" if missed == 1 else "were"
    return (
        f"No. {missed:,} of {entries} of the full replay {were} decided on outside every window: the screener is not "
        "sound for this strategy. A focused replay finds such an entry only if something happens to be open then."
    )


def look_ahead_told(report: ParityReport) -> str | None:
    """Whether anything knew what came later, in a sentence or two; ``None`` when it was not looked for."""
    found = report.look_ahead
    if found is None:
        return None
    parts = f"the strategy, its screener and {counted(len(found.looked_at) - 2, 'indicator')}"
    cut = f"The bars were cut short at {counted(found.cuts, 'random place')}, and {parts} run on what was left"
    if found.unrepeatable:
        those = ", ".join(found.unrepeatable[:8])
        return f"That cannot be said of {those}: on the same bars it does not say the same twice."
    if found.is_clean:
        return f"No. {cut}: what they said of the past did not change."
    return f"Yes. {cut}: what they said of the past changed, so they knew what came later."


def change_rows(report: ParityReport) -> list[ChangeRow]:
    """The first change of each that did not keep to the past."""
    if report.look_ahead is None:
        return []
    return [
        ChangeRow(what, f"{change.bar + 1:,}", f"{change.cut:,}", *(shortened(text, 200) for text in said))
        for what, change in report.look_ahead.changes.items()
        for said in [(change.with_future, change.without)]
    ]


def time_rows(report: ParityReport) -> list[TimeRow]:
    """How long each way of running took."""
    told = report.certificate
    both = told.seconds_screen + told.seconds_focused
    rows = [
        ("Full replay, bar by bar as it would run live", told.seconds_full, told.bars),
        ("Screening", told.seconds_screen, told.bars),
        ("Focused replay, with its columns", told.seconds_focused, told.seen),
        ("Screening and focused replay together", both, told.bars),
    ]
    return [
        TimeRow(what, f"{seconds:,.4f}", f"{bars:,}", f"{bars / seconds:,.0f}" if seconds > 0.0 else "\N{EN DASH}")
        for what, seconds, bars in rows
    ]
