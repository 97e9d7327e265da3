"""What is noted while one model is written and run, and the ``ModelRun`` that comes of it."""

from __future__ import annotations

from collections.abc import Callable

from edgeworth.simulation.contract import CONTRACT
from edgeworth.simulation.record import AuthorKind, ModelRun, Usage
from edgeworth.simulation.result import Problem, SimulationResult, SimulationStatus
from edgeworth.simulation.sandbox import Outcome

LONGEST_LOG = 20_000
LONGEST_ENTRY = 3_000
LONGEST_PROBLEM = 2_000


class Diary:
    """Notes on one model, for as long as it is in the making.

    Args:
        number: Of the model.
        stopwatch: Seconds, from any beginning.
    """

    def __init__(self, number: int, stopwatch: Callable[[], float]) -> None:
        self._number = number
        self._stopwatch = stopwatch
        self._began = stopwatch()
        self._log: list[str] = []
        self._level = ""
        self.usage = Usage()
        self.prompt_ids: list[str] = []
        self.repairs = 0

    def asked(self, prompt_id: str, usage: Usage) -> None:
        """A reply came."""
        self.prompt_ids.append(prompt_id)
        self.usage = self.usage.plus(usage)

    def ran(self, level: str, outcome: Outcome) -> None:
        """A program ran; what it printed is kept."""
        self._level = level or self._level
        for name, text in (("printed", outcome.stdout), ("errors", outcome.stderr)):
            if text.strip():
                self.note(f"{name}: {text}")

    def note(self, entry: str) -> None:
        """Keep the beginning of ``entry``."""
        self._log.append(entry if len(entry) <= LONGEST_ENTRY else f"{entry[:LONGEST_ENTRY]}... (cut)")

    def ended(
        self,
        author: str,
        kind: AuthorKind,
        why: str,
        *,
        source: str = "",
        result: SimulationResult | None = None,
        problem: str | None = None,
    ) -> ModelRun:
        """The record of it all."""
        return ModelRun(
            number=self._number,
            author=author,
            kind=kind,
            why=why,
            source=source,
            result=result,
            problem=None if problem is None else problem[:LONGEST_PROBLEM],
            repairs=self.repairs,
            prompt_ids=tuple(self.prompt_ids),
            usage=self.usage,
            log="\n".join(self._log)[:LONGEST_LOG],
            sandbox=self._level,
            seconds=self._stopwatch() - self._began,
        )


def abstention(code: str, reason: str, seed: int) -> SimulationResult:
    """No answer, said before there was anything to run: told like a model that abstains, so that it counts as one."""
    problem = Problem(code=code, message=reason[:LONGEST_PROBLEM])
    return SimulationResult(contract=CONTRACT, status=SimulationStatus.ABSTAINED, seed=seed, problem=problem)


def no_answer(result: SimulationResult | None) -> str | None:
    """Why ``result`` holds none, for a person; ``None`` when it holds one."""
    if result is None or result.status is SimulationStatus.OK:
        return None
    said = "" if result.problem is None else result.problem.message
    return f"the model has no answer: {said}"
