"""No hidden clock, no unseeded chance, no print, and every module says what belongs in it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
}
CHANCE = {"uuid.uuid1", "uuid.uuid4", "os.urandom", "random.SystemRandom"}
NEEDS_A_SEED = {"random.Random", "numpy.random.default_rng", "numpy.random.SeedSequence"}
"""Generators that are fine when they are given a seed."""


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def aliases(tree: ast.Module) -> dict[str, str]:
    """Names in the module -> what they were imported as, dotted."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return found


def dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    """The full name that an expression such as ``np.random.rand`` stands for."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        above = dotted(node.value, names)
        return None if above is None else f"{above}.{node.attr}"
    return None


def defaults(tree: ast.Module) -> set[ast.AST]:
    """Every node inside the default value of a parameter: what a caller may replace."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    values = [
        value for function in functions for value in [*function.args.defaults, *function.args.kw_defaults] if value
    ]
    return {node for value in values for node in ast.walk(value)}


def is_hidden_chance(name: str, node: ast.AST) -> bool:
    if name in NEEDS_A_SEED:
        return isinstance(node, ast.Call) and not node.args and not node.keywords
    return name in CHANCE or name.startswith(("random.", "numpy.random.", "secrets."))


def hidden(source: str, *, is_adapter: bool) -> list[str]:
    """Clocks and chance of ``source`` that nobody passed in."""
    tree = ast.parse(source)
    names = aliases(tree)
    replaceable = defaults(tree) if is_adapter else set()
    found = []
    types = {part for node in ast.walk(tree) for part in annotation_parts(node)}
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        target = node.func if isinstance(node, ast.Call) else node
        if not isinstance(target, ast.Attribute | ast.Name) or node in called or node in types:
            continue
        name = dotted(target, names)
        if name is None or node in replaceable or name in {"random", "numpy.random", "secrets"}:
            continue
        if name in CLOCKS or is_hidden_chance(name, node):
            found.append(f"line {target.lineno}: {name}")
    return found


def annotation_parts(node: ast.AST) -> list[ast.AST]:
    """Nodes of type annotations, in which a generator's class is only named."""
    parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
    return [inner for part in parts if isinstance(part, ast.AST) for inner in ast.walk(part)]


@pytest.mark.parametrize("path", modules("edgeworth"), ids=name_of)
def test_nothing_below_tasks_asks_for_the_time_or_for_chance(path):
    is_adapter = name_of(path).startswith("edgeworth/adapters/")
    assert hidden(path.read_text(encoding="utf-8"), is_adapter=is_adapter) == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("from datetime import datetime\ndatetime.now()", "line 2: datetime.datetime.now"),
        ("import datetime as d\nd.datetime.utcnow()", "line 2: datetime.datetime.utcnow"),
        ("from time import time\ntime()", "line 2: time.time"),
        ("import time\ndef f(clock=time.time): ...", "line 2: time.time"),
        ("import random\nrandom.choice([1])", "line 2: random.choice"),
        ("import random\nrandom.Random()", "line 2: random.Random"),
        ("import numpy as np\nnp.random.rand(3)", "line 2: numpy.random.rand"),
        ("import numpy as np\nnp.random.default_rng()", "line 2: numpy.random.default_rng"),
        ("from uuid import uuid4\nkey = uuid4", "line 2: uuid.uuid4"),
    ],
)
def test_the_check_sees_a_hidden_clock_under_any_name(source, line):
    assert hidden(source, is_adapter=False) == [line]


@pytest.mark.parametrize(
    "source",
    [
        "import random\nrandom.Random(7).choice([1])",
        "import numpy as np\nnp.random.default_rng(seed)",
        "import random\ndef f(jitter: random.Random) -> random.Random: ...",
        "import time\ntime.monotonic()",
        "def now(clock): return clock.now()",
    ],
)
def test_the_check_lets_a_seed_or_an_argument_pass(source):
    assert hidden(source, is_adapter=False) == []


def test_an_adapter_may_have_a_clock_that_its_caller_can_replace_and_no_other():
    assert hidden("import time\ndef f(clock=time.time): ...", is_adapter=True) == []
    assert hidden("import time\ndef f(): return time.time()", is_adapter=True) == ["line 2: time.time"]


@pytest.mark.parametrize("path", modules("edgeworth", "tasks"), ids=name_of)
def test_nothing_but_the_command_line_prints(path):
    calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    assert [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"] == []


@pytest.mark.parametrize("path", modules("edgeworth", "tasks", "flows"), ids=name_of)
def test_every_module_says_what_belongs_in_it(path):
    assert ast.get_docstring(parsed(path)), "expected a docstring"
