"""Where generated programs run and what one of them may use."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, BaseModel, Field, SecretStr

from tasks.settings.addresses import WebAddress


class SandboxSettings(BaseModel):
    simulate_model_seconds: float = Field(
        default=60.0,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        validation_alias=AliasChoices("EDGEWORTH_SIMULATE_MODEL_SECONDS"),
        description="Longest that one run of a model may take, in wall time and in processor time.",
    )
    simulate_model_memory_mb: int = Field(
        default=1024,
        ge=256,
        validation_alias=AliasChoices("EDGEWORTH_SIMULATE_MODEL_MEMORY_MB"),
        description="Address space of one run of a model in MiB; the interpreter with numpy takes about 120 of it.",
    )
    sandbox: Literal["auto", "local", "daytona", "unsafe"] = Field(
        default="auto",
        validation_alias=AliasChoices("EDGEWORTH_SANDBOX"),
        description="Where generated programs run: `auto` is Daytona with its key, else this machine, confined; "
        "see [sandbox](sandbox.md).",
    )
    sandbox_require: int | None = Field(
        default=None,
        ge=1,
        le=4,
        validation_alias=AliasChoices("EDGEWORTH_SANDBOX_REQUIRE"),
        description="The weakest level of confinement that will do, 1 (Daytona) to 4; a weaker one is an error.",
    )
    daytona_url: WebAddress = Field(
        default="https://app.daytona.io/api",
        validation_alias=AliasChoices("EDGEWORTH_DAYTONA_URL", "DAYTONA_API_URL"),
        description="Daytona's API, `/api` included.",
    )
    daytona_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DAYTONA_API_KEY", "EDGEWORTH_DAYTONA_API_KEY"),
        description="Daytona.",
    )
    daytona_snapshot: str | None = Field(
        default=None,
        validation_alias=AliasChoices("EDGEWORTH_DAYTONA_SNAPSHOT"),
        description="What Daytona's sandboxes start from, with Python and numpy; unset means Daytona's own.",
    )
    daytona_create_seconds: float = Field(
        default=120.0,
        gt=0,
        allow_inf_nan=False,
        validation_alias=AliasChoices("EDGEWORTH_DAYTONA_CREATE_SECONDS"),
        description="Longest that Daytona may take to start a sandbox; what it starts later is deleted.",
    )
    daytona_sandboxes: int = Field(
        default=10,
        ge=1,
        validation_alias=AliasChoices("EDGEWORTH_DAYTONA_SANDBOXES"),
        description="Sandboxes of Daytona that exist at once.",
    )
    daytona_reuse: bool = Field(
        default=False,
        validation_alias=AliasChoices("EDGEWORTH_DAYTONA_REUSE"),
        description="A sandbox of Daytona serves one market after the other: cheaper, and less apart.",
    )
