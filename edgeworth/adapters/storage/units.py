"""Finished pieces of work as files (``UnitStore``): what was paid for or waited for once is not done twice.

``<data_dir>/units/<kind>/<first two of key>/<key>.zst`` is one zstd frame with a checksum, so ``zstd -dc`` shows it and
damage is noticed. A file is whole or not there; one that is damaged counts as missing and is written anew. Nothing here
knows what a unit means, and nothing is ever removed: the folder may be deleted when no batch is to be taken up.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

import zstandard

from edgeworth.adapters.storage.disk import storage_error, write_whole
from edgeworth.errors import DataError

_log = logging.getLogger(__name__)

_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_KEY = re.compile(r"[0-9a-f]{16,128}")


class FileUnits:
    """The ``UnitStore`` port over the folder ``units`` of ``data_dir``."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "units"

    def recall(self, kind: str, key: str) -> bytes | None:
        """What was remembered; ``None`` when there is nothing, or nothing that can be read.

        Raises:
            DataError: ``kind`` is no word of ours, or ``key`` no digest.
            StorageError: The folder cannot be reached.
        """
        path = self._path(kind, key)
        try:
            frame = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_error(error, path) from error
        try:
            return zstandard.ZstdDecompressor().decompress(frame, allow_extra_data=False)
        except zstandard.ZstdError as error:
            _log.warning("units.damaged", extra={"file": f"{kind}/{path.name}", "reason": str(error)})
            return None

    def remember(self, kind: str, key: str, body: bytes) -> None:
        """Keep ``body``; whole or not at all.

        Raises:
            DataError: ``kind`` is no word of ours, or ``key`` no digest.
            StorageError: It cannot be written.
        """
        path = self._path(kind, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, path.parent) from error
        write_whole(path, zstandard.ZstdCompressor(write_checksum=True).compress(body))

    def _path(self, kind: str, key: str) -> Path:
        # Neither may ever be a path: both are checked although both are made by us.
        if not _KIND.fullmatch(kind):
            raise DataError(f"expected a short word for the kind of a unit, found {kind[:40]!r}")
        if not _KEY.fullmatch(key):
            raise DataError(f"expected a digest in hexadecimal as the key of a unit, found {key[:40]!r}")
        return self._folder / kind / key[:2] / f"{key}.zst"
