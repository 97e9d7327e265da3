"""Reads from a question what the built-in models need: a level of a price, or that something happens by a date.

Patterns for the wordings the venues use again and again. What they do not fit is ``None``: a wrong level is worse than
none. Everything else a text says belongs to discovery or to a language model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from edgeworth.simulation.context import PriceClaim, Timing

_NUMBER: Final = r"\$?\s?(?P<number>\d[\d,]*(?:\.\d+)?)\s?(?P<factor>k|m|b|bn|t|thousand|million|billion|trillion)?\b"
_FACTORS: Final = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "t": 1e12,
    "trillion": 1e12,
}  # fmt: skip

_EVER_ABOVE: Final = r"(?:reach|hit|touch|rise to|climb to|surge to|break above|cross above|top)"
_EVER_BELOW: Final = r"(?:dip (?:to|below)|fall (?:to|below)|drop (?:to|below)|crash to|sink to|break below)"
_DENIED: Final = r"(?<!no )(?<!not )"
_IS_ABOVE: Final = rf"(?:above|over|{_DENIED}(?:higher|more|greater) than|exceed|no (?:lower|less|fewer) than|at least)"
_IS_BELOW: Final = rf"(?:below|under|{_DENIED}(?:lower|less|fewer) than|no (?:higher|more|greater) than|at most)"

_THEN_NUMBER: Final = rf"[^.?\d$]{{0,20}}{_NUMBER}"
_NUMBER_OR: Final = rf"(?<![\d$.,]){_NUMBER}(?:\s?\u00b0[fc])?(?: [a-z]+)? or"
"""``$95,000 or less``, ``40 seats or fewer``."""

_CLAIMS: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), is_above, timing)
    for pattern, is_above, timing in (
        (rf"\b{_EVER_ABOVE}\b{_THEN_NUMBER}", True, Timing.BY),
        (rf"\b{_EVER_BELOW}\b{_THEN_NUMBER}", False, Timing.BY),
        (rf"\b{_IS_ABOVE}\b{_THEN_NUMBER}", True, Timing.AT),
        (rf"\b{_IS_BELOW}\b{_THEN_NUMBER}", False, Timing.AT),
        (rf"{_NUMBER_OR} (?:more|higher|greater|above)\b", True, Timing.AT),
        (rf"{_NUMBER_OR} (?:less|lower|fewer|below)\b", False, Timing.AT),
    )
)
_NEGATION: Final = re.compile(r"\b(?:not|never|fails?|without|no longer)\b|n['\u2019]t\b", re.IGNORECASE)
"""Besides ``no higher than``, which is read; what else is denied is too easily read upside down."""
_RANGE: Final = re.compile(r"\bbetween\b.*\band\b|\d\s?(?:-|\u2013|to)\s?\$?\d", re.IGNORECASE)
_ANY_TIME: Final = re.compile(r"\bat any (?:time|point)\b|\bany (?:\w+ )?1[- ]?minute candle\b", re.IGNORECASE)
_BY_DATE: Final = re.compile(
    r"\b(?:by|before|through|until)\s+(?:the\s+end\s+of\s+|end\s+of\s+|or\s+on\s+)?"
    r"(?:(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*\b|20\d\d\b|q[1-4]\b|\d{1,2}(?:st|nd|rd|th)?\s+\w+"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|midnight|year[- ]end)"
    r"|\bon or before\b|\bin 20\d\d\?",
    re.IGNORECASE,
)
_YES: Final = {"yes", "over", "above", "up"}
_NO: Final = {"no", "under", "below", "down"}


def price_claim(question: str, rules: str, labels: Sequence[str]) -> PriceClaim | None:
    """What outcome 0 says of a level, when the question asks about exactly one.

    Args:
        question: As the venue writes it.
        rules: Only looked at for "at any time", which turns "above" into a level to be reached.
        labels: Of the outcomes, in the venue's order; when the first is a No the claim is the contrary.
    """
    polarity = affirms(labels)
    if polarity is None or _RANGE.search(question) or _NEGATION.search(question):
        return None
    for pattern, is_above, timing in _CLAIMS:
        matches = list(pattern.finditer(question))
        if not matches:
            continue
        if len(matches) > 1:
            return None
        threshold = _number(matches[0]["number"], matches[0]["factor"])
        if timing is Timing.AT and _ANY_TIME.search(rules):
            timing = Timing.BY  # noqa: PLW2901
        if not polarity and timing is Timing.BY:
            return None  # "never gets there" is not a level at the close; no model of ours says it
        return PriceClaim(threshold=threshold, is_above=is_above is polarity, timing=timing)
    return None


def is_by_date(question: str, labels: Sequence[str]) -> bool:
    """Whether outcome 0 says that something happens by a date, so that waiting without it makes it less likely."""
    return affirms(labels) is True and _BY_DATE.search(question) is not None and not _is_denied(question)


def _is_denied(question: str) -> bool:
    """Questions that ask whether something stays as it is grow likelier by waiting."""
    return re.search(r"\b(?:remain|stay|still|not|no|without|fail)\b", question, re.IGNORECASE) is not None


def affirms(labels: Sequence[str]) -> bool | None:
    """Whether outcome 0 affirms the question; ``None`` for labels such as two teams.

    Args:
        labels: Of the outcomes, in the venue's order.
    """
    first = labels[0].strip().lower() if labels else ""
    return True if first in _YES else False if first in _NO else None


def _number(digits: str, factor: str | None) -> float:
    return float(digits.replace(",", "")) * _FACTORS.get((factor or "").lower(), 1.0)
