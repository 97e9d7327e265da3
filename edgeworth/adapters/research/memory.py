"""Answers of searches that were paid for, one file each: the same question about the same instant is asked once.

A file is whole or not there, and is found by the hash of its question; one that cannot be read is asked for again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from weakref import WeakValueDictionary

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from edgeworth.adapters.storage.disk import storage_error, write_whole
from edgeworth.ports import Research, ResearchAnswer, ResearchMemory
from edgeworth.units import UsdMicros
from edgeworth.wrapped import Wrapped

logger = logging.getLogger(__name__)


class _Kept(Struct, frozen=True):
    limit: int
    answer: ResearchAnswer


class FileResearchMemory:
    """The ``ResearchMemory`` port over a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def recall(self, service: str, query: str, as_of: datetime, limit: int) -> ResearchAnswer | None:
        """The answer to exactly this question, or ``None``."""
        path = self._path(service, query, as_of, limit)
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise storage_error(error, path) from error
        except msgspec.DecodeError as error:
            logger.warning("research.memory_unreadable", extra={"file": path.name, "reason": str(error)})
            return None
        is_meant = (kept.answer.service, kept.answer.query, kept.limit) == (service, query, limit)
        return kept.answer if is_meant and kept.answer.as_of == as_of else None

    def remember(self, answer: ResearchAnswer, limit: int) -> None:
        """Keep ``answer``; whole or not at all.

        Raises:
            StorageError: It cannot be written.
        """
        path = self._path(answer.service, answer.query, answer.as_of, limit)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, path.parent) from error
        write_whole(path, msgspec.json.encode(_Kept(limit, answer)))

    def _path(self, service: str, query: str, as_of: datetime, limit: int) -> Path:
        question = msgspec.json.encode([service, query, as_of.astimezone(UTC), limit])
        digest = hashlib.sha256(question).hexdigest()
        return self._folder / digest[:2] / f"{digest}.json"


class RememberedResearch(Wrapped[Research]):
    """Asks ``research`` what ``memory`` does not hold. A remembered answer costs nothing."""

    def __init__(self, research: Research, memory: ResearchMemory) -> None:
        super().__init__(research)
        self._memory = memory
        self._asking: WeakValueDictionary[tuple[str, datetime, int], asyncio.Lock] = WeakValueDictionary()

    async def search(self, query: str, as_of: datetime, limit: int) -> ResearchAnswer:
        """See ``edgeworth.ports.Research.search``; two who ask the same at the same time pay once."""
        async with self._asking.setdefault((query, as_of, limit), asyncio.Lock()):
            known = self._memory.recall(self.name, query, as_of, limit)
            if known is not None:
                return replace(known, cost=UsdMicros(0))
            answer = await self._service.search(query, as_of, limit)
            self._memory.remember(answer, limit)
            return answer
