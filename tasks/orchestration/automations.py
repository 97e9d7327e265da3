"""What the Prefect server does by itself: end runs whose process is gone, answer a missed freshness target.

Both look at runs tagged ``edgeworth`` only. A server may serve other projects, whose runs beat more slowly and would
be taken for dead.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

from edgeworth.markets.freshness import MISSED_EVENT
from tasks.orchestration.prefect_server import RUN_TAG

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

BEATS_EVERY = timedelta(seconds=30)
"""Of a run; the most often that Prefect allows."""

A_MISSED_BEAT = timedelta(seconds=55)
"""A beat that is 25 s late will not come. The server looks every 5 s, so its pages tell the truth within a minute."""

_FINAL_EVENTS = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed")}


def end_dead_runs(*, name: str = "edgeworth: end dead runs", within: timedelta = A_MISSED_BEAT) -> AutomationCore:
    """A run that was killed cannot say so: when it stops beating without having ended, it is marked as crashed.

    Until then it would stay Running for ever and, with a limit of one, keep the next runs from starting.
    """
    return AutomationCore(
        name=name,
        description="A run that stopped sending heartbeats without having ended is marked as crashed.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *_FINAL_EVENTS},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            match_related=ResourceSpecification(
                {"prefect.resource.id": [f"prefect.tag.{RUN_TAG}"], "prefect.resource.role": ["tag"]}
            ),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=within,
        ),
        actions=[
            ChangeFlowRunState(
                name=None,
                state=StateType.CRASHED,
                message="no heartbeat: its process is gone, or the server was",
                force=False,
            )
        ],
    )


def answer_missed_freshness(deployment_id: UUID) -> AutomationCore:
    """A venue whose markets are too old is read now; a run that is going on already makes the new one superfluous."""
    return AutomationCore(
        name="edgeworth: read stale venues",
        description=f"On {MISSED_EVENT}, run ingest/active; a second one at the same time is cancelled.",
        trigger=EventTrigger(
            expect={MISSED_EVENT},
            match=ResourceSpecification({"prefect.resource.id": ["edgeworth.venue.*"]}),
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[RunDeployment(source="selected", deployment_id=deployment_id, parameters=None, job_variables=None)],
    )


async def apply_automation(client: PrefectClient, wanted: AutomationCore) -> str:
    """Make the server hold ``wanted`` once, by name; ``created``, ``changed`` or ``unchanged``.

    Whether it is switched on is left to the user once it exists.
    """
    held = await client.read_automations_by_name(wanted.name)
    if not held:
        await client.create_automation(wanted)
        return "created"
    if _meaning(held[0]) == _meaning(wanted):
        return "unchanged"
    await client.update_automation(held[0].id, wanted.model_copy(update={"enabled": held[0].enabled}))
    return "changed"


def _meaning(automation: AutomationCore) -> dict[str, Any]:
    """What ``automation`` does, in a form that compares equal after a trip through the server."""
    chosen = automation.model_dump(mode="json", include={"description", "trigger", "actions"})
    return {key: _comparable(value) for key, value in chosen.items()}


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _comparable(part) for key, part in value.items() if key != "id" and part not in (None, [], {})}
    if isinstance(value, list):
        return sorted((_comparable(part) for part in value), key=repr)
    return value
