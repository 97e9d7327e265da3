"""Our own stores, opened for the time of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from edgeworth.adapters.storage.database import (
    SqlCatalogue,
    SqlEmbeddings,
    SqlMatches,
    SqlOpportunities,
    SqlSimulations,
    open_database,
)
from edgeworth.adapters.storage.history import ParquetHistory
from edgeworth.adapters.storage.raw import ZstdRawStore
from edgeworth.adapters.storage.units import FileUnits
from edgeworth.errors import ConfigurationError
from tasks.settings import Settings


class Storage(Struct):
    """Our own stores, open."""

    catalogue: SqlCatalogue
    raw: ZstdRawStore
    history: ParquetHistory
    embeddings: SqlEmbeddings
    matches: SqlMatches
    opportunities: SqlOpportunities
    simulations: SqlSimulations
    units: FileUnits


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
            catalogue=SqlCatalogue(engine),
            raw=ZstdRawStore(settings.data_dir),
            history=ParquetHistory(settings.data_dir),
            embeddings=SqlEmbeddings(engine),
            matches=SqlMatches(engine),
            opportunities=SqlOpportunities(engine),
            simulations=SqlSimulations(engine),
            units=FileUnits(settings.data_dir),
        )
    finally:
        engine.dispose()
