"""A second reading of a pair by a language model: the question, and what of the answer can be believed.

One pair a call, so that the text of one market cannot touch the verdict on others. Nothing that the model says is taken
at its word: its quotations are looked for in the two texts by code, and those that do not occur are thrown away with
the points they carry. What a reading may change in a verdict is decided elsewhere; no free text of the model leaves
this module, only names that we declared and words that the venues wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from edgeworth.discovery.texts import OUTCOME_SEPARATOR, QuestionText
from edgeworth.markets.relation import Clause, Finding, Quotation, Relation, TextField
from edgeworth.ports import Finish, LanguageModel, Prompt, Reply
from edgeworth.prompting import render_prompt
from edgeworth.units import UsdMicros

TEMPLATE: Final = Path(__file__).with_name("prompts") / "second_reader_v1.md.j2"
MAX_TOKENS: Final = 8_000
"""Thinking counts too; the answer itself takes a few hundred."""
MAX_POINTS: Final = 20
LONGEST_QUOTATION: Final = 500
SHORTEST_QUOTATION: Final = 2
"""A single character occurs in every text and proves nothing."""

POINTS: Final = ("subject", "event", "threshold", "window", "place", "scope", "source", "polarity", "other")

SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "points": {
            "type": "array",
            "maxItems": MAX_POINTS,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "enum": list(POINTS)},
                    "from_a": {"type": "string", "description": "Words of A, copied letter for letter, or empty."},
                    "from_b": {"type": "string", "description": "Words of B, copied letter for letter, or empty."},
                    "finding": {"type": "string", "enum": [finding.value for finding in Finding]},
                },
                "required": ["name", "from_a", "from_b", "finding"],
                "additionalProperties": False,
            },
        },
        "relation": {"type": "string", "enum": [relation.value for relation in Relation]},
    },
    "required": ["points", "relation"],
    "additionalProperties": False,
}


class SecondReading(Struct, frozen=True, kw_only=True):
    """What a language model made of a pair, as far as the texts bear it out.

    Attributes:
        relation: What it chose; ``UNDETERMINED`` also when it gave no usable answer, or no point in which words of
            both texts are quoted.
        clauses: Its points, each with quotations that occur.
        unfound: Quotations that do not occur; their points are left out.
        reader: Service and model. prompt_id: Template and version.
        problem: Why there is no answer, in our words; ``None`` when there is one.
        input_tokens, output_tokens, cost: Of the call, also when it gave no answer.
    """

    relation: Relation
    clauses: tuple[Clause, ...]
    unfound: int
    reader: str
    prompt_id: str
    problem: str | None
    input_tokens: int
    output_tokens: int
    cost: UsdMicros | None


async def read_pair(model: LanguageModel, a: QuestionText, b: QuestionText) -> SecondReading:
    """Ask ``model`` about one pair.

    Raises:
        ConfigurationError: The key is refused. SourceError: The service did not answer as agreed.
    """
    question = second_reader_prompt(a, b)
    reply = await model.ask(question, schema=SCHEMA, max_tokens=MAX_TOKENS)
    return judge_reply(reply, a, b, reader=model.name, prompt_id=question.prompt_id)


def second_reader_prompt(a: QuestionText, b: QuestionText) -> Prompt:
    """The question about one pair; everything from outside stands between fences."""
    return render_prompt(
        TEMPLATE,
        a=a,
        b=b,
        a_outcomes=field_text(a, TextField.OUTCOMES),
        b_outcomes=field_text(b, TextField.OUTCOMES),
        a_closes_at=field_text(a, TextField.CLOSES_AT),
        b_closes_at=field_text(b, TextField.CLOSES_AT),
    )


def judge_reply(reply: Reply, a: QuestionText, b: QuestionText, *, reader: str, prompt_id: str) -> SecondReading:
    """What of ``reply`` can be believed. Pure."""
    value = reply.value or {"points": [], "relation": Relation.UNDETERMINED.value}
    clauses, unfound = [], 0
    for point in value["points"]:
        clause, missing = _clause(point, a, b)
        unfound += missing
        if clause is not None:
            clauses.append(clause)
    is_borne_out = any(clause.a and clause.b for clause in clauses)
    return SecondReading(
        relation=Relation(value["relation"]) if is_borne_out else Relation.UNDETERMINED,
        clauses=tuple(clauses),
        unfound=unfound,
        reader=reader,
        prompt_id=prompt_id,
        problem=None if reply.finish is Finish.COMPLETE else f"the second reader's answer is {reply.finish.value}",
        input_tokens=reply.input_tokens,
        output_tokens=reply.output_tokens,
        cost=reply.cost,
    )


def _clause(point: Mapping[str, str], a: QuestionText, b: QuestionText) -> tuple[Clause | None, int]:
    """A point as a clause, or ``None`` when it rests on words that do not occur; and how many do not."""
    sides = [(point["from_a"].strip(), a), (point["from_b"].strip(), b)]
    found = [locate(words, text) if words else None for words, text in sides]
    missing = sum(bool(words) and place is None for (words, _), place in zip(sides, found, strict=True))
    if missing or found == [None, None]:
        return None, missing
    finding = Finding(point["finding"])
    if None in found:
        finding = Finding.UNKNOWN  # where a text is silent nothing can be the same or different
    quoted_a, quoted_b = (() if place is None else (place,) for place in found)
    note = f"A second reader finds: {point['name']} {finding.value.replace('_', ' ')}."
    return Clause(name=point["name"], finding=finding, note=note, a=quoted_a, b=quoted_b), 0


_FIELDS: Final = (TextField.QUESTION, TextField.OUTCOMES, TextField.EVENT, TextField.RULES, TextField.CLOSES_AT)


def locate(words: str, text: QuestionText) -> Quotation | None:
    """Where ``words`` stand in ``text``, letter for letter but for the width of spaces; the first place of all fields.

    ``None`` when they do not occur, or are too short or too long to count as a quotation.
    """
    if not SHORTEST_QUOTATION <= len(words) <= LONGEST_QUOTATION or not words.split():
        return None
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words.split()))
    for field in _FIELDS:
        source = field_text(text, field)
        if match := pattern.search(source):
            return Quotation(field=field, start=match.start(), end=match.end(), text=match[0])
    return None


def field_text(text: QuestionText, field: TextField) -> str:
    """The text of ``field`` as quotations count its characters."""
    if field is TextField.OUTCOMES:
        return OUTCOME_SEPARATOR.join(text.outcomes)
    if field is TextField.CLOSES_AT:
        return "" if text.closes_at is None else text.closes_at.isoformat()
    return {TextField.QUESTION: text.question, TextField.RULES: text.rules, TextField.EVENT: text.event}[field]
