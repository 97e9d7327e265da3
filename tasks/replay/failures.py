"""Trials that came to nothing, told as what they have in common: a strategy that fails may fail a thousand times."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.errors import EdgeworthError
from edgeworth.reports.rendering import shortened
from edgeworth.reports.replay import FailedTrials

MOST_TOLD = 300
"""Characters of what an error says."""


class Failure(Struct, frozen=True, kw_only=True):
    """Trials of one asset that came to nothing by errors of one type.

    Attributes:
        kind: The type. problem: What the first of them said. is_varied: Whether others said something else.
    """

    asset: str
    kind: str
    problem: str
    trials: int = 1
    is_varied: bool = False


class Failures:
    """Failures over the bars of ``asset``, by the type of the error."""

    def __init__(self, asset: str) -> None:
        self._asset = asset
        self._by_kind: dict[str, Failure] = {}

    def add(self, error: BaseException, *, trials: int = 1) -> bool:
        """Count ``trials`` that failed by ``error``; whether it is the first of its type."""
        kind = type(error).__name__
        one = Failure(asset=self._asset, kind=kind, problem=told(error), trials=trials)
        before = self._by_kind.get(kind)
        self._by_kind[kind] = one if before is None else _joined(before, one)
        return before is None

    def found(self) -> tuple[Failure, ...]:
        """All of them, each type once."""
        return tuple(self._by_kind.values())


def together(failed: Iterable[Failure]) -> tuple[FailedTrials, ...]:
    """Failures of one asset and of one type as one, for the report."""
    found: dict[tuple[str, str], Failure] = {}
    for one in failed:
        place = (one.asset, one.kind)
        found[place] = _joined(found[place], one) if place in found else one
    return tuple(
        FailedTrials(
            asset=one.asset,
            trials=one.trials,
            problem=f"{one.problem} (the first; others of this kind differ)" if one.is_varied else one.problem,
        )
        for one in found.values()
    )


def told(error: BaseException) -> str:
    """What ``error`` says, shortened; of a file its name only, for a report may be handed on."""
    if isinstance(error, EdgeworthError):
        said = str(error)
    elif isinstance(error, OSError) and error.strerror is not None:
        names = [Path(str(name)).name for name in (error.filename, error.filename2) if name is not None]
        said = ": ".join([type(error).__name__, error.strerror, *filter(None, names)])
    else:
        said = f"{type(error).__name__}: {error}"
    return shortened(said, MOST_TOLD)


def _joined(first: Failure, other: Failure) -> Failure:
    is_varied = first.is_varied or other.is_varied or first.problem != other.problem
    return replace(first, trials=first.trials + other.trials, is_varied=is_varied)
