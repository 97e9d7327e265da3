"""Files of runs for a browser: what lies in ``results/``, and nothing else, whatever an address says.

An address is taken apart into names first; a name is made of a few plain characters and never begins with a dot, so
that neither ``..`` nor a drive, an absolute path, a half-written folder or a NUL can be said at all. What is found must
lie inside, with no symbolic link on the way. No file is ever written here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

import msgspec

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "text/plain; charset=utf-8",
    ".csv": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".py": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
}
"""What may be sent, by the end of its name; the text of a model is shown, never offered to be run.

Tables of replays (``trades.jsonl``, ``equity.csv``) are shown as text too, so that no program opens them by itself.
"""

SUMMARY = "summary.html"
MANIFEST = "manifest.json"
REPORT = "batch_report.json"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,120}", re.ASCII)
_INSTANT = re.compile(r"(?=_(\d{8}_\d{6}))", re.ASCII)
_DEEPEST = 3
_LARGEST_MANIFEST = 5_000_000
_LARGEST_REPORT = 50_000_000
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.ASCII | re.IGNORECASE)
"""Names that open a device on Windows wherever they stand."""


def names_of(path: str) -> list[str] | None:
    """The names that ``path`` is made of; ``None`` when one of them could be anything but a name in a folder."""
    names = path.removesuffix("/").split("/")
    if len(names) > _DEEPEST:
        return None
    if all(_NAME.fullmatch(name) and not _RESERVED.fullmatch(name) and not name.endswith(".") for name in names):
        return names
    return None


def find(results_dir: Path, path: str) -> Path | None:
    """The file or folder at ``path`` below ``results_dir``; ``None`` when there is none that may be shown."""
    names = names_of(path)
    if names is None:
        return None
    place = results_dir
    for name in names:
        place /= name
        if place.is_symlink():
            return None
    try:
        root, real = results_dir.resolve(strict=True), place.resolve(strict=True)
    except (OSError, ValueError):
        return None
    if not real.is_relative_to(root):
        return None
    if real.is_dir():
        return real
    return real if real.is_file() and real.suffix in KINDS and not path.endswith("/") else None


def subfolders(folder: Path, *, most: int) -> list[str]:
    """Names of the folders in ``folder`` that may be shown, in order."""
    try:
        names = [one.name for one in folder.iterdir() if one.is_dir() and not one.is_symlink()]
    except OSError:
        return []
    return sorted(name for name in names if names_of(name))[:most]


class RunFolders:
    """The folders of runs in ``results_dir``. The folder is listed once, and only if a run does not say where it is."""

    def __init__(self, results_dir: Path) -> None:
        self.results_dir = results_dir

    def folder_of(self, run_id: str, started_at: datetime, shown: object) -> str | None:
        """Name of the folder of a run: the one that the store notes, or the one whose manifest says whose it is."""
        if isinstance(shown, str):
            name = shown.replace("\\", "/").rstrip("/").rpartition("/")[2]
            if name and names_of(name) and find(self.results_dir, name) is not None:
                return name
        for name in self._by_instant.get(f"{started_at:%Y%m%d_%H%M%S}", ()):
            folder = find(self.results_dir, name)
            if folder is not None and _run_of(folder) == run_id:
                return name
        return None

    @cached_property
    def _by_instant(self) -> Mapping[str, Sequence[str]]:
        """Names, in order, by each instant that stands in one."""
        found: dict[str, list[str]] = {}
        try:
            names = sorted(path.name for path in self.results_dir.iterdir())
        except OSError:
            return found
        for name in names:
            for instant in _INSTANT.findall(name):
                found.setdefault(instant, []).append(name)
        return found


class _SimulatedMarket(msgspec.Struct):
    market_id: str
    folder: str


class _Report(msgspec.Struct):
    """What is read of a ``batch_report.json``."""

    simulations: list[_SimulatedMarket] = []


def market_folders(results_dir: Path, folder: str) -> dict[str, str]:
    """Folders of a batch's markets by market id, as its report names them; empty without a report."""
    report = find(results_dir, f"{folder}/{REPORT}")
    if report is None or report.stat().st_size > _LARGEST_REPORT:
        return {}
    try:
        told = msgspec.json.decode(report.read_bytes(), type=_Report)
    except (OSError, msgspec.DecodeError):
        return {}
    return {one.market_id: one.folder for one in told.simulations if names_of(one.folder) == [one.folder]}


def _run_of(folder: Path) -> str | None:
    manifest = folder / MANIFEST
    try:
        if manifest.stat().st_size > _LARGEST_MANIFEST:
            return None
        values = msgspec.json.decode(manifest.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    found = values.get("run_id") if isinstance(values, dict) else None
    return found if isinstance(found, str) else None
