"""The levels of confinement of this machine, strongest first, and what a confined program can read.

A level counts only when a probe has run a real program under it (``local.py``); a binary or a kernel version says
nothing, for container engines and security modules forbid what the kernel could do.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct


class LocalLevel(Struct, frozen=True, kw_only=True):
    """One way of confining a process.

    Attributes:
        number: Its place among all levels, of services too: lower is stronger.
        name: As it is recorded with each run.
        namespaces: Within bubblewrap: files, processes and network of its own.
        landlock: No file but the readable ones. seccomp: No system call but the allowed ones.
        paths: Calls that take a path are among the allowed ones.
    """

    number: int
    name: str
    namespaces: bool = False
    landlock: bool = False
    seccomp: bool = True
    paths: bool = True


NAMESPACES = LocalLevel(number=2, name="local:namespaces+landlock+seccomp", namespaces=True, landlock=True)
LANDLOCK = LocalLevel(number=3, name="local:landlock+seccomp", landlock=True)
SEALED = LocalLevel(number=4, name="local:seccomp-sealed", paths=False)
UNSAFE = LocalLevel(number=8, name="local:unsafe", seccomp=False)
"""Limits of time and memory and an empty environment, nothing else: for our own programs, and for who asks by name."""

CONFINED = (NAMESPACES, LANDLOCK, SEALED)

PACKAGES = ("numpy", "scipy")
"""Besides the standard library. scipy only where the level can open files, and not preloaded."""

ENVIRONMENT = {
    "HOME": "/",
    "LANG": "C.UTF-8",
    "PATH": "/nonexistent",
    # The same order of sets in every run.
    "PYTHONHASHSEED": "0",
    # Threads made before Landlock would not be bound by it, and a fork keeps only one of them.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
"""All variables that a program sees."""

_BOOTSTRAP = (
    "import sys; sys.path.append({root!r}); from edgeworth.adapters.sandbox.child.fork_server import main; main()"
)
_NOT_OF_THE_STANDARD_LIBRARY = frozenset({"site-packages", "dist-packages", "ensurepip", "idlelib", "test"})


def fork_server_command(level: LocalLevel) -> list[str]:
    """The command that starts the fork server under ``level``, with its control socket as standard input.

    Raises:
        FileNotFoundError: The level needs bubblewrap and there is none, or numpy is not to be found.
    """
    root = _source_root()
    packages = _package_folders()
    settings = {
        "landlock": level.landlock,
        "seccomp": level.seccomp,
        "paths": level.paths,
        "readable": list(_readable(packages)),
        "packages": packages,
        "bootstrap": [str(root)],
    }
    # -P -s -S -B: nothing of the working folder, of the user or of site-packages on the path, and nothing written.
    python = [str(_interpreter()), "-P", "-s", "-S", "-B", "-c", _BOOTSTRAP.format(root=str(root))]
    command = [*python, json.dumps(settings)]
    return [*_bubblewrap(root, packages), *command] if level.namespaces else command


def _interpreter() -> Path:
    """The base interpreter, not the link to it in a virtual environment."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _source_root() -> Path:
    """The folder that holds the package ``edgeworth``."""
    return Path(__file__).resolve().parents[3]


def _package_folders() -> dict[str, str]:
    """Where the packages are, without importing them."""
    folders = {}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            folders[name] = str(Path(spec.origin).resolve().parent)
    if "numpy" not in folders:
        raise FileNotFoundError("numpy is not installed")
    return folders


def _standard_library() -> Path:
    return Path(sysconfig.get_path("stdlib")).resolve()


def _library_folders(packages: dict[str, str]) -> Iterator[str]:
    """Shared objects: those that ship beside a package, and those of the system."""
    for folder in packages.values():
        yield f"{folder}.libs"
    multiarch = sysconfig.get_config_var("MULTIARCH")
    if multiarch:
        yield from (f"/usr/lib/{multiarch}", f"/lib/{multiarch}")
    yield from ("/usr/lib64", "/lib64", "/etc/ld.so.cache")


def _readable(packages: dict[str, str]) -> Iterator[str]:
    """What Landlock lets a program open.

    The standard library entry by entry, for its folder also holds the packages of the base interpreter.
    """
    for entry in sorted(_standard_library().iterdir()):
        if entry.name not in _NOT_OF_THE_STANDARD_LIBRARY:
            yield str(entry)
    yield from packages.values()
    yield from _library_folders(packages)
    yield from ("/usr/share/zoneinfo", "/dev/null", "/dev/urandom")


def _bubblewrap(root: Path, packages: dict[str, str]) -> list[str]:
    """The outer layer: a file system of a few read-only folders, no network, no other process, no capability."""
    executable = shutil.which("bwrap") or shutil.which("bwrap", path=str(Path(sys.executable).parent))
    if executable is None:
        raise FileNotFoundError("bubblewrap (the command bwrap) is not installed")
    python = _interpreter()
    library = _standard_library()
    ours = root / "edgeworth"
    bound = [
        str(python),
        *(str(path) for path in sorted(python.parent.parent.glob("lib*/libpython*"))),
        str(library),
        *packages.values(),
        *_library_folders(packages),
        "/usr/share/zoneinfo",
        # Seen by the fork server alone: no path of it is readable for a program.
        *(str(ours / name) for name in ("__init__.py", "adapters/__init__.py", "adapters/sandbox/__init__.py")),
        str(ours / "adapters" / "sandbox" / "child"),
    ]
    hidden = [str(library / name) for name in sorted(_NOT_OF_THE_STANDARD_LIBRARY) if (library / name).is_dir()]
    arguments = ["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    arguments += ["--hostname", "sandbox"]
    for name, value in ENVIRONMENT.items():
        arguments += ["--setenv", name, value]
    for path in bound:
        arguments += ["--ro-bind-try", path, path]
    for path in hidden:
        arguments += ["--tmpfs", path]
    return [executable, *arguments, "--proc", "/proc", "--dev", "/dev", "--chdir", "/", "--"]
