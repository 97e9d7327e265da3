"""The site over our own stores: opened to be read, when there is something to read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from edgeworth.adapters.storage.read_only import database_file, open_read_only
from edgeworth.adapters.storage.site import SqlSite
from edgeworth.errors import ConfigurationError
from edgeworth.web.ports import Site
from tasks import run_claims
from tasks.clock import utc_now
from tasks.settings import Settings
from tasks.wiring.storage import open_history


def build_site(settings: Settings) -> Site:
    """Everything the site shows. Nothing is opened before the first page is asked for.

    Raises:
        ConfigurationError: The database's URL cannot be meant.
    """
    return _site(settings, _Door(settings))


@contextmanager
def open_site(settings: Settings) -> Iterator[Site]:
    """The same for the time of a block, after which nothing is left open.

    Raises:
        ConfigurationError: The database's URL cannot be meant.
    """
    door = _Door(settings)
    try:
        yield _site(settings, door)
    finally:
        door.close()


def _site(settings: Settings, door: _Door) -> Site:
    return Site(
        open_store=door.open,
        results_dir=settings.results_dir.absolute(),
        now=utc_now,
        is_going_on=lambda run_id: run_claims.is_held(settings.data_dir, run_id),
        enough_rows=settings.gamma_limit,
    )


class _Door:
    """Opens the database once there is one; one that was put in its place is opened in turn."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._engine: sa.Engine | None = None
        self._site: SqlSite | None = None
        self._file = _database_file(settings.database)
        self._number: int | None = None

    def open(self) -> SqlSite | None:
        """The store, or ``None`` while nothing is stored.

        Raises:
            ConfigurationError: The database has another schema.
            StorageError: It cannot be read.
        """
        with self._lock:
            if self._engine is not None and self._number != self._inode():
                self._engine.dispose()
                self._engine = self._site = None
            if self._engine is None:
                number = self._inode()
                self._engine = open_read_only(self._settings.database)
                self._number = number
                if self._engine is not None:
                    self._site = SqlSite(self._engine, open_history(self._settings, self._engine))
            return self._site

    def close(self) -> None:
        """Close what was opened."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = self._site = None

    def _inode(self) -> int | None:
        try:
            return None if self._file is None else self._file.stat().st_ino
        except OSError:
            return None


def _database_file(url: str) -> Path | None:
    try:
        return database_file(url)
    except ConfigurationError as error:
        raise ConfigurationError(f"EDGEWORTH_DATABASE_URL: {str(error).removeprefix('database URL: ')}") from None
