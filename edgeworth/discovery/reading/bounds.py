"""How much: quantities with their units, comparators, and the ranges they make together."""

# ruff: noqa: E501, FBT001, PLR0911 -- tables of wordings; a list of cases

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from edgeworth.discovery.reading.entities import answer_at
from edgeworth.discovery.reading.slots import Bound
from edgeworth.discovery.reading.tokens import TokenKind, Words
from edgeworth.markets.relation import Quotation

_CURRENCIES: Final = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy"}
_CURRENCY_WORDS: Final = {"usd": "usd", "dollars": "usd", "dollar": "usd", "euros": "eur", "euro": "eur", "eur": "eur"}
_MULTIPLIERS: Final = {
    "k": 3, "thousand": 3, "m": 6, "mn": 6, "mm": 6, "million": 6, "mil": 6, "b": 9, "bn": 9, "billion": 9,
    "t": 12, "tn": 12, "trillion": 12,
}  # fmt: skip
_UNITS: Final = {"%": "%", "percent": "%", "pct": "%", "bps": "bps", "bp": "bps", "f": "degF", "c": "degC"}
_MORE: Final = "above|over|more than|greater than|higher than|larger than|bigger than|exceed|exceeds|exceeding|exceeded|in excess of|north of|surpass|surpasses|>|beyond"
_AT_LEAST: Final = (
    "at least|no less than|no fewer than|not less than|not fewer than|minimum of|a minimum of|at or above|> =|≥|greater than or equal to"
    "|equal to or greater than|more than or equal to|not below|no lower than|not lower than|at minimum|not under"
)
_LESS: Final = "below|under|less than|fewer than|lower than|smaller than|<|sub|short of|south of"
_AT_MOST: Final = (
    "at most|no more than|not more than|no greater than|not greater than|at or below|< =|≤|less than or equal to|equal to or less than"
    "|not above|no higher than|not higher than|not exceed|not exceeding|maximum of|a maximum of|not over|not surpass|not surpassing|fewer than or equal to"
)
_TOUCH: Final = "hit|hits|reach|reaches|touch|touches|reached|cross|crosses|break|breaks|top|tops|pass"
_FALL: Final = (
    "fall to|falls to|dip to|dips to|drop to|drops to|dip below|fall below|drop below|falls below|drops below"
)
_EXACT: Final = "exactly|equal to|equals|="
_OR_MORE: Final = "or more|or higher|or above|or greater|or over|+|or better|and above|or at least|and up|and over"
_OR_LESS: Final = "or less|or fewer|or lower|or below|or under|and below|and under"


class BoundsFound(Struct, frozen=True):
    bounds: tuple[Bound, ...]
    used: frozenset[int]


class _Quantity(Struct, frozen=True, gc=False):
    value: Decimal
    unit: str
    first: int
    last: int
    is_scaled: bool


def _phrases(table: str) -> list[tuple[str, ...]]:
    return sorted((tuple(one.split()) for one in table.split("|")), key=len, reverse=True)


_PREFIXES: Final = [
    (phrase, name)
    for name, table in (
        ("at least", _AT_LEAST), ("at most", _AT_MOST), ("more", _MORE), ("less", _LESS), ("touch", _TOUCH),
        ("fall", _FALL), ("exact", _EXACT),
    )
    for phrase in _phrases(table)
]  # fmt: skip
_PREFIXES.sort(key=lambda one: len(one[0]), reverse=True)
_FIRST_WORDS: Final = frozenset(phrase[0] for phrase, _ in _PREFIXES)
_SUFFIXES: Final = [
    (phrase, name) for name, table in (("at least", _OR_MORE), ("at most", _OR_LESS)) for phrase in _phrases(table)
]


