"""The tables of the catalogue, the same on SQLite and PostgreSQL.

Only their shape stands here, not how rows are made or asked for. ``docs/schemas.md`` explains every column and a test
holds it against this module; ``migrations/`` makes the tables.

Money, prices and sizes are whole millionths (``*_micros``); totals that a venue states rounded are floating. Instants
are UTC: ``timestamptz`` on PostgreSQL, SQLite's own text form (``2026-11-21 09:30:00.000000``) there, so that both
sort, compare with the database's own functions, and come back aware.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA_VERSION = "0004"
"""The newest migration; a database with another one is migrated when it is opened."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware instant in UTC on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError(f"expected an aware instant, found {value!r}")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Instant = UtcDateTime()
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that is compared and sorted by its bytes, as SQLite does everywhere: one order on both, and a fast one."""
Number: sa.types.TypeEngine[float] = sa.Double()

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s__%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s__%(column_0_N_name)s",
    }
)


def _column(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _optional(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=True)


venue_event = sa.Table(
    "venue_event",
    metadata,
    sa.Column("event_id", Key, primary_key=True),
    _column("venue", Key),
    _column("is_synthetic", sa.Boolean()),
    _column("native_id", Key),
    _column("title", sa.Text()),
    _optional("slug", Key),
    _optional("category", Key),
    _column("tags", Json),
    _optional("series_native_id", Key),
    _optional("created_at", Instant),
    _optional("updated_at", Instant),
    _optional("closes_at", Instant),
    _optional("is_closed", sa.Boolean()),
    _column("is_neg_risk", sa.Boolean()),
    _column("is_neg_risk_augmented", sa.Boolean()),
    _optional("is_mutually_exclusive", sa.Boolean()),
    _optional("volume_usd", Number),
    _optional("volume_24h_usd", Number),
    _optional("liquidity_usd", Number),
    _optional("market_count", sa.Integer()),
    _column("is_stub", sa.Boolean()),
    _optional("url", sa.Text()),
    _column("as_of", Instant),
    _column("first_seen_at", Instant),
    _column("signature", Key),
    _column("description", sa.Text()),
    sa.Index(None, "slug"),
)

market = sa.Table(
    "market",
    metadata,
    sa.Column("market_id", Key, primary_key=True),
    _column("venue", Key),
    _column("is_synthetic", sa.Boolean()),
    _column("native_id", Key),
    _optional("event_id", Key),
    _optional("listing_id", Key),
    _optional("slug", Key),
    _column("question", sa.Text()),
    _optional("category", Key),
    _column("tags", Json),
    _column("status", Key),
    _column("detail", sa.SmallInteger()),
    _optional("created_at", Instant),
    _optional("updated_at", Instant),
    _optional("opens_at", Instant),
    _optional("closes_at", Instant),
    _optional("closed_at", Instant),
    _optional("volume_usd", Number),
    _optional("volume_24h_usd", Number),
    _optional("liquidity_usd", Number),
    _optional("volume_shares", Number),
    _optional("volume_24h_shares", Number),
    _optional("open_interest_shares", Number),
    _optional("best_bid_micros", sa.BigInteger()),
    _optional("best_ask_micros", sa.BigInteger()),
    _optional("last_price_micros", sa.BigInteger()),
    _optional("price_change_24h_micros", sa.BigInteger()),
    _optional("tick_size_micros", sa.BigInteger()),
    _optional("min_order_size_micros", sa.BigInteger()),
    _column("is_neg_risk", sa.Boolean()),
    _optional("is_accepting_orders", sa.Boolean()),
    _optional("fee_terms", Json),
    _optional("resolution_shape", Key),
    _optional("resolution_payouts_micros", Json),
    _optional("resolved_at", Instant),
    _optional("resolution_source", sa.Text()),
    _optional("url", sa.Text()),
    _column("as_of", Instant),
    _column("first_seen_at", Instant),
    _column("revision_count", sa.Integer()),
    _column("signature", Key),
    # Last, because SQLite reads a row from its front: what is long must not stand before what is asked for often.
    _column("rules", sa.Text()),
    sa.Index(None, "event_id"),
    sa.Index(None, "slug"),
    sa.Index(None, "venue", "status"),
)

outcome = sa.Table(
    "outcome",
    metadata,
    sa.Column("market_id", Key, sa.ForeignKey("market.market_id"), primary_key=True),
    sa.Column("outcome_index", sa.SmallInteger, primary_key=True, autoincrement=False),
    _column("label", sa.Text()),
    _optional("token_id", Key),
    _optional("price_micros", sa.BigInteger()),
    sqlite_with_rowid=False,
)

market_revision = sa.Table(
    "market_revision",
    metadata,
    sa.Column("market_id", Key, sa.ForeignKey("market.market_id"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    _column("seen_at", Instant),
    _column("run_id", Key),
    _column("changed", Json),
    _column("question", sa.Text()),
    _column("rules", sa.Text()),
    _column("outcomes", Json),
    _optional("closes_at", Instant),
    _column("previous", Json),
)

series = sa.Table(
    "series",
    metadata,
    sa.Column("series_id", Key, primary_key=True),
    _column("venue", Key),
    _column("is_synthetic", sa.Boolean()),
    _column("native_id", Key),
    _column("title", sa.Text()),
    _optional("category", Key),
    _column("tags", Json),
    _optional("fee_type", sa.Text()),
    _optional("fee_multiplier_ppm", sa.BigInteger()),
    _column("as_of", Instant),
    _column("first_seen_at", Instant),
    _column("signature", Key),
)

refusal = sa.Table(
    "refusal",
    metadata,
    sa.Column("refusal_id", Key, primary_key=True),
    _column("venue", Key),
    _column("is_synthetic", sa.Boolean()),
    _column("kind", Key),
    _optional("native_id", Key),
    _column("code", Key),
    _column("reason", sa.Text()),
    _column("raw_path", sa.Text()),
    _column("raw_offset", sa.BigInteger()),
    _column("item_index", sa.Integer()),
    _column("item_digest", Key),
    _column("run_id", Key),
    _column("first_seen_at", Instant),
    _column("last_seen_at", Instant),
    _column("times_seen", sa.Integer()),
    sa.Index(None, "code"),
)

listing_pass = sa.Table(
    "listing_pass",
    metadata,
    sa.Column("pass_id", Key, primary_key=True),
    _column("key", Key),
    _optional("venue", Key),
    _optional("is_synthetic", sa.Boolean()),
    _optional("kind", Key),
    _column("run_id", Key),
    _column("started_at", Instant),
    _optional("next_cursor", sa.Text()),
    _column("pages", sa.Integer()),
    _column("fetched", sa.BigInteger()),
    _optional("raw_path", sa.Text()),
    _column("raw_end", sa.BigInteger()),
    _optional("finished_at", Instant),
    _column("counts", Json),
    sa.Index(None, "key", "started_at"),
    sa.Index(None, "venue", "finished_at"),
)

listing_item = sa.Table(
    "listing_item",
    metadata,
    sa.Column("venue", Key, primary_key=True),
    sa.Column("kind", Key, primary_key=True),
    sa.Column("native_id", Key, primary_key=True),
    _column("digest", Key),
    _column("rows", sa.Integer()),
    _column("refused", sa.Integer()),
    _optional("refusals", Json),
    _column("events", sa.Integer()),
    sqlite_with_rowid=False,
)

run = sa.Table(
    "run",
    metadata,
    sa.Column("run_id", Key, primary_key=True),
    _column("kind", Key),
    _column("parameters", Json),
    _column("code_version", sa.Text()),
    _column("started_at", Instant),
    _optional("finished_at", Instant),
    _column("status", Key),
    _optional("counts", Json),
    sa.Index(None, "kind", "started_at"),
)

embedding = sa.Table(
    "embedding",
    metadata,
    sa.Column("space_id", Key, primary_key=True),
    sa.Column("market_id", Key, primary_key=True),
    _column("model", sa.Text()),
    _column("dimensions", sa.Integer()),
    _column("signature", Key),
    _column("embedded_at", Instant),
    _column("vector", sa.LargeBinary()),
)

match = sa.Table(
    "match",
    metadata,
    sa.Column("market_a", Key, primary_key=True),
    sa.Column("market_b", Key, primary_key=True),
    _column("is_synthetic", sa.Boolean()),
    _column("relation", Key),
    _column("confidence", Number),
    _column("reader", sa.Text()),
    _optional("space_id", Key),
    _optional("similarity", Number),
    _optional("lexical", Number),
    _optional("price_a_micros", sa.BigInteger()),
    _optional("price_b_micros", sa.BigInteger()),
    _column("signature", Key),
    _column("decided_at", Instant),
    _column("first_seen_at", Instant),
    _column("last_seen_at", Instant),
    _optional("gone_at", Instant),
    _column("run_id", Key),
    _column("clauses", Json),
    sa.Index(None, "market_b"),
    sa.Index(None, "relation", "confidence"),
)

opportunity = sa.Table(
    "opportunity",
    metadata,
    sa.Column("opportunity_id", Key, primary_key=True),
    _column("kind", Key),
    _column("certainty", Key),
    _column("is_synthetic", sa.Boolean()),
    _column("market_ids", Json),
    _column("best_profit_micros", sa.BigInteger()),
    _column("best_cost_micros", sa.BigInteger()),
    _optional("dies_at_micros", sa.BigInteger()),
    _column("is_dead_at_size", sa.Boolean()),
    _column("passes_gates", sa.Boolean()),
    _optional("days_locked", Number),
    _optional("annualised_return", Number),
    _column("as_of", Instant),
    _column("signature", Key),
    _column("first_seen_at", Instant),
    _column("last_seen_at", Instant),
    _optional("gone_at", Instant),
    _column("run_id", Key),
    _column("detail", Json),
    sa.Index(None, "kind", "last_seen_at"),
)

simulation = sa.Table(
    "simulation",
    metadata,
    sa.Column("run_id", Key, primary_key=True),
    sa.Column("market_id", Key, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _column("is_synthetic", sa.Boolean()),
    _column("as_of", Instant),
    _column("author", sa.Text()),
    _column("author_kind", Key),
    _optional("anchoring", Key),
    _optional("status", Key),
    _optional("runs", sa.BigInteger()),
    _optional("probability", Number),
    _optional("standard_error", Number),
    _optional("wilson_low", Number),
    _optional("wilson_high", Number),
    _optional("belief_low", Number),
    _optional("belief_high", Number),
    _optional("belief_deviation", Number),
    _column("sandbox", sa.Text()),
    _column("repairs", sa.Integer()),
    _column("input_tokens", sa.BigInteger()),
    _column("output_tokens", sa.BigInteger()),
    _optional("cost_micros", sa.BigInteger()),
    _column("seconds", Number),
    _optional("problem", sa.Text()),
    _optional("source_digest", Key),
    _column("detail", Json),
    sa.Index(None, "market_id"),
)

# Triggers of the migration refuse to change or remove a row.
forecast = sa.Table(
    "forecast",
    metadata,
    sa.Column("forecast_id", Key, primary_key=True),
    _column("run_id", Key),
    _column("market_id", Key),
    _column("is_synthetic", sa.Boolean()),
    _column("as_of", Instant),
    _column("registered_at", Instant),
    _optional("closes_at", Instant),
    _column("status", Key),
    _column("author", sa.Text()),
    _optional("kind", Key),
    _optional("anchoring", Key),
    _column("models", sa.Integer()),
    _optional("probability", Number),
    _optional("sampling_error", Number),
    _optional("low", Number),
    _optional("high", Number),
    _optional("market_probability", Number),
    _optional("market_error", Number),
    _optional("combined", Number),
    _optional("difference", Number),
    _optional("difference_error", Number),
    _optional("verdict", Key),
    _optional("reason", sa.Text()),
    _column("code_version", sa.Text()),
    _column("position", sa.BigInteger()),
    _column("digest", Key),
    _optional("previous_digest", Key),
    sa.Index(None, "position", unique=True),
    sa.Index(None, "run_id"),
    sa.Index(None, "market_id"),
)

trial = sa.Table(
    "trial",
    metadata,
    sa.Column("dataset", Key, primary_key=True),
    sa.Column("configuration", Key, primary_key=True),
    sa.Column("code_version", Key, primary_key=True),
    _column("strategy", sa.Text()),
    _column("settings", Json),
    _column("asset", sa.Text()),
    _column("is_synthetic", sa.Boolean()),
    _column("bars", sa.BigInteger()),
    _column("sharpe", Number),
    _column("skewness", Number),
    _column("kurtosis", Number),
    _column("metrics", Json),
    _column("blocks", Json),
    _column("run_id", Key),
    _column("made_at", Instant),
    sa.Index(None, "run_id"),
)
