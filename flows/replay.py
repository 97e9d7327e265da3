"""Screening, replay and the proof of parity: read the bars, look at them, publish. Three flows of one shape."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from edgeworth.errors import ConfigurationError
from flows.forms_replay import ReplayForm
from tasks import run_claims
from tasks.replay import flow_tasks
from tasks.replay.plan import ReplayPlan
from tasks.replay.runs import left_on_failure
from tasks.replay.steps import Prepared
from tasks.taking_up import BegunRun


def run_name() -> str:
    """What is run over what, for the list of runs."""
    asked: dict[str, Any] = flow_run.parameters
    form = ReplayForm.model_validate(asked.get("replay") or {})
    return f"{form.strategy} over {form.bars.called}"


@flow(
    name="screen",
    description="Look at every bar once and point out where a closer look may be worth it.",
    flow_run_name=run_name,
)
def screen(replay: ReplayForm) -> State:
    """Completed with the folder in which candidates.jsonl is; failed when the strategy's screener raised something.

    Args:
        replay: Over which bars, by the screener of which strategy.
    """
    plan, given, run = _begun("screen", replay)
    with left_on_failure(run):
        return _ended(run, plan, flow_tasks.screen(run, given, return_state=True))


@flow(
    name="replay",
    description="Run a strategy over bars: around the candidates of its screener, or over every bar.",
    flow_run_name=run_name,
)
def replay(replay: ReplayForm) -> State:
    """Completed with the folder of the report; failed when the strategy raised something.

    Args:
        replay: Which strategy over which bars, at what costs.
    """
    plan, given, run = _begun("replay", replay)
    with left_on_failure(run):
        return _ended(run, plan, flow_tasks.replay(run, plan, given, return_state=True))


@flow(
    name="parity",
    description="Prove that a focused replay comes to the same as a full one, to the last bit.",
    flow_run_name=run_name,
)
def parity(replay: ReplayForm) -> State:
    """Completed when both are equal; failed, with the first bar at which they differ in the report, otherwise.

    Args:
        replay: Which strategy over which bars, at what costs.
    """
    plan, given, run = _begun("parity", replay)
    with left_on_failure(run):
        return _ended(run, plan, flow_tasks.certify(run, plan, given, return_state=True))


def _begun(kind: str, form: ReplayForm) -> tuple[ReplayPlan, Prepared, BegunRun]:
    """Everything is read and checked before the run is noted."""
    plan = form.plan()
    given = flow_tasks.read(plan)
    return plan, given, flow_tasks.begin(plan, kind)


def _ended(run: BegunRun, plan: ReplayPlan, looked: State) -> State:
    """Published, or when the strategy has raised something failed with what it said."""
    report: Any = looked.result(raise_on_failure=False)
    if isinstance(report, ConfigurationError):
        run_claims.leave(run.run_id)
        return flow_tasks.failed(report)
    published = flow_tasks.publish(plan, looked.result())
    state = Failed if published.has_failed else Completed
    return state(message=published.sentence, data=published.folder)
