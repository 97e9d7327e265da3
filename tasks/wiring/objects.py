"""Stores that are reached by a URL, opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from edgeworth.adapters.storage.folder_objects import FolderObjects
    from edgeworth.adapters.storage.objects import Objects

    Store: TypeAlias = Objects | FolderObjects


def open_objects(url: str) -> Store:
    """What is kept below ``url``. Nothing is asked before the first use.

    Raises:
        ConfigurationError: The store's client cannot make anything of the address.
    """
    # The store's client is slow to import: only who uses one waits for it.
    from edgeworth.adapters.storage.folder_objects import FolderObjects
    from edgeworth.adapters.storage.objects import Objects

    scheme, _, path = url.partition("://")
    return FolderObjects(Path(path)) if scheme == "file" else Objects(url)
