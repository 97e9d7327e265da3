"""Which embedder reads the questions, and which of its pairs are proposed."""

from __future__ import annotations

from pathlib import Path

from pydantic import AliasChoices, BaseModel, Field


class MatchingSettings(BaseModel):
    embedding_model: str = Field(
        default="text-embedding-3-small",
        validation_alias=AliasChoices("EMBEDDING_MODEL", "EDGEWORTH_EMBEDDING_MODEL"),
        description="OpenAI's model, used when its key is there; `minilm` or `lexical` ask for no service.",
    )
    embedding_dimensions: int | None = Field(
        default=None,
        ge=2,
        le=16_384,
        validation_alias=AliasChoices("EMBEDDING_DIMENSIONS", "EDGEWORTH_EMBEDDING_DIMENSIONS"),
        description="Numbers in a vector of that model; needed for a model that Edgeworth does not know.",
    )
    embedding_batch_size: int = Field(
        default=32,
        ge=1,
        le=2_048,
        validation_alias=AliasChoices("EMBEDDING_BATCH_SIZE", "EDGEWORTH_EMBEDDING_BATCH_SIZE"),
        description="Texts embedded and stored at a time.",
    )
    embedding_batch_sleep_sec: float = Field(
        default=0.0,
        ge=0,
        allow_inf_nan=False,
        validation_alias=AliasChoices("EMBEDDING_BATCH_SLEEP_SEC", "EDGEWORTH_EMBEDDING_BATCH_SLEEP_SEC"),
        description="Pause in seconds between two such batches.",
    )
    embedding_refresh_sec: int = Field(
        default=900,
        ge=1,
        validation_alias=AliasChoices("EMBEDDING_REFRESH_SEC", "EDGEWORTH_EMBEDDING_REFRESH_SEC"),
        description="Read and checked; nothing follows it yet: the schedule of `discover/hourly` decides.",
    )
    similarity_threshold: float | None = Field(
        default=None,
        ge=-1,
        le=1,
        validation_alias=AliasChoices("SIMILARITY_THRESHOLD", "EDGEWORTH_SIMILARITY_THRESHOLD"),
        description="Cosine under which no pair is proposed; unset means the floor of the embedding space.",
    )
    max_matches_per_market: int = Field(
        default=10,
        ge=1,
        le=1_000,
        validation_alias=AliasChoices("MAX_MATCHES_PER_MARKET", "EDGEWORTH_MAX_MATCHES_PER_MARKET"),
        description="Nearest neighbours that each market proposes, in each channel.",
    )
    embed_model_path: Path | None = Field(
        default=None,
        validation_alias=AliasChoices("EDGEWORTH_EMBED_MODEL_PATH"),
        description="Another `model.onnx` for the local embedder than the one in its package.",
    )
    embed_threads: int = Field(
        default=4,
        ge=1,
        validation_alias=AliasChoices("EDGEWORTH_EMBED_THREADS"),
        description="Cores that the local embedder may use at most.",
    )
