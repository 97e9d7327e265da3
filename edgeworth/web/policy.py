"""What a browser may do with a page: its Content-Security-Policy, from the hashes of the scripts and styles in it.

Pages of the site: the style and the script of our own templates, by hashes taken from the templates alone, never from a
page that holds outside text. Pages of runs are sent as they were written, perhaps by an earlier version: their hashes
come from the file; they are shut in an origin of their own besides. A file with more styles or scripts than we write is
none of ours, and gets none of them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL | re.IGNORECASE)
_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_ANY_STYLE = re.compile(rb"<style\b", re.IGNORECASE)
_ANY_SCRIPT = re.compile(rb"<script\b", re.IGNORECASE)

_OWN_ORIGIN = "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads"
"""A page of a run is nobody's neighbour; its links lead anywhere all the same."""

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
"""For what is no page."""


def site_policy(template: str) -> str:
    """The policy of every page made from ``template``, a page of the site without any content."""
    body = template.encode()
    inside = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    return f"{_sources(_STYLE.findall(body), _SCRIPT.findall(body))}; {inside}"


def run_policy(page: bytes) -> str:
    """The policy of a page of a run."""
    styles = _one(_STYLE.findall(page), _ANY_STYLE.findall(page))
    scripts = _one(_SCRIPT.findall(page), _ANY_SCRIPT.findall(page))
    inside = f"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; {_OWN_ORIGIN}"
    return f"{_sources(styles, scripts)}; {inside}"


def _one(found: list[bytes], all_of_them: list[bytes]) -> list[bytes]:
    return found if len(all_of_them) == 1 else []


def _sources(styles: Iterable[bytes], scripts: Iterable[bytes]) -> str:
    return f"default-src 'none'; img-src data:; style-src {_hashes(styles)}; script-src {_hashes(scripts)}"


def _hashes(texts: Iterable[bytes]) -> str:
    # A browser turns the two other kinds of line ends into this one before it hashes.
    clean = [text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") for text in texts]
    hashed = (base64.b64encode(hashlib.sha256(text).digest()).decode() for text in clean)
    return " ".join(dict.fromkeys(f"'sha256-{one}'" for one in hashed)) or "'none'"
