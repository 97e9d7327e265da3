"""Runs of the replay room as Markdown: what an orchestrator's page shows, the rest being in the report.

Pure; of bounded length; every text of a file, a market or a user is flattened, shortened and escaped.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgeworth.reports import parity_page, replay_page, screen_page, sweep_page
from edgeworth.reports.figures import Cell
from edgeworth.reports.markdown import escaped
from edgeworth.reports.replay import (
    AnyReport,
    BarsTold,
    ParityReport,
    ReplayReport,
    ScreenReport,
    SweepReport,
    setting_of,
)
from edgeworth.reports.replay_figures import moment, ratio, share
from edgeworth.reports.replay_words import gaps_told, setting_text

LONGEST_WORDS = 1_000
"""Of sentences of our own, with names from outside in them."""

MOST_ROWS = 10
"""Trials, sets of bars, refusals and notes shown of each; the page has the rest."""


def screen_markdown(report: ScreenReport) -> str:
    """What a screener found: how many candidates, of which kind."""
    rows = [f"{escaped(one.words)}: {one.total}" for one in screen_page.sentinel_rows(report.candidates)]
    return _whole(
        report,
        (report.bars,),
        [_words(screen_page.lead(report)), "", *_table(screen_page.key_figures(report))],
        [("Sentinels", rows)],
    )


def replay_markdown(report: ReplayReport) -> str:
    """What came of a strategy: its figures, its candidates, what was refused."""
    refused = [f"{moment(one.at)}: {escaped(one.reason)}" for one in report.replay.refusals]
    outcomes = [_words(replay_page.outcomes_lead(report)), ""] if report.outcomes else []
    return _whole(
        report,
        (report.bars,),
        [_words(replay_page.lead(report)), "", *_table(replay_page.key_figures(report)), *outcomes],
        [("Refused orders", refused)],
    )


def parity_markdown(report: ParityReport) -> str:
    """Whether both replays are equal, and where they first are not."""
    told = report.certificate
    lines = [f"**{'Equal' if told.equal else 'NOT equal'}.** {_words(parity_page.verdict(report))}", ""]
    if (found := told.first_divergence) is not None:
        lines += [f"| at the end of bar {found.bar + 1:,} | full | focused |", "| --- | --- | --- |"]
        lines += [
            f"| {escaped(row.label)} | {escaped(row.full)} | {escaped(row.focused)} |"
            for row in parity_page.standing_rows(found)
        ]
        lines.append("")
    lines += [*_table(parity_page.key_figures(report)), _words(parity_page.soundness_told(report)), ""]
    if (ahead := parity_page.look_ahead_told(report)) is not None:
        lines += [f"Does anything look ahead? {_words(ahead)}", ""]
    outside = [f"{moment(at)} UTC" for at in told.soundness.outside]
    digests = [f"bars `{told.dataset}`", f"configuration `{told.configuration}`", f"code {escaped(told.code_version)}"]
    return _whole(report, (report.bars,), lines, [("Outside every window", outside), ("Of", digests)])


def sweep_markdown(report: SweepReport) -> str:
    """The best trials, and how much the best of so many is to be believed."""
    lines = [_words(sweep_page.lead(report)), "", *_table(sweep_page.key_figures(report))]
    lines += [_words(sweep_page.counted_trials(report)), "", _words(sweep_page.deflated_told(report)), ""]
    lines += _trials(report)
    failed = [f"{escaped(one.asset)}, {one.trials:,} trials: {escaped(one.problem)}" for one in report.failed]
    rows = [
        f"{escaped(row.asset)}: {escaped(row.probability)} of {row.trials} trials"
        for row in sweep_page.overfitting_rows(report)
    ]
    return _whole(report, report.bars, lines, [("Could not be made", failed), ("Probability of overfitting", rows)])


def _trials(report: SweepReport) -> list[str]:
    trials = () if report.verdict is None else report.verdict.trials
    if not trials:
        return []
    names = [*report.grid][:MOST_ROWS]
    head = ["bars", *map(escaped, names), "Sharpe, a year", "return", "drawdown", "trades"]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for one in trials[:MOST_ROWS]:
        found = one.metrics
        figures = [
            ratio(found.sharpe),
            share(found.total_return, signed=True),
            share(found.drawdown),
            f"{found.trades:,}",
        ]
        settings = [escaped(setting_text(setting_of(one.settings, name))) for name in names]
        lines.append(f"| {' | '.join([escaped(one.asset), *settings, *figures])} |")
    if len(trials) > MOST_ROWS:
        lines += ["", f"{len(trials) - MOST_ROWS:,} more trials are in the report."]
    return [*lines, ""]


# --- parts ------------------------------------------------------------------------------------------------------------


def _whole(
    report: AnyReport,
    bars: Sequence[BarsTold],
    lines: Sequence[str],
    lists: Sequence[tuple[str, Sequence[str]]],
) -> str:
    """What all begin and end with, around their own lines."""
    out = []
    if any(one.is_synthetic for one in bars):
        out += ["**Synthetic bars**: invented by a seeded world, never traded.", ""]
    out += lines
    for title, rows in lists:
        out += _bullets(title, rows)
    out += _bullets(
        "Bars", [f"{escaped(one.asset)} of {escaped(one.source)}; gaps: {escaped(gaps_told(one))}" for one in bars]
    )
    out += _bullets("Worth knowing", [escaped(note) for note in report.notes])
    if report.folder:
        out.append(f"Page: {escaped(report.folder)}/summary.html")
    return "\n".join(out).rstrip() + "\n"


def _words(text: str) -> str:
    return escaped(text, LONGEST_WORDS)


def _table(figures: Sequence[Cell]) -> list[str]:
    return [
        "| figure | what it is |",
        "| --- | --- |",
        *(f"| {escaped(one.text)} | {escaped(one.note)} |" for one in figures),
        "",
    ]


def _bullets(title: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return []
    left_out = [f"- {len(rows) - MOST_ROWS:,} more are in the report."] if len(rows) > MOST_ROWS else []
    return [f"**{title}**", "", *(f"- {row}" for row in rows[:MOST_ROWS]), *left_out, ""]
