"""A market's sandbox is made when needed, replaced when it fails as such, and closed whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from edgeworth.errors import RetriableSourceError
from edgeworth.simulation.market_sandbox import MarketSandbox
from edgeworth.simulation.sandbox import Limits, Outcome, RunStatus

pytestmark = pytest.mark.anyio

GOOD = Outcome(status=RunStatus.OK, seconds=0.1, result=1)
BROKEN = Outcome(status=RunStatus.INFRASTRUCTURE, seconds=0.1, what_stopped_it="the connection was lost")
WRONG = Outcome(status=RunStatus.CODE_ERROR, seconds=0.1, what_stopped_it="it raised")


class Place:
    level = "test"

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.is_closed = False

    async def run(self, code: str, *, inputs: Any, limits: Limits) -> Outcome:
        del code, inputs, limits
        return self.provider.outcomes.pop(0)

    async def close(self) -> None:
        self.is_closed = True


class Provider:
    """Gives places whose programs end as scripted; an error in the script is raised by ``create``."""

    explanation = ""

    def __init__(self, outcomes: Sequence[Outcome], *, level: str = "test", fails: int = 0) -> None:
        self.outcomes = list(outcomes)
        self.level = level
        self.fails = fails
        self.made: list[tuple[bool, Place]] = []

    async def create(self, *, run: str, market: str, own_code: bool = False) -> Place:
        assert (run, market) == ("run-1", "kalshi:A")
        if self.fails:
            self.fails -= 1
            raise RetriableSourceError("no place left")
        self.made.append((own_code, Place(self)))
        return self.made[-1][1]


async def ended(provider: Provider, *programs: bool) -> list[RunStatus]:
    """Run a program for each of ``programs`` (whether it is our own), in one market's sandbox."""
    async with MarketSandbox(provider, run="run-1", market="kalshi:A", limits=Limits()) as sandbox:  # type: ignore[arg-type]
        statuses = [(await sandbox.run("", inputs=None, own_code=own)).status for own in programs]
    assert all(place.is_closed for _, place in provider.made)
    return statuses


async def test_nothing_is_made_before_it_is_needed():
    provider = Provider([])
    assert await ended(provider) == []
    assert provider.made == []


async def test_programs_of_one_market_share_a_place_whoever_wrote_them():
    provider = Provider([GOOD, WRONG, GOOD])
    assert await ended(provider, True, False, True) == [RunStatus.OK, RunStatus.CODE_ERROR, RunStatus.OK]
    assert [own for own, _ in provider.made] == [False]


async def test_where_nothing_can_be_confined_only_our_own_programs_run_in_a_place_for_them():
    provider = Provider([GOOD, GOOD], level="none")
    await ended(provider, True, False)
    assert [own for own, _ in provider.made] == [True, False]


async def test_a_place_that_fails_is_replaced_twice_at_most():
    provider = Provider([BROKEN, BROKEN, GOOD])
    assert await ended(provider, False) == [RunStatus.OK]
    assert len(provider.made) == 3
    provider = Provider([BROKEN, BROKEN, BROKEN, GOOD])
    assert await ended(provider, False) == [RunStatus.INFRASTRUCTURE]


async def test_a_place_that_is_not_given_counts_as_one_that_failed():
    provider = Provider([GOOD], fails=2)
    assert await ended(provider, False) == [RunStatus.OK]
    provider = Provider([GOOD], fails=3)
    assert await ended(provider, False) == [RunStatus.INFRASTRUCTURE]


async def test_a_program_that_fails_is_not_run_again():
    provider = Provider([WRONG, GOOD])
    assert await ended(provider, False) == [RunStatus.CODE_ERROR]
    assert provider.outcomes == [GOOD]


async def given_up(provider: Provider) -> None:
    async with MarketSandbox(provider, run="run-1", market="kalshi:A", limits=Limits()) as sandbox:  # type: ignore[arg-type]
        await sandbox.run("", inputs=None, own_code=False)
        raise RuntimeError("given up")


async def test_the_place_is_closed_when_the_market_is_given_up():
    provider = Provider([GOOD])
    with pytest.raises(RuntimeError, match="given up"):
        await given_up(provider)
    assert provider.made[0][1].is_closed
