"""Who is searched for news, and with which key."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, BaseModel, Field, SecretStr

from tasks.settings.addresses import WebAddress


class ResearchSettings(BaseModel):
    research_service: Literal["auto", "exa", "perplexity", "none"] = Field(
        default="auto",
        validation_alias=AliasChoices("EDGEWORTH_RESEARCH_SERVICE"),
        description="Who is searched for news: `auto` is the first of the two whose key is set, in this order.",
    )
    research_seconds: float = Field(
        default=60.0,
        gt=0,
        allow_inf_nan=False,
        validation_alias=AliasChoices("EDGEWORTH_RESEARCH_SECONDS"),
        description="Longest wait for one answer of a search; then it is asked again, three times at most.",
    )
    exa_base_url: WebAddress = Field(
        default="https://api.exa.ai",
        validation_alias=AliasChoices("EXA_BASE_URL", "EDGEWORTH_EXA_BASE_URL"),
        description="Exa's API, or a stand-in.",
    )
    exa_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("EXA_API_KEY", "EDGEWORTH_EXA_API_KEY"),
        description="Exa.",
    )
    perplexity_base_url: WebAddress = Field(
        default="https://api.perplexity.ai",
        validation_alias=AliasChoices("PERPLEXITY_BASE_URL", "EDGEWORTH_PERPLEXITY_BASE_URL"),
        description="Perplexity's API, or a stand-in.",
    )
    perplexity_api_key: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("PERPLEXITY_API_KEY", "EDGEWORTH_PERPLEXITY_API_KEY"),
        description="Perplexity.",
    )
