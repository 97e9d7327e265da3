"""Where venues are asked, how often, and how much of them an ingest reads."""

from __future__ import annotations

from pydantic import AliasChoices, BaseModel, Field

from tasks.settings.addresses import StreamAddress, WebAddress


class VenueSettings(BaseModel):
    gamma_url: WebAddress = Field(
        default="https://gamma-api.polymarket.com",
        validation_alias=AliasChoices("EDGEWORTH_GAMMA_URL"),
        description="Polymarket's listing API, or any stand-in.",
    )
    clob_url: WebAddress = Field(
        default="https://clob.polymarket.com",
        validation_alias=AliasChoices("EDGEWORTH_CLOB_URL"),
        description="Polymarket's order books and price history.",
    )
    data_api_url: WebAddress = Field(
        default="https://data-api.polymarket.com",
        validation_alias=AliasChoices("EDGEWORTH_DATA_API_URL"),
        description="Polymarket's trades.",
    )
    market_stream_url: StreamAddress = Field(
        default="wss://ws-subscriptions-clob.polymarket.com/ws/market",
        validation_alias=AliasChoices("EDGEWORTH_MARKET_STREAM_URL"),
        description="Polymarket's websocket market channel.",
    )
    kalshi_url: WebAddress = Field(
        default="https://external-api.kalshi.com/trade-api/v2",
        validation_alias=AliasChoices("EDGEWORTH_KALSHI_URL"),
        description="Kalshi's public API, version included.",
    )
    venue_attempts: int = Field(
        default=5,
        ge=1,
        le=20,
        validation_alias=AliasChoices("EDGEWORTH_VENUE_ATTEMPTS"),
        description="How often a venue that does not answer is asked; waits double from half a second to a minute.",
    )
    gamma_limit: int = Field(
        default=200,
        ge=1,
        validation_alias=AliasChoices("EDGEWORTH_GAMMA_LIMIT", "PM_GAMMA_LIMIT"),
        description="Size of the active set: the busiest Polymarket markets that an ordinary ingest reads.",
    )
    history_markets: int = Field(
        default=50,
        ge=0,
        validation_alias=AliasChoices("EDGEWORTH_HISTORY_MARKETS"),
        description="Open markets per venue, by volume, whose books, prices and trades an ingest reads.",
    )
    history_days: int = Field(
        default=30,
        ge=1,
        le=36_500,
        validation_alias=AliasChoices("EDGEWORTH_HISTORY_DAYS"),
        description="How far back the first reading of a market's prices and trades goes.",
    )
    enable_ws_ingest: bool = Field(
        default=False,
        validation_alias=AliasChoices("EDGEWORTH_ENABLE_WS_INGEST", "ENABLE_WS_INGEST"),
        description="Also follow Polymarket's websocket market channel for the active set during an ingest.",
    )
    ws_ingest_seconds: float = Field(
        default=60.0,
        gt=0,
        allow_inf_nan=False,
        validation_alias=AliasChoices("EDGEWORTH_WS_INGEST_SECONDS"),
        description="How long one ingest follows the market channel.",
    )
    synthetic_seed: int = Field(
        default=7,
        validation_alias=AliasChoices("EDGEWORTH_SYNTHETIC_SEED"),
        description="Seed of the synthetic world behind `--source synthetic`.",
    )
