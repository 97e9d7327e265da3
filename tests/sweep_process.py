"""A sweep of a strategy that leaves a line for each trial it begins, and dies at the one that is asked for.

As a process: the folder, the URL of the database, and at which line, or before which step of the end, to die.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from edgeworth.reports.replay import SweepReport
from tasks.replay.editions import Edition
from tasks.replay.plan import BarsChoice, SweepPlan
from tasks.replay.sweeping import sweep_plainly
from tests.replaying import bars_csv, walked_bars
from tests.stored import settings_at

NAME = "ETHUSD_1h.csv"
CERTAIN = Edition("1.0+aaaaaaa", is_certain=True)
GRID = {"hold_seconds": (86_400, 172_800, 259_200), "screener.threshold": (0.5, 0.7)}
OWN = '''
import os
import signal
from pathlib import Path

from edgeworth.replay.strategies import LongHolder

LINES = Path(__file__).with_name("begun.txt")


class Told(LongHolder, frozen=True, kw_only=True, tag=True):
    """Holds, and tells of each replay that it begins."""

    def on_bar(self, past, account):
        if past.ended == 1:
            with LINES.open("a") as lines:
                lines.write(f"{self.hold_seconds}\\n")
            if len(LINES.read_text().splitlines()) == int(os.environ.get("SWEEP_DIES_AT", "0")):
                os.kill(os.getpid(), signal.SIGKILL)
        return super().on_bar(past, account)


class Picky(LongHolder, frozen=True, kw_only=True, tag=True):
    """Cannot hold for two days."""

    def on_bar(self, past, account):
        if self.hold_seconds == 172_800:
            raise ArithmeticError("two days are <too> much")
        return super().on_bar(past, account)
'''


def fill(folder: Path) -> None:
    """A table of bars and a module of strategies."""
    (folder / NAME).write_text(bars_csv(walked_bars(29, 300)))
    (folder / f"{module_of(folder)}.py").write_text(OWN)


def module_of(folder: Path) -> str:
    """A name of its own for each folder: a process imports a module once."""
    return "own_" + "".join(letter if letter.isalnum() else "_" for letter in str(folder))


def plan_in(folder: Path, **changes: Any) -> SweepPlan:
    values: dict[str, Any] = {
        "bars": (BarsChoice(path=str(folder / NAME)),),
        "strategy": f"{module_of(folder)}:Told",
        "settings": {"screener.fast": 5, "screener.slow": 20},
        "grid": GRID,
        "chunk": 2,
    }
    return SweepPlan(**(values | changes))


def begun(folder: Path) -> int:
    """Trials that were ever begun."""
    lines = folder / "begun.txt"
    return len(lines.read_text().splitlines()) if lines.exists() else 0


def sweep_in(folder: Path, database_url: str, *, edition: Edition = CERTAIN, **changes: Any) -> SweepReport:
    """The whole sweep in this process; the strategies are those of ``folder``."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    settings = settings_at(folder, database_url=database_url)
    return sweep_plainly(settings, plan_in(folder, **changes), edition=edition)


def die_before(step: str) -> None:
    """Let the first time that a report is moved to its place, or that a run is ended, be the end of this process."""
    from edgeworth.adapters.storage.runs import RunBook
    from tests.simulate_seams import dies_before

    if step == "before-the-folder":
        dies_before(Path, "rename", lambda to: Path(to).parent.name == "results")
    else:
        dies_before(RunBook, "finish_run")


if __name__ == "__main__":
    if sys.argv[3].isdigit():
        os.environ["SWEEP_DIES_AT"] = sys.argv[3]
    else:
        die_before(sys.argv[3])
    sweep_in(Path(sys.argv[1]), sys.argv[2])
