"""Which embedder reads questions, and why that one."""

from __future__ import annotations

import logging

from msgspec import Struct

from edgeworth.adapters.embeddings.lexical_only import LexicalOnly
from edgeworth.adapters.embeddings.local import LocalEmbedder
from edgeworth.adapters.embeddings.openai import OpenAIEmbedder
from edgeworth.discovery.ports import Embedder
from edgeworth.errors import ConfigurationError
from tasks.clock import utc_now
from tasks.settings import Settings
from tasks.wiring.jitter import retry_jitter

LOCAL_MODELS = ("minilm", "all-MiniLM-L6-v2", "all-MiniLM-L6-v2-int8")
"""Names under which the embedder on this machine may be asked for."""

NO_MODEL = "lexical"


class ChosenEmbedder(Struct, frozen=True, kw_only=True):
    """An embedder and why it was chosen.

    Attributes:
        reason: A sentence for the doctor and the report. is_fallback: Something that should work did not.
    """

    embedder: Embedder
    reason: str
    is_fallback: bool = False


def choose_embedder(settings: Settings) -> ChosenEmbedder:
    """OpenAI with a key, else MiniLM on this machine, else words alone. Asks no service.

    Raises:
        ConfigurationError: ``EMBEDDING_MODEL`` names a model whose dimensions are not known, or
            ``EDGEWORTH_EMBED_MODEL_PATH`` names a file that cannot be used.
    """
    if settings.embedding_model == NO_MODEL:
        return ChosenEmbedder(embedder=LexicalOnly(), reason="EMBEDDING_MODEL asks for words alone")
    if settings.embedding_model in LOCAL_MODELS:
        return _local(settings, "EMBEDDING_MODEL asks for it")
    if settings.openai_api_key is None:
        return _local(settings, "on this machine, because OPENAI_API_KEY is not set")
    embedder = OpenAIEmbedder(
        api_key=settings.openai_api_key.get_secret_value(),
        model=settings.embedding_model,
        base_url=settings.openai_base_url,
        dimensions=settings.embedding_dimensions,
        batch_size=settings.embedding_batch_size,
        clock=utc_now,
        jitter=retry_jitter(),
    )
    return ChosenEmbedder(embedder=embedder, reason="through OpenAI, because OPENAI_API_KEY is set")


def _local(settings: Settings, reason: str) -> ChosenEmbedder:
    """MiniLM; what the user asked for by name must work, what is only the default may be done without."""
    try:
        embedder = LocalEmbedder(model_path=settings.embed_model_path, threads=settings.embed_threads)
    except ConfigurationError as error:
        if settings.embed_model_path is not None or settings.embedding_model in LOCAL_MODELS:
            raise
        why = f"neighbours are found by their words alone, because the local embedder cannot be used: {error}"
        return ChosenEmbedder(embedder=LexicalOnly(), reason=why, is_fallback=True)
    return ChosenEmbedder(embedder=embedder, reason=reason)


def build_embedder(settings: Settings) -> Embedder:
    """The embedder that ``settings`` ask for; warns once when it is not what it should be.

    Raises:
        ConfigurationError: See ``choose_embedder``.
    """
    chosen = choose_embedder(settings)
    if chosen.is_fallback:
        logging.getLogger(__name__).warning("%s", chosen.reason)
    return chosen.embedder
