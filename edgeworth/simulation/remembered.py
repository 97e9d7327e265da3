"""Answers, searches and runs that a batch has paid for, kept as units: one that is taken up after a kill repeats none.

A unit is found by the hash of everything that decided it, and holds what came of it. What failed to come is not kept:
it is asked for again. A unit that cannot be read is made again, and said so. Where units are kept never enters.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from weakref import WeakValueDictionary

import msgspec

from edgeworth.ports import LanguageModel, Prompt, Reply, Research, ResearchAnswer
from edgeworth.simulation.authoring.running import ModelRunner, Ran
from edgeworth.simulation.context import SimulationContext, encode_context
from edgeworth.simulation.contract import RunOptions, harness_source
from edgeworth.simulation.ports import UnitStore
from edgeworth.simulation.sandbox import Limits, RunStatus
from edgeworth.simulation.unit_key import unit_key
from edgeworth.wrapped import Wrapped

logger = logging.getLogger(__name__)

T = TypeVar("T")

REPLY: Final = "reply"
SEARCH: Final = "search"
RUN: Final = "run"
FORMAT: Final = 1
"""Of all units; a change of their form raises it."""


class RememberedModel(Wrapped[LanguageModel]):
    """Asks ``model`` what ``units`` does not hold, for use within one event loop.

    A reply that was remembered keeps its tokens and cost: this batch paid for them, if in an earlier process.

    Args:
        model: Is asked.
        units: Of the batch.
        on_recall: Told, once for each, of replies that an earlier process paid for, so that they can be counted.
            They are given also when a budget is spent.
    """

    def __init__(
        self, model: LanguageModel, units: UnitStore, *, on_recall: Callable[[Reply], None] = lambda _: None
    ) -> None:
        super().__init__(model)
        self._replies = _Units(units, REPLY, Reply, on_recall)

    async def ask(self, question: Prompt, *, schema: Mapping[str, Any], max_tokens: int) -> Reply:
        """See ``edgeworth.ports.LanguageModel.ask``; two who ask the same at the same time ask once."""
        key = unit_key(REPLY, FORMAT, self.name, question, dict(schema), max_tokens)
        return await self._replies.get(key, lambda: self._service.ask(question, schema=schema, max_tokens=max_tokens))


class RememberedSearch(Wrapped[Research]):
    """The search for one market of a run: asks ``research`` what ``units`` does not hold; used within one event loop.

    A remembered answer keeps its cost, as a reply does: what a killed process paid for is in the sum of its batch. A
    memory that all batches share cannot tell that, for to another batch its answers cost nothing.

    Args:
        research: Is asked.
        units: Of the batch.
        run: Names the batch. market_id: Of the market; two that ask the same are counted apart, and paid for once.
        on_recall: Told of an answer that an earlier process paid for.
    """

    def __init__(
        self,
        research: Research,
        units: UnitStore,
        *,
        run: str,
        market_id: str,
        on_recall: Callable[[ResearchAnswer], None] = lambda _: None,
    ) -> None:
        super().__init__(research)
        self._whose = run, market_id
        self._answers = _Units(units, SEARCH, ResearchAnswer, on_recall)

    async def search(self, query: str, as_of: datetime, limit: int) -> ResearchAnswer:
        """See ``edgeworth.ports.Research.search``."""
        key = unit_key(SEARCH, FORMAT, *self._whose, self.name, query, as_of, limit)
        return await self._answers.get(key, lambda: self._service.search(query, as_of, limit))


class RememberedRuns:
    """Runs by ``runner`` what ``units`` does not hold, for use within one event loop.

    Kept are all runs but those in which the sandbox itself failed. What a run prints and how long it takes may differ
    from one time to the next; a repair is asked for by its words, so the words must stay.

    Args:
        runner: Runs models.
        units: Of the batch.
        limits: Under which it runs them; they decide what ends a run.
    """

    def __init__(self, runner: ModelRunner, units: UnitStore, *, limits: Limits) -> None:
        self._runner = runner
        self._limits = limits
        self._runs = _Units(units, RUN, Ran, lambda _: None, is_kept=_is_fact)

    def __repr__(self) -> str:
        return f"RememberedRuns({self._runner!r})"

    @property
    def level(self) -> str:
        """Of the runner."""
        return self._runner.level

    async def run(self, model: str, context: SimulationContext, options: RunOptions, *, own_code: bool) -> Ran:
        """See ``ModelRunner.run``."""
        key = unit_key(
            RUN, FORMAT, harness_source(), model, encode_context(context), options, self._limits, self.level, own_code
        )
        return await self._runs.get(key, lambda: self._runner.run(model, context, options, own_code=own_code))


def _is_fact(ran: Ran) -> bool:
    """Whether something was learnt about the program."""
    return ran.outcome.status is not RunStatus.INFRASTRUCTURE


class _Units(Generic[T]):
    """Units of one kind, each made at most once at a time."""

    def __init__(
        self,
        store: UnitStore,
        kind: str,
        form: type[T],
        on_recall: Callable[[T], None],
        *,
        is_kept: Callable[[T], bool] = lambda _: True,
    ) -> None:
        self._store = store
        self._kind = kind
        self._form = form
        self._on_recall = on_recall
        self._is_kept = is_kept
        self._known: set[str] = set()
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        async with self._making.setdefault(key, asyncio.Lock()):
            remembered = self._recall(key)
            if remembered is not None:
                if key not in self._known:
                    self._known.add(key)
                    self._on_recall(remembered)
                return remembered
            made = await make()
            if self._is_kept(made):
                # Escaped, because what a model wrote may hold half characters, which UTF-8 cannot say.
                self._store.remember(self._kind, key, json.dumps(msgspec.to_builtins(made)).encode())
                self._known.add(key)
            return made

    def _recall(self, key: str) -> T | None:
        body = self._store.recall(self._kind, key)
        if body is None:
            return None
        try:
            return msgspec.convert(json.loads(body), self._form)
        except (ValueError, RecursionError) as error:
            logger.warning("simulation.unit_unreadable", extra={"kind": self._kind, "key": key, "reason": str(error)})
            return None
