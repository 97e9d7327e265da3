"""Whether a sentence is denied, and whether the denial is of the whole of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from edgeworth.discovery.reading.stems import stem
from edgeworth.discovery.reading.tokens import Token, Words
from edgeworth.discovery.reading.vocabulary.words import (
    CONTRACTED,
    EMPTY_WORDS,
    NEGATION_PHRASES,
    NEGATIONS,
    TURNING_WORDS,
)
from edgeworth.markets.relation import Quotation

_PHRASES: Final = tuple(tuple(phrase.split()) for phrase in NEGATION_PHRASES)
_PHRASE_STARTS: Final = frozenset(phrase[0] for phrase in _PHRASES)
_TURNING_KEYS: Final = frozenset(stem(word) for word in TURNING_WORDS)
_WORDS: Final = frozenset(NEGATIONS) | frozenset(word.replace("'", "") for word in CONTRACTED) | frozenset(CONTRACTED)


class Denial(Struct, frozen=True):
    """What was found. ``at`` is the token after the last negation; ``used`` are the tokens that deny."""

    is_negated: bool | None
    at: int
    used: frozenset[int]
    quotations: tuple[Quotation, ...]


def find_denial(words: Words, taken: Sequence[bool]) -> Denial:
    """Negations of a text whose ``taken`` tokens mean something else already (as in "no more than 4")."""
    tokens = words.tokens
    groups: list[tuple[int, int]] = []
    asked_at = next((at for at, token in enumerate(tokens) if token.text == "will"), -1)
    is_inner = False
    has_turned = False
    position = 0
    while position < len(tokens):
        length = 0 if taken[position] or tokens[position].is_quoted else _negation(tokens, position)
        if length:
            # "Conditional on X not happening, will ...": what comes before the question is denied, not the question.
            is_inner = is_inner or has_turned or position < asked_at
            if not (tokens[position].text == "nor" and groups):
                groups.append((position, position + length - 1))
            position += length
            continue
        has_turned = has_turned or (tokens[position].key in _TURNING_KEYS and not taken[position])
        position += 1
    used = frozenset(at for first, last in groups for at in range(first, last + 1))
    used |= frozenset(at for at, token in enumerate(tokens) if token.text == "nor" and groups)
    quotations = tuple(words.quote(first, last) for first, last in groups)
    if not groups:
        return Denial(is_negated=False, at=-1, used=used, quotations=())
    is_clear = len(groups) == 1 and not is_inner
    return Denial(is_negated=True if is_clear else None, at=groups[-1][1] + 1, used=used, quotations=quotations)


def _negation(tokens: Sequence[Token], position: int) -> int:
    """How many tokens at ``position`` deny; 0 when none does."""
    text = tokens[position].text
    if text in _PHRASE_STARTS:
        for phrase in _PHRASES:
            following = tokens[position : position + len(phrase)]
            if tuple(token.text for token in following) == phrase:
                return len(phrase)
    if text not in _WORDS:
        return 0
    if text == "no":
        return int(_denies_a_noun(tokens, position))
    return 1


def _denies_a_noun(tokens: Sequence[Token], position: int) -> bool:
    """Whether "no" stands before words of the sentence, and is not "(NO)" or "No. 1" or "Yes or No"."""
    following = tokens[position + 1] if position + 1 < len(tokens) else None
    if following is None or not following.text.isalpha():
        return False
    before = tokens[position - 1].text if position else ""
    return before not in {"(", '"', "or", "yes"} or following.text not in EMPTY_WORDS
