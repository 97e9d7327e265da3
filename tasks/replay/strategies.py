"""Strategies by name, and those of a user's own by ``module:Class``."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec
from msgspec import Struct

from edgeworth.errors import ConfigurationError, EdgeworthError
from edgeworth.replay.screener import Screener
from edgeworth.replay.strategies import CrossFollower, DipBuyer, Fusion, LongHolder
from edgeworth.replay.sweep import Screened, grid
from edgeworth.reports.rendering import shortened
from edgeworth.reports.replay import setting_of
from tasks.replay.own_code import noted_source

STRATEGIES: Mapping[str, type[Struct]] = {
    "cross": CrossFollower,
    "fusion": Fusion,
    "holder": LongHolder,
    "dip": DipBuyer,
}
"""Those that come with Edgeworth."""

_MOST_TOLD = 300
"""Characters of what somebody's own code says of its error."""

_NEEDED = ("name", "indicators", "lookback", "on_bar", "screener")


class ReplayStrategy(Screened, Protocol):
    """A strategy that is a value: its settings are its fields."""

    __struct_fields__: tuple[str, ...]


def build_strategy(name: str, settings: Mapping[str, Any]) -> ReplayStrategy:
    """The strategy ``name`` with ``settings``.

    Args:
        name: One of ``STRATEGIES``, or ``module:Class`` of a class of the user's, importable from where they stand.
        settings: Other values for its fields; dots reach within.

    Raises:
        ConfigurationError: There is no such strategy or setting, or a value does not fit.
    """
    return strategy_grid(name, {field: [value] for field, value in settings.items()})[0]


def strategy_grid(
    name: str, values: Mapping[str, Sequence[Any]], settings: Mapping[str, Any] | None = None
) -> list[ReplayStrategy]:
    """The strategy ``name`` with every combination of ``values``, over ``settings`` for what they leave open.

    Raises:
        ConfigurationError: As ``build_strategy``.
    """
    asked = (*values, *(field for field in settings or {} if field not in values))
    return [checked(strategy, name, asked) for strategy in _made(name, values, settings or {})]


def unchecked_strategy(name: str, settings: Mapping[str, Any]) -> ReplayStrategy:
    """The strategy ``name`` with ``settings`` that are not all: what a grid begins with need not go together.

    Raises:
        ConfigurationError: As ``build_strategy``.
    """
    return _made(name, {}, settings)[0]


def checked(strategy: ReplayStrategy, name: str, asked: Sequence[str] = ()) -> ReplayStrategy:
    """``strategy``, once it is seen that its settings go together: what it makes of them, it makes here first.

    Args:
        strategy: Whose parts are looked at.
        name: What it was asked for as.
        asked: The settings that were asked for, to name them.

    Raises:
        ConfigurationError: A part of it cannot be made, or is not what it should be.
    """
    try:
        _check_parts(strategy)
    except Exception as error:
        # Whatever a strategy of somebody's own raises.
        heading = f"{name[:60]} with {told_settings(strategy, asked)}"
        raise ConfigurationError(f"{heading}: {_raised(error, type(strategy).__module__)}") from error
    return strategy


@contextmanager
def running(strategy: ReplayStrategy) -> Iterator[None]:
    """The time in which ``strategy`` is run: what it or an indicator of it raises is told in a sentence.

    Raises:
        ConfigurationError: It has raised something.
    """
    try:
        yield
    except EdgeworthError:
        raise
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"{strategy.name[:60]}: {_raised(error, type(strategy).__module__)}") from error


def strategy_class(name: str) -> type[Struct]:
    """The class that ``name`` stands for.

    Raises:
        ConfigurationError: There is none, or it cannot be imported.
    """
    if name in STRATEGIES:
        return STRATEGIES[name]
    if ":" in name:
        return _imported(name)
    raise ConfigurationError(
        f"expected a strategy ({', '.join(STRATEGIES)}) or module:Class of your own, found {name[:60]!r}"
    )


def told_settings(strategy: ReplayStrategy, names: Sequence[str]) -> str:
    """The settings ``names`` of ``strategy``, for people."""
    values: Mapping[str, Any] = msgspec.to_builtins(strategy)
    return ", ".join(f"{name}={setting_of(values, name)!r}" for name in names)[:200] or "its usual settings"


def _made(name: str, values: Mapping[str, Sequence[Any]], settings: Mapping[str, Any]) -> list[ReplayStrategy]:
    fixed = {field: [value] for field, value in settings.items() if field not in values}
    kind = strategy_class(name)
    try:
        return [cast("ReplayStrategy", strategy) for strategy in grid(kind(), {**fixed, **values})]
    except Exception as error:
        # A class of somebody's own may raise anything where it is made.
        raise ConfigurationError(f"{name[:60]}: {_raised(error, kind.__module__)}") from error


def _check_parts(strategy: ReplayStrategy) -> None:
    indicators = strategy.indicators
    parts: tuple[tuple[str, object, type], ...] = (
        ("name", strategy.name, str),
        ("lookback", strategy.lookback, int),
        ("screener", strategy.screener, Screener),
        ("indicators", indicators, Mapping),
    )
    for what, found, wanted in parts:
        if not isinstance(found, wanted):
            raise ConfigurationError(f"expected {wanted.__name__} as its {what}, found {type(found).__name__}")
    for name, one in indicators.items():
        # Not `isinstance` with the protocol: that takes as long as a strategy, of which a sweep has many.
        if not (hasattr(one, "column") and hasattr(one, "start")):
            raise ConfigurationError(f"expected an indicator as {name!r:.60}, found {type(one).__name__}")
    if strategy.lookback < 1:
        raise ConfigurationError(f"expected a lookback of one bar or more, found {strategy.lookback}")


def _raised(error: BaseException, module: str) -> str:
    """What was raised, in which bar if that is known, and in which line of ``module``."""
    if isinstance(error, EdgeworthError):
        return str(error)
    said = shortened(" ".join(str(error).split()), _MOST_TOLD)
    frames = [
        f"{Path(frame.f_code.co_filename).name}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__") == module
    ]
    bars = [note[:80] for note in getattr(error, "__notes__", ())]
    where = [*bars[-1:], *(f"in {frame}" for frame in frames[-1:])]
    return ", ".join([f"{type(error).__name__}: {said}" if said else type(error).__name__, *where])


def _imported(name: str) -> type[Struct]:
    module, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        # A console script does not have the folder in which it is run, where a user's module lies.
        # Behind all others: a module of theirs may be called as one that somebody here imports later.
        sys.path.append(here)
    try:
        with noted_source(name):
            found = getattr(importlib.import_module(module), attribute, None)
    except EdgeworthError:
        raise
    except (Exception, SystemExit) as error:
        # Whatever a module of somebody's own does when it is imported; also ending the process.
        raise ConfigurationError(
            f"expected a module that can be imported in {name[:60]!r}, found {_raised(error, module)}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Struct)):
        raise ConfigurationError(
            f"expected a class made of msgspec.Struct in {name[:60]!r}, so that its settings are values, "
            f"found {'nothing' if found is None else type(found).__name__}"
        )
    if not found.__struct_config__.frozen:
        raise ConfigurationError(
            f"expected a class with frozen=True in {name[:60]!r}, so that it keeps nothing between two bars, found one "
            "that can be changed"
        )
    missing = [part for part in _NEEDED if not hasattr(found, part)]
    if missing:
        raise ConfigurationError(f"expected a strategy in {name[:60]!r}, found one without {', '.join(missing)}")
    return found
