"""The language model that is asked and the service that is searched: chosen by the settings and the keys there are."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from pydantic import SecretStr

from edgeworth.adapters.language_models import anthropic, openai
from edgeworth.adapters.research import exa, perplexity
from edgeworth.adapters.research.memory import FileResearchMemory, RememberedResearch
from edgeworth.errors import ConfigurationError
from edgeworth.ports import LanguageModel, Research
from tasks.clock import utc_now
from tasks.settings import Settings
from tasks.wiring.jitter import retry_jitter

MODEL_KEYS = ("anthropic", "openai", "openrouter")
RESEARCH_KEYS = ("exa", "perplexity")
"""In the order in which they are preferred; the key of each is ``<service>_api_key``."""

RESEARCH_FOLDER = "research"


def build_language_model(settings: Settings) -> LanguageModel | None:
    """The model that is asked, or ``None`` when there is no key or none is wanted.

    Raises:
        ConfigurationError: A service is named and its key is missing.
    """
    service = _chosen(settings, "EDGEWORTH_LANGUAGE_MODEL_SERVICE", settings.language_model_service, MODEL_KEYS)
    if service is None:
        return None
    key = _key(settings, service)
    jitter = retry_jitter()
    if service == "anthropic":
        return anthropic.AnthropicModel(
            api_key=key,
            clock=utc_now,
            model=settings.language_model or anthropic.DEFAULT_MODEL,
            base_url=settings.anthropic_base_url,
            retry=replace(anthropic.PATIENT, attempt_seconds=settings.language_model_seconds),
            jitter=jitter,
        )
    if service == "openai":
        there, usual = openai.openai_at(settings.openai_base_url), openai.DEFAULT_MODEL
    else:
        there, usual = openai.openrouter_at(settings.openrouter_base_url), openai.OPENROUTER_DEFAULT_MODEL
    return openai.OpenAIModel(
        api_key=key,
        clock=utc_now,
        model=settings.language_model or usual,
        service=there,
        retry=replace(openai.PATIENT, attempt_seconds=settings.language_model_seconds),
        jitter=jitter,
    )


def build_research(settings: Settings) -> Research | None:
    """Who is searched, remembering answers in the data folder; ``None`` when there is no key or none is wanted.

    Raises:
        ConfigurationError: A service is named and its key is missing.
    """
    service = _chosen(settings, "EDGEWORTH_RESEARCH_SERVICE", settings.research_service, RESEARCH_KEYS)
    if service is None:
        return None
    key = _key(settings, service)
    jitter = retry_jitter()
    research: Research
    if service == "exa":
        retry = replace(exa.SEARCHING, attempt_seconds=settings.research_seconds)
        research = exa.ExaResearch(
            api_key=key, clock=utc_now, base_url=settings.exa_base_url, retry=retry, jitter=jitter
        )
    else:
        retry = replace(perplexity.SEARCHING, attempt_seconds=settings.research_seconds)
        research = perplexity.PerplexityResearch(
            api_key=key, clock=utc_now, base_url=settings.perplexity_base_url, retry=retry, jitter=jitter
        )
    return RememberedResearch(research, FileResearchMemory(settings.data_dir / RESEARCH_FOLDER))


def _chosen(settings: Settings, setting: str, wanted: str, services: Sequence[str]) -> str | None:
    """The service to use; ``None`` for none."""
    if wanted == "none":
        return None
    has_key = [service for service in services if getattr(settings, f"{service}_api_key") is not None]
    if wanted == "auto":
        return has_key[0] if has_key else None
    if wanted not in has_key:
        raise ConfigurationError(f"{setting} is {wanted}: expected a key in {wanted.upper()}_API_KEY, found none")
    return wanted


def _key(settings: Settings, service: str) -> str:
    secret: SecretStr = getattr(settings, f"{service}_api_key")
    return secret.get_secret_value()
