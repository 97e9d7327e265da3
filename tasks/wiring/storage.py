"""Our own stores, opened for the time of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
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
    from edgeworth.adapters.storage.object_folder import ObjectFolder
    from edgeworth.adapters.storage.trials import SqlTrials


class Storage(Struct, dict=True):
    """Our own stores, open."""

    settings: Settings
    engine: sa.Engine
    catalogue: SqlCatalogue
    raw: ZstdRawStore
    embeddings: SqlEmbeddings
    matches: SqlMatches
    opportunities: SqlOpportunities
    simulations: SqlSimulations
    units: FileUnits

    @cached_property
    def trials(self) -> SqlTrials:
        """The trial ledger of sweeps."""
        # It brings the whole replay along, compiled kernels included.
        from edgeworth.adapters.storage.trials import SqlTrials

        return SqlTrials(self.engine)

    @cached_property
    def history(self) -> ParquetHistory:
        """Books, prices, trades and bars."""
        return open_history(self.settings, self.engine)


def open_history(settings: Settings, engine: sa.Engine) -> ParquetHistory:
    """Books, prices, trades and bars where the settings say; nothing is asked before the first use.

    Raises:
        ConfigurationError: The store at its address cannot be used.
    """
    # Its tables are slow to import: only who reads or writes them waits for it.
    from edgeworth.adapters.storage.history import ParquetHistory

    if settings.history_url is None:
        return ParquetHistory(settings.data_dir)
    scheme, _, place = settings.history_url.partition("://")
    if scheme == "file":
        from edgeworth.adapters.storage.part_folders import LocalFolder

        return ParquetHistory(settings.data_dir, folders=lambda name: LocalFolder(Path(place) / name))
    return ParquetHistory(
        settings.data_dir, folders=lambda name: _elsewhere(f"{settings.history_url}/{name}", settings, engine)
    )


def _elsewhere(url: str, settings: Settings, engine: sa.Engine) -> ObjectFolder:
    """The files of one dataset in an object store."""
    from edgeworth.adapters.storage.object_folder import ObjectFolder
    from edgeworth.adapters.storage.objects import Objects
    from edgeworth.adapters.storage.writer_locks import writer_lock

    return ObjectFolder(Objects(url), writer_lock(url, engine, settings.data_dir))


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
            settings=settings,
            engine=engine,
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
