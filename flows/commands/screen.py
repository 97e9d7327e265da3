"""``edgeworth screen``: every bar looked at once, and the bars that a closer look may be worth as candidates."""

from __future__ import annotations

from typing import Any

from flows.commands.bars_options import BarsOptions, StrategyOptions
from flows.commands.batch_options import AsJson, InPrefect
from flows.commands.console import results
from flows.commands.option_groups import takes
from flows.commands.replay_runs import figures, print_data, run_command

EXAMPLES = """
Examples:

    edgeworth screen --bars ETHUSDT_1h.csv.gz

    edgeworth screen --bars ETHUSDT_1h.csv.gz --strategy cross --start 2025-06-15 --end 2025-09-30

    edgeworth screen --asset BTC --set screener.threshold=0.8 --no-prefect --json

The candidates are in candidates.jsonl of the run's folder; `edgeworth replay --candidates PATH` takes them.
"""


@takes(BarsOptions, StrategyOptions)
def screen(*, which: BarsOptions, strategy: StrategyOptions, prefect: InPrefect = True, json: AsJson = False) -> None:
    """Look at every bar once and point out those at which something happened.

    Three sentinels vote: two means cross, the range of bars changes its regime, a close leaves the session before.
    """
    run_command("screen", which, strategy, prefect=prefect, json=json, show=_show)


def _show(report: dict[str, Any]) -> None:
    print_data(report)
    rows = [
        ("candidates", f"{report['candidates']:,}"),
        ("up", f"{report['longs']:,}"),
        ("down", f"{report['shorts']:,}"),
    ]
    rows += [(name.replace("_", " "), f"{count:,}") for name, count in report["sentinels"].items()]
    results.print(figures(rows))
