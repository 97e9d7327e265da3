"""Runs of the replay room in the index of all runs: what came of each in a few words, by the counts of the store."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from edgeworth.reports.figures import counted
from edgeworth.reports.replay_figures import share


def came_of(kind: str, counts: Mapping[str, Any]) -> str | None:
    """What a run of ``kind`` came to; ``None`` for other kinds, and where its counts do not say."""
    match kind:
        case "screen":
            return _counted(counts, "candidates", "candidate")
        case "replay":
            return _joined(_counted(counts, "trades", "trade"), _return(counts.get("total_return")))
        case "parity":
            return _joined(_equal(counts.get("equal")), _counted(counts, "trades", "trade"))
        case "sweep":
            failed = _counted(counts, "failed", "failed trial") if counts.get("failed") else None
            return _joined(_counted(counts, "trials", "trial"), failed)
        case _:
            return None


def _counted(counts: Mapping[str, Any], name: str, noun: str) -> str | None:
    number = counts.get(name)
    return counted(number, noun) if isinstance(number, int) and not isinstance(number, bool) else None


def _return(value: object) -> str | None:
    return share(value, signed=True) if isinstance(value, float) and math.isfinite(value) else None


def _equal(value: object) -> str | None:
    return {True: "equal", False: "not equal"}.get(value) if isinstance(value, bool) else None


def _joined(*parts: str | None) -> str | None:
    return ", ".join(part for part in parts if part is not None) or None
