"""``edgeworth parity``: the proof that looking around candidates comes to the same as looking at every bar."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from edgeworth.reports.figures import counted
from flows.commands.bars_options import BarsOptions, StrategyOptions
from flows.commands.batch_options import AsJson, InPrefect
from flows.commands.console import results
from flows.commands.option_groups import takes
from flows.commands.replay_runs import figures, print_data, print_line, run_command

EXAMPLES = """
Examples:

    edgeworth parity --bars ETHUSDT_1h.csv.gz --start 2025-06-15 --end 2025-09-30

    edgeworth parity --bars ETHUSDT_1h.csv.gz --strategy holder --json

    edgeworth parity --asset BTC --strategy mystrategies:Breakout --cuts 20 --no-prefect

Exit code 1 when the two replays differ or something looks ahead; the page then shows the first bar at which they do,
and how both stood.
"""


@takes(BarsOptions, StrategyOptions)
def parity(
    *,
    which: BarsOptions,
    strategy: StrategyOptions,
    cuts: Annotated[
        int, typer.Option(help="Also cut the bars short so often, to find what looks ahead.", min=0, max=1_000)
    ] = 0,
    prefect: InPrefect = True,
    json: AsJson = False,
) -> None:
    """Run a strategy over every bar and around candidates alone, and compare both to the last bit."""
    run_command("parity", which, strategy, prefect=prefect, json=json, show=_show, cuts=cuts)


def _show(report: dict[str, Any]) -> None:
    # Not above: the page knows the replay, which no other command needs.
    from edgeworth.reports.parity_page import LOOKBACK, UNREPEATABLE

    print_data(report)
    if report["equal"]:
        trades = counted(report["trades"], "trade")
        print_line(f"Equal: {trades} and the equity of {report['bars']:,} bars, to the last bit.")
    else:
        first = report["first_divergence"]
        print_line(f"Different from the bar of {first['opens_at'][:16].replace('T', ' ')} UTC on:")
        for name in ("full", "focused"):
            stood = first[name]
            print_line(
                f"  {name}: equity {stood['equity']!r}, {stood['trades']} trades, holds {stood['holds'] or 'nothing'}"
            )
        if not report["repeats"]:
            print_line(UNREPEATABLE)
        elif not report["keeps_lookback"]:
            print_line(LOOKBACK)
    sound = report["soundness"]
    outside = sound["entries"] - sound["inside"]
    where = f"{outside:,} of them outside the windows" if outside else "all of them in a window"
    print_line(f"Entries of the full replay: {sound['entries']:,}, {where}.")
    if (ahead := report["look_ahead"]) is not None:
        found = ", ".join(one["what"] for one in ahead["changes"]) or "nothing"
        print_line(f"Cut short at {counted(ahead['cuts'], 'place')}: {found} looks ahead.")
        if ahead["unrepeatable"]:
            print_line(
                f"Of these nothing can be said, for they do not say the same twice: {', '.join(ahead['unrepeatable'])}."
            )
    rows = [
        ("full replay", f"{report['seconds_full']:.3f} s"),
        ("screening", f"{report['seconds_screen']:.3f} s"),
        ("focused replay", f"{report['seconds_focused']:.3f} s"),
        ("times as fast", f"{report['speedup']:.1f}"),
        ("bars looked at", f"{report['seen']:,} of {report['bars']:,}"),
        ("candidates", f"{report['candidates']:,}"),
        ("data set", report["dataset"][:16]),
        ("configuration", report["configuration"][:16]),
    ]
    results.print(figures(rows))
