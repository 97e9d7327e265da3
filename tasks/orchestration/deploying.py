"""Deployments as ``prefect.yaml`` describes them: read, compared with the server, written only where they differ.

``prefect deploy --all`` writes every time, which replaces equal schedules and moves every stamp; this does not. The
part of the format that the file uses is read here; a key that is not known is an error, never ignored. Pausing a
deployment in Prefect's interface is the user's business and is left alone.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from msgspec import Struct
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentScheduleUpdate, DeploymentUpdate
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from edgeworth.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.responses import DeploymentResponse

ROOT_VARIABLE = "EDGEWORTH_ROOT"
"""Stands for the project's folder in ``prefect.yaml``; what it holds when deploying is what the worker uses."""

_FILE_KEYS = {"name", "pull", "definitions", "deployments"}
_DEPLOYMENT_KEYS = {
    *("name", "description", "entrypoint", "parameters", "tags", "work_pool", "concurrency_limit", "schedules"),
}
_SCHEDULE_KEYS = {"cron", "timezone", "slug"}


class PlannedSchedule(Struct, frozen=True, kw_only=True):
    """When a deployment runs; ``slug`` is what makes it the same schedule after a change."""

    slug: str
    cron: str
    timezone: str


class PlannedDeployment(Struct, frozen=True, kw_only=True):
    """One deployment as ``prefect.yaml`` and the flow's signature describe it."""

    flow_name: str
    name: str
    entrypoint: str
    description: str
    parameters: dict[str, Any]
    parameter_openapi_schema: dict[str, Any]
    tags: tuple[str, ...]
    work_pool_name: str
    job_variables: dict[str, Any]
    concurrency_limit: int | None
    collision_strategy: str | None
    schedules: tuple[PlannedSchedule, ...]
    pull_steps: list[dict[str, Any]]

    @property
    def full_name(self) -> str:
        """``flow/deployment``, as Prefect's commands name it."""
        return f"{self.flow_name}/{self.name}"


def load_planned_deployments(project: Path) -> list[PlannedDeployment]:
    """Every deployment of ``project/prefect.yaml``, with its flow loaded for name and parameters.

    Raises:
        ConfigurationError: The file is missing, or says something that is not understood here.
    """
    path = project / "prefect.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"expected {path}, found none: run this in Edgeworth's own folder") from None
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from None
    _check_keys(content, _FILE_KEYS, str(path))
    pull_steps = _resolved(content["pull"], project)
    return [_planned(project, entry, pull_steps) for entry in content["deployments"]]


async def apply_deployment(client: PrefectClient, planned: PlannedDeployment) -> str:
    """Make the server's deployment equal to ``planned``; ``created``, ``changed`` or ``unchanged``.

    Only what differs is sent: creating a deployment again would start it anew when it was paused, and would replace
    its schedules, also equal ones, by new ones that are switched on.
    """
    held = await _read(client, planned)
    if held is None:
        flow_id = await client.create_flow_from_name(planned.flow_name)
        schedules = [
            DeploymentScheduleCreate(schedule=_cron(schedule), slug=schedule.slug) for schedule in planned.schedules
        ]
        await client.create_deployment(
            flow_id, planned.name, **_fields(planned), schedules=schedules, enforce_parameter_schema=True
        )
        return "created"
    changes = _changes(held, planned)
    if not changes:
        return "unchanged"
    await client.update_deployment(held.id, DeploymentUpdate(**changes))
    return "changed"


