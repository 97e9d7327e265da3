"""Bars of a recorded file, read for a replay without the stores."""

from __future__ import annotations

from pathlib import Path

from edgeworth.adapters.recordings.bars_file import BarsFile, read_bars_file
from tasks.clock import utc_now


def recorded_bars(path: Path) -> BarsFile:
    """The bars in the file at ``path``.

    Raises:
        UnreadableInputError: It cannot be read, or not without leaving something out; says where.
    """
    return read_bars_file(path, now=utc_now())
