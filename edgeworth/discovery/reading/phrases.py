"""Finds declared phrases in a row of tokens: the longest that begins at each place. Linear for a fixed vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from edgeworth.discovery.reading.tokens import Token, words_of
from edgeworth.markets.relation import TextField

_END: Final = ""
_CAPITAL_END: Final = " "
"""Keys of what ends at a node, in any spelling or in capitals only; no token is like them."""


class Match(Struct, frozen=True, gc=False):
    """A phrase found: tokens ``first`` to ``last`` mean ``concept``."""

    concept: str
    first: int
    last: int


class PhraseBook:
    """Phrases by their stems.

    Args:
        phrases: Spelling to concept. A spelling written in capitals throughout (``US``, ``SOL``) is found only where
            the text has a capital too.
    """

    def __init__(self, phrases: Mapping[str, str]) -> None:
        self._root: dict[str, object] = {}
        for spelling, concept in phrases.items():
            self._add(spelling, concept)

    def _add(self, spelling: str, concept: str) -> None:
        node = self._root
        for token in words_of(spelling, TextField.QUESTION).tokens:
            node = node.setdefault(token.key, {})  # type: ignore[assignment]
        node.setdefault(_CAPITAL_END if spelling.isupper() else _END, concept)

    def longest(self, tokens: Sequence[Token], first: int) -> Match | None:
        """The longest phrase that begins at token ``first``."""
        found: Match | None = None
        node = self._root
        for position in range(first, len(tokens)):
            following = node.get(tokens[position].key)
            if not isinstance(following, dict):
                break
            node = following
            concept = node.get(_END)
            if concept is None and tokens[first].is_upper:
                concept = node.get(_CAPITAL_END)
            if concept is not None:
                found = Match(str(concept), first, position)
        return found

    def all_in(self, tokens: Sequence[Token]) -> Iterable[Match]:
        """Phrases from left to right, none overlapping another."""
        position = 0
        while position < len(tokens):
            match = self.longest(tokens, position)
            if match is not None:
                yield match
            position = position + 1 if match is None else match.last + 1


def declared(table: str, prefix: str) -> dict[str, str]:
    """Spellings of a vocabulary table to their concepts.

    A line is ``concept: spelling | spelling``; the concept's own name is a spelling too unless it is in brackets.
    """
    spellings: dict[str, str] = {}
    for line in table.strip().splitlines():
        name, _, rest = line.strip().partition("): " if line.strip().startswith("(") else ":")
        own = [] if name.startswith("(") else [name.strip()]
        name = name.strip(" (")
        for spelling in (*own, *rest.split("|")):
            if spelling.strip():
                spellings.setdefault(spelling.strip(), f"{prefix}:{name}" if prefix else name)
    return spellings
