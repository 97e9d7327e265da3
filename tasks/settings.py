"""Settings: where things are and with which keys. Read from the environment and ``.env`` inside a run, never at import.

Settings never reach ``results/``; what a run computes is decided by its parameters, which always do. Keys are
``SecretStr``, so that no repr, log line or error shows them. An empty string is the same as unset.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from edgeworth.errors import ConfigurationError


def _named(*names: str) -> AliasChoices:
    """The names under which a setting is read; the first is the one that the documentation shows."""
    return AliasChoices(*names)


def _checked_url(*schemes: str) -> AfterValidator:
    """An address of one of ``schemes`` with a host; what was found is not repeated, for it may hold a password."""

    def check(url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in schemes or not parts.hostname:
            raise ValueError(f"expected an address like {schemes[-1]}://host")
        return url

    return AfterValidator(check)


class Settings(BaseSettings):
    """Every setting of Edgeworth; ``docs/settings.md`` lists them for a reader and a test compares the two."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    data_dir: Annotated[
        Path,
        Field(
            Path("data"),
            validation_alias=_named("EDGEWORTH_DATA_DIR"),
            description="Raw pages, history, the SQLite file and Prefect's home for local runs.",
        ),
    ]
    results_dir: Annotated[
        Path,
        Field(
            Path("results"),
            validation_alias=_named("EDGEWORTH_RESULTS_DIR"),
            description="One folder per run with its pages and manifest.",
        ),
    ]
    database_url: Annotated[
        SecretStr | None,
        Field(
            None,
            validation_alias=_named("EDGEWORTH_DATABASE_URL"),
            description="`postgresql://…` or `sqlite:///…`; unset means `edgeworth.db` in the data folder.",
        ),
    ]
    site_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "http://127.0.0.1:8787",
            validation_alias=_named("EDGEWORTH_SITE_URL"),
            description="Where `edgeworth serve` is reached: links in Prefect point there; see [serve](serve.md).",
        ),
    ]
    gamma_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://gamma-api.polymarket.com",
            validation_alias=_named("EDGEWORTH_GAMMA_URL"),
            description="Polymarket's listing API, or any stand-in.",
        ),
    ]
    clob_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://clob.polymarket.com",
            validation_alias=_named("EDGEWORTH_CLOB_URL"),
            description="Polymarket's order books and price history.",
        ),
    ]
    data_api_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://data-api.polymarket.com",
            validation_alias=_named("EDGEWORTH_DATA_API_URL"),
            description="Polymarket's trades.",
        ),
    ]
    market_stream_url: Annotated[
        str,
        _checked_url("ws", "wss"),
        Field(
            "wss://ws-subscriptions-clob.polymarket.com/ws/market",
            validation_alias=_named("EDGEWORTH_MARKET_STREAM_URL"),
            description="Polymarket's websocket market channel.",
        ),
    ]
    kalshi_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://external-api.kalshi.com/trade-api/v2",
            validation_alias=_named("EDGEWORTH_KALSHI_URL"),
            description="Kalshi's public API, version included.",
        ),
    ]
    venue_attempts: Annotated[
        int,
        Field(
            5,
            ge=1,
            le=20,
            validation_alias=_named("EDGEWORTH_VENUE_ATTEMPTS"),
            description="How often a venue that does not answer is asked; waits double from half a second to a minute.",
        ),
    ]
    gamma_limit: Annotated[
        int,
        Field(
            200,
            ge=1,
            validation_alias=_named("EDGEWORTH_GAMMA_LIMIT", "PM_GAMMA_LIMIT"),
            description="Size of the active set: the busiest Polymarket markets that an ordinary ingest reads.",
        ),
    ]
    history_markets: Annotated[
        int,
        Field(
            50,
            ge=0,
            validation_alias=_named("EDGEWORTH_HISTORY_MARKETS"),
            description="Open markets per venue, by volume, whose books, prices and trades an ingest reads.",
        ),
    ]
    history_days: Annotated[
        int,
        Field(
            30,
            ge=1,
            le=36_500,
            validation_alias=_named("EDGEWORTH_HISTORY_DAYS"),
            description="How far back the first reading of a market's prices and trades goes.",
        ),
    ]
    enable_ws_ingest: Annotated[
        bool,
        Field(
            default=False,
            validation_alias=_named("EDGEWORTH_ENABLE_WS_INGEST", "ENABLE_WS_INGEST"),
            description="Also follow Polymarket's websocket market channel for the active set during an ingest.",
        ),
    ]
    ws_ingest_seconds: Annotated[
        float,
        Field(
            60.0,
            gt=0,
            allow_inf_nan=False,
            validation_alias=_named("EDGEWORTH_WS_INGEST_SECONDS"),
            description="How long one ingest follows the market channel.",
        ),
    ]
    synthetic_seed: Annotated[
        int,
        Field(
            7,
            validation_alias=_named("EDGEWORTH_SYNTHETIC_SEED"),
            description="Seed of the synthetic world behind `--source synthetic`.",
        ),
    ]
    embedding_model: Annotated[
        str,
        Field(
            "text-embedding-3-small",
            validation_alias=_named("EMBEDDING_MODEL", "EDGEWORTH_EMBEDDING_MODEL"),
            description="OpenAI's model, used when its key is there; `minilm` or `lexical` ask for no service.",
        ),
    ]
    embedding_dimensions: Annotated[
        int | None,
        Field(
            None,
            ge=2,
            le=16_384,
            validation_alias=_named("EMBEDDING_DIMENSIONS", "EDGEWORTH_EMBEDDING_DIMENSIONS"),
            description="Numbers in a vector of that model; needed for a model that Edgeworth does not know.",
        ),
    ]
    embedding_batch_size: Annotated[
        int,
        Field(
            32,
            ge=1,
            le=2_048,
            validation_alias=_named("EMBEDDING_BATCH_SIZE", "EDGEWORTH_EMBEDDING_BATCH_SIZE"),
            description="Texts embedded and stored at a time.",
        ),
    ]
    embedding_batch_sleep_sec: Annotated[
        float,
        Field(
            0.0,
            ge=0,
            allow_inf_nan=False,
            validation_alias=_named("EMBEDDING_BATCH_SLEEP_SEC", "EDGEWORTH_EMBEDDING_BATCH_SLEEP_SEC"),
            description="Pause in seconds between two such batches.",
        ),
    ]
    embedding_refresh_sec: Annotated[
        int,
        Field(
            900,
            ge=1,
            validation_alias=_named("EMBEDDING_REFRESH_SEC", "EDGEWORTH_EMBEDDING_REFRESH_SEC"),
            description="Read and checked; nothing follows it yet: the schedule of `discover/hourly` decides.",
        ),
    ]
    similarity_threshold: Annotated[
        float | None,
        Field(
            None,
            ge=-1,
            le=1,
            validation_alias=_named("SIMILARITY_THRESHOLD", "EDGEWORTH_SIMILARITY_THRESHOLD"),
            description="Cosine under which no pair is proposed; unset means the floor of the embedding space.",
        ),
    ]
    max_matches_per_market: Annotated[
        int,
        Field(
            10,
            ge=1,
            le=1_000,
            validation_alias=_named("MAX_MATCHES_PER_MARKET", "EDGEWORTH_MAX_MATCHES_PER_MARKET"),
            description="Nearest neighbours that each market proposes, in each channel.",
        ),
    ]
    embed_model_path: Annotated[
        Path | None,
        Field(
            None,
            validation_alias=_named("EDGEWORTH_EMBED_MODEL_PATH"),
            description="Another `model.onnx` for the local embedder than the one in its package.",
        ),
    ]
    embed_threads: Annotated[
        int,
        Field(
            4,
            ge=1,
            validation_alias=_named("EDGEWORTH_EMBED_THREADS"),
            description="Cores that the local embedder may use at most.",
        ),
    ]
    openai_base_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://api.openai.com/v1",
            validation_alias=_named("OPENAI_BASE_URL", "EDGEWORTH_OPENAI_BASE_URL"),
            description="OpenAI's API, or any service that speaks its protocol.",
        ),
    ]
    simulate_runs_batch: Annotated[
        int,
        Field(
            100,
            ge=1,
            le=1_000_000,
            validation_alias=_named("EDGEWORTH_SIMULATE_RUNS_BATCH"),
            description="Most draws of a model for each market of a batch.",
        ),
    ]
    simulate_runs_single: Annotated[
        int,
        Field(
            200,
            ge=1,
            le=1_000_000,
            validation_alias=_named("EDGEWORTH_SIMULATE_RUNS_SINGLE"),
            description="Most draws of a model for a market that is simulated alone.",
        ),
    ]
    simulate_batch_size: Annotated[
        int,
        Field(
            10,
            ge=1,
            le=1_000,
            validation_alias=_named("EDGEWORTH_SIMULATE_BATCH_SIZE"),
            description="Markets of a batch, where the command does not say.",
        ),
    ]
    simulate_volume_floor: Annotated[
        float,
        Field(
            10_000.0,
            ge=0,
            allow_inf_nan=False,
            validation_alias=_named("EDGEWORTH_SIMULATE_VOLUME_FLOOR"),
            description="Dollars traded under which a market enters no batch, unless it is named.",
        ),
    ]
    simulate_concurrency: Annotated[
        int,
        Field(
            10,
            ge=1,
            le=1_000,
            validation_alias=_named("EDGEWORTH_SIMULATE_CONCURRENCY"),
            description="Markets of a batch that are worked on at once.",
        ),
    ]
    task_runner: Annotated[
        Literal["threads", "processes", "dask", "ray"],
        Field(
            "threads",
            validation_alias=_named("EDGEWORTH_TASK_RUNNER"),
            description="Where the markets of a batch in Prefect are worked on; see [growing](growing.md).",
        ),
    ]
    dask_address: Annotated[
        str | None,
        Field(
            None,
            validation_alias=_named("EDGEWORTH_DASK_ADDRESS"),
            description="Scheduler of a Dask cluster, `tcp://host:8786`; unset starts one here for each batch.",
        ),
    ]
    ray_address: Annotated[
        str | None,
        Field(
            None,
            validation_alias=_named("EDGEWORTH_RAY_ADDRESS"),
            description="A Ray cluster, `ray://host:10001`; unset starts one here for each batch.",
        ),
    ]
    simulate_model_seconds: Annotated[
        float,
        Field(
            60.0,
            gt=0,
            le=86_400,
            allow_inf_nan=False,
            validation_alias=_named("EDGEWORTH_SIMULATE_MODEL_SECONDS"),
            description="Longest that one run of a model may take, in wall time and in processor time.",
        ),
    ]
    simulate_model_memory_mb: Annotated[
        int,
        Field(
            1024,
            ge=256,
            validation_alias=_named("EDGEWORTH_SIMULATE_MODEL_MEMORY_MB"),
            description="Address space of one run of a model in MiB; the interpreter with numpy takes about 120 of it.",
        ),
    ]
    sandbox: Annotated[
        Literal["auto", "local", "daytona", "unsafe"],
        Field(
            "auto",
            validation_alias=_named("EDGEWORTH_SANDBOX"),
            description="Where generated programs run: `auto` is Daytona with its key, else this machine, confined; "
            "see [sandbox](sandbox.md).",
        ),
    ]
    sandbox_require: Annotated[
        int | None,
        Field(
            None,
            ge=1,
            le=4,
            validation_alias=_named("EDGEWORTH_SANDBOX_REQUIRE"),
            description="The weakest level of confinement that will do, 1 (Daytona) to 4; a weaker one is an error.",
        ),
    ]
    language_model_service: Annotated[
        Literal["auto", "anthropic", "openai", "openrouter", "none"],
        Field(
            "auto",
            validation_alias=_named("EDGEWORTH_LANGUAGE_MODEL_SERVICE"),
            description="Whose model is asked: `auto` is the first of the three whose key is set, in this order.",
        ),
    ]
    language_model: Annotated[
        str | None,
        Field(
            None,
            validation_alias=_named("EDGEWORTH_LANGUAGE_MODEL"),
            description="The model, as its service names it; unset means the service's usual one.",
        ),
    ]
    language_model_seconds: Annotated[
        float,
        Field(
            600.0,
            gt=0,
            allow_inf_nan=False,
            validation_alias=_named("EDGEWORTH_LANGUAGE_MODEL_SECONDS"),
            description="Longest wait for one answer of a language model; then it is asked again, three times at most.",
        ),
    ]
    anthropic_base_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://api.anthropic.com",
            validation_alias=_named("ANTHROPIC_BASE_URL", "EDGEWORTH_ANTHROPIC_BASE_URL"),
            description="Anthropic's API, or a stand-in; without `/v1`.",
        ),
    ]
    openrouter_base_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://openrouter.ai/api/v1",
            validation_alias=_named("OPENROUTER_BASE_URL", "EDGEWORTH_OPENROUTER_BASE_URL"),
            description="OpenRouter's API, or a stand-in.",
        ),
    ]
    research_service: Annotated[
        Literal["auto", "exa", "perplexity", "none"],
        Field(
            "auto",
            validation_alias=_named("EDGEWORTH_RESEARCH_SERVICE"),
            description="Who is searched for news: `auto` is the first of the two whose key is set, in this order.",
        ),
    ]
    research_seconds: Annotated[
        float,
        Field(
            60.0,
            gt=0,
            allow_inf_nan=False,
            validation_alias=_named("EDGEWORTH_RESEARCH_SECONDS"),
            description="Longest wait for one answer of a search; then it is asked again, three times at most.",
        ),
    ]
    exa_base_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://api.exa.ai",
            validation_alias=_named("EXA_BASE_URL", "EDGEWORTH_EXA_BASE_URL"),
            description="Exa's API, or a stand-in.",
        ),
    ]
    perplexity_base_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://api.perplexity.ai",
            validation_alias=_named("PERPLEXITY_BASE_URL", "EDGEWORTH_PERPLEXITY_BASE_URL"),
            description="Perplexity's API, or a stand-in.",
        ),
    ]
    daytona_url: Annotated[
        str,
        _checked_url("http", "https"),
        Field(
            "https://app.daytona.io/api",
            validation_alias=_named("EDGEWORTH_DAYTONA_URL", "DAYTONA_API_URL"),
            description="Daytona's API, `/api` included.",
        ),
    ]
    daytona_snapshot: Annotated[
        str | None,
        Field(
            None,
            validation_alias=_named("EDGEWORTH_DAYTONA_SNAPSHOT"),
            description="What Daytona's sandboxes start from, with Python and numpy; unset means Daytona's own.",
        ),
    ]
    daytona_create_seconds: Annotated[
        float,
        Field(
            120.0,
            gt=0,
            allow_inf_nan=False,
            validation_alias=_named("EDGEWORTH_DAYTONA_CREATE_SECONDS"),
            description="Longest that Daytona may take to start a sandbox; what it starts later is deleted.",
        ),
    ]
    daytona_sandboxes: Annotated[
        int,
        Field(
            10,
            ge=1,
            validation_alias=_named("EDGEWORTH_DAYTONA_SANDBOXES"),
            description="Sandboxes of Daytona that exist at once.",
        ),
    ]
    daytona_reuse: Annotated[
        bool,
        Field(
            default=False,
            validation_alias=_named("EDGEWORTH_DAYTONA_REUSE"),
            description="A sandbox of Daytona serves one market after the other: cheaper, and less apart.",
        ),
    ]
    openai_api_key: Annotated[
        SecretStr | None,
        Field(None, validation_alias=_named("OPENAI_API_KEY", "EDGEWORTH_OPENAI_API_KEY"), description="OpenAI."),
    ]
    anthropic_api_key: Annotated[
        SecretStr | None,
        Field(
            None, validation_alias=_named("ANTHROPIC_API_KEY", "EDGEWORTH_ANTHROPIC_API_KEY"), description="Anthropic."
        ),
    ]
    daytona_api_key: Annotated[
        SecretStr | None,
        Field(None, validation_alias=_named("DAYTONA_API_KEY", "EDGEWORTH_DAYTONA_API_KEY"), description="Daytona."),
    ]
    exa_api_key: Annotated[
        SecretStr | None,
        Field(None, validation_alias=_named("EXA_API_KEY", "EDGEWORTH_EXA_API_KEY"), description="Exa."),
    ]
    perplexity_api_key: Annotated[
        SecretStr | None,
        Field(
            None,
            validation_alias=_named("PERPLEXITY_API_KEY", "EDGEWORTH_PERPLEXITY_API_KEY"),
            description="Perplexity.",
        ),
    ]
    openrouter_api_key: Annotated[
        SecretStr | None,
        Field(
            None,
            validation_alias=_named("OPENROUTER_API_KEY", "EDGEWORTH_OPENROUTER_API_KEY"),
            description="OpenRouter.",
        ),
    ]

    @property
    def database(self) -> str:
        """The database's URL; holds the password, so it is handed to the engine and nowhere else."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data_dir / 'edgeworth.db').absolute().as_posix()}"

    @property
    def prefect_home(self) -> Path:
        """Where Prefect keeps its database for local runs; absolute, as Prefect needs it."""
        return (self.data_dir / "prefect").absolute()


def load_settings() -> Settings:
    """The settings of this process, read now.

    Raises:
        ConfigurationError: A value cannot be used; every one that cannot is named, none is printed if it is a key.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # every field has a default inside Annotated
    except ValidationError as error:
        lines = [
            f"  {'/'.join(str(part) for part in problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        ]
        raise ConfigurationError("These settings cannot be used:\n" + "\n".join(lines)) from None