def _planned(project: Path, entry: Mapping[str, Any], pull_steps: list[dict[str, Any]]) -> PlannedDeployment:
    where = f"deployment {entry.get('name')!r} of prefect.yaml"
    _check_keys(entry, _DEPLOYMENT_KEYS, where)
    for schedule in entry["schedules"]:
        _check_keys(schedule, _SCHEDULE_KEYS, f"a schedule of {where}")
    # Without the last argument, a file that cannot be imported would be deployed as a flow that does nothing.
    flow: Any = load_flow_from_entrypoint(str(project / entry["entrypoint"]), use_placeholder_flow=False)
    limit = entry.get("concurrency_limit") or {}
    return PlannedDeployment(
        flow_name=flow.name,
        name=entry["name"],
        entrypoint=entry["entrypoint"],
        description=entry["description"],
        parameters=entry["parameters"],
        parameter_openapi_schema=parameter_schema(flow).model_dump(exclude_unset=True),
        tags=tuple(entry["tags"]),
        work_pool_name=entry["work_pool"]["name"],
        job_variables=entry["work_pool"].get("job_variables") or {},
        concurrency_limit=limit.get("limit"),
        collision_strategy=limit.get("collision_strategy"),
        schedules=tuple(PlannedSchedule(**schedule) for schedule in entry["schedules"]),
        pull_steps=pull_steps,
    )


def _check_keys(found: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(found) - known)
    if unknown:
        raise ConfigurationError(f"{where}: expected only {', '.join(sorted(known))}, found {', '.join(unknown)}")


def _resolved(steps: list[dict[str, Any]], project: Path) -> list[dict[str, Any]]:
    """``steps`` with the project's folder filled in: the one variable that they may use."""
    root = os.environ.get(ROOT_VARIABLE) or str(project.resolve())
    return [
        {step: {key: _filled(text, root) for key, text in inputs.items()} for step, inputs in each.items()}
        for each in steps
    ]


def _filled(text: str, root: str) -> str:
    filled = text.replace("{{ $" + ROOT_VARIABLE + " }}", root)
    if "{{" in filled:
        raise ConfigurationError(
            f"prefect.yaml: expected only {{{{ ${ROOT_VARIABLE} }}}} to be filled in, found {text}"
        )
    return filled


async def _read(client: PrefectClient, planned: PlannedDeployment) -> DeploymentResponse | None:
    try:
        return await client.read_deployment_by_name(planned.full_name)
    except ObjectNotFound:
        return None


def _fields(deployment: PlannedDeployment) -> dict[str, Any]:
    """Everything but the schedules, by the names that Prefect uses for creating and for updating."""
    return {
        "entrypoint": deployment.entrypoint,
        "description": deployment.description,
        "parameters": deployment.parameters,
        "parameter_openapi_schema": deployment.parameter_openapi_schema,
        "tags": list(deployment.tags),
        "work_pool_name": deployment.work_pool_name,
        "job_variables": deployment.job_variables,
        "concurrency_limit": deployment.concurrency_limit,
        "concurrency_options": deployment.collision_strategy
        and ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(deployment.collision_strategy)),
        "pull_steps": deployment.pull_steps,
    }


def _changes(held: DeploymentResponse, planned: PlannedDeployment) -> dict[str, Any]:
    """The fields to be sent so that ``held`` becomes what is planned."""
    # Since 3.x the limit is answered as an object of its own; the plain field is deprecated and always empty.
    limit = held.global_concurrency_limit
    present = {name: getattr(held, name) for name in _fields(planned) if name != "concurrency_limit"}
    present["concurrency_limit"] = limit.limit if limit else None
    changes = {name: wanted for name, wanted in _fields(planned).items() if present[name] != wanted}
    if _held_schedules(held) != {schedule.slug: schedule for schedule in planned.schedules}:
        changes["schedules"] = [
            DeploymentScheduleUpdate(schedule=_cron(schedule), slug=schedule.slug) for schedule in planned.schedules
        ]
    return changes


def _held_schedules(held: DeploymentResponse) -> dict[str, PlannedSchedule | None]:
    """Schedules by slug; one that was made by hand (no slug, or not a cron line) is ``None`` and so differs."""
    return {
        schedule.slug or str(schedule.id): PlannedSchedule(
            slug=schedule.slug, cron=schedule.schedule.cron, timezone=schedule.schedule.timezone or "UTC"
        )
        if isinstance(schedule.schedule, CronSchedule) and schedule.slug and not schedule.parameters
        else None
        for schedule in held.schedules
    }


def _cron(planned: PlannedSchedule) -> CronSchedule:
    return CronSchedule(cron=planned.cron, timezone=planned.timezone)