class _Reader:
    def __init__(self, words: Words, taken: Sequence[bool]) -> None:
        self.tokens = words.tokens
        self.taken = taken
        self.words = words
        self.answer = answer_at(words)
        """What follows it answers a question: "How many? - 5 to 9" is a range and no rank."""

    def text(self, position: int) -> str:
        if 0 <= position < len(self.tokens) and not self.taken[position]:
            return self.tokens[position].text
        return ""

    def spells(self, position: int, phrase: tuple[str, ...]) -> bool:
        return all(self.text(position + step) == word for step, word in enumerate(phrase))

    def quantity(self, position: int) -> _Quantity | None:
        """The quantity that begins at ``position``, its sign and currency included."""
        first, unit, sign = position, "", 1
        if self.text(position) in {"-", "\u2212"} and self.text(position + 1) and self.tokens[position + 1].is_glued:
            sign, position = -1, position + 1
        elif self.text(position) == "+":
            position += 1
        if self.text(position) in _CURRENCIES:
            unit, position = _CURRENCIES[self.text(position)], position + 1
        token = self.tokens[position] if self.text(position) else None
        if token is None or token.kind is not TokenKind.NUMBER:
            return None
        try:
            value = Decimal(token.text) * sign
        except InvalidOperation:
            return None
        value, position, is_scaled = self._scaled(value, position)
        unit, position = self._unit(unit, position)
        if self._is_ordinal(position):
            return None
        return _Quantity(value, unit, first, position, is_scaled)

    def _is_ordinal(self, position: int) -> bool:
        following = position + 1
        return self.text(following) in {"st", "nd", "rd", "th"} and self.tokens[following].is_glued

    def _scaled(self, value: Decimal, position: int) -> tuple[Decimal, int, bool]:
        word = self.text(position + 1)
        power = _MULTIPLIERS.get(word)
        if power is None or (len(word) <= 2 and not self.tokens[position + 1].is_glued):
            return value, position, False
        return value.scaleb(power), position + 1, True

    def _unit(self, unit: str, position: int) -> tuple[str, int]:
        word = self.text(position + 1)
        if word in {"°", "º", "˚"} or word in {"degrees", "degree"}:
            letter = self.text(position + 2)
            if letter in {"f", "c", "fahrenheit", "celsius"}:
                return f"deg{letter[0].upper()}", position + 2
            return "deg", position + 1
        if word in {"℉", "℃"}:
            return ("degF" if word == "℉" else "degC"), position + 1
        if word in _CURRENCY_WORDS:
            return _CURRENCY_WORDS[word], position + 1
        if word == "percentage" and self.text(position + 2) in {"points", "point"}:
            return "%", position + 2
        if word in {"f", "c"} and not self.tokens[position + 1].is_glued:
            return unit, position
        return (_UNITS[word], position + 1) if word in _UNITS else (unit, position)


def find_bounds(words: Words, taken: Sequence[bool]) -> BoundsFound:
    """All ranges of a text, and the tokens that say them; numbers that measure nothing are left."""
    reader = _Reader(words, taken)
    bounds: list[Bound] = []
    used: set[int] = set()
    position = 0
    while position < len(words.tokens):
        found = _bound(reader, position)
        if found is None:
            position += 1
            continue
        bound, first, last = found
        bounds.append(bound)
        used.update(range(first, last + 1))
        position = last + 1
    return BoundsFound(tuple(bounds), frozenset(used))


def _bound(reader: _Reader, position: int) -> tuple[Bound, int, int] | None:
    compared = _compared(reader, position)
    if compared is not None:
        return _joined(reader, *compared)
    return _range(reader, position) or _with_suffix(reader, position) or _measured(reader, position)


def _compared(reader: _Reader, position: int) -> tuple[Bound, int, int] | None:
    """A comparator and its quantity."""
    if reader.text(position) not in _FIRST_WORDS:
        return None
    for phrase, name in _PREFIXES:
        if reader.spells(position, phrase):
            after = position + len(phrase)
            for _ in range(2):
                after += reader.text(after) in {"the", "a", "an", "or", "equal", "level", "of", "by", "about"}
            quantity = reader.quantity(after)
            if quantity is None or (name == "touch" and not _measures(quantity)):
                continue
            bound = _of(name, quantity, reader.words.quote(position, quantity.last))
            return bound, position, quantity.last
    return None


def _measures(quantity: _Quantity) -> bool:
    """Whether a bare number is surely an amount and no rank or version."""
    return bool(quantity.unit) or quantity.is_scaled or abs(quantity.value) >= 100 or quantity.value % 1 != 0


def _of(name: str, quantity: _Quantity, quotation: Quotation) -> Bound:
    value, unit = quantity.value, quantity.unit
    if name in {"more", "at least", "touch"}:
        has = None if name == "touch" else name == "at least"
        return Bound(lower=value, upper=None, has_lower=has, unit=unit, quotation=quotation)
    if name in {"less", "at most", "fall"}:
        has = None if name == "fall" else name == "at most"
        return Bound(lower=None, upper=value, has_upper=has, unit=unit, quotation=quotation)
    return Bound(lower=value, upper=value, has_lower=True, has_upper=True, unit=unit, quotation=quotation)


