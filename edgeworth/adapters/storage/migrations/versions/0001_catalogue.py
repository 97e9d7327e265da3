"""The catalogue: events, markets, outcomes, revisions, refusals, walks, runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "listing_item",
        sa.Column("venue", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("native_id", KEY, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("refusals", JSON, nullable=True),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("venue", "kind", "native_id", name="pk_listing_item"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "listing_pass",
        sa.Column("pass_id", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("venue", KEY, nullable=True),
        sa.Column("is_synthetic", sa.Boolean(), nullable=True),
        sa.Column("kind", KEY, nullable=True),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("next_cursor", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("fetched", sa.BigInteger(), nullable=False),
        sa.Column("raw_path", sa.Text(), nullable=True),
        sa.Column("raw_end", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("counts", JSON, nullable=False),
        sa.PrimaryKeyConstraint("pass_id", name="pk_listing_pass"),
    )
    op.create_index("ix_listing_pass__key_started_at", "listing_pass", ["key", "started_at"])
    op.create_index("ix_listing_pass__venue_finished_at", "listing_pass", ["venue", "finished_at"])
    op.create_table(
        "market",
        sa.Column("market_id", KEY, nullable=False),
        sa.Column("venue", KEY, nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("native_id", KEY, nullable=False),
        sa.Column("event_id", KEY, nullable=True),
        sa.Column("listing_id", KEY, nullable=True),
        sa.Column("slug", KEY, nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("category", KEY, nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("detail", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=True),
        sa.Column("opens_at", INSTANT, nullable=True),
        sa.Column("closes_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("volume_usd", sa.Double(), nullable=True),
        sa.Column("volume_24h_usd", sa.Double(), nullable=True),
        sa.Column("liquidity_usd", sa.Double(), nullable=True),
        sa.Column("volume_shares", sa.Double(), nullable=True),
        sa.Column("volume_24h_shares", sa.Double(), nullable=True),
        sa.Column("open_interest_shares", sa.Double(), nullable=True),
        sa.Column("best_bid_micros", sa.BigInteger(), nullable=True),
        sa.Column("best_ask_micros", sa.BigInteger(), nullable=True),
        sa.Column("last_price_micros", sa.BigInteger(), nullable=True),
        sa.Column("price_change_24h_micros", sa.BigInteger(), nullable=True),
        sa.Column("tick_size_micros", sa.BigInteger(), nullable=True),
        sa.Column("min_order_size_micros", sa.BigInteger(), nullable=True),
        sa.Column("is_neg_risk", sa.Boolean(), nullable=False),
        sa.Column("is_accepting_orders", sa.Boolean(), nullable=True),
        sa.Column("fee_terms", JSON, nullable=True),
        sa.Column("resolution_shape", KEY, nullable=True),
        sa.Column("resolution_payouts_micros", JSON, nullable=True),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("resolution_source", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("revision_count", sa.Integer(), nullable=False),
        sa.Column("signature", KEY, nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("market_id", name="pk_market"),
    )
    op.create_index("ix_market__event_id", "market", ["event_id"])
    op.create_index("ix_market__slug", "market", ["slug"])
    op.create_index("ix_market__venue_status", "market", ["venue", "status"])
    op.create_table(
        "refusal",
        sa.Column("refusal_id", KEY, nullable=False),
        sa.Column("venue", KEY, nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("native_id", KEY, nullable=True),
        sa.Column("code", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw_path", sa.Text(), nullable=False),
        sa.Column("raw_offset", sa.BigInteger(), nullable=False),
        sa.Column("item_index", sa.Integer(), nullable=False),
        sa.Column("item_digest", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("times_seen", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("refusal_id", name="pk_refusal"),
    )
    op.create_index("ix_refusal__code", "refusal", ["code"])
    op.create_table(
        "run",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("status", KEY, nullable=False),
        sa.Column("counts", JSON, nullable=True),
        sa.PrimaryKeyConstraint("run_id", name="pk_run"),
    )
    op.create_index("ix_run__kind_started_at", "run", ["kind", "started_at"])
    op.create_table(
        "series",
        sa.Column("series_id", KEY, nullable=False),
        sa.Column("venue", KEY, nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("native_id", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", KEY, nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("fee_type", sa.Text(), nullable=True),
        sa.Column("fee_multiplier_ppm", sa.BigInteger(), nullable=True),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("signature", KEY, nullable=False),
        sa.PrimaryKeyConstraint("series_id", name="pk_series"),
    )
    op.create_table(
        "venue_event",
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("venue", KEY, nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("native_id", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("slug", KEY, nullable=True),
        sa.Column("category", KEY, nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("series_native_id", KEY, nullable=True),
        sa.Column("created_at", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=True),
        sa.Column("closes_at", INSTANT, nullable=True),
        sa.Column("is_closed", sa.Boolean(), nullable=True),
        sa.Column("is_neg_risk", sa.Boolean(), nullable=False),
        sa.Column("is_neg_risk_augmented", sa.Boolean(), nullable=False),
        sa.Column("is_mutually_exclusive", sa.Boolean(), nullable=True),
        sa.Column("volume_usd", sa.Double(), nullable=True),
        sa.Column("volume_24h_usd", sa.Double(), nullable=True),
        sa.Column("liquidity_usd", sa.Double(), nullable=True),
        sa.Column("market_count", sa.Integer(), nullable=True),
        sa.Column("is_stub", sa.Boolean(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("signature", KEY, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_venue_event"),
    )
    op.create_index("ix_venue_event__slug", "venue_event", ["slug"])
    op.create_table(
        "market_revision",
        sa.Column("market_id", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("changed", JSON, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("outcomes", JSON, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=True),
        sa.Column("previous", JSON, nullable=False),
        sa.PrimaryKeyConstraint("market_id", "revision", name="pk_market_revision"),
        sa.ForeignKeyConstraint(["market_id"], ["market.market_id"], name="fk_market_revision__market_id"),
    )
    op.create_table(
        "outcome",
        sa.Column("market_id", KEY, nullable=False),
        sa.Column("outcome_index", sa.SmallInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("token_id", KEY, nullable=True),
        sa.Column("price_micros", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("market_id", "outcome_index", name="pk_outcome"),
        sa.ForeignKeyConstraint(["market_id"], ["market.market_id"], name="fk_outcome__market_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Remove every table."""
    for table in (
        "outcome",
        "market_revision",
        "venue_event",
        "series",
        "run",
        "refusal",
        "market",
        "listing_pass",
        "listing_item",
    ):
        op.drop_table(table)
