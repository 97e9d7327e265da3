"""Text from outside inside Markdown: on one line, shortened, and escaped so that neither Markdown nor HTML acts."""

from __future__ import annotations

import html
import re

LONGEST_TEXT = 200

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:@/])")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def one_line(text: str, most: int = LONGEST_TEXT) -> str:
    """``text`` without line breaks, control or direction marks, at most ``most`` characters long."""
    flat = " ".join(_UNSEEN.sub(" ", text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def escaped(text: str, most: int = LONGEST_TEXT) -> str:
    """``text`` as it would be typed in Markdown to be read as it stands, on one line."""
    return _MARKDOWN.sub(r"\\\1", html.escape(one_line(text, most), quote=False))
