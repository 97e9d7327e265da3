"""The source of a strategy of the user's own: what tells one state of it from another, since it has no version.

Of its module and of what that imports from beside itself, found by reading, not by running. Packages that are
installed, and what a module imports under a name that it makes up, are not seen.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

UNREADABLE = "unreadable"
"""In place of a digest where there is no source, as of a compiled module."""

_OURS = frozenset({"edgeworth", "tasks", "flows"})
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def source_digest(strategy: str) -> str | None:
    """SHA-256 of the source of ``module:Class``, ``UNREADABLE`` without one; ``None`` of what comes with Edgeworth.

    The module can be imported: ``build_strategy`` has done so.
    """
    module, colon, _ = strategy.partition(":")
    if not colon:
        return None
    home = _file(module.partition(".")[0])
    found: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        file = None if name in found else _file(name)
        if file is None or home is None or not _is_beside(name, module, file, home):
            continue
        found[name] = file.read_bytes()
        waiting += _imports(found[name], name, is_package=file.name == "__init__.py")
    if not found:
        return UNREADABLE
    summed = hashlib.sha256()
    for name in sorted(found):
        summed.update(f"{name}\n{len(found[name])}\n".encode() + found[name])
    return summed.hexdigest()


def _file(module: str) -> Path | None:
    """Where the source of ``module`` is, if it has one."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError):
        # A name of something else than a module, as `from module import name` gives.
        return None
    is_source = spec is not None and spec.origin is not None and spec.origin.endswith(".py")
    return Path(spec.origin) if is_source and spec is not None and spec.origin is not None else None


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
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            origin = importlib.util.resolve_name(dots + (node.module or ""), package) if dots else node.module or ""
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)
