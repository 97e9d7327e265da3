"""The folder of a batch, there from the beginning: a market's pages appear in it when that market is done.

Unlike the folder of other runs it can be seen while it grows, and a batch that was killed goes on in it: its manifest
says whose it is. Every file and every market's folder is whole or not there.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from tasks.results import elsewhere
from tasks.results.building import building_place, write_whole
from tasks.results.elsewhere import MANIFEST, RUNNING
from tasks.results.folder import disk_errors, json_text, shown_path, slug
from tasks.settings import Settings

LONGEST_SLUG = 50


class BatchFolder:
    """``<results_dir>/<batch>_<YYYYmmdd_HHMMSS>/``.

    Args:
        path: The folder.
        settings: Where its results are published as well.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.path = path
        self._settings = settings

    @property
    def shown(self) -> str:
        """The folder as a user would type it."""
        return shown_path(self.path)

    def write(self, name: str, text: str) -> None:
        """Write or replace the file ``name`` of the batch.

        Raises:
            StorageError: The disk is full or refuses; the file is as it was before.
        """
        with disk_errors(self.path / name):
            self._make()
            write_whole(self.path / name, text)

    def write_manifest(self, values: Mapping[str, Any]) -> None:
        """Say what this batch is; written when it begins, and again, as the last of its files, when it ends."""
        self.write(MANIFEST, json_text(values))
        elsewhere.note_run(self._settings, self.path)

    def write_market(self, name: str, files: Mapping[str, str]) -> None:
        """The folder ``name`` with ``files``, in place of one that an interrupted run left.

        Raises:
            StorageError: The disk is full or refuses; nothing of the market is visible.
        """
        final = self.path / name
        building = building_place(final)
        with disk_errors(final):
            shutil.rmtree(building, ignore_errors=True)
            self._make()
            building.mkdir()
            for file, text in files.items():
                (building / file).write_text(text, encoding="utf-8")
            if final.exists():
                shutil.rmtree(final)
            building.rename(final)
        elsewhere.put_part(self._settings, self.path, name)

    def _make(self) -> None:
        """Make the folder once more where somebody removed it while the batch was interrupted."""
        self.path.mkdir(parents=True, exist_ok=True)


def open_batch_folder(settings: Settings, batch_name: str, started_at: datetime, run_id: str) -> BatchFolder:
    """The folder of the run ``run_id``: made now, or the one that it began before it was interrupted.

    A second run within the same second gets a suffix.

    Raises:
        StorageError: The disk is full or refuses.
    """
    stem = f"{slug(batch_name)}_{started_at:%Y%m%d_%H%M%S}"
    results_dir = settings.results_dir
    with disk_errors(results_dir / stem):
        results_dir.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            path = results_dir / (stem if number == 1 else f"{stem}_{number}")
            try:
                path.mkdir()
            except FileExistsError:
                if _owner(path) != run_id:
                    continue
                return BatchFolder(path, settings)
            folder = BatchFolder(path, settings)
            folder.write_manifest({"run_id": run_id, "status": RUNNING, "started_at": started_at.isoformat()})
            return folder
    raise AssertionError("there is always another number")


def _owner(path: Path) -> str | None:
    """The run that a folder belongs to, as its manifest says."""
    try:
        manifest = msgspec.json.decode((path / MANIFEST).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return manifest.get("run_id") if isinstance(manifest, dict) else None


def market_slugs(questions: Iterable[str]) -> list[str]:
    """A folder name for each question, in their order: ASCII words, at most 50 characters, no two alike."""
    taken: set[str] = set()
    slugs = []
    for question in questions:
        name = slug(question, most=LONGEST_SLUG)
        for number in itertools.count(2):
            if name not in taken:
                break
            suffix = f"_{number}"
            name = slug(question, most=LONGEST_SLUG - len(suffix)) + suffix
        taken.add(name)
        slugs.append(name)
    return slugs
