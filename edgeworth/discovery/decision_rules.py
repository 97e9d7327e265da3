"""Comparing the small print: clauses on which two markets with the same title can still resolve differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from edgeworth.discovery.comparison import Comparison, Quotes, compared
from edgeworth.discovery.reading.slots import Settlement
from edgeworth.markets.relation import Finding

_TELLING_ALONE: Final = frozenset({("revision", "first stands"), ("interim", "counts"), ("tie", "No"), ("tie", "Yes")})
"""Said by one text only, these still let the two resolve differently: they make an exception to what is usual."""
_NAMES: Final = {
    "zone": "the time zone of the deadline",
    "tie": "a tie",
    "interim": "interim or provisional events",
    "announcement": "an announcement alone",
    "revision": "later corrections",
    "overtime": "overtime",
    "void": "a cancelled event",
    "only source": "the only source",
    "station": "the station that measures",
}


def compare_settlement(a: Sequence[Settlement], b: Sequence[Settlement]) -> tuple[Comparison, ...]:
    """One comparison a topic that both rules speak of, or that one of them makes an exception on.

    Meant for markets that both have rules: where one has none, nothing follows from its silence.
    """
    ours, theirs = _by_topic(a), _by_topic(b)
    found = []
    for topic in _NAMES:
        mine, other = ours[topic], theirs[topic]
        if not mine and not other:
            continue
        quotes: Quotes = {"a": tuple(one.quotation for one in mine), "b": tuple(one.quotation for one in other)}
        says, says_other = {one.says for one in mine}, {one.says for one in other}
        if not mine or not other:
            if _TELLING_ALONE & {(topic, one) for one in says | says_other}:
                found.append(compared(topic, Finding.UNKNOWN, f"Only one text speaks of {_NAMES[topic]}.", **quotes))
            continue
        is_same = says == says_other or (topic == "station" and bool(says & says_other))
        finding = Finding.SAME if is_same else Finding.DIFFERENT
        note = f"Both say the same about {_NAMES[topic]}." if is_same else f"They differ on {_NAMES[topic]}."
        found.append(compared(topic, finding, note, **quotes))
    return tuple(found)


def _by_topic(clauses: Sequence[Settlement]) -> defaultdict[str, list[Settlement]]:
    by_topic: defaultdict[str, list[Settlement]] = defaultdict(list)
    for clause in clauses:
        by_topic[clause.topic].append(clause)
    return by_topic
