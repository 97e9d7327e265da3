"""``edgeworth setup``: the work pool, limits, deployments and automations that a long-lived Prefect server needs.

Each item is read first, compared, and written only when it differs, so a second call changes nothing on the server.
Items that are not ours are never looked at, and nothing is ever deleted.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ConfigDict, PositiveInt, ValidationError

from edgeworth.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

WORK_POOL = "edgeworth"
WORK_POOL_TYPE = "process"
ANSWERING_DEPLOYMENT = "ingest/active"
"""What the freshness automation runs."""

SetupItem = tuple[str, str]
"""An item, and ``created``, ``changed`` or ``unchanged``."""


class ServiceLimit(BaseModel):
    """How many processes may work with one service at a time, and why that many."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    slots: PositiveInt
    reason: str


class _LimitsFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limits: list[ServiceLimit]


def set_up(project: Path) -> list[SetupItem]:
    """Bring the server in use (see ``prefect_server.running_api``) to the state that ``project`` describes.

    Args:
        project: The folder that holds ``prefect.yaml`` and ``deployments/limits.yaml``.

    Raises:
        ConfigurationError: One of the files is missing or not understood, or the pool's name is taken.
    """
    return asyncio.run(_set_up(project))


def load_limits(project: Path) -> list[ServiceLimit]:
    """The limits of ``project/deployments/limits.yaml``.

    Raises:
        ConfigurationError: The file is missing or not understood.
    """
    path = project / "deployments" / "limits.yaml"
    try:
        return _LimitsFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).limits
    except FileNotFoundError:
        raise ConfigurationError(f"expected {path}, found none: run this in Edgeworth's own folder") from None
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from None


async def _set_up(project: Path) -> list[SetupItem]:
    from prefect.client.orchestration import get_client

    from tasks.orchestration.automations import answer_missed_freshness, apply_automation, end_dead_runs
    from tasks.orchestration.deploying import apply_deployment, load_planned_deployments

    limits, deployments = load_limits(project), load_planned_deployments(project)
    async with get_client() as client:
        done = [(f"work pool {WORK_POOL}", await _apply_work_pool(client))]
        done += [(f"limit {limit.name} ({limit.slots})", await _apply_limit(client, limit)) for limit in limits]
        done += [(f"deployment {each.full_name}", await apply_deployment(client, each)) for each in deployments]
        answering = await client.read_deployment_by_name(ANSWERING_DEPLOYMENT)
        for automation in (end_dead_runs(), answer_missed_freshness(answering.id)):
            done.append((f"automation {automation.name}", await apply_automation(client, automation)))
    return done


async def _apply_work_pool(client: PrefectClient) -> str:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound
    from prefect.workers.process import ProcessWorker

    try:
        held = await client.read_work_pool(WORK_POOL)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        description = "Runs Edgeworth's flows as processes on the machine of the worker."
        await client.create_work_pool(
            WorkPoolCreate(name=WORK_POOL, type=WORK_POOL_TYPE, description=description, base_job_template=template)
        )
        return "created"
    if held.type != WORK_POOL_TYPE:
        # A pool's type cannot be changed, and deleting it would delete its queued runs: that is the user's to decide.
        raise ConfigurationError(
            f"expected the work pool {WORK_POOL!r} to be of type {WORK_POOL_TYPE!r}, found {held.type!r}: "
            f"delete it with `prefect work-pool delete {WORK_POOL}` and run this again"
        )
    return "unchanged"


async def _apply_limit(client: PrefectClient, wanted: ServiceLimit) -> str:
    from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate, GlobalConcurrencyLimitUpdate
    from prefect.exceptions import ObjectNotFound

    try:
        held = await client.read_global_concurrency_limit_by_name(wanted.name)
    except ObjectNotFound:
        await client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=wanted.name, limit=wanted.slots))
        return "created"
    if held.limit == wanted.slots:
        return "unchanged"
    await client.update_global_concurrency_limit(wanted.name, GlobalConcurrencyLimitUpdate(limit=wanted.slots))
    return "changed"
