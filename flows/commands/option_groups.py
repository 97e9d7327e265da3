"""Options that several commands share, as one value: a struct whose fields are typer's options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct

Command = Callable[..., None]


def takes(*groups: type[Struct]) -> Callable[[Command], Command]:
    """A command as the command line reads it: in the place of a parameter of a group stand the options of the group.

    All parameters of the command are given by keyword; no two groups have an option of one name.
    """

    def changed(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True)
        members = {name: parameter.annotation for name, parameter in own.parameters.items()}
        grouped = {name: kind for name, kind in members.items() if kind in groups}
        parameters: list[inspect.Parameter] = []
        for name, parameter in own.parameters.items():
            parameters += _options(grouped[name]) if name in grouped else [parameter]

        @wraps(command)
        def run_command(**given: Any) -> None:
            values = {
                name: kind(**{field: given.pop(field) for field in kind.__struct_fields__})
                for name, kind in grouped.items()
            }
            command(**values, **given)

        run_command.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        return run_command

    return changed


def _options(group: type[Struct]) -> list[inspect.Parameter]:
    types = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=types[field.name]
        )
        for field in msgspec.structs.fields(group)
    ]
