"""The names that the wiring hands on, each imported when it is first asked for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tasks import wiring


def handed_on() -> list[str]:
    """The names that the type checker sees."""
    tree = ast.parse(Path(wiring.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return [alias.name for node in imports if (node.module or "").startswith("tasks.wiring.") for alias in node.names]


def test_every_name_that_the_type_checker_sees_is_there_when_the_program_runs_and_no_other():
    assert sorted(handed_on()) == sorted(name for names in wiring._NAMES.values() for name in names)
    for name in handed_on():
        assert getattr(wiring, name) is not None


def test_a_name_that_is_not_there_is_named():
    with pytest.raises(AttributeError, match=r"'tasks\.wiring' has no attribute 'nothing'"):
        _ = wiring.nothing
