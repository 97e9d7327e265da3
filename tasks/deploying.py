"""Deployments as ``prefect.yaml`` describes them: read, compared with the server, written only where they differ.

``prefect deploy --all`` writes every time, which makes new schedules out of equal ones' runs and moves every "updated"
stamp; this does not. The part of the format that the file uses is read here; a key that is not known is an error,
never ignored. Pausing a deployment in Prefect's interface is the user's business and is left alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from msgspec import Struct
from prefect.client.schemas.actions import DeploymentScheduleCreate
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
    """Make the server's deployment equal to ``planned``; ``created``, ``changed`` or ``unchanged``."""
    held = await _read(client, planned)
    if held is not None and not list(_differences(held, planned)):
        return "unchanged"
    await client.create_deployment(
        flow_id=await client.create_flow_from_name(planned.flow_name),
        name=planned.name,
        entrypoint=planned.entrypoint,
        description=planned.description,
        parameters=planned.parameters,
        parameter_openapi_schema=planned.parameter_openapi_schema,
        enforce_parameter_schema=True,
        tags=list(planned.tags),
        work_pool_name=planned.work_pool_name,
        job_variables=planned.job_variables,
        concurrency_limit=planned.concurrency_limit,
        concurrency_options=_concurrency_options(planned),
        schedules=[_schedule(schedule) for schedule in planned.schedules],
        pull_steps=planned.pull_steps,
    )
    return "created" if held is None else "changed"


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


def _differences(held: DeploymentResponse, planned: PlannedDeployment) -> Iterator[str]:
    """Names of what ``held`` has otherwise than planned."""
    limit, options = held.global_concurrency_limit, held.concurrency_options
    pairs: Sequence[tuple[str, object, object]] = (
        ("entrypoint", held.entrypoint, planned.entrypoint),
        ("description", held.description, planned.description),
        ("parameters", held.parameters, planned.parameters),
        ("parameter schema", held.parameter_openapi_schema, planned.parameter_openapi_schema),
        ("tags", sorted(held.tags), sorted(planned.tags)),
        ("work pool", held.work_pool_name, planned.work_pool_name),
        ("job variables", held.job_variables, planned.job_variables),
        ("limit", limit.limit if limit else None, planned.concurrency_limit),
        ("collision", options.collision_strategy.value if options else None, planned.collision_strategy),
        ("schedules", _held_schedules(held), {schedule.slug: schedule for schedule in planned.schedules}),
        ("pull steps", held.pull_steps, planned.pull_steps),
    )
    return (name for name, present, wanted in pairs if present != wanted)


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


def _schedule(planned: PlannedSchedule) -> DeploymentScheduleCreate:
    return DeploymentScheduleCreate(
        schedule=CronSchedule(cron=planned.cron, timezone=planned.timezone), slug=planned.slug
    )


def _concurrency_options(planned: PlannedDeployment) -> ConcurrencyOptions | None:
    if planned.collision_strategy is None:
        return None
    return ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy(planned.collision_strategy))
