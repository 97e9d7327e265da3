"""A page in a real browser, without a window and without a network."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --virtual-time-budget=5000 --dump-dom"
)

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"
)


def document_of(page: str, folder: Path, *, then: str = "") -> str:
    """The document that the browser makes of ``page`` after its script, and after the script ``then``, have run."""
    assert CHROMIUM is not None
    file = folder / "page.html"
    file.write_text(page.replace("</body>", f"<script>{then}</script></body>") if then else page, encoding="utf-8")
    command = [CHROMIUM, *QUIET.split(), f"--user-data-dir={folder / 'profile'}", file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
