"""``edgeworth setup``: limits, work pool, deployments and automations on the Prefect server; safe to repeat."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from flows.commands.console import errors, print_json, results
from tasks.settings import load_settings

EXAMPLES = """
Examples:

    prefect server start

    edgeworth setup

    PREFECT_API_URL=http://127.0.0.1:4200/api prefect worker start --pool edgeworth

Each in a terminal of its own.
"""

PATIENCE_SECONDS = 30.0
"""A server that was started a moment ago needs ten to twenty-five seconds to answer."""


def setup(
    wait: Annotated[
        float, typer.Option(help="Seconds to look for a server that is still starting.", min=0)
    ] = PATIENCE_SECONDS,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Bring the Prefect server to the state that prefect.yaml and the documented limits describe.

    What is there already and right is left alone, so a second call changes nothing.
    """
    from tasks.orchestration.prefect_server import running_api

    settings = load_settings()
    with running_api(settings.prefect_home, patience_seconds=wait, on_wait=lambda: _say_waiting(wait)) as api:
        from tasks.orchestration.setup import set_up

        steps = set_up(Path.cwd())
    if json:
        print_json({"items": [{"item": item, "outcome": outcome} for item, outcome in steps]})
        return
    table = Table()
    table.add_column("item")
    table.add_column("outcome")
    for item, outcome in steps:
        table.add_row(item, outcome)
    results.print(table)
    # Without the address a worker starts a server of its own, on which nothing is due.
    next_step = f"Next: PREFECT_API_URL={api.url} prefect worker start --pool edgeworth"
    results.print(next_step, highlight=False, markup=False, soft_wrap=True)


def _say_waiting(seconds: float) -> None:
    errors.print(f"No Prefect server answers yet; looking for {seconds:.0f} s.", highlight=False)
