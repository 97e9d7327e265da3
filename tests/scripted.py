"""A language model that answers what a test wrote down."""

from __future__ import annotations

from collections.abc import Mapping

from edgeworth.ports import Finish, Prompt, Reply
from edgeworth.units import UsdMicros


class ScriptedModel:
    """A language model that gives its answers in order and notes what it was asked; an exception is raised."""

    has_known_price = True

    def __init__(self, *answers: dict | Reply | Exception, name: str = "scripted/model") -> None:
        self.answers = list(answers)
        self.name = name
        self.questions: list[Prompt] = []
        self.schemas: list[Mapping] = []

    async def ask(self, question: Prompt, *, schema: Mapping, max_tokens: int) -> Reply:
        self.questions.append(question)
        self.schemas.append(schema)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Reply):
            return answer
        tokens = {"input_tokens": 100, "output_tokens": 10, "cost": UsdMicros(1_000)}
        return Reply(finish=Finish.COMPLETE, model=self.name, value=answer, **tokens)
