"""A folder of a file system, where an address asks for it in place of a store (``file:///mnt/results``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgeworth.adapters.storage.disk import storage_error, write_whole


class FolderObjects:
    """Files below a folder, each whole or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.shown = folder.as_uri()

    def put_files(self, files: Mapping[str, Path]) -> None:
        """Make or replace files from those of this machine, by name.

        Raises:
            StorageError: The disk is full or the folder cannot be written.
        """
        for name, file in files.items():
            target = self._folder / name
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                body = file.read_bytes()
            except OSError as error:
                raise storage_error(error, target) from error
            write_whole(target, body)

    def check(self, token: str) -> None:
        """Make a file whose name ends in ``token`` and remove it.

        Raises:
            StorageError: One of the two cannot be done.
        """
        target = self._folder / f".edgeworth-check-{token}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(target, b"edgeworth")
            target.unlink()
        except OSError as error:
            raise storage_error(error, target) from error
