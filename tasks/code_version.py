"""Which code a run was made with."""

from __future__ import annotations

import importlib.metadata
import subprocess
from functools import cache
from pathlib import Path


@cache
def code_version() -> str:
    """Version of the package, with the commit when run from a checkout (``0.1.0+1a2b3c4``, ``-dirty`` if changed)."""
    version = importlib.metadata.version("edgeworth")
    root = Path(__file__).resolve().parent.parent
    if not (root / ".git").exists():
        return version
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=7", "--exclude=*"]
    try:
        described = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)  # noqa: S603
    except OSError:
        return version
    commit = described.stdout.strip()
    return f"{version}+{commit}" if commit else version
