"""Discovery: vectors of markets, pairs with their verdicts, opportunities."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "embedding",
        sa.Column("space_id", KEY, nullable=False),
        sa.Column("market_id", KEY, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        sa.Column("signature", KEY, nullable=False),
        sa.Column("embedded_at", INSTANT, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("space_id", "market_id", name="pk_embedding"),
    )
    op.create_table(
        "match",
        sa.Column("market_a", KEY, nullable=False),
        sa.Column("market_b", KEY, nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("relation", KEY, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("space_id", KEY, nullable=True),
        sa.Column("similarity", sa.Double(), nullable=True),
        sa.Column("lexical", sa.Double(), nullable=True),
        sa.Column("price_a_micros", sa.BigInteger(), nullable=True),
        sa.Column("price_b_micros", sa.BigInteger(), nullable=True),
        sa.Column("signature", KEY, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("clauses", JSON, nullable=False),
        sa.PrimaryKeyConstraint("market_a", "market_b", name="pk_match"),
    )
    op.create_index("ix_match__market_b", "match", ["market_b"])
    op.create_index("ix_match__relation_confidence", "match", ["relation", "confidence"])
    op.create_table(
        "opportunity",
        sa.Column("opportunity_id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("certainty", KEY, nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("market_ids", JSON, nullable=False),
        sa.Column("best_profit_micros", sa.BigInteger(), nullable=False),
        sa.Column("best_cost_micros", sa.BigInteger(), nullable=False),
        sa.Column("dies_at_micros", sa.BigInteger(), nullable=True),
        sa.Column("is_dead_at_size", sa.Boolean(), nullable=False),
        sa.Column("passes_gates", sa.Boolean(), nullable=False),
        sa.Column("days_locked", sa.Double(), nullable=True),
        sa.Column("annualised_return", sa.Double(), nullable=True),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("signature", KEY, nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", name="pk_opportunity"),
    )
    op.create_index("ix_opportunity__kind_last_seen_at", "opportunity", ["kind", "last_seen_at"])


def downgrade() -> None:
    """Remove them."""
    for table in ("opportunity", "match", "embedding"):
        op.drop_table(table)
