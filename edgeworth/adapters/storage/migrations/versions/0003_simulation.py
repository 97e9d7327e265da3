"""Simulations, and forecasts that the database itself refuses to change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

REFUSAL = "a registered forecast is never changed or removed"


def upgrade() -> None:
    """Make the two tables and the triggers."""
    op.create_table(
        "simulation",
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("market_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_kind", KEY, nullable=False),
        sa.Column("anchoring", KEY, nullable=True),
        sa.Column("status", KEY, nullable=True),
        sa.Column("runs", sa.BigInteger(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("standard_error", sa.Double(), nullable=True),
        sa.Column("wilson_low", sa.Double(), nullable=True),
        sa.Column("wilson_high", sa.Double(), nullable=True),
        sa.Column("belief_low", sa.Double(), nullable=True),
        sa.Column("belief_high", sa.Double(), nullable=True),
        sa.Column("belief_deviation", sa.Double(), nullable=True),
        sa.Column("sandbox", sa.Text(), nullable=False),
        sa.Column("repairs", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_micros", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("source_digest", KEY, nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "market_id", "number", name="pk_simulation"),
    )
    op.create_index("ix_simulation__market_id", "simulation", ["market_id"])
    op.create_table(
        "forecast",
        sa.Column("forecast_id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("market_id", KEY, nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column("as_of", INSTANT, nullable=False),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=True),
        sa.Column("status", KEY, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("kind", KEY, nullable=True),
        sa.Column("anchoring", KEY, nullable=True),
        sa.Column("models", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("sampling_error", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("market_probability", sa.Double(), nullable=True),
        sa.Column("market_error", sa.Double(), nullable=True),
        sa.Column("combined", sa.Double(), nullable=True),
        sa.Column("difference", sa.Double(), nullable=True),
        sa.Column("difference_error", sa.Double(), nullable=True),
        sa.Column("verdict", KEY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("previous_digest", KEY, nullable=True),
        sa.PrimaryKeyConstraint("forecast_id", name="pk_forecast"),
    )
    op.create_index("ix_forecast__position", "forecast", ["position"], unique=True)
    op.create_index("ix_forecast__run_id", "forecast", ["run_id"])
    op.create_index("ix_forecast__market_id", "forecast", ["market_id"])
    for statement in _sqlite_triggers() if op.get_bind().dialect.name == "sqlite" else _postgresql_triggers():
        op.execute(statement)


def downgrade() -> None:
    """Remove them; the triggers go with their table."""
    op.drop_table("forecast")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION forecast_refuse_change()")
    op.drop_table("simulation")


def _sqlite_triggers() -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    # REPLACE removes the old row without asking the trigger for DELETE.
    is_known = "EXISTS (SELECT 1 FROM forecast WHERE forecast_id = NEW.forecast_id OR position = NEW.position)"
    return [
        f"CREATE TRIGGER forecast_no_update BEFORE UPDATE ON forecast {refuse}",
        f"CREATE TRIGGER forecast_no_delete BEFORE DELETE ON forecast {refuse}",
        f"CREATE TRIGGER forecast_no_replace BEFORE INSERT ON forecast WHEN {is_known} {refuse}",
    ]


def _postgresql_triggers() -> list[str]:
    body = f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    refuse = "EXECUTE FUNCTION forecast_refuse_change()"
    return [
        f"CREATE FUNCTION forecast_refuse_change() RETURNS trigger LANGUAGE plpgsql AS {body}",
        f"CREATE TRIGGER forecast_no_change BEFORE UPDATE OR DELETE ON forecast FOR EACH ROW {refuse}",
        f"CREATE TRIGGER forecast_no_truncate BEFORE TRUNCATE ON forecast FOR EACH STATEMENT {refuse}",
    ]
