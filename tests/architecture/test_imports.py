"""Arrows point one way: flows, tasks, edgeworth; and only the wiring knows the adapters."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = {
    "httpx",
    "httpx2",
    "websockets",
    "starlette",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "duckdb",
    "openai",
    "anthropic",
    "daytona",
    "exa_py",
    "perplexity",
    "onnxruntime",
    "tokenizers",
}
"""Packages that reach outside: adapters and the read-only web view only."""

ROOMS_APART = ("discovery", "simulation", "experiments", "replay", "analytics")
"""What two of them need moves down into markets or probability."""

MAY_WIRE = "tasks/wiring/"

SLOW = (
    "prefect",
    "scipy",
    "openai",
    "anthropic",
    "daytona",
    "onnxruntime",
    "alembic",
    "edgeworth.adapters.synthetic.world",
)
"""What takes a tenth of a second or more to import: those who need it wait for it, others do not."""


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names that ``path`` imports anywhere, also inside functions."""
    package = path.relative_to(ROOT).parent.parts
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join([*above, *([node.module] if node.module else [])])
            found.add(source)
            found.update(f"{source}.{alias.name}" for alias in node.names)
    return frozenset(found)


def imports_of(path: Path, target: str) -> set[str]:
    return {name for name in imported(path) if name == target or name.startswith(f"{target}.")}


def test_the_contracts_of_pyproject_hold():
    """In a process of its own: the linter sets up logging anew, which silences every logger that exists by then."""
    script = Path(sys.executable).with_name("lint-imports")
    linted = subprocess.run([script, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("path", modules("edgeworth", "tasks", "flows"), ids=name_of)
def test_only_the_wiring_imports_adapters(path):
    if name_of(path).startswith((MAY_WIRE, "edgeworth/adapters/")):
        return
    assert imports_of(path, "edgeworth.adapters") == set()


@pytest.mark.parametrize("path", modules("edgeworth"), ids=name_of)
def test_only_adapters_and_the_web_view_import_what_reaches_outside(path):
    if name_of(path).startswith(("edgeworth/adapters/", "edgeworth/web/")):
        return
    assert {name for name in imported(path) if name.partition(".")[0] in OUTSIDE} == set()


@pytest.mark.parametrize("path", modules("edgeworth"), ids=name_of)
def test_the_library_knows_no_orchestrator_and_nothing_above_it(path):
    assert {name for name in imported(path) if name.partition(".")[0] in {"prefect", "flows", "tasks"}} == set()


@pytest.mark.parametrize("path", modules("edgeworth"), ids=name_of)
def test_of_the_web_view_others_know_what_it_asks_of_the_store_and_no_page(path):
    if name_of(path).startswith("edgeworth/web/"):
        return
    known = {name for name in imports_of(path, "edgeworth.web") if not name.startswith("edgeworth.web.ports")}
    assert known == set()


@pytest.mark.parametrize("room", ROOMS_APART)
def test_rooms_side_by_side_do_not_import_one_another(room):
    others = [f"edgeworth.{other}" for other in ROOMS_APART if other != room]
    for path in modules(f"edgeworth/{room}"):
        assert [name for other in others for name in imports_of(path, other)] == [], name_of(path)


@pytest.mark.parametrize("path", modules("edgeworth/markets", "edgeworth/probability"), ids=name_of)
def test_the_vocabulary_knows_nothing_of_the_rooms_above_it(path):
    allowed = ("edgeworth.markets", "edgeworth.probability", "edgeworth.errors", "edgeworth.units", "edgeworth.ports")
    above = {name for name in imports_of(path, "edgeworth") if name != "edgeworth" and not name.startswith(allowed)}
    assert above == set()


@pytest.mark.parametrize(
    ("started", "without"),
    [
        ("import flows.cli; from tasks.wiring import open_storage", (*SLOW, "polars", "httpx")),
        ("from tasks import wiring; [getattr(wiring, name) for each in wiring._NAMES.values() for name in each]", SLOW),
    ],
    ids=["a command that lists markets", "the whole wiring"],
)
def test_a_command_starts_without_what_only_others_need(started, without):
    """In a process of its own: here everything has been imported by now."""
    looked = f"import sys; {started}; print([name for name in {without} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", looked], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "[]\n"), ended.stderr
