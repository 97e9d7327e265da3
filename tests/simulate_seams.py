"""A process that runs batches and is killed with signal 9 at a seam of each, then runs each again to its end.

Run as ``python -m tests.simulate_seams FOLDER SEAM...`` with settings in the environment; the catalogue of each seam waits
in ``FOLDER/<seam>/data``, or in the database that the settings name. Each batch runs in a child that is forked, so that
what is slow to import is imported once. Prints how each first child ended and what the second one reported.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic  # noqa: F401  (slow, and needed by every child)

from edgeworth.adapters.storage.database import SqlSimulations
from edgeworth.adapters.storage.runs import RunBook
from edgeworth.adapters.storage.units import FileUnits
from tasks.settings import load_settings
from tasks.simulation.folder import BatchFolder
from tasks.simulation.plan import SimulatePlan
from tasks.simulation.steps import simulate_plainly

PLAN = SimulatePlan(count=2, fetch_books=False, runs=40)


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dies_before(owner: type, method: str, is_it: Callable[..., bool] = lambda *_: True) -> None:
    """Let the first call of ``method`` for which ``is_it`` is true be the end of this process."""
    original = getattr(owner, method)

    def wrapped(self: Any, *given: Any, **named: Any) -> Any:
        if is_it(*given):
            die()
        return original(self, *given, **named)

    setattr(owner, method, wrapped)


def unit_of(kind: str) -> Callable[..., bool]:
    return lambda *given: given[0] == kind


SEAMS: dict[str, Callable[[], None]] = {
    "before-the-index": lambda: dies_before(FileUnits, "remember", unit_of("batch")),
    "before-the-record": lambda: dies_before(FileUnits, "remember", unit_of("market")),
    "before-the-folder": lambda: dies_before(BatchFolder, "write_market"),
    "before-the-forecast": lambda: dies_before(SqlSimulations, "register"),
    "before-the-report": lambda: dies_before(BatchFolder, "write", lambda *given: given[0] == "batch_report.json"),
    "before-the-end": lambda: dies_before(RunBook, "finish_run"),
}
"""Where a batch may be killed: what is about to be done is named."""


def forked(work: Callable[..., None], *given: Any) -> int | None:
    """What became of ``work`` in a child: its exit code, or minus the signal."""
    child = multiprocessing.get_context("fork").Process(target=work, args=given)
    child.start()
    child.join()
    return child.exitcode


def to_the_seam(seam: str) -> None:
    SEAMS[seam]()
    simulate_plainly(load_settings(), PLAN)


def to_the_end(report: Path) -> None:
    report.write_text(json.dumps(simulate_plainly(load_settings(), PLAN), default=str))


def main(folder: Path, seams: list[str]) -> None:
    found = {}
    for seam in seams:
        os.environ["EDGEWORTH_DATA_DIR"] = str(folder / seam / "data")
        os.environ["EDGEWORTH_RESULTS_DIR"] = str(folder / seam / "results")

        found[seam] = [forked(to_the_seam, seam), forked(to_the_end, folder / seam / "report.json")]
    print(json.dumps(found))  # noqa: T201  (read by the test)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
