"""What rules say: the sentence that defines Yes, and the clauses that decide odd cases.

Rules of two venues never share their prose, so they are not compared word by word. What is compared: the defining
sentence, as a proposition of its own, and a list of topics on which real settlements have turned.
"""

# ruff: noqa: E501 -- patterns, one a line

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from edgeworth.discovery.reading.slots import Settlement
from edgeworth.discovery.reading.tokens import MAX_CHARACTERS
from edgeworth.markets.relation import Quotation, TextField

_LABEL: Final = (
    r"[\"'*_\u201c\u201d\u2018\u2019]{0,4}(?P<label>[A-Za-z][\w .&-]{0,30}?)[\"'*_\u201c\u201d\u2018\u2019.,]{0,4}"
)
_RESOLVES_IF: Final = re.compile(
    rf"\b(?:resolves?|be resolved|settles?)[ \t]{{1,3}}(?:to|as|in favor of)?[ \t]{{0,3}}{_LABEL}[ \t]{{1,3}}(?:if|in case)[ \t,]{{1,3}}",
    re.IGNORECASE,
)
_IF_THEN: Final = re.compile(r"\bIf[ \t]", re.IGNORECASE)
_THEN: Final = re.compile(
    rf",?[ \t]{{1,3}}(?:then[ \t]{{1,3}})?(?:the|this)[ \t]market[ \t](?:will[ \t])?(?:resolves?|settles?)[ \t]to[ \t]{{1,3}}{_LABEL}(?=[ \t]*(?:[.\n]|$))",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(
    r"(?<![A-Z])(?<!\b(?:Jr|Sr|St|Mr|Ms|Dr|vs|No))(?<!\b(?:Mrs|Inc|Ltd|Gov|Sen|Rep))(?<!\bCorp)[.!?](?=\s|$|[\"'\u201d*])|\n"
)
_OTHER_WAY: Final = re.compile(
    r"[,;]?[ \t]{1,3}(?:(?:and|or|otherwise|else|but)[ \t,]{1,3}){1,2}(?:(?:it|this|the|market|question|will|resolves?|to|as)[ \t]{1,3}){0,6}[\"'*\u201c]{0,3}no\b",
    re.IGNORECASE,
)
"""Where a sentence goes on to say what makes it No."""
_LONGEST: Final = 600


class Definition(Struct, frozen=True):
    """The sentence ``rules[start:end]`` makes the market pay the outcome labelled ``label``."""

    start: int
    end: int
    label: str


def find_definition(rules: str) -> Definition | None:
    """The first sentence of the form "resolves to X if ..." or "If ..., then the market resolves to X"."""
    rules = rules[:MAX_CHARACTERS]
    direct = _RESOLVES_IF.search(rules)
    if direct is not None:
        begin = direct.end()
        ending = _SENTENCE_END.search(rules, begin, begin + _LONGEST)
        end = ending.start() if ending else min(len(rules), begin + _LONGEST)
        other = _OTHER_WAY.search(rules, begin, end)
        end = other.start() if other else end
        found = Definition(begin, end, direct["label"].strip())
    else:
        found = None
    opening = _IF_THEN.search(rules)
    if opening is not None and (direct is None or opening.start() < direct.start()):
        then = _THEN.search(rules, opening.end(), opening.end() + _LONGEST)
        if then is not None:
            return Definition(opening.end(), then.start(), then["label"].strip())
    return found


class _Topic(Struct, frozen=True):
    topic: str
    says: str
    pattern: re.Pattern[str]


def _topic(topic: str, says: str, pattern: str) -> _Topic:
    return _Topic(topic, says, re.compile(pattern, re.IGNORECASE))


_TOPICS: Final = (
    _topic("zone", "ET", r"\b(?:all times|deadline|times? (?:are|is|refer))\b[^.\n]{0,60}?(?<!not in )\b(?:eastern time|\(ET\)|\bET\b)"),
    _topic("zone", "PT", r"\b(?:all times|deadline|times? (?:are|is|refer))\b[^.\n]{0,60}?(?<!not in )\b(?:pacific time|\(PT\)|\bPT\b)"),
    _topic("zone", "UTC", r"\b(?:all times|deadline|times? (?:are|is|refer))\b[^.\n]{0,60}?(?<!not in )\b(?:UTC|GMT|coordinated universal time)"),
    _topic("zone", "local", r"\b(?:all times|deadline|times? (?:are|is|refer))\b[^.\n]{0,60}?\blocal time"),
    _topic("tie", "No", r"\b(?:a tie|tied?|dead heat|shared result)\b[^.\n]{0,60}?\bresolves? (?:to|as) [\"\u201c]?no\b"),
    _topic("tie", "Yes", r"\b(?:a tie|tied?|dead heat|shared result)\b[^.\n]{0,60}?\bresolves? (?:to|as) [\"\u201c]?yes\b"),
    _topic("tie", "split", r"\b(?:a tie|tied?|dead heat|shared result)\b[^.\n]{0,90}?\bresolves? (?:to )?(?:50|evenly|half)"),
    _topic("interim", "counts", r"\b(?:interim|acting|provisional)\b[^.\n]{0,80}?(?:\balso counts?\b|(?<!not )\bqualif(?:y|ies)\b|\bwill count\b)(?![^.\n]{0,20}\bnot\b)"),
    _topic("interim", "does not count", r"\b(?:interim|acting|provisional)\b[^.\n]{0,60}?\b(?:(?:do|does|will) not (?:count|qualify)|not be considered)"),
    _topic("announcement", "is enough", r"\b(?:an|any|such an)(?: official| public)? announcement\b[^.\n]{0,60}?(?:\bqualifies\b|\bis sufficient\b|\bsuffices\b|\bis enough\b|\bcounts\b)"),
    _topic("announcement", "is not enough", r"\bannouncement\b[^.\n]{0,40}?(?:\bis not (?:enough|sufficient)|\b(?:do|does|will) not (?:qualify|count|suffice))"),
    _topic("revision", "first stands", r"\bonly the first\b[^.\n]{0,60}?\bcounts?\b|\buncorrected figure\b"),
    _topic("revision", "last stands", r"\b(?:later|subsequent) revisions? (?:will|do|does) (?:be considered|count)\b"),
    _topic("overtime", "counts", r"\b(?:overtime|extra time)\b[^.\n]{0,40}?\b(?:included|count(?:s|ed)?|considered)\b(?<!not )"),
    _topic("overtime", "does not count", r"\b(?:regulation|regular time|90 minutes)\b[^.\n]{0,30}?\bonly\b|\b(?:excluding|not including|not include) (?:overtime|extra time)|\b(?:overtime|extra time)\b[^.\n]{0,30}?\b(?:not (?:be )?(?:included|counted|count|considered)|excluded)"),
    _topic("void", "split", r"\bcancel(?:l?ed|lation)\b[^.\n]{0,120}?\bresolves? (?:to )?50"),
    _topic("void", "No", r"\bcancel(?:l?ed|lation)\b[^.\n]{0,120}?\bresolves? (?:to|as) [\"\u201c]?no\b"),
)  # fmt: skip
_ONE_ONLY: Final = re.compile(
    r"\bonly (?P<name>[A-Z][\w&.,' -]{2,60}?) counts?\b|\b(?:sole|only) (?:resolution )?source (?:is|will be) (?P<other>[A-Z][\w&.,' -]{2,60}?)(?=[.;,\n]|$)"
)
_SOURCE: Final = re.compile(
    r"\bsource(?: for this (?:market|question))?(?: of (?:data|resolution))? (?:is|will be|shall be|:) (?:the |official |information from |data from |as reported by )*(?P<name>[\w&.,' -]{2,60}?)(?= as first|[;.(\n]|, however|, a consensus|$)",
    re.IGNORECASE,
)
_STATION: Final = re.compile(
    r"\b(?P<name>(?:[A-Z][\w.'-]{1,20} ){1,4}(?:Airport|Intl Airport|International Airport|Station|Field|Observatory)|Central Park|K[A-Z]{3}\b|[A-Z][\w-]{2,20} station\b)"
)


def find_settlement(rules: str) -> tuple[Settlement, ...]:
    """Clauses on the topics that settlements turn on, sources and stations."""
    rules = rules[:MAX_CHARACTERS]
    found = [
        Settlement(topic=one.topic, says=one.says, quotation=_quote(rules, match.start(), match.end()))
        for one in _TOPICS
        for match in [one.pattern.search(rules)]
        if match is not None
    ]
    return tuple(_without_contradictions(found)) + tuple(_named(rules))


def _without_contradictions(found: Sequence[Settlement]) -> Iterator[Settlement]:
    """``does not count`` beats ``counts`` read out of the same words."""
    for clause in found:
        inside = any(
            other is not clause
            and other.topic == clause.topic
            and other.says.startswith(("does not", "is not"))
            and other.quotation.start < clause.quotation.end
            and clause.quotation.start < other.quotation.end
            for other in found
        )
        if not inside:
            yield clause


def _named(rules: str) -> Iterator[Settlement]:
    only = _ONE_ONLY.search(rules)
    if only is not None:
        name = only["name"] or only["other"]
        yield Settlement(topic="only source", says=_canonical(name), quotation=_quote(rules, *only.span()))
    source = _SOURCE.search(rules)
    if source is not None:
        yield Settlement(topic="source", says=_canonical(source["name"]), quotation=_quote(rules, *source.span("name")))
    for station in list(_STATION.finditer(rules))[:4]:
        yield Settlement(
            topic="station", says=_canonical(station["name"]), quotation=_quote(rules, *station.span("name"))
        )


def _canonical(name: str) -> str:
    return " ".join(re.findall(r"\w+", name.casefold()))


def _quote(rules: str, start: int, end: int) -> Quotation:
    return Quotation(field=TextField.RULES, start=start, end=end, text=rules[start:end])