def _joined(reader: _Reader, bound: Bound, first: int, last: int) -> tuple[Bound, int, int]:
    """``greater than 2 and at most 4``, ``at most 2 or greater than 4``; also ``above 4 but below 5``."""
    link = reader.text(last + 1)
    if link in {"and", "or", "but"}:
        second = _compared(reader, last + 2)
        if second is None:
            return bound, first, last
        other, _, end = second
        unit = bound.unit or other.unit
        quotation = reader.words.quote(first, end)
        low, high = (bound, other) if bound.lower is not None else (other, bound)
        if low.lower is None or high.upper is None or (low.unit and high.unit and low.unit != high.unit):
            return bound, first, last
        if link != "or" and low.lower <= high.upper:
            inside = replace(low, upper=high.upper, has_upper=high.has_upper, unit=unit, quotation=quotation)
            return inside, first, end
        if link == "or" and high.upper <= low.lower:
            left = Bound(
                lower=high.upper, upper=low.lower, unit=unit, quotation=quotation, is_outside=True,
                has_lower=_denied(high.has_upper), has_upper=_denied(low.has_lower),
            )  # fmt: skip
            return left, first, end
    return bound, first, last


def _denied(has: bool | None) -> bool | None:
    return None if has is None else not has


def _range(reader: _Reader, position: int) -> tuple[Bound, int, int] | None:
    """``between 2 and 4``, ``from 2 to 4``, ``84-85°F``, ``$300-325``."""
    opening = reader.text(position) in {"between", "from"}
    low = reader.quantity(position + 1 if opening else position)
    if low is None or low.value < 0:
        return None
    link = reader.text(low.last + 1)
    if not (
        link in {"-", "\u2013"}
        or (link in {"to", "and"} and opening)
        or (link == "to" and (_measures(low) or position > reader.answer))
    ):
        return None
    high = reader.quantity(low.last + 2)
    if high is None or high.value < low.value or (low.unit and high.unit and low.unit != high.unit):
        return None
    if not opening and not (_measures(high) or _measures(low) or position > reader.answer):
        return None
    value = low.value
    if high.is_scaled and not low.is_scaled and value < 1000:
        # "2-4 million" counts both in millions.
        value *= high.value / _unscaled(reader, high)
    quotation = reader.words.quote(position, high.last)
    bound = Bound(
        lower=value, upper=high.value, has_lower=True, has_upper=True, unit=high.unit or low.unit, quotation=quotation
    )
    return bound, position, high.last


def _unscaled(reader: _Reader, quantity: _Quantity) -> Decimal:
    numbers = [reader.tokens[at].text for at in range(quantity.first, quantity.last + 1)]
    return next(Decimal(one) for one in numbers if one[:1].isdecimal())


def _with_suffix(reader: _Reader, position: int) -> tuple[Bound, int, int] | None:
    """``5 or more``, ``90°F or higher``, ``$5k+``."""
    quantity = reader.quantity(position)
    if quantity is None:
        return None
    for phrase, name in _SUFFIXES:
        after = quantity.last + 1
        for skipped in (0, 1):
            # "4 seats or fewer": one noun may stand between.
            if reader.spells(after + skipped, phrase) and (skipped == 0 or reader.text(after).isalpha()):
                if phrase == ("+",) and not reader.tokens[after + skipped].is_glued:
                    continue
                last = after + skipped + len(phrase) - 1
                quotation = reader.words.quote(position, last)
                bound = _of(name, quantity, quotation)
                return bound, position, last
    return None


def _is_length(reader: _Reader, quantity: _Quantity) -> bool:
    """``100m`` without a currency or a comparator is a distance, not a hundred million."""
    return not quantity.unit and reader.text(quantity.last) in {"m", "b", "t"}


def _measured(reader: _Reader, position: int) -> tuple[Bound, int, int] | None:
    """An amount with a unit and no comparator: exactly that ("a 25 bps cut", "be 28°C")."""
    quantity = reader.quantity(position)
    if quantity is None or not (quantity.unit or quantity.is_scaled) or _is_length(reader, quantity):
        return None
    bound = _of("exact", quantity, reader.words.quote(position, quantity.last))
    return bound, position, quantity.last
