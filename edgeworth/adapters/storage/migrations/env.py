"""How Alembic reaches the database: through the connection that ``migrate.upgrade`` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from edgeworth.adapters.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a column in place; Alembic then copies the table.
    render_as_batch=True,
)
context.run_migrations()
