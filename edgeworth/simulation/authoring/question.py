"""The question to an author and what of its reply can be used. Pure; who is asked and how often is not decided here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from edgeworth.ports import Finish, Prompt, Reply
from edgeworth.prompting import Delimited, render_prompt
from edgeworth.simulation import harness
from edgeworth.simulation.authoring.excerpt import (
    DOCUMENT_CHARACTERS,
    MARKET_CHARACTERS,
    MOST_DOCUMENTS,
    RULES_CHARACTERS,
    shown_documents,
    shown_instant,
    shown_market,
)
from edgeworth.simulation.context import SimulationContext

TEMPLATE: Final = Path(__file__).with_name("prompts") / "model_author_v1.md.j2"

IMPORTS: Final = (
    *("numpy", "math", "cmath", "statistics", "datetime", "calendar", "itertools", "functools", "collections"),
    *("dataclasses", "enum", "heapq", "bisect", "fractions", "decimal", "re", "json", "string", "typing"),
)
"""What every kind of sandbox lets a program import."""

LONGEST_SOURCE: Final = 30_000
LONGEST_WHY: Final = 2_000
_LONGEST_PROBLEM: Final = 2_000

SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "rationale": {"type": "string", "maxLength": 4_000, "description": "What drives the answer, for a reader."},
        "assumptions": {
            "type": "array",
            "maxItems": 30,
            "items": {"type": "string", "maxLength": 600, "description": "With its number and where it is from."},
        },
        "abstain": {
            "type": "string",
            "maxLength": 2_000,
            "description": "Empty, or why no honest model can be made; then model_py is empty.",
        },
        "model_py": {"type": "string", "maxLength": LONGEST_SOURCE, "description": "The whole file."},
    },
    "required": ["rationale", "assumptions", "abstain", "model_py"],
    "additionalProperties": False,
}


class Fault(Struct, frozen=True, kw_only=True):
    """What was wrong with the last answer, to be mended.

    Attributes:
        repair: 1 for the first repair; of ``most_repairs``.
        problem, trace: In the harness's, the sandbox's or the service's words; untrusted.
        source: The model that this is about; empty when there is none yet.
    """

    repair: int
    most_repairs: int
    problem: str
    trace: str = ""
    source: str = ""


class Draft(Struct, frozen=True, kw_only=True):
    """What a reply amounts to: exactly one of a model, an abstention and a problem.

    Attributes:
        source: Of ``model.py``.
        why: What drives the answer, and what is assumed; untrusted.
    """

    source: str = ""
    why: str = ""
    abstention: str | None = None
    problem: str | None = None


class _Answer(Struct, frozen=True):
    """What the schema says, checked once more: a model's text is never taken at its length."""

    rationale: Annotated[str, Meta(max_length=4_000)]
    assumptions: Annotated[list[Annotated[str, Meta(max_length=600)]], Meta(max_length=30)]
    abstain: Annotated[str, Meta(max_length=2_000)]
    model_py: Annotated[str, Meta(max_length=LONGEST_SOURCE)]


def author_prompt(context: SimulationContext, *, draft: int, drafts_of: int, fault: Fault | None = None) -> Prompt:
    """The question for one model; everything from outside stands between fences.

    Args:
        context: The market.
        draft: 1 for the first of the market's models; so that each is a question of its own.
        drafts_of: How many there are.
        fault: What is to be mended.
    """
    return render_prompt(
        TEMPLATE,
        most_drivers=harness.MOST_DRIVERS,
        fewest_beliefs=harness.FEWEST_BELIEFS,
        most_beliefs=harness.MOST_BELIEFS,
        imports=Delimited(", ".join(IMPORTS)),
        as_of=shown_instant(context.as_of),
        closes_at=shown_instant(context.closes_at),
        outcome_count=len(context.outcomes),
        market=shown_market(context),
        market_characters=MARKET_CHARACTERS,
        rules=context.rules,
        rules_characters=RULES_CHARACTERS,
        documents=shown_documents(context),
        documents_left=max(0, len(context.research) - MOST_DOCUMENTS),
        document_characters=DOCUMENT_CHARACTERS,
        source_characters=LONGEST_SOURCE,
        draft=draft,
        drafts_of=drafts_of,
        fault=fault,
    )


def read_draft(reply: Reply) -> Draft:
    """What ``reply`` amounts to."""
    if reply.finish is not Finish.COMPLETE:
        said = (reply.problem or "it said nothing of why")[:_LONGEST_PROBLEM]
        return Draft(problem=f"the answer was {reply.finish.value}: {said}")
    try:
        answer = msgspec.convert(reply.value, _Answer)
        answer.model_py.encode("utf-8")
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        return Draft(problem=f"the answer was {Finish.MALFORMED.value}: {error}"[:_LONGEST_PROBLEM])
    if reason := answer.abstain.strip():
        return Draft(abstention=reason)
    if not answer.model_py.strip():
        return Draft(problem="the answer held neither a model nor a reason for none")
    return Draft(source=answer.model_py, why=_why(answer))


def _why(answer: _Answer) -> str:
    assumed = "; ".join(answer.assumptions)
    return (f"{answer.rationale} Assumed: {assumed}" if assumed else answer.rationale)[:LONGEST_WHY]
