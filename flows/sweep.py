"""The sweep: read the bars, take from the ledger what was tried before, make the rest in units, judge, publish.

One task a unit of trials, so that each has its own record and its own failure, in the processes of the task runner that
the settings name; the order of the steps, the fan-out and the names are all that is decided here.
"""

from __future__ import annotations

import math
from typing import Any

from prefect import flow
from prefect.client.schemas import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from flows.forms_sweep import SweepForm
from tasks.orchestration.fan_out import in_windows
from tasks.orchestration.task_runners import task_runner
from tasks.replay.sweep_layout import SweepLayout
from tasks.replay.sweep_tasks import SweepProgress, begin, lay_out, make_unit, publish, read, units_at_once, work_of
from tasks.taking_up import BegunRun


def run_name() -> str:
    """What is swept, for the list of runs."""
    asked: dict[str, Any] = flow_run.parameters
    return sweep_name(SweepForm.model_validate(asked.get("sweep") or {}))


def sweep_name(sweep: SweepForm) -> str:
    """A sweep in a few words."""
    names = [one.called for one in sweep.bars]
    over = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    settings = math.prod(len(values) for values in sweep.grid.values())
    return f"sweep {settings:,} settings of {sweep.strategy} over {over}"


@flow(
    name="sweep",
    description="Try many settings of a strategy and say whether the best of them is more than luck.",
    flow_run_name=run_name,
)
def sweep(sweep: SweepForm) -> State:
    """Completed with the folder of the report; failed, with a valid partial report, when trials came to nothing.

    Args:
        sweep: Which settings of which strategy, over which bars, at what costs.
    """
    plan = sweep.plan()
    given = read(plan)
    layout = lay_out(given, plan)
    run = begin(plan)
    progress = SweepProgress(layout)
    if layout.units:
        _make(run, layout, progress)
    published = publish(run, plan, given, layout, progress)
    state = Failed if published.has_failed else Completed
    return state(message=published.sentence, data=published.folder)


def _make(run: BegunRun, layout: SweepLayout, progress: SweepProgress) -> None:
    """Make every unit, wherever the settings say."""
    # Left in this order: what runs here is ended, the runner ends what runs elsewhere and waits for it.
    with task_runner(run) as runner, work_of(run):
        ended = in_windows(
            lambda unit: runner.submit(make_unit, {"run": run, "unit": unit}), layout.units, at_once=units_at_once()
        )
        for unit, future in ended:
            progress.ended(unit, future)
