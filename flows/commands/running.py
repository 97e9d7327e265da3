"""What every command does that runs a flow: start it against a Prefect, watch it on the terminal, read its report.

What a flow is asked and how its report is shown belong to its own command. Prefect is imported when a flow is run and
not before: the same commands start at once with ``--no-prefect``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from edgeworth.errors import EdgeworthError
from edgeworth.ports import IngestCounts
from edgeworth.reports.rendering import shortened
from flows.commands.console import errors, shown
from tasks.settings import Settings

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas import State


class Plan(Protocol):
    """What a run is asked to do."""

    def flow_parameters(self) -> dict[str, Any]:
        """The plan as plain parameters of its flow."""


def run_flow(
    settings: Settings, import_flow: Callable[[], Flow[..., State]], plan: Plan, *, report_name: str
) -> dict[str, Any]:
    """Run a flow in this process against a running Prefect server, or a private one that ends with us.

    Args:
        settings: Where Prefect lives.
        import_flow: Gives the flow. It is called once the server is known, which Prefect has to know when it is
            imported.
        plan: What the flow is asked to do.
        report_name: The JSON file in the folder that the flow ends with.

    Returns:
        That file, read.

    Raises:
        EdgeworthError: The flow ended without a report. What its steps raised comes as it was raised.
    """
    from tasks.orchestration.prefect_server import prefect_api

    began = time.monotonic()
    with prefect_api(settings.prefect_home) as api:
        flow = import_flow()
        ready = f"ready after {time.monotonic() - began:.1f} s"
        errors.print(f"[dim]Prefect: {api.description}; {ready}[/]", highlight=False)
        state = flow(**plan.flow_parameters(), return_state=True)
        folder: Any = state.result(raise_on_failure=False)
        if isinstance(folder, Exception):
            raise folder
        if not isinstance(folder, str):
            raise EdgeworthError(f"the flow ended as {state.name} without a report: {state.message}")
        return dict(msgspec.json.decode((Path(folder) / report_name).read_bytes()))


@contextmanager
def shown_progress(
    watch: Callable[[Progress], AbstractContextManager[None]], *columns: ProgressColumn, quiet: bool
) -> Iterator[None]:
    """Show progress on standard error while it is a terminal; elsewhere the log speaks.

    Args:
        watch: Writes into the display what happens, for the time of a block.
        columns: Of the display, between the name of a line and the time it took.
        quiet: Show nothing, as for ``--json``.
    """
    if quiet or not errors.is_terminal:
        yield
        return
    all_columns = (SpinnerColumn(), TextColumn("{task.description}"), *columns, TimeElapsedColumn())
    with Progress(*all_columns, console=errors, transient=True) as display, watch(display):
        yield


def shown_stages(*, quiet: bool) -> AbstractContextManager[None]:
    """Show each step of the run as a line with a bar; see ``shown_progress``."""
    return shown_progress(_watch_stages, BarColumn(), MofNCompleteColumn(), quiet=quiet)


@contextmanager
def _watch_stages(display: Progress) -> Iterator[None]:
    from tasks.progress import stages_watched_by, watched_by

    lines = _TerminalStages(display)
    with stages_watched_by(lines), watched_by(lines):
        yield


_LONGEST_ITEM = 1_000
"""Characters of a name that are looked at."""


class _TerminalStages:
    """A line for each step of the run."""

    def __init__(self, display: Progress) -> None:
        self.display = display
        self.lines: dict[str, TaskID] = {}
        self.rows: dict[str, int] = {}

    def page_done(self, key: str, counts: IngestCounts) -> None:
        """Rows read from all listings, as one line."""
        self.rows[key] = counts.fetched
        self.advanced("ingest", sum(self.rows.values()), None)

    def advanced(self, stage: str, done: int, total: int | None) -> None:
        if stage not in self.lines:
            self.lines[stage] = self.display.add_task(stage, total=total)
        self.display.update(self.lines[stage], completed=done, total=total)

    def ended(self, item: str, how: str) -> None:
        item = shortened(" ".join(item[:_LONGEST_ITEM].split()), 120)
        self.display.console.print(f"{shown(how)}: {shown(item)}", highlight=False)
