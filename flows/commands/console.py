"""Where commands write: results to standard output, everything else to standard error.

With ``--json`` standard output holds one JSON document and nothing else.
"""

from __future__ import annotations

import sys

import msgspec
from rich.console import Console

results = Console(soft_wrap=False)
"""Tables and sentences that answer the command."""

errors = Console(stderr=True)
"""Progress, warnings and errors."""


def print_json(value: object) -> None:
    """One JSON document on standard output, as UTF-8 whatever the terminal's encoding."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.flush()
