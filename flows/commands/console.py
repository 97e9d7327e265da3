"""Where commands write: results to standard output, everything else to standard error.

With ``--json`` standard output holds one JSON document and nothing else. Text of others (questions, file names, answers
of servers) passes through ``shown`` or ``printable`` on its way to the terminal, which obeys what it is sent.
"""

from __future__ import annotations

import os
import re
import sys

import msgspec
from rich.console import Console
from rich.markup import escape

_PIPED_WIDTH = 240
"""Columns for a pipe or a file, which has none of its own: ids stand in one line and can be searched for."""


def _width() -> int | None:
    return None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPED_WIDTH


results = Console(soft_wrap=False, emoji=False, width=_width())
"""Tables and sentences that answer the command."""

errors = Console(stderr=True, emoji=False)
"""Progress, warnings and errors."""

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that a terminal obeys instead of showing them, those that turn the direction of the text included."""


def printable(text: str) -> str:
    """``text`` with its control characters spelt out in backslash notation; lines and tabs stay."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode(), text)


def shown(text: str) -> str:
    """``text`` as it may stand in markup: printable, and without a tag of ours in it."""
    return escape(printable(text))


def print_error(what: str, text: str) -> None:
    """One message on standard error: ``what`` in red, then ``text``, in one line so that it can be searched for."""
    errors.print(f"[bold red]{shown(what)}:[/] {shown(text)}", highlight=False, soft_wrap=True)


def print_json(value: object) -> None:
    """One JSON document on standard output, as UTF-8 whatever the terminal's encoding.

    Control characters, which JSON allows within strings, are escaped: the same document, safe to look at.
    """
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    safe = _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    sys.stdout.buffer.write(safe.encode() + b"\n")
    sys.stdout.flush()
