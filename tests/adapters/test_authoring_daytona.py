"""A market's models in sandboxes of Daytona, through its SDK: as many are made as are deleted, and none is held in between."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

pytest.importorskip("daytona")

from edgeworth.adapters.sandbox.daytona import DaytonaSandboxProvider
from edgeworth.adapters.sandbox.daytona_options import DaytonaOptions, SandboxWish
from edgeworth.simulation.authoring import AuthoringRule, SandboxRunner, model_market
from edgeworth.simulation.contract import RunOptions
from edgeworth.simulation.record import AuthorKind
from edgeworth.simulation.sandbox import Limits
from tests.authoring import BROKEN, answer, ticking
from tests.contexts import context, hourly, quote
from tests.fake_daytona import KEY, error, running_daytona
from tests.scripted import ScriptedModel

pytestmark = pytest.mark.anyio

CREATE, EXECUTE = "POST /api/sandbox", "POST /toolbox/*/process/execute"
PRICED = context(quote=quote(0.60, 0.62), history=hourly([0.6] * 60))
AS_USUAL = None
LIMITS = Limits(wall_seconds=20, cpu_seconds=10, memory_mb=2048)


@pytest.fixture
def fake(tmp_path):
    folder = tmp_path / "remote"
    folder.mkdir()
    with running_daytona(folder) as fake:
        yield fake


@pytest.fixture
def simulated(fake, tmp_path):
    async def simulate(*answers, models=1, sandboxes=1):
        """Sandboxes are so few that a market which held one while it waits for another would wait for ever."""
        waits = []

        async def sleep(seconds):
            waits.append(seconds)

        options = DaytonaOptions(
            api_url=f"{fake.origin}/api", target="us", sandboxes=sandboxes, wish=SandboxWish(create_seconds=10)
        )
        provider = DaytonaSandboxProvider(
            api_key=KEY,
            options=options,
            leases=tmp_path / "leases",
            lease_id="lease-1",
            clock=lambda: datetime(2026, 11, 21, 9, tzinfo=UTC),
        )
        asked = ScriptedModel(*answers)
        async with provider:
            got = await model_market(
                PRICED,
                author=asked,
                runner=SandboxRunner(provider, run="batch-1", limits=LIMITS, sleep=sleep),
                rule=AuthoringRule(options=RunOptions(runs=50)),
                stopwatch=ticking(),
                models=models,
            )
        assert (fake.alive, fake.created) == ({}, fake.deleted)
        return got, asked, waits

    return simulate


async def test_each_run_has_a_sandbox_of_its_own_labelled_with_batch_and_market(fake, simulated):
    [run], asked, _ = await simulated(answer(BROKEN), answer())
    assert (run.has_answer, run.repairs, run.sandbox) == (True, 1, "daytona")
    assert 'return {"outcomes": numbers[7]}' in asked.questions[1].text
    assert fake.created == 2
    for body in fake.bodies:
        assert body["labels"]["edgeworth-run"] == "batch-1"
        assert body["labels"]["edgeworth-market"] == "kalshi:KXTEST"


async def test_three_models_and_one_sandbox_get_along(fake, simulated):
    runs, _, _ = await simulated(answer(), answer(), answer(), models=3)
    assert [run.has_answer for run in runs] == [True] * 3
    assert fake.created == 3


async def test_a_sandbox_that_fails_is_replaced_and_the_author_not_bothered(fake, simulated):
    fake.instead[EXECUTE] = [AS_USUAL, error(502, "bad gateway")]  # the first call sees to it that there is no network
    [run], asked, _ = await simulated(answer())
    assert (run.has_answer, run.repairs, len(asked.questions)) == (True, 0, 1)
    assert fake.created == 2


async def test_a_wait_that_the_service_asks_for_is_kept(fake, simulated):
    fake.instead[CREATE] = [error(429, "Rate limit exceeded", headers={"Retry-After-sandbox-create": "17"})]
    [run], _, waits = await simulated(answer())
    assert (run.has_answer, waits, fake.created) == (True, [17.0], 1)


@pytest.mark.parametrize("status", [500, 400])
async def test_no_sandbox_is_a_failure_of_the_market_alone_and_says_why(fake, simulated, status):
    fake.instead[CREATE] = [error(status, "out of order")] * 3
    [run], asked, _ = await simulated(answer())
    assert (run.kind, run.has_answer, len(asked.questions)) == (AuthorKind.WRITTEN, False, 1)
    assert "the sandbox failed" in run.problem
    assert "out of order" in run.problem
    assert fake.calls.count(CREATE) == (3 if status == 500 else 1)
