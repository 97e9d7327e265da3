"""Comparing how much: the ranges of two propositions."""

# ruff: noqa: FBT001, PLR0911 -- whether ends agree; a comparison is a list of cases

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations
from typing import Final

from msgspec.structs import replace

from edgeworth.discovery.comparison import Comparison, Quotes, compared
from edgeworth.discovery.reading.slots import Bound
from edgeworth.markets.relation import Finding

_INFINITY: Final = Decimal("Infinity")
_PERMUTED: Final = 3
_End = tuple[Decimal, int]
"""A place on the line: a value, and -1, 0 or 1 for just below it, at it, just above it."""


def compare_bounds(a: Sequence[Bound], b: Sequence[Bound]) -> Comparison:
    """What the ranges of two statements say about each other."""
    quotes: Quotes = {"a": tuple(one.quotation for one in a), "b": tuple(one.quotation for one in b)}
    if not a and not b:
        return compared("threshold", Finding.SAME, "No threshold in either.")
    if len(a) != len(b):
        if not a or not b:
            return compared("threshold", Finding.UNKNOWN, "Only one text gives a threshold.", **quotes)
        return compared("threshold", Finding.UNKNOWN, "One text gives more thresholds than the other.", **quotes)
    if len(a) == 1:
        return _compare_two(a[0], b[0])
    if len(a) <= _PERMUTED:
        for ordered in permutations(b):
            parts = [_compare_two(one, other) for one, other in zip(a, ordered, strict=True)]
            if all(part.finding is Finding.SAME for part in parts):
                return compared("threshold", Finding.SAME, "The same thresholds.", **quotes)
    parts = [_compare_two(one, other) for one, other in zip(a, b, strict=True)]
    changed = [part for part in parts if part.finding is not Finding.SAME]
    if not changed:
        return compared("threshold", Finding.SAME, "The same thresholds.", **quotes)
    if len(changed) == 1 and changed[0].finding is not Finding.OPPOSITE:
        return changed[0]
    return compared("threshold", Finding.DIFFERENT, "Different thresholds.", **quotes)


def _compare_two(a: Bound, b: Bound) -> Comparison:
    quotes: Quotes = {"a": (a.quotation,), "b": (b.quotation,)}
    certainty = 1.0
    if a.unit != b.unit:
        a, b = _converted(a), _converted(b)
    if a.unit != b.unit:
        if a.unit and b.unit and {a.unit, b.unit} not in ({"deg", "degF"}, {"deg", "degC"}):
            return compared("threshold", Finding.DIFFERENT, "Different units.", **quotes)
        if "deg" in a.unit or "deg" in b.unit:
            finding = Finding.UNKNOWN if _ends(a) == _ends(b) else Finding.DIFFERENT
            return compared("threshold", finding, "Only one text says Fahrenheit or Celsius.", **quotes)
        certainty = 0.9
    finding, note = _compare_ranges(a, b)
    return compared("threshold", finding, note, certainty, **quotes)


def _converted(bound: Bound) -> Bound:
    """Basis points as percent."""
    if bound.unit != "bps":
        return bound
    return replace(
        bound,
        unit="%",
        lower=None if bound.lower is None else bound.lower / 100,
        upper=None if bound.upper is None else bound.upper / 100,
    )


def _ends(bound: Bound) -> tuple[Decimal | None, Decimal | None]:
    return bound.lower, bound.upper


def _compare_ranges(a: Bound, b: Bound) -> tuple[Finding, str]:
    if a.is_outside != b.is_outside:
        inside, outside = (b, a) if a.is_outside else (a, b)
        if (
            _ends(inside) == _ends(outside)
            and _agree(inside.has_lower, outside.has_lower)
            and _agree(inside.has_upper, outside.has_upper)
        ):
            return Finding.OPPOSITE, "One range is what the other leaves out."
        return Finding.DIFFERENT, "Different ranges."
    if _same(a, b):
        return Finding.SAME, "The same threshold."
    if a.is_outside:
        return Finding.DIFFERENT, "Different ranges."
    if (_is_touch(a) or _is_touch(b)) and (a.lower is None) != (b.lower is None):
        # A price can rise to one level and fall to another within the same time: neither opposite nor exclusive.
        return Finding.DIFFERENT, "One is reached from below, the other is on the other side."
    if _complementary(a, b) or _complementary(b, a):
        return Finding.OPPOSITE, "One range is what the other leaves out."
    return _compare_places(a, b)


def _compare_places(a: Bound, b: Bound) -> tuple[Finding, str]:
    """How two ranges lie on the line."""
    (a_low, a_high), (b_low, b_high) = _places(a), _places(b)
    if a_high < b_low or b_high < a_low:
        if _is_touch(a) or _is_touch(b):
            return Finding.DIFFERENT, "Different ranges, of which one is only touched."
        return Finding.DISJOINT, "Ranges that do not overlap."
    if b_low <= a_low and a_high <= b_high:
        return Finding.A_NARROWER, "The first range lies within the second."
    if a_low <= b_low and b_high <= a_high:
        return Finding.B_NARROWER, "The second range lies within the first."
    return Finding.DIFFERENT, "Ranges that overlap in part."


def _agree(a: bool | None, b: bool | None, /) -> bool:
    return a is None or b is None or a == b


def _same(a: Bound, b: Bound) -> bool:
    return _ends(a) == _ends(b) and _agree(a.has_lower, b.has_lower) and _agree(a.has_upper, b.has_upper)


def _complementary(low: Bound, high: Bound) -> bool:
    """Whether ``low`` goes up to where ``high`` begins and exactly one of them has the end itself."""
    if low.lower is not None or high.upper is not None or low.upper is None or low.upper != high.lower:
        return False
    return low.has_upper != high.has_lower


def _is_touch(bound: Bound) -> bool:
    """Whether it is enough to get there once ("hit", "dip to")."""
    end = bound.has_lower if bound.lower is not None else bound.has_upper
    return not bound.is_outside and end is None


def _places(bound: Bound) -> tuple[_End, _End]:
    low = (-_INFINITY, 0) if bound.lower is None else (bound.lower, 0 if bound.has_lower is not False else 1)
    high = (_INFINITY, 0) if bound.upper is None else (bound.upper, 0 if bound.has_upper is not False else -1)
    return low, high
