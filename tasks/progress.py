"""Who watches the work of this process: the terminal's display, or log lines when nobody else does.

A flow's parameters have to be plain values, so the watcher of a command cannot be passed through a flow; it is set
here for the time of one command.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from edgeworth.ports import IngestCounts, IngestProgress

logger = logging.getLogger(__name__)

_watchers: list[IngestProgress] = []


class LoggedProgress:
    """Logs every hundredth page of a walk, for runs without a terminal."""

    def __init__(self, every_pages: int = 100) -> None:
        self.every_pages = every_pages

    def page_done(self, key: str, counts: IngestCounts) -> None:
        if counts.pages % self.every_pages == 0:
            logger.info("%s: %d pages, %d rows read, %d refused", key, counts.pages, counts.fetched, counts.refused)


@contextmanager
def watched_by(progress: IngestProgress) -> Iterator[None]:
    """Report the pages of this process to ``progress`` for the time of the block."""
    _watchers.append(progress)
    try:
        yield
    finally:
        _watchers.remove(progress)


def current_progress() -> IngestProgress:
    """The watcher in force."""
    return _watchers[-1] if _watchers else LoggedProgress()


class StageProgress(Protocol):
    """Told how far the steps of a run have come."""

    def advanced(self, stage: str, done: int, total: int | None) -> None:
        """``done`` of ``total`` in the step ``stage``; ``None`` when nobody knows how many there will be."""

    def ended(self, item: str, how: str) -> None:
        """One item of a step that people know by name came to its end; ``item`` may be anybody's text."""


class LoggedStages:
    """Logs a step when it begins and when it ends, for runs without a terminal."""

    def advanced(self, stage: str, done: int, total: int | None) -> None:
        if total is None or done in {0, total}:
            logger.info("%s: %d of %s", stage, done, "?" if total is None else total)

    def ended(self, item: str, how: str) -> None:
        logger.info("%s: %s", how, item)


_stage_watchers: list[StageProgress] = []


@contextmanager
def stages_watched_by(progress: StageProgress) -> Iterator[None]:
    """Report the steps of this process to ``progress`` for the time of the block."""
    _stage_watchers.append(progress)
    try:
        yield
    finally:
        _stage_watchers.remove(progress)


def current_stages() -> StageProgress:
    """The watcher of steps in force."""
    return _stage_watchers[-1] if _stage_watchers else LoggedStages()
