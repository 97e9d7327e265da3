"""Strategies by name, and those of a user's own by ``module:Class``."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from msgspec import Struct

from edgeworth.errors import ConfigurationError
from edgeworth.replay.strategies import CrossFollower, DipBuyer, Fusion, LongHolder
from edgeworth.replay.sweep import Screened, grid
from tasks.replay.own_code import noted_source

STRATEGIES: Mapping[str, type[Struct]] = {
    "cross": CrossFollower,
    "fusion": Fusion,
    "holder": LongHolder,
    "dip": DipBuyer,
}
"""Those that come with Edgeworth."""

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
    fixed = {field: [value] for field, value in (settings or {}).items() if field not in values}
    made = grid(_class(name)(), {**fixed, **values})
    return [cast("ReplayStrategy", strategy) for strategy in made]


def _class(name: str) -> type[Struct]:
    if name in STRATEGIES:
        return STRATEGIES[name]
    if ":" in name:
        return _imported(name)
    raise ConfigurationError(
        f"expected a strategy ({', '.join(STRATEGIES)}) or module:Class of your own, found {name[:60]!r}"
    )


def _imported(name: str) -> type[Struct]:
    module, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        # A console script does not have the folder in which it is run, where a user's module lies.
        sys.path.insert(0, here)
    try:
        with noted_source(name):
            found = getattr(importlib.import_module(module), attribute, None)
    except ImportError as error:
        raise ConfigurationError(f"expected a module that can be imported in {name[:60]!r}, found: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Struct)):
        raise ConfigurationError(
            f"expected a class made of msgspec.Struct in {name[:60]!r}, so that its settings are values, "
            f"found {'nothing' if found is None else type(found).__name__}"
        )
    missing = [part for part in _NEEDED if not hasattr(found, part)]
    if missing:
        raise ConfigurationError(f"expected a strategy in {name[:60]!r}, found one without {', '.join(missing)}")
    return found
