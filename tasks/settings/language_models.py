"""Whose language model is asked, and with which key."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, BaseModel, Field, SecretStr

from tasks.settings.addresses import WebAddress


class LanguageModelSettings(BaseModel):
    language_model_service: Literal["auto", "anthropic", "openai", "openrouter", "none"] = Field(
        default="auto",
        validation_alias=AliasChoices("EDGEWORTH_LANGUAGE_MODEL_SERVICE"),
        description="Whose model is asked: `auto` is the first of the three whose key is set, in this order.",
    )
    language_model: str | None = Field(
        default=None,
        validation_alias=AliasChoices("EDGEWORTH_LANGUAGE_MODEL"),
        description="The model, as its service names it; unset means the service's usual one.",
    )
    language_model_seconds: float = Field(
        default=600.0,
        gt=0,
        allow_inf_nan=False,
        validation_alias=AliasChoices("EDGEWORTH_LANGUAGE_MODEL_SECONDS"),
        description="Longest wait for one answer of a language model; then it is asked again, three times at most.",
    )
    anthropic_base_url: WebAddress = Field(
        default="https://api.anthropic.com",
        validation_alias=AliasChoices("ANTHROPIC_BASE_URL", "EDGEWORTH_ANTHROPIC_BASE_URL"),
        description="Anthropic's API, or a stand-in; without `/v1`.",
    )
    anthropic_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("ANTHROPIC_API_KEY", "EDGEWORTH_ANTHROPIC_API_KEY"),
        description="Anthropic.",
    )
    openai_base_url: WebAddress = Field(
        default="https://api.openai.com/v1",
        validation_alias=AliasChoices("OPENAI_BASE_URL", "EDGEWORTH_OPENAI_BASE_URL"),
        description="OpenAI's API, or any service that speaks its protocol.",
    )
    openai_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("OPENAI_API_KEY", "EDGEWORTH_OPENAI_API_KEY"),
        description="OpenAI.",
    )
    openrouter_base_url: WebAddress = Field(
        default="https://openrouter.ai/api/v1",
        validation_alias=AliasChoices("OPENROUTER_BASE_URL", "EDGEWORTH_OPENROUTER_BASE_URL"),
        description="OpenRouter's API, or a stand-in.",
    )
    openrouter_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("OPENROUTER_API_KEY", "EDGEWORTH_OPENROUTER_API_KEY"),
        description="OpenRouter.",
    )
