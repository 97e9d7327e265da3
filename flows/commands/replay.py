"""``edgeworth replay``: a strategy over bars, around the candidates of its screener or over every bar."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from edgeworth.reports.rendering import percent
from flows.commands.bars_options import BarsOptions, StrategyOptions
from flows.commands.batch_options import AsJson, InPrefect
from flows.commands.console import results
from flows.commands.option_groups import takes
from flows.commands.replay_runs import figures, print_data, print_line, run_command

EXAMPLES = """
Examples:

    edgeworth replay --bars ETHUSDT_1h.csv.gz

    edgeworth replay --bars ETHUSDT_1h.csv.gz --candidates results/screen_eth_fusion_20261121_120000/candidates.jsonl

    edgeworth replay --asset ETH --strategy cross --set fast=12 --set slow=48 --full

    edgeworth replay --market kalshi:KXFED-26DEC-T3.75 --strategy dip --interval 1h --no-prefect

What is bought is filled at the next bar, at a price no better than the bar allows, with fees, spread and slippage.
"""


@takes(BarsOptions, StrategyOptions)
def replay(
    *,
    which: BarsOptions,
    strategy: StrategyOptions,
    candidates: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="A candidates.jsonl of these bars; else they are screened.", show_default=False
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Look at every bar; else around candidates alone.")] = False,
    prefect: InPrefect = True,
    json: AsJson = False,
) -> None:
    """Run a strategy over bars and say what it came to.

    It looks at the bars around candidates, and on while something is open; `edgeworth parity` shows that this is the
    same as looking at all of them.
    """
    run_command("replay", which, strategy, prefect=prefect, json=json, show=_show, candidates=candidates, full=full)


def _show(report: dict[str, Any]) -> None:
    print_data(report)
    found = report["metrics"]
    looked = f"{report['seen']:,} of {report['bars']:,} bars looked at"
    print_line(f"{report['strategy']}, {report['mode']}: {looked} in {report['seconds']:.2f} s")
    rows = [
        ("return", percent(found["total_return"])),
        ("final equity", f"${report['final_equity']:,.2f}"),
        ("trades", f"{found['trades']:,}"),
        ("win rate", percent(found["win_rate"])),
        ("Sharpe, a year", _ratio(found["sharpe"])),
        ("Sortino, a year", _ratio(found["sortino"])),
        ("deepest fall", percent(found["drawdown"])),
        ("exposure", percent(found["exposure"])),
        ("turnover", _ratio(found["turnover"])),
        ("fees", f"${found['fees']:,.2f}"),
        ("candidates", f"{report['candidates'] or 0:,}, {report['entered']:,} led to a position"),
    ]
    if report["refusals"]:
        rows.append(("orders refused", f"{len(report['refusals']):,}"))
    if report["open_position"]:
        rows.append(("still open", f"{report['open_position']['side']} {report['open_position']['quantity']:,.4g}"))
    results.print(figures(rows))


def _ratio(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f}"
