"""Notes on disk of who holds sandboxes of a service, so that those of a process that died can be found and deleted.

A lease is a file and a lock that goes with its process, also when it is killed. Every sandbox carries its label.
The file stays until nothing under its label can be alive any more, for a service may go on to make what was given up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct

LABEL = "edgeworth-lease"


class _Note(Struct, frozen=True):
    began_at: datetime
    ends_at: datetime


class Lease:
    """One lease, held by this process until it is released."""

    def __init__(self, note: Path, lock: FileLock, ends_at: datetime) -> None:
        self._note = note
        self._lock = lock
        self.ends_at = ends_at

    @classmethod
    def begin(cls, folder: Path, lease_id: str, *, at: datetime, lifetime: timedelta) -> Self:
        """A new lease. Whatever carries its label is gone by itself ``lifetime`` after it was made."""
        folder.mkdir(parents=True, exist_ok=True)
        note = folder / f"{lease_id}.json"
        lock = FileLock(note.with_suffix(".lock"))
        lock.acquire()
        lease = cls(note, lock, at + lifetime)
        lease._write(at)
        return lease

    @classmethod
    def abandoned(cls, folder: Path) -> Iterator[Self]:
        """Leases whose process is gone; each is held by this one for the time of its turn."""
        for note in sorted(folder.glob("*.json")):
            lock = FileLock(note.with_suffix(".lock"))
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            try:
                if note.exists():
                    yield cls(note, lock, msgspec.json.decode(note.read_bytes(), type=_Note).ends_at)
            finally:
                lock.release()

    @property
    def labels(self) -> dict[str, str]:
        """What every sandbox under this lease carries."""
        return {LABEL: self._note.stem}

    def extend(self, at: datetime, lifetime: timedelta) -> None:
        """Something was made at ``at``, so the lease lasts until that is gone by itself."""
        self.ends_at = at + lifetime
        self._write(at)

    def end(self) -> None:
        """Nothing under it is alive: forget it."""
        self._note.unlink(missing_ok=True)
        self.let_go()
        self._note.with_suffix(".lock").unlink(missing_ok=True)

    def let_go(self) -> None:
        """Leave it for a reaper."""
        self._lock.release()

    def _write(self, at: datetime) -> None:
        self._note.write_bytes(msgspec.json.encode(_Note(at, self.ends_at)))
