"""Bringing a database to the newest schema with Alembic; which version it has is read without Alembic.

Alembic is imported only when there is something to do: most openings find the database as it should be.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from edgeworth.adapters.storage.schema import SCHEMA_VERSION
from edgeworth.errors import ConfigurationError

MIGRATIONS = Path(__file__).parent / "migrations"


def is_current(connection: sa.Connection) -> bool:
    """Whether the database has the newest schema."""
    return version_of(connection) == SCHEMA_VERSION


def upgrade(connection: sa.Connection) -> None:
    """Apply the migrations that are missing, within the transaction of ``connection``.

    Raises:
        ConfigurationError: The database was made by a newer Edgeworth.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    version = version_of(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise ConfigurationError(
            f"expected a database of schema {SCHEMA_VERSION} or older, found {version[:40]!r}: it was made by a newer "
            "Edgeworth; install that one, or name another database"
        )
    command.upgrade(config, "head")


def version_of(connection: sa.Connection) -> str | None:
    """The schema that the database has; ``None`` when nothing was ever stored in it."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
