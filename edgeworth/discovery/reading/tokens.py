"""A text as a row of tokens, each with the place it came from. Linear in the length of the text.

A token is a run of letters, a number or one other character. What a token means is decided elsewhere; here it gets a
normal form (no case, no accents, word endings taken off) so that spellings of one word meet.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from edgeworth.discovery.reading.stems import stem
from edgeworth.markets.relation import Quotation, TextField

MAX_CHARACTERS = 20_000
"""A text is read up to here. Nothing that venues list comes near it."""

_LETTER = r"[^\W\d_]"
_TOKEN = re.compile(
    rf"(?P<dotted>(?:[A-Za-z]\.){{2,8}})"
    rf"|(?P<number>\d[\d,]*(?:\.\d+)?)"
    rf"|(?P<word>{_LETTER}[\u0300-\u036f]*(?:{_LETTER}|[\u0300-\u036f])*"
    rf"(?:['\u2019\u02bc](?:{_LETTER}|[\u0300-\u036f])+)*['\u2019]?)"
    r"|(?P<symbol>[^\s\w]|_)"
)
_SPELT = {"\u2019": "'", "\u02bc": "'", "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u201c": '"', "\u201d": '"'}


class TokenKind(StrEnum):
    WORD = "word"
    NUMBER = "number"
    SYMBOL = "symbol"


class Token(Struct, frozen=True, gc=False):
    """One token.

    Attributes:
        text: In lower case, without accents or the possessive ending. key: Its stem; the same as ``text`` for numbers.
        is_capital: Has a capital letter: a name, or the first word. is_upper: Has capitals only.
        is_glued: Nothing stands between it and the token before.
        is_quoted: Stands between quotation marks: a name or a saying, of which no single word means anything.
    """

    kind: TokenKind
    text: str
    key: str
    start: int
    end: int
    is_capital: bool = False
    is_upper: bool = False
    is_glued: bool = False
    is_quoted: bool = False


class Words(Struct, frozen=True):
    """A tokenised text that can quote itself."""

    field: TextField
    source: str
    tokens: tuple[Token, ...]

    def quote(self, first: int, last: int) -> Quotation:
        """The words from token ``first`` to token ``last``, both included."""
        start, end = self.tokens[first].start, self.tokens[last].end
        return Quotation(field=self.field, start=start, end=end, text=self.source[start:end])


def words_of(source: str, field: TextField, *, start: int = 0, end: int | None = None) -> Words:
    """Tokens of ``source[start:end]``; positions are those in ``source``."""
    stop = min(len(source) if end is None else end, start + MAX_CHARACTERS)
    tokens: list[Token] = []
    is_quoted = False
    previous_end = -1
    marks = sum(source.count(mark, start, stop) for mark in '"\u201c\u201d')
    for found in _TOKEN.finditer(source, start, stop):
        token = _token(found, is_glued=found.start() == previous_end, is_quoted=is_quoted and marks % 2 == 0)
        previous_end = found.end()
        if token.text == '"':
            is_quoted = not is_quoted
        tokens.append(token)
    return Words(field, source, tuple(tokens))


def _token(found: re.Match[str], *, is_glued: bool, is_quoted: bool) -> Token:
    raw = found[0]
    kind = _KINDS[found.lastgroup or "symbol"]
    if kind is TokenKind.NUMBER:
        text = key = _plain_number(raw)
    elif kind is TokenKind.SYMBOL:
        text = key = _SPELT.get(raw, raw)
    else:
        text = plain_word(raw)
        key = stem(text)
    return Token(kind, text, key, found.start(), found.end(), raw != raw.lower(), raw.isupper(), is_glued, is_quoted)


_KINDS = {
    "dotted": TokenKind.WORD,
    "word": TokenKind.WORD,
    "number": TokenKind.NUMBER,
    "symbol": TokenKind.SYMBOL,
}


def _plain_number(raw: str) -> str:
    digits = raw.replace(",", "")
    if not digits.isascii():
        digits = "".join(str(unicodedata.decimal(digit)) if digit != "." else "." for digit in digits)
    return digits


@lru_cache(maxsize=65_536)
def plain_word(raw: str) -> str:
    """``raw`` in lower case without accents, dots and the possessive ending: ``Iran's`` becomes ``iran``."""
    text = raw.replace("\u2019", "'").replace("\u02bc", "'").replace(".", "")
    if not text.isascii():
        text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    text = text.casefold()
    return text.removesuffix("'s").rstrip("'") or text
