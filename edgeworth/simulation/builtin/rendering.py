"""Turns a built-in model and its parameters into the text of a ``model.py``. No context enters it."""

from __future__ import annotations

import ast
from enum import StrEnum
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from edgeworth.simulation.departure import DEFAULT_DEPARTURE, Departure


class BuiltinModel(StrEnum):
    """The built-in models, each a template of the same name."""

    PRICE_THRESHOLD = "price_threshold"
    """A level of a quantity whose past is known."""
    BOUNDS = "bounds"
    """Markets elsewhere for the same bet, or that bound it."""
    EXCLUSIVE = "exclusive"
    """Outcomes of one event of which at most one comes true."""
    HAZARD = "hazard"
    """Something that happens by a date."""
    BELIEF_WALK = "belief_walk"
    """The market's own price without its noise."""


VERSION: Final = 1
"""Of the templates together; stored as part of the author of a forecast."""


def render(model: BuiltinModel, departure: Departure = DEFAULT_DEPARTURE) -> str:
    """The source of ``model`` with ``departure`` written into it; the same arguments give the same text."""
    template = _environment().get_template(f"{model.value}.py.j2")
    source = template.render(p=departure)
    # Blank lines are the templates' business, not the reader's: at most two in a row, as everywhere.
    lines: list[str] = []
    for line in source.splitlines():
        if line.strip() or lines[-2:] != ["", ""]:
            lines.append(line.rstrip())
    source = "\n".join(lines).rstrip("\n") + "\n"
    ast.parse(source)
    return source


def author(model: BuiltinModel) -> str:
    """Who wrote it, as recorded with a forecast."""
    return f"builtin/{model.value}@{VERSION}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("edgeworth.simulation.builtin", "models"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - Python source, and nothing of a market is written into it
        keep_trailing_newline=True,
    )
