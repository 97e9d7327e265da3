"""Query parameters as values: what cannot be meant is refused with a sentence, never guessed at.

An empty parameter is the same as none: a form sends those that were left open. One that is unknown, given twice, or not
of its kind is a mistake that the reader is told about.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from enum import Enum
from typing import TypeVar
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

Choice = TypeVar("Choice", bound=Enum)

LONGEST_SEARCH = 200
MOST_PAGES = 10_000
"""Beyond it a database would count its way through millions of rows for one page."""


class BadParameterError(Exception):
    """A parameter that cannot be meant; the message is for the reader."""


class Parameters:
    """The parameters of one request.

    Args:
        given: As the address has them.
        known: Names that the page understands.

    Raises:
        BadParameterError: A name is unknown or stands twice.
    """

    def __init__(self, given: QueryParams, known: Collection[str]) -> None:
        names = [name for name, _ in given.multi_items()]
        for name in names:
            if name not in known:
                raise BadParameterError(f"expected one of {', '.join(sorted(known))}, found {_shown(name)}")
            if names.count(name) > 1:
                raise BadParameterError(f"{name}: expected it once, found it {names.count(name)} times")
        self._values = {name: value.strip() for name, value in given.multi_items() if value.strip()}

    def choice(self, name: str, kinds: type[Choice]) -> Choice | None:
        """One of ``kinds`` by its value."""
        value = self._values.get(name)
        if value is None:
            return None
        for kind in kinds:
            if kind.value == value:
                return kind
        expected = ", ".join(str(kind.value) for kind in kinds)
        raise BadParameterError(f"{name}: expected one of {expected}, found {_shown(value)}")

    def word(self, name: str, words: Collection[str]) -> str | None:
        """One of ``words``."""
        value = self._values.get(name)
        if value is None or value in words:
            return value
        raise BadParameterError(f"{name}: expected one of {', '.join(words)}, found {_shown(value)}")

    def share(self, name: str) -> float | None:
        """A decimal number from 0 to 1."""
        value = self._values.get(name)
        if value is None:
            return None
        if not re.fullmatch(r"[01](\.[0-9]{1,6})?|\.[0-9]{1,6}", value) or not 0.0 <= float(value) <= 1.0:
            raise BadParameterError(f"{name}: expected a number from 0 to 1, found {_shown(value)}")
        return float(value)

    def text(self, name: str, *, most: int = LONGEST_SEARCH) -> str | None:
        """Any text of at most ``most`` characters without control characters."""
        value = self._values.get(name)
        if value is None:
            return None
        if len(value) > most:
            raise BadParameterError(f"{name}: expected at most {most} characters, found {len(value):,}")
        if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value):
            raise BadParameterError(f"{name}: expected text, found a control character in it")
        return value

    @property
    def page(self) -> int:
        """The page asked for, from 1."""
        value = self._values.get("page", "1")
        if not re.fullmatch(r"[0-9]{1,5}", value) or not 1 <= int(value) <= MOST_PAGES:
            raise BadParameterError(f"page: expected a whole number from 1 to {MOST_PAGES:,}, found {_shown(value)}")
        return int(value)

    def address(self, path: str, **changes: str) -> str:
        """``path`` with these parameters but for ``changes``; an empty one is left out."""
        wanted: Mapping[str, str] = {**self._values, **changes}
        query = urlencode({name: value for name, value in wanted.items() if value})
        return f"{path}?{query}" if query else path

    def __getitem__(self, name: str) -> str:
        """A parameter as it was given, to be shown again in its form; empty when it was not."""
        return self._values.get(name, "")


def _shown(value: str) -> str:
    short = value if len(value) <= 40 else f"{value[:40]}…"
    return f"“{short}”"
