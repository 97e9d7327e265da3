"""What a batch has paid for, and the hard stop: the wrappers here count every answer and then refuse to ask.

- The budget is looked at before each question. Questions on their way when it is reached come to their end and are
  counted: what is spent exceeds it by at most the answers that were in flight.
- A budget of money needs prices: a service without a known price is refused before its first question. Should an answer
  come without a cost all the same, nobody knows what is left, so nothing more is asked.
- A refused key is refused for the rest of the batch: it is not tried again for each market.
- Attempts that a service never answered are not counted; what it charges for them is not known.

For use within one event loop. No price list and no service enters.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from edgeworth.errors import BudgetSpentError, ConfigurationError
from edgeworth.ports import LanguageModel, PaidService, Prompt, Reply, Research, ResearchAnswer
from edgeworth.simulation.record import Usage
from edgeworth.units import UsdMicros, decimal_text
from edgeworth.wrapped import Wrapped

T = TypeVar("T")


class Spending:
    """Counts, and says when to stop. ``None`` sets no bound.

    Args:
        tokens: Of language models, in and out.
        cost: Of everything that is paid for.
        seconds: By ``stopwatch``; then nothing is asked any more, like with the others.
        stopwatch: Seconds since the batch began; needed with ``seconds``.

    Raises:
        ConfigurationError: A bound is negative, or seconds come without a stopwatch.
    """

    def __init__(
        self,
        *,
        tokens: int | None = None,
        cost: UsdMicros | None = None,
        seconds: float | None = None,
        stopwatch: Callable[[], float] | None = None,
    ) -> None:
        if any(bound is not None and bound < 0 for bound in (tokens, cost, seconds)):
            raise ConfigurationError(f"expected a budget of at least 0, found {tokens=}, {cost=}, {seconds=}")
        if seconds is not None and stopwatch is None:
            raise ConfigurationError("expected a stopwatch with a budget of seconds, found none")
        self._tokens = tokens
        self._cost = cost
        self._seconds = seconds
        self._stopwatch = stopwatch
        self._used = Usage()

    @property
    def used(self) -> Usage:
        """Everything counted so far."""
        return self._used

    @property
    def has_money_bound(self) -> bool:
        """Whether prices must be known."""
        return self._cost is not None

    @property
    def why_spent(self) -> str | None:
        """Why nothing more may be asked, for a person; ``None`` while something may."""
        used = self._used
        tokens = used.input_tokens + used.output_tokens
        if self._tokens is not None and tokens >= self._tokens:
            return f"the budget of {self._tokens:,} tokens is spent ({tokens:,} were used)"
        if self._cost is not None and used.cost is None:
            return f"an answer came without a known cost, so what is left of ${decimal_text(self._cost)} is not known"
        if self._cost is not None and used.cost is not None and used.cost >= self._cost:
            return f"the budget of ${decimal_text(self._cost)} is spent (${decimal_text(used.cost)} were paid)"
        if self._seconds is not None and self._stopwatch is not None and self._stopwatch() >= self._seconds:
            return f"the budget of {self._seconds:g} seconds is spent"
        return None

    def check(self) -> None:
        """Look before asking.

        Raises:
            BudgetSpentError: Nothing more may be asked.
        """
        if (why := self.why_spent) is not None:
            raise BudgetSpentError(why)

    def count(self, usage: Usage) -> None:
        """Add what was paid for, also what an earlier, killed process of the same batch paid."""
        self._used = self._used.plus(usage)

    def count_reply(self, reply: Reply) -> None:
        """Add one answer of a language model."""
        self.count(usage_of(reply))

    def count_search(self, answer: ResearchAnswer) -> None:
        """Add one search."""
        self.count(usage_of_search(answer))


class CountedModel(Wrapped[LanguageModel]):
    """A language model whose answers are counted, and that is not asked once the budget is spent.

    Args:
        model: Is asked.
        spending: Of the batch.

    Raises:
        ConfigurationError: There is a budget of money, and no known price.
    """

    def __init__(self, model: LanguageModel, spending: Spending) -> None:
        check_price(model, spending)
        super().__init__(model)
        self._gate = _Gate(spending)

    async def ask(self, question: Prompt, *, schema: Mapping[str, Any], max_tokens: int) -> Reply:
        """See ``edgeworth.ports.LanguageModel.ask``.

        Raises:
            BudgetSpentError: The budget is spent; nobody was asked.
        """
        return await self._gate.through(
            lambda: self._service.ask(question, schema=schema, max_tokens=max_tokens), usage_of
        )


class CountedResearch(Wrapped[Research]):
    """A search whose answers are counted, and that is not asked once the budget is spent; see ``CountedModel``."""

    def __init__(self, research: Research, spending: Spending) -> None:
        check_price(research, spending)
        super().__init__(research)
        self._gate = _Gate(spending)

    async def search(self, query: str, as_of: datetime, limit: int) -> ResearchAnswer:
        """See ``edgeworth.ports.Research.search``.

        Raises:
            BudgetSpentError: The budget is spent; nobody was asked.
        """
        return await self._gate.through(lambda: self._service.search(query, as_of, limit), usage_of_search)


def usage_of(reply: Reply) -> Usage:
    """One answer of a language model, as it is counted."""
    return Usage(input_tokens=reply.input_tokens, output_tokens=reply.output_tokens, cost=reply.cost, calls=1)


def usage_of_search(answer: ResearchAnswer) -> Usage:
    """One search, as it is counted; a remembered one (its cost is 0) was no call."""
    return Usage(cost=answer.cost, calls=0 if answer.cost == 0 else 1)


class _Gate:
    """Lets questions through while there is budget, and none after the key was refused."""

    def __init__(self, spending: Spending) -> None:
        self._spending = spending
        self._refusal: str | None = None

    async def through(self, ask: Callable[[], Awaitable[T]], usage: Callable[[T], Usage]) -> T:
        if self._refusal is not None:
            raise ConfigurationError(self._refusal)
        self._spending.check()
        try:
            answer = await ask()
        except ConfigurationError as error:
            self._refusal = str(error)
            raise
        self._spending.count(usage(answer))
        return answer


def check_price(service: PaidService, spending: Spending) -> None:
    """See that what ``service`` charges can be bounded where it has to be.

    Raises:
        ConfigurationError: There is a budget of money, and no known price.
    """
    if spending.has_money_bound and not service.has_known_price:
        raise ConfigurationError(
            f"a budget of money is set, and what {service.name} charges is not known: expected a service with a known "
            "price, or a budget of tokens instead"
        )
