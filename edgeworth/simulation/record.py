"""What became of one market of a batch: the values that are stored, reported and scored. No step, no port, no file.

Texts in it (question, labels, problems, logs, sources of models) were written by venues, language models and models:
escape them, never interpret them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from edgeworth.simulation.context import SimulationContext
from edgeworth.simulation.estimate import Estimate
from edgeworth.simulation.result import SimulationResult, SimulationStatus
from edgeworth.units import UsdMicros


class AuthorKind(StrEnum):
    """How a model came to be written; the kinds are scored apart."""

    BUILTIN = "builtin"
    """A built-in model, as asked for or because no language model is set up."""
    WRITTEN = "written"
    """By a language model."""
    FALLBACK = "fallback"
    """A built-in model in place of one that a language model did not get right."""


class Usage(Struct, frozen=True, kw_only=True):
    """What was paid for.

    Attributes:
        cost: Never less than the bill; ``None`` when a price is not known.
        calls: Answers of services, useful or not.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost: UsdMicros | None = UsdMicros(0)
    calls: int = 0

    def plus(self, other: Usage) -> Usage:
        """Both together; a cost that is not known makes the sum unknown."""
        known = self.cost is not None and other.cost is not None
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cost=UsdMicros((self.cost or 0) + (other.cost or 0)) if known else None,
            calls=self.calls + other.calls,
        )


class ModelRun(Struct, frozen=True, kw_only=True):
    """One model of a market: who wrote it, its text, and what running it gave.

    Attributes:
        number: 0 for the first of the market's models.
        author: ``builtin/exclusive@1``, ``anthropic/<model>``; for a fallback the built-in model that stood in.
        why: Why this model, for a person; for a fallback also what went wrong before.
        source: Of ``model.py``; empty when there was none to run.
        result: What the harness gave, whatever its status; ``None`` when it gave nothing that can be read.
        problem: Why there is no answer; ``None`` when ``result`` holds one.
        repairs: How often a language model was shown an error and wrote again.
        prompt_ids: Of the prompts that were used, in order.
        log: What was printed and what each failed attempt said; untrusted.
        sandbox: The level that confined it.
        seconds: Wall time of writing and running.
    """

    number: int
    author: str
    kind: AuthorKind
    why: str
    source: str = ""
    result: SimulationResult | None = None
    problem: str | None = None
    repairs: int = 0
    prompt_ids: tuple[str, ...] = ()
    usage: Usage = Usage()
    log: str = ""
    sandbox: str = ""
    seconds: float = 0.0

    @property
    def has_answer(self) -> bool:
        """Whether it counts in the estimate."""
        return self.result is not None and self.result.status is SimulationStatus.OK


class ResearchUse(Struct, frozen=True, kw_only=True):
    """What a search gave; ``service`` is ``None`` when none is set up, ``problem`` says why it failed."""

    service: str | None = None
    query: str = ""
    found: int = 0
    rejected: dict[str, int] = {}
    usage: Usage = Usage()
    problem: str | None = None


class MarketStatus(StrEnum):
    """How a market of a batch ended. Succeeded, failed and skipped add up to the batch."""

    SUCCEEDED = "succeeded"
    """There is an estimate."""
    FAILED = "failed"
    """Something went wrong for this market alone."""
    SKIPPED = "skipped"
    """There was nothing to go by (every model abstained), or the budget was spent: no answer, and no failure."""


class MarketSimulation(Struct, frozen=True, kw_only=True):
    """One market of a batch, finished.

    Attributes:
        venue: As in ``Venue``. url: The venue's page, where it has one.
        slug: Folder of the market within the batch; made from untrusted text by us, so it is safe as a path.
        problem: Why there is no estimate, for a person.
        left_out: What did not enter the context, by reason.
        estimate: Of outcome 0; ``None`` unless the market succeeded.
    """

    market_id: str
    venue: str
    is_synthetic: bool
    question: str
    url: str | None
    slug: str
    status: MarketStatus
    context: SimulationContext
    left_out: dict[str, int]
    research: ResearchUse
    models: tuple[ModelRun, ...]
    estimate: Estimate | None
    problem: str | None
    started_at: datetime
    finished_at: datetime

    @property
    def usage(self) -> Usage:
        """Everything paid for this market."""
        total = self.research.usage
        for model in self.models:
            total = total.plus(model.usage)
        return total

    @property
    def seconds(self) -> float:
        """Wall time from its beginning to its end."""
        return (self.finished_at - self.started_at).total_seconds()


def without_half_characters(record: MarketSimulation) -> MarketSimulation:
    """``record`` with U+FFFD for each half character (lone surrogate): neither a file nor a database takes them.

    Language models write them, in the text of a reply and in the source of a model.
    """
    try:
        msgspec.json.encode(record)
    except UnicodeEncodeError:
        return msgspec.convert(_well_formed(msgspec.to_builtins(record)), MarketSimulation)
    return record


def _well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_well_formed(one) for one in value]
    return value
