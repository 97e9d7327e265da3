"""Python source as HTML: pygments finds the tokens, three kinds of them get a class of our style sheet, all is escaped.

Only what helps reading is marked, so that the code of a model costs little more on a page than its text.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.token import Comment, Keyword, Operator, String  # type: ignore[import-untyped]

MOST_CHARACTERS: Final = 60_000
"""Of a source on a page; a model.py in the folder of its market is whole."""

_CLASSES: Final = ((Comment, "c"), (String, "s"), (Keyword, "k"), (Operator.Word, "k"))


def highlighted(source: str) -> Markup:
    """``source`` with comments, strings and keywords marked; what is too long is cut, and says so."""
    shown = source[:MOST_CHARACTERS]
    pieces = [escape(text) if not css else Markup("<i class={}>{}</i>").format(css, text) for css, text in _runs(shown)]
    if len(source) > len(shown):
        pieces.append(escape(f"\n… {len(source) - len(shown):,} more characters"))
    return Markup("").join(pieces)


def line_numbers(source: str) -> str:
    """The numbers of its lines, one a line, to stand beside it."""
    return "\n".join(str(number) for number in range(1, source[:MOST_CHARACTERS].count("\n") + 1))


def _runs(source: str) -> Iterator[tuple[str, str]]:
    """Neighbouring tokens of one class together; a line break ends none."""
    tokens = ((_class(kind), text) for kind, text in PythonLexer(stripnl=False, ensurenl=False).get_tokens(source))
    for css, run in itertools.groupby(tokens, key=lambda token: token[0]):
        yield css, "".join(text for _, text in run)


def _class(kind: Any) -> str:
    return next((css for family, css in _CLASSES if kind in family), "")
