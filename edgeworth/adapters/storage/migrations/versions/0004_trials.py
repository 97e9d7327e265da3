"""The trial ledger of sweeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "trial",
        sa.Column("dataset", KEY, nullable=False),
        sa.Column("configuration", KEY, nullable=False),
        sa.Column("code_version", KEY, nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("settings", JSON, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("bars", sa.BigInteger(), nullable=False),
        sa.Column("sharpe", sa.Double(), nullable=False),
        sa.Column("skewness", sa.Double(), nullable=False),
        sa.Column("kurtosis", sa.Double(), nullable=False),
        sa.Column("metrics", JSON, nullable=False),
        sa.Column("blocks", JSON, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("dataset", "configuration", "code_version", name="pk_trial"),
    )
    op.create_index("ix_trial__run_id", "trial", ["run_id"])


def downgrade() -> None:
    """Remove it."""
    op.drop_table("trial")
