"""How large a batch of simulations is, and where its markets are worked on."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, BaseModel, Field


class SimulatingSettings(BaseModel):
    simulate_runs_batch: int = Field(
        default=100,
        ge=1,
        le=1_000_000,
        validation_alias=AliasChoices("EDGEWORTH_SIMULATE_RUNS_BATCH"),
        description="Most draws of a model for each market of a batch.",
    )
    simulate_runs_single: int = Field(
        default=200,
        ge=1,
        le=1_000_000,
        validation_alias=AliasChoices("EDGEWORTH_SIMULATE_RUNS_SINGLE"),
        description="Most draws of a model for a market that is simulated alone.",
    )
    simulate_batch_size: int = Field(
        default=10,
        ge=1,
        le=1_000,
        validation_alias=AliasChoices("EDGEWORTH_SIMULATE_BATCH_SIZE"),
        description="Markets of a batch, where the command does not say.",
    )
    simulate_volume_floor: float = Field(
        default=10_000.0,
        ge=0,
        allow_inf_nan=False,
        validation_alias=AliasChoices("EDGEWORTH_SIMULATE_VOLUME_FLOOR"),
        description="Dollars traded under which a market enters no batch, unless it is named.",
    )
    simulate_concurrency: int = Field(
        default=10,
        ge=1,
        le=1_000,
        validation_alias=AliasChoices("EDGEWORTH_SIMULATE_CONCURRENCY"),
        description="Markets of a batch that are worked on at once.",
    )
    task_runner: Literal["threads", "processes", "dask", "ray"] = Field(
        default="threads",
        validation_alias=AliasChoices("EDGEWORTH_TASK_RUNNER"),
        description="Where the markets of a batch, and the trials of a sweep, are worked on in Prefect; "
        "see [growing](growing.md).",
    )
    dask_address: str | None = Field(
        default=None,
        validation_alias=AliasChoices("EDGEWORTH_DASK_ADDRESS"),
        description="Scheduler of a Dask cluster, `tcp://host:8786`; unset starts one here for each batch.",
    )
    ray_address: str | None = Field(
        default=None,
        validation_alias=AliasChoices("EDGEWORTH_RAY_ADDRESS"),
        description="A Ray cluster, `ray://host:10001`; unset starts one here for each batch.",
    )
