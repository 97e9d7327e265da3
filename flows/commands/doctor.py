"""``edgeworth doctor``: what works here, what does not, and what was chosen instead. Never shows a secret."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from flows.commands.console import print_json, results, shown
from tasks.settings import load_settings

EXAMPLES = """
Examples:

    edgeworth doctor

    edgeworth doctor --offline --json
"""

_STYLES = {"ok": "green", "missing": "yellow", "failed": "bold red", "skipped": "dim"}


def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no service outside this machine.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Check versions, folders, database, keys, services and the Prefect server.

    A missing key or an unreachable venue is said and not an error; a database that cannot be used is.
    """
    from tasks.diagnosis import diagnose

    findings = diagnose(load_settings(), offline=offline)
    if json:
        print_json({"findings": [{"name": f.name, "state": f.state, "detail": f.detail} for f in findings]})
    else:
        table = Table()
        for name in ("check", "state", "detail"):
            table.add_column(name, overflow="fold")
        for finding in findings:
            style = _STYLES[finding.state]
            table.add_row(finding.name, f"[{style}]{finding.state}[/]", shown(finding.detail))
        results.print(table)
    raise typer.Exit(1 if any(finding.state == "failed" for finding in findings) else 0)
