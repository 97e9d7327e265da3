"""The source of a strategy of the user's own: what tells one state of it from another, since it has no version.

Of its module and of what that imports from beside itself, found by reading, not by running. Packages that are
installed, and what a module imports under a name that it makes up, are not seen.

A process imports a module once. So what counts is the source right before that, not what the file holds later.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from edgeworth.errors import ConfigurationError

UNREADABLE = "unreadable"
"""In place of a digest where there is no source, as of a compiled module."""

_OURS = frozenset({"edgeworth", "tasks", "flows"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})

_imported: dict[str, Mapping[str, bytes]] = {}
"""The sources that each strategy's module was imported from in this process, by the names of the modules."""


@contextmanager
def noted_source(strategy: str) -> Iterator[None]:
    """The time in which ``module:Class`` is imported: its source is noted, if this process has not imported it before.

    Raises:
        ConfigurationError: The source changed meanwhile.
    """
    module = strategy.partition(":")[0]
    if module in sys.modules and module in _imported:
        yield
        return
    # What another strategy has brought into this process stays as it was then.
    known = {name: source for sources in _imported.values() for name, source in sources.items() if name in sys.modules}
    found = {name: known.get(name, source) for name, source in _sources(module).items()}
    yield
    _imported[module] = found
    check_unchanged(strategy)


def check_unchanged(strategy: str) -> None:
    """See that what this process has imported of ``strategy`` is still what its files hold.

    Raises:
        ConfigurationError: It is not; a new process is needed.
    """
    module, colon, _ = strategy.partition(":")
    if not colon or module not in _imported:
        return
    before, now = _imported[module], _sources(module)
    changed = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
    if changed:
        raise ConfigurationError(
            f"{strategy[:60]}: the source of {', '.join(changed)[:120]} changed since it was imported; start again"
        )


def source_digest(strategy: str) -> str | None:
    """SHA-256 of the source of ``module:Class``, ``UNREADABLE`` without one; ``None`` of what comes with Edgeworth.

    As this process has imported it, else as its files are now.
    """
    module, colon, _ = strategy.partition(":")
    if not colon:
        return None
    found = _imported[module] if module in _imported else _sources(module)
    if not found:
        return UNREADABLE
    summed = hashlib.sha256()
    for name in sorted(found):
        summed.update(f"{name}\n{len(found[name])}\n".encode() + found[name])
    return summed.hexdigest()


def _sources(module: str) -> dict[str, bytes]:
    """The sources of ``module`` and of what it imports from beside itself, as their files are now."""
    home = _file(module.partition(".")[0])
    found: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        file = None if name in found else _file(name)
        if file is None or home is None or not _is_beside(name, module, file, home):
            continue
        found[name] = file.read_bytes()
        # With a module all packages are run that it lies in.
        waiting += filter(None, [name.rpartition(".")[0]])
        waiting += _imports(found[name], name, is_package=file.name == "__init__.py")
    return found


def _file(module: str) -> Path | None:
    """Where the source of ``module`` is, if it has one."""
    spec = _spec(module)
    is_source = spec is not None and spec.origin is not None and spec.origin.endswith(".py")
    return Path(spec.origin) if is_source and spec is not None and spec.origin is not None else None


def _spec(module: str) -> ModuleSpec | None:
    """Where ``module`` lies, level by level: ``find_spec`` of the whole name would run the packages above it."""
    top, *parts = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
        for part in parts:
            if spec is None or spec.submodule_search_locations is None:
                # A name of something else than a module, as `from module import name` gives.
                return None
            spec = PathFinder.find_spec(part, list(spec.submodule_search_locations))
    except (ImportError, ValueError, AttributeError):
        return None
    return spec


def _is_beside(name: str, module: str, file: Path, home: Path) -> bool:
    """Whether ``name`` is of the same package as ``module``, or lies in the same folder and is nobody's package."""
    top = name.partition(".")[0]
    if top == module.partition(".")[0]:
        return True
    folder = home.parent.parent if home.name == "__init__.py" else home.parent
    return top not in _OURS and folder in file.parents and not _INSTALLED & set(file.parts)


def _imports(source: bytes, module: str, *, is_package: bool) -> Iterator[str]:
    """Everything that ``source`` may import, parts of modules included."""
    package = module if is_package else module.rpartition(".")[0]
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        # Whoever imports it says so, in better words.
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            origin = importlib.util.resolve_name(dots + (node.module or ""), package) if dots else node.module or ""
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)
