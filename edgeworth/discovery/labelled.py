"""Labelled pairs, and questions on their own: what a decoded row says, in every vocabulary that such sets use. Pure.

A row of pairs has two texts and a label. The texts stand under ``a`` and ``b``, or ``P`` and ``para_P`` or ``not_P``,
or ``polymarket`` and ``kalshi``; each is a string or an object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from edgeworth.discovery.texts import QuestionText
from edgeworth.errors import DataError
from edgeworth.markets.relation import Relation

NEAR: Final = "near"
"""The same wording or nearly, and rules by which the two can resolve differently. Scored apart."""
SAME: Final = "same"
"""Equivalent or inverse; the label does not say which."""
DIFFERENT: Final = "different"
"""Neither equivalent nor inverse."""
LABELS: Final = (*(relation.value for relation in Relation), NEAR, SAME, DIFFERENT)
"""Labels after reading; booleans mean ``same`` and ``different``."""
_SPELLINGS: Final = {
    **{label: label for label in LABELS},
    "match": SAME, "true": SAME, "yes": SAME, "1": SAME, "no match": DIFFERENT, "false": DIFFERENT, "no": DIFFERENT,
    "0": DIFFERENT, "opposite": "inverse", "negation": "inverse", "paraphrase": "equivalent", "equal": "equivalent",
    "not same": DIFFERENT, "hard_negative": DIFFERENT,
}  # fmt: skip
_SIDES: Final = (
    ("a", "b", None),
    ("P", "para_P", "equivalent"),
    ("P", "not_P", "inverse"),
    ("polymarket", "kalshi", None),
    ("question_a", "question_b", None),
    ("question1", "question2", None),
)
_QUESTION_KEYS: Final = ("question", "title", "text")
_RULES_KEYS: Final = ("rules", "description", "body", "rules_primary", "resolution_criteria")
_CLOSE_KEYS: Final = ("close", "close_time", "closes_at", "end", "end_date", "endDate", "resolution_date",
               "market_info_close_datetime")  # fmt: skip
_VENUE_KEYS: Final = ("venue", "source", "data_source")
_LABEL_KEYS: Final = ("label", "relation", "match")


class PairError(DataError):
    """A row that is no labelled pair; the message says what was expected and what was found."""


class NamedQuestion(Struct, frozen=True, kw_only=True):
    """The words of one market and what it goes by.

    Attributes:
        key: What tells one question from another: its id, or its words where it has none.
        venue: Where it is listed; the name of its side where a row does not say.
    """

    text: QuestionText
    key: str
    venue: str


class LabelledPair(Struct, frozen=True, kw_only=True):
    """Two texts and what is known of them.

    Attributes:
        label: One of ``LABELS``.
    """

    first: NamedQuestion
    second: NamedQuestion
    label: str

    @property
    def a(self) -> QuestionText:
        return self.first.text

    @property
    def b(self) -> QuestionText:
        return self.second.text

    @property
    def key_a(self) -> str:
        return self.first.key

    @property
    def key_b(self) -> str:
        return self.second.key


def read_pair(row: object) -> LabelledPair:
    """The labelled pair that a decoded row is.

    Raises:
        PairError: It is none; the message says what was expected.
    """
    if not isinstance(row, Mapping):
        raise PairError(f"expected an object with a, b and a label, found {type(row).__name__}")
    if "poly_title" in row and "description" in row:
        return _listed_game(row)
    for first, second, implied in _SIDES:
        if first in row and second in row:
            label = _label(row, implied)
            return LabelledPair(
                first=read_named(row[first], first), second=read_named(row[second], second), label=label
            )
    raise PairError(f"expected the texts as a and b (or P and para_P, polymarket and kalshi), found {_keys(row)}")


def _label(row: Mapping[str, Any], implied: str | None) -> str:
    for key in _LABEL_KEYS:
        if key in row:
            stated = row[key]
            spelt = str(stated).strip().casefold() if isinstance(stated, (str, bool, int)) else ""
            if spelt in _SPELLINGS:
                return _SPELLINGS[spelt]
            raise PairError(f"expected a label out of {', '.join(LABELS)}, true, false; found {str(stated)[:60]!r}")
    if implied is not None:
        return implied
    raise PairError(f"expected a label under label, relation or match, found {_keys(row)}")


def read_named(value: object, name: str) -> NamedQuestion:
    """The question that ``value`` is: a text, or an object with a question, and rules, outcomes, close time if known.

    Args:
        value: A decoded row, or one side of it.
        name: What to call it in a message, and its venue where it does not say.

    Raises:
        PairError: It is none; the message says what was expected.
    """
    if isinstance(value, str):
        return NamedQuestion(text=QuestionText(question=value), key=value.strip(), venue=name)
    if not isinstance(value, Mapping):
        raise PairError(f"expected {name} to be a text or an object, found {type(value).__name__}")
    question = _first(value, _QUESTION_KEYS)
    if not isinstance(question, str):
        raise PairError(f"expected {name} to have a question or title, found {_keys(value)}")
    text = QuestionText(
        question=question,
        rules=str(_first(value, _RULES_KEYS) or ""),
        outcomes=_outcomes(value.get("outcomes"), name),
        event=str(_first(value, ("event", "event_title")) or ""),
        closes_at=_instant(_first(value, _CLOSE_KEYS), name),
    )
    key = str(value.get("id") or question).strip()
    return NamedQuestion(text=text, key=key, venue=str(_first(value, _VENUE_KEYS) or name))


def _first(value: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((value[key] for key in keys if value.get(key) is not None), None)


def _outcomes(value: object, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, (list, tuple)) and all(isinstance(label, str) for label in value):
        return tuple(value)
    raise PairError(f"expected the outcomes of {name} as a list of texts, found {str(value)[:60]!r}")


def _instant(value: object, name: str) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        raise PairError(f"expected the close time of {name} in ISO format, found {str(value)[:60]!r}") from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _listed_game(row: Mapping[str, Any]) -> LabelledPair:
    """A game listed by its ids on both venues; the day stands in the slug. Which side comes first is not told."""
    title, description = str(row["poly_title"]), str(row["description"]).rpartition(": ")[2]
    slug = str(row.get("polymarket", {}).get("markets", {}).get("slug", ""))
    day = slug[-10:]
    teams = row.get("teams", {})
    a = QuestionText(question=title, outcomes=tuple(title.split(" vs. ")), event=f"{title}, {day}")
    b = QuestionText(
        question=description,
        outcomes=tuple(str(teams[side]) for side in ("team_a", "team_b") if side in teams),
        event=f"{description}, {day}",
    )
    return LabelledPair(
        first=NamedQuestion(text=a, key=slug, venue="polymarket"),
        second=NamedQuestion(text=b, key=str(row.get("event_id", description)), venue="kalshi"),
        label=SAME,
    )


def _keys(row: Mapping[str, Any]) -> str:
    return ", ".join(str(key)[:30] for key in list(row)[:8]) or "nothing"
