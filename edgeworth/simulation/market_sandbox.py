"""The sandbox of one market: made when it is first needed, replaced when it fails as such, closed at the end.

A program that fails says something about the program and is never run again here; a sandbox that fails says nothing
about it, so another one is made, twice at most.
"""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

from edgeworth.errors import SourceError
from edgeworth.simulation.sandbox import Json, Limits, Outcome, RunStatus, Sandbox, SandboxProvider

MOST_REPLACEMENTS: Final = 2
NO_LEVEL: Final = "none"


class MarketSandbox:
    """Use as ``async with``.

    Args:
        provider: Entered.
        run: Names the run. market: Names the market; both label the sandbox.
        limits: Of each program.
    """

    def __init__(self, provider: SandboxProvider, *, run: str, market: str, limits: Limits) -> None:
        self._provider = provider
        self._run, self._market, self._limits = run, market, limits
        self._sandboxes: dict[bool, Sandbox] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for own_code in list(self._sandboxes):
            await self._sandboxes.pop(own_code).close()

    @property
    def level(self) -> str:
        """What confines programs of others here."""
        return self._provider.level

    async def run(self, code: str, *, inputs: Json, own_code: bool) -> Outcome:
        """Run a program; ``INFRASTRUCTURE`` only when every sandbox failed.

        Args:
            code: Its source, with ``main(inputs)``.
            inputs: What it takes.
            own_code: All of it, models among the inputs too, is our own; it may then run where nothing can be confined.
        """
        # Where programs can be confined, ours go the same way as everybody's, and share the place.
        own_code = own_code and self._provider.level == NO_LEVEL
        outcome = await self._once(code, inputs, own_code)
        for _ in range(MOST_REPLACEMENTS):
            if outcome.status is not RunStatus.INFRASTRUCTURE:
                return outcome
            await self._discard(own_code)
            outcome = await self._once(code, inputs, own_code)
        return outcome

    async def _once(self, code: str, inputs: Json, own_code: bool) -> Outcome:  # noqa: FBT001
        try:
            if own_code not in self._sandboxes:
                self._sandboxes[own_code] = await self._provider.create(
                    run=self._run, market=self._market, own_code=own_code
                )
            return await self._sandboxes[own_code].run(code, inputs=inputs, limits=self._limits)
        except SourceError as error:
            return Outcome(
                status=RunStatus.INFRASTRUCTURE, seconds=0.0, what_stopped_it=f"the sandbox could not be used: {error}"
            )

    async def _discard(self, own_code: bool) -> None:  # noqa: FBT001
        sandbox = self._sandboxes.pop(own_code, None)
        if sandbox is not None:
            await sandbox.close()
