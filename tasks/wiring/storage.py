"""Our own stores, opened for the time of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from edgeworth.adapters.storage.database import (
    SqlCatalogue,
    SqlEmbeddings,
    SqlMatches,
    SqlOpportunities,
    SqlSimulations,
    open_database,
)
from edgeworth.adapters.storage.raw import ZstdRawStore
from edgeworth.adapters.storage.units import FileUnits
from edgeworth.errors import ConfigurationError
from tasks.settings import Settings

if TYPE_CHECKING:
    from edgeworth.adapters.storage.history import ParquetHistory


class Storage(Struct, dict=True):
    """Our own stores, open."""

    data_dir: Path
    catalogue: SqlCatalogue
    raw: ZstdRawStore
    embeddings: SqlEmbeddings
    matches: SqlMatches
    opportunities: SqlOpportunities
    simulations: SqlSimulations
    units: FileUnits

    @cached_property
    def history(self) -> ParquetHistory:
        """Books, prices, trades and bars."""
        # Its tables are slow to import: only who reads or writes them waits for it.
        from edgeworth.adapters.storage.history import ParquetHistory

        return ParquetHistory(self.data_dir)


@contextmanager
def open_storage(settings: Settings) -> Iterator[Storage]:
    """Catalogue, raw store and history of ``settings``, made and migrated on first use.

    Raises:
        ConfigurationError: The database's URL cannot be meant, or the data folder cannot be made.
        StorageError: The data folder or the database cannot be used.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"EDGEWORTH_DATA_DIR: expected a folder that can be made at {settings.data_dir}, found: {error.strerror}"
        ) from error
    try:
        engine = open_database(settings.database)
    except ConfigurationError as error:
        raise ConfigurationError(f"EDGEWORTH_DATABASE_URL: {str(error).removeprefix('database URL: ')}") from None
    try:
        yield Storage(
            data_dir=settings.data_dir,
            catalogue=SqlCatalogue(engine),
            raw=ZstdRawStore(settings.data_dir),
            embeddings=SqlEmbeddings(engine),
            matches=SqlMatches(engine),
            opportunities=SqlOpportunities(engine),
            simulations=SqlSimulations(engine),
            units=FileUnits(settings.data_dir),
        )
    finally:
        engine.dispose()
